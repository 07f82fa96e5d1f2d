//! What every commit of a history did to the registry: the same in every clone that has it.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::git::{Ancestor, Commit, CommitId, Repo};
use crate::plan::Deed;
use crate::registry::{Allocation, BlobId, Origin, REGISTRY_PATH, Registry};

use super::{WalkError, read_registry};

/// What a commit did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chapter {
    /// The commit.
    pub commit: CommitId,
    /// When its author made it, in seconds since 1970.
    pub author_time: i64,
    /// All that it did.
    pub deeds: Vec<Deed>,
}

/// A registry, and the blob it was read from.
type Held = (BlobId, Rc<Registry>);

/// Tells what every commit that led to `tip` did, each after its parents; of a merge only what
/// none of its parents says. `step` is called with each commit and how many there are. Returns
/// whether a part of the history could not be read.
///
/// # Errors
/// Objects that cannot be read.
pub fn chronicle(
    repo: &Repo,
    tip: CommitId,
    step: &mut dyn FnMut(usize),
    tell: &mut dyn FnMut(&Chapter),
) -> Result<bool, WalkError> {
    let ancestry = repo.ancestry(tip)?;
    let mut children: BTreeMap<CommitId, usize> = BTreeMap::new();
    for parent in ancestry.iter().flat_map(|ancestor| &ancestor.parents) {
        *children.entry(*parent).or_default() += 1;
    }
    let mut held: BTreeMap<CommitId, Option<Held>> = BTreeMap::new();
    let mut has_gaps = false;
    for ancestor in &ancestry {
        let commit = repo.commit(ancestor.id)?;
        let parents: Vec<Held> = ancestor
            .parents
            .iter()
            .filter_map(|parent| held.get(parent).cloned().flatten())
            .collect();
        let is_boundary = ancestor.parents.len() < commit.parents.len();
        let own = match read(repo, &commit, &parents)? {
            Place::Empty => None,
            Place::Held(own) => Some(own),
            // The next one that can be read is compared with the last one that could.
            Place::Unclear => {
                has_gaps = true;
                parents.first().cloned()
            }
        };
        has_gaps |= is_boundary;
        if let Some(own) = own.as_ref().filter(|_| !is_boundary) {
            let deeds = deeds(&parents, own);
            if !deeds.is_empty() {
                tell(&Chapter { commit: ancestor.id, author_time: commit.author_time, deeds });
            }
        }
        held.insert(ancestor.id, own);
        forget(&mut held, &mut children, ancestor);
        step(ancestry.len());
    }
    Ok(has_gaps)
}

/// What a commit has in the registry's place.
enum Place {
    Empty,
    Unclear,
    Held(Held),
}

fn read(repo: &Repo, commit: &Commit, parents: &[Held]) -> Result<Place, WalkError> {
    let Some(entry) = repo.tree_entry(commit.tree, REGISTRY_PATH)? else {
        return Ok(Place::Empty);
    };
    if let Some(same) = parents.iter().find(|(blob, _)| *blob == entry.blob) {
        return Ok(Place::Held(same.clone()));
    }
    if !repo.has_blob(entry.blob) {
        return Ok(Place::Unclear);
    }
    match read_registry(repo, entry) {
        Ok(stored) => Ok(Place::Held((stored.blob, Rc::new(stored.registry)))),
        Err(WalkError::Registry(_)) => Ok(Place::Unclear),
        Err(error) => Err(error),
    }
}

/// Lets go of registries that no commit to come is compared with.
fn forget(
    held: &mut BTreeMap<CommitId, Option<Held>>,
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

fn deeds(parents: &[Held], (blob, after): &Held) -> Vec<Deed> {
    if parents.iter().any(|(known, _)| known == blob) {
        return Vec::new();
    }
    let before = match parents {
        [] => Registry::new(after.scope),
        [(_, only)] => only.with_origins_of(Some(after)).into_owned(),
        several => joined(several, after),
    };
    Deed::between(&before, after)
}

/// Returns what the parents of a merge say together: of each record what the merge says, if one
/// of them says the same, else what the first says that has it.
fn joined(parents: &[Held], after: &Registry) -> Registry {
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
