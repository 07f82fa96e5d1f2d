//! The paths that files have had in a history and have left.

use std::collections::HashMap;
use std::rc::Rc;

use idhooks_core::registry::{Allocation, Entry, Leaving, LeftPath, Origin, RepoPath};

use super::commit_history::{History, PastRegistry};
use super::commit_reader::CommitReader;
use crate::git::Repo;
use crate::state::{StateError, Stored, if_readable};

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
            let mut shown = None;
            for parent in &past.parents {
                let Some(before) = last.get(parent).copied() else { continue };
                let Some(own) = own.filter(|own| *own != before) else {
                    shown = shown.or(Some(before));
                    continue;
                };
                let leaving = Leaving { is_own: past.parents.len() == 1, date: past.date };
                match leave(&mut reader, [before, own], leaving, &mut left)? {
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
        Ok(left.map(|((path, origin), left)| LeftPath { path, origin, left }).collect())
    }
}

/// Notes the paths that records have in the first registry, that of a parent, but not in the second.
/// Returns whether the second could be read.
fn leave(
    reader: &mut CommitReader<'_>,
    [before, after]: [Entry; 2],
    leaving: Leaving,
    left: &mut Leavings,
) -> Result<bool, StateError> {
    let is_file = before.mode.is_file() && after.mode.is_file();
    let differing = match is_file {
        true => reader.differing_records(before.blob, after.blob)?,
        false => None,
    };
    if let Some([before, after]) = differing {
        note(&before.allocations, &after.allocations, leaving, left);
        return Ok(true);
    }
    let [before, after] = [before, after].map(|entry| -> Result<Option<Rc<Stored>>, StateError> {
        if_readable(reader.registry(entry))
    });
    let Some(after) = after? else { return Ok(false) };
    if let Some(before) = before? {
        // Records written by another program have no origins of their own.
        let then = before.registry.with_origins_of(Some(&after.registry));
        note(&then.allocations, &after.registry.allocations, leaving, left);
    }
    Ok(true)
}

fn note(before: &[Allocation], after: &[Allocation], leaving: Leaving, left: &mut Leavings) {
    let now: HashMap<Origin, &Allocation> =
        after.iter().map(|record| (record.origin, record)).collect();
    // The file of a deprecated record may stay, and move.
    let is_left = |then: &&Allocation| match now.get(&then.origin) {
        Some(now) => now.path != then.path || then.is_active() && !now.is_active(),
        None => then.is_active(),
    };
    for Allocation { path, origin, .. } in before.iter().filter(is_left) {
        let last = left.entry((path.clone(), *origin)).or_insert(leaving);
        *last = leaving.max(*last);
    }
}
