//! The references found in a file, and the file with those references updated.

use std::{collections::BTreeMap, ops::Range};

/// A place that may refer to a file being moved but is left unchanged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DoubtfulReference {
    /// The line number, counted from 1.
    pub line: usize,
    /// A description, including the reason that the place is left unchanged.
    pub what: String,
    /// Whether the place is an import that the program cannot run without.
    pub blocks: bool,
}

/// The references to files being moved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FoundReference {
    /// The replacements by start position, each with its end; they do not overlap.
    edits: BTreeMap<usize, (usize, String)>,
    /// The places that are left unchanged.
    pub doubts: Vec<DoubtfulReference>,
}

impl FoundReference {
    /// Returns whether there is nothing to replace.
    pub fn is_unchanged(&self) -> bool {
        self.edits.is_empty()
    }

    /// Returns the file with all replacements applied.
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

    /// Replaces some bytes with a string.
    pub(super) fn edit(&mut self, place: Range<usize>, text: impl Into<String>) {
        self.edits.insert(place.start, (place.end, text.into()));
    }

    /// Records a doubt about the place at an offset in `text`.
    pub(super) fn doubt(&mut self, text: &str, at: usize, what: impl Into<String>) {
        self.push_doubt(text, at, what.into(), false);
    }

    /// Records a doubt about an import at an offset in `text`.
    pub(super) fn block(&mut self, text: &str, at: usize, what: impl Into<String>) {
        self.push_doubt(text, at, what.into(), true);
    }

    fn push_doubt(&mut self, text: &str, at: usize, what: String, blocks: bool) {
        let line = 1 + text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count();
        self.doubts.push(DoubtfulReference { line, what, blocks });
    }

    /// Adds the references in documentation that was extracted from this file line by line. `place`
    /// and `line` translate its offsets and line numbers. Since it is documentation, nothing in it
    /// blocks the change.
    pub(super) fn merge_inner(
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
        self.doubts.extend(doubts.map(|d| DoubtfulReference {
            line: line(d.line),
            blocks: false,
            ..d
        }));
    }

    /// Sorts the doubts and removes duplicates.
    pub(super) fn sort_doubts(&mut self) {
        self.doubts.sort();
        self.doubts.dedup();
    }
}
