//! [`FixPlace`]: a place that a rule matched, and its replacement.

use super::refusal::FixRefusal;

/// A place where a rule found something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixPlace {
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// The code that was found.
    pub found: String,
    /// Its replacement, or the reason why it stays.
    pub outcome: Result<String, FixRefusal>,
    /// The import statement that is added for it, if one is.
    pub import: Option<String>,
}

impl FixPlace {
    /// Returns the line and the column after the code that was found.
    pub fn end(&self) -> (usize, usize) {
        let chars = |text: &str| text.chars().count();
        match self.found.rsplit_once('\n') {
            Some((before, last)) => (self.line + before.matches('\n').count() + 1, chars(last) + 1),
            None => (self.line, self.column + chars(&self.found)),
        }
    }

    /// Returns whether a place, as line and column, is in the code that was found.
    pub fn contains(&self, place: (usize, usize)) -> bool {
        (self.line, self.column) <= place && place < self.end()
    }
}
