//! [`RecordLine`]: a single-line record in the plainest canonical form.

use std::ops::Range;

use crate::registry::json::string_end;
use crate::registry::{Id, Origin, Status, Timestamp, key, path::is_inside};

/// The values in a line, borrowed from it.
///
/// This covers only ordinary records: one identity, strings without escapes, and metadata that
/// consists of plain strings. All other records are parsed in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordLine<'a> {
    /// The identity.
    pub id: Id,
    /// The path, in UTF-8.
    pub path: &'a [u8],
    /// The time of the allocation, in UTF-8.
    pub allocated_at: &'a [u8],
    /// The status.
    pub status: Status,
    /// The origin.
    pub origin: Origin,
    /// The file's blob at the time it was deleted.
    pub last_blob: Option<&'a str>,
    /// The reason for deprecation, if the record has one.
    pub reason: Option<&'a str>,
    /// The identity of another record that this record links to.
    pub link: Option<&'a str>,
    /// The identity that another tool gave the file.
    pub doc_id: Option<&'a str>,
    /// Whether the record is active and has no metadata but its origin.
    pub is_bare: bool,
}

/// The text that every record begins with.
const OPENING: &[u8; 7] = br#"{"id":""#;
/// The position of the identity's digits.
pub(super) const ID: Range<usize> = OPENING.len()..OPENING.len() + 16;

/// The text before the path.
const BEFORE_PATH: &[u8; 15] = br#"","file_path":""#;
/// The texts around the date and the origin of an active record without other metadata.
const BEFORE_DATE: &[u8; 18] = br#"","allocated_at":""#;
const BEFORE_ORIGIN: &[u8; 42] = br#"","status":"active","metadata":{"origin":""#;
const AFTER_ORIGIN: &[u8; 3] = br#""}}"#;
/// The length of everything after the path of such a record.
const TAIL: usize = BEFORE_DATE.len() + 20 + BEFORE_ORIGIN.len() + 16 + AFTER_ORIGIN.len();

/// The `metadata` keys with values that are not plain strings.
const TYPED: [&str; 6] =
    [key::ORIGIN, key::CLAIM, key::ALIASES, key::SHADOWED, key::PATH_HEX, key::LEGACY_SPELLING];

/// Reads the lines of one file, which have much in common.
#[derive(Debug, Default)]
pub(super) struct LineReader {
    /// The last valid date, kept so that the same date need not be validated again.
    date: [u8; 20],
}

impl LineReader {
    /// Reads `text` as the record with this identity, if it has the plainest form.
    pub(super) fn read<'a>(&mut self, id: Id, text: &'a [u8]) -> Option<RecordLine<'a>> {
        if let Some(line) = self.read_shortest(id, text) {
            return Some(line);
        }
        // `id` was read from this record, so its digits can be skipped.
        let mut rest = LineRest { text, at: ID.end };
        rest.literal(BEFORE_PATH)?;
        let path = rest.path()?;
        rest.literal(br#","allocated_at":""#)?;
        let date = rest.chunk()?;
        rest.literal(br#"","status":""#)?;
        let status = rest.status()?;
        // The canonical form has a fixed key order, so the text between the values is fixed too.
        rest.literal(br#","metadata":{"origin":""#)?;
        let origin = Origin::from_digits(rest.chunk()?)?;
        rest.literal(b"\"")?;
        let (last_blob, reason, link, doc_id) = (None, None, None, None);
        let (allocated_at, is_bare) = (date, false);
        let mut line = RecordLine {
            id,
            path,
            allocated_at,
            status,
            origin,
            last_blob,
            reason,
            link,
            doc_id,
            is_bare,
        };
        if rest.literal(b"}}").is_none() {
            rest.metadata(&mut line)?;
            rest.literal(b"}}")?;
        }
        (rest.at == text.len() && self.is_date(date)).then_some(line)
    }

    /// Reads an active record without metadata other than its origin, as most records are: all that
    /// varies in length is the path, so everything else is at a known distance from the end.
    fn read_shortest<'a>(&mut self, id: Id, text: &'a [u8]) -> Option<RecordLine<'a>> {
        let rest = text.get(ID.end..)?.strip_prefix(BEFORE_PATH)?;
        let (path, tail) = rest.split_last_chunk::<TAIL>()?;
        let (before, tail) = tail.split_first_chunk()?;
        let (allocated_at, tail) = tail.split_first_chunk()?;
        let (between, tail) = tail.split_first_chunk()?;
        let (origin, after) = tail.split_first_chunk()?;
        let is_it = before == BEFORE_DATE && between == BEFORE_ORIGIN && after == AFTER_ORIGIN;
        if !is_it || memchr::memchr(b'"', path).is_some() || !is_plain_path(path, rest) {
            return None;
        }
        let origin = Origin::from_digits(origin)?;
        let (status, none) = (Status::Active, None);
        self.is_date(allocated_at).then_some(RecordLine {
            id,
            path,
            allocated_at,
            status,
            origin,
            last_blob: none,
            reason: none,
            link: none,
            doc_id: none,
            is_bare: true,
        })
    }

    fn is_date(&mut self, date: &[u8; 20]) -> bool {
        // Adoption gives all records the same date, so most lines have the same date as the
        // previous one.
        if *date != self.date {
            if !std::str::from_utf8(date).is_ok_and(Timestamp::is_plain) {
                return false;
            }
            self.date = *date;
        }
        true
    }
}

