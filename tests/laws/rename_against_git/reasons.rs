//! Where idhooks pairs otherwise than git, and why. What has no reason is a mistake.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use idhooks_core::config::RenamePolicy;
use idhooks_core::registry::{Change, Entry, RepoPath};
use idhooks_core::rename::{Blobs, NEARLY_EMPTY, pair, related};

use crate::laws::rename_against_git::diffs::{Diff, Moves, origins};

/// A difference that is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// git pairs a file under 32 bytes with one of an unrelated name.
    NearlyEmpty,
    /// git before 2.44 does not count a last line without LF.
    LastLine,
    /// Several files come from one that is gone: `-C` calls the last of them the rename, `-M`
    /// the best, and so do we.
    WhichIsTheRename,
    /// `-C` pairs otherwise than `-M`, whose renames are ours: a file that is still there may
    /// be the better source of what `-M` calls a rename.
    CopyFirst,
}

/// What was compared, and what came of it.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) diffs: usize,
    pub(crate) renames: usize,
    pub(crate) with_copies: usize,
    /// In how many diffs something differs for this reason.
    pub(crate) differing: BTreeMap<Reason, usize>,
    /// Files that git follows with `-M` (or only with `-M -C`), and we do not follow at all.
    pub(crate) not_followed: Vec<String>,
    /// Differences that nothing explains.
    pub(crate) unexplained: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { diffs, renames, with_copies, .. } = self;
        writeln!(f, "{diffs} diffs, {renames} renames with -M, {with_copies} pairs with -M -C")?;
        for (reason, number) in &self.differing {
            writeln!(f, "{number} diffs differ: {reason:?}")?;
        }
        writeln!(f, "{} files followed by git only", self.not_followed.len())?;
        self.not_followed.iter().try_for_each(|line| writeln!(f, "  {line}"))?;
        writeln!(f, "{} differences without a reason", self.unexplained.len())?;
        self.unexplained.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}

impl Report {
    /// Compares what git says of one pair of trees with what idhooks finds.
    pub(crate) fn add(&mut self, diff: &Diff, blobs: &dyn Blobs, counts_last_line: bool) {
        let found = pair(&diff.changes, blobs, &RenamePolicy::default());
        let of = |pairs: &[idhooks_core::rename::Pair]| -> Moves {
            pairs.iter().map(|p| ((p.from.clone(), p.to.clone()), p.similarity)).collect()
        };
        let (renames, copies) = (of(&found.renames), of(&found.copies));
        self.diffs += 1;
        self.renames += diff.renames.len();
        self.with_copies += diff.renames_beside_copies.len() + diff.copies.len();

        let seen = Evidence { diff, blobs };
        let ours = [&renames, &copies];
        let weak = seen.weak_pairs();
        let open_ends = !counts_last_line && seen.has_open_ends();
        let mut reasons = BTreeSet::new();
        if renames != diff.renames {
            let same_files = origins([&renames]) == origins([&diff.renames]);
            match (weak && !same_files, open_ends) {
                (true, _) => drop(reasons.insert(Reason::NearlyEmpty)),
                (_, true) => drop(reasons.insert(Reason::LastLine)),
                _ => self.miss(diff, "renames", &[&diff.renames], &[&renames]),
            }
        }
        let theirs = [&diff.renames_beside_copies, &diff.copies];
        if ours != theirs {
            if origins(ours) == origins(theirs) && all(&ours) == all(&theirs) {
                reasons.insert(Reason::WhichIsTheRename);
            } else if !origins(theirs).is_superset(&origins([&diff.renames])) {
                reasons.insert(Reason::CopyFirst);
            } else if weak {
                reasons.insert(Reason::NearlyEmpty);
            } else if open_ends {
                reasons.insert(Reason::LastLine);
            } else {
                self.miss(diff, "renames and copies", &theirs, &ours);
            }
        }
        for reason in reasons {
            *self.differing.entry(reason).or_default() += 1;
        }
        self.note_not_followed(diff, &renames);
    }

    fn note_not_followed(&mut self, diff: &Diff, renames: &Moves) {
        let followed: BTreeSet<&RepoPath> = renames.keys().map(|(from, _)| from).collect();
        let gone: BTreeSet<&RepoPath> =
            diff.changes.iter().filter(|c| c.new.is_none()).map(|c| &c.path).collect();
        for (flags, moves) in [("-M", &diff.renames), ("-M -C", &diff.renames_beside_copies)] {
            for (from, to) in moves.keys().filter(|(from, _)| gone.contains(from)) {
                if !followed.contains(from) {
                    self.not_followed.push(format!("{} {flags}: {from} -> {to}", diff.name));
                }
            }
        }
    }

    fn miss(&mut self, diff: &Diff, what: &str, git: &[&Moves], ours: &[&Moves]) {
        let name = &diff.name;
        self.unexplained.push(format!("{name}: {what}: git {git:?}, idhooks {ours:?}"));
    }
}

/// Returns every pair with its similarity, renames and copies alike.
fn all(moves: &[&Moves]) -> Moves {
    moves.iter().flat_map(|moves| (*moves).clone()).collect()
}

/// What may explain a difference.
struct Evidence<'a> {
    diff: &'a Diff,
    blobs: &'a dyn Blobs,
}

impl Evidence<'_> {
    fn change(&self, path: &RepoPath) -> Option<&Change> {
        self.diff.changes.iter().find(|change| change.path == *path)
    }

    /// Returns whether git has a pair that the rule about nearly empty files forbids.
    fn weak_pairs(&self) -> bool {
        let small = |entry: Option<Entry>| {
            let size = entry.and_then(|entry| self.blobs.size(entry.blob));
            size.is_some_and(|size| size < NEARLY_EMPTY)
        };
        let before = |path: &RepoPath| self.change(path).and_then(|change| change.old);
        let after = |path: &RepoPath| self.change(path).and_then(|change| change.new);
        let git = [&self.diff.renames, &self.diff.renames_beside_copies, &self.diff.copies];
        origins(git)
            .iter()
            .any(|(from, to)| (small(before(from)) || small(after(to))) && !related(from, to))
    }

    /// Returns whether a file that was added, deleted or changed ends without LF.
    fn has_open_ends(&self) -> bool {
        let entries = self.diff.changes.iter().flat_map(|c| c.old.iter().chain(&c.new));
        let mut blobs = entries.filter(|e| e.mode.is_file()).map(|e| e.blob);
        blobs.any(|blob| {
            let data = self.blobs.read(blob).expect("a blob of the repository");
            data.last().is_some_and(|last| *last != b'\n')
        })
    }
}
