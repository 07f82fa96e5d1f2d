//! Counts this clone's registry writes and reconciler runs, and how long they waited for locks, in
//! `idhooks/counters` in the common git directory. The file is never pruned.
//!
//! The file has two slots of the same size, which are written alternately. Each slot contains a
//! line with a generation, the counters by name, and a checksum. The newest slot with a valid
//! checksum is the one that counts, so an interrupted write affects only its own slot. Writers lock
//! the file.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::time::Duration;

use idhooks_core::registry::hex;
use sha2::{Digest, Sha256};

use super::writer_lock::{LockMode, lock_file};
use super::{StateDir, StateFile};

/// The text at the beginning of a slot.
const HEAD: &str = "idhooks-counters 1";
/// The size of a slot in bytes.
const SLOT: usize = 2048;
/// Slot sizes from earlier versions, which had fewer counters. These slots can still be read.
const OLD_SLOTS: [usize; 2] = [1024, 512];
/// The number of checksum bytes that are stored.
const CHECKSUM: usize = 8;
/// The maximum time that a writer waits for other writers, which hold the lock for only a few
/// microseconds.
const PATIENCE: Duration = Duration::from_millis(200);

idhooks_core::words! {
    /// A counter.
    pub enum WriteCounter {
        /// Registry writes that were started.
        Attempted = "attempted",
        /// Registry writes that were completed.
        Succeeded = "succeeded",
        /// Registry writes that failed for any reason.
        Failed = "failed",
        /// Registry writes that failed because another program changed the index or a file in the
        /// meantime.
        Conflicts = "conflicts",
        /// Registry writes that were refused because of findings, before anything was written.
        ValidationFailures = "validation_failures",
        /// Changes that were undone because a later step failed.
        Rollbacks = "rollbacks",
        /// Commits that the hook blocked.
        BlockedCommits = "blocked_commits",
        /// Locks that were not available immediately.
        LockWaits = "lock_waits",
        /// Lock waits that ended within 100 ms, whether or not the lock was acquired.
        LockWaitsTo100 = "lock_waits_100",
        /// Lock waits that ended within 1,000 ms.
        LockWaitsTo1000 = "lock_waits_1000",
        /// The total duration of all lock waits, in milliseconds.
        LockWaitMs = "lock_wait_ms",
        /// Locks that were not acquired in time.
        LockTimeouts = "lock_timeouts",
        /// Completed runs of the reconciler.
        ReconcileRuns = "reconcile_runs",
        /// Repairs made in these runs.
        ReconcileRepaired = "reconcile_repaired",
        /// Completed derivations of the legacy file.
        DualWriteSucceeded = "dual_write_succeeded",
        /// Failed derivations of the legacy file.
        DualWriteFailed = "dual_write_failed",
        /// The total duration of completed and failed derivations, in microseconds, because most
        /// take less than a millisecond.
        DualWriteMicros = "dual_write_us",
        /// Derivations that took at most 5 ms.
        DualWritesTo5 = "dual_writes_5",
        /// Derivations that took at most 10 ms.
        DualWritesTo10 = "dual_writes_10",
        /// Derivations that took at most 25 ms.
        DualWritesTo25 = "dual_writes_25",
        /// Derivations that took at most 50 ms.
        DualWritesTo50 = "dual_writes_50",
        /// Derivations that took at most 100 ms.
        DualWritesTo100 = "dual_writes_100",
        /// Derivations that took at most 200 ms.
        DualWritesTo200 = "dual_writes_200",
        /// Derivations that took at most 500 ms.
        DualWritesTo500 = "dual_writes_500",
        /// Derivations that took at most 1,000 ms.
        DualWritesTo1000 = "dual_writes_1000",
        /// Derivations that took at most 5,000 ms.
        DualWritesTo5000 = "dual_writes_5000",
        /// The number of the most recent period in which there were derivations; see
        /// `dual_write_counters`.
        RecentPeriod = "recent_period",
        /// Derivations in that period.
        RecentDualWrites = "recent_dual_writes",
        /// Failed derivations in that period.
        RecentFailed = "recent_failed",
        /// Slow derivations in that period.
        RecentSlow = "recent_slow",
    }
}

