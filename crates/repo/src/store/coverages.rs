//! The cache of coverage counts by tree: `idhooks/coverage` in the common git directory.
//!
//! It may be deleted at any time.

use std::collections::BTreeMap;

use idhooks_core::check::Coverage;
use idhooks_core::registry::hex;
use sha2::{Digest, Sha256};

use super::{StateDir, StateFile, StoreError};

/// The version of the counting rules. Counts by other rules are ignored.
const RULES: &str = "1";
/// How many bytes of its digest end a line.
const SUM: usize = 4;

/// The counts, by tree.
#[derive(Debug)]
pub struct Coverages {
    file: StateFile,
    counts: BTreeMap<String, Coverage>,
    unsaved: String,
    is_damaged: bool,
}

impl Coverages {
    /// Reads the cache of this state directory. What cannot be read counts as missing.
    pub fn in_dir(state: &StateDir) -> Self {
        let file = state.file("coverage");
        let text = file.read().ok().flatten().unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let counts: BTreeMap<String, Coverage> = text.lines().filter_map(read).collect();
        let is_damaged = counts.len() < text.lines().count();
        Coverages { file, counts, unsaved: String::new(), is_damaged }
    }

    /// Returns the count of a tree.
    pub fn recall(&self, tree: &str) -> Option<Coverage> {
        self.counts.get(tree).copied()
    }

    /// Adds the count of a tree.
    pub fn note(&mut self, tree: &str, coverage: Coverage) {
        self.counts.insert(tree.to_owned(), coverage);
        self.unsaved.push_str(&line(tree, coverage));
    }

    /// Writes the counts added since the last save, or all counts if the file was damaged.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn save(&mut self) -> Result<(), StoreError> {
        let unsaved = std::mem::take(&mut self.unsaved);
        if self.is_damaged {
            self.is_damaged = false;
            let all: String = self.counts.iter().map(|(tree, count)| line(tree, *count)).collect();
            return self.file.replace(all.as_bytes());
        }
        if unsaved.is_empty() { Ok(()) } else { self.file.append(&unsaved) }
    }
}

fn line(tree: &str, Coverage { files, covered }: Coverage) -> String {
    let content = format!("{RULES} {tree} {files} {covered}");
    format!("{content} {}\n", checksum(&content))
}

fn checksum(content: &str) -> String {
    hex::encode(&Sha256::digest(content)[..SUM])
}

fn read(line: &str) -> Option<(String, Coverage)> {
    let (content, sum) = line.rsplit_once(' ')?;
    let words: Vec<&str> = content.split(' ').collect();
    let [RULES, tree, files, covered] = words[..] else { return None };
    let coverage = Coverage { files: files.parse().ok()?, covered: covered.parse().ok()? };
    (checksum(content) == sum).then(|| (tree.to_owned(), coverage))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Sharing;

    #[test]
    fn intact_lines_are_read_and_damaged_ones_are_ignored() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("idhooks/coverage");
        let [one, two] = [1, 2].map(|covered| Coverage { files: 7, covered });
        let state = StateDir::of(dir.path(), Sharing::default());
        let mut cache = Coverages::in_dir(&state);
        assert_eq!(cache.recall("a"), None);
        cache.note("a", one);
        cache.save().expect("writable");
        cache.note("b", two);
        cache.save().expect("writable");
        let text = std::fs::read_to_string(&file).expect("readable");
        assert_eq!(text.lines().count(), 2);
        let damaged = text.replace("a 7 1", "a 7 3") + "1 c 5";
        std::fs::write(&file, damaged).expect("writable");
        let mut cache = Coverages::in_dir(&state);
        assert_eq!(["a", "b", "c"].map(|tree| cache.recall(tree)), [None, Some(two), None]);
        cache.note("a", one);
        cache.save().expect("writable");
        assert_eq!(std::fs::read_to_string(&file).expect("readable"), text);
        std::fs::write(&file, [0xff, b'\n', 0]).expect("writable");
        assert_eq!(Coverages::in_dir(&state).recall("a"), None);
    }
}
