//! [`PendingPaths`]: paths that changed recently and are not queued yet. They are kept until they are
//! quiet and stable. This module reads no files.

use std::collections::HashMap;
use std::time::Duration;

use idhooks_core::config::WatchRules;
use idhooks_core::registry::RepoPath;

use crate::moment::Moment;
use crate::queue::KnownStamp;

idhooks_core::words! {
    /// Whether a file can be processed.
    pub enum Stability {
        /// It can.
        Stable = "stable",
        /// The file was modified just now.
        TooYoung = "too_young",
        /// The file is being written.
        StillChanging = "still_changing",
        /// The file is gone for good.
        Missing = "missing",
    }
}

/// The maximum number of former paths to keep for a file.
const MOST_FORMER: usize = 16;

/// A point in time on a clock that cannot be set: the time since the watcher started.
pub(crate) type Tick = Duration;

/// A path that changed.
#[derive(Debug, Clone)]
pub(crate) struct PendingPath {
    /// When the path first changed.
    pub first: Moment,
    /// When the path last changed.
    last: Tick,
    /// The state the file was found in, if the change was found only by comparing all files.
    pub scanned: Option<Option<KnownStamp>>,
    /// The file's former paths, earliest first, if the file system reported renames.
    pub former: Vec<RepoPath>,
    /// The file's new path, if the file system reported a rename.
    moved_to: Option<RepoPath>,
    sample: Option<FileSample>,
}

/// A series of equal samples of a file.
#[derive(Debug, Clone, Copy)]
struct FileSample {
    stamp: Option<KnownStamp>,
    count: u32,
    at: Tick,
}

/// Paths that changed and are not queued yet.
#[derive(Debug, Default)]
pub(crate) struct PendingPaths(HashMap<RepoPath, PendingPath>);

impl PendingPaths {
    /// Returns the number of paths.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there are no paths.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn entry(&mut self, path: RepoPath, now: Tick) -> &mut PendingPath {
        self.0.entry(path).or_insert_with(|| PendingPath {
            first: Moment::now(),
            last: now,
            scanned: None,
            former: Vec::new(),
            moved_to: None,
            sample: None,
        })
    }

    /// Records an event for a path.
    pub(crate) fn touch(&mut self, path: RepoPath, now: Tick) {
        let entry = self.entry(path, now);
        (entry.last, entry.scanned, entry.sample) = (now, None, None);
    }

    /// Records a rename that the file system reported. The file's old path waits until the new one
    /// has been queued, so that the move is not mistaken for a deletion.
    pub(crate) fn rename(&mut self, from: RepoPath, to: RepoPath, now: Tick) {
        self.touch(from.clone(), now);
        self.touch(to.clone(), now);
        let entry = self.entry(from.clone(), now);
        entry.moved_to = Some(to.clone());
        // The origin of a file that was renamed twice is its first path.
        let mut former = std::mem::take(&mut entry.former);
        former.push(from);
        // A file that an editor replaces remains the same file.
        let entry = self.entry(to, now);
        former.append(&mut entry.former);
        // The number is limited, because a program may rename a file over and over.
        former.truncate(MOST_FORMER);
        entry.former = former;
    }

    /// Returns the pending paths below a directory.
    pub(crate) fn below(&self, dir: &RepoPath) -> Vec<RepoPath> {
        let dir = [dir.as_bytes(), b"/"].concat();
        self.0.keys().filter(|path| path.as_bytes().starts_with(&dir)).cloned().collect()
    }

    /// Returns whether a path is waiting for the file's new path to be queued.
    fn waits(&self, path: &RepoPath) -> bool {
        let next = |path: &RepoPath| self.0.get(path).and_then(|entry| entry.moved_to.as_ref());
        let Some(new) = next(path).filter(|new| self.0.contains_key(*new)) else { return false };
        // Files that swapped names would wait for each other forever, so a path in a cycle does not
        // wait. Any other chain is shorter than this limit.
        let mut chain = std::iter::successors(Some(new), |path| next(path));
        chain.nth(self.0.len()).is_none()
    }

    /// Records a change found by comparing all files. A change that is found twice counts once.
    pub(crate) fn found(&mut self, path: RepoPath, stamp: Option<KnownStamp>, now: Tick) {
        let is_new = !self.0.contains_key(&path);
        let entry = self.entry(path, now);
        let is_same = entry.scanned.is_none_or(|scanned| scanned == stamp);
        if is_new || !is_same {
            (entry.last, entry.scanned, entry.sample) = (now, Some(stamp), None);
        }
    }

    /// Returns the paths that have been quiet for this long.
    pub(crate) fn quiet(&self, debounce: Duration, now: Tick) -> Vec<RepoPath> {
        let is_quiet = |(path, entry): &(&RepoPath, &PendingPath)| {
            now.saturating_sub(entry.last) >= debounce && !self.waits(path)
        };
        self.0.iter().filter(is_quiet).map(|(path, _)| path.clone()).collect()
    }

    /// Records a sample of a quiet path: its file's current state. Enough equal samples make the
    /// path stable.
    pub(crate) fn sample(
        &mut self,
        path: &RepoPath,
        stamp: Option<KnownStamp>,
        rules: &WatchRules,
        now: Tick,
        wall: Moment,
    ) -> Stability {
        let Some(entry) = self.0.get_mut(path) else { return Stability::Missing };
        // Events alone do not show when a slow copy is complete, but equal samples over some time
        // do.
        let sample = match entry.sample {
            Some(sample) if sample.stamp == stamp => {
                let is_due = now.saturating_sub(sample.at) >= rules.sample_interval;
                match is_due {
                    true => FileSample { count: sample.count + 1, at: now, ..sample },
                    false => sample,
                }
            }
            Some(_) => {
                // The file is being written without causing events, so the quiet time starts over.
                (entry.last, entry.sample) = (now, None);
                return Stability::StillChanging;
            }
            None => FileSample { stamp, count: 1, at: now },
        };
        entry.sample = Some(sample);
        match stamp {
            _ if sample.count < rules.samples => Stability::StillChanging,
            None => Stability::Missing,
            Some(stamp) if is_young(&stamp, rules.min_age, wall) => Stability::TooYoung,
            Some(_) => Stability::Stable,
        }
    }

    /// Returns the time a path first changed.
    pub(crate) fn first(&self, path: &RepoPath) -> Option<Moment> {
        self.0.get(path).map(|entry| entry.first)
    }

    /// Removes a path that has been queued.
    pub(crate) fn take(&mut self, path: &RepoPath) -> Option<PendingPath> {
        self.0.remove(path)
    }

    /// Puts back a path that could not be queued, to be tried again after its quiet time.
    pub(crate) fn put_back(&mut self, path: RepoPath, entry: PendingPath, now: Tick) {
        self.0.entry(path).or_insert(PendingPath { last: now, sample: None, ..entry });
    }

    /// Returns whether any path is being sampled.
    pub(crate) fn is_sampling(&self) -> bool {
        self.0.values().any(|entry| entry.sample.is_some())
    }
}

