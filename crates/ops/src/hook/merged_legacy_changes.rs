//! Changes that a merge or rebase brought into a legacy file although the registry leads.

use idhooks_core::config::{Enforce, Leading, VerifyLegacy};
use idhooks_repo::derived::legacy::LegacyFile;
use idhooks_repo::git::Repo;
use idhooks_repo::history::{Lineage, check_consistency};
use idhooks_repo::state::CommitState;
use idhooks_repo::transaction::is_derived;

use super::notice::HookNotice;
use crate::{Notice, Observer, OpsError};

/// Issues a notice if HEAD's legacy file, which should be derived from the registry, contains
/// another program's changes that the registry lacks. Without this notice, the user would not learn
/// of them until the next commit.
///
/// # Errors
/// Returns an error if HEAD cannot be read.
pub(super) fn report_foreign_changes(
    observer: &mut dyn Observer,
    repo: &Repo,
) -> Result<(), OpsError> {
    let Some(head) = repo.head()? else { return Ok(()) };
    let tree = repo.commit(head)?.tree;
    let Some(file) = LegacyFile::of_tree(repo, tree)?.filter(LegacyFile::is_written) else {
        return Ok(());
    };
    let is_led =
        file.rules.leading == Leading::Registry && file.rules.verify != VerifyLegacy::Never;
    if !is_led {
        return Ok(());
    }
    let state = CommitState::of_commit(repo, head)?;
    let Some(registry) = state.registry() else { return Ok(()) };
    let entry = file.entry(&state.tree);
    // This check comes last, since healing may need contents that a partial clone has to fetch.
    if entry.is_none()
        || file.is_in_step(entry, registry)
        || !check_consistency(repo, head)?.is_inconsistent()
        || is_derived(repo, &file, &state, &Lineage::of(repo, &[head])?, &[])?
    {
        return Ok(());
    }
    let is_blocking = file.rules.on_failure == Enforce::Block;
    let path = file.path().clone();
    observer.notice(Notice::Hook(HookNotice::ForeignChanges { path, is_blocking }));
    Ok(())
}
