//! [`Due`]: a watcher's tasks, and when they are due.

use std::time::Instant;

use idhooks_repo::store::FileStamp;

use crate::pending_paths::{ClockWatch, Tick};

/// A watcher's tasks and the times they are due, measured from the watcher's start.
#[derive(Debug)]
pub(super) struct Due {
    begin: Instant,
    pub(super) clock: ClockWatch,
    /// When to compare all files next.
    pub(super) scan: Tick,
    /// The time since which a check has been due.
    pub(super) check: Option<Tick>,
    /// The state of the index and HEAD at the last check.
    pub(super) checked: [Option<FileStamp>; 2],
}

impl Due {
    /// Returns the tasks of a new watcher. All of them are due.
    pub(super) fn new() -> Self {
        let (begin, clock) = (Instant::now(), ClockWatch::default());
        Due { begin, clock, scan: Tick::ZERO, check: Some(Tick::ZERO), checked: [None, None] }
    }

    /// Returns the time since the watcher's start.
    pub(super) fn now(&self) -> Tick {
        self.begin.elapsed()
    }
}
