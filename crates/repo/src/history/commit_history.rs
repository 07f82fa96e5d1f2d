//! [`History`]: the commits in a history, with each commit's entry at the registry's path.
//! [`fold`]: the walk through commits that all queries about a history use.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

use idhooks_core::registry::{Allocation, BlobId, Entry, Origin, REGISTRY_PATH};

use crate::git::{CommitId, Repo};
use crate::history::faults::led_to;
use crate::state::{StateError, counted_commit, read_registry};

/// The entry that a commit has at the registry's path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PastRegistry {
    /// No entry.
    Empty,
    /// A registry that is not in this clone.
    Unavailable,
    /// An entry, which may be something other than a blob.
    Held(Entry),
}

/// A commit in the history.
#[derive(Debug)]
pub(super) struct PastCommit {
    pub(super) id: CommitId,
    /// The author date, in seconds since the Unix epoch.
    pub(super) author_time: i64,
    /// The committer date, in seconds since the Unix epoch, or a second more than that of the
    /// newest parent, whichever is later.
    pub(super) date: i64,
    /// The indices of the commit's parents in the history.
    pub(super) parents: Vec<usize>,
    pub(super) registry: PastRegistry,
    /// Whether the commit has parents that are not in this clone.
    pub(super) is_boundary: bool,
}

/// A commit and all its ancestors, parents first.
#[derive(Debug)]
pub struct History {
    pub(super) commits: Vec<PastCommit>,
}

impl History {
    /// Reads `tip` and its ancestors. `step` is called once per commit, with the total number of
    /// commits.
    ///
    /// # Errors
    /// Returns an error if the history cannot be read.
    pub fn of(repo: &Repo, tip: CommitId, step: &mut dyn FnMut(usize)) -> Result<Self, StateError> {
        let ancestry = repo.ancestry(tip)?;
        let count = ancestry.len();
        let mut places: BTreeMap<CommitId, usize> = BTreeMap::new();
        let mut commits: Vec<PastCommit> = Vec::with_capacity(count);
        for (place, ancestor) in ancestry.into_iter().enumerate() {
            let commit = counted_commit(repo, ancestor.id)?;
            let parents = ancestor.parents.iter().filter_map(|id| places.get(id).copied());
            let parents: Vec<usize> = parents.collect();
            let registry = match repo.tree_entry(commit.tree, REGISTRY_PATH) {
                Ok(Some(entry)) if repo.has_blob(entry.blob) => PastRegistry::Held(entry),
                Ok(None) => PastRegistry::Empty,
                _ => PastRegistry::Unavailable,
            };
            places.insert(ancestor.id, place);
            // At the boundary of a shallow clone, git lists a commit without its parents, but the
            // commit object still names them.
            let is_boundary = parents.len() < commit.parents.len();
            let newest = parents.iter().map(|parent| commits[*parent].date).max();
            let after = newest.map_or(i64::MIN, |newest| newest.saturating_add(1));
            commits.push(PastCommit {
                id: ancestor.id,
                author_time: commit.author_time,
                date: commit.committer_time().max(after),
                parents,
                registry,
                is_boundary,
            });
            step(count);
        }
        Ok(History { commits })
    }

    /// Returns the number of commits.
    pub fn len(&self) -> usize {
        self.commits.len()
    }

    /// Returns whether the history has no commits.
    pub fn is_empty(&self) -> bool {
        self.commits.is_empty()
    }

    /// Returns whether part of the history is not in this clone.
    pub fn is_incomplete(&self) -> bool {
        self.commits
            .iter()
            .any(|past| past.is_boundary || past.registry == PastRegistry::Unavailable)
    }

    /// Returns the registry's version: the number of commits whose registry differs from their
    /// first parent's. The version is the same in every clone, and grows along a branch with every
    /// commit that changes the registry, however branches are merged. Returns `None` if part of the
    /// history is not in this clone, for example because the clone is shallow.
    pub fn registry_version(&self) -> Option<usize> {
        // Compare only with first parents: a merge that brings in several changes from another
        // branch is one new version on this branch.
        let before = |past: &PastCommit| {
            let parent = past.parents.first().map(|parent| &self.commits[*parent]);
            parent.map_or(PastRegistry::Empty, |parent| parent.registry)
        };
        let changes = self.commits.iter().filter(|past| past.registry != before(past));
        (!self.is_incomplete()).then(|| changes.count())
    }

