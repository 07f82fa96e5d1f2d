//! `idhooks/histories` in the common git directory: commits of histories already checked.
//!
//! Only a cache: it may be deleted at any time.

use std::collections::HashMap;

use crate::check::IdBinding;

use super::{StateDir, StateFile, StoreError};

/// Above this size in bytes only what the last check found out is kept.
const LARGE: usize = 64 << 20;

/// The file that remembers commits with which nothing is wrong, by their trees.
#[derive(Debug)]
pub struct Histories {
    file: StateFile,
    size: usize,
    known: HashMap<String, String>,
    fresh: String,
}

impl Histories {
    /// Reads the memory kept in the common git directory; one that cannot be read is empty.
    pub fn in_dir(state: &StateDir) -> Self {
        let file = state.file("histories");
        let text = file.read().ok().flatten().unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        // A line that was torn when it was written lacks its full stop.
        let whole = text.lines().filter_map(|line| line.strip_suffix('.')?.split_once('|'));
        let known = whole.map(|(trees, names)| (trees.to_owned(), names.to_owned())).collect();
        Histories { file, size: text.len(), known, fresh: String::new() }
    }

    /// Returns the names that a commit with these trees (its own, then its parents') brings, if
    /// nothing is wrong with it.
    pub fn recall(&self, trees: &str) -> Option<Vec<IdBinding>> {
        let names = self.known.get(trees)?;
        names.split_whitespace().map(|name| name.parse().ok()).collect()
    }

    /// Returns whether something is known of a commit with these trees.
    pub fn knows(&self, trees: &str) -> bool {
        self.known.contains_key(trees)
    }

    /// Notes that nothing is wrong with a commit with these trees.
    pub fn note(&mut self, trees: &str, names: &[IdBinding]) {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        self.fresh.push_str(&format!("{trees}|{}.\n", names.join(" ")));
    }

    /// Writes what was noted since the last time.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(&mut self) -> Result<(), StoreError> {
        let fresh = std::mem::take(&mut self.fresh);
        if fresh.is_empty() {
            return Ok(());
        }
        if self.size > LARGE {
            self.size = fresh.len();
            return self.file.replace(fresh.as_bytes());
        }
        self.size += fresh.len();
        self.file.append(&fresh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Sharing;

    #[test]
    fn whole_lines_are_remembered_and_torn_ones_are_not() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let name: IdBinding = "0110073814260118/c122650e81a52c85".parse().expect("a name");
        let state = StateDir::of(dir.path(), Sharing::default());
        let mut histories = Histories::in_dir(&state);
        assert_eq!(histories.recall("a b"), None);
        histories.note("a b", &[name, name]);
        histories.note("a", &[]);
        histories.save().expect("writable");
        state.file("histories").append("c|0110073814260118/c12265").expect("appended");
        let histories = Histories::in_dir(&state);
        assert_eq!(histories.recall("a b"), Some(vec![name, name]));
        assert_eq!(histories.recall("a"), Some(Vec::new()));
        assert_eq!(histories.recall("c"), None);
    }
}
