//! Lines of a file: where something is, and on which lines nothing counts.

use std::ops::Range;

use memchr::{memchr, memchr_iter, memmem, memrchr};

use super::word_bounds::can_end_before;

/// Switches off the line that contains it.
const IGNORE: &str = "idhooks: ignore";
/// The mark at the start of some UTF-8 files, which editors do not count as a character.
pub(super) const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Counts lines and characters in a single pass.
pub(super) struct LineCounter<'t> {
    text: &'t str,
    at: usize,
    line: usize,
    column: usize,
}

impl<'t> LineCounter<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let at = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        LineCounter { text, at, line: 1, column: 1 }
    }

    /// Returns the line and the character of a position, from 1. Positions must ascend.
    pub(super) fn place(&mut self, at: usize) -> [usize; 2] {
        let passed = &self.text[self.at..at];
        let start = memrchr(b'\n', passed.as_bytes()).map(|end| end + 1);
        if start.is_some() {
            self.line += memchr_iter(b'\n', passed.as_bytes()).count();
            self.column = 1;
        }
        self.column += passed[start.unwrap_or(0)..].chars().count();
        self.at = at;
        [self.line, self.column]
    }
}

/// Returns the lines that are switched off, in order.
pub(super) fn ignored_lines(text: &str) -> Vec<Range<usize>> {
    let mut lines: Vec<Range<usize>> = Vec::new();
    for at in memmem::find_iter(text.as_bytes(), IGNORE) {
        let is_known = lines.last().is_some_and(|last| last.contains(&at));
        // A longer word, such as 'ignored', is a sentence about something else.
        if is_known || !can_end_before(&text[at + IGNORE.len()..]) {
            continue;
        }
        let start = memrchr(b'\n', &text.as_bytes()[..at]).map_or(0, |end| end + 1);
        let end = memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |end| at + end);
        lines.push(start..end);
    }
    lines
}
