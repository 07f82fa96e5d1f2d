//! [`WatchStatus`]: the watcher's state, in `idhooks/watch/status.json`.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::heartbeat::Beat;
use crate::moment::Moment;
use crate::problems::WatchProblem;
use crate::queue::QueueDepth;

/// The version of the document format.
pub(crate) const STATUS_VERSION: u8 = 1;
/// The maximum number of findings in the document.
pub(crate) const MAX_FINDINGS: usize = 200;
/// The upper bounds of the detection time buckets, in seconds.
pub const DETECTION_BOUNDS: [u32; 9] = [1, 2, 5, 10, 20, 40, 60, 120, 300];

/// The states a watcher can be in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WatchState {
    /// It watches.
    Active,
    /// The watcher is watching, but does nothing until it is resumed.
    Paused,
    /// The watcher is comparing all files.
    Scanning,
    /// The watcher has missed three beats. Only other processes notice this; the watcher itself
    /// never writes this state.
    Hung,
    /// The watcher ended although no one stopped it. Only other processes notice this; the watcher
    /// itself never writes this state.
    Died,
    /// The watcher is not running.
    #[default]
    Stopped,
}

impl WatchState {
    /// Returns the state's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            WatchState::Active => "active",
            WatchState::Paused => "paused",
            WatchState::Scanning => "scanning",
            WatchState::Hung => "hung",
            WatchState::Died => "died",
            WatchState::Stopped => "stopped",
        }
    }

    /// Returns whether the watcher runs and responds.
    pub const fn is_up(self) -> bool {
        !matches!(self, WatchState::Hung | WatchState::Died | WatchState::Stopped)
    }
}

/// How a watcher notices changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WatchMode {
    /// The operating system reports changes.
    #[default]
    Watching,
    /// All files are compared again and again.
    Polling,
}

/// Statistics on how long it took to process changes, measured from their first event.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Detections {
    /// The number of changes that took no longer than each of the [`DETECTION_BOUNDS`].
    pub buckets: [u64; DETECTION_BOUNDS.len()],
    /// The total number of changes.
    pub count: u64,
    /// The sum of their detection times in seconds.
    pub sum: f64,
}

impl Detections {
    /// Counts a time.
    pub fn add(&mut self, seconds: f64) {
        for (bucket, bound) in self.buckets.iter_mut().zip(DETECTION_BOUNDS) {
            *bucket += u64::from(seconds <= f64::from(bound));
        }
        self.count += 1;
        self.sum += seconds;
    }
}

/// The running generators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningGenerators {
    /// Their names.
    pub generators: BTreeSet<String>,
    /// When they started.
    pub since: String,
}

/// The status of the watcher.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct WatchStatus {
    /// The version of the document format.
    pub version: u8,
    /// The process id.
    pub pid: Option<u32>,
    /// When it started.
    pub started_at: Option<String>,
    /// Whether the watcher may change the index.
    #[serde(default)]
    pub live: bool,
    /// Its state.
    pub state: WatchState,
    /// How the watcher notices changes.
    pub mode: WatchMode,
    /// Why the watcher polls for changes, if it does.
    pub polling_because: Option<String>,
    /// What the watcher is waiting for before it changes the index, if anything.
    #[serde(default)]
    pub waits_for: Option<String>,
    /// The running generators, if any.
    #[serde(default)]
    pub generating: Option<RunningGenerators>,
    /// The number of watched directories.
    pub watched_dirs: usize,
    /// The number of changed paths that are not queued yet.
    pub pending: usize,
    /// The number of events since the watcher was first started.
    pub events_total: u64,
    /// The number of events in the last minute.
    pub events_per_minute: u64,
    /// The number of items processed since the watcher was first started.
    pub processed_total: u64,
    /// The number of index changes made since the watcher was first started.
    #[serde(default)]
    pub acted_total: u64,
    /// The queue.
    pub queue: QueueDepth,
    /// When the last event arrived.
    pub last_event_at: Option<String>,
    /// When the watcher last changed the index.
    #[serde(default)]
    pub last_acted_at: Option<String>,
    /// When a cycle last ended without an error.
    pub last_success_at: Option<String>,
    /// The number of errors since the watcher was first started.
    pub errors: u64,
    /// The latest unsolved problem.
    pub last_error: Option<String>,
    /// When the latest unsolved problem last occurred.
    #[serde(default)]
    pub last_error_at: Option<String>,
    /// The latest problem as of the last time all problems were solved.
    #[serde(default)]
    pub last_solved: Option<WatchProblem>,
    /// The reason the queue cannot be used, if there is one.
    #[serde(default)]
    pub queue_problem: Option<WatchProblem>,
    /// The generators' problems, including which generators were stopped.
    #[serde(default)]
    pub generator_problems: Vec<WatchProblem>,
    /// The number of findings with severity error.
    pub finding_errors: usize,
    /// The number of findings with severity warning.
    pub finding_warnings: usize,
    /// The findings of the last check, up to 200.
    pub findings: Vec<Box<RawValue>>,
    /// When this status was written.
    pub written_at: String,
    /// When the watcher last gave a sign of life by writing this status, according to a clock that
    /// stops while the machine is suspended. Earlier versions did not write this field.
    #[serde(default)]
    pub beat: Option<Beat>,
    /// When the watcher was first started.
    pub up_since: Option<String>,
    /// For how many milliseconds since its first start the watcher has been down although no one
    /// had stopped it.
    pub down_millis: u64,
    /// For how many milliseconds the watcher has been stopped since it was first started.
    #[serde(default)]
    pub stopped_millis: u64,
    /// How long it took to detect and process changes.
    pub detection: Detections,
}

