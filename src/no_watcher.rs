//! For builds without the `automation` feature, which have no watcher and no queue.

use std::path::Path;

use idhooks_ops::{QueueQuestions, ReconcileReport, Repo, StoreError, WatchFacts, WatcherDown};

use crate::error::{CommandResult, Exit, missing};
use crate::output::Ui;

/// Without a queue, repairs that need a decision are only reported.
pub const QUEUE_QUESTIONS: Option<QueueQuestions> = None;

/// Returns the facts for a build without a watcher.
///
/// # Errors
/// Never returns an error.
pub fn facts(_: &Repo) -> Result<WatchFacts, StoreError> {
    Ok(WatchFacts::default())
}

/// Returns `None`: without a watcher, none can be down.
pub fn down(_: &Repo) -> Option<WatcherDown> {
    None
}

/// Refuses to queue repairs.
///
/// # Errors
/// Always returns an error, which names the missing feature.
pub fn queue_repairs(_: &Repo, _: &ReconcileReport, _: bool, _: bool) -> CommandResult<usize> {
    Err(missing("automation", "'--enqueue'"))
}

/// Does nothing, because no repairs have been queued.
pub fn forget_made(_: &mut Ui, _: &Repo) {}

/// Refuses to watch.
///
/// # Errors
/// Always returns an error, which names the missing feature.
pub fn stage_changes(_: &mut Ui, _: &Path) -> CommandResult<Exit> {
    Err(missing("automation", "'--watch'"))
}
