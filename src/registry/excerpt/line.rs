//! A record that stands on its line in the plainest canonical form.

use std::ops::Range;

use super::super::path::is_inside;
use super::super::{Id, Origin, Status, Timestamp, key};

/// What a line says, borrowed from it.
///
/// Only of records as most are: one name, text without escapes, metadata of plain strings. All
/// others are read in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordLine<'a> {
    /// The identity.
    pub id: Id,
    /// The path, which is UTF-8.
    pub path: &'a [u8],
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
    /// The identity that another tool gave the file.
    pub doc_id: Option<&'a str>,
}

/// How a record begins.
const OPENING: &[u8; 7] = br#"{"id":""#;
/// Where the digits of its identity are.
pub(super) const ID: Range<usize> = OPENING.len()..OPENING.len() + 16;

/// Keys of `metadata` whose form or meaning is not that of a plain string.
const TYPED: [&str; 5] = [key::ORIGIN, key::CLAIM, key::ALIASES, key::SHADOWED, key::PATH_HEX];

/// Reads lines of one text, which have much in common.
#[derive(Debug, Default)]
pub(super) struct LineReader {
    /// A date that was read, to know it again.
    date: [u8; 20],
}

impl LineReader {
    /// Reads the record with this identity that `text` is, if its form is the plainest one.
    pub(super) fn read<'a>(&mut self, id: Id, text: &'a [u8]) -> Option<RecordLine<'a>> {
        // The record begins with the identity that was read from it.
        let mut rest = LineRest { text, at: ID.end };
        rest.literal(br#"","file_path":""#)?;
        let path = rest.path()?;
        rest.literal(br#","allocated_at":""#)?;
        let date = rest.chunk()?;
        rest.literal(br#"","status":""#)?;
        let status = rest.status()?;
        rest.literal(br#","metadata":{"origin":""#)?;
        let origin = Origin::from_digits(rest.chunk()?)?;
        rest.literal(b"\"")?;
        let (last_blob, reason, link, doc_id) = (None, None, None, None);
        let mut line = RecordLine { id, path, status, origin, last_blob, reason, link, doc_id };
        if rest.literal(b"}}").is_none() {
            rest.metadata(&mut line)?;
            rest.literal(b"}}")?;
        }
        (rest.at == text.len() && self.is_date(date)).then_some(line)
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
    let mut rest = LineRest { text, at: 0 };
    rest.literal(OPENING)?;
    Id::from_digits(rest.chunk()?)
}

/// What is still to be read of a line.
struct LineRest<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> LineRest<'a> {
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

    /// Takes a path inside the repository as [`Self::plain`] does, with one look at most of them.
    fn path(&mut self) -> Option<&'a [u8]> {
        let at = self.at;
        let rest = self.text.get(at..)?;
        let path = &rest[..memchr::memchr(b'"', rest)?];
        let (first, last) = (*path.first()?, *path.last()?);
        let ends = (first == b'/') | (first == b'.') | (last == b'/');
        if ends || may_be_odd(rest, path.len()) {
            let text = self.plain()?;
            return Some(text.as_bytes()).filter(|path| is_inside(path));
        }
        self.at = at + path.len() + 1;
        Some(path)
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
    fn metadata(&mut self, line: &mut RecordLine<'a>) -> Option<()> {
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
            } else if name == key::DOC_ID {
                line.doc_id = Some(value);
            } else if key::LINKS.contains(&name) {
                line.link = Some(value);
            }
            before = name;
        }
        Some(())
    }
}

/// How many bytes are looked at together.
const BLOCK: usize = 16;

/// Returns whether some of the first `length` bytes, or what follows them, may be nothing that a
/// plain path has: escapes, other than ASCII, a component that is empty or begins with a dot.
///
/// Of most lines what follows a path is plain, too, so whole blocks are looked at, which a
/// processor does at once.
fn may_be_odd(text: &[u8], length: usize) -> bool {
    (0..length).step_by(BLOCK).any(|at| {
        let Some(block) = text.get(at..).and_then(<[u8]>::first_chunk::<{ BLOCK + 1 }>) else {
            return true;
        };
        let mut odd = false;
        for n in 0..BLOCK {
            let (one, next) = (block[n], block[n + 1]);
            let is_odd = !(0x20..0x80).contains(&one) | (one == b'\\');
            odd |= is_odd | (one == b'/') & ((next == b'/') | (next == b'.'));
        }
        odd
    })
}
