//! The `automation` feature: the watcher, its queue, and functions for other commands.

pub(super) mod queue;
pub(super) mod watch;
mod watcher_args;

use std::path::Path;

use idhooks_automation::{WatchOptions, queue_questions, watch_facts, watcher_down};
use idhooks_core::config::OnChange;
use idhooks_ops::{QueueQuestions, ReconcileReport, Repo, StoreError, WatchFacts, WatcherDown};

use crate::error::{CommandResult, Exit};
use crate::output::Ui;

/// Queues the findings of a repair that need a human.
pub(super) const QUEUE_QUESTIONS: Option<QueueQuestions> = Some(queue_questions);

/// Returns the state of the watcher and its queue, for metrics and health.
pub(super) fn facts(repo: &Repo) -> Result<WatchFacts, StoreError> {
    watch_facts(repo)
}

/// Returns why the watcher is down if it should be running but isn't.
pub(super) fn down(repo: &Repo) -> Option<WatcherDown> {
    watcher_down(repo)
}

/// Queues the repairs found by a dry run, and returns the number of new ones.
pub(super) fn queue_repairs(
    repo: &Repo,
    planned: &ReconcileReport,
    is_whole: bool,
    is_dry_run: bool,
) -> CommandResult<usize> {
    Ok(idhooks_automation::queue_repairs(repo, planned, is_whole, is_dry_run)?)
}

/// Removes completed repairs from the queue. The repairs themselves are done, so a failure is only
/// a warning.
pub(super) fn forget_made(ui: &mut Ui, repo: &Repo) {
    if let Err(error) = idhooks_automation::forget_made(repo) {
        ui.warning(&format!("repairs that were made may still be in the queue: {error}"));
    }
}

/// Watches and stages changes until stopped.
pub(super) fn stage_changes(ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
    let on_change = Some(OnChange::Stage);
    // `reconcile --watch` asks for staging, regardless of `on_change` in idhooks.toml.
    let options = WatchOptions { debounce: None, is_live: true, on_change };
    watcher_args::watch_in_foreground(ui, dir, options, false)
}
