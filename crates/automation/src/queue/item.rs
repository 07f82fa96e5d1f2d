//! [`QueueItem`]: a changed path and its state in the queue.

use idhooks_core::registry::RepoPath;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::moment::Moment;

idhooks_core::words! {
    /// What happened to a path.
    pub enum FileEvent {
        /// A file is new.
        Added = "FILE_ADDED",
        /// A file's content changed.
        Modified = "FILE_MODIFIED",
        /// A file was moved; the item's path is the new one.
        Moved = "FILE_MOVED",
        /// A file was deleted.
        Deleted = "FILE_DELETED",
        /// A file has no record.
        ReconcileAdd = "RECONCILE_ADD",
        /// A record has no file.
        ReconcileRemove = "RECONCILE_REMOVE",
    }
}

impl FileEvent {
    /// Returns whether this event requests a repair, rather than reporting a change to the file.
    pub fn is_request(self) -> bool {
        matches!(self, FileEvent::ReconcileAdd | FileEvent::ReconcileRemove)
    }
}

idhooks_core::words! {
    /// An item's status.
    pub enum ItemStatus {
        /// The item is waiting for its turn.
        Queued = "queued",
        /// The item is being worked on.
        Running = "running",
        /// It is done.
        Completed = "completed",
        /// An attempt failed; the next one is at `next_attempt_at`.
        Failed = "failed",
        /// All attempts failed; a new event or 'idhooks queue retry' restarts it.
        DeadLetter = "dead_letter",
    }
}

/// Something that happened to a path, to be queued.
#[derive(Debug, Clone)]
pub struct QueueEvent {
    /// The path; for a move, the new path.
    pub path: RepoPath,
    /// The path the file was moved from.
    pub old_path: Option<RepoPath>,
    /// The change.
    pub event: FileEvent,
    /// Additional data about the event: a JSON value.
    pub metadata: Option<Box<RawValue>>,
    /// When the event was first seen, if it was not queued immediately.
    pub first_seen: Option<Moment>,
    /// A digest of the file's state, so that a later comparison of all files does not queue the
    /// same change again.
    pub state: Option<i64>,
}

impl QueueEvent {
    /// Returns an event without additional data for a path.
    pub fn new(event: FileEvent, path: RepoPath) -> Self {
        let (old_path, metadata, first_seen, state) = (None, None, None, None);
        QueueEvent { path, old_path, event, metadata, first_seen, state }
    }
}

/// The work to be done for one path.
#[derive(Debug, Clone, Serialize)]
pub struct QueueItem {
    /// The path; for a move, the new path.
    pub path: RepoPath,
    /// The path the file was moved from.
    pub old_path: Option<RepoPath>,
    /// What happened to the path.
    #[serde(rename = "event_type")]
    pub event: FileEvent,
    /// The status.
    pub status: ItemStatus,
    /// The number of attempts since an event last restarted the item.
    pub attempts: u32,
    /// The number of events for the path.
    #[serde(skip)]
    pub generation: i64,
    /// The attempt's number among all attempts in the queue; it identifies the worker that holds
    /// the item.
    #[serde(skip)]
    pub claim: i64,
    /// The time of the first unprocessed event.
    pub first_seen: Moment,
    /// The time of the last event.
    pub enqueued_at: Moment,
    /// When the last attempt started.
    pub started_at: Option<Moment>,
    /// When the item was completed.
    pub completed_at: Option<Moment>,
    /// When the next attempt is due; `None` if it is due now.
    pub next_attempt_at: Option<Moment>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// Additional data about the event: a JSON value.
    pub metadata: Option<Box<RawValue>>,
}

/// The number of items in each status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueDepth {
    /// Items waiting for their turn.
    pub queued: u32,
    /// Items being worked on.
    pub running: u32,
    /// Items that are done.
    pub completed: u32,
    /// Items whose last attempt failed.
    pub failed: u32,
    /// Items for which all attempts failed.
    pub dead_letter: u32,
}

impl QueueDepth {
    /// Returns the number of items with a status.
    pub fn of(&self, status: ItemStatus) -> u32 {
        match status {
            ItemStatus::Queued => self.queued,
            ItemStatus::Running => self.running,
            ItemStatus::Completed => self.completed,
            ItemStatus::Failed => self.failed,
            ItemStatus::DeadLetter => self.dead_letter,
        }
    }

    /// Returns a mutable reference to the number of items with a status.
    pub(super) fn of_mut(&mut self, status: ItemStatus) -> &mut u32 {
        match status {
            ItemStatus::Queued => &mut self.queued,
            ItemStatus::Running => &mut self.running,
            ItemStatus::Completed => &mut self.completed,
            ItemStatus::Failed => &mut self.failed,
            ItemStatus::DeadLetter => &mut self.dead_letter,
        }
    }

    /// Returns the number of items that still have to be processed and don't need a human.
    pub fn pending(&self) -> u32 {
        self.queued + self.running + self.failed
    }
}
