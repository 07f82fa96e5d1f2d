//! [`Liveness`]: whether a working tree's watcher is working.

use crate::heartbeat::{BEAT_LIMIT, Beat};
use crate::moment::Moment;
use crate::status::{WatchState, WatchStatus};

/// Whether a working tree's watcher is working.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Liveness {
    /// It runs.
    Running,
    /// The watcher was stopped, and is not expected to run.
    Stopped,
    /// The watcher was asked to end, but has not ended yet. Holds its process, if known.
    Ending(Option<u32>),
    /// The watcher ended although no one asked it to.
    Died {
        /// When the watcher last gave a sign of life.
        seen: String,
        /// Whether the watcher acted on changes.
        is_live: bool,
    },
    /// The watcher's process exists, but has missed three beats.
    Hung(Hang),
}

/// A watcher that does not respond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hang {
    /// The watcher's process, if known.
    pub process: Option<u32>,
    /// When the watcher last gave a sign of life.
    pub since: String,
    /// Whether the watcher was asked to end.
    pub is_ending: bool,
    /// Whether the watcher acted on changes.
    pub is_live: bool,
}

/// The outcome of a request to end, phrased as a predicate for a sentence about the watcher.
const ENDING: &str = "was asked to stop, and will end as soon as it runs again";

/// The watcher's lock, as another process sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LockSight {
    /// No process holds the lock.
    Free,
    /// A process holds the lock. Holds the process id, if known.
    Held(Option<u32>),
}

impl Liveness {
    /// Returns whether the watcher is working, judging by its last status, its lock, any request to
    /// end, and the current clocks.
    pub(crate) fn judge(
        status: &WatchStatus,
        lock: LockSight,
        is_ending: bool,
        now: (&Beat, Moment),
    ) -> Self {
        let seen = || status.written_at.clone();
        let holder = match lock {
            _ if status.state == WatchState::Stopped => return Liveness::Stopped,
            // This also covers a watcher that did not respond to a request to end, and was then
            // killed.
            LockSight::Free if is_ending => return Liveness::Stopped,
            LockSight::Free => {
                return Liveness::Died { seen: seen(), is_live: status.live };
            }
            LockSight::Held(holder) => holder,
        };
        // A watcher that has just started has not written a status yet.
        if holder.is_some() && holder != status.pid {
            return Liveness::Running;
        }
        match status.silence(now.0, now.1) {
            Some(silence) if silence > BEAT_LIMIT => {
                let (process, is_live) = (holder.or(status.pid), status.live);
                Liveness::Hung(Hang { process, since: seen(), is_ending, is_live })
            }
            _ if is_ending => Liveness::Ending(holder.or(status.pid)),
            _ => Liveness::Running,
        }
    }

    /// Returns whether the watcher runs and responds.
    pub fn is_up(&self) -> bool {
        matches!(self, Liveness::Running | Liveness::Ending(_))
    }

    /// Returns whether the watcher should be running: it was started, and no one has stopped it
    /// since.
    pub fn is_expected(&self) -> bool {
        match self {
            Liveness::Running | Liveness::Died { .. } => true,
            Liveness::Stopped | Liveness::Ending(_) => false,
            Liveness::Hung(hang) => !hang.is_ending,
        }
    }

    /// Returns the reason the watcher is not working, phrased as a predicate for a sentence about
    /// it; `None` if it is running or was stopped.
    pub fn reason(&self) -> Option<String> {
        match self {
            Liveness::Running | Liveness::Stopped => None,
            Liveness::Ending(_) => Some(ENDING.to_owned()),
            Liveness::Died { seen, .. } => {
                Some(format!("has ended although no one stopped it; it was last seen at {seen}"))
            }
            Liveness::Hung(Hang { process, since, is_ending, .. }) => {
                let process = process.map(|process| format!(" (process {process})"));
                let ending = if *is_ending { format!(", {ENDING}") } else { String::new() };
                let process = process.unwrap_or_default();
                Some(format!("has not responded since {since}{process}{ending}"))
            }
        }
    }

    /// Like [`Self::reason`], but without the process id, for a sentence that already contains it.
    pub fn reason_without_process(self) -> Option<String> {
        match self {
            Liveness::Hung(hang) => Liveness::Hung(Hang { process: None, ..hang }),
            liveness => liveness,
        }
        .reason()
    }

