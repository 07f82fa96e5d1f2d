//! The cache of checked commits: `idhooks/histories` in the common git directory.
//!
//! It may be deleted at any time.

use std::collections::HashMap;

use idhooks_core::check::IdBinding;

use super::{StateDir, StateFile, StoreError};

/// Above this size in bytes, only the results of the last check are kept.
const LARGE: usize = 64 << 20;

/// Commits without faults, by their trees.
#[derive(Debug)]
pub struct Histories {
    file: StateFile,
    size: usize,
    commits: HashMap<String, String>,
    unsaved: String,
}

impl Histories {
    /// Reads the cache of this state directory. One that cannot be read counts as empty.
    pub fn in_dir(state: &StateDir) -> Self {
        let file = state.file("histories");
        let text = file.read().ok().flatten().unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        // An incomplete line lacks the final full stop.
        let lines = text.lines().filter_map(|line| line.strip_suffix('.')?.split_once('|'));
        let commits = lines.map(|(trees, names)| (trees.to_owned(), names.to_owned())).collect();
        Histories { file, size: text.len(), commits, unsaved: String::new() }
    }

    /// Returns the identities that a commit with these trees (its own, then its parents') adds, if
    /// the commit has no faults.
    pub fn recall(&self, trees: &str) -> Option<Vec<IdBinding>> {
        let names = self.commits.get(trees)?;
        names.split_whitespace().map(|name| name.parse().ok()).collect()
    }

    /// Returns whether the cache has a commit with these trees.
    pub fn knows(&self, trees: &str) -> bool {
        self.commits.contains_key(trees)
    }

    /// Adds a commit without faults and with these trees.
    pub fn note(&mut self, trees: &str, names: &[IdBinding]) {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        self.unsaved.push_str(&format!("{trees}|{}.\n", names.join(" ")));
    }

    /// Writes the commits added since the last save.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn save(&mut self) -> Result<(), StoreError> {
        let unsaved = std::mem::take(&mut self.unsaved);
        if unsaved.is_empty() {
            return Ok(());
        }
        if self.size > LARGE {
            self.size = unsaved.len();
            return self.file.replace(unsaved.as_bytes());
        }
        self.size += unsaved.len();
        self.file.append(&unsaved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Sharing;

    #[test]
    fn complete_lines_are_read_and_torn_ones_are_ignored() {
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
