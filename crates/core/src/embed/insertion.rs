//! [`Insertion`]: where an identity would be written.

use crate::registry::Id;

use super::mark::Mark;
use super::obstacle::Obstacle;

/// The position at which an identity would be written, with the text around it.
pub(super) struct Insertion {
    pub(super) at: usize,
    pub(super) before: Vec<u8>,
    pub(super) after: Vec<u8>,
}

impl Insertion {
    /// Returns the content with an identity at this position.
    pub(super) fn into_content(self, content: &[u8], id: Id) -> Vec<u8> {
        let (head, rest) = content.split_at(self.at.min(content.len()));
        let id = id.to_string();
        [head, &self.before, id.as_bytes(), &self.after, rest].concat()
    }
}

/// The marks in a file, in order, and the place where one could be written.
pub(super) type HeadPlace = (Vec<Mark>, Result<Insertion, Obstacle>);
