//! Counts registry writes and their outcomes, and measures the time spent waiting for locks.

use std::time::{Duration, Instant};

use crate::git::Repo;
use crate::state::StateError;
use crate::store::{CountersFile, LockError, WriteCounter};

/// Counts a registry write, by its outcome.
pub fn count_write<T>(repo: &Repo, written: &Result<T, StateError>) {
    let more: &[WriteCounter] = match written {
        Ok(_) => &[WriteCounter::Succeeded],
        Err(StateError::IndexMoved) => &[WriteCounter::Failed, WriteCounter::Conflicts],
        Err(_) => &[WriteCounter::Failed],
    };
    count(repo, &[&[WriteCounter::Attempted], more].concat());
}

/// Acquires a lock that was not immediately free, and measures the wait.
///
/// # Errors
/// Returns any error from `take`.
pub fn count_wait<T>(
    repo: &Repo,
    take: impl FnOnce() -> Result<T, LockError>,
) -> Result<T, LockError> {
    let start = Instant::now();
    let taken = take();
    // If the lock file could not be written, the time says nothing about waiting.
    if !matches!(taken, Err(LockError::Store(_))) {
        let amounts = wait_counters(start.elapsed(), taken.is_err());
        CountersFile::in_dir(&repo.state_dir()).add(&amounts);
    }
    taken
}

/// Counts a derivation of the legacy file, by its outcome, and adds up the time it took.
pub(super) fn count_dual_write<T>(repo: &Repo, took: Duration, derived: &Result<T, StateError>) {
    CountersFile::in_dir(&repo.state_dir()).count_dual_write(took, derived.is_ok());
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn wait_counters(took: Duration, is_timeout: bool) -> Vec<(WriteCounter, u64)> {
    let is_within = |bound: &(WriteCounter, u32)| took <= Duration::from_millis(bound.1.into());
    let within = WriteCounter::WAITS.iter().filter(|bound| is_within(bound));
    let mut all = vec![(WriteCounter::LockWaits, 1), (WriteCounter::LockWaitMs, millis(took))];
    all.extend(within.map(|(counter, _)| (*counter, 1)));
    all.extend(is_timeout.then_some((WriteCounter::LockTimeouts, 1)));
    all
}

/// Increments each of these counters for the clone.
pub fn count(repo: &Repo, counters: &[WriteCounter]) {
    CountersFile::in_dir(&repo.state_dir()).count(counters);
}

#[cfg(test)]
mod tests {
    use super::*;
    use WriteCounter::{LockTimeouts, LockWaitMs, LockWaits, LockWaitsTo100, LockWaitsTo1000};

    #[test]
    fn a_wait_is_counted_in_every_bucket_that_it_fits() {
        let counted = |millis, is_timeout| wait_counters(Duration::from_millis(millis), is_timeout);
        let short = [(LockWaits, 1), (LockWaitMs, 100), (LockWaitsTo100, 1), (LockWaitsTo1000, 1)];
        assert_eq!(counted(100, false), short);
        assert_eq!(counted(101, false), [(LockWaits, 1), (LockWaitMs, 101), (LockWaitsTo1000, 1)]);
        assert_eq!(counted(1_001, true), [(LockWaits, 1), (LockWaitMs, 1_001), (LockTimeouts, 1)]);
    }
}