impl WatchStatus {
    /// Returns the status of a starting watcher. It continues the totals of the previous watcher;
    /// `stop` is the time that watcher was asked to end, if it was.
    pub fn starting(last: Option<WatchStatus>, stop: Option<Moment>, now: Moment) -> Self {
        let mut last = last.unwrap_or_default();
        last.note_absence(WatchState::Stopped, stop, now);
        WatchStatus {
            up_since: last.up_since.take().or_else(|| Some(now.to_string())),
            version: STATUS_VERSION,
            pid: Some(std::process::id()),
            started_at: Some(now.to_string()),
            state: WatchState::Scanning,
            mode: WatchMode::Watching,
            polling_because: None,
            waits_for: None,
            generating: None,
            last_error: None,
            last_error_at: None,
            queue_problem: None,
            generator_problems: Vec::new(),
            written_at: now.to_string(),
            beat: Some(Beat::now()),
            ..last
        }
    }

    /// Parses the document.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().filter(|status: &Self| status.version == STATUS_VERSION)
    }

    /// Returns the document.
    pub fn document(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec(self).unwrap_or_default();
        text.push(b'\n');
        text
    }

    /// Records that the status is being written now, which counts as a beat.
    pub(crate) fn note_beat(&mut self) {
        (self.written_at, self.beat) = (Moment::now().to_string(), Some(Beat::now()));
    }

    /// Returns the time since the last beat; `None` if the watcher does not send beats.
    pub(crate) fn silence(&self, beat: &Beat, wall: Moment) -> Option<Duration> {
        let age = self.beat.as_ref()?.age(beat);
        // If the beats' clocks cannot be compared, only the wall clock can be used.
        age.or_else(|| Some(wall.since(instant(&self.written_at)?)))
    }

    /// Counts the time since the status was written as downtime, and sets the current state. The
    /// watcher was down until someone asked it to end at `stop`, and has been stopped since then.
    pub(crate) fn note_absence(&mut self, state: WatchState, stop: Option<Moment>, now: Moment) {
        let written = instant(&self.written_at).unwrap_or(now);
        // If the status says that the watcher has stopped, it had been asked to end before.
        let stop = if self.state == WatchState::Stopped { Some(written) } else { stop };
        let down_until = stop.map_or(now, |stop| stop.max(written));
        self.down_millis += millis(down_until.since(written));
        self.stopped_millis += millis(now.since(down_until));
        (self.state, self.generating) = (state, None);
    }

    /// Returns the fraction of time that the watcher has been running since its first start, not
    /// counting the time it was stopped; `None` if it was never started.
    pub fn uptime_ratio(&self, now: Moment) -> Option<f64> {
        let all = millis(now.since(instant(self.up_since.as_deref()?)?));
        let expected = all.saturating_sub(self.stopped_millis) as f64;
        let down = self.down_millis as f64;
        // The clock may have been set since then.
        Some(if expected > 0.0 { (1.0 - down / expected).clamp(0.0, 1.0) } else { 1.0 })
    }

    /// Returns the time a cycle last ended without an error, in seconds since the Unix epoch.
    pub fn last_success(&self) -> Option<f64> {
        Some(instant(self.last_success_at.as_deref()?)?.millis() as f64 / 1000.0)
    }
}

