//! The log of renames that another program has made in a working tree and reported.

use std::collections::{BTreeMap, BTreeSet};

use crate::registry::{Id, RepoPath, Timestamp};

/// How long a report counts, in days.
const DAYS: u32 = 30;

/// A rename that another program has made and reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedMove {
    /// When it was reported.
    pub at: Timestamp,
    /// The old path.
    pub from: RepoPath,
    /// The new path.
    pub to: RepoPath,
    /// The identity of the file.
    pub id: Id,
}

/// Where a file went from one of its old paths, according to all reports about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FollowedMove<'a> {
    /// The identity of the file.
    pub id: Id,
    /// The old path.
    pub from: &'a RepoPath,
    /// The path where the file is now.
    pub to: &'a RepoPath,
}

/// A report with its position in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NumberedMove {
    number: usize,
    report: ReportedMove,
}

/// The reported renames that still count, in the order of their reports for each identity.
///
/// The log consists of lines `<at> <from> <to> <id>`, in which every byte of a path that is not a
/// visible ASCII character is written as `%` and two hexadecimal digits. The identity is the last
/// field, so an incomplete line never looks complete. Lines of any other form are ignored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MoveLog {
    moves: BTreeMap<Id, Vec<NumberedMove>>,
    /// The identities by the last reported paths of their files.
    ids: BTreeMap<RepoPath, Id>,
    /// How many reports were read.
    read: usize,
}

impl ReportedMove {
    /// Formats the line that records the move.
    pub fn line(&self) -> String {
        let ReportedMove { at, from, to, id } = self;
        format!("{at} {} {} {id}\n", escaped(from), escaped(to))
    }

    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split(' ');
        let mut next = || fields.next();
        let (at, from, to, id) = (next()?, next()?, next()?, next()?);
        let report = ReportedMove {
            at: at.parse().ok()?,
            from: unescaped(from)?,
            to: unescaped(to)?,
            id: id.parse().ok()?,
        };
        (fields.next().is_none() && report.from != report.to).then_some(report)
    }
}

impl MoveLog {
    /// Parses the complete lines of a log. The reports about an identity expire together, 30 days
    /// after the last one.
    pub fn parse(text: &[u8], now: Timestamp) -> Self {
        let mut log = MoveLog::default();
        let lines = text.split_inclusive(|byte| *byte == b'\n');
        for line in lines.filter_map(|line| line.strip_suffix(b"\n")) {
            let report = std::str::from_utf8(line).ok().and_then(ReportedMove::parse);
            report.into_iter().for_each(|report| log.add(report));
        }
        let oldest = now.days_before(DAYS);
        log.retain(|moves| moves.iter().any(|one| one.report.at >= oldest));
        log
    }

    /// Formats the log.
    pub fn format(&self) -> String {
        // If two files were reported at one path, the order of the lines decides.
        let mut moves: Vec<&NumberedMove> = self.moves.values().flatten().collect();
        moves.sort_unstable_by_key(|one| one.number);
        moves.into_iter().map(|one| one.report.line()).collect()
    }

    /// Returns whether nothing was reported.
    pub fn is_empty(&self) -> bool {
        self.moves.is_empty()
    }

    /// Returns the number of reports.
    pub fn len(&self) -> usize {
        self.moves.values().map(Vec::len).sum()
    }

    /// Adds a report. If another file was reported at the same new path, it is no longer there.
    pub fn add(&mut self, report: ReportedMove) {
        let id = report.id;
        if let Some(other) = self.ids.insert(report.to.clone(), id).filter(|other| *other != id) {
            self.moves.remove(&other);
        }
        let moves = self.moves.entry(id).or_default();
        if let Some(before) = moves.last().filter(|before| before.report.to != report.to)
            && self.ids.get(&before.report.to) == Some(&id)
        {
            self.ids.remove(&before.report.to);
        }
        moves.push(NumberedMove { number: self.read, report });
        self.read += 1;
    }

    /// Keeps the identities whose reports meet a condition.
    fn retain(&mut self, mut is_kept: impl FnMut(&mut Vec<NumberedMove>) -> bool) {
        let Self { moves, ids, .. } = self;
        moves.retain(|_, moves| is_kept(moves));
        ids.retain(|_, id| moves.contains_key(id));
    }

