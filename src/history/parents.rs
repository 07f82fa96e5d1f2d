//! The parents of a commit to be, and what their registries come to.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::check::{Parent, Placement};
use crate::git::{CommitId, Repo};
use crate::merge::{merge, with_published_numbers};
use crate::plan::{Edit, Recent};
use crate::registry::{BlobId, REGISTRY_PATH, Registry, Scope};

use crate::history::published::told;
use crate::history::{foreign_parents::ForeignParent, foreign_parents::OwnParents};
use crate::history::{heal::Healed, heal::heal, heal::recent};
use crate::state::{Snapshot, StateError, Stored, read_registry};

/// Criss-cross histories nest; deeper than this the virtual base is taken as empty.
const MAX_NESTING: u32 = 16;

/// The parents of a commit that are at hand, and the merge of their registries.
#[derive(Debug, Default)]
pub struct Lineage {
    /// The parents' ids, as far as they are at hand.
    pub commits: Vec<CommitId>,
    /// What each of them holds.
    pub parents: Vec<Snapshot>,
    /// What their registries come to; nothing where none has one.
    pub merged: Option<Registry>,
    /// Whether every parent bears witness that should.
    pub is_complete: bool,
    strangers: Vec<ForeignParent>,
    healed: Healed,
    told: Placement,
    before: Option<Registry>,
}

impl Lineage {
    /// Reads the parents `commits` as witnesses; a shallow clone may lack some, and those of
    /// another repository are left out.
    ///
    /// # Errors
    /// Trees that cannot be read, registries that cannot be merged.
    pub fn of(repo: &Repo, commits: &[CommitId]) -> Result<Self, StateError> {
        let commits: Vec<CommitId> =
            commits.iter().copied().filter(|id| repo.has_commit(*id)).collect();
        let parents: Vec<Snapshot> =
            commits.iter().map(|id| Snapshot::of_witness(repo, *id)).collect::<Result<_, _>>()?;
        let OwnParents { commits, parents, strangers } = OwnParents::of(commits, parents);
        let merged = match parents.as_slice() {
            [only] => only.registry().cloned(),
            _ => merge_all(repo, &commits, &Healed::new())?,
        };
        let is_complete = parents.iter().all(|parent| parent.is_complete);
        Ok(Lineage {
            commits,
            parents,
            merged,
            is_complete,
            strangers,
            healed: Healed::new(),
            told: Placement::new(),
            before: None,
        })
    }

    /// Puts what the registries of untrue parents should be in the place of what they are.
    ///
    /// `progress` is called for every commit that is healed, with the number of all of them.
    ///
    /// # Errors
    /// Objects that cannot be read, registries that cannot be merged, a counter that is full.
    pub fn heal(&mut self, repo: &Repo, progress: &dyn Fn(usize)) -> Result<(), StateError> {
        self.healed = heal(repo, &self.commits, progress)?;
        if !self.healed.is_empty() {
            self.told = self.told(&self.healed);
            let merged = merge_all(repo, &self.commits, &self.healed)?;
            self.before = std::mem::replace(&mut self.merged, merged);
        }
        Ok(())
    }

    /// Asserts that no parent comes from a second adoption of the same repository.
    ///
    /// # Errors
    /// Such a parent; objects that cannot be read.
    pub fn assert_one_adoption(&self, repo: &Repo) -> Result<(), StateError> {
        for stranger in &self.strangers {
            if stranger.was_adopted_apart(repo)? {
                return Err(StateError::Merge(stranger.error()));
            }
        }
        Ok(())
    }

    /// Asserts that all parents belong to one repository.
    ///
    /// # Errors
    /// A parent with another scope.
    pub fn assert_one_scope(&self) -> Result<(), StateError> {
        self.strangers.first().map_or(Ok(()), |stranger| Err(StateError::Merge(stranger.error())))
    }

    /// Reads the parents, of which none bears witness where their registries cannot be merged.
    ///
    /// # Errors
    /// Objects that cannot be read.
    pub fn of_witnesses(repo: &Repo, commits: &[CommitId]) -> Result<Self, StateError> {
        match Self::of(repo, commits) {
            Err(StateError::Merge(_)) => Ok(Lineage::default()),
            lineage => lineage,
        }
    }