fn instant(text: &str) -> Option<Moment> {
    text.parse().ok()
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Counts the events in the last minute.
#[derive(Debug, Default)]
pub(crate) struct EventRate(VecDeque<(u64, u64)>);

impl EventRate {
    /// Adds new events, and returns how many events arrived within the last minute.
    pub(crate) fn add(&mut self, events: u64, now: Moment) -> u64 {
        let second = now.millis() / 1000;
        match self.0.back_mut() {
            Some((last, count)) if *last == second => *count += events,
            _ if events > 0 => self.0.push_back((second, events)),
            _ => {}
        }
        // If the clock had been set back, these events would be kept forever.
        self.0.retain(|(at, _)| *at <= second && at + 60 > second);
        self.0.iter().map(|(_, count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_go_on_and_a_stop_counts_neither_way() {
        let at = |seconds: u64| Moment::from_millis(1_000_000_000 + seconds * 1000);
        let mut status = WatchStatus::starting(None, None, at(0));
        (status.state, status.events_total) = (WatchState::Active, 7);
        status.written_at = at(50).to_string();
        assert_eq!(status.uptime_ratio(at(50)), Some(1.0));
        let read = WatchStatus::parse(&status.document()).expect("its own");
        // The watcher was killed, and then started again.
        let again = WatchStatus::starting(Some(read.clone()), None, at(100));
        assert_eq!((again.events_total, again.state), (7, WatchState::Scanning));
        assert_eq!(again.uptime_ratio(at(200)), Some(0.75));
        // The watcher was stopped at 200, and started again at 1000.
        let (state, written_at) = (WatchState::Stopped, at(200).to_string());
        let mut stopped = WatchStatus { state, written_at, ..again };
        let later = WatchStatus::starting(Some(stopped.clone()), None, at(1000));
        assert_eq!(later.uptime_ratio(at(1000)), Some(0.75));
        assert_eq!(later.uptime_ratio(at(1200)), Some(0.875));
        stopped.note_absence(WatchState::Stopped, None, at(9000));
        assert_eq!(stopped.uptime_ratio(at(9000)), Some(0.75));
        // The watcher was killed at 50, and not expected to run after 100.
        let again = WatchStatus::starting(Some(read), Some(at(100)), at(1000));
        assert_eq!(again.uptime_ratio(at(1000)), Some(0.5));
        assert!(WatchStatus::parse(b"{}").is_none());
        assert_eq!(WatchStatus::default().uptime_ratio(at(0)), None);
    }

    #[test]
    fn a_status_of_an_earlier_version_is_read() {
        let status = WatchStatus::starting(None, None, Moment::now());
        let mut document: serde_json::Value =
            serde_json::from_slice(&status.document()).expect("JSON");
        for later in ["beat", "stopped_millis", "last_solved", "queue_problem"] {
            assert!(document.as_object_mut().expect("an object").remove(later).is_some());
        }
        let read = WatchStatus::parse(document.to_string().as_bytes()).expect("a status");
        assert_eq!((read.beat, read.pid), (None, status.pid));
    }

    #[test]
    fn the_rate_forgets() {
        let at = |seconds: u64| Moment::from_millis(seconds * 1000);
        let mut rate = EventRate::default();
        assert_eq!(rate.add(3, at(100)), 3);
        assert_eq!(rate.add(2, at(130)), 5);
        assert_eq!(rate.add(0, at(160)), 2);
        assert_eq!(rate.add(0, at(10)), 0);
        let mut detections = Detections::default();
        detections.add(1.5);
        detections.add(1000.0);
        assert_eq!((detections.buckets[0], detections.buckets[1], detections.count), (0, 1, 2));
    }
}
