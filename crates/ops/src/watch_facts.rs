//! [`WatchFacts`]: the state of a working tree's watcher and its queue, as plain data. The watcher
//! crate fills it in and reports evaluate it, so that neither depends on the other.

use std::fmt::{self, Display};

use serde::Serialize;

use crate::DoctorLine;

/// The state of a watcher and its queue. Empty if neither has ever been used.
#[derive(Debug, Clone, Default)]
pub struct WatchFacts {
    /// The state of the watcher, its generators and its queue, where they exist.
    pub lines: Vec<DoctorLine>,
    /// For diagnostics: the reason that all files are compared repeatedly, if they are.
    pub polling: Option<DoctorLine>,
    /// The reason that the watcher is down although nobody stopped it, if that is the case.
    pub down: Option<WatcherDown>,
    /// The reason that the queue cannot be read, if it is unreadable.
    pub queue_fault: Option<String>,
    /// The reason that a running watcher cannot use its queue, if it cannot.
    pub queue_problem: Option<String>,
    /// The problems with a running watcher's generators, including generators that are stopped.
    pub generator_problems: Vec<String>,
    /// The watcher's measurements, if the watcher was ever started.
    pub watcher: Option<WatchMeasures>,
    /// The queue's measurements, if there is one.
    pub queue: Option<QueueMeasures>,
}

/// Why a watcher that is expected to run is not working.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WatcherDown {
    /// The cause, phrased to complete a sentence about the watcher.
    pub reason: String,
    /// How to get the watcher working again.
    pub remedy: String,
}

/// A watcher's measurements.
#[derive(Debug, Clone, PartialEq)]
pub struct WatchMeasures {
    /// Whether the watcher is running and responding.
    pub is_up: bool,
    /// Whether the watcher should be running: it was started, and nobody has stopped it since.
    pub is_expected: bool,
    /// The number of events.
    pub events: u64,
    /// The number of errors.
    pub errors: u64,
    /// The time the last check ended, in seconds since the Unix epoch.
    pub last_success: Option<f64>,
    /// The share of time that the watcher was running, not counting the time it was stopped.
    pub uptime: Option<f64>,
    /// The buckets' upper bounds, in seconds.
    pub detection_bounds: &'static [u32],
    /// The number of detections that took no longer than each bound.
    pub detection_buckets: Vec<u64>,
    /// The number of detections.
    pub detection_count: u64,
    /// The total time of all detections, in seconds.
    pub detection_sum: f64,
}

/// A queue's measurements.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueMeasures {
    /// The number of items in each status.
    pub items: Vec<(&'static str, u32)>,
    /// The number of waiting items.
    pub waiting: u32,
    /// The number of dead letters.
    pub dead_letters: u32,
    /// The number of attempts.
    pub attempts: u64,
    /// The number of seconds since the oldest waiting item was added.
    pub oldest_seconds: u64,
}

/// An event that needs attention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchAlarm {
    /// A check found errors that the previous check did not.
    NewErrors {
        /// The number of new errors.
        count: usize,
        /// The first error.
        first: String,
    },
    /// This many items have become dead letters.
    DeadLetters(usize),
}

/// Sends an alarm; returns the reason for a failure.
pub type SendAlarm = dyn Fn(&WatchAlarm) -> Option<String> + Send + Sync;

impl Display for WatchAlarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WatchAlarm::NewErrors { count, first } => {
                write!(f, "the watcher found new errors ({count}): {first}")
            }
            WatchAlarm::DeadLetters(count) => {
                write!(f, "items of the queue have failed for good ({count})")
            }
        }
    }
}
