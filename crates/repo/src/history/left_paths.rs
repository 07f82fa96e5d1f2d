//! The paths that files have had in a history and have left.

use std::collections::HashMap;
use std::rc::Rc;

use idhooks_core::registry::{Allocation, Entry, LeftPath, Origin, RepoPath};

use super::commit_history::{History, PastRegistry};
use super::commit_reader::CommitReader;
use crate::git::Repo;
use crate::state::{StateError, Stored, if_readable};

/// When each record last had each path that it has left.
type LastHad = HashMap<(RepoPath, Origin), i64>;

impl History {
    /// Returns each path that a record has left, with the last commit in which it had the path. A
    /// record may have it again. `step` is called once per commit, with the total number of commits.
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
        let (mut reader, mut left) = (CommitReader::new(repo), LastHad::new());
        // Each commit's registry, or the last readable one before it.
        let mut last: HashMap<usize, Entry> = HashMap::new();
        let visit = |last: &mut HashMap<usize, Entry>, place: usize| {
            let past = &self.commits[place];
            let own = match past.registry {
                PastRegistry::Held(entry) => Some(entry),
                _ => None,
            };
            let mut shown = None;
            for parent in &past.parents {
                let Some(before) = last.get(parent).copied() else { continue };
                let Some(own) = own.filter(|own| *own != before) else {
                    shown = shown.or(Some(before));
                    continue;
                };
                match leave(&mut reader, [before, own], self.commits[*parent].date, &mut left)? {
                    true => shown = Some(own),
                    false => shown = shown.or(Some(before)),
                }
            }
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
        Ok(left.map(|((path, origin), last_had)| LeftPath { path, origin, last_had }).collect())
    }
}

/// Notes the paths that records have in the first registry, of a commit with this date, but not in
/// the second. Returns whether the second could be read.
fn leave(
    reader: &mut CommitReader<'_>,
    [before, after]: [Entry; 2],
    date: i64,
    left: &mut LastHad,
) -> Result<bool, StateError> {
    let is_file = before.mode.is_file() && after.mode.is_file();
    let differing = match is_file {
        true => reader.differing_records(before.blob, after.blob)?,
        false => None,
    };
    if let Some([before, after]) = differing {
        note(&before.allocations, &after.allocations, date, left);
        return Ok(true);
    }
    let [before, after] = [before, after].map(|entry| -> Result<Option<Rc<Stored>>, StateError> {
        if_readable(reader.registry(entry))
    });
    let Some(after) = after? else { return Ok(false) };
    if let Some(before) = before? {
        // Records written by another program have no origins of their own.
        let then = before.registry.with_origins_of(Some(&after.registry));
        note(&then.allocations, &after.registry.allocations, date, left);
    }
    Ok(true)
}

fn note(before: &[Allocation], after: &[Allocation], date: i64, left: &mut LastHad) {
    let now = after.iter().filter(|record| record.is_active());
    let now: HashMap<Origin, &RepoPath> = now.map(|record| (record.origin, &record.path)).collect();
    let then = before.iter().filter(|record| record.is_active());
    let gone = then.filter(|then| now.get(&then.origin) != Some(&&then.path));
    for Allocation { path, origin, .. } in gone {
        let last_had = left.entry((path.clone(), *origin)).or_insert(date);
        *last_had = date.max(*last_had);
    }
}
