//! A history as far as it matters here: commits, and the blobs of their registries.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::led_to;
use crate::git::{CommitId, Repo};
use crate::registry::{Allocation, BlobId, Entry, Origin, REGISTRY_PATH};

use crate::state::{StateError, read_registry};

/// What a commit has in the registry's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PastRegistry {
    /// Nothing.
    Empty,
    /// Something that is not in this clone.
    NotAtHand,
    /// A blob, or what is none.
    Held(Entry),
}

/// A commit of the past.
#[derive(Debug)]
pub(super) struct PastCommit {
    pub(super) id: CommitId,
    /// The places of its parents in the history.
    pub(super) parents: Vec<usize>,
    pub(super) registry: PastRegistry,
    /// Whether it has parents that are not in this clone.
    pub(super) is_boundary: bool,
}

/// All that led to a commit, each commit after its parents.
#[derive(Debug)]
pub struct History {
    pub(super) commits: Vec<PastCommit>,
}

impl History {
    /// Reads what led to `tip`; `step` is called with each commit and how many there are.
    ///
    /// # Errors
    /// A history that cannot be read.
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
                _ => PastRegistry::NotAtHand,
            };
            places.insert(ancestor.id, place);
            let is_boundary = parents.len() < commit.parents.len();
            commits.push(PastCommit { id: ancestor.id, parents, registry, is_boundary });
            step(count);
        }
        Ok(History { commits })
    }

    /// Returns how many commits it has.
    pub fn len(&self) -> usize {
        self.commits.len()
    }

    /// Returns whether it has none.
    pub fn is_empty(&self) -> bool {
        self.commits.is_empty()
    }

    /// Returns whether a part of it is not in this clone.
    pub fn is_incomplete(&self) -> bool {
        self.commits.iter().any(|past| past.is_boundary || past.registry == PastRegistry::NotAtHand)
    }

    /// Returns the records that fit at any time, as they were last; the last seen come first.
    /// Registries whose text does not hold `word` are not looked into. `step` is called with each
    /// commit.
    ///
    /// # Errors
    /// Objects that cannot be read.
    pub fn search(
        &self,
        repo: &Repo,
        word: &str,
        fits: &dyn Fn(&Allocation) -> bool,
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
            if !holds(&repo.blob(entry.blob)?, word) {
                continue;
            }
            let Ok(stored) = read_registry(repo, entry) else { continue };
            let mut fitting: Vec<Allocation> =
                stored.registry.allocations.into_iter().filter(|record| fits(record)).collect();
            fitting.sort_by_key(|record| std::cmp::Reverse(record.seniority()));
            found.extend(fitting.into_iter().filter(|record| origins.insert(record.origin)));
        }
        Ok(found)
    }

    /// Returns whether a commit has parents of whose registries nothing is known.
    pub(super) fn begins_at(&self, place: usize) -> bool {
        let past = &self.commits[place];
        let parents = past.parents.iter().map(|parent| &self.commits[*parent]);
        past.is_boundary
            || parents.into_iter().any(|parent| parent.registry == PastRegistry::NotAtHand)
    }

    /// Returns whether `old` led to `new`, or is it.
    pub(super) fn leads(&self, old: usize, new: usize) -> bool {
        led_to(old, new, |place| &self.commits[place].parents)
    }
}

/// Returns whether a text holds a word; what is no text holds nothing.
fn holds(bytes: &[u8], word: &str) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| text.contains(word))
}
