//! [`Suppression`]: recognizes events that idhooks itself caused.

use std::collections::HashMap;
use std::time::Duration;

use idhooks_core::registry::RepoPath;
use idhooks_repo::store::OwnWrite;

use crate::queue::KnownStamp;

/// How far the modification time of a file may be behind the clock: kernels take it from the last
/// tick.
const TICK: Duration = Duration::from_millis(10);

/// The files that idhooks has just written.
#[derive(Debug, Default)]
pub(crate) struct Suppression {
    writes: HashMap<RepoPath, OwnWrite>,
    /// The modifications after a write that were seen when the write was noted: perhaps the next
    /// write, which was not noted yet.
    later: HashMap<RepoPath, Duration>,
    /// How many bytes of the list of own writes have been read.
    pub(crate) seen: usize,
}

impl Suppression {
    /// Adds a file that idhooks wrote, whose state is now `stamp`. Does nothing and returns false
    /// if the first event that waits for it, at `first`, is someone else's change.
    pub(crate) fn add(
        &mut self,
        mut write: OwnWrite,
        first: Option<Duration>,
        stamp: Option<&KnownStamp>,
    ) -> bool {
        if let Some(first) = first.filter(|first| *first < in_millis(write.begin)) {
            // Commands that follow each other quickly write a file again before the event of the
            // first write was dealt with.
            let earlier = self.writes.get(&write.path);
            let earlier = earlier.filter(|earlier| in_millis(earlier.begin) <= first);
            let is_next = |later: &Duration| *later + TICK >= write.begin;
            let Some(earlier) = earlier else { return false };
            if !self.later.get(&write.path).is_some_and(is_next) {
                return false;
            }
            write.begin = earlier.begin;
        }
        let path = write.path.clone();
        match modified(stamp).filter(|modified| *modified > write.end) {
            Some(modified) => self.later.insert(path.clone(), modified),
            None => self.later.remove(&path),
        };
        self.writes.insert(path, write);
        true
    }

    /// Forgets writes older than `window`; returns how many are left.
    pub(crate) fn expire(&mut self, window: Duration, now: Duration) -> usize {
        self.writes.retain(|_, write| now.saturating_sub(write.end) <= window);
        self.later.retain(|path, _| self.writes.contains_key(path));
        self.writes.len()
    }

    /// Returns whether an event for a file was caused by idhooks: the write has not expired, and
    /// the file has not been modified since.
    pub(crate) fn covers(&self, path: &RepoPath, stamp: Option<&KnownStamp>) -> bool {
        let is_it = |write: &OwnWrite| modified(stamp).is_none_or(|time| time <= write.end);
        self.writes.get(path).is_some_and(is_it)
    }
}

/// Returns when a file was last modified, since the Unix epoch.
fn modified(stamp: Option<&KnownStamp>) -> Option<Duration> {
    stamp.map(|stamp| Duration::from_nanos(u64::try_from(stamp.modified).unwrap_or(0)))
}

/// Returns a time without the parts that the time of an event does not have.
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
        // Someone wrote to it after that.
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
            // The event of the first write waits while the file is modified again.
            assert!(own.add(write(100, 101), Some(at(100)), Some(&stamp)));
            own.add(write(103, 104), Some(at(100)), Some(&stamp)) && own.covers(&path, Some(&stamp))
        };
        assert!(noted(103));
        // Someone wrote between the two.
        assert!(!noted(102));
        // The event is older than both.
        let mut own = Suppression::default();
        assert!(!own.add(write(100, 101), Some(at(99)), None));
    }
}
