//! The log of identities that a clone has allocated.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::io::{self, Read, Seek};

use foldhash::fast::RandomState;

use crate::registry::{Id, Origin, Sieve, Timestamp, Window};

/// How many linear searches to do before building an index: a commit needs only a few searches, but
/// an adoption needs one for every file.
const SEARCHES: u32 = 256;
/// How many lines to make room for at most, whatever the length of the file.
const MOST_ROOM: u64 = 1 << 22;
/// The length in bytes of a log from which a sieve is made before its lines are parsed.
const LONG: u64 = 64 << 10;
/// The length of a date.
const DATE: usize = 20;
/// The length of a line, not counting its line ending.
const LINE: usize = 16 + 1 + 16 + 1 + DATE;

/// The identities that this clone has allocated on any branch, committed or not.
///
/// The log consists of lines `<origin> <id> <allocated_at>`. The last line for an origin wins;
/// incomplete lines are ignored. Merging, checking and healing never read the log.
#[derive(Default)]
pub struct AllocationLog {
    /// Rules out most of what the lines do not contain, so that they need not be read for it.
    sieve: Option<Sieve>,
    /// Where the lines are read from.
    source: Option<RefCell<Box<dyn LogSource>>>,
    /// About how long the source is in bytes.
    length: u64,
    lines: OnceCell<LogLines>,
}

impl fmt::Debug for AllocationLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AllocationLog").field("lines", &self.lines).finish_non_exhaustive()
    }
}

/// A file that can be read again from its beginning.
trait LogSource: Read + Seek {}

impl<R: Read + Seek> LogSource for R {}

/// The log's lines.
#[derive(Debug, Clone, Default)]
struct LogLines {
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
        Self::of(LogLines::read(text, text.len() as u64).unwrap_or_default())
    }

    /// Reads the complete lines of a file of about this length in bytes; ignores any others. If the
    /// file is long, the lines are read only once something may be in them: a commit with a few new
    /// files looks for identities that are not there. If they cannot be read then, there are none.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub fn open(mut file: impl Read + Seek + 'static, length: u64) -> io::Result<Self> {
        if length >= LONG
            && let Some(sieve) = sieve_of(&mut file, length)
        {
            let source: Box<dyn LogSource> = Box::new(file);
            let (sieve, source) = (Some(sieve), Some(RefCell::new(source)));
            return Ok(AllocationLog { sieve, source, length, lines: OnceCell::new() });
        }
        file.rewind()?;
        Ok(Self::of(LogLines::read(file, length)?))
    }

    fn of(lines: LogLines) -> Self {
        AllocationLog { lines: lines.into(), ..AllocationLog::default() }
    }

    /// Returns the lines, unless they are certain not to contain these digits.
    fn lines_with(&self, digits: [u8; 16]) -> Option<&LogLines> {
        if self.lines.get().is_none()
            && self.sieve.as_ref().is_some_and(|it| !it.may_have(number_of(digits)))
        {
            return None;
        }
        Some(self.lines.get_or_init(|| {
            let Some(source) = &self.source else { return LogLines::default() };
            let mut source = source.borrow_mut();
            let rewound = source.rewind();
            rewound.and_then(|()| LogLines::read(&mut **source, self.length)).unwrap_or_default()
        }))
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
        self.lines_with(origin.digits())?.find(origin)
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
        self.lines_with(id.digits())?.holder(id)
    }
}

impl LogLines {
    /// Reads the complete lines of a text of about this length in bytes.
    fn read(text: impl Read, length: u64) -> io::Result<Self> {
        let (mut log, mut rest) = (LogLines::default(), Window::of(text));
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

    fn find(&self, origin: Origin) -> Option<(Id, Timestamp)> {
        let n = match self.index() {
            Some(index) => *index.by_origin.get(&origin)?,
            None => self.origins.iter().rposition(|other| *other == origin)?,
        };
        let after = self.dates.partition_point(|(first, _)| *first <= n);
        Some((*self.ids.get(n)?, self.dates.get(after.checked_sub(1)?)?.1))
    }

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

/// Returns what a log of about this length in bytes may contain, without parsing its lines; `None` if
/// one of them has another length than a complete one.
fn sieve_of(file: impl Read, length: u64) -> Option<Sieve> {
    let lines = (length / (LINE as u64 + 1)).min(MOST_ROOM) as usize;
    let (mut sieve, mut window) = (Sieve::with_room(2 * lines), Window::of(file));
    while window.bytes().len() > LINE || window.more() {
        let bytes = window.bytes();
        let whole = bytes.len() - bytes.len() % (LINE + 1);
        for line in bytes[..whole].chunks_exact(LINE + 1) {
            let (origin, rest) = line.split_first_chunk()?;
            let (id, rest) = rest.strip_prefix(b" ")?.split_first_chunk()?;
            rest.strip_suffix(b"\n")?;
            sieve.insert(number_of(*origin));
            sieve.insert(number_of(*id));
        }
        window.step(whole);
    }
    window.is_over().then_some(sieve)
}

/// Returns a number for these digits.
fn number_of(digits: [u8; 16]) -> u64 {
    let number = u128::from_le_bytes(digits);
    (number as u64).rotate_left(4) ^ (number >> 64) as u64
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

    /// A log that reads its lines only if the sieve lets something through.
    fn opened(text: &str, sieve: Option<Sieve>) -> AllocationLog {
        let source: Box<dyn LogSource> = Box::new(io::Cursor::new(text.to_owned()));
        let (length, source) = (text.len() as u64, Some(RefCell::new(source)));
        AllocationLog { sieve, source, length, lines: OnceCell::new() }
    }

    #[test]
    fn a_long_log_is_read_only_for_what_may_be_there() {
        let line = |n: u32| {
            let origin: Origin = format!("{:016x}", u64::from(n) << 7).parse().expect("valid");
            let id: Id = format!("01100{n:05}260118").parse().expect("valid");
            (origin, id, AllocationLog::line(origin, id, Timestamp::EPOCH))
        };
        let mut text: String = (1..20_000).map(|n| line(n).2).collect();
        let source = io::Cursor::new(text.clone());
        let log = AllocationLog::open(source, text.len() as u64).expect("readable");
        let absent = (20_000..40_000).filter(|n| {
            let (origin, id, _) = line(*n);
            let sieve = log.sieve.as_ref().expect("it is long");
            [origin.digits(), id.digits()].into_iter().any(|it| sieve.may_have(number_of(it)))
        });
        let mistakes = absent.count();
        assert!(mistakes < 20_000 / 20, "{mistakes}");
        let (origin, id, _) = line(7);
        assert_eq!(log.find(origin), Some((id, Timestamp::EPOCH)));
        assert!(log.has(id) && !log.is_taken(id, origin) && log.is_taken(id, line(8).0));
        // A torn line is ignored.
        text.push_str(&line(30_000).2[..20]);
        text.push('\n');
        text.push_str(&line(30_001).2);
        let log = AllocationLog::open(io::Cursor::new(text.clone()), text.len() as u64);
        let log = log.expect("readable");
        assert!(log.sieve.is_none());
        assert!(log.has(line(30_001).1) && !log.has(line(30_000).1) && log.has(id));
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
            // A sieve must not rule out anything, and is made only if all lines are complete.
            let sieve = sieve_of(text.as_bytes(), text.len() as u64);
            let are_lines = text.split_inclusive('\n').all(|line| line.len() == LINE + 1);
            prop_assert_eq!(sieve.is_some(), are_lines);
            let logs = [log, opened(&text, sieve)];
            for (n, log) in (0..6_u64).flat_map(|n| logs.iter().map(move |log| (n, log))) {
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
