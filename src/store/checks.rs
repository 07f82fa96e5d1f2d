//! `idhooks/checks` in the common git directory: indexes in which a check found nothing.
//!
//! Only a cache: it may be deleted at any time.

use crate::registry::BlobId;

use super::{StateDir, StateFile, StoreError};

/// Above this size in bytes only what the last check found out is kept.
const LARGE: usize = 64 << 10;

/// What a check counted that found nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckCounts {
    /// Tracked files.
    pub files: usize,
    /// Records of the registry.
    pub identities: usize,
    /// Files with a head that was not read.
    pub unread: usize,
    /// The registry, which has to be there for the same to be found again.
    pub registry: BlobId,
}

/// The file that remembers checks without findings.
#[derive(Debug, Clone)]
pub struct Checks(StateFile);

impl Checks {
    /// Returns the memory kept in the common git directory.
    pub fn in_dir(state: &StateDir) -> Self {
        Checks(state.file("checks"))
    }

    /// Returns what was counted where `name`, a word, was found to be without a fault.
    pub fn recall(&self, name: &str) -> Option<CheckCounts> {
        let text = self.0.read().ok()??;
        let text = String::from_utf8_lossy(&text);
        text.lines().rev().find_map(|line| {
            // A line that was torn when it was written lacks its full stop.
            let mut words = line.strip_suffix('.')?.split(' ');
            let is_it = words.next() == Some(name);
            let mut number = || words.next()?.parse().ok();
            let (files, identities, unread) = (number()?, number()?, number()?);
            let registry = words.next()?.parse().ok()?;
            let counted = CheckCounts { files, identities, unread, registry };
            (is_it && words.next().is_none()).then_some(counted)
        })
    }

    /// Remembers what was counted where nothing was found.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn remember(&self, names: &[String], counted: CheckCounts) -> Result<(), StoreError> {
        let CheckCounts { files, identities, unread, registry } = counted;
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
    fn whole_lines_are_recalled() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let checks = Checks::in_dir(&StateDir::of(dir.path(), Sharing::default()));
        assert_eq!(checks.recall("a"), None);
        let registry = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391".parse().expect("an id");
        let counted = CheckCounts { files: 3, identities: 4, unread: 2, registry };
        let names = ["a".to_owned(), "b".to_owned()];
        checks.remember(&names, counted).expect("writable");
        assert_eq!([checks.recall("a"), checks.recall("b")], [Some(counted); 2]);
        let torn = format!("c 3 4 2 {registry}");
        checks.0.append(&torn).expect("appended");
        assert_eq!(checks.recall("c"), None);
        checks.0.append(&"x\n".repeat(LARGE)).expect("appended");
        checks.remember(&["d".to_owned()], counted).expect("writable");
        assert_eq!([checks.recall("a"), checks.recall("d")], [None, Some(counted)]);
    }
}
