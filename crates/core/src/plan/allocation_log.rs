//! The log of identities that a clone has allocated.

use std::cell::{Cell, OnceCell};
use std::collections::HashMap;
use std::io::{self, Read};

use foldhash::fast::RandomState;

use crate::registry::{Id, Origin, Timestamp, Window};

/// How many linear searches to do before building an index: a commit needs only a few searches, but
/// an adoption needs one for every file.
const SEARCHES: u32 = 256;
/// How many lines to make room for at most, whatever the length of the file.
const MOST_ROOM: u64 = 1 << 22;
/// The length of a date.
const DATE: usize = 20;
/// The length of a line, not counting its line ending.
const LINE: usize = 16 + 1 + 16 + 1 + DATE;

/// The identities that this clone has allocated on any branch, committed or not.
///
/// The log consists of lines `<origin> <id> <allocated_at>`. The last line for an origin wins;
/// incomplete lines are ignored. Merging, checking and healing never read the log.
#[derive(Debug, Clone, Default)]
pub struct AllocationLog {
    /// The origin in each line.
    origins: Vec<Origin>,
    /// The identity in each line.
    ids: Vec<Id>,
    /// The dates, each with the first of the lines in a row that have it: an adoption gives all of
    /// its lines the same date.
    dates: Vec<(usize, Timestamp)>,
    searches: Cell<u32>,
    index: OnceCell<LogIndex>,
}

/// The last line for each origin and each identity.
#[derive(Debug, Clone, Default)]
struct LogIndex {
    by_origin: HashMap<Origin, usize, RandomState>,
    by_id: HashMap<Id, usize, RandomState>,
}

impl AllocationLog {
    /// Parses the complete lines; ignores any others.
    pub fn parse(text: &[u8]) -> Self {
        // A slice can always be read.
        Self::read(text, text.len() as u64).unwrap_or_default()
    }

    /// Reads the complete lines of a text of about this length in bytes; ignores any others.
    ///
    /// # Errors
    /// Returns an error if the text cannot be read.
    pub fn read(text: impl Read, length: u64) -> io::Result<Self> {
        let (mut log, mut rest) = (AllocationLog::default(), Window::of(text));
        // Growing step by step would touch much more memory.
        let lines = (length / (LINE as u64 + 1)).min(MOST_ROOM) as usize;
        log.origins.reserve(lines);
        log.ids.reserve(lines);
        let mut date = [0; DATE];
        while let Some((length, entry)) = next_line(&mut rest) {
            rest.step(length);
            let Some((origin, id, at)) = entry else { continue };
            // Comparing dates is faster than parsing them.
            if at != date || log.dates.is_empty() {
                let Some(parsed) = parse_date(at) else { continue };
                log.dates.push((log.ids.len(), parsed));
                date = at;
            }
            log.origins.push(origin);
            log.ids.push(id);
        }
        rest.into_result().map(|()| log)
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
        let n = match self.index() {
            Some(index) => *index.by_origin.get(&origin)?,
            None => self.origins.iter().rposition(|other| *other == origin)?,
        };
        let after = self.dates.partition_point(|(first, _)| *first <= n);
        Some((*self.ids.get(n)?, self.dates.get(after.checked_sub(1)?)?.1))
    }

    /// Returns whether this identity was allocated to another origin.
    pub fn is_taken(&self, id: Id, by_other_than: Origin) -> bool {
        self.holder(id).is_some_and(|origin| origin != by_other_than)
    }

    /// Returns whether this identity was allocated to any origin.
    pub fn has(&self, id: Id) -> bool {
        self.holder(id).is_some()
    }

    /// Returns the last origin that this identity was allocated to.
    fn holder(&self, id: Id) -> Option<Origin> {
        let n = match self.index() {
            Some(index) => index.by_id.get(&id).copied(),
            None => self.ids.iter().rposition(|other| *other == id),
        };
        n.map(|n| self.origins[n])
    }

