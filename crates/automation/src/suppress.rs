//! [`Suppression`]: recognizes events that idhooks itself caused.

use std::collections::HashMap;
use std::time::Duration;

use idhooks_core::registry::RepoPath;
use idhooks_repo::store::OwnWrite;

use crate::queue::KnownStamp;

/// The files that idhooks has just written.
#[derive(Debug, Default)]
pub(crate) struct Suppression {
    writes: HashMap<RepoPath, OwnWrite>,
    /// How many bytes of the list of own writes have been read.
    pub(crate) seen: usize,
}

impl Suppression {
    /// Adds a file that idhooks wrote.
    pub(crate) fn add(&mut self, write: OwnWrite) {
        self.writes.insert(write.path.clone(), write);
    }

    /// Forgets writes older than `window`; returns how many are left.
    pub(crate) fn expire(&mut self, window: Duration, now: Duration) -> usize {
        self.writes.retain(|_, write| now.saturating_sub(write.end) <= window);
        self.writes.len()
    }

    /// Returns whether an event for a file was caused by idhooks: the write has not expired, and
    /// the file has not been modified since.
    pub(crate) fn covers(&self, path: &RepoPath, stamp: Option<&KnownStamp>) -> bool {
        let is_it = |write: &OwnWrite| {
            let modified = stamp.map(|stamp| u64::try_from(stamp.modified).unwrap_or(0));
            modified.is_none_or(|modified| Duration::from_nanos(modified) <= write.end)
        };
        self.writes.get(path).is_some_and(is_it)
    }
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
        own.add(OwnWrite { path: path.clone(), begin: at(100), end: at(101) });
        assert!(own.covers(&path, Some(&stamp(101))) && own.covers(&path, None));
        // Someone wrote to it after that.
        assert!(!own.covers(&path, Some(&stamp(102))));
        assert!(!own.covers(&RepoPath::registry(), None));
        assert_eq!(own.expire(at(5), at(106)), 1);
        assert_eq!(own.expire(at(5), at(107)), 0);
        assert!(!own.covers(&path, None));
    }
}
