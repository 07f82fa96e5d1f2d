//! [`FixPlace`]: a place where a rule matched, and its replacement.

use super::refusal::FixRefusal;

/// A place where a rule matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixPlace {
    /// The line, starting at 1.
    pub line: usize,
    /// The column in characters, starting at 1.
    pub column: usize,
    /// The matched code.
    pub found: String,
    /// The replacement, or the reason the place is left alone.
    pub outcome: Result<String, FixRefusal>,
    /// The import statement added for the replacement, if any.
    pub import: Option<String>,
}

impl FixPlace {
    /// Returns the line and column right after the matched code.
    pub fn end(&self) -> (usize, usize) {
        let chars = |text: &str| text.chars().count();
        match self.found.rsplit_once('\n') {
            Some((before, last)) => (self.line + before.matches('\n').count() + 1, chars(last) + 1),
            None => (self.line, self.column + chars(&self.found)),
        }
    }

    /// Returns whether a line and column lie within the matched code.
    pub fn contains(&self, place: (usize, usize)) -> bool {
        (self.line, self.column) <= place && place < self.end()
    }
}
