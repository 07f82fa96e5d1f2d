//! [`MigrationGap`]: why the registry and the legacy file are out of step.

use idhooks_repo::derived::legacy::LegacyState;
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::history::Lineage;
use idhooks_repo::state::CommitState;
use idhooks_repo::transaction::is_derived;

use crate::OpsError;
use crate::dual_write::compared::ComparedFile;

/// Why the registry and the legacy file are out of step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MigrationGap {
    /// The legacy file has data that the registry lacks.
    Foreign,
    /// Only the registry was written; the legacy file has nothing that could be taken.
    Behind,
    /// The legacy file is missing or cannot be read, so nothing can be taken.
    Unreadable,
}

/// Returns whether only the registry has changed since idhooks wrote the legacy file. `view` is the
/// state of a commit or an index; `commits` are that commit, or the next commit's parents.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub(super) fn is_behind(
    repo: &Repo,
    both: &ComparedFile<'_>,
    view: &CommitState,
    commits: &[CommitId],
) -> Result<bool, OpsError> {
    let LegacyState::Differs(_) = both.state else { return Ok(false) };
    Ok(is_derived(repo, &both.file, view, &Lineage::of(repo, commits)?, &[])?)
}

impl MigrationGap {
    /// If the two files are out of step in a commit, returns the reason; see [`is_behind`].
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub(super) fn find(
        repo: &Repo,
        both: &ComparedFile<'_>,
        view: &CommitState,
        commit: CommitId,
    ) -> Result<Option<Self>, OpsError> {
        Ok(match both.state {
            LegacyState::InStep => None,
            LegacyState::Differs(_) if is_behind(repo, both, view, &[commit])? => {
                Some(MigrationGap::Behind)
            }
            LegacyState::Differs(_) => Some(MigrationGap::Foreign),
            _ => Some(MigrationGap::Unreadable),
        })
    }
}
