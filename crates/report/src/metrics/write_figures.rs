//! The figures of what writers of the registry did in a clone, and of how long they waited.

use idhooks_repo::store::{WriteCounter, WriteCounts};

use super::figure::Figure;
use super::measure::Metric;

/// Returns the figures of these counters.
pub(super) fn write_figures(counts: &WriteCounts) -> Vec<Figure> {
    let number = |counter| counts.get(counter) as f64;
    let mut all: Vec<Figure> = [
        (Metric::Attempted, WriteCounter::Attempted),
        (Metric::Succeeded, WriteCounter::Succeeded),
        (Metric::Failed, WriteCounter::Failed),
        (Metric::Conflicts, WriteCounter::Conflicts),
        (Metric::ValidationFailures, WriteCounter::ValidationFailures),
        (Metric::Rollbacks, WriteCounter::Rollbacks),
        (Metric::Blocked, WriteCounter::BlockedCommits),
        (Metric::LockTimeouts, WriteCounter::LockTimeouts),
    ]
    .map(|(metric, counter)| metric.counter(number(counter)))
    .into();
    let buckets = WriteCounter::WAITS.map(|(counter, bound)| (bound, counts.get(counter)));
    let waits = counts.get(WriteCounter::LockWaits);
    all.push(Metric::LockWait.histogram(&buckets, waits, number(WriteCounter::LockWaitMs)));
    all
}
