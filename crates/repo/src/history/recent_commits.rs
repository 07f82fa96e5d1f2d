//! [`RecentCommits`]: the most recent commits before a tip, which may contain faults that do not
//! show in later commits.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use idhooks_core::registry::BlobId;

use crate::cache::{Cache, ConsistencyKey};
use crate::git::{Commit, CommitId, Repo, TreeId};
use crate::state::{StateError, counted_commit};

use super::healed_registries::registry_blob;

/// The maximum number of commits to search. In a new clone, no commit is known to be complete.
const MAX_COMMITS: usize = 200;
/// The maximum total size in bytes of the registries that a search may read: it runs in a hook, so
/// it must finish even in a huge repository. What earlier commits dropped or put back is found when
/// the whole history is checked.
pub(super) const MAX_BYTES: usize = 256 << 20;

/// The most recent commits before a tip, back to commits known to be complete.
pub(super) struct RecentCommits {
    pub(super) visited: BTreeMap<CommitId, Commit>,
    /// The visited commits in the order they were visited, mostly children before parents.
    pub(super) order: Vec<CommitId>,
    /// The visited commits whose history is cut off, because a parent is missing from this clone.
    pub(super) cut: Vec<CommitId>,
}

impl RecentCommits {
    /// Walks back from a tip. `visit` is called with each commit that has a registry and with that
    /// registry; it returns whether to continue.
    ///
    /// # Errors
    /// Returns an error if commits or trees cannot be read, or if `visit` fails.
    pub(super) fn before(
        repo: &Repo,
        tip: CommitId,
        visit: &mut dyn FnMut(CommitId, &Commit, BlobId) -> Result<bool, StateError>,
    ) -> Result<Self, StateError> {
        let complete = Cache::open(&repo.state_dir());
        let (visited, order, cut) = (BTreeMap::new(), Vec::new(), Vec::new());
        let mut recent = RecentCommits { visited, order, cut };
        let mut queue = VecDeque::from([tip]);
        while let Some(id) = queue.pop_front() {
            if recent.visited.contains_key(&id)
                || recent.visited.len() >= MAX_COMMITS
                || !repo.has_commit(id)
            {
                continue;
            }
            let commit = counted_commit(repo, id)?;
            // A commit without a registry has no records that a later commit could lack.
            let Some(own) = local_registry(repo, &commit)? else { continue };
            // If a commit was recorded as complete, everything before it has already been searched.
            if complete.get(&completeness_key(commit.tree, &commit.parents)) == Some(true) {
                continue;
            }
            if !visit(id, &commit, own)? {
                break;
            }
            let known = commit.parents.iter().filter(|id| repo.has_commit(**id));
            let before = queue.len();
            queue.extend(known);
            // A missing parent cannot be searched, so a lack of results does not mean that the
            // history is clean.
            if queue.len() - before < commit.parents.len() {
                recent.cut.push(id);
            }
            recent.visited.insert(id, commit);
            recent.order.push(id);
        }
        Ok(recent)
    }

    /// Returns these commits, along with the visited commits that descend from any of them.
    pub(super) fn all_after(&self, mut commits: BTreeSet<CommitId>) -> BTreeSet<CommitId> {
        // A parent may have been visited before a child on another branch, so repeat this until
        // nothing changes.
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

/// Returns the cache key under which a commit is recorded as complete.
pub(super) fn completeness_key(tree: TreeId, parents: &[CommitId]) -> ConsistencyKey {
    // The key contains the parents' ids, not their trees, because completeness is a property of the
    // entire history behind the parents.
    let parents = parents.iter().map(|id| id.object());
    ConsistencyKey::IsComplete([tree.object()].into_iter().chain(parents).collect())
}

/// Returns a commit's registry if it is in this clone.
pub(super) fn local_registry(repo: &Repo, commit: &Commit) -> Result<Option<BlobId>, StateError> {
    Ok(registry_blob(repo, commit.tree)?.filter(|blob| repo.has_blob(*blob)))
}