/// Returns whether a file was modified less than `min_age` ago. A modification time in the future
/// is ignored.
pub(crate) fn is_young(stamp: &KnownStamp, min_age: Duration, now: Moment) -> bool {
    let modified = Moment::from_millis(u64::try_from(stamp.modified / 1_000_000).unwrap_or(0));
    modified <= now && now.since(modified) < min_age
}

/// Detects that the clock was set or the machine was suspended, since events may then be missing.
#[derive(Debug, Default)]
pub(crate) struct ClockWatch(Option<(Moment, Tick)>);

impl ClockWatch {
    /// The largest difference between the two clocks that is not considered a jump.
    const TOLERANCE: Duration = Duration::from_secs(5);

    /// Returns whether the clock has jumped since the last call.
    pub(crate) fn has_jumped(&mut self, wall: Moment, now: Tick) -> bool {
        let Some((last_wall, last)) = self.0.replace((wall, now)) else { return false };
        let passed = now.saturating_sub(last);
        let expected = last_wall.after(passed);
        expected.since(wall).max(wall.since(expected)) > Self::TOLERANCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn path(name: &str) -> RepoPath {
        RepoPath::new(name.as_bytes()).expect("a path")
    }

    fn stamp(size: u64, modified: u64) -> KnownStamp {
        let modified = i64::try_from(modified * 1_000_000_000).expect("small");
        KnownStamp { device: 1, inode: 2, size, modified }
    }

    fn rules() -> WatchRules {
        let mut rules = WatchRules::default();
        rules.debounce = 30 * S;
        rules
    }

    #[test]
    fn a_path_is_quiet_after_its_last_event() {
        let mut pending = PendingPaths::default();
        for second in 0..100 {
            pending.touch(path("a"), second * S);
            assert!(pending.quiet(30 * S, second * S).is_empty());
        }
        assert!(pending.quiet(30 * S, 128 * S).is_empty());
        assert_eq!(pending.quiet(30 * S, 129 * S), [path("a")]);
        assert_eq!(pending.len(), 1);
    }

    #[test]
    fn a_file_is_stable_after_equal_samples_and_some_age() {
        let (mut pending, rules) = (PendingPaths::default(), rules());
        pending.touch(path("a"), Duration::ZERO);
        let mut sample = |stamp, millis| {
            let (now, wall) = (Duration::from_millis(millis), Moment::from_millis(millis));
            pending.sample(&path("a"), stamp, &rules, now, wall).as_str()
        };
        assert_eq!(sample(Some(stamp(1, 40)), 40_000), "still_changing");
        // It is too early for another sample to count.
        assert_eq!(sample(Some(stamp(1, 40)), 40_100), "still_changing");
        assert_eq!(sample(Some(stamp(1, 40)), 40_500), "too_young");
        assert_eq!(sample(Some(stamp(2, 41)), 41_000), "still_changing");
        assert_eq!(sample(Some(stamp(2, 41)), 43_000), "still_changing");
        assert_eq!(sample(Some(stamp(2, 41)), 43_500), "stable");
        assert_eq!(sample(None, 44_000), "still_changing");
        assert_eq!(sample(None, 44_000), "still_changing");
        assert_eq!(sample(None, 44_600), "missing");
        // A file whose modification time is in the future must not be considered recently modified
        // forever.
        assert!(!is_young(&stamp(1, 99), rules.min_age, Moment::from_millis(1_000)));
        // The path was quiet until its file changed without causing an event.
        assert!(pending.quiet(30 * S, 60 * S).is_empty());
        assert_eq!(pending.quiet(30 * S, 74 * S), [path("a")]);
    }

    #[test]
    fn the_old_path_of_a_move_waits_for_the_new_one() {
        let mut pending = PendingPaths::default();
        pending.rename(path("a"), path("b"), Duration::ZERO);
        pending.touch(path("b"), 20 * S);
        assert!(pending.quiet(30 * S, 40 * S).is_empty());
        let mut quiet = pending.quiet(30 * S, 50 * S);
        assert_eq!(quiet, [path("b")]);
        assert_eq!(pending.take(&path("b")).expect("there").former, [path("a")]);
        quiet = pending.quiet(30 * S, 50 * S);
        assert_eq!(quiet, [path("a")]);
        // Two renames are merged into one; files that swap names don't have to wait for each other.
        let mut pending = PendingPaths::default();
        pending.rename(path("a"), path("b"), Duration::ZERO);
        pending.rename(path("b"), path("c"), S);
        assert!(pending.quiet(30 * S, 31 * S).iter().eq([&path("c")]));
        assert_eq!(pending.take(&path("c")).expect("there").former, [path("a"), path("b")]);
        // The same applies if an editor replaces the file at its old or new path.
        for (first, second, expected) in
            [(("t", "a"), ("a", "b"), ["t", "a"]), (("a", "b"), ("t", "b"), ["t", "a"])]
        {
            let mut pending = PendingPaths::default();
            for (from, to) in [first, second] {
                pending.rename(path(from), path(to), S);
            }
            assert_eq!(pending.take(&path("b")).expect("there").former, expected.map(path));
        }
        let mut pending = PendingPaths::default();
        pending.rename(path("a"), path("b"), Duration::ZERO);
        pending.rename(path("b"), path("a"), Duration::ZERO);
        assert_eq!(pending.quiet(30 * S, 30 * S).len(), 2);
    }

    #[test]
    fn the_same_change_found_twice_is_one() {
        let mut pending = PendingPaths::default();
        pending.found(path("a"), Some(stamp(1, 1)), Duration::ZERO);
        pending.found(path("a"), Some(stamp(1, 1)), 20 * S);
        assert_eq!(pending.quiet(30 * S, 30 * S), [path("a")]);
        pending.found(path("a"), Some(stamp(2, 1)), 30 * S);
        assert!(pending.quiet(30 * S, 40 * S).is_empty());
        // An event takes precedence over a comparison.
        pending.touch(path("a"), 40 * S);
        pending.found(path("a"), Some(stamp(3, 1)), 50 * S);
        assert_eq!(pending.quiet(30 * S, 70 * S), [path("a")]);
        assert!(pending.take(&path("a")).expect("there").scanned.is_none());
    }

    #[test]
    fn a_jump_of_the_clock_is_noticed_once() {
        let mut clock = ClockWatch::default();
        let at = |seconds: u64| Moment::from_millis(1_000_000 + seconds * 1_000);
        assert!(!clock.has_jumped(at(0), Duration::ZERO));
        assert!(!clock.has_jumped(at(11), 10 * S));
        assert!(clock.has_jumped(at(3_600), 11 * S), "suspended");
        assert!(!clock.has_jumped(at(3_601), 12 * S));
        assert!(clock.has_jumped(at(0), 13 * S), "set back");
    }
}