impl WriteCounter {
    /// The counters for writes.
    pub const WRITES: [Self; 7] = [
        Self::Attempted,
        Self::Succeeded,
        Self::Failed,
        Self::Conflicts,
        Self::ValidationFailures,
        Self::Rollbacks,
        Self::BlockedCommits,
    ];
    /// The counters for lock waits, each with the maximum duration in milliseconds that it covers.
    pub const WAITS: [(Self, u32); 2] =
        [(Self::LockWaitsTo100, 100), (Self::LockWaitsTo1000, 1_000)];
    /// The counters for derivations of the legacy file, each with the maximum duration in
    /// milliseconds that it covers.
    pub const DUAL_WRITES: [(Self, u32); 9] = [
        (Self::DualWritesTo5, 5),
        (Self::DualWritesTo10, 10),
        (Self::DualWritesTo25, 25),
        (Self::DualWritesTo50, 50),
        (Self::DualWritesTo100, 100),
        (Self::DualWritesTo200, 200),
        (Self::DualWritesTo500, 500),
        (Self::DualWritesTo1000, 1_000),
        (Self::DualWritesTo5000, 5_000),
    ];
}

/// A clone's counters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WriteCounts([u64; WriteCounter::ALL.len()]);

impl WriteCounts {
    /// Returns a counter's value.
    pub fn get(&self, counter: WriteCounter) -> u64 {
        self.0[counter as usize]
    }

    pub(super) fn add(&mut self, counter: WriteCounter, amount: u64) {
        let value = &mut self.0[counter as usize];
        *value = value.saturating_add(amount);
    }

    pub(super) fn set(&mut self, counter: WriteCounter, value: u64) {
        self.0[counter as usize] = value;
    }
}

/// The file that contains the counters.
#[derive(Debug, Clone)]
pub struct CountersFile(StateFile);

impl CountersFile {
    /// Returns the counters' file in this state directory.
    pub fn in_dir(state: &StateDir) -> Self {
        CountersFile(state.file("counters"))
    }

    /// Reads the counters. They are all zero if the file does not exist or is damaged.
    pub fn read(&self) -> WriteCounts {
        let bytes = self.0.read().ok().flatten().unwrap_or_default();
        newest(&bytes).map(|(_, counts)| counts).unwrap_or_default()
    }

    /// Adds one to each of these counters.
    pub fn count(&self, counters: &[WriteCounter]) {
        self.add(&counters.iter().map(|counter| (*counter, 1)).collect::<Vec<_>>());
    }

    /// Adds these amounts to the counters. Nothing depends on the counters, so errors are ignored.
    pub fn add(&self, amounts: &[(WriteCounter, u64)]) {
        self.change(|counts| amounts.iter().for_each(|(counter, by)| counts.add(*counter, *by)));
    }

    /// Changes the counters. Nothing depends on the counters, so errors are ignored.
    pub(super) fn change(&self, change: impl FnOnce(&mut WriteCounts)) {
        let mut options = OpenOptions::new();
        let options = options.create(true).read(true).write(true).truncate(false);
        if let Ok(file) = self.0.open("write", options) {
            let _ = change_in(file, PATIENCE, change);
        }
    }
}

fn change_in(
    mut file: File,
    patience: Duration,
    change: impl FnOnce(&mut WriteCounts),
) -> io::Result<()> {
    // Losing a count does less harm than making a hook wait.
    if !lock_file(&file, LockMode::Exclusive, patience)? {
        return Ok(());
    }
    let mut bytes = Vec::with_capacity(2 * SLOT);
    (&mut file).take(2 * SLOT as u64).read_to_end(&mut bytes)?;
    let (generation, mut counts) = newest(&bytes).unwrap_or_default();
    change(&mut counts);
    let next = generation + 1;
    // If this write is interrupted, the slot with the previous generation is still intact.
    file.seek(SeekFrom::Start(next % 2 * SLOT as u64))?;
    file.write_all(&format_slot(next, &counts))
}

fn format_slot(generation: u64, counts: &WriteCounts) -> Vec<u8> {
    let mut text = format!("{HEAD} {generation}");
    for counter in WriteCounter::ALL {
        text.push_str(&format!(" {counter}={}", counts.get(counter)));
    }
    let sum = checksum(&text);
    format!("{text} {sum:<width$}\n", width = SLOT - text.len() - 2).into_bytes()
}

fn checksum(text: &str) -> String {
    hex::encode(&Sha256::digest(text)[..CHECKSUM])
}

/// Returns the newest counters and their generation.
fn newest(bytes: &[u8]) -> Option<(u64, WriteCounts)> {
    // Slots in a file from an earlier version are smaller. Only chunks of the right size have valid
    // checksums.
    let sizes = [SLOT].into_iter().chain(OLD_SLOTS);
    let slots = sizes.flat_map(|size| bytes.chunks(size));
    slots.filter_map(parse_slot).max_by_key(|(generation, _)| *generation)
}

