//! [`History`]: the commits of a history and what they have at the registry's path.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::check::led_to;
use idhooks_core::registry::{Allocation, BlobId, Entry, Origin, REGISTRY_PATH};

use crate::git::{CommitId, Repo};

use super::fold::fold;
use crate::state::{StateError, read_registry};

/// What a commit has at the registry's path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PastRegistry {
    /// Nothing.
    Empty,
    /// A registry that is not in this clone.
    Unavailable,
    /// An entry, whether it is a blob or not.
    Held(Entry),
}

/// A commit of the history.
#[derive(Debug)]
pub(super) struct PastCommit {
    pub(super) id: CommitId,
    /// The author date, in seconds since 1970.
    pub(super) author_time: i64,
    /// The indices of its parents in the history.
    pub(super) parents: Vec<usize>,
    pub(super) registry: PastRegistry,
    /// Whether it has parents that are not in this clone.
    pub(super) is_boundary: bool,
}

/// A commit and all its ancestors, parents first.
#[derive(Debug)]
pub struct History {
    pub(super) commits: Vec<PastCommit>,
}

impl History {
    /// Reads `tip` and its ancestors. `step` is called for each commit with the total number.
    ///
    /// # Errors
    /// Returns an error if the history cannot be read.
    pub fn of(repo: &Repo, tip: CommitId, step: &mut dyn FnMut(usize)) -> Result<Self, StateError> {
        let ancestry = repo.ancestry(tip)?;
        let count = ancestry.len();
        let mut places: BTreeMap<CommitId, usize> = BTreeMap::new();
        let mut commits = Vec::with_capacity(count);
        for (place, ancestor) in ancestry.into_iter().enumerate() {
            let commit = repo.commit(ancestor.id)?;
            let parents = ancestor.parents.iter().filter_map(|id| places.get(id).copied());
            let parents: Vec<usize> = parents.collect();
            let registry = match repo.tree_entry(commit.tree, REGISTRY_PATH) {
                Ok(Some(entry)) if repo.has_blob(entry.blob) => PastRegistry::Held(entry),
                Ok(None) => PastRegistry::Empty,
                _ => PastRegistry::Unavailable,
            };
            places.insert(ancestor.id, place);
            let is_boundary = parents.len() < commit.parents.len();
            commits.push(PastCommit {
                id: ancestor.id,
                author_time: commit.author_time,
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

    /// Returns whether it has no commits.
    pub fn is_empty(&self) -> bool {
        self.commits.is_empty()
    }

    /// Returns whether a part of it is not in this clone.
    pub fn is_incomplete(&self) -> bool {
        self.commits
            .iter()
            .any(|past| past.is_boundary || past.registry == PastRegistry::Unavailable)
    }

    /// Returns the records that matched at any time, in their last state, the last seen first.
    /// Registries that do not contain the text `word` are skipped. `step` is called for each
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
        for past in self.commits.iter().rev() {
            step();
            let PastRegistry::Held(entry) = past.registry else { continue };
            if !entry.mode.is_file() || !seen.insert(entry.blob) {
                continue;
            }
            if !contains_text(&repo.blob(entry.blob)?, word) {
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

    /// Visits the commits by their places with [`fold`]. A visit needs what is known of the commit
    /// and its parents.
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

    /// Returns whether the registries of some parents of a commit are unknown.
    pub(super) fn begins_at(&self, place: usize) -> bool {
        let past = &self.commits[place];
        let parents = past.parents.iter().map(|parent| &self.commits[*parent]);
        past.is_boundary
            || parents.into_iter().any(|parent| parent.registry == PastRegistry::Unavailable)
    }

    /// Returns whether `old` is `new` or an ancestor of it.
    pub(super) fn is_ancestor(&self, old: usize, new: usize) -> bool {
        led_to(old, new, |place| &self.commits[place].parents)
    }
}

/// Returns whether the bytes are text that contains a word.
fn contains_text(bytes: &[u8], word: &str) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| text.contains(word))
}
