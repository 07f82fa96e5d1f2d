//! How a watcher handles problems: it reports them and carries on. If the queue is damaged or
//! removed while the watcher runs, a new one replaces it.

use std::path::Path;
use std::time::Duration;

use crate::moment::Moment;
use crate::pending_paths::Tick;
use crate::problems::{WatchProblem, WatchTask};
use crate::queue::{QueueError, SeenQueue};
use crate::watch_error::WatchError;

use super::{WatchNews, Watcher};

/// The minimum time between two examinations of a queue that is being written to.
const EXAMINE: Duration = Duration::from_secs(5);

impl Watcher<'_> {
    /// Checks that the repository is still there.
    ///
    /// # Errors
    /// Returns an error if it is gone.
    pub(super) fn assert_there(&self) -> Result<(), WatchError> {
        if self.place.is_there() && self.tree.top().is_dir() {
            return Ok(());
        }
        Err(WatchError::Gone(self.tree.top().to_owned()))
    }

    /// Starts a new queue if this one has been damaged, replaced or removed. A comparison of all
    /// files with the index then finds the lost changes again.
    ///
    /// # Errors
    /// Returns an error if no new queue can be opened; the watcher then tries again.
    pub(super) fn renew_queue(&mut self) -> Result<(), WatchError> {
        let is_there = self.seen_queue.is_same(&self.queue);
        if is_there && !self.seen_queue.is_suspect && !self.is_queue_damaged() {
            return Ok(());
        }
        // Clearing the place makes the watcher try again until the queue has been replaced.
        self.seen_queue.place = None;
        let aside = self.queue.renew(&self.repo.worktree_state_dir())?;
        self.seen_queue = SeenQueue::read(&self.queue);
        self.due.scan = Tick::ZERO;
        self.report_renewed(aside.as_deref());
        Ok(())
    }

    /// Reports that a new queue was started; `aside` is the path to which a damaged one was moved.
    pub(super) fn report_renewed(&mut self, aside: Option<&Path>) {
        let what = format!("the queue '{}' was damaged or removed", self.queue.path().display());
        let aside = aside.map(|aside| format!("; the old one is '{}'", aside.display()));
        let aside = aside.unwrap_or_default();
        self.problem(WatchTask::Queue, &format!("{what}: a new one begins{aside}"));
    }

    /// Examines the queue if it has been written to since it was last examined.
    fn is_queue_damaged(&mut self) -> bool {
        let (now, stamp) = (self.now(), SeenQueue::stamp(&self.queue));
        let seen = &mut self.seen_queue;
        // Examining the queue reads the whole database.
        if stamp == seen.examined || now.saturating_sub(seen.at) < EXAMINE {
            return false;
        }
        (seen.examined, seen.at) = (stamp, now);
        matches!(self.queue.examine(), Err(QueueError::Damaged { .. }))
    }

    /// Reports a problem.
    pub(super) fn problem(&mut self, task: WatchTask, what: &str) {
        let at = Moment::now();
        self.board.status.errors += 1;
        self.board.problems.add(task, what, at);
        self.show_problems();
        let line = serde_json::json!({ "at": at.to_string(), "error": what });
        // If this fails too, there is nothing more to do.
        let _ = self.control.log("errors", &format!("{line}\n"));
        (self.report)(WatchNews::Problem(what));
    }

    /// Records that a task works again, which solves all its problems except those for which
    /// `remains` returns true.
    pub(super) fn solved(&mut self, task: WatchTask, remains: impl Fn(&str) -> bool) {
        if self.board.problems.solve(task, remains) {
            self.show_problems();
        }
    }

    pub(super) fn show_problems(&mut self) {
        let last = self.board.problems.last().cloned();
        let status = &mut self.board.status;
        if last.is_none()
            && let (Some(message), Some(at)) = (&status.last_error, &status.last_error_at)
        {
            let solved = WatchProblem { at: at.clone(), message: message.clone() };
            status.last_solved = Some(solved);
        }
        (status.last_error, status.last_error_at) =
            last.map(|problem| (problem.message, problem.at)).unzip();
        self.board.status.queue_problem = self.board.problems.of(WatchTask::Queue).pop();
        self.board.status.generator_problems = self.board.problems.of(WatchTask::Generators);
        self.board.is_changed = true;
    }
}
