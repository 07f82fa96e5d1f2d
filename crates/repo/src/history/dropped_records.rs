//! Finds what commits did that later commits do not miss: records that they dropped, and files that they
//! put back without deciding which.
//!
//! A commit is checked against its parents as they are stored. If a commit made without hooks drops
//! a record (a revert of an addition, for example) and another such commit follows, the second is
//! consistent with the first, and nothing shows that something is missing. So the last commits are
//! searched for identities that disappeared and did not come back, and for files that were put back; see
//! [`put_back`](super::put_back).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use idhooks_core::registry::{BlobId, Id, Registry, RepoPath};

use crate::cache::{Cache, ConsistencyKey};
use crate::git::{Commit, CommitId, Repo, TreeId};
use crate::state::StateError;

use super::{commit_reader::CommitReader, put_back::files_put_back, registries::registry_blob};

/// The maximum number of commits to search: in a new clone nothing is known about any of them.
const MAX_COMMITS: usize = 200;
/// The maximum number of bytes of registries to read.
const MAX_BYTES: usize = 256 << 20;

type Ids = BTreeSet<Id>;

/// Returns whether the registry of `tip` has every record of the commits before it, and no commit before
/// it put files back without deciding about them.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub fn is_complete(repo: &Repo, tip: CommitId) -> Result<bool, StateError> {
    Ok(dropped_records(repo, &[tip])?.is_empty())
}

/// Returns the commits that dropped records which are missing in one of `tips`, those that put files back
/// without deciding about them, and all commits between them and the tips.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub(super) fn dropped_records(
    repo: &Repo,
    tips: &[CommitId],
) -> Result<BTreeSet<CommitId>, StateError> {
    let mut found = BTreeSet::new();
    for tip in tips.iter().filter(|tip| repo.has_commit(**tip)) {
        let search = DropSearch::from(repo, *tip)?;
        let put_back = search.put_back_before(*tip)?;
        let Some(mut own) = search.dropped_before(*tip)? else { continue };
        own.extend(put_back.into_keys());
        search.remember_complete(*tip, own.is_empty());
        if !own.is_empty() {
            found.extend(search.all_after(own));
        }
    }
    Ok(found)
}

/// Returns the paths to which files were put back in a commit or before it, as long as the registry is
/// the same.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub(super) fn put_back_before(
    repo: &Repo,
    tip: CommitId,
) -> Result<BTreeSet<RepoPath>, StateError> {
    let search = DropSearch::from(repo, tip)?;
    let put_back = search.put_back_before(tip)?;
    search.remember_complete(tip, put_back.is_empty() && search.drops.is_empty());
    Ok(put_back.into_values().flatten().collect())
}

/// The last commits before a tip, which identities each of them dropped, and where it put files back.
struct DropSearch<'a> {
    repo: &'a Repo,
    visited: BTreeMap<CommitId, Commit>,
    /// The visited commits, children before parents as far as the search went.
    order: Vec<CommitId>,
    drops: Vec<Dropped>,
    put_back: BTreeMap<CommitId, BTreeSet<RepoPath>>,
}

/// Identities that a parent's registry had and the commit's registry does not have.
struct Dropped {
    commit: CommitId,
    before: BlobId,
    dropped: Ids,
}

impl<'a> DropSearch<'a> {
    /// Walks back to the commits that are known to be complete.
    fn from(repo: &'a Repo, tip: CommitId) -> Result<Self, StateError> {
        let complete = Cache::open(&repo.state_dir());
        let mut search = DropSearch {
            repo,
            visited: BTreeMap::new(),
            order: Vec::new(),
            drops: Vec::new(),
            put_back: BTreeMap::new(),
        };
        let mut reader = CommitReader::new(repo);
        let mut queue = VecDeque::from([tip]);
        while let Some(id) = queue.pop_front() {
            if search.visited.contains_key(&id)
                || search.visited.len() >= MAX_COMMITS
                || reader.bytes_read() >= MAX_BYTES
                || !repo.has_commit(id)
            {
                continue;
            }
            let commit = repo.commit(id)?;
            let Some(own) = registry(repo, &commit)? else { continue };
            if complete.get(&completeness_key(commit.tree, &commit.parents)) == Some(true) {
                continue;
            }
            for parent in commit.parents.iter().filter(|id| repo.has_commit(**id)) {
                queue.push_back(*parent);
                let Some(before) = registry(repo, &repo.commit(*parent)?)? else { continue };
                let dropped = reader.dropped_ids(before, own)?;
                if !dropped.is_empty() {
                    search.drops.push(Dropped { commit: id, before, dropped });
                }
            }
            let put_back = files_put_back(&mut reader, commit.tree, &commit.parents)?;
            if !put_back.is_empty() {
                search.put_back.insert(id, put_back);
            }
            search.visited.insert(id, commit);
            search.order.push(id);
        }
        Ok(search)
    }