    /// Returns the index, but only once there have been enough searches to make it worthwhile.
    fn index(&self) -> Option<&LogIndex> {
        self.searches.set(self.searches.get().saturating_add(1));
        let index = || LogIndex {
            by_origin: self.origins.iter().enumerate().map(|(n, origin)| (*origin, n)).collect(),
            by_id: self.ids.iter().enumerate().map(|(n, id)| (*id, n)).collect(),
        };
        (self.searches.get() > SEARCHES).then(|| self.index.get_or_init(index))
    }
}

/// An origin, an identity, and a date that has not been parsed.
type LogLine = (Origin, Id, [u8; DATE]);

/// Returns the length of the next line, and its content if it is complete.
fn next_line(text: &mut Window<impl Read>) -> Option<(usize, Option<LogLine>)> {
    // Nearly every line is complete, which is found faster than the end of the line.
    if let Some(entry) = text.next(LINE + 1).and_then(parse_line) {
        return Some((LINE + 1, Some(entry)));
    }
    // A last line without a line ending may be incomplete even if it looks complete.
    let line = text.line()?;
    Some((line.len(), parse_line(line)))
}

/// Parses a line with its line ending, except for the date.
fn parse_line(line: &[u8]) -> Option<LogLine> {
    let (origin, rest) = line.split_first_chunk()?;
    let (id, rest) = rest.strip_prefix(b" ")?.split_first_chunk()?;
    let (at, rest) = rest.strip_prefix(b" ")?.split_first_chunk()?;
    (rest == b"\n").then_some((Origin::from_digits(origin)?, Id::from_digits(id)?, *at))
}

fn parse_date(text: [u8; DATE]) -> Option<Timestamp> {
    std::str::from_utf8(&text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_last_complete_line_of_an_origin_wins() {
        let given = AllocationLog::parse(
            b"c122650e81a52c85 0110073814260118 2026-01-01T00:00:00Z\nnonsense\n\xff\xfe\nc122650e81a52c85 0110073107260118 2026-01-02T00:00:00Z\nc122650e81a52c85 0110073397260118 2026-01-03T00:00:00Z",
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

    proptest! {
        #[test]
        fn only_complete_lines_count(
            lines in prop::collection::vec((0_u64..6, 1_u32..6, 0_u32..3, 0_usize..70, 0_u8..4), 0..40),
        ) {
            let mut text = String::new();
            for (origin, sequence, day, cut, kind) in lines {
                let origin: Origin = format!("{origin:016x}").parse().expect("valid");
                let id = format!("01100{sequence:05}260118").parse().expect("valid");
                let at = format!("2026-01-0{}T00:00:00Z", day + 1).parse().expect("valid");
                let line = AllocationLog::line(origin, id, at);
                match kind {
                    // Torn, with and without a line ending, or followed by something else.
                    0 => text.push_str(&line[..cut.min(LINE)]),
                    1 => text.push_str(&format!("{}\n", &line[..cut.min(LINE)])),
                    2 => text.push_str(&line.replace("-01-0", "-13-0")),
                    _ => text.push_str(&line),
                }
            }
            let log = AllocationLog::parse(text.as_bytes());
            let ends = text.rfind('\n').map_or(0, |end| end + 1);
            let complete = text[..ends].lines().filter(|line| line.len() == LINE);
            let complete: Vec<(Origin, Id, Timestamp)> = complete
                .filter_map(|line| {
                    let words: Vec<&str> = line.split(' ').collect();
                    let [origin, id, at] = words[..] else { return None };
                    Some((origin.parse().ok()?, id.parse().ok()?, at.parse().ok()?))
                })
                .collect();
            for n in 0..6_u64 {
                let origin: Origin = format!("{n:016x}").parse().expect("valid");
                let last = complete.iter().rfind(|line| line.0 == origin);
                assert_eq!(log.find(origin), last.map(|(_, id, at)| (*id, *at)));
                let id = format!("01100{n:05}260118").parse::<Id>();
                if let Ok(id) = id {
                    let last = complete.iter().rfind(|line| line.1 == id);
                    assert_eq!(log.is_taken(id, origin), last.is_some_and(|l| l.0 != origin));
                }
            }
        }
    }
}
