//! A build without the feature `automation`: there is no watcher and no queue.

use std::path::Path;

use idhooks_ops::{QueueQuestions, ReconcileReport, Repo, StoreError, WatchFacts, WatcherDown};

use crate::error::{CommandResult, Exit, missing};
use crate::output::Ui;

/// Nothing takes what needs a person: it is only reported.
pub const QUEUE_QUESTIONS: Option<QueueQuestions> = None;

/// Returns that nothing is known.
///
/// # Errors
/// Returns none.
pub fn facts(_: &Repo) -> Result<WatchFacts, StoreError> {
    Ok(WatchFacts::default())
}

/// Returns that nothing is down.
pub fn down(_: &Repo) -> Option<WatcherDown> {
    None
}

/// Refuses to queue repairs.
///
/// # Errors
/// Returns always an error, which names the feature.
pub fn queue_repairs(_: &Repo, _: &ReconcileReport, _: bool, _: bool) -> CommandResult<usize> {
    Err(missing("automation", "'--enqueue'"))
}

/// Does nothing: no repair was queued.
pub fn forget_made(_: &mut Ui, _: &Repo) {}

/// Refuses to watch.
///
/// # Errors
/// Returns always an error, which names the feature.
pub fn stage_changes(_: &mut Ui, _: &Path) -> CommandResult<Exit> {
    Err(missing("automation", "'--watch'"))
}
