//! Counts derivations of the legacy file, in the counters file.
//!
//! In addition to totals for monitoring, the file has counters for the most recent five-minute
//! period with derivations. They tell a caller that has no earlier values whether derivations are
//! currently working.

use std::time::Duration;

use super::clock::since_epoch;
use super::write_counters::{CountersFile, WriteCounter, WriteCounts};

/// The length of a period in seconds.
const PERIOD: u64 = 5 * 60;
/// How long a derivation may take before it counts as slow.
const SLOW: Duration = Duration::from_millis(200);

/// The derivations of the legacy file in the most recent five-minute period that had any.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RecentDualWrites {
    /// The number of derivations.
    pub total: u64,
    /// The number of derivations that failed.
    pub failed: u64,
    /// The number of derivations that took more than 200 ms.
    pub slow: u64,
}

impl RecentDualWrites {
    /// Returns the counter values for the most recent period.
    pub fn of(counts: &WriteCounts) -> Self {
        RecentDualWrites {
            total: counts.get(WriteCounter::RecentDualWrites),
            failed: counts.get(WriteCounter::RecentFailed),
            slow: counts.get(WriteCounter::RecentSlow),
        }
    }
}

impl CountersFile {
    /// Counts a derivation of the legacy file, given whether it was completed and how long it took.
    pub fn count_dual_write(&self, took: Duration, is_done: bool) {
        let period = since_epoch().as_secs() / PERIOD;
        self.change(|counts| add(counts, period, took, is_done));
    }
}

fn add(counts: &mut WriteCounts, period: u64, took: Duration, is_done: bool) {
    let result = match is_done {
        true => WriteCounter::DualWriteSucceeded,
        false => WriteCounter::DualWriteFailed,
    };
    counts.add(result, 1);
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    counts.add(WriteCounter::DualWriteMicros, micros);
    for (counter, bound) in WriteCounter::DUAL_WRITES {
        counts.add(counter, u64::from(took <= Duration::from_millis(bound.into())));
    }
    let recent =
        [WriteCounter::RecentDualWrites, WriteCounter::RecentFailed, WriteCounter::RecentSlow];
    // The first derivation in a period resets the counters for the previous period.
    if counts.get(WriteCounter::RecentPeriod) != period {
        counts.set(WriteCounter::RecentPeriod, period);
        recent.iter().for_each(|counter| counts.set(*counter, 0));
    }
    let amounts = [1, u64::from(!is_done), u64::from(took > SLOW)];
    recent.iter().zip(amounts).for_each(|(counter, amount)| counts.add(*counter, amount));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn a_derivation_is_in_every_bucket_that_it_fits() {
        let mut counts = WriteCounts::default();
        let short = Duration::from_micros(400);
        for took in [short, millis(5), millis(6), millis(200), millis(201), millis(9_000)] {
            add(&mut counts, 1, took, true);
        }
        let buckets = WriteCounter::DUAL_WRITES.map(|(counter, _)| counts.get(counter));
        assert_eq!(buckets, [2, 3, 3, 3, 3, 4, 5, 5, 5]);
        assert_eq!(counts.get(WriteCounter::DualWriteMicros), 9_412_400);
        assert_eq!(counts.get(WriteCounter::DualWriteSucceeded), 6);
    }

    #[test]
    fn a_period_forgets_the_one_before_but_the_counters_do_not() {
        let mut counts = WriteCounts::default();
        add(&mut counts, 7, millis(1), false);
        add(&mut counts, 7, millis(201), true);
        let recent = RecentDualWrites { total: 2, failed: 1, slow: 1 };
        assert_eq!(RecentDualWrites::of(&counts), recent);
        add(&mut counts, 8, millis(200), true);
        let recent = RecentDualWrites { total: 1, failed: 0, slow: 0 };
        assert_eq!(RecentDualWrites::of(&counts), recent);
        let all = [WriteCounter::DualWriteSucceeded, WriteCounter::DualWriteFailed];
        assert_eq!(all.map(|counter| counts.get(counter)), [2, 1]);
    }
}
