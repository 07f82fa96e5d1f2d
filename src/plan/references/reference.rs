//! What was found in a file, and the file with other names in it.

use std::collections::BTreeMap;
use std::ops::Range;

/// Something that may name a file that moves, and is left as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Doubt {
    /// Its line, counted from 1.
    pub line: usize,
    /// What it is, and why it was left.
    pub what: String,
    /// Whether it is an import, without which a program does not run.
    pub blocks: bool,
}

/// What names files that move.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FoundReference {
    /// What is put in the place of which bytes; no two of them meet.
    edits: BTreeMap<usize, (usize, String)>,
    /// What is left.
    pub doubts: Vec<Doubt>,
}

impl FoundReference {
    /// Returns whether nothing is to be changed.
    pub fn is_unchanged(&self) -> bool {
        self.edits.is_empty()
    }

    /// Returns the file with all changes.
    pub fn apply(&self, bytes: &[u8]) -> Vec<u8> {
        let (mut new, mut at) = (Vec::with_capacity(bytes.len() + 32 * self.edits.len()), 0);
        for (start, (end, text)) in &self.edits {
            new.extend_from_slice(&bytes[at..*start]);
            new.extend_from_slice(text.as_bytes());
            at = *end;
        }
        new.extend_from_slice(&bytes[at..]);
        new
    }

    /// Puts a text in the place of some bytes.
    pub(super) fn edit(&mut self, place: Range<usize>, text: impl Into<String>) {
        self.edits.insert(place.start, (place.end, text.into()));
    }

    /// Notes what is left, which begins at a place of `text`.
    pub(super) fn doubt(&mut self, text: &str, at: usize, what: impl Into<String>) {
        self.leave(text, at, what.into(), false);
    }

    /// Notes an import that is left, which begins at a place of `text`.
    pub(super) fn block(&mut self, text: &str, at: usize, what: impl Into<String>) {
        self.leave(text, at, what.into(), true);
    }

    fn leave(&mut self, text: &str, at: usize, what: String, blocks: bool) {
        let line = 1 + text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count();
        self.doubts.push(Doubt { line, what, blocks });
    }

    /// Takes over what was found in a text that was taken out of this one, line by line; as
    /// documentation, it blocks nothing. `place` and `line` say where its places and lines are.
    pub(super) fn take_in(
        &mut self,
        inner: FoundReference,
        place: impl Fn(usize) -> usize,
        line: impl Fn(usize) -> usize,
    ) {
        for (start, (end, text)) in inner.edits {
            let start_here = place(start);
            self.edits.insert(start_here, (start_here + end - start, text));
        }
        let doubts = inner.doubts.into_iter();
        self.doubts.extend(doubts.map(|d| Doubt { line: line(d.line), blocks: false, ..d }));
    }

    /// Puts doubts in their order, each once.
    pub(super) fn settle(&mut self) {
        self.doubts.sort();
        self.doubts.dedup();
    }
}
