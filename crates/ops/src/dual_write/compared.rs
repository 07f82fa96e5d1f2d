//! [`ComparedFile`]: the legacy file of a commit or the index, compared with the registry there.

use idhooks_core::legacy::{LegacyState, LegacyTally};
use idhooks_core::registry::{Registry, Tree};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::history::Lineage;
use idhooks_repo::state::{CommitState, LegacyFile};
use idhooks_repo::transaction::is_derived;

use crate::OpsError;

/// Why both files are not in step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MigrationGap {
    /// The legacy file has data that the registry lacks.
    Foreign,
    /// Only the registry was written: the legacy file has nothing that could be taken.
    Behind,
    /// The legacy file is missing or cannot be read, so that nothing can be taken.
    Unreadable,
}

/// The legacy file of a commit or the index, compared with the registry there.
pub(crate) struct ComparedFile<'r> {
    repo: &'r Repo,
    pub(crate) file: LegacyFile<'r>,
    pub(crate) state: LegacyState,
    pub(crate) registry: &'r Registry,
}

impl<'r> ComparedFile<'r> {
    /// Compares them; returns nothing if no rules describe a legacy file.
    ///
    /// # Errors
    /// Returns an error if the rules or the file cannot be read.
    pub(crate) fn of(
        repo: &'r Repo,
        tree: &Tree,
        registry: &'r Registry,
    ) -> Result<Option<Self>, OpsError> {
        let Some(file) = LegacyFile::of(repo, tree)? else { return Ok(None) };
        let state = file.state(tree, registry)?;
        Ok(Some(ComparedFile { repo, file, state, registry }))
    }

    /// Returns whether the file is as idhooks wrote it, in a commit or an index with this state: then only the
    /// registry has changed since. `commits` are the commit, or the parents of the next one.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub(crate) fn is_behind(
        &self,
        view: &CommitState,
        commits: &[CommitId],
    ) -> Result<bool, OpsError> {
        let LegacyState::Differs(_) = self.state else { return Ok(false) };
        let lineage = Lineage::of(self.repo, commits)?;
        Ok(is_derived(self.repo, &self.file, view, &lineage, &[])?)
    }

    /// Returns why both are not in step, if so, as [`Self::is_behind`] does.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub(crate) fn gap(
        &self,
        view: &CommitState,
        commits: &[CommitId],
    ) -> Result<Option<MigrationGap>, OpsError> {
        Ok(match self.state {
            LegacyState::InStep => None,
            LegacyState::Differs(_) if self.is_behind(view, commits)? => Some(MigrationGap::Behind),
            LegacyState::Differs(_) => Some(MigrationGap::Foreign),
            _ => Some(MigrationGap::Unreadable),
        })
    }

    /// Returns the number of differences.
    pub(crate) fn discrepancies(&self) -> usize {
        match &self.state {
            LegacyState::Differs(all) => all.len(),
            _ => 0,
        }
    }

    /// Returns the records of both sides, if they are known.
    pub(crate) fn tally(&self) -> Option<LegacyTally> {
        LegacyTally::of(&self.state, self.registry, self.file.rules.format.has_records())
    }
}

/// Returns the name of a state in documents.
pub(crate) fn name(state: &LegacyState) -> &'static str {
    match state {
        LegacyState::InStep => "in_step",
        LegacyState::Missing => "missing",
        LegacyState::Conflicted => "conflicted",
        LegacyState::Unreadable(_) => "unreadable",
        LegacyState::Differs(_) => "differs",
    }
}
