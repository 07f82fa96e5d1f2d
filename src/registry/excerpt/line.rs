//! A record that stands on its line in the plainest canonical form.

use super::super::path::is_inside;
use super::super::{Status, Timestamp, hex, key};

/// What a line says, borrowed from it.
///
/// Only of records as most are: one name, text without escapes, metadata of plain strings. All
/// others are read in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// The 16 digits.
    pub id: &'a str,
    /// The path, which is UTF-8.
    pub path: &'a str,
    /// The state.
    pub status: Status,
    /// The 16 hexadecimal digits of the origin.
    pub origin: &'a str,
    /// The blob the file had when it was deleted.
    pub last_blob: Option<&'a str>,
    /// The identity of another record that this one names.
    pub link: Option<&'a str>,
    /// Where the line ends, without comma.
    pub(super) length: usize,
}

/// Keys of `metadata` whose form or meaning is not that of a plain string.
const TYPED: [&str; 5] = [key::ORIGIN, key::CLAIM, key::ALIASES, key::SHADOWED, key::PATH_HEX];

/// Reads the record that `text` begins with, if its form is the plainest one.
pub(super) fn read<'a>(text: &'a str) -> Option<Line<'a>> {
    let mut rest = Rest { text, at: 0 };
    rest.literal(r#"{"id":""#)?;
    let id = rest.digits()?;
    rest.literal(r#"","file_path":""#)?;
    let path = rest.plain()?;
    rest.literal(r#","allocated_at":""#)?;
    let allocated_at = rest.take(20)?;
    rest.literal(r#"","status":""#)?;
    let status = Status::from_word(rest.plain()?)?;
    rest.literal(r#","metadata":{"origin":""#)?;
    let origin = rest.take(16)?;
    rest.literal("\"")?;
    let (mut last_blob, mut link) = (None, None);
    let mut before = "";
    while rest.literal(",\"").is_some() {
        let name = rest.plain()?;
        rest.literal(":\"")?;
        let value = rest.plain()?;
        // What only retired records have, and a second link, are nothing plain.
        let odd = TYPED.contains(&name)
            || (status == Status::Active && key::OF_STATUS.contains(&name))
            || (link.is_some() && key::LINKS.contains(&name));
        if name <= before || odd {
            return None;
        }
        if name == key::LAST_BLOB {
            last_blob = Some(value);
        } else if key::LINKS.contains(&name) {
            link = Some(value);
        }
        before = name;
    }
    rest.literal("}}")?;
    let fits =
        is_inside(path.as_bytes()) && Timestamp::is_plain(allocated_at) && hex::is_plain(origin);
    fits.then_some(Line { id, path, status, origin, last_blob, link, length: rest.at })
}

/// What is still to be read of a line.
struct Rest<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Rest<'a> {
    fn literal(&mut self, wanted: &str) -> Option<()> {
        let end = self.at + wanted.len();
        (self.text.as_bytes().get(self.at..end)? == wanted.as_bytes()).then(|| self.at = end)
    }

    fn take(&mut self, length: usize) -> Option<&'a str> {
        let taken = self.text.get(self.at..self.at + length)?;
        self.at += length;
        Some(taken)
    }

    /// Takes the 16 digits of an identity, whose sequence is not 00000.
    fn digits(&mut self) -> Option<&'a str> {
        let digits = self.take(16)?;
        let all = digits.bytes().all(|b| b.is_ascii_digit());
        (all && &digits[5..10] != "00000").then_some(digits)
    }

    /// Takes a string without escapes, and its closing quote.
    fn plain(&mut self) -> Option<&'a str> {
        let rest = &self.text.as_bytes()[self.at..];
        let length = rest.iter().position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f))?;
        if rest[length] != b'"' {
            return None;
        }
        let taken = &self.text[self.at..self.at + length];
        self.at += length + 1;
        Some(taken)
    }
}
