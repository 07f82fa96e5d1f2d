//! Lists what every commit of a history did to the registry. The result is the same in every clone
//! that has the history.

use std::collections::BTreeMap;
use std::rc::Rc;

use idhooks_core::plan::RegistryEvent;
use idhooks_core::registry::{Allocation, BlobId, Origin, REGISTRY_PATH, Registry};

use crate::git::{Ancestor, Commit, CommitId, Repo};

use crate::state::{StateError, read_registry};

/// The events of one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitEvents {
    /// The commit.
    pub commit: CommitId,
    /// The author date, in seconds since 1970.
    pub author_time: i64,
    /// Everything that it did to the registry.
    pub events: Vec<RegistryEvent>,
}

/// A registry and its blob.
type HeldRegistry = (BlobId, Rc<Registry>);

/// Reports the events of every ancestor of `tip`, parents first, to `report`. For a merge, only
/// what none of its parents has. `step` is called for each commit with the total number. Returns
/// whether a part of the history could not be read.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub fn commit_events(
    repo: &Repo,
    tip: CommitId,
    step: &mut dyn FnMut(usize),
    report: &mut dyn FnMut(&CommitEvents),
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
            // The next registry that can be read is compared with the last one that could.
            CommitRegistry::Unreadable => {
                has_gaps = true;
                parents.first().cloned()
            }
        };
        has_gaps |= is_boundary;
        if let Some(own) = own.as_ref().filter(|_| !is_boundary) {
            let events = events_between(&parents, own);
            if !events.is_empty() {
                report(&CommitEvents {
                    commit: ancestor.id,
                    author_time: commit.author_time,
                    events,
                });
            }
        }
        held.insert(ancestor.id, own);
        drop_unneeded(&mut held, &mut children, ancestor);
        step(ancestry.len());
    }
    Ok(has_gaps)
}

/// What a commit has at the registry's path.
enum CommitRegistry {
    Empty,
    Unreadable,
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
        return Ok(CommitRegistry::Unreadable);
    }
    match read_registry(repo, entry) {
        Ok(stored) => Ok(CommitRegistry::Held((stored.blob, Rc::new(stored.registry)))),
        Err(StateError::Registry(_)) => Ok(CommitRegistry::Unreadable),
        Err(error) => Err(error),
    }
}

/// Drops registries that no later commit is compared with.
fn drop_unneeded(
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

fn events_between(parents: &[HeldRegistry], (blob, after): &HeldRegistry) -> Vec<RegistryEvent> {
    if parents.iter().any(|(old, _)| old == blob) {
        return Vec::new();
    }
    let before = match parents {
        [] => Registry::new(after.scope),
        [(_, only)] => only.with_origins_of(Some(after)).into_owned(),
        several => merged_view(several, after),
    };
    RegistryEvent::between(&before, after)
}

/// Returns the combined registry of the parents of a merge: each record as in the merge if one
/// parent has it like that, else as in the first parent that has it.
fn merged_view(parents: &[HeldRegistry], after: &Registry) -> Registry {
    let mut joined = Registry::new(after.scope);
    let now: BTreeMap<Origin, &Allocation> =
        after.allocations.iter().map(|record| (record.origin, record)).collect();
    let mut records: BTreeMap<Origin, Allocation> = BTreeMap::new();
    for (_, parent) in parents {
        let parent = parent.with_origins_of(Some(after));
        for record in &parent.allocations {
            let is_unchanged = now.get(&record.origin).is_some_and(|now| *now == record);
            if is_unchanged || !records.contains_key(&record.origin) {
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
