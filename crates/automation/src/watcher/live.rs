//! How a watcher with '--live' changes the index, and what it waits for.

use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use idhooks_core::config::OnChange;

use crate::child_process::run_round;
use crate::moment::Moment;
use crate::problems::WatchTask;
use crate::queue_processing::{Acted, ProcessedItem, WAIT, process};
use crate::round::{ObservedMove, RoundAnswer, RoundRequest};
use crate::watch_error::WatchError;

use super::{WatchNews, Watcher};

/// The git setting for how long a watcher's child process may run before it is ended, in
/// milliseconds.
const TIMEOUT: &str = "idhooks.watchTimeout";
const DEFAULT_LIMIT: Duration = Duration::from_secs(10 * 60);

impl Watcher<'_> {
    /// Returns whether the watcher follows moves in the index and gives identities to new files.
    pub(super) fn stages(&self) -> bool {
        self.options.is_live && self.tree.config().watch.on_change == OnChange::Stage
    }

    /// Returns the time at which the next item the watcher may process is due; repair requests
    /// count only if it makes repairs.
    pub(super) fn next_due(&self) -> Result<Option<Moment>, WatchError> {
        Ok(if self.stages() { self.queue.next_due()? } else { self.queue.next_change_due()? })
    }

    /// Returns the time limit for a child process of the watcher that runs no other programs.
    pub(super) fn limit(&self) -> Duration {
        self.repo.number(TIMEOUT).map_or(DEFAULT_LIMIT, Duration::from_millis)
    }

    /// Returns a function that tells whether the watcher was asked to end.
    pub(super) fn end_request(&self) -> impl FnMut() -> bool + use<> {
        let (signals, control) = (self.signals.clone(), self.control.clone());
        move || signals.stop.load(Ordering::Relaxed) || control.is_stop_requested()
    }

    /// Like [`Self::end_request`], but each call also sends a beat if one is due; for waiting on a
    /// child process.
    pub(super) fn end_request_and_beats(&self) -> impl FnMut() -> bool + use<> {
        let (mut is_over, heart) = (self.end_request(), Rc::clone(&self.board.heart));
        move || {
            heart.beat();
            is_over()
        }
    }

    /// Returns whether git or another command is at work. If so, the index must not be changed.
    pub(super) fn has_to_wait(&mut self) -> Result<bool, WatchError> {
        // Checking for obstacles on every turn would take too long.
        if self.now() < self.live.waits_until {
            return Ok(true);
        }
        let obstacle = self.repo.obstacle()?;
        self.wait_for(obstacle);
        Ok(self.board.status.waits_for.is_some())
    }

    /// Records what the watcher waits for, if anything.
    pub(super) fn wait_for(&mut self, obstacle: Option<String>) {
        if obstacle.is_some() {
            self.live.waits_until = self.now() + WAIT;
        }
        self.board.is_changed |= self.board.status.waits_for != obstacle;
        self.board.status.waits_for = obstacle;
    }

    /// Processes as many items as the rules allow; returns the processed items, and how many were
    /// taken.
    pub(super) fn process(&mut self) -> Result<(Vec<ProcessedItem>, usize), WatchError> {
        let repairs = self.stages();
        if repairs && self.has_to_wait()? {
            return Ok((Vec::new(), 0));
        }
        let max = self.tree.config().watch.max_actions;
        let (limit, mut is_over) = (Some(self.limit()), self.end_request_and_beats());
        let mut outcome = None;
        let mut act = |moves: &[ObservedMove]| {
            // A watcher that does not act on changes merely records them.
            if !repairs {
                return Acted::Done;
            }
            let request = stage_request(moves, max);
            match run_round(self.tree.top(), &request, limit, &mut is_over) {
                Ok(done) => {
                    outcome = done;
                    let is_done = outcome.as_ref().is_some_and(|done| done.waits_for.is_none());
                    if is_done { Acted::Done } else { Acted::Waits }
                }
                Err(why) => Acted::Failed(why.to_string()),
            }
        };
        let processed = process(&mut self.queue, &self.tree, max, repairs, &mut act);
        // The round may have changed the index even if the queue failed afterwards.
        if let Some(outcome) = outcome {
            self.note(&outcome);
        }
        Ok(processed?)
    }

    /// Brings the registry in the index up to date if the index may have changed and nothing
    /// prevents it; returns whether more work can be done right away.
    pub(super) fn act_and_go_on(&mut self) -> bool {
        if !self.live.is_due {
            return false;
        }
        if !self.stages() {
            self.live.is_due = false;
            return false;
        }
        let request = stage_request(&[], self.tree.config().watch.max_actions);
        let (limit, mut is_over) = (Some(self.limit()), self.end_request_and_beats());
        let acted = match self.has_to_wait() {
            Ok(true) => return false,
            Ok(false) => run_round(self.tree.top(), &request, limit, &mut is_over)
                .map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match acted {
            Ok(Some(outcome)) => {
                self.solved(WatchTask::Index, |_| false);
                self.note(&outcome);
            }
            Ok(None) => {}
            Err(why) => {
                // The watcher tries again when the index changes.
                self.live.is_due = false;
                self.problem(WatchTask::Index, &format!("cannot complete the index: {why}"));
            }
        }
        self.live.is_due && self.board.status.waits_for.is_none()
    }

    /// Records the result.
    fn note(&mut self, outcome: &RoundAnswer) {
        self.live.is_due = outcome.has_more || outcome.waits_for.is_some();
        self.wait_for(outcome.waits_for.clone());
        self.note_done(outcome);
    }

    /// Reports the result.
    pub(super) fn note_done(&mut self, outcome: &RoundAnswer) {
        if !outcome.done.is_empty() {
            self.board.is_changed = true;
            self.board.status.acted_total += outcome.done.len() as u64;
            self.board.status.last_acted_at = Some(Moment::now().to_string());
            (self.report)(WatchNews::Acted(outcome));
        }
    }
}

/// Returns the request to follow moves and to give identities to new files in the index.
fn stage_request(moves: &[ObservedMove], limit: usize) -> RoundRequest {
    RoundRequest { moves: moves.to_vec(), stages: Some(limit), ..RoundRequest::default() }
}