/// Returns the identity at the start of a line.
pub(super) fn id(text: &[u8]) -> Option<Id> {
    let mut rest = LineRest { text, at: 0 };
    rest.literal(OPENING)?;
    Id::from_digits(rest.chunk()?)
}

/// The values at the start of every canonical record.
#[derive(Debug, Clone, Copy)]
pub(super) struct LineStart<'a> {
    /// The path as written, including escapes.
    pub(super) path: &'a [u8],
    /// The status.
    pub(super) status: Status,
}

/// Reads the start of the record with this identity.
pub(super) fn start(text: &[u8]) -> Option<LineStart<'_>> {
    let mut rest = LineRest { text, at: ID.end };
    rest.literal(br#"","file_path":""#)?;
    let path = rest.escaped()?;
    rest.literal(br#","allocated_at":""#)?;
    rest.escaped()?;
    rest.literal(br#","status":""#)?;
    Some(LineStart { path, status: rest.status()? })
}

/// The rest of a line that has not been read yet.
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

    /// Consumes a status, including its closing quote.
    fn status(&mut self) -> Option<Status> {
        match self.literal(b"active\"") {
            Some(()) => Some(Status::Active),
            None => Status::parse(self.plain()?),
        }
    }

    /// Consumes a path inside the repository, like [`Self::plain`], but with a fast check that is
    /// enough for most paths.
    fn path(&mut self) -> Option<&'a [u8]> {
        let at = self.at;
        let rest = self.text.get(at..)?;
        let path = &rest[..memchr::memchr(b'"', rest)?];
        if !is_plain_path(path, rest) {
            let text = self.plain()?;
            return Some(text.as_bytes()).filter(|path| is_inside(path));
        }
        self.at = at + path.len() + 1;
        Some(path)
    }

    /// Consumes a string verbatim, including its closing quote.
    fn escaped(&mut self) -> Option<&'a [u8]> {
        // The opening quote has already been consumed.
        let (start, end) = (self.at, string_end(self.text, self.at - 1));
        self.at = end;
        let taken = self.text.get(start..end)?;
        taken.strip_suffix(b"\"")
    }

    /// Consumes a string without escapes, including its closing quote.
    fn plain(&mut self) -> Option<&'a str> {
        let rest = self.text.get(self.at..)?;
        let length = memchr::memchr(b'"', rest)?;
        let taken = &rest[..length];
        let is_odd = taken.iter().fold(false, |odd, b| odd | (*b < 0x20) | (*b == b'\\'));
        let text = std::str::from_utf8(taken).ok().filter(|_| !is_odd)?;
        self.at += length + 1;
        Some(text)
    }

    /// Reads the metadata after the origin.
    fn metadata(&mut self, line: &mut RecordLine<'a>) -> Option<()> {
        let mut before = "";
        while self.literal(b",\"").is_some() {
            let name = self.plain()?;
            self.literal(b":\"")?;
            let value = self.plain()?;
            // An active record with keys for deprecated records is not plain, nor is a record with
            // two links.
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

/// How many bytes to check at once.
const BLOCK: usize = 16;

/// Returns whether the text that `rest` begins with is certain to be a path inside a repository,
/// without escapes.
fn is_plain_path(path: &[u8], rest: &[u8]) -> bool {
    let (Some(first), Some(last)) = (path.first(), path.last()) else { return false };
    let has_odd_end = (*first == b'/') | (*first == b'.') | (*last == b'/');
    !has_odd_end && !may_be_odd(rest, path.len())
}

/// Returns whether the first `length` bytes, or bytes shortly after them, may contain something
/// that a plain path does not: an escape, a non-ASCII byte, or a component that is empty or begins
/// with a dot.
///
/// In most lines, the text after the path is plain too, so whole blocks can be checked, which is
/// fast.
fn may_be_odd(text: &[u8], length: usize) -> bool {
    (0..length).step_by(BLOCK).any(|at| {
        let block = |at: usize| text.get(at..).and_then(<[u8]>::first_chunk::<BLOCK>);
        let (Some(bytes), Some(next)) = (block(at), block(at + 1)) else { return true };
        // Without a branch, the compiler checks all bytes of a block at once.
        let is_odd = |(byte, next): (&u8, &u8)| {
            let is_printable = byte.wrapping_sub(b' ') < 0x60;
            let ends_component = (*byte == b'/') & ((*next == b'/') | (*next == b'.'));
            !is_printable | (*byte == b'\\') | ends_component
        };
        bytes.iter().zip(next).fold(false, |odd, pair| odd | is_odd(pair))
    })
}
