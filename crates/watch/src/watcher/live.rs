//! What a watcher with '--live' does about the index, and when it waits.

use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::acted::{ActOutcome, ActRequest, ObservedMove};
use crate::moment::Moment;
use crate::problems::WatchTask;
use crate::work::{Acted, ProcessedItem, WAIT, process};

use super::{WatchError, WatchNews, Watcher};

/// The longest time for which a watcher that waits for a program beats: a program that hangs is a hang.
const PROGRAM_LIMIT: Duration = Duration::from_secs(10 * 60);

impl Watcher<'_> {
    /// Returns what may be done about the index; `None` if nothing.
    pub(super) fn request(&self) -> Option<ActRequest> {
        let request = || ActRequest::of(&self.tree, self.live.stopped.keys());
        self.options.is_live.then(request).flatten()
    }

    /// Returns when the next item is due that it may work on: requests for repairs only if it repairs.
    pub(super) fn next_due(&self) -> Result<Option<Moment>, WatchError> {
        let repairs = self.request().is_some_and(|request| request.stages);
        Ok(if repairs { self.queue.next_due()? } else { self.queue.next_change_due()? })
    }

    /// Returns a function that says whether it was asked to end.
    pub(super) fn end_request(&self) -> impl FnMut() -> bool + use<> {
        let (signals, control) = (self.signals.clone(), self.control.clone());
        move || signals.stop.load(Ordering::Relaxed) || control.is_stop_requested()
    }

    /// Returns the same function for a program that the watcher waits for: each call is a sign of life.
    pub(super) fn end_request_and_beats(&self) -> impl FnMut() -> bool + use<> {
        let (mut is_over, heart) = (self.end_request(), Rc::clone(&self.heart));
        let begin = Instant::now();
        move || {
            if begin.elapsed() < PROGRAM_LIMIT {
                heart.beat();
            }
            is_over()
        }
    }

    /// Returns whether git or another command is at work, so that the index must stay as it is.
    pub(super) fn has_to_wait(&mut self) -> Result<bool, WatchError> {
        if self.now() < self.live.waits_until {
            return Ok(true);
        }
        let obstacle = self.repo.obstacle()?;
        self.wait_for(obstacle);
        Ok(self.status.waits_for.is_some())
    }

    /// Notes what it waits for, or that it does not.
    pub(super) fn wait_for(&mut self, obstacle: Option<String>) {
        if obstacle.is_some() {
            self.live.waits_until = self.now() + WAIT;
        }
        self.written.1 |= self.status.waits_for != obstacle;
        self.status.waits_for = obstacle;
    }

    /// Works on at most as many items as the rules allow; returns those that were processed, and how many
    /// were taken.
    pub(super) fn process(&mut self) -> Result<(Vec<ProcessedItem>, usize), WatchError> {
        let request = self.request().filter(|request| request.stages);
        if request.is_some() && self.has_to_wait()? {
            return Ok((Vec::new(), 0));
        }
        let max = self.tree.config().watch.max_actions;
        let mut is_over = self.end_request_and_beats();
        let mut outcome = None;
        let mut act = |moves: &[ObservedMove]| {
            let Some(request) = &request else { return Acted::Done };
            match request.stage(moves, &mut is_over) {
                Ok(done) => {
                    outcome = done;
                    let is_done = outcome.as_ref().is_some_and(|done| done.waits_for.is_none());
                    if is_done { Acted::Done } else { Acted::Waits }
                }
                Err(why) => Acted::Failed(why.to_string()),
            }
        };
        let repairs = request.is_some();
        let processed = process(&mut self.queue, &self.tree, max, repairs, &mut act);
        if let Some(outcome) = outcome {
            self.note(&outcome);
        }
        Ok(processed?)
    }

    /// Completes the index if it may have changed, and nothing is in the way; returns whether there is
    /// more to be done at once.
    pub(super) fn act_and_go_on(&mut self) -> bool {
        if !self.live.is_due {
            return false;
        }
        let Some(request) = self.request().filter(|request| request.stages) else {
            self.live.is_due = false;
            return false;
        };
        let mut is_over = self.end_request_and_beats();
        let acted = match self.has_to_wait() {
            Ok(true) => return false,
            Ok(false) => request.stage(&[], &mut is_over).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match acted {
            Ok(Some(outcome)) => {
                self.solved(WatchTask::Index, |_| false);
                self.note(&outcome);
            }
            Ok(None) => {}
            Err(why) => {
                // It is tried again when the index changes.
                self.live.is_due = false;
                self.problem(WatchTask::Index, &format!("cannot complete the index: {why}"));
            }
        }
        self.live.is_due && self.status.waits_for.is_none()
    }

    /// Records what was done.
    fn note(&mut self, outcome: &ActOutcome) {
        self.live.is_due = outcome.has_more || outcome.waits_for.is_some();
        self.wait_for(outcome.waits_for.clone());
        self.note_done(outcome);
    }

    /// Reports what was done.
    pub(super) fn note_done(&mut self, outcome: &ActOutcome) {
        if !outcome.done.is_empty() {
            self.written.1 = true;
            self.status.acted_total += outcome.done.len() as u64;
            self.status.last_acted_at = Some(Moment::now().to_string());
            (self.report)(WatchNews::Acted(outcome));
        }
    }
}
