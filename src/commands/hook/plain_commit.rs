//! The usual commit: on a consistent HEAD, with its registry unchanged in the index.

use idhooks_core::plan::ChangePlan;
use idhooks_repo::git::Repo;
use idhooks_repo::history::{remember_commit, remember_recent};
use idhooks_repo::state::StateError;
use idhooks_repo::store::AllocationLogFile;
use idhooks_repo::transaction::{PlainCommit, PlainPlan, append_allocations};

use crate::commands::healing::warn_of_limit;
use crate::output::Ui;

/// Adds the registry update to the commit being made, from the paths that it changes. Returns whether
/// that was possible; if not, everything must be read.
pub(super) fn complete(ui: &mut Ui, repo: &Repo) -> Result<bool, StateError> {
    let Some(commit) = PlainCommit::of(repo)? else { return Ok(false) };
    let root = commit.index.glance.root;
    let head = Some((commit.head.0, commit.head.1.tree));
    if commit.is_edit() {
        remember_commit(repo, root, None, head)?;
        return Ok(true);
    }
    // The full plan reports an unreadable log.
    let Ok(allocation_log) = AllocationLogFile::in_dir(&repo.state_dir()).read() else {
        return Ok(false);
    };
    let Some(PlainPlan { change, written }) = commit.plan(&allocation_log)? else {
        return Ok(false);
    };
    let ChangePlan { before, plan } = change;
    if plan.skipped.is_some() {
        warn_of_limit(ui);
    }
    let mut registry = None;
    if let Some((source, text)) = written {
        let old = commit.index.glance.registry.blob;
        let new = commit.write(&source, &text)?;
        remember_recent(repo, [old, new], [&before, &plan.registry]);
        registry = Some(new);
        if let Some(problem) = append_allocations(repo, Some(&before), &plan.registry) {
            ui.warning(&problem);
        }
    }
    remember_commit(repo, root, registry, head)?;
    Ok(true)
}