    /// Returns which identities the parents of a merge show, where some had to be healed. The
    /// registries must not have been replaced by healed ones yet.
    pub(crate) fn told(&self, healed: &Healed) -> Placement {
        let known = self.commits.iter().zip(&self.parents);
        let known = known.map(|(id, parent)| {
            let shown = parent.registry().map(|registry| Parent { registry, tree: &parent.tree });
            (shown, healed.get(id))
        });
        told(&known.collect::<Vec<_>>(), self.merged.as_ref())
    }

    /// Returns which identities the parents at hand show; nothing where none had to be healed.
    pub fn what_parents_tell(&self) -> &Placement {
        &self.told
    }

    /// Works out what the last commits retired; only where there is one parent.
    pub fn recent(&self, repo: &Repo) -> Recent {
        recent(repo, &self.commits, &self.healed)
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

    /// Returns the same with other registries in the place of those that are not true.
    pub(crate) fn with_healed<'a>(&'a self, healed: &'a Healed) -> Vec<Parent<'a>> {
        let known = self.commits.iter().zip(&self.parents);
        let with = known.filter_map(|(id, parent)| {
            let registry = healed.get(id).or_else(|| parent.registry())?;
            Some(Parent { registry, tree: &parent.tree })
        });
        with.collect()
    }

    /// Returns whether a parent's registry is this blob.
    pub fn has_blob(&self, registry: BlobId) -> bool {
        let stored = self.parents.iter().filter_map(|parent| parent.stored.as_deref());
        stored.into_iter().any(|stored| stored.blob == registry)
    }

    /// Returns the registry of the first parent, to spare reading it again.
    pub fn first_stored(&self) -> Option<&Rc<Stored>> {
        self.parents.first()?.stored.as_ref()
    }
}

/// Returns what a commit's registry says, if it bears witness.
pub(crate) fn registry_of(repo: &Repo, commit: CommitId) -> Result<Option<Registry>, StateError> {
    let tree = repo.commit(commit)?.tree;
    let entry = repo.tree_entry(tree, REGISTRY_PATH)?.filter(|e| repo.has_blob(e.blob));
    match entry.map(|entry| read_registry(repo, entry)) {
        None | Some(Err(StateError::Registry(_))) => Ok(None),
        Some(stored) => Ok(Some(stored?.registry).filter(Registry::is_consistent)),
    }
}

/// Merges the registries of several commits, one after the other, each over the merge base it
/// has with those before it; `healed` takes the place of registries that are not true.
///
/// # Errors
/// Trees that cannot be read, registries that cannot be merged.
pub(crate) fn merge_all(
    repo: &Repo,
    commits: &[CommitId],
    healed: &Healed,
) -> Result<Option<Registry>, StateError> {
    let mut merged: Option<Registry> = None;
    for (n, theirs) in best_known(repo, commits, healed)?.into_iter().enumerate() {
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

/// Returns the registries of several commits, as they are or as healed, where what one of them
/// publishes comes before what healing makes of another.
fn best_known(
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
    let known = commits.iter().zip(&shown).enumerate().map(|(n, (id, own))| {
        let Some(healed) = healed.get(id) else { return own.clone() };
        let others = shown.iter().enumerate().filter(|(other, _)| *other != n);
        let others: Vec<&Registry> = others.filter_map(|(_, other)| other.as_ref()).collect();
        Some(with_published_numbers(healed, own.as_ref(), &others).into_owned())
    });
    Ok(known.collect())
}

/// Returns the registry that stands for several merge bases, as git's own virtual base does.
pub(crate) fn virtual_base(
    repo: &Repo,
    bases: &[CommitId],
    scope: Scope,
    healed: &Healed,
    nesting: u32,
) -> Result<Option<Registry>, StateError> {
    let mut virtual_registry: Option<Registry> = None;
    for (n, commit) in bases.iter().enumerate() {
        // A merge base that cannot be read is no reason to stop: it only makes the base smaller.
        let stored = registry_of(repo, *commit).ok().flatten();
        let known = stored.or_else(|| healed.get(commit).cloned());
        let Some(theirs) = known.filter(|registry| registry.scope == scope) else { continue };
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
