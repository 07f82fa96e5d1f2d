//! What a file carries, and where.

use std::ops::Range;

use crate::registry::Id;

/// The name under which an identity is carried, whatever its case.
pub(super) const KEY: &str = "doc_id";

/// A `doc_id` at the head of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    text: String,
    /// Its value, with the quotes it may have.
    value: Range<usize>,
    /// What goes when it goes.
    whole: Range<usize>,
    is_quoted: bool,
}

impl Mark {
    /// Takes up a value that stands at `value`, in quotes where `is_quoted` says so.
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

    /// Returns what it says.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the identity it says, if it is one.
    pub fn id(&self) -> Option<Id> {
        self.text.parse().ok()
    }

    /// Returns whether it says 16 digits: an identity, or the placeholder of one.
    pub fn is_digits(&self) -> bool {
        self.text.len() == Id::PLACEHOLDER.len() && self.text.bytes().all(|b| b.is_ascii_digit())
    }

    pub(super) fn replaced(&self, content: &[u8], id: Id) -> Vec<u8> {
        let id = match self.is_quoted {
            true => format!("\"{id}\""),
            false => id.to_string(),
        };
        [&content[..self.value.start], id.as_bytes(), &content[self.value.end..]].concat()
    }

    pub(super) fn removed(&self, content: &[u8]) -> Vec<u8> {
        [&content[..self.whole.start], &content[self.whole.end..]].concat()
    }
}

/// Returns the content without these marks, which are in their order. Of two keys of one object
/// that share a comma only one goes; the other one can be found again in what is left.
pub(super) fn all_removed(content: &[u8], marks: &[Mark]) -> Vec<u8> {
    let (mut rest, mut at) = (Vec::with_capacity(content.len()), 0);
    for mark in marks {
        if mark.whole.start >= at {
            rest.extend_from_slice(&content[at..mark.whole.start]);
            at = mark.whole.end;
        }
    }
    rest.extend_from_slice(&content[at..]);
    rest
}

/// Returns where the value stands in the inside of a comment that says nothing but
/// `doc_id: <value>`.
pub(super) fn value_in(inside: &[u8]) -> Option<Range<usize>> {
    let from = inside.len() - inside.trim_ascii_start().len();
    let key = inside.get(from..from + KEY.len())?;
    if !key.eq_ignore_ascii_case(KEY.as_bytes()) {
        return None;
    }
    let rest = &inside[from + KEY.len()..];
    let after = rest.trim_ascii_start().strip_prefix(b":")?;
    let value = after.trim_ascii();
    if value.is_empty() || value.iter().any(u8::is_ascii_whitespace) {
        return None;
    }
    let start = inside.len() - after.trim_ascii_start().len();
    Some(start..start + value.len())
}
