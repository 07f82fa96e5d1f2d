//! What is known of the watcher and of its queue.

use idhooks_automation::WatcherDown;

/// What may be an alert about the watcher.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WatchSigns {
    /// Why the watcher is down, if it is although no one stopped it.
    pub down: Option<WatcherDown>,
    /// Why the queue cannot be used, if it cannot.
    pub queue_fault: Option<String>,
    /// What the generators of a watcher that runs complain about, and which of them are stopped.
    pub generator_problems: Vec<String>,
    /// The number of dead letters.
    pub dead_letters: u32,
    /// The number of items that wait, and the seconds since the oldest of them came.
    pub waiting: (u32, u64),
}

/// What is measured of a watcher.
#[derive(Debug, Clone, PartialEq)]
pub struct WatchMeasures {
    /// Whether it runs and responds.
    pub is_up: bool,
    /// Whether it ought to: it was started, and no one has stopped it since.
    pub is_expected: bool,
    /// The number of events.
    pub events: u64,
    /// The number of errors.
    pub errors: u64,
    /// When the last check ended, in seconds since 1970.
    pub last_success: Option<f64>,
    /// The share of the time that it has run, without the time for which it was stopped.
    pub uptime: Option<f64>,
    /// The upper bounds of the buckets, in seconds.
    pub detection_bounds: &'static [u32],
    /// How many detections took no longer than each bound.
    pub detection_buckets: Vec<u64>,
    /// How many detections there were.
    pub detection_count: u64,
    /// The sum of their times in seconds.
    pub detection_sum: f64,
}

/// What is measured of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueMeasures {
    /// The number of items in each status.
    pub items: Vec<(&'static str, u32)>,
    /// The number of attempts.
    pub attempts: u64,
    /// The seconds since the oldest waiting item came.
    pub oldest_seconds: u64,
}
