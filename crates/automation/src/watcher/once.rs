//! Runs without watching: compares all files once, and processes the queue.

use std::time::Duration;

use crate::watch_error::WatchError;

use super::{IDLE, TURN, Watcher};

impl Watcher<'_> {
    /// Compares all files once, processes the changes, and checks the result.
    ///
    /// # Errors
    /// Returns an error if the queue or the index cannot be read.
    pub(crate) fn run_once(mut self) -> Result<usize, WatchError> {
        self.control.clear_old_stop()?;
        self.control.own_writes().begin()?;
        self.compare_all()?;
        // Files that are being written are left for the next run: a file that never becomes stable
        // must not keep a scheduled run from ending.
        let patience = self.tree.config().watch.min_age * 2 + Duration::from_secs(10);
        let mut has_items = true;
        while !self.is_over() && (has_items || (!self.pending.is_empty() && self.now() < patience))
        {
            self.board.heart.beat();
            self.queue_quiet(Duration::ZERO)?;
            has_items = self.work()? > 0;
            std::thread::sleep(TURN);
        }
        while !self.is_over() && (self.act_and_go_on() || self.generate_and_go_on()) {
            self.board.heart.beat();
            self.take_generated(TURN);
        }
        self.note_own_writes()?;
        let checked = self.check();
        self.end()?;
        checked.map(|()| self.board.status.finding_errors)
    }

    /// Processes due items without watching any files; with `once`, stops when no item is due.
    ///
    /// # Errors
    /// Returns an error if the queue cannot be read or written.
    pub(crate) fn run_queue(mut self, once: bool) -> Result<usize, WatchError> {
        self.control.clear_old_stop()?;
        self.known_index()?;
        self.due.check = None;
        while !self.is_over() {
            self.board.heart.beat();
            if self.work()? == 0 {
                if self.due.check.is_some() {
                    self.check_and_go_on();
                }
                if once {
                    break;
                }
                std::thread::sleep(IDLE);
            }
        }
        self.end()?;
        Ok(self.board.status.finding_errors)
    }
}