fn parse_slot(bytes: &[u8]) -> Option<(u64, WriteCounts)> {
    // If the chunk size differs from the file's slot size, a chunk may begin in the middle of a
    // slot.
    let bytes = Some(bytes).filter(|bytes| bytes.starts_with(HEAD.as_bytes()))?.trim_ascii_end();
    let (text, sum) = std::str::from_utf8(bytes).ok()?.rsplit_once(' ')?;
    let rest = text.strip_prefix(HEAD).filter(|_| checksum(text) == sum)?;
    let mut words = rest.split_whitespace();
    let generation = words.next()?.parse().ok()?;
    let mut counts = WriteCounts::default();
    for (name, value) in words.filter_map(|word| word.split_once('=')) {
        // A file from a later version may have more counters, which are ignored.
        if let Some(counter) = WriteCounter::parse(name) {
            counts.0[counter as usize] = value.parse().ok()?;
        }
    }
    Some((generation, counts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Sharing;
    use WriteCounter::{Attempted, Conflicts, Failed, Succeeded};

    fn in_dir(dir: &std::path::Path) -> CountersFile {
        CountersFile::in_dir(&StateDir::of(dir, Sharing::default()))
    }

    #[test]
    fn what_was_counted_is_read() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = in_dir(dir.path());
        assert_eq!(file.read(), WriteCounts::default());
        for _ in 0..3 {
            file.count(&[Attempted, Succeeded]);
        }
        file.count(&[Attempted, Failed, Conflicts]);
        let counts = file.read();
        let shown = WriteCounter::WRITES.map(|counter| counts.get(counter));
        assert_eq!(shown, [4, 3, 1, 1, 0, 0, 0]);
        let length = std::fs::metadata(file.0.path()).expect("there").len();
        assert_eq!(length, 2 * SLOT as u64);
    }

    #[test]
    fn the_largest_counters_fit() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = in_dir(dir.path());
        let most = WriteCounter::ALL.map(|counter| (counter, u64::MAX));
        (0..2).for_each(|_| file.add(&most));
        assert_eq!(file.read(), WriteCounts([u64::MAX; WriteCounter::ALL.len()]));
        assert_eq!(std::fs::metadata(file.0.path()).expect("there").len(), 2 * SLOT as u64);
    }

    #[test]
    fn shorter_slots_are_read() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = in_dir(dir.path());
        file.count(&[Attempted]);
        for size in OLD_SLOTS {
            let slot = |generation, attempted| {
                let text = format!("{HEAD} {generation} attempted={attempted}");
                format!("{text} {:<width$}\n", checksum(&text), width = size - 2 - text.len())
            };
            std::fs::write(file.0.path(), slot(4, 8) + &slot(5, 9)).expect("writable");
            assert_eq!(file.read().get(Attempted), 9);
            for count in [10, 11, 12] {
                file.count(&[Attempted]);
                assert_eq!(file.read().get(Attempted), count, "{size}");
            }
        }
    }

    #[test]
    fn a_torn_or_damaged_slot_loses_only_itself() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = in_dir(dir.path());
        for _ in 0..5 {
            file.count(&[Attempted]);
        }
        let whole = std::fs::read(file.0.path()).expect("there");
        for cut in 0..whole.len() {
            std::fs::write(file.0.path(), &whole[..cut]).expect("writable");
            let read = file.read().get(Attempted);
            // The fourth write goes to the first slot, and the fifth to the second.
            assert_eq!(read, if cut < 80 { 0 } else { read }, "{cut}");
            assert!([0, 4, 5].contains(&read), "{cut}: {read}");
            file.count(&[Attempted]);
            assert_eq!(file.read().get(Attempted), read + 1, "{cut}");
        }
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            std::fs::write(file.0.path(), &damaged).expect("writable");
            assert!([4, 5].contains(&file.read().get(Attempted)), "{at}");
        }
    }

    #[test]
    fn parallel_writers_lose_nothing() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = in_dir(dir.path());
        file.count(&[]);
        let count = || {
            let opened =
                OpenOptions::new().read(true).write(true).open(file.0.path()).expect("there");
            let patience = Duration::from_secs(600);
            let by = |counts: &mut WriteCounts| {
                [Attempted, Succeeded].into_iter().for_each(|counter| counts.add(counter, 1));
            };
            change_in(opened, patience, by).expect("writable");
        };
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..50).for_each(|_| count()));
            }
        });
        assert_eq!([Attempted, Succeeded].map(|counter| file.read().get(counter)), [400, 400]);
    }
}
