//! Finds records that a commit dropped and that later commits do not report as missing.
//!
//! A commit is checked against its parents as stored. If a commit made without hooks drops a record
//! (for example, by reverting an addition) and another such commit follows, the second commit is
//! consistent with the first, and nothing shows that a record is missing. So the most recent
//! commits are searched for identities that disappeared and did not come back.

use std::collections::BTreeSet;

use idhooks_core::registry::{BlobId, Id, Registry};

use crate::cache::Cache;
use crate::git::{CommitId, Repo};
use crate::state::{StateError, counted_commit};

use super::commit_reader::CommitReader;
use super::put_back::PutBackSearch;
use super::recent_commits::{MAX_BYTES, RecentCommits, completeness_key, local_registry};

type Ids = BTreeSet<Id>;

/// Returns whether `tip`'s registry has every record from the commits before it, and none of these
/// commits put a file back without deciding its identity.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub(crate) fn is_complete(repo: &Repo, tip: CommitId) -> Result<bool, StateError> {
    Ok(dropped_records(repo, &[tip])?.is_empty() && PutBackSearch::new(repo).paths(tip)?.is_empty())
}

/// Returns the commits that dropped records still missing from one of `tips`, along with all
/// commits between them and that tip.
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
        let Some(own) = search.dropped_before(*tip)? else { continue };
        if own.is_empty() {
            // A search that stopped at a limit proves nothing about earlier commits.
            if search.recent.visited.contains_key(tip)
                && search.recent.cut.is_empty()
                && PutBackSearch::new(repo).paths(*tip)?.is_empty()
            {
                remember_complete(repo, *tip)?;
            }
            continue;
        }
        found.extend(search.recent.all_after(own));
    }
    Ok(found)
}

/// Records in the cache that a commit is complete, so that commits before it are not searched
/// again.
///
/// # Errors
/// Returns an error if the commit cannot be read.
pub(super) fn remember_complete(repo: &Repo, id: CommitId) -> Result<(), StateError> {
    let commit = counted_commit(repo, id)?;
    let mut cache = Cache::open(&repo.state_dir());
    cache.insert(&completeness_key(commit.tree, &commit.parents), &true);
    cache.save();
    Ok(())
}

/// The most recent commits before a tip, and the identities that each of them dropped.
struct DropSearch<'a> {
    repo: &'a Repo,
    recent: RecentCommits,
    drops: Vec<Dropped>,
}

/// The identities that are in a parent's registry but not in the commit's own.
struct Dropped {
    commit: CommitId,
    before: BlobId,
    dropped: Ids,
}

impl<'a> DropSearch<'a> {
    /// Searches backwards until it reaches commits that are known to be complete.
    fn from(repo: &'a Repo, tip: CommitId) -> Result<Self, StateError> {
        let (mut drops, mut reader) = (Vec::new(), CommitReader::new(repo));
        let recent = RecentCommits::before(repo, tip, &mut |id, commit, own| {
            if reader.bytes_read() >= MAX_BYTES {
                return Ok(false);
            }
            for parent in commit.parents.iter().filter(|id| repo.has_commit(**id)) {
                let Some(before) = local_registry(repo, &counted_commit(repo, *parent)?)? else {
                    continue;
                };
                let dropped = reader.dropped_ids(before, own)?;
                if !dropped.is_empty() {
                    drops.push(Dropped { commit: id, before, dropped });
                }
            }
            Ok(true)
        })?;
        Ok(DropSearch { repo, recent, drops })
    }

    /// Returns the commits that dropped identities still missing from the tip's registry, or `None`
    /// if that cannot be determined.
    fn dropped_before(&self, tip: CommitId) -> Result<Option<BTreeSet<CommitId>>, StateError> {
        if self.drops.is_empty() {
            return Ok(Some(BTreeSet::new()));
        }
        let blob = self
            .recent
            .visited
            .get(&tip)
            .map(|commit| local_registry(self.repo, commit))
            .transpose()?;
        let bytes = blob.flatten().map(|blob| self.repo.blob(blob)).transpose()?;
        let Some(Ok(tip_registry)) = bytes.map(|bytes| Registry::parse(&bytes)) else {
            return Ok(None);
        };
        // When a merge renumbers a record, the record keeps its old number as an alias.
        let numbers = tip_registry.allocations.iter().flat_map(|r| r.aliases.iter().chain([&r.id]));
        let numbers: Ids = numbers.copied().collect();
        // A registry with another scope was brought in by a subtree merge and does not belong to
        // this repository.
        let is_ours = |drop: &Dropped| {
            let bytes = self.repo.blob(drop.before).ok();
            let before = bytes.and_then(|bytes| Registry::parse(&bytes).ok());
            before.is_some_and(|before| before.scope == tip_registry.scope)
        };
        let missing = self.drops.iter().filter(|drop| !drop.dropped.is_subset(&numbers));
        Ok(Some(missing.filter(|drop| is_ours(drop)).map(|drop| drop.commit).collect()))
    }
}
