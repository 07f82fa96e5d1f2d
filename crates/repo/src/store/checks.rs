//! The cache of checks without findings: `idhooks/checks` in the common git directory.
//!
//! It may be deleted at any time.

use idhooks_core::registry::BlobId;

use super::{StateDir, StateFile, StoreError};

/// Above this size in bytes, only the result of the last check is kept.
const LARGE: usize = 64 << 10;

/// The counts of a check without findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckCounts {
    /// Tracked files.
    pub files: usize,
    /// Records of the registry.
    pub identities: usize,
    /// Files that were not read, although they may carry an identity.
    pub unread: usize,
    /// The blob of the registry. The counts hold only as long as it exists.
    pub registry: BlobId,
}

/// The file of the cache.
#[derive(Debug, Clone)]
pub struct Checks(StateFile);

impl Checks {
    /// Returns the cache of this state directory.
    pub fn in_dir(state: &StateDir) -> Self {
        Checks(state.file("checks"))
    }

    /// Returns the counts stored under `name`, a single word.
    pub fn recall(&self, name: &str) -> Option<CheckCounts> {
        let text = self.0.read().ok()??;
        let text = String::from_utf8_lossy(&text);
        text.lines().rev().find_map(|line| {
            // An incomplete line lacks the final full stop.
            let mut words = line.strip_suffix('.')?.split(' ');
            let is_named = words.next() == Some(name);
            let mut number = || words.next()?.parse().ok();
            let (files, identities, unread) = (number()?, number()?, number()?);
            let registry = words.next()?.parse().ok()?;
            let counts = CheckCounts { files, identities, unread, registry };
            (is_named && words.next().is_none()).then_some(counts)
        })
    }

    /// Stores the counts of a check without findings under these names.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn remember(&self, names: &[String], counts: CheckCounts) -> Result<(), StoreError> {
        let CheckCounts { files, identities, unread, registry } = counts;
        let line = |name| format!("{name} {files} {identities} {unread} {registry}.\n");
        let lines: String = names.iter().map(line).collect();
        if self.0.read()?.is_some_and(|text| text.len() > LARGE) {
            return self.0.replace(lines.as_bytes());
        }
        self.0.append(&lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Sharing;

    #[test]
    fn only_complete_lines_are_read() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let checks = Checks::in_dir(&StateDir::of(dir.path(), Sharing::default()));
        assert_eq!(checks.recall("a"), None);
        let registry = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391".parse().expect("an id");
        let counts = CheckCounts { files: 3, identities: 4, unread: 2, registry };
        let names = ["a".to_owned(), "b".to_owned()];
        checks.remember(&names, counts).expect("writable");
        assert_eq!([checks.recall("a"), checks.recall("b")], [Some(counts); 2]);
        let torn = format!("c 3 4 2 {registry}");
        checks.0.append(&torn).expect("appended");
        assert_eq!(checks.recall("c"), None);
        checks.0.append(&"x\n".repeat(LARGE)).expect("appended");
        checks.remember(&["d".to_owned()], counts).expect("writable");
        assert_eq!([checks.recall("a"), checks.recall("d")], [None, Some(counts)]);
    }
}
