//! The cache of consistency results: `idhooks/verdicts` in the common git directory.
//!
//! It may be deleted at any time.

use super::{StateDir, StateFile, StoreError};

/// Above this size in bytes, the older half is dropped.
const LARGE: usize = 256 << 10;

/// The file that records which commits are consistent, by their trees.
#[derive(Debug, Clone)]
pub struct Verdicts(StateFile);

impl Verdicts {
    /// Returns the cache of this state directory.
    pub fn in_dir(state: &StateDir) -> Self {
        Verdicts(state.file("verdicts"))
    }

    /// Returns whether a commit with these trees (its own, then its parents') is consistent, or
    /// `None` if it was never checked.
    pub fn recall(&self, trees: &str) -> Option<bool> {
        let text = self.0.read().ok()??;
        // The last line counts.
        let line = format!(" {trees}\n");
        memchr::memmem::rfind_iter(&text, &line).find_map(|found| {
            let start = memchr::memrchr(b'\n', &text[..found]).map_or(0, |end| end + 1);
            match &text[start..found] {
                b"true" => Some(true),
                b"false" => Some(false),
                _ => None,
            }
        })
    }

    /// Records whether a commit with these trees is consistent.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn remember(&self, trees: &str, is_consistent: bool) -> Result<(), StoreError> {
        if let Some(text) = self.0.read()?.filter(|text| text.len() > LARGE) {
            let half = text.len() / 2;
            let line = text[half..].iter().position(|b| *b == b'\n').map_or(half, |n| half + n + 1);
            self.0.replace(&text[line..])?;
        }
        self.0.append(&format!("{is_consistent} {trees}\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Sharing;

    #[test]
    fn the_last_line_counts() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let verdicts = Verdicts::in_dir(&StateDir::of(dir.path(), Sharing::default()));
        assert_eq!(verdicts.recall("a b"), None);
        verdicts.remember("a b", false).expect("writable");
        verdicts.remember("a", true).expect("writable");
        assert_eq!(verdicts.recall("a b"), Some(false));
        verdicts.remember("a b", true).expect("writable");
        assert_eq!(verdicts.recall("a b"), Some(true));
        assert_eq!(verdicts.recall("b"), None);
        verdicts.0.append("true b a\ntrue torn").expect("appended");
        assert_eq!(
            ["b", "torn", "a"].map(|trees| verdicts.recall(trees)),
            [None, None, Some(true)]
        );
    }
}
