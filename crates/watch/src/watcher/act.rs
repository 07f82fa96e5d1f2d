//! What a watcher does about what changed.

use std::time::Duration;

use idhooks_core::registry::RepoPath;
use idhooks_repo::store::StoreError;
use serde_json::value::RawValue;

use crate::beat::BEAT_INTERVAL;
use crate::checked::run_check;
use crate::events::EventSource;
use crate::moment::Moment;
use crate::moved::{MovesOutcome, examine_moves};
use crate::pending::Stability;
use crate::problems::WatchTask;
use crate::status::StatusQueue;
use crate::work::enqueue;

use super::{WatchError, WatchNews, Watcher};

/// How many paths are sampled in a turn.
const SAMPLED: usize = 10_000;
/// The least time between two writes of the status.
const STATUS_INTERVAL: Duration = Duration::from_millis(500);

impl Watcher<'_> {
    /// Puts paths that are quiet and stable into the queue.
    pub(super) fn queue_quiet(&mut self, debounce: Duration) -> Result<(), WatchError> {
        let (now, wall) = (self.now(), Moment::now());
        let mut ready = Vec::new();
        for path in self.pending.quiet(debounce, now).into_iter().take(SAMPLED) {
            let stamp = self.tree.stamp(&path);
            let rules = &self.tree.config().watch;
            let stability = self.pending.sample(&path, stamp, rules, (now, wall));
            if matches!(stability, Stability::Stable | Stability::Missing)
                && let Some(entry) = self.pending.take(&path)
            {
                ready.push((path, entry));
            }
        }
        if ready.is_empty() {
            return Ok(());
        }
        self.written.1 = true;
        match enqueue(&mut self.queue, &self.tree, &ready, wall) {
            Ok(_) => Ok(()),
            Err(error) => {
                // Nothing is lost: they come again.
                let put_back = |(path, entry)| self.pending.put_back(path, entry, now);
                ready.into_iter().for_each(put_back);
                Err(error.into())
            }
        }
    }

    /// Works on items that are due; returns how many there were.
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
                Some(_) => self.status.errors += 1,
                None => self.status.detection.add(item.seconds),
            }
        }
        self.control.log("actions", &lines)?;
        self.status.processed_total += processed.len() as u64;
        (self.report)(WatchNews::Processed(&processed));
        let now = self.now();
        self.unchecked.get_or_insert(now);
        self.written.1 = true;
        if processed.iter().any(|item| item.path == RepoPath::config()) {
            self.reload();
        }
        Ok(taken)
    }

    /// Runs 'idhooks check' and records what it found, or why it could not run.
    pub(super) fn check_and_go_on(&mut self) {
        if let Err(error) = self.check() {
            self.problem(WatchTask::Check, &error.to_string());
        }
    }

    /// Runs 'idhooks check' and records what it found.
    ///
    /// # Errors
    /// Returns an error if it could not run.
    pub(super) fn check(&mut self) -> Result<(), WatchError> {
        self.write_status();
        let mut is_over = self.end_request_and_beats();
        let outcome = run_check(self.tree.top(), &mut is_over);
        self.unchecked = None;
        self.written.1 = true;
        match outcome {
            Err(why) => return Err(WatchError::Check(why)),
            Ok(None) => {}
            Ok(Some(mut outcome)) => {
                let Some(warnings) = self.examine_moves(&mut is_over)? else { return Ok(()) };
                outcome.add_moves(warnings);
                self.status.last_success_at = Some(Moment::now().to_string());
                if outcome.is_other_than(&self.status) {
                    (self.report)(WatchNews::Checked(&outcome));
                }
                outcome.put_into(&mut self.status);
                self.solved(WatchTask::Check, |_| false);
            }
        }
        Ok(())
    }

    /// Returns findings about the files that were moved and that the next commit would not recognise;
    /// nothing if it was asked to end.
    ///
    /// # Errors
    /// Returns an error if the moves could not be examined.
    fn examine_moves(
        &mut self,
        is_over: &mut dyn FnMut() -> bool,
    ) -> Result<Option<Vec<Box<RawValue>>>, WatchError> {
        let mut moves = self.queue.moves()?;
        // One whose old path has a file again may be undone; it counts when that file is gone.
        moves.retain(|(from, to)| self.tree.stamp(from).is_none() && self.tree.stamp(to).is_some());
        if moves.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let examined =
            examine_moves(self.tree.top(), &moves, is_over).map_err(WatchError::Check)?;
        let Some(MovesOutcome { findings, settled }) = examined else { return Ok(None) };
        let settled = settled.into_iter().filter_map(|number| moves.get(number));
        let settled: Vec<&RepoPath> = settled.map(|(_, to)| to).collect();
        if !settled.is_empty() {
            self.queue
                .write(|work| settled.iter().try_for_each(|path| work.note_move(path, path)))?;
        }
        Ok(Some(findings))
    }

    /// Writes the status if it has changed, and for each beat.
    pub(super) fn write_status(&mut self) {
        let since = self.now().saturating_sub(self.written.0);
        if since < if self.written.1 { STATUS_INTERVAL } else { BEAT_INTERVAL } {
            return;
        }
        self.write_status_now();
    }

    /// Writes the status.
    pub(super) fn write_status_now(&mut self) {
        self.status.events_per_minute = self.rate.add(0, Moment::now());
        self.status.pending = self.pending.len();
        self.status.watched_dirs = self.source.as_ref().map_or(0, EventSource::watched_dirs);
        if let Ok(depth) = self.queue.depth() {
            self.status.queue = StatusQueue::of(&depth);
        }
        self.written = (self.now(), false);
        match self.put_status() {
            Ok(()) => self.solved(WatchTask::Status, |_| false),
            Err(error) => {
                self.status.errors += 1;
                self.problems.add(WatchTask::Status, &error.to_string(), Moment::now());
                self.show_problems();
            }
        }
    }

    /// Writes the status as it is, which is a beat.
    pub(super) fn put_status(&mut self) -> Result<(), StoreError> {
        let missed = u64::try_from(self.heart.take_missed().as_millis()).unwrap_or(0);
        self.status.down_millis += missed;
        self.status.note_beat();
        self.control.write_status(&self.status)?;
        self.heart.note_beat();
        Ok(())
    }
}
