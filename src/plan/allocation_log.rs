//! The clone's memory of the identities it has given.

use std::cell::{Cell, OnceCell};
use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::registry::{Id, Origin, Timestamp};

/// So often the lines are searched before they are sorted into a book: a commit asks for a few, an
/// adoption for every file.
const SEARCHES: u32 = 256;
/// How long a line is, without its end.
const LINE: usize = 16 + 1 + 16 + 1 + 20;

/// Identities this clone has given, on any branch, committed or not.
///
/// Kept as lines `<origin> <id> <allocated_at>`; the last line of an origin wins, torn lines
/// are ignored. Never read by merge, check or healing.
#[derive(Debug, Clone, Default)]
pub struct AllocationLog {
    text: Vec<u8>,
    lines: OnceCell<LogLines>,
    searches: Cell<u32>,
    books: OnceCell<Books>,
}

/// What the lines that may be whole begin with, in their order.
#[derive(Debug, Clone, Default)]
struct LogLines {
    origins: Vec<Origin>,
    ids: Vec<Id>,
    /// Where they begin.
    starts: Vec<usize>,
}

#[derive(Debug, Clone, Default)]
struct Books {
    by_origin: HashMap<Origin, (Id, Timestamp), RandomState>,
    by_id: HashMap<Id, Origin, RandomState>,
}

impl AllocationLog {
    /// Reads the lines; what is not such a line is ignored.
    pub fn parse(mut text: Vec<u8>) -> Self {
        // Without its line end a line may be torn, even if it looks whole.
        text.truncate(text.iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1));
        AllocationLog { text, ..AllocationLog::default() }
    }

    /// Returns the line that remembers one gift.
    pub fn line(origin: Origin, id: Id, at: Timestamp) -> String {
        let mut line = String::with_capacity(LINE + 1);
        Self::write_line(&mut line, origin, id, at);
        line
    }

    /// Appends that line.
    pub fn write_line(lines: &mut String, origin: Origin, id: Id, at: Timestamp) {
        for (digits, end) in [(origin.digits(), ' '), (id.digits(), ' ')] {
            lines.push_str(std::str::from_utf8(&digits).unwrap_or_default());
            lines.push(end);
        }
        lines.push_str(at.as_str());
        lines.push('\n');
    }

    /// Returns how much so many lines take, in bytes.
    pub fn length_of(lines: usize) -> usize {
        lines * (LINE + 1)
    }

    /// Returns what was given to an origin.
    pub fn to(&self, origin: Origin) -> Option<(Id, Timestamp)> {
        if let Some(books) = self.books() {
            return books.by_origin.get(&origin).copied();
        }
        let lines = self.lines();
        let mut found = (0..lines.starts.len()).rev().filter(|n| lines.origins[*n] == origin);
        found.find_map(|n| self.gift(lines.starts[n])).map(|(_, id, at)| (id, at))
    }

    /// Returns whether an identity was given to another origin.
    pub fn is_taken(&self, id: Id, by_other_than: Origin) -> bool {
        let holder = match self.books() {
            Some(books) => books.by_id.get(&id).copied(),
            None => {
                let lines = self.lines();
                let mut found = (0..lines.starts.len()).rev().filter(|n| lines.ids[*n] == id);
                found.find_map(|n| self.gift(lines.starts[n])).map(|gift| gift.0)
            }
        };
        holder.is_some_and(|origin| origin != by_other_than)
    }

    fn lines(&self) -> &LogLines {
        self.lines.get_or_init(|| LogLines::of(&self.text))
    }

    /// Returns what the line that begins at a place says.
    fn gift(&self, start: usize) -> Option<(Origin, Id, Timestamp)> {
        gift(self.text.get(start..start + LINE)?)
    }

    /// Returns everything that was given, once it was asked for often enough.
    fn books(&self) -> Option<&Books> {
        self.searches.set(self.searches.get().saturating_add(1));
        (self.searches.get() > SEARCHES).then(|| self.books.get_or_init(|| Books::of(&self.text)))
    }
}

impl LogLines {
    fn of(text: &[u8]) -> Self {
        let most = text.len() / (LINE + 1);
        let mut lines = LogLines {
            origins: Vec::with_capacity(most),
            ids: Vec::with_capacity(most),
            starts: Vec::with_capacity(most),
        };
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', text) {
            let line = &text[start..end];
            if let Some((origin, id)) = Some(line).filter(|l| l.len() == LINE).and_then(names) {
                lines.origins.push(origin);
                lines.ids.push(id);
                lines.starts.push(start);
            }
            start = end + 1;
        }
        lines
    }
}

/// Returns what a line begins with; whether it goes on as it must is another question.
fn names(line: &[u8]) -> Option<(Origin, Id)> {
    let (origin, rest) = line.split_first_chunk()?;
    let (id, _) = rest.get(1..)?.split_first_chunk()?;
    Some((Origin::from_digits(origin)?, Id::from_digits(id)?))
}

impl Books {
    fn of(text: &[u8]) -> Self {
        let mut books = Books::default();
        for (origin, id, at) in text.split(|b| *b == b'\n').filter_map(gift) {
            books.by_origin.insert(origin, (id, at));
            books.by_id.insert(id, origin);
        }
        books
    }
}

/// Reads a line.
fn gift(line: &[u8]) -> Option<(Origin, Id, Timestamp)> {
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    let (origin, id, at) = (words.next()?, words.next()?, words.next()?);
    let gift = (origin.parse().ok()?, id.parse().ok()?, at.parse().ok()?);
    words.next().is_none().then_some(gift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_whole_line_of_an_origin_wins() {
        let given = AllocationLog::parse(
            b"c122650e81a52c85 0110073814260118 2026-01-01T00:00:00Z\nnonsense\n\xff\xfe\nc122650e81a52c85 0110073107260118 2026-01-02T00:00:00Z\nc122650e81a52c85 0110073397260118 2026-01-03T00:00:00Z".to_vec(),
        );
        let origin: Origin = "c122650e81a52c85".parse().expect("valid");
        let other: Origin = "0000000000000000".parse().expect("valid");
        let (id, at) = given.to(origin).expect("given");
        assert_eq!(id.to_string(), "0110073107260118");
        assert_eq!(
            AllocationLog::line(origin, id, at),
            "c122650e81a52c85 0110073107260118 2026-01-02T00:00:00Z\n"
        );
        let passed_on = "0110073814260118".parse().expect("valid");
        // Searched at first, then taken up.
        for _ in 0..2 * SEARCHES {
            assert_eq!(given.to(origin).map(|(id, _)| id), Some(id));
            assert_eq!(given.to(other), None);
            assert!(given.is_taken(id, other) && !given.is_taken(id, origin));
            assert!(given.is_taken(passed_on, other) && !given.is_taken(passed_on, origin));
        }
    }
}
