//! [`Liveness`]: whether the watcher of a working tree works.

use std::fmt;

use crate::beat::{BEAT_LIMIT, Beat};
use crate::moment::Moment;
use crate::status::{WatchState, WatchStatus};

/// Whether the watcher of a working tree works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Liveness {
    /// It runs.
    Running,
    /// It was stopped, and is not expected to run.
    Stopped,
    /// It has ended although no one stopped it.
    Died,
    /// Its process exists, but has missed three beats.
    Hung(Hang),
}

/// A watcher that does not respond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hang {
    /// Its process, if it is known.
    pub process: Option<u32>,
    /// When it last gave a sign of life.
    pub since: String,
}

/// The lock of a watcher, as another process sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LockSight {
    /// No process holds it.
    Free,
    /// A process holds it, this one if it is known.
    Held(Option<u32>),
}

impl Liveness {
    /// Returns whether the watcher works, by its written status, its lock, and the clocks at this moment.
    pub(crate) fn judge(status: &WatchStatus, lock: LockSight, now: (&Beat, Moment)) -> Self {
        let holder = match lock {
            _ if status.state == WatchState::Stopped => return Liveness::Stopped,
            LockSight::Free => return Liveness::Died,
            LockSight::Held(holder) => holder,
        };
        // A watcher that has just started has not written a status yet.
        if holder.is_some() && holder != status.pid {
            return Liveness::Running;
        }
        match status.silence(now) {
            Some(silence) if silence > BEAT_LIMIT => {
                let since = status.written_at.clone();
                Liveness::Hung(Hang { process: holder.or(status.pid), since })
            }
            _ => Liveness::Running,
        }
    }

    /// Returns whether the watcher runs and responds.
    pub fn is_up(&self) -> bool {
        *self == Liveness::Running
    }

    /// Returns whether the watcher ought to run: it was started, and no one has stopped it since.
    pub fn is_expected(&self) -> bool {
        *self != Liveness::Stopped
    }
}

impl Hang {
    /// Returns what to do about it.
    pub fn remedy(&self) -> String {
        let process = self.process.map_or_else(|| "<process>".to_owned(), |id| id.to_string());
        if cfg!(windows) {
            return format!("end it: taskkill /F /PID {process}; then: idhooks watch start");
        }
        format!(
            "if it is suspended, resume it: kill -CONT {process}; otherwise free the disk, or end \
             it: kill -KILL {process}; then: idhooks watch start"
        )
    }
}

impl fmt::Display for Hang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "has not responded since {}", self.since)?;
        self.process.map_or(Ok(()), |process| write!(f, " (process {process})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The wall clock, this many seconds after the beat.
    fn wall(seconds: u64) -> Moment {
        Moment::from_millis((1_000_000 + seconds) * 1000)
    }

    /// A watcher that has beaten 100 s after the start "a" of the system.
    fn status() -> WatchStatus {
        WatchStatus {
            state: WatchState::Active,
            pid: Some(7),
            beat: Some(Beat::at("a", 100)),
            written_at: wall(0).to_string(),
            ..WatchStatus::default()
        }
    }

    const OWN: LockSight = LockSight::Held(Some(7));

    fn judge(status: &WatchStatus, lock: LockSight, beat: &Beat, seconds: u64) -> Liveness {
        Liveness::judge(status, lock, (beat, wall(seconds)))
    }

    #[test]
    fn three_missed_beats_are_a_hang() {
        let at = |seconds| Beat::at("a", seconds);
        assert_eq!(judge(&status(), OWN, &at(130), 30), Liveness::Running);
        let hang = Hang { process: Some(7), since: wall(0).to_string() };
        assert_eq!(judge(&status(), OWN, &at(131), 31), Liveness::Hung(hang.clone()));
        assert_eq!(judge(&status(), LockSight::Held(None), &at(131), 31), Liveness::Hung(hang));
    }

    #[test]
    fn a_suspension_and_a_clock_that_is_set_are_no_hang() {
        // Suspended for a day, and the clock set to another year.
        for seconds in [86_400, 31_536_000] {
            let judged = judge(&status(), OWN, &Beat::at("a", 101), seconds);
            assert_eq!(judged, Liveness::Running);
        }
        let set_back = WatchStatus { written_at: wall(9_999).to_string(), ..status() };
        let judged = judge(&set_back, OWN, &Beat::at("a", 131), 0);
        assert!(matches!(judged, Liveness::Hung(_)), "{judged:?}");
    }

    #[test]
    fn clocks_that_cannot_be_compared_leave_the_date() {
        let other = Beat::at("b", 101);
        assert_eq!(judge(&status(), OWN, &other, 30), Liveness::Running);
        assert!(matches!(judge(&status(), OWN, &other, 31), Liveness::Hung(_)));
        assert!(matches!(judge(&status(), OWN, &Beat::default(), 31), Liveness::Hung(_)));
    }

    #[test]
    fn a_status_of_another_process_or_program_proves_no_hang() {
        let late = Beat::at("a", 9_999);
        // A watcher that starts, after one that was killed.
        assert_eq!(judge(&status(), LockSight::Held(Some(8)), &late, 9_999), Liveness::Running);
        // A program that does not beat.
        let old = WatchStatus { beat: None, ..status() };
        assert_eq!(judge(&old, OWN, &late, 9_999), Liveness::Running);
    }

    #[test]
    fn a_watcher_without_its_lock_has_died_or_was_stopped() {
        let now = Beat::at("a", 101);
        assert_eq!(judge(&status(), LockSight::Free, &now, 1), Liveness::Died);
        let stopped = WatchStatus { state: WatchState::Stopped, ..status() };
        assert_eq!(judge(&stopped, LockSight::Free, &now, 1), Liveness::Stopped);
        // After a power failure.
        assert_eq!(judge(&status(), LockSight::Free, &Beat::at("b", 1), 90), Liveness::Died);
        assert!(Liveness::Died.is_expected() && !Liveness::Stopped.is_expected());
    }
}
