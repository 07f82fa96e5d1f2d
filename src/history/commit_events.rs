//! What every commit of a history did to the registry: the same in every clone that has it.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::git::{Ancestor, Commit, CommitId, Repo};
use crate::plan::RegistryEvent;
use crate::registry::{Allocation, BlobId, Origin, REGISTRY_PATH, Registry};

use crate::state::{StateError, read_registry};

/// What a commit did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitEvents {
    /// The commit.
    pub commit: CommitId,
    /// When its author made it, in seconds since 1970.
    pub author_time: i64,
    /// All that it did.
    pub deeds: Vec<RegistryEvent>,
}

/// A registry, and the blob it was read from.
type HeldRegistry = (BlobId, Rc<Registry>);

/// Tells what every commit that led to `tip` did, each after its parents; of a merge only what
/// none of its parents says. `step` is called with each commit and how many there are. Returns
/// whether a part of the history could not be read.
///
/// # Errors
/// Objects that cannot be read.
pub fn commit_events(
    repo: &Repo,
    tip: CommitId,
    step: &mut dyn FnMut(usize),
    tell: &mut dyn FnMut(&CommitEvents),
) -> Result<bool, StateError> {
    let ancestry = repo.ancestry(tip)?;
    let mut children: BTreeMap<CommitId, usize> = BTreeMap::new();
    for parent in ancestry.iter().flat_map(|ancestor| &ancestor.parents) {
        *children.entry(*parent).or_default() += 1;
    }
    let mut held: BTreeMap<CommitId, Option<HeldRegistry>> = BTreeMap::new();
    let mut has_gaps = false;
    for ancestor in &ancestry {
        let commit = repo.commit(ancestor.id)?;
        let parents: Vec<HeldRegistry> = ancestor
            .parents
            .iter()
            .filter_map(|parent| held.get(parent).cloned().flatten())
            .collect();
        let is_boundary = ancestor.parents.len() < commit.parents.len();
        let own = match read(repo, &commit, &parents)? {
            CommitRegistry::Empty => None,
            CommitRegistry::Held(own) => Some(own),
            // The next one that can be read is compared with the last one that could.
            CommitRegistry::Unclear => {
                has_gaps = true;
                parents.first().cloned()
            }
        };
        has_gaps |= is_boundary;
        if let Some(own) = own.as_ref().filter(|_| !is_boundary) {
            let deeds = deeds(&parents, own);
            if !deeds.is_empty() {
                tell(&CommitEvents { commit: ancestor.id, author_time: commit.author_time, deeds });
            }
        }
        held.insert(ancestor.id, own);
        forget(&mut held, &mut children, ancestor);
        step(ancestry.len());
    }
    Ok(has_gaps)
}

/// What a commit has in the registry's place.
enum CommitRegistry {
    Empty,
    Unclear,
    Held(HeldRegistry),
}

fn read(
    repo: &Repo,
    commit: &Commit,
    parents: &[HeldRegistry],
) -> Result<CommitRegistry, StateError> {
    let Some(entry) = repo.tree_entry(commit.tree, REGISTRY_PATH)? else {
        return Ok(CommitRegistry::Empty);
    };
    if let Some(same) = parents.iter().find(|(blob, _)| *blob == entry.blob) {
        return Ok(CommitRegistry::Held(same.clone()));
    }
    if !repo.has_blob(entry.blob) {
        return Ok(CommitRegistry::Unclear);
    }
    match read_registry(repo, entry) {
        Ok(stored) => Ok(CommitRegistry::Held((stored.blob, Rc::new(stored.registry)))),
        Err(StateError::Registry(_)) => Ok(CommitRegistry::Unclear),
        Err(error) => Err(error),
    }
}

/// Lets go of registries that no commit to come is compared with.
fn forget(
    held: &mut BTreeMap<CommitId, Option<HeldRegistry>>,
    children: &mut BTreeMap<CommitId, usize>,
    ancestor: &Ancestor,
) {
    for parent in &ancestor.parents {
        if let Some(left) = children.get_mut(parent) {
            *left -= 1;
            if *left == 0 {
                held.remove(parent);
            }
        }
    }
}

fn deeds(parents: &[HeldRegistry], (blob, after): &HeldRegistry) -> Vec<RegistryEvent> {
    if parents.iter().any(|(known, _)| known == blob) {
        return Vec::new();
    }
    let before = match parents {
        [] => Registry::new(after.scope),
        [(_, only)] => only.with_origins_of(Some(after)).into_owned(),
        several => joined(several, after),
    };
    RegistryEvent::between(&before, after)
}

/// Returns what the parents of a merge say together: of each record what the merge says, if one
/// of them says the same, else what the first says that has it.
fn joined(parents: &[HeldRegistry], after: &Registry) -> Registry {
    let mut joined = Registry::new(after.scope);
    let now: BTreeMap<Origin, &Allocation> =
        after.allocations.iter().map(|record| (record.origin, record)).collect();
    let mut records: BTreeMap<Origin, Allocation> = BTreeMap::new();
    for (_, parent) in parents {
        let parent = parent.with_origins_of(Some(after));
        for record in &parent.allocations {
            let is_last_word = now.get(&record.origin).is_some_and(|now| *now == record);
            if is_last_word || !records.contains_key(&record.origin) {
                records.insert(record.origin, record.clone());
            }
        }
        for (counter, held) in &parent.counters {
            let all = joined.counters.entry(*counter).or_default();
            all.reserved.extend(&held.reserved);
        }
    }
    joined.allocations = records.into_values().collect();
    joined
}
