//! The usual commit: on a consistent HEAD, with its registry unchanged in the index.

use idhooks_core::plan::ChangePlan;
use idhooks_repo::git::Repo;
use idhooks_repo::history::{remember_commit, remember_recent};
use idhooks_repo::state::StateError;
use idhooks_repo::store::AllocationLogFile;
use idhooks_repo::transaction::{PlainCommit, PlainPlan, append_allocations, audit};

use crate::commands::healing::{report_possible_renames, warn_of_limit};
use crate::output::Ui;

/// Adds the registry update to a commit, from the paths that it changes. Returns whether that was
/// possible; if not, everything must be read.
pub(super) fn complete_plain(
    ui: &mut Ui,
    repo: &Repo,
    commit: PlainCommit<'_>,
) -> Result<bool, StateError> {
    let root = commit.index.glance.root;
    let head = Some((commit.head.0, commit.head.1.tree));
    if commit.is_edit() {
        remember_commit(repo, root, &[], head)?;
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
    let mut blobs = Vec::new();
    if let Some(written) = written {
        audit::look_ahead(repo)?;
        let old = commit.index.glance.registry.entry.blob;
        let mut recording = audit::Recording::of(repo, Some((&before, &plan.registry)), []);
        let applied = commit.write(&written, &mut recording)?;
        remember_recent(repo, [old, applied.blob], [&before, &plan.registry]);
        blobs = applied.written();
        let after = &plan.registry;
        let problem = append_allocations(repo, &allocation_log, Some(&before), after);
        for problem in problem.into_iter().chain(recording.finish()) {
            ui.warning(&problem);
        }
        report_possible_renames(ui, &plan.possible_renames);
    }
    remember_commit(repo, root, &blobs, head)?;
    Ok(true)
}
