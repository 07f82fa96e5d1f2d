//! The parents of a new commit, and the merge of their registries.

use std::collections::BTreeSet;
use std::rc::Rc;

use idhooks_core::check::{Parent, Placement};
use idhooks_core::merge::{merge, with_published_numbers};
use idhooks_core::plan::{Edit, Recent};
use idhooks_core::registry::{BlobId, REGISTRY_PATH, Registry, Scope};

use crate::git::{CommitId, Repo};

use crate::history::published::published_placement;
use crate::history::{foreign_parents::ForeignParent, foreign_parents::OwnParents};
use crate::history::{heal::Healed, heal::heal, recent};
use crate::state::{CommitState, RegistryState, StateError, Stored, read_registry};

/// Criss-cross merges nest; at a greater depth the virtual base is empty.
const MAX_NESTING: u32 = 16;

/// The parents of a commit that are in this clone, and the merge of their registries.
#[derive(Debug, Default)]
pub struct Lineage {
    /// The ids of the parents that are in this clone.
    pub commits: Vec<CommitId>,
    /// The content of each of them.
    pub parents: Vec<CommitState>,
    /// The merge of their registries; `None` if none has one.
    pub merged: Option<Registry>,
    /// Whether the registry of every parent that has one is in this clone.
    pub is_complete: bool,
    foreign: Vec<ForeignParent>,
    healed: Healed,
    published: Placement,
    before: Option<Registry>,
}

impl Lineage {
    /// Reads the parents `commits`, ignoring unusable registries. Parents that a shallow clone
    /// lacks and those of another repository are left out.
    ///
    /// # Errors
    /// Returns an error if trees cannot be read or registries cannot be merged.
    pub fn of(repo: &Repo, commits: &[CommitId]) -> Result<Self, StateError> {
        let commits: Vec<CommitId> =
            commits.iter().copied().filter(|id| repo.has_commit(*id)).collect();
        let read = commits.iter().map(|id| CommitState::of_witness(repo, *id));
        let parents: Vec<CommitState> = read.collect::<Result<_, _>>()?;
        let OwnParents { commits, parents, foreign } = OwnParents::of(commits, parents);
        let merged = match parents.as_slice() {
            [only] => only.registry().cloned(),
            _ => merge_all(repo, &commits, &Healed::new())?,
        };
        let is_absent = |parent: &CommitState| matches!(parent.registry, RegistryState::Absent);
        let is_complete = !parents.iter().any(is_absent);
        Ok(Lineage {
            commits,
            parents,
            merged,
            is_complete,
            foreign,
            healed: Healed::new(),
            published: Placement::new(),
            before: None,
        })
    }

    /// Replaces the registries of inconsistent parents with what they should be.
    ///
    /// `progress` is called for every healed commit, with the total number.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read, if registries cannot be merged, or if a counter
    /// is full.
    pub fn heal(&mut self, repo: &Repo, progress: &dyn Fn(usize)) -> Result<(), StateError> {
        self.healed = heal(repo, &self.commits, progress)?;
        if !self.healed.is_empty() {
            self.published = self.find_published(&self.healed);
            let merged = merge_all(repo, &self.commits, &self.healed)?;
            self.before = std::mem::replace(&mut self.merged, merged);
        }
        Ok(())
    }

    /// Checks that no parent comes from a second adoption of the same repository.
    ///
    /// # Errors
    /// Returns an error if there is such a parent, or if objects cannot be read.
    pub fn assert_one_adoption(&self, repo: &Repo) -> Result<(), StateError> {
        for foreign_parent in &self.foreign {
            if foreign_parent.is_second_adoption(repo)? {
                return Err(StateError::Merge(foreign_parent.error()));
            }
        }
        Ok(())
    }

    /// Checks that all parents belong to one repository.
    ///
    /// # Errors
    /// Returns an error if a parent has another scope.
    pub fn assert_one_scope(&self) -> Result<(), StateError> {
        self.foreign
            .first()
            .map_or(Ok(()), |foreign_parent| Err(StateError::Merge(foreign_parent.error())))
    }

    /// Reads the parents; returns none if their registries cannot be merged.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub fn of_witnesses(repo: &Repo, commits: &[CommitId]) -> Result<Self, StateError> {
        match Self::of(repo, commits) {
            Err(StateError::Merge(_)) => Ok(Lineage::default()),
            lineage => lineage,
        }
    }

    /// Returns the identities that the parents of a merge published, if some had to be healed. Call
    /// it before the registries are replaced by healed ones.
    pub(super) fn find_published(&self, healed: &Healed) -> Placement {
        let pairs = self.commits.iter().zip(&self.parents);
        let pairs = pairs.map(|(id, parent)| {
            let shown = parent.registry().map(|registry| Parent { registry, tree: &parent.tree });
            (shown, healed.get(id))
        });
        published_placement(&pairs.collect::<Vec<_>>(), self.merged.as_ref())
    }

    /// Returns the identities that the parents published; none if no parent had to be healed.
    pub fn published(&self) -> &Placement {
        &self.published
    }

    /// Returns what the only parent (`generation` 0), or its first parent (1), deprecated or moved.
    pub fn recent(&self, repo: &Repo, generation: usize) -> Recent {
        recent(repo, &self.commits, &self.healed, generation)
    }

    /// Returns what healing the parents changed.
    pub fn healing(&self) -> Vec<Edit> {
        match (&self.before, &self.merged) {
            (Some(before), Some(healed)) => Edit::between(before, healed),
            _ => Vec::new(),
        }
    }

    /// Returns whether a parent had to be healed.
    pub fn was_inconsistent(&self) -> bool {
        !self.healed.is_empty()
    }

    /// Returns the parents that have a registry, for the pure rooms.
    pub fn with_registry(&self) -> Vec<Parent<'_>> {
        self.with_healed(&self.healed)
    }

    /// Returns the parents that have a registry, with `healed` in place of inconsistent ones.
    pub(super) fn with_healed<'a>(&'a self, healed: &'a Healed) -> Vec<Parent<'a>> {
        let pairs = self.commits.iter().zip(&self.parents);
        let with = pairs.filter_map(|(id, parent)| {
            let registry = healed.get(id).or_else(|| parent.registry())?;
            Some(Parent { registry, tree: &parent.tree })
        });
        with.collect()
    }

    /// Returns whether a parent's registry is this blob.
    pub fn has_blob(&self, registry: BlobId) -> bool {
        let mut stored = self.parents.iter().filter_map(CommitState::stored);
        stored.any(|stored| stored.blob == registry)
    }

    /// Returns the registry of the first parent, to spare reading it again.
    pub fn first_stored(&self) -> Option<&Rc<Stored>> {
        self.parents.first()?.stored()
    }
}