    /// Returns the identities of the reported files.
    pub fn ids(&self) -> impl Iterator<Item = Id> + '_ {
        self.moves.keys().copied()
    }

    /// Returns where an identity's file went from `at`, which is its path in a commit; `None` if
    /// nothing was reported about that path, or if the file came back to it. If several moves from
    /// the same path were reported, the last one counts.
    pub fn destination(&self, id: Id, at: &RepoPath) -> Option<&RepoPath> {
        let moves = self.moves.get(&id)?;
        let first = moves.iter().rposition(|one| one.report.from == *at)?;
        let (first, rest) = moves[first..].split_first()?;
        let mut last = &first.report.to;
        for NumberedMove { report, .. } in rest {
            if report.from != *last {
                break;
            }
            last = &report.to;
        }
        (last != at).then_some(last)
    }

    /// Returns the identity whose file was last reported at a path.
    pub fn id_at(&self, path: &RepoPath) -> Option<Id> {
        self.ids.get(path).copied()
    }

    /// Returns the last reported paths below a directory.
    pub fn paths_below<'a>(&'a self, dir: &'a RepoPath) -> impl Iterator<Item = &'a RepoPath> {
        self.ids.keys().filter(move |path| path.is_at_or_below(dir) && *path != dir)
    }

    /// Returns where each file went from each of its old paths.
    pub fn moves(&self) -> impl Iterator<Item = FollowedMove<'_>> {
        let reports = self.moves.values().flatten().map(|one| &one.report);
        // The same move may be reported more than once.
        let places: BTreeSet<(&RepoPath, Id)> = reports.map(|one| (&one.from, one.id)).collect();
        places.into_iter().filter_map(|(from, id)| {
            Some(FollowedMove { id, from, to: self.destination(id, from)? })
        })
    }

    /// Removes the reports that HEAD has left behind: those about old paths that it no longer has,
    /// except for later moves of a file whose first path it still has.
    pub fn remove_ended(&mut self, is_in_head: impl Fn(&RepoPath) -> bool) {
        self.retain(|moves| {
            let first = moves.iter().position(|one| is_in_head(&one.report.from));
            moves.drain(..first.unwrap_or(moves.len()));
            !moves.is_empty()
        });
    }
}

