//! What git says of many pairs of trees at once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use idhooks_core::registry::{BlobId, Change, Entry, Mode, RepoPath};

use crate::laws::rename_against_git::git::git;

/// A file before and after, and how similar the two are in percent.
pub(crate) type Moves = BTreeMap<(RepoPath, RepoPath), u8>;

/// What git says of one pair of trees; links and submodules are left out of the pairs.
#[derive(Default)]
pub(crate) struct Diff {
    /// The commit, or whatever else the pair is called.
    pub(crate) name: String,
    /// What differs.
    pub(crate) changes: Vec<Change>,
    /// The renames of `git diff -M`.
    pub(crate) renames: Moves,
    /// The renames of `git diff -M -C`.
    pub(crate) renames_beside_copies: Moves,
    /// The copies of `git diff -M -C`.
    pub(crate) copies: Moves,
}

/// Trees to compare: a name, the tree before and the tree after.
pub(crate) type TreePair = [String; 3];

/// Returns every commit of a repository with each of its parents, and how many commits and
/// merges there are.
pub(crate) fn all_commits(dir: &Path) -> (Vec<TreePair>, usize, usize) {
    let log = git(dir, &["log", "--all", "--format=%H %T %P"], b"");
    let log = String::from_utf8(log).expect("ids are ASCII");
    let commits: Vec<Vec<&str>> = log.lines().map(|l| l.split_whitespace().collect()).collect();
    let trees: BTreeMap<&str, &str> = commits.iter().map(|words| (words[0], words[1])).collect();
    let of = |words: &Vec<&str>| -> Vec<TreePair> {
        let pair = |parent: &&str| [words[0], trees[parent], words[1]].map(str::to_owned);
        words[2..].iter().map(pair).collect()
    };
    let merges = commits.iter().filter(|words| words.len() > 3).count();
    (commits.iter().flat_map(of).collect(), commits.len(), merges)
}

/// Asks git for the differences of all pairs, with the thresholds that idhooks has by itself.
pub(crate) fn diffs(dir: &Path, pairs: &[TreePair]) -> Vec<Diff> {
    let plain = raw(dir, &["--no-renames"], pairs);
    let moved = raw(dir, &["-M50%", "-l1000"], pairs);
    let copied = raw(dir, &["-M50%", "-C50%", "-l1000"], pairs);
    let mut diffs = Vec::new();
    for (((pair, plain), moved), copied) in pairs.iter().zip(plain).zip(moved).zip(copied) {
        let change = |row: Row| Change { path: row.path, old: row.old, new: row.new };
        diffs.push(Diff {
            name: pair[0].clone(),
            changes: plain.into_iter().map(change).collect(),
            renames: moves(&moved, 'R'),
            renames_beside_copies: moves(&copied, 'R'),
            copies: moves(&copied, 'C'),
        });
    }
    diffs
}

/// A line of `git diff --raw`.
struct Row {
    old: Option<Entry>,
    new: Option<Entry>,
    status: String,
    path: RepoPath,
    to: Option<RepoPath>,
}

fn moves(rows: &[Row], letter: char) -> Moves {
    let pairs = rows.iter().filter_map(|row| {
        let similarity = row.status.strip_prefix(letter)?.parse().expect("a percentage");
        let is_file = row.new.is_some_and(|entry| entry.mode.is_file());
        is_file.then(|| ((row.path.clone(), row.to.clone().expect("two paths")), similarity))
    });
    pairs.collect()
}

/// Runs one `git diff-tree` over all pairs.
fn raw(dir: &Path, flags: &[&str], pairs: &[TreePair]) -> Vec<Vec<Row>> {
    let mut args = vec!["diff-tree", "-r", "--stdin", "--raw", "-z", "--no-abbrev"];
    args.extend(flags);
    let input: String = pairs.iter().map(|[_, old, new]| format!("{old} {new}\n")).collect();
    let output = git(dir, &args, input.as_bytes());
    let mut reader = Reader(&output);
    let mut diffs: Vec<Vec<Row>> = Vec::new();
    while let Some(first) = reader.0.first() {
        if *first == b':' {
            diffs.last_mut().expect("a pair of trees comes first").push(reader.row());
        } else {
            reader.until(b'\n');
            diffs.push(Vec::new());
        }
    }
    assert_eq!(diffs.len(), pairs.len(), "git left something out");
    diffs
}

/// What is left of git's answer.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn until(&mut self, end: u8) -> &'a [u8] {
        let at = self.0.iter().position(|byte| *byte == end).expect("an end");
        let (field, rest) = self.0.split_at(at);
        self.0 = &rest[1..];
        field
    }

    fn path(&mut self) -> RepoPath {
        RepoPath::new(self.until(0)).expect("git's own path")
    }

    fn row(&mut self) -> Row {
        let head = String::from_utf8_lossy(&self.until(0)[1..]).into_owned();
        let words: Vec<&str> = head.split(' ').collect();
        let path = self.path();
        let to = words[4].starts_with(['R', 'C']).then(|| self.path());
        let status = words[4].to_owned();
        Row { old: entry(words[0], words[2]), new: entry(words[1], words[3]), status, path, to }
    }
}

fn entry(mode: &str, id: &str) -> Option<Entry> {
    let mode = match mode {
        "000000" => return None,
        "100755" => Mode::Executable,
        "120000" => Mode::Symlink,
        "160000" => Mode::Submodule,
        _ => Mode::Regular,
    };
    Some(Entry { mode, blob: id.parse::<BlobId>().expect("an id") })
}

/// Returns the files that come from somewhere, whatever it is called.
pub(crate) fn origins<'a>(
    of: impl IntoIterator<Item = &'a Moves>,
) -> BTreeSet<(RepoPath, RepoPath)> {
    of.into_iter().flat_map(|moves| moves.keys().cloned()).collect()
}
