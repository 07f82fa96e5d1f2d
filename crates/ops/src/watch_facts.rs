//! [`WatchFacts`]: the state of the watcher of a working tree and of its queue, as values. The
//! crate of the watcher fills them in, and reports evaluate them, so neither depends on the other.

use std::fmt::{self, Display};

use serde::Serialize;

use crate::DoctorLine;

/// The state of a watcher and of its queue. It is empty if neither was ever used.
#[derive(Debug, Clone, Default)]
pub struct WatchFacts {
    /// The state of the watcher, of its generators and of its queue, as far as there are any.
    pub lines: Vec<DoctorLine>,
    /// For a diagnosis: why all files are compared again and again, if they are.
    pub polling: Option<DoctorLine>,
    /// Why the watcher is down, if it is although no one stopped it.
    pub down: Option<WatcherDown>,
    /// Why the queue cannot be read, if it cannot.
    pub queue_fault: Option<String>,
    /// Why a watcher that runs cannot use its queue, if it cannot.
    pub queue_problem: Option<String>,
    /// The problems of the generators of a running watcher, and which of them are stopped.
    pub generator_problems: Vec<String>,
    /// The measurements of the watcher, if one was ever started.
    pub watcher: Option<WatchMeasures>,
    /// The measurements of the queue, if there is one.
    pub queue: Option<QueueMeasures>,
}

/// Why a watcher that is expected to run does not work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WatcherDown {
    /// The cause, as the rest of a sentence about the watcher.
    pub reason: String,
    /// Advice.
    pub remedy: String,
}

/// The measurements of a watcher.
#[derive(Debug, Clone, PartialEq)]
pub struct WatchMeasures {
    /// Whether it runs and responds.
    pub is_up: bool,
    /// Whether it should run: it was started, and no one has stopped it since.
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

/// The measurements of a queue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueMeasures {
    /// The number of items in each status.
    pub items: Vec<(&'static str, u32)>,
    /// The number of items that wait.
    pub waiting: u32,
    /// The number of dead letters.
    pub dead_letters: u32,
    /// The number of attempts.
    pub attempts: u64,
    /// The seconds since the oldest waiting item was added.
    pub oldest_seconds: u64,
}

/// An event that needs attention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchAlarm {
    /// A check found errors that the one before did not.
    NewErrors {
        /// How many.
        count: usize,
        /// The first one.
        first: String,
    },
    /// This many items have become dead letters.
    DeadLetters(usize),
}

/// Sends an alarm; returns why that failed, if it did.
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
