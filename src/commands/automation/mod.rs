//! The feature `automation`: the watcher and its queue, and what other commands take from them.

pub(super) mod queue;
pub(super) mod watch;
mod watcher_args;

use std::path::Path;

use idhooks_automation::{WatchOptions, queue_questions, watch_facts, watcher_down};
use idhooks_core::config::OnChange;
use idhooks_ops::{QueueQuestions, ReconcileReport, Repo, StoreError, WatchFacts, WatcherDown};

use crate::error::{CommandResult, Exit};
use crate::output::Ui;

/// Puts what needs a person into the queue.
pub(super) const QUEUE_QUESTIONS: Option<QueueQuestions> = Some(queue_questions);

/// Returns what is known of the watcher and its queue.
pub(super) fn facts(repo: &Repo) -> Result<WatchFacts, StoreError> {
    watch_facts(repo)
}

/// Returns why the watcher does not work, if it does not although it should.
pub(super) fn down(repo: &Repo) -> Option<WatcherDown> {
    watcher_down(repo)
}

/// Queues the repairs of a dry run; returns how many are new.
pub(super) fn queue_repairs(
    repo: &Repo,
    planned: &ReconcileReport,
    is_whole: bool,
    is_dry_run: bool,
) -> CommandResult<usize> {
    Ok(idhooks_automation::queue_repairs(repo, planned, is_whole, is_dry_run)?)
}

/// Removes the repairs from the queue that were made; warns if that fails.
pub(super) fn forget_made(ui: &mut Ui, repo: &Repo) {
    if let Err(error) = idhooks_automation::forget_made(repo) {
        ui.warning(&format!("repairs that were made may still be in the queue: {error}"));
    }
}

/// Keeps the index complete until it is stopped.
pub(super) fn stage_changes(ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
    let on_change = Some(OnChange::Stage);
    let options = WatchOptions { debounce: None, is_live: true, on_change };
    watcher_args::watch_in_foreground(ui, dir, options, false)
}
