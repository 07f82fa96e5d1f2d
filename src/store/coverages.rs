//! `idhooks/coverage` in the common git directory: how many files of a tree have an identity.
//!
//! Only a cache: it may be deleted at any time.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::check::Coverage;
use crate::registry::hex;

use super::{StateDir, StateFile, StoreError};

/// The rules by which files were counted; what was counted by others is not recalled.
const RULES: &str = "1";
/// How many bytes of its digest stand at the end of a line.
const SUM: usize = 4;

/// The file that remembers what was counted, by the trees.
#[derive(Debug)]
pub struct Coverages {
    file: StateFile,
    known: BTreeMap<String, Coverage>,
    fresh: String,
    is_damaged: bool,
}

impl Coverages {
    /// Reads the memory kept in the common git directory; what cannot be read there is as good as
    /// unknown.
    pub fn in_dir(state: &StateDir) -> Self {
        let file = state.file("coverage");
        let text = file.read().ok().flatten().unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let known: BTreeMap<String, Coverage> = text.lines().filter_map(read).collect();
        let is_damaged = known.len() < text.lines().count();
        Coverages { file, known, fresh: String::new(), is_damaged }
    }

    /// Returns what was counted in a tree.
    pub fn recall(&self, tree: &str) -> Option<Coverage> {
        self.known.get(tree).copied()
    }

    /// Notes what was counted in a tree.
    pub fn note(&mut self, tree: &str, coverage: Coverage) {
        self.known.insert(tree.to_owned(), coverage);
        self.fresh.push_str(&line(tree, coverage));
    }

    /// Writes what was noted since the last time; all of it where the file was damaged.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(&mut self) -> Result<(), StoreError> {
        let fresh = std::mem::take(&mut self.fresh);
        if self.is_damaged {
            self.is_damaged = false;
            let all: String = self.known.iter().map(|(tree, count)| line(tree, *count)).collect();
            return self.file.replace(all.as_bytes());
        }
        if fresh.is_empty() { Ok(()) } else { self.file.append(&fresh) }
    }
}

fn line(tree: &str, Coverage { files, covered }: Coverage) -> String {
    let said = format!("{RULES} {tree} {files} {covered}");
    format!("{said} {}\n", sum(&said))
}

fn sum(said: &str) -> String {
    hex::encode(&Sha256::digest(said)[..SUM])
}

fn read(line: &str) -> Option<(String, Coverage)> {
    let (said, told) = line.rsplit_once(' ')?;
    let words: Vec<&str> = said.split(' ').collect();
    let [RULES, tree, files, covered] = words[..] else { return None };
    let coverage = Coverage { files: files.parse().ok()?, covered: covered.parse().ok()? };
    (sum(said) == told).then(|| (tree.to_owned(), coverage))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Sharing;

    #[test]
    fn whole_lines_are_remembered_and_damaged_ones_are_not() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("idhooks/coverage");
        let [one, two] = [1, 2].map(|covered| Coverage { files: 7, covered });
        let state = StateDir::of(dir.path(), Sharing::default());
        let mut memory = Coverages::in_dir(&state);
        assert_eq!(memory.recall("a"), None);
        memory.note("a", one);
        memory.save().expect("writable");
        memory.note("b", two);
        memory.save().expect("writable");
        let text = std::fs::read_to_string(&file).expect("readable");
        assert_eq!(text.lines().count(), 2);
        let damaged = text.replace("a 7 1", "a 7 3") + "1 c 5";
        std::fs::write(&file, damaged).expect("writable");
        let mut memory = Coverages::in_dir(&state);
        assert_eq!(["a", "b", "c"].map(|tree| memory.recall(tree)), [None, Some(two), None]);
        memory.note("a", one);
        memory.save().expect("writable");
        assert_eq!(std::fs::read_to_string(&file).expect("readable"), text);
        std::fs::write(&file, [0xff, b'\n', 0]).expect("writable");
        assert_eq!(Coverages::in_dir(&state).recall("a"), None);
    }
}
