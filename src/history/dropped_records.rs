//! Records that a commit dropped and that commits after it do not miss.
//!
//! Whether a commit is true is decided over its parents as they are stored. Where a commit that no
//! hook saw drops a record (a revert of an addition, for example) and another such commit follows,
//! the second is true over the first, and nothing tells any more that something is missing. So
//! the last commits are searched for numbers that disappeared and did not come back.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use crate::git::{Commit, CommitId, Repo, TreeId};
use crate::registry::{BlobId, Id, REGISTRY_PATH, Registry};
use crate::store::Verdicts;

use crate::state::StateError;

/// How many commits are searched at most: in a new clone nothing is known of any of them.
const MOST: usize = 200;
/// How many bytes of registries are read for it at most.
const MOST_BYTES: usize = 256 << 20;
/// How many registries are kept in memory: a commit's, and those of its parents.
const KEPT: usize = 4;

type Ids = BTreeSet<Id>;

/// Returns whether no record of the commits before `tip` is missing in its registry.
///
/// # Errors
/// Objects that cannot be read.
pub fn is_complete(repo: &Repo, tip: CommitId) -> Result<bool, StateError> {
    Ok(forgotten(repo, &[tip])?.is_empty())
}

/// Remembers that a commit of `tree` over these parents will be whole, as they are.
pub(crate) fn remember_complete(repo: &Repo, tree: TreeId, parents: &[CommitId]) {
    let verdicts = Verdicts::in_dir(&repo.state_dir());
    // A cache that cannot be written costs time, nothing else.
    let _ = verdicts.remember(&name(tree, parents), true);
}

/// Returns the commits that dropped records which are missing in one of `tips`, and all that
/// follow them on the way there.
///
/// # Errors
/// Objects that cannot be read.
pub(crate) fn forgotten(repo: &Repo, tips: &[CommitId]) -> Result<BTreeSet<CommitId>, StateError> {
    let mut found = BTreeSet::new();
    for tip in tips.iter().filter(|tip| repo.has_commit(**tip)) {
        let search = DropSearch::from(repo, *tip)?;
        let Some(own) = search.missing_in_tip(*tip)? else { continue };
        if own.is_empty() {
            if let Some(commit) = search.visited.get(tip) {
                remember_complete(repo, commit.tree, &commit.parents);
            }
            continue;
        }
        found.extend(search.all_after(own));
    }
    Ok(found)
}

/// The last commits before a tip, and which of them dropped which numbers.
struct DropSearch<'a> {
    repo: &'a Repo,
    visited: BTreeMap<CommitId, Commit>,
    /// The visited commits, children before parents as far as the search went.
    order: Vec<CommitId>,
    drops: Vec<Dropped>,
}

/// Numbers that a parent's registry had and the commit's does not.
struct Dropped {
    commit: CommitId,
    before: BlobId,
    dropped: Ids,
}

impl<'a> DropSearch<'a> {
    /// Walks back to the commits that are known to be whole.
    fn from(repo: &'a Repo, tip: CommitId) -> Result<Self, StateError> {
        let verdicts = Verdicts::in_dir(&repo.state_dir());
        let mut search =
            DropSearch { repo, visited: BTreeMap::new(), order: Vec::new(), drops: Vec::new() };
        let mut shelf = RegistryCache { repo, kept: VecDeque::new(), bytes: 0 };
        let mut queue = VecDeque::from([tip]);
        while let Some(id) = queue.pop_front() {
            if search.visited.contains_key(&id)
                || search.visited.len() >= MOST
                || shelf.bytes >= MOST_BYTES
                || !repo.has_commit(id)
            {
                continue;
            }
            let commit = repo.commit(id)?;
            let Some(own) = registry(repo, &commit)? else { continue };
            if verdicts.recall(&name(commit.tree, &commit.parents)) == Some(true) {
                continue;
            }
            for parent in commit.parents.iter().filter(|id| repo.has_commit(**id)) {
                queue.push_back(*parent);
                let Some(before) = registry(repo, &repo.commit(*parent)?)? else { continue };
                if before != own {
                    let (now, then) = (shelf.ids(own)?, shelf.ids(before)?);
                    let dropped: Ids = then.difference(&now).copied().collect();
                    if !dropped.is_empty() {
                        search.drops.push(Dropped { commit: id, before, dropped });
                    }
                }
            }
            search.visited.insert(id, commit);
            search.order.push(id);
        }
        Ok(search)
    }

