//! A build without the feature `automation`: there is no watcher and no queue.

use std::path::Path;

use idhooks_ops::{QueueQuestions, ReconcileReport, Repo, StoreError, WatchFacts, WatcherDown};

use crate::error::{CommandResult, Exit, missing};
use crate::output::Ui;

/// There is no queue: repairs that need a decision are only reported.
pub const QUEUE_QUESTIONS: Option<QueueQuestions> = None;

/// Returns the facts for a build without a watcher.
///
/// # Errors
/// Never returns an error.
pub fn facts(_: &Repo) -> Result<WatchFacts, StoreError> {
    Ok(WatchFacts::default())
}

/// Returns `None`: there is no watcher that could be down.
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

/// Does nothing: no repair was queued.
pub fn forget_made(_: &mut Ui, _: &Repo) {}

/// Refuses to watch.
///
/// # Errors
/// Always returns an error, which names the missing feature.
pub fn stage_changes(_: &mut Ui, _: &Path) -> CommandResult<Exit> {
    Err(missing("automation", "'--watch'"))
}
