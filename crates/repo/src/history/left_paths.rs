//! The paths that files have had in a history and have left.

use std::collections::HashMap;
use std::rc::Rc;

use idhooks_core::registry::{Allocation, Entry, LeftPath, Origin, RepoPath};

use super::commit_history::{History, PastRegistry};
use super::commit_reader::CommitReader;
use crate::git::Repo;
use crate::state::{StateError, Stored, if_readable};

/// A commit in which a record left a path, ordered by how much it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Leaving {
    /// Whether the commit itself made the change. If a merge took it from one of its parents, it
    /// counts only if no other commit made it.
    is_own: bool,
    date: i64,
}

/// The records whose place differs between a commit and a parent, each with the path that it left.
type RecordMoves = HashMap<Origin, Option<RepoPath>>;

/// When each record left each path for the last time.
type Leavings = HashMap<(RepoPath, Origin), Leaving>;

impl History {
    /// Returns each path that a record has left, with the last commit that did it. A record may have
    /// it again. `step` is called once per commit, with the total number of commits.
    ///
    /// Skips registries that cannot be read, so the caller has to look at
    /// [`History::is_incomplete`].
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub fn left_paths(
        &self,
        repo: &Repo,
        step: &mut dyn FnMut(usize),
    ) -> Result<Vec<LeftPath>, StateError> {
        let (mut reader, mut left) = (CommitReader::new(repo), Leavings::new());
        // Each commit's registry, or the last readable one before it.
        let mut last: HashMap<usize, Entry> = HashMap::new();
        let visit = |last: &mut HashMap<usize, Entry>, place: usize| {
            let past = &self.commits[place];
            let own = match past.registry {
                PastRegistry::Held(entry) => Some(entry),
                _ => None,
            };
            let (mut shown, mut changes) = (None, Vec::new());
            for parent in &past.parents {
                let Some(before) = last.get(parent).copied() else { continue };
                let changed = match own {
                    Some(own) if own == before => Some(RecordMoves::new()),
                    Some(own) => moves(&mut reader, [before, own])?,
                    None => None,
                };
                shown = if changed.is_some() { own } else { shown.or(Some(before)) };
                changes.extend(changed);
            }
            note(&changes, past.date, &mut left);
            let is_first = past.parents.iter().all(|parent| !last.contains_key(parent));
            if let Some(entry) = if is_first { own } else { shown } {
                last.insert(place, entry);
            }
            step(self.len());
            Ok::<(), StateError>(())
        };
        let forget = |last: &mut HashMap<usize, Entry>, place| {
            last.remove(&place);
        };
        self.fold(&mut last, visit, forget)?;
        let left = left.into_iter();
        let left =
            left.map(|((path, origin), Leaving { date, .. })| LeftPath { path, origin, date });
        Ok(left.collect())
    }
}

/// Returns the records that have another place in the second registry than in the first, that of a
/// parent; `None` if the second cannot be read.
fn moves(
    reader: &mut CommitReader<'_>,
    [before, after]: [Entry; 2],
) -> Result<Option<RecordMoves>, StateError> {
    let is_file = before.mode.is_file() && after.mode.is_file();
    let differing = match is_file {
        true => reader.differing_records(before.blob, after.blob)?,
        false => None,
    };
    if let Some([before, after]) = differing {
        return Ok(Some(moves_between(&before.allocations, &after.allocations)));
    }
    let [before, after] = [before, after].map(|entry| -> Result<Option<Rc<Stored>>, StateError> {
        if_readable(reader.registry(entry))
    });
    let Some(after) = after? else { return Ok(None) };
    Ok(Some(match before? {
        // Records written by another program have no origins of their own.
        Some(before) => moves_between(
            &before.registry.with_origins_of(Some(&after.registry)).allocations,
            &after.registry.allocations,
        ),
        None => RecordMoves::new(),
    }))
}

fn moves_between(before: &[Allocation], after: &[Allocation]) -> RecordMoves {
    let mut arrived: HashMap<Origin, &Allocation> =
        after.iter().map(|record| (record.origin, record)).collect();
    let mut moves = RecordMoves::new();
    for then in before {
        // The file of a deprecated record may stay, and move.
        let (is_moved, is_left) = match arrived.remove(&then.origin) {
            Some(now) if now.path != then.path => (true, true),
            Some(now) => {
                (now.is_active() != then.is_active(), then.is_active() && !now.is_active())
            }
            None => (true, then.is_active()),
        };
        if is_moved {
            moves.insert(then.origin, is_left.then(|| then.path.clone()));
        }
    }
    moves.extend(arrived.into_keys().map(|origin| (origin, None)));
    moves
}

/// Notes the paths that records left in a commit, whose changes since each parent these are.
fn note(changes: &[RecordMoves], date: i64, left: &mut Leavings) {
    for (origin, path) in changes.iter().flatten() {
        let Some(path) = path else { continue };
        let is_own = changes.iter().all(|moves| moves.contains_key(origin));
        let leaving = Leaving { is_own, date };
        let last = left.entry((path.clone(), *origin)).or_insert(leaving);
        *last = leaving.max(*last);
    }
}