    /// Returns the commits that dropped what the registry of the tip does not know; nothing
    /// where that cannot be told.
    fn missing_in_tip(&self, tip: CommitId) -> Result<Option<BTreeSet<CommitId>>, StateError> {
        if self.drops.is_empty() {
            return Ok(Some(BTreeSet::new()));
        }
        let blob = self.visited.get(&tip).map(|commit| registry(self.repo, commit)).transpose()?;
        let bytes = blob.flatten().map(|blob| self.repo.blob(blob)).transpose()?;
        let Some(Ok(known)) = bytes.map(|bytes| Registry::parse(&bytes)) else { return Ok(None) };
        let numbers = known.allocations.iter().flat_map(|r| r.aliases.iter().chain([&r.id]));
        let numbers: Ids = numbers.copied().collect();
        // A registry of another scope came with a subtree merge and was never ours.
        let is_ours = |drop: &Dropped| {
            let bytes = self.repo.local_blob(drop.before);
            let before = bytes.and_then(|bytes| Registry::parse(&bytes).ok());
            before.is_some_and(|before| before.scope == known.scope)
        };
        let missing = self.drops.iter().filter(|drop| !drop.dropped.is_subset(&numbers));
        Ok(Some(missing.filter(|drop| is_ours(drop)).map(|drop| drop.commit).collect()))
    }

    /// Returns the commits, and those visited that have one of them as an ancestor.
    fn all_after(&self, mut commits: BTreeSet<CommitId>) -> BTreeSet<CommitId> {
        // A parent may have been visited before a child of another line: until nothing changes.
        loop {
            let before = commits.len();
            for id in self.order.iter().rev() {
                if self.visited[id].parents.iter().any(|parent| commits.contains(parent)) {
                    commits.insert(*id);
                }
            }
            if commits.len() == before {
                return commits;
            }
        }
    }
}

/// Returns the name under which it is remembered that a commit is whole.
fn name(tree: TreeId, parents: &[CommitId]) -> String {
    let parents: String = parents.iter().map(|id| format!(" {id}")).collect();
    format!("whole {tree}{parents}")
}

/// Returns the registry of a commit, where it is at hand.
fn registry(repo: &Repo, commit: &Commit) -> Result<Option<BlobId>, StateError> {
    let entry = repo.tree_entry(commit.tree, REGISTRY_PATH)?;
    let entry = entry.filter(|entry| entry.mode.is_file() && repo.has_blob(entry.blob));
    Ok(entry.map(|entry| entry.blob))
}

/// The registries read last.
struct RegistryCache<'a> {
    repo: &'a Repo,
    kept: VecDeque<(BlobId, Rc<Ids>)>,
    /// How many bytes were read for them.
    bytes: usize,
}

impl RegistryCache<'_> {
    /// Returns the numbers of a registry; none of one that cannot be read, which is never true.
    fn ids(&mut self, blob: BlobId) -> Result<Rc<Ids>, StateError> {
        if let Some((_, ids)) = self.kept.iter().find(|(known, _)| *known == blob) {
            return Ok(ids.clone());
        }
        let bytes = self.repo.blob(blob)?;
        self.bytes += bytes.len();
        let ids = Rc::new(Registry::scan_ids(&bytes).unwrap_or_else(|| {
            let parsed = Registry::parse(&bytes).map(|registry| registry.allocations);
            parsed.unwrap_or_default().iter().map(|record| record.id).collect()
        }));
        self.kept.push_front((blob, ids.clone()));
        self.kept.truncate(KEPT);
        Ok(ids)
    }
}