fn escaped(path: &RepoPath) -> String {
    let mut text = String::new();
    for byte in path.as_bytes() {
        match byte {
            b'%' => text.push_str("%25"),
            b'!'..=b'~' => text.push(char::from(*byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

fn unescaped(text: &str) -> Option<RepoPath> {
    let mut pieces = text.split('%');
    let mut path = pieces.next()?.as_bytes().to_vec();
    for piece in pieces {
        let (digits, rest) = (piece.get(..2)?, piece.get(2..)?);
        path.push(u8::from_str_radix(digits, 16).ok()?);
        path.extend_from_slice(rest.as_bytes());
    }
    RepoPath::new(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0110000001260118";

    fn path(bytes: &[u8]) -> RepoPath {
        RepoPath::new(bytes).expect("a path")
    }

    fn day(n: u32) -> Timestamp {
        Timestamp::from_unix(1_800_000_000 + i64::from(n) * 86_400).expect("a date")
    }

    fn report(day_number: u32, from: &[u8], to: &[u8]) -> ReportedMove {
        let id = ID.parse().expect("an identity");
        ReportedMove { at: day(day_number), from: path(from), to: path(to), id }
    }

    fn log(moves: &[(&[u8], &[u8])]) -> MoveLog {
        let lines: String = moves.iter().map(|(from, to)| report(0, from, to).line()).collect();
        MoveLog::parse(lines.as_bytes(), day(1))
    }

    fn goes(log: &MoveLog, at: &[u8]) -> Option<String> {
        let id = ID.parse().expect("an identity");
        log.destination(id, &path(at)).map(ToString::to_string)
    }

    #[test]
    fn a_line_keeps_every_byte_of_a_path() {
        let any: Vec<u8> = (1..=255).filter(|byte| *byte != b'/').collect();
        let moved = report(0, &any, "ä b/100%.md".as_bytes());
        let line = moved.line();
        assert!(line.is_ascii() && line.matches('\n').count() == 1, "{line}");
        assert_eq!(MoveLog::parse(line.as_bytes(), day(0)).format(), line);
        assert_eq!(ReportedMove::parse(line.trim_end()), Some(moved));
    }

    #[test]
    fn torn_and_foreign_lines_are_ignored() {
        let (first, second) = (report(0, b"a", b"b").line(), report(0, b"b", b"c").line());
        for cut in 0..first.len() {
            // A writer that continues after a torn line starts a new one.
            let text = format!("{}\n{second}", &first[..cut]);
            let expected = if cut + 1 == first.len() { 2 } else { 1 };
            assert_eq!(MoveLog::parse(text.as_bytes(), day(0)).len(), expected, "{text}");
            assert!(MoveLog::parse(&first.as_bytes()[..cut], day(0)).is_empty(), "{cut}");
        }
        for foreign in ["", "x", "a b c d", "%", "2027-01-15T08:00:00Z a%Z b 0110000001260118"] {
            let text = [foreign.as_bytes(), b"\n\xff\n", second.as_bytes()].concat();
            assert_eq!(MoveLog::parse(&text, day(0)).len(), 1, "{foreign}");
        }
        let outside = first.replace(" a ", " ../a ");
        assert!(MoveLog::parse(outside.as_bytes(), day(0)).is_empty());
    }

    #[test]
    fn moves_are_combined_from_where_the_file_was_committed() {
        let steps = log(&[(b"a", b"b"), (b"b", b"c")]);
        let all = [b"a", b"b", b"c"].map(|at| goes(&steps, at));
        assert_eq!(all, [Some("c".to_owned()), Some("c".to_owned()), None]);
        let back = log(&[(b"a", b"b"), (b"b", b"a")]);
        assert_eq!([b"a", b"b"].map(|at| goes(&back, at)), [None, Some("a".to_owned())]);
        let again = log(&[(b"a", b"b"), (b"b", b"a"), (b"a", b"d")]);
        assert_eq!(goes(&again, b"a").as_deref(), Some("d"));
        // The second report corrects the first one.
        let corrected = log(&[(b"a", b"b"), (b"a", b"c")]);
        assert_eq!([b"a", b"b"].map(|at| goes(&corrected, at)), [Some("c".to_owned()), None]);
    }

    #[test]
    fn a_path_belongs_to_the_file_that_was_reported_there_last() {
        let other = |from: &[u8], to: &[u8]| {
            let id = "0110000002260118".parse().expect("an identity");
            ReportedMove { id, ..report(0, from, to) }
        };
        // The first file leaves the path that the second one takes.
        let passed = [other(b"a", b"b"), other(b"b", b"c"), report(0, b"x", b"b")];
        let mut log = MoveLog::default();
        passed.into_iter().for_each(|report| log.add(report));
        let again = MoveLog::parse(log.format().as_bytes(), day(1));
        assert_eq!((again.len(), again.format()), (3, log.format()));
        let ids = [b"a", b"b", b"c"].map(|at| log.id_at(&path(at)).map(|id| id.to_string()));
        assert_eq!(ids, [None, Some(ID.to_owned()), Some("0110000002260118".to_owned())]);
        assert_eq!(log.moves().filter(|moved| *moved.to == path(b"c")).count(), 2);
        log.add(other(b"c", b"b"));
        assert_eq!((log.len(), goes(&log, b"x")), (3, None));
    }

    #[test]
    fn reports_end_with_their_paths_and_after_30_days() {
        let mut log = log(&[(b"a", b"b"), (b"b", b"c")]);
        log.remove_ended(|at| *at == path(b"a"));
        assert_eq!(log.len(), 2);
        log.remove_ended(|at| *at == path(b"b"));
        assert_eq!((log.len(), goes(&log, b"b").as_deref()), (1, Some("c")));
        log.remove_ended(|at| *at == path(b"c"));
        assert!(log.is_empty());
        let lines = [report(0, b"a", b"b").line(), report(20, b"b", b"c").line()].concat();
        let at = |n| MoveLog::parse(lines.as_bytes(), day(n)).len();
        assert_eq!([30, 31, 50, 51].map(at), [2, 2, 2, 0]);
    }
}
