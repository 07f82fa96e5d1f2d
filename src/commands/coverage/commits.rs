//! The coverage of commits: of one, and of each day.

use std::collections::BTreeSet;

use idhooks_core::check::{Coverage, Point};
use idhooks_core::registry::Timestamp;
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::history::coverage_history;
use idhooks_repo::state::{CommitState, has_registry};
use idhooks_report::metrics::covered;

use crate::error::{CommandError, CommandResult};
use crate::output::{Bar, Ui, count};

/// Returns the coverage of a commit; without a registry it is zero.
pub(in crate::commands) fn coverage_at(repo: &Repo, commit: CommitId) -> CommandResult<Coverage> {
    let view = CommitState::of_commit(repo, commit)?;
    let config = view.config(repo)?;
    let tracked: BTreeSet<_> = view.tracked(&config).collect();
    Ok(covered(view.stored().map(|stored| &stored.registry), &tracked))
}

/// Returns the coverage of each day up to `tip`, which must have a registry.
pub(super) fn points(
    ui: &mut Ui,
    repo: &Repo,
    tip: CommitId,
    since: Option<Timestamp>,
) -> CommandResult<Vec<Point>> {
    if !has_registry(repo, tip)? {
        return Err(CommandError::new(format!("cannot find a registry in commit {}", tip.short()))
            .hint("to adopt this repository: idhooks init"));
    }
    let bar = Bar::start("reading the history", 0);
    let history = coverage_history(repo, tip, since, &mut |days| bar.step_of(days))?;
    bar.finish();
    if history.absent > 0 {
        let days = count(history.absent, "day is", "days are");
        ui.warning(&format!("{days} left out: the registry of that time is not in this clone"));
        ui.hint("fetch them, then try again: git fetch --refetch --no-filter");
    }
    Ok(history.points)
}
