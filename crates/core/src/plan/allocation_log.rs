//! The log of identities that a clone has allocated.

use std::cell::{Cell, OnceCell};
use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::registry::{Id, Origin, Timestamp};

/// How many linear searches to do before building an index: a commit needs only a few searches, but
/// an adoption needs one for every file.
const SEARCHES: u32 = 256;
/// The length of a line, not counting its line ending.
const LINE: usize = 16 + 1 + 16 + 1 + 20;

/// The identities that this clone has allocated on any branch, committed or not.
///
/// The log consists of lines `<origin> <id> <allocated_at>`. The last line for an origin wins;
/// incomplete lines are ignored. Merging, checking and healing never read the log.
#[derive(Debug, Clone, Default)]
pub struct AllocationLog {
    text: Vec<u8>,
    lines: OnceCell<LogLines>,
    searches: Cell<u32>,
    index: OnceCell<LogIndex>,
}

/// The starts of the lines that may be complete, in order.
#[derive(Debug, Clone, Default)]
struct LogLines {
    origins: Vec<Origin>,
    ids: Vec<Id>,
    /// The offset of each line.
    starts: Vec<usize>,
}

#[derive(Debug, Clone, Default)]
struct LogIndex {
    by_origin: HashMap<Origin, (Id, Timestamp), RandomState>,
    by_id: HashMap<Id, Origin, RandomState>,
}

impl AllocationLog {
    /// Parses the complete lines; ignores any others.
    pub fn parse(mut text: Vec<u8>) -> Self {
        // A last line without a line ending may be incomplete even if it looks complete.
        text.truncate(text.iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1));
        AllocationLog { text, ..AllocationLog::default() }
    }

    /// Formats the line that records an allocation.
    pub fn line(origin: Origin, id: Id, at: Timestamp) -> String {
        let mut line = String::with_capacity(LINE + 1);
        Self::write_line(&mut line, origin, id, at);
        line
    }

    /// Appends the line that records an allocation.
    pub fn write_line(lines: &mut String, origin: Origin, id: Id, at: Timestamp) {
        for (digits, end) in [(origin.digits(), ' '), (id.digits(), ' ')] {
            lines.push_str(std::str::from_utf8(&digits).unwrap_or_default());
            lines.push(end);
        }
        lines.push_str(at.as_str());
        lines.push('\n');
    }

    /// Returns the size of this many lines in bytes.
    pub fn length_of(lines: usize) -> usize {
        lines * (LINE + 1)
    }

    /// Returns the identity allocated to an origin, and its date.
    pub fn find(&self, origin: Origin) -> Option<(Id, Timestamp)> {
        if let Some(index) = self.index() {
            return index.by_origin.get(&origin).copied();
        }
        self.last_of(|lines| &lines.origins, origin).map(|(_, id, at)| (id, at))
    }

    /// Returns whether this identity was allocated to another origin.
    pub fn is_taken(&self, id: Id, by_other_than: Origin) -> bool {
        let holder = match self.index() {
            Some(index) => index.by_id.get(&id).copied(),
            None => self.last_of(|lines| &lines.ids, id).map(|entry| entry.0),
        };
        holder.is_some_and(|origin| origin != by_other_than)
    }

    /// Returns the last complete line whose value is among `values`.
    fn last_of<T: Copy + PartialEq>(
        &self,
        values: impl Fn(&LogLines) -> &[T],
        wanted: T,
    ) -> Option<(Origin, Id, Timestamp)> {
        let lines = self.lines.get_or_init(|| LogLines::of(&self.text));
        let mut rest = values(lines);
        loop {
            let place = rest.iter().rposition(|value| *value == wanted)?;
            // If this line's date is invalid, an earlier line is used.
            rest = &rest[..place];
            let start = lines.starts[place];
            if let Some(entry) = self.text.get(start..start + LINE).and_then(parse_entry) {
                return Some(entry);
            }
        }
    }

    /// Returns the index, but only once there have been enough searches to make it worthwhile.
    fn index(&self) -> Option<&LogIndex> {
        self.searches.set(self.searches.get().saturating_add(1));
        (self.searches.get() > SEARCHES)
            .then(|| self.index.get_or_init(|| LogIndex::of(&self.text)))
    }
}

impl LogLines {
    fn of(text: &[u8]) -> Self {
        // All complete lines have the same length, so there can be no more lines than this.
        let most = text.len() / (LINE + 1);
        let mut lines = LogLines {
            origins: Vec::with_capacity(most),
            ids: Vec::with_capacity(most),
            starts: Vec::with_capacity(most),
        };
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', text) {
            // The rest of a line is parsed only once a search finds the line.
            let line = Some(&text[start..end]).filter(|line| line.len() == LINE);
            if let Some((origin, id)) = line.and_then(parse_beginning) {
                lines.origins.push(origin);
                lines.ids.push(id);
                lines.starts.push(start);
            }
            start = end + 1;
        }
        lines
    }
}

/// Parses the start of a line; the rest is not checked.
fn parse_beginning(line: &[u8]) -> Option<(Origin, Id)> {
    let (origin, rest) = line.split_first_chunk()?;
    let (id, _) = rest.get(1..)?.split_first_chunk()?;
    Some((Origin::from_digits(origin)?, Id::from_digits(id)?))
}

impl LogIndex {
    fn of(text: &[u8]) -> Self {
        let mut index = LogIndex::default();
        for (origin, id, at) in text.split(|b| *b == b'\n').filter_map(parse_entry) {
            index.by_origin.insert(origin, (id, at));
            index.by_id.insert(id, origin);
        }
        index
    }
}

/// Parses a line.
fn parse_entry(line: &[u8]) -> Option<(Origin, Id, Timestamp)> {
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    let (origin, id, at) = (words.next()?, words.next()?, words.next()?);
    let entry = (origin.parse().ok()?, id.parse().ok()?, at.parse().ok()?);
    words.next().is_none().then_some(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_complete_line_of_an_origin_wins() {
        let given = AllocationLog::parse(
            b"c122650e81a52c85 0110073814260118 2026-01-01T00:00:00Z\nnonsense\n\xff\xfe\nc122650e81a52c85 0110073107260118 2026-01-02T00:00:00Z\nc122650e81a52c85 0110073397260118 2026-01-03T00:00:00Z".to_vec(),
        );
        let origin: Origin = "c122650e81a52c85".parse().expect("valid");
        let other: Origin = "0000000000000000".parse().expect("valid");
        let (id, at) = given.find(origin).expect("given");
        assert_eq!(id.to_string(), "0110073107260118");
        assert_eq!(
            AllocationLog::line(origin, id, at),
            "c122650e81a52c85 0110073107260118 2026-01-02T00:00:00Z\n"
        );
        let passed_on = "0110073814260118".parse().expect("valid");
        // The first lookups search linearly; later ones use the index.
        for _ in 0..2 * SEARCHES {
            assert_eq!(given.find(origin).map(|(id, _)| id), Some(id));
            assert_eq!(given.find(other), None);
            assert!(given.is_taken(id, other) && !given.is_taken(id, origin));
            assert!(given.is_taken(passed_on, other) && !given.is_taken(passed_on, origin));
        }
    }
}
