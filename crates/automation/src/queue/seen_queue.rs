//! [`SeenQueue`]: the state of a queue's database when the watcher last examined it.

use std::time::Duration;

use idhooks_repo::store::FileStamp;

use super::{Queue, beside};

/// The state of the database file and its write-ahead log.
pub(crate) type QueueStamp = [Option<FileStamp>; 2];

/// The state of a queue's database when the watcher last examined it.
#[derive(Debug)]
pub(crate) struct SeenQueue {
    /// The location of the database on disk.
    pub(crate) place: Option<[u64; 2]>,
    /// The state of the database files when they were last examined.
    pub(crate) examined: QueueStamp,
    /// When the database was last examined, measured from the watcher's start.
    pub(crate) at: Duration,
    /// Whether an operation on the database failed in a way that only damage can explain.
    pub(crate) is_suspect: bool,
}

impl SeenQueue {
    pub(crate) fn read(queue: &Queue) -> Self {
        let examined = Self::stamp(queue);
        let place = examined[0].map(|stamp| stamp.place());
        SeenQueue { place, examined, at: Duration::ZERO, is_suspect: false }
    }

    /// Returns the state of the queue as readers see it.
    pub(crate) fn stamp(queue: &Queue) -> QueueStamp {
        // Recent changes are only in the write-ahead log; the database file does not change until a
        // checkpoint.
        [queue.path().to_owned(), beside(queue.path(), "-wal")].map(|file| FileStamp::at(&file))
    }

    /// Returns whether the file now at the database's path is the one that is open.
    pub(crate) fn is_same(&self, queue: &Queue) -> bool {
        self.place.is_some() && FileStamp::at(queue.path()).map(|stamp| stamp.place()) == self.place
    }
}
