//! A record that stands on its line in the plainest canonical form.

use super::super::path::is_inside;
use super::super::{Id, Origin, Status, Timestamp, key};

/// What a line says, borrowed from it.
///
/// Only of records as most are: one name, text without escapes, metadata of plain strings. All
/// others are read in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// The identity.
    pub id: Id,
    /// The path, which is UTF-8.
    pub path: &'a str,
    /// The state.
    pub status: Status,
    /// The origin.
    pub origin: Origin,
    /// The blob the file had when it was deleted.
    pub last_blob: Option<&'a str>,
    /// Why the record was deprecated, as far as it says so.
    pub reason: Option<&'a str>,
    /// The identity of another record that this one names.
    pub link: Option<&'a str>,
}

/// How a record begins.
const OPENING: &[u8; 7] = br#"{"id":""#;

/// Keys of `metadata` whose form or meaning is not that of a plain string.
const TYPED: [&str; 5] = [key::ORIGIN, key::CLAIM, key::ALIASES, key::SHADOWED, key::PATH_HEX];

/// Reads lines of one text, which have much in common.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// A date that was read, to know it again.
    date: [u8; 20],
}

impl Reader {
    /// Reads the record with this identity that `text` is, if its form is the plainest one.
    pub(super) fn read<'a>(&mut self, id: Id, text: &'a [u8]) -> Option<Line<'a>> {
        // The record begins with the identity that was read from it.
        let mut rest = Rest { text, at: OPENING.len() + 16 };
        rest.literal(br#"","file_path":""#)?;
        let path = rest.plain()?;
        rest.literal(br#","allocated_at":""#)?;
        let date = rest.chunk()?;
        rest.literal(br#"","status":""#)?;
        let status = rest.status()?;
        rest.literal(br#","metadata":{"origin":""#)?;
        let origin = Origin::from_digits(rest.chunk()?)?;
        rest.literal(b"\"")?;
        let mut line = Line { id, path, status, origin, last_blob: None, reason: None, link: None };
        if rest.literal(b"}}").is_none() {
            rest.metadata(&mut line)?;
            rest.literal(b"}}")?;
        }
        let is_whole = rest.at == text.len();
        (is_whole && is_plainly_inside(path) && self.is_date(date)).then_some(line)
    }

    fn is_date(&mut self, date: &[u8; 20]) -> bool {
        if *date != self.date {
            if !std::str::from_utf8(date).is_ok_and(Timestamp::is_plain) {
                return false;
            }
            self.date = *date;
        }
        true
    }
}

/// Returns the identity that a line begins with.
pub(super) fn id(text: &[u8]) -> Option<Id> {
    let mut rest = Rest { text, at: 0 };
    rest.literal(OPENING)?;
    Id::from_digits(rest.chunk()?)
}

/// Does the same as [`is_inside`], for most paths without a look at their parts.
fn is_plainly_inside(path: &str) -> bool {
    let bytes = path.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    let ends = *first == b'/' || *first == b'.' || *last == b'/';
    let next = bytes.iter().zip(&bytes[1..]);
    let is_odd = next
        .fold(ends, |odd, (one, next)| odd | (*one == b'/') & ((*next == b'/') | (*next == b'.')));
    !is_odd || is_inside(bytes)
}

/// What is still to be read of a line.
struct Rest<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Rest<'a> {
    fn chunk<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let chunk = self.text.get(self.at..)?.first_chunk()?;
        self.at += N;
        Some(chunk)
    }

    fn literal<const N: usize>(&mut self, wanted: &[u8; N]) -> Option<()> {
        let found = self.text.get(self.at..)?.first_chunk::<N>()?;
        (found == wanted).then(|| self.at += N)
    }

    /// Takes a state and its closing quote.
    fn status(&mut self) -> Option<Status> {
        match self.literal(b"active\"") {
            Some(()) => Some(Status::Active),
            None => Status::from_word(self.plain()?),
        }
    }

    /// Takes a string without escapes, and its closing quote.
    fn plain(&mut self) -> Option<&'a str> {
        let rest = self.text.get(self.at..)?;
        let length = memchr::memchr(b'"', rest)?;
        let taken = &rest[..length];
        let is_odd = taken.iter().fold(false, |odd, b| odd | (*b < 0x20) | (*b == b'\\'));
        let text = std::str::from_utf8(taken).ok().filter(|_| !is_odd)?;
        self.at += length + 1;
        Some(text)
    }

    /// Takes what follows the origin.
    fn metadata(&mut self, line: &mut Line<'a>) -> Option<()> {
        let mut before = "";
        while self.literal(b",\"").is_some() {
            let name = self.plain()?;
            self.literal(b":\"")?;
            let value = self.plain()?;
            // What only retired records have, and a second link, are nothing plain.
            let odd = TYPED.contains(&name)
                || (line.status == Status::Active && key::OF_STATUS.contains(&name))
                || (line.link.is_some() && key::LINKS.contains(&name));
            if name <= before || odd {
                return None;
            }
            if name == key::LAST_BLOB {
                line.last_blob = Some(value);
            } else if name == key::DEPRECATED_REASON {
                line.reason = Some(value);
            } else if key::LINKS.contains(&name) {
                line.link = Some(value);
            }
            before = name;
        }
        Some(())
    }
}