/// Returns the registry of a commit if it can be trusted.
pub(super) fn registry_of(repo: &Repo, commit: CommitId) -> Result<Option<Registry>, StateError> {
    let tree = repo.commit(commit)?.tree;
    let entry = repo.tree_entry(tree, REGISTRY_PATH)?.filter(|e| repo.has_blob(e.blob));
    match entry.map(|entry| read_registry(repo, entry)) {
        None | Some(Err(StateError::Registry(_))) => Ok(None),
        Some(stored) => Ok(Some(stored?.registry).filter(Registry::is_consistent)),
    }
}

/// Merges the registries of several commits, one after the other, each with its merge base with
/// those before it. `healed` replaces inconsistent registries.
///
/// # Errors
/// Returns an error if trees cannot be read or registries cannot be merged.
pub(crate) fn merge_all(
    repo: &Repo,
    commits: &[CommitId],
    healed: &Healed,
) -> Result<Option<Registry>, StateError> {
    let mut merged: Option<Registry> = None;
    for (n, theirs) in registries_to_merge(repo, commits, healed)?.into_iter().enumerate() {
        let (commit, Some(theirs)) = (&commits[n], theirs) else { continue };
        merged = Some(match merged {
            None => theirs,
            Some(ours) => {
                let mut bases = BTreeSet::new();
                for earlier in &commits[..n] {
                    bases.extend(repo.merge_bases(*earlier, *commit)?);
                }
                let bases: Vec<CommitId> = bases.into_iter().collect();
                let base = virtual_base(repo, &bases, ours.scope, healed, 0)?;
                let base = base.unwrap_or_else(|| Registry::new(ours.scope));
                merge(&base, &ours, &theirs)?
            }
        });
    }
    Ok(merged)
}

/// Returns the registries of several commits, as stored or healed, where numbers that one of them
/// published win over those that healing gave another.
fn registries_to_merge(
    repo: &Repo,
    commits: &[CommitId],
    healed: &Healed,
) -> Result<Vec<Option<Registry>>, StateError> {
    if !commits.iter().any(|id| healed.contains_key(id)) {
        return commits.iter().map(|id| registry_of(repo, *id)).collect();
    }
    if let [only] = commits {
        return Ok(vec![healed.get(only).cloned()]);
    }
    let shown: Vec<Option<Registry>> =
        commits.iter().map(|id| registry_of(repo, *id)).collect::<Result<_, _>>()?;
    let pairs = commits.iter().zip(&shown).enumerate().map(|(n, (id, own))| {
        let Some(healed) = healed.get(id) else { return own.clone() };
        let others = shown.iter().enumerate().filter(|(other, _)| *other != n);
        let others: Vec<&Registry> = others.filter_map(|(_, other)| other.as_ref()).collect();
        Some(with_published_numbers(healed, own.as_ref(), &others).into_owned())
    });
    Ok(pairs.collect())
}

/// Returns one registry for several merge bases, like git's own virtual base.
pub(super) fn virtual_base(
    repo: &Repo,
    bases: &[CommitId],
    scope: Scope,
    healed: &Healed,
    nesting: u32,
) -> Result<Option<Registry>, StateError> {
    let mut virtual_registry: Option<Registry> = None;
    for (n, commit) in bases.iter().enumerate() {
        // A merge base that cannot be read is skipped: it only makes the base smaller.
        let stored = registry_of(repo, *commit).ok().flatten();
        let registry = stored.or_else(|| healed.get(commit).cloned());
        let Some(theirs) = registry.filter(|registry| registry.scope == scope) else { continue };
        virtual_registry = Some(match virtual_registry {
            None => theirs,
            Some(ours) => {
                let inner = match n.checked_sub(1).filter(|_| nesting < MAX_NESTING) {
                    Some(before) => {
                        let inner = repo.merge_bases(bases[before], *commit)?;
                        virtual_base(repo, &inner, scope, healed, nesting + 1)?
                    }
                    None => None,
                };
                let base = inner.unwrap_or_else(|| Registry::new(ours.scope));
                merge(&base, &ours, &theirs)?
            }
        });
    }
    Ok(virtual_registry)
}