    /// Returns the records that matched at any time, in their last state, most recently seen first.
    /// Registries that do not contain the string `word` are skipped. `step` is called once per
    /// commit.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub fn search(
        &self,
        repo: &Repo,
        word: &str,
        matches: &dyn Fn(&Allocation) -> bool,
        step: &mut dyn FnMut(),
    ) -> Result<Vec<Allocation>, StateError> {
        let mut seen: BTreeSet<BlobId> = BTreeSet::new();
        let mut origins: BTreeSet<Origin> = BTreeSet::new();
        let mut found = Vec::new();
        // Go backwards, so that each record is found in its last state.
        for past in self.commits.iter().rev() {
            step();
            let PastRegistry::Held(entry) = past.registry else { continue };
            if !entry.mode.is_file() || !seen.insert(entry.blob) {
                continue;
            }
            // Searching the bytes is much faster than parsing, and most registries in a history do
            // not contain the word.
            if memchr::memmem::find(&repo.blob(entry.blob)?, word.as_bytes()).is_none() {
                continue;
            }
            let Ok(stored) = read_registry(repo, entry) else { continue };
            let mut matching: Vec<Allocation> =
                stored.registry.allocations.into_iter().filter(|record| matches(record)).collect();
            matching.sort_by_key(|record| std::cmp::Reverse(record.seniority()));
            found.extend(matching.into_iter().filter(|record| origins.insert(record.origin)));
        }
        Ok(found)
    }

    /// Visits the commits, by index, with [`fold`]. A visit to a commit needs the state of the
    /// commit and its parents.
    pub(super) fn fold<S, E>(
        &self,
        state: &mut S,
        mut visit: impl FnMut(&mut S, usize) -> Result<(), E>,
        forget: impl FnMut(&mut S, usize),
    ) -> Result<(), E> {
        let places: Vec<usize> = (0..self.len()).collect();
        let needs = |_: &S, place: &usize| [&[*place], &*self.commits[*place].parents].concat();
        fold(state, &places, needs, |state, place| visit(state, *place), forget)
    }

    /// Returns whether the history in this clone begins at a commit: some of its parents or their
    /// registries are missing.
    pub(super) fn begins_at(&self, place: usize) -> bool {
        let past = &self.commits[place];
        let parents = past.parents.iter().map(|parent| &self.commits[*parent]);
        past.is_boundary
            || parents.into_iter().any(|parent| parent.registry == PastRegistry::Unavailable)
    }

    /// Returns whether `old` is `new` or one of its ancestors.
    pub(super) fn is_ancestor(&self, old: usize, new: usize) -> bool {
        led_to(old, new, |place| &self.commits[place].parents)
    }
}

/// Visits commits in the given order, parents first, discarding state that is no longer needed.
///
/// `needs` returns the commits whose state is needed to visit a commit: the commit itself, its
/// parents, and so on. `forget` is called for each of them once no later visit needs it. This way,
/// memory holds only the state for a history's open branches, however long the history is.
///
/// # Errors
/// Returns the first error from a visit.
pub(crate) fn fold<S, C, K: Copy + Eq + Hash, E>(
    state: &mut S,
    commits: &[C],
    needs: impl Fn(&S, &C) -> Vec<K>,
    mut visit: impl FnMut(&mut S, &C) -> Result<(), E>,
    mut forget: impl FnMut(&mut S, K),
) -> Result<(), E> {
    // Count the uses first, in order to recognize the last one.
    let mut open: HashMap<K, usize> = HashMap::new();
    for id in commits.iter().flat_map(|commit| needs(state, commit)) {
        *open.entry(id).or_default() += 1;
    }
    for commit in commits {
        visit(state, commit)?;
        for id in needs(state, commit) {
            let left = open.remove(&id).unwrap_or(1) - 1;
            match left {
                0 => forget(state, id),
                _ => drop(open.insert(id, left)),
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn values_are_forgotten_after_the_last_child() {
        // Commit 0 is the parent of 1 and 2; 3 merges these two, and 4 follows it.
        let parents: [&[usize]; 5] = [&[], &[0], &[0], &[1, 2], &[3]];
        let commits: Vec<usize> = (0..parents.len()).collect();
        let (mut known, mut most) = (BTreeSet::new(), 0);
        let needs = |n: &usize| [&[*n], parents[*n]].concat();
        let visit = |known: &mut BTreeSet<usize>, n: &usize| {
            assert!(parents[*n].iter().all(|parent| known.contains(parent)));
            known.insert(*n);
            most = most.max(known.len());
            Ok::<(), ()>(())
        };
        let forget = |known: &mut BTreeSet<usize>, n| assert!(known.remove(&n));
        fold(&mut known, &commits, |_, n| needs(n), visit, forget).expect("no errors");
        assert_eq!((most, known.len()), (3, 0));
    }
}