    /// Returns advice for the user; `None` if the watcher is running or was stopped.
    pub fn remedy(&self) -> Option<String> {
        let start = |is_live: bool| match is_live {
            true => "idhooks watch start --live",
            false => "idhooks watch start",
        };
        let (process, is_ending, start) = match self {
            Liveness::Running | Liveness::Stopped => return None,
            Liveness::Died { is_live, .. } => {
                let start = start(*is_live);
                return Some(format!(
                    "start it: {start}; if it should not run: idhooks watch stop"
                ));
            }
            Liveness::Ending(process) => (process, true, start(false)),
            Liveness::Hung(hang) => (&hang.process, hang.is_ending, start(hang.is_live)),
        };
        let process = process.map_or_else(|| "<process>".to_owned(), |id| id.to_string());
        Some(match (cfg!(windows), is_ending) {
            (true, true) => format!("end its process: taskkill /F /PID {process}"),
            (true, false) => {
                format!("end it: taskkill /F /PID {process}; then: {start}")
            }
            (false, true) => format!(
                "if it is suspended, let it end: kill -CONT {process}; otherwise end its process: \
                 kill -KILL {process}"
            ),
            (false, false) => format!(
                "if it is suspended, resume it: kill -CONT {process}; otherwise free the disk, or end \
                 it: kill -KILL {process}; then: {start}"
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The wall-clock time this many seconds after the beat.
    fn wall(seconds: u64) -> Moment {
        Moment::from_millis((1_000_000 + seconds) * 1000)
    }

    /// A watcher that last beat 100 s into the boot "a".
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
        Liveness::judge(status, lock, false, (beat, wall(seconds)))
    }

    fn died() -> Liveness {
        Liveness::Died { seen: wall(0).to_string(), is_live: false }
    }

    #[test]
    fn three_missed_beats_are_a_hang() {
        let at = |seconds| Beat::at("a", seconds);
        assert_eq!(judge(&status(), OWN, &at(130), 30), Liveness::Running);
        let hang =
            Hang { process: Some(7), since: wall(0).to_string(), is_ending: false, is_live: false };
        assert_eq!(judge(&status(), OWN, &at(131), 31), Liveness::Hung(hang.clone()));
        assert_eq!(judge(&status(), LockSight::Held(None), &at(131), 31), Liveness::Hung(hang));
    }

    #[test]
    fn a_suspension_and_a_clock_that_is_set_are_no_hang() {
        // The machine was suspended for a day, and the clock set to another year.
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
        // A watcher starts after another one was killed.
        assert_eq!(judge(&status(), LockSight::Held(Some(8)), &late, 9_999), Liveness::Running);
        // An older program sends no beats.
        let old = WatchStatus { beat: None, ..status() };
        assert_eq!(judge(&old, OWN, &late, 9_999), Liveness::Running);
    }

    #[test]
    fn a_watcher_without_its_lock_has_died_or_was_stopped() {
        let now = Beat::at("a", 101);
        assert_eq!(judge(&status(), LockSight::Free, &now, 1), died());
        let stopped = WatchStatus { state: WatchState::Stopped, ..status() };
        assert_eq!(judge(&stopped, LockSight::Free, &now, 1), Liveness::Stopped);
        // The machine was restarted after a power failure.
        assert_eq!(judge(&status(), LockSight::Free, &Beat::at("b", 1), 90), died());
        assert!(died().is_expected() && !Liveness::Stopped.is_expected());
        let reason = died().reason().expect("one");
        assert!(reason.ends_with(&format!("last seen at {}", wall(0))), "{reason}");
    }

    #[test]
    fn a_watcher_that_was_asked_to_end_needs_no_start() {
        let ending = |lock, seconds: u64| {
            let beat = Beat::at("a", 100 + seconds);
            Liveness::judge(&status(), lock, true, (&beat, wall(seconds)))
        };
        assert_eq!(ending(LockSight::Free, 1), Liveness::Stopped);
        assert_eq!(ending(OWN, 1), Liveness::Ending(Some(7)));
        // The watcher is starting: the request has not been withdrawn yet.
        assert_eq!(ending(LockSight::Held(Some(8)), 1), Liveness::Running);
        for seconds in [1, 31] {
            let liveness = ending(OWN, seconds);
            assert!(!liveness.is_expected(), "{liveness:?}");
            assert!(liveness.reason().expect("one").ends_with(ENDING), "{liveness:?}");
            let remedy = liveness.remedy().expect("one");
            assert!(!remedy.contains("watch start"), "{remedy}");
        }
    }
}