    /// Returns the commits that dropped identities which the registry of the tip does not have;
    /// `None` if that cannot be determined.
    fn dropped_before(&self, tip: CommitId) -> Result<Option<BTreeSet<CommitId>>, StateError> {
        if self.drops.is_empty() {
            return Ok(Some(BTreeSet::new()));
        }
        let blob = self.visited.get(&tip).map(|commit| registry(self.repo, commit)).transpose()?;
        let bytes = blob.flatten().map(|blob| self.repo.blob(blob)).transpose()?;
        let Some(Ok(tip_registry)) = bytes.map(|bytes| Registry::parse(&bytes)) else {
            return Ok(None);
        };
        let numbers = tip_registry.allocations.iter().flat_map(|r| r.aliases.iter().chain([&r.id]));
        let numbers: Ids = numbers.copied().collect();
        // A registry of another scope came with a subtree merge and was never ours.
        let is_ours = |drop: &Dropped| {
            let bytes = self.repo.local_blob(drop.before);
            let before = bytes.and_then(|bytes| Registry::parse(&bytes).ok());
            before.is_some_and(|before| before.scope == tip_registry.scope)
        };
        let missing = self.drops.iter().filter(|drop| !drop.dropped.is_subset(&numbers));
        Ok(Some(missing.filter(|drop| is_ours(drop)).map(|drop| drop.commit).collect()))
    }

    /// Returns the commits, the tip included, that put files back, with their paths, if the registry is
    /// that of the tip in all commits since.
    fn put_back_before(
        &self,
        tip: CommitId,
    ) -> Result<BTreeMap<CommitId, BTreeSet<RepoPath>>, StateError> {
        let mut found = BTreeMap::new();
        if self.put_back.is_empty() {
            return Ok(found);
        }
        let Some(tip_commit) = self.visited.get(&tip) else { return Ok(found) };
        let registry = registry_blob(self.repo, tip_commit.tree)?;
        let (mut seen, mut open) = (BTreeSet::new(), vec![tip]);
        while let Some(id) = open.pop() {
            let Some(commit) = self.visited.get(&id).filter(|_| seen.insert(id)) else { continue };
            if registry_blob(self.repo, commit.tree)? == registry {
                found.extend(self.put_back.get(&id).map(|paths| (id, paths.clone())));
                open.extend(&commit.parents);
            }
        }
        Ok(found)
    }

    /// Caches that the tip is complete, if it is.
    fn remember_complete(&self, tip: CommitId, is_complete: bool) {
        if let Some(commit) = self.visited.get(&tip).filter(|_| is_complete) {
            let mut cache = Cache::open(&self.repo.state_dir());
            cache.insert(&completeness_key(commit.tree, &commit.parents), &true);
            cache.save();
        }
    }

    /// Returns the commits, and the visited ones that have one of them as an ancestor.
    fn all_after(&self, mut commits: BTreeSet<CommitId>) -> BTreeSet<CommitId> {
        // A parent may have been visited before a child on another branch, so repeat until nothing
        // changes.
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

/// Returns the cache key for a complete commit.
pub(super) fn completeness_key(tree: TreeId, parents: &[CommitId]) -> ConsistencyKey {
    let parents = parents.iter().map(|id| id.object());
    ConsistencyKey::IsComplete([tree.object()].into_iter().chain(parents).collect())
}

/// Returns the registry of a commit if it is in this clone.
fn registry(repo: &Repo, commit: &Commit) -> Result<Option<BlobId>, StateError> {
    Ok(registry_blob(repo, commit.tree)?.filter(|blob| repo.has_blob(*blob)))
}
