//! [`Heart`]: sends a watcher's beats, even during long work.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::control::WatchControl;
use crate::heartbeat::{BEAT_INTERVAL, BEAT_LIMIT};

/// Sends beats for a watcher that is too busy to write its whole status.
#[derive(Debug)]
pub(crate) struct Heart {
    control: WatchControl,
    /// When the last beat was sent, and when one was last attempted.
    last: Cell<[Instant; 2]>,
    /// How long beats have been overdue since `take_missed` was last called.
    missed: Cell<Duration>,
}

impl Heart {
    /// Returns the heart of a starting watcher.
    pub(crate) fn new(control: WatchControl) -> Self {
        let now = Instant::now();
        Heart { control, last: Cell::new([now, now]), missed: Cell::default() }
    }

    /// Sends a beat if the last one was at least [`BEAT_INTERVAL`] ago. Call this repeatedly during
    /// long work.
    pub(crate) fn beat(&self) {
        let [last, tried] = self.last.get();
        // A failed attempt counts too: on a full disk, every attempt takes time.
        if tried.elapsed() < BEAT_INTERVAL {
            return;
        }
        self.last.set([last, Instant::now()]);
        // This fails if the disk is full, so the beat is missed.
        if self.control.beat().is_ok() {
            self.note_beat();
        }
    }

    /// Records that the status was written, which counts as a beat.
    pub(crate) fn note_beat(&self) {
        let [last, _] = self.last.replace([Instant::now(); 2]);
        if last.elapsed() > BEAT_LIMIT {
            self.missed.set(self.missed.get() + last.elapsed());
        }
    }

    /// Returns how long beats have been overdue since the last call.
    pub(crate) fn take_missed(&self) -> Duration {
        self.missed.take()
    }
}

#[cfg(test)]
mod tests {
    use idhooks_repo::store::{Sharing, StateDir};

    use super::*;
    use crate::status::{STATUS_VERSION, WatchState, WatchStatus};

    #[test]
    fn it_beats_at_intervals_in_a_status_of_its_own() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let control = WatchControl::of(&StateDir::of(dir.path(), Sharing::default()));
        let heart = Heart::new(control.clone());
        let ago = |time: Duration| {
            let then = Instant::now().checked_sub(time).expect("the system has run that long");
            heart.last.set([then; 2]);
        };
        let beats = |pid: u32| {
            let state = WatchState::Active;
            let status = WatchStatus {
                version: STATUS_VERSION,
                pid: Some(pid),
                state,
                ..WatchStatus::default()
            };
            control.write_status(&status).expect("writable");
            heart.beat();
            control.written_status().expect("readable").expect("there").beat.is_some()
        };
        let own = std::process::id();
        assert!(!beats(own), "it is not time yet");
        ago(BEAT_INTERVAL);
        assert!(beats(own));
        assert!(!beats(own));
        ago(BEAT_INTERVAL);
        assert!(!beats(own + 1), "that is another watcher");
        assert_eq!(heart.take_missed(), Duration::ZERO);
        ago(BEAT_LIMIT + Duration::from_secs(1));
        assert!(beats(own));
        assert!(heart.take_missed() > BEAT_LIMIT);
        assert_eq!(heart.take_missed(), Duration::ZERO);
    }
}
