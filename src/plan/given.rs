//! The clone's memory of the identities it has given.

use std::cell::{Cell, OnceCell};
use std::collections::BTreeMap;

use memchr::memmem;

use crate::registry::{Id, Origin, Timestamp};

/// So often the text is searched before all of it is taken up: a commit asks for a few, an
/// adoption for every file.
const SEARCHES: u32 = 64;

/// Identities this clone has given, on any branch, committed or not.
///
/// Kept as lines `<origin> <id> <allocated_at>`; the last line of an origin wins, torn lines
/// are ignored. Never read by merge, check or healing.
#[derive(Debug, Clone, Default)]
pub struct Given {
    text: Vec<u8>,
    searches: Cell<u32>,
    books: OnceCell<Books>,
}

#[derive(Debug, Clone, Default)]
struct Books {
    by_origin: BTreeMap<Origin, (Id, Timestamp)>,
    by_id: BTreeMap<Id, Origin>,
}

impl Given {
    /// Reads the lines; what is not such a line is ignored.
    pub fn parse(mut text: Vec<u8>) -> Self {
        // Without its line end a line may be torn, even if it looks whole.
        text.truncate(text.iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1));
        Given { text, ..Given::default() }
    }

    /// Returns the line that remembers one gift.
    pub fn line(origin: Origin, id: Id, at: Timestamp) -> String {
        format!("{origin} {id} {at}\n")
    }

    /// Returns what was given to an origin.
    pub fn to(&self, origin: Origin) -> Option<(Id, Timestamp)> {
        if let Some(books) = self.books() {
            return books.by_origin.get(&origin).copied();
        }
        let last = self.last(&format!("{origin} "), |gift| gift.0 == origin);
        last.map(|(_, id, at)| (id, at))
    }

    /// Returns whether an identity was given to another origin.
    pub fn is_taken(&self, id: Id, by_other_than: Origin) -> bool {
        let holder = match self.books() {
            Some(books) => books.by_id.get(&id).copied(),
            None => self.last(&format!(" {id} "), |gift| gift.1 == id).map(|gift| gift.0),
        };
        holder.is_some_and(|origin| origin != by_other_than)
    }

    /// Returns everything that was given, once it was asked for often enough.
    fn books(&self) -> Option<&Books> {
        self.searches.set(self.searches.get().saturating_add(1));
        (self.searches.get() > SEARCHES).then(|| self.books.get_or_init(|| Books::of(&self.text)))
    }

    /// Returns the last gift that is the one, among the lines with a text.
    fn last(
        &self,
        text: &str,
        is_it: impl Fn(&(Origin, Id, Timestamp)) -> bool,
    ) -> Option<(Origin, Id, Timestamp)> {
        // Forwards, which is many times faster than backwards.
        let found = memmem::find_iter(&self.text, text).filter_map(|at| {
            let start = self.text[..at].iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
            let line = self.text[start..].split(|b| *b == b'\n').next().unwrap_or_default();
            gift(line).filter(&is_it)
        });
        found.last()
    }
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
        let given = Given::parse(
            b"c122650e81a52c85 0110073814260118 2026-01-01T00:00:00Z\nnonsense\n\xff\xfe\nc122650e81a52c85 0110073107260118 2026-01-02T00:00:00Z\nc122650e81a52c85 0110073397260118 2026-01-03T00:00:00Z".to_vec(),
        );
        let origin: Origin = "c122650e81a52c85".parse().expect("valid");
        let other: Origin = "0000000000000000".parse().expect("valid");
        let (id, at) = given.to(origin).expect("given");
        assert_eq!(id.to_string(), "0110073107260118");
        assert_eq!(
            Given::line(origin, id, at),
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
