//! [`Mark`]: a `doc_id` in a file, and its position; [`Insertion`]: where a new `doc_id` would be
//! written.

use std::ops::Range;

use crate::registry::Id;

use super::obstacle::Obstacle;
use super::text::line_end;

/// The key that holds a file's identity, matched in any case.
pub(super) const KEY: &str = "doc_id";

/// Returns whether the key is anywhere in a file's content.
pub(super) fn has_key(content: &[u8]) -> bool {
    // The underscore is the rarest of the key's letters, and has no case.
    let before = KEY.len() / 2;
    memchr::memchr_iter(b'_', content).any(|at| {
        let key = at.checked_sub(before).and_then(|from| content.get(from..from + KEY.len()));
        key.is_some_and(|key| key.eq_ignore_ascii_case(KEY.as_bytes()))
    })
}

/// A `doc_id` at the head of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The value.
    pub text: String,
    /// The range of its value, including any quotes.
    value: Range<usize>,
    /// The range to delete when the mark is removed.
    whole: Range<usize>,
    is_quoted: bool,
}

impl Mark {
    /// Returns the mark whose value is at `value`, in quotes if `is_quoted`.
    pub(super) fn new(
        content: &[u8],
        value: Range<usize>,
        whole: Range<usize>,
        is_quoted: bool,
    ) -> Self {
        let text = String::from_utf8_lossy(&content[value.clone()]);
        let text = text.trim_matches(|c| matches!(c, '"' | '\'')).to_owned();
        Mark { text, value, whole, is_quoted }
    }

    /// Returns the identity, if the value is a valid one.
    pub fn id(&self) -> Option<Id> {
        self.text.parse().ok()
    }

    /// Returns whether the value consists of 16 digits, like an identity or the placeholder.
    pub fn is_digits(&self) -> bool {
        self.text.len() == Id::PLACEHOLDER.len() && self.text.bytes().all(|b| b.is_ascii_digit())
    }

    /// Returns where its value is in the file, including any quotes.
    pub fn value_range(&self) -> Range<usize> {
        self.value.clone()
    }

    /// Returns where the mark begins.
    pub(super) fn start(&self) -> usize {
        self.value.start
    }

    pub(super) fn replaced(&self, content: &[u8], id: Id) -> Vec<u8> {
        let id = if self.is_quoted { format!("\"{id}\"") } else { id.to_string() };
        [&content[..self.value.start], id.as_bytes(), &content[self.value.end..]].concat()
    }

    pub(super) fn removed(&self, content: &[u8]) -> Vec<u8> {
        [&content[..self.whole.start], &content[self.whole.end..]].concat()
    }
}

/// The position where an identity would be written, and the text to write around it.
pub(super) struct Insertion {
    pub(super) at: usize,
    pub(super) before: Vec<u8>,
    pub(super) after: Vec<u8>,
}

impl Insertion {
    /// Returns the insertion adjusted for its position: after a last line without a line ending,
    /// the insertion starts with a line ending instead of ending with one.
    pub(super) fn on_own_line(mut self, content: &[u8]) -> Self {
        if !content[..self.at].ends_with(b"\n") {
            // Without a line ending, the identity would be appended to the last line.
            self.before.splice(0..0, line_end(content).bytes());
            self.after.truncate(self.after.trim_ascii_end().len());
        }
        self
    }

    /// Returns the content with an identity inserted here.
    pub(super) fn into_content(self, content: &[u8], id: Id) -> Vec<u8> {
        let (head, rest) = content.split_at(self.at.min(content.len()));
        let id = id.to_string();
        [head, &self.before, id.as_bytes(), &self.after, rest].concat()
    }
}

/// The marks in a file, in order, and the place where a new one could be written.
pub(super) type HeadPlace = (Vec<Mark>, Result<Insertion, Obstacle>);

/// Returns the content without these marks, which must be in order. If two keys in an object share
/// a comma, only one of them is removed; read the result again to find the other.
pub(super) fn all_removed(content: &[u8], marks: &[Mark]) -> Vec<u8> {
    let (mut rest, mut at) = (Vec::with_capacity(content.len()), 0);
    for mark in marks {
        // Ranges that share a comma overlap.
        if mark.whole.start >= at {
            rest.extend_from_slice(&content[at..mark.whole.start]);
            at = mark.whole.end;
        }
    }
    rest.extend_from_slice(&content[at..]);
    rest
}

/// Returns the position of the value in a comment whose text is just `doc_id: <value>`.
pub(super) fn value_in(inside: &[u8]) -> Option<Range<usize>> {
    let from = inside.len() - inside.trim_ascii_start().len();
    let key = inside.get(from..from + KEY.len())?;
    if !key.eq_ignore_ascii_case(KEY.as_bytes()) {
        return None;
    }
    let rest = &inside[from + KEY.len()..];
    let after = rest.trim_ascii_start().strip_prefix(b":")?;
    let value = after.trim_ascii();
    // A sentence that starts with `doc_id:` is a comment for human readers.
    if value.is_empty() || value.iter().any(u8::is_ascii_whitespace) {
        return None;
    }
    let start = inside.len() - after.trim_ascii_start().len();
    Some(start..start + value.len())
}
