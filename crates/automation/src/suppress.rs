//! [`Suppression`]: recognizes events caused by idhooks itself.

use std::collections::HashMap;
use std::time::Duration;

use idhooks_core::registry::RepoPath;
use idhooks_repo::store::OwnWrite;

use crate::queue::KnownStamp;

/// How far a file's modification time may lag behind the clock: kernels use the time of the last
/// tick.
const TICK: Duration = Duration::from_millis(10);

/// The files that idhooks has just written.
#[derive(Debug, Default)]
pub(crate) struct Suppression {
    writes: HashMap<RepoPath, NotedWrite>,
    /// How many bytes have been read from the list of files that idhooks has written.
    pub(crate) seen: usize,
}

/// A file that idhooks wrote.
#[derive(Debug)]
struct NotedWrite {
    write: OwnWrite,
    /// When the file was modified after this write, judging by its state when the write was noted.
    /// That modification may be another write by idhooks that had not been noted yet.
    later: Option<Duration>,
}

impl Suppression {
    /// Adds a file that idhooks wrote, whose state is now `stamp`. Does nothing and returns false
    /// if the file's first pending event, at `first`, is someone else's change.
    pub(crate) fn add(
        &mut self,
        mut write: OwnWrite,
        first: Option<Duration>,
        stamp: Option<&KnownStamp>,
    ) -> bool {
        if let Some(first) = first.filter(|first| *first < in_millis(write.begin)) {
            // Commands in quick succession may write a file again before the event for the first
            // write has been processed.
            let earlier = self.writes.get(&write.path);
            let is_next = |later: Duration| later + TICK >= write.begin;
            let continues = |earlier: &&NotedWrite| {
                in_millis(earlier.write.begin) <= first && earlier.later.is_some_and(is_next)
            };
            let Some(earlier) = earlier.filter(continues) else { return false };
            write.begin = earlier.write.begin;
        }
        let later = modified(stamp).filter(|modified| *modified > write.end);
        self.writes.insert(write.path.clone(), NotedWrite { write, later });
        true
    }

    /// Forgets writes older than `window`; returns the number of writes left.
    pub(crate) fn expire(&mut self, window: Duration, now: Duration) -> usize {
        self.writes.retain(|_, noted| now.saturating_sub(noted.write.end) <= window);
        self.writes.len()
    }

    /// Returns whether idhooks caused an event for a file: the write has not expired, and the file
    /// has not been modified since.
    pub(crate) fn covers(&self, path: &RepoPath, stamp: Option<&KnownStamp>) -> bool {
        let is_it = |noted: &NotedWrite| modified(stamp).is_none_or(|time| time <= noted.write.end);
        self.writes.get(path).is_some_and(is_it)
    }
}

/// Returns the time a file was last modified, measured from the Unix epoch.
fn modified(stamp: Option<&KnownStamp>) -> Option<Duration> {
    stamp.map(|stamp| Duration::from_nanos(u64::try_from(stamp.modified).unwrap_or(0)))
}

/// Truncates a time to milliseconds, the precision of event times.
fn in_millis(time: Duration) -> Duration {
    Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_write_itself_is_covered_and_not_for_long() {
        let path = RepoPath::new(*b"a").expect("a path");
        let at = Duration::from_secs;
        let stamp = |seconds: i64| KnownStamp {
            modified: seconds * 1_000_000_000,
            ..KnownStamp::default()
        };
        let mut own = Suppression::default();
        let write = |begin, end| OwnWrite { path: path.clone(), begin: at(begin), end: at(end) };
        assert!(own.add(write(100, 101), Some(at(100)), Some(&stamp(101))));
        assert!(own.covers(&path, Some(&stamp(101))) && own.covers(&path, None));
        // Someone else wrote to the file afterwards.
        assert!(!own.covers(&path, Some(&stamp(102))));
        assert!(!own.covers(&RepoPath::registry(), None));
        assert_eq!(own.expire(at(5), at(106)), 1);
        assert_eq!(own.expire(at(5), at(107)), 0);
        assert!(!own.covers(&path, None));
    }

    #[test]
    fn an_event_of_one_write_is_none_of_someone_else_when_the_next_write_is_noted() {
        let path = RepoPath::new(*b"a").expect("a path");
        let at = Duration::from_secs;
        let write = |begin, end| OwnWrite { path: path.clone(), begin: at(begin), end: at(end) };
        let noted = |modified: i64| {
            let modified = modified * 1_000_000_000;
            let stamp = KnownStamp { modified, ..KnownStamp::default() };
            let mut own = Suppression::default();
            // The event for the first write is still pending when the file is modified again.
            assert!(own.add(write(100, 101), Some(at(100)), Some(&stamp)));
            own.add(write(103, 104), Some(at(100)), Some(&stamp)) && own.covers(&path, Some(&stamp))
        };
        assert!(noted(103));
        // Someone else wrote to the file between the two writes.
        assert!(!noted(102));
        // The event is older than both writes.
        let mut own = Suppression::default();
        assert!(!own.add(write(100, 101), Some(at(99)), None));
    }
}
