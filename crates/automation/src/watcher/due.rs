//! [`Due`]: the tasks of a watcher, and when they are due.

use std::time::Instant;

use idhooks_repo::store::FileStamp;

use crate::pending::{ClockWatch, Tick};

/// The tasks of a watcher, and when they are due, as times since it started.
#[derive(Debug)]
pub(super) struct Due {
    begin: Instant,
    pub(super) clock: ClockWatch,
    /// When all files are to be compared.
    pub(super) scan: Tick,
    /// Since when a check is due.
    pub(super) check: Option<Tick>,
    /// The index and HEAD when they were last checked.
    pub(super) checked: [Option<FileStamp>; 2],
}

impl Due {
    /// Returns the tasks that are due at the start: all of them.
    pub(super) fn new() -> Self {
        let (begin, clock) = (Instant::now(), ClockWatch::default());
        Due { begin, clock, scan: Tick::ZERO, check: Some(Tick::ZERO), checked: [None, None] }
    }

    /// Returns the time since the start.
    pub(super) fn now(&self) -> Tick {
        self.begin.elapsed()
    }
}
