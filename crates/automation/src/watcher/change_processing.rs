//! How a watcher reacts to changes.

use std::time::Duration;

use idhooks_core::registry::RepoPath;
use idhooks_repo::store::StoreError;
use serde_json::value::RawValue;

use crate::child_process::{OwnProcessError, run_round};
use crate::events::EventSource;
use crate::heartbeat::BEAT_INTERVAL;
use crate::moment::Moment;
use crate::pending_paths::Stability;
use crate::problems::WatchTask;
use crate::queue_processing::enqueue;
use crate::round::{CheckOutcome, RoundRequest};
use crate::watch_error::WatchError;

use super::{WatchNews, Watcher};

/// The maximum number of paths to sample in a turn.
const SAMPLED: usize = 10_000;
/// The minimum time between two writes of the status.
const STATUS_INTERVAL: Duration = Duration::from_millis(500);

impl Watcher<'_> {
    /// Queues paths that are quiet and stable.
    pub(super) fn queue_quiet(&mut self, debounce: Duration) -> Result<(), WatchError> {
        let (now, wall) = (self.now(), Moment::now());
        let mut ready = Vec::new();
        for path in self.pending.quiet(debounce, now).into_iter().take(SAMPLED) {
            let stamp = self.tree.stamp(&path);
            let rules = &self.tree.config().watch;
            let stability = self.pending.sample(&path, stamp, rules, now, wall);
            if matches!(stability, Stability::Stable | Stability::Missing)
                && let Some(entry) = self.pending.take(&path)
            {
                ready.push((path, entry));
            }
        }
        if ready.is_empty() {
            return Ok(());
        }
        self.board.is_changed = true;
        match enqueue(&mut self.queue, &self.tree, &ready, wall) {
            Ok(_) => Ok(()),
            Err(error) => {
                // No change is lost: the paths are queued later.
                let put_back = |(path, entry)| self.pending.put_back(path, entry, now);
                ready.into_iter().for_each(put_back);
                Err(error.into())
            }
        }
    }

    /// Processes due items; returns the number of items processed.
    pub(super) fn work(&mut self) -> Result<usize, WatchError> {
        if self.next_due()?.is_none_or(|due| due > Moment::now()) {
            return Ok(0);
        }
        let (processed, taken) = self.process()?;
        if taken == 0 {
            return Ok(0);
        }
        let mut lines = String::new();
        for item in &processed {
            lines += &serde_json::to_string(item).unwrap_or_default();
            lines.push('\n');
            match item.error {
                Some(_) => self.board.status.errors += 1,
                None => self.board.status.detection.add(item.seconds),
            }
        }
        self.control.log("actions", &lines)?;
        self.board.status.processed_total += processed.len() as u64;
        (self.report)(WatchNews::Processed(&processed));
        let now = self.now();
        // If a check is already due, it is not postponed.
        self.due.check.get_or_insert(now);
        self.board.is_changed = true;
        // The new rules may watch other files.
        if processed.iter().any(|item| item.path == RepoPath::config()) {
            self.reload();
        }
        Ok(taken)
    }

    /// Checks the index, and records the result or the reason the check failed.
    pub(super) fn check_and_go_on(&mut self) {
        if let Err(error) = self.check() {
            self.problem(WatchTask::Check, &error.to_string());
        }
    }

    /// Checks the index along with the moves in the working tree, and records the result.
    ///
    /// # Errors
    /// Returns an error if the check cannot be run.
    pub(super) fn check(&mut self) -> Result<(), WatchError> {
        // The status is not written during a check, which may take a long time.
        self.write_status();
        self.due.check = None;
        self.board.is_changed = true;
        let mut moves = self.queue.moves()?;
        // If the old path is occupied again, the move may have been undone, so it does not count
        // until that path is free.
        moves.retain(|(from, to)| self.tree.stamp(from).is_none() && self.tree.stamp(to).is_some());
        let request = RoundRequest { moves, checks: true, ..RoundRequest::default() };
        let (limit, mut is_over) = (Some(self.limit()), self.end_request_and_beats());
        let answer = run_round(self.tree.top(), &request, limit, &mut is_over)
            .map_err(|error| WatchError::Check(without_hints(error)))?;
        let Some(outcome) = answer.and_then(|answer| answer.checked) else { return Ok(()) };
        let settled = outcome.settled.iter().filter_map(|number| request.moves.get(*number));
        let settled: Vec<&RepoPath> = settled.map(|(_, to)| to).collect();
        if !settled.is_empty() {
            self.queue
                .write(|work| settled.iter().try_for_each(|path| work.note_move(path, path)))?;
        }
        self.board.status.last_success_at = Some(Moment::now().to_string());
        let texts = |findings: &[Box<RawValue>]| -> Vec<String> {
            findings.iter().map(|finding| finding.get().to_owned()).collect()
        };
        if texts(&outcome.findings) != texts(&self.board.status.findings) {
            (self.report)(WatchNews::Checked(&outcome));
        }
        let CheckOutcome { errors, warnings, findings, .. } = outcome;
        (self.board.status.finding_errors, self.board.status.finding_warnings) = (errors, warnings);
        self.board.status.findings = findings;
        self.solved(WatchTask::Check, |_| false);
        Ok(())
    }

    /// Writes the status if it has changed, and whenever a beat is due.
    pub(super) fn write_status(&mut self) {
        let since = self.now().saturating_sub(self.board.written);
        if since < if self.board.is_changed { STATUS_INTERVAL } else { BEAT_INTERVAL } {
            return;
        }
        self.write_status_now();
    }

    /// Writes the status.
    pub(super) fn write_status_now(&mut self) {
        self.board.status.events_per_minute = self.board.rate.add(0, Moment::now());
        self.board.status.pending = self.pending.len();
        self.board.status.watched_dirs = self.source.as_ref().map_or(0, EventSource::watched_dirs);
        if let Ok(depth) = self.queue.depth() {
            self.board.status.queue = depth;
        }
        (self.board.written, self.board.is_changed) = (self.now(), false);
        match self.put_status() {
            Ok(()) => self.solved(WatchTask::Status, |_| false),
            Err(error) => {
                self.board.status.errors += 1;
                self.board.problems.add(WatchTask::Status, &error.to_string(), Moment::now());
                self.show_problems();
            }
        }
    }

    /// Writes the unchanged status, which counts as a beat.
    pub(super) fn put_status(&mut self) -> Result<(), StoreError> {
        let missed = u64::try_from(self.board.heart.take_missed().as_millis()).unwrap_or(0);
        self.board.status.down_millis += missed;
        self.board.status.note_beat();
        self.control.write_status(&self.board.status)?;
        self.board.heart.note_beat();
        Ok(())
    }
}

/// Returns a check's error without its hints, which are meant for a user at a terminal.
fn without_hints(error: OwnProcessError) -> OwnProcessError {
    match error {
        OwnProcessError::Failed(mut why) => {
            why.truncate(why.find(": hint: ").unwrap_or(why.len()));
            OwnProcessError::Failed(why)
        }
        error => error,
    }
}
