//! [`last_version`]: the last commit that has the file of a former record.

use std::collections::HashMap;

use idhooks_core::registry::{Allocation, BlobId, REGISTRY_PATH, Registry, key};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::history::MissingObjects;
use idhooks_repo::state::{StateError, read_registry};

use super::refusal::LinkRefusal;
use crate::OpsError;

/// Returns the last commit up to `tip` that has the file of a record which has none any more.
pub(super) fn last_version(
    repo: &Repo,
    record: &Allocation,
    tip: CommitId,
) -> Result<CommitId, OpsError> {
    let search = VersionSearch { repo, record, by_registry: HashMap::new() };
    let missing = match search.run(tip) {
        Ok(Some(commit)) => return Ok(commit),
        Ok(None) => (repo.is_partial() || repo.is_shallow()?).then(|| MissingObjects::of(repo)),
        // Nothing is fetched.
        Err(_) if repo.is_partial() => Some(MissingObjects::Contents),
        Err(error) => return Err(error),
    };
    Err(LinkRefusal::NoLastVersion { id: record.id, tip, missing }.into())
}

/// Returns whether a record's path is its own, as far as other records are concerned. A file whose
/// identity is deprecated may stay, as long as no other takes its path.
pub(super) fn has_own_path(registry: &Registry, record: &Allocation) -> bool {
    record.is_active() || !registry.active().any(|other| other.path == record.path)
}

/// Looks for a record's file in commits.
struct VersionSearch<'s> {
    repo: &'s Repo,
    record: &'s Allocation,
    /// Whether the record holds its path in a registry. Most changes of a file leave the registry as
    /// it is.
    by_registry: HashMap<BlobId, bool>,
}

impl VersionSearch<'_> {
    fn run(mut self, tip: CommitId) -> Result<Option<CommitId>, OpsError> {
        for change in self.repo.all_changes(&self.record.path, tip)? {
            let parents = self.repo.commit(change)?.parents;
            let known = parents.into_iter().filter(|parent| self.repo.has_commit(*parent));
            for commit in std::iter::once(change).chain(known) {
                if self.has_version(commit)? {
                    return Ok(Some(commit));
                }
            }
        }
        Ok(None)
    }

    /// Returns whether a commit has the record's file, and not another one at its path.
    fn has_version(&mut self, commit: CommitId) -> Result<bool, OpsError> {
        let tree = self.repo.commit(commit)?.tree;
        let entry = self.repo.tree_entry(tree, self.record.path.as_bytes())?;
        let Some(entry) = entry.filter(|entry| entry.mode.is_file()) else { return Ok(false) };
        // Its last blob, if that is known, is as good as a record, and needs no registry.
        if self.record.text(key::LAST_BLOB) == Some(&*entry.blob.to_string()) {
            return Ok(true);
        }
        let Some(entry) = self.repo.tree_entry(tree, REGISTRY_PATH)? else { return Ok(false) };
        if let Some(known) = self.by_registry.get(&entry.blob) {
            return Ok(*known);
        }
        let holds = match read_registry(self.repo, entry) {
            Ok(stored) => self.holds_path(&stored.registry),
            Err(StateError::Registry(_)) => false,
            Err(error) => return Err(error.into()),
        };
        self.by_registry.insert(entry.blob, holds);
        Ok(holds)
    }

    fn holds_path(&self, registry: &Registry) -> bool {
        let Allocation { origin, path, .. } = self.record;
        let mut records = registry.allocations.iter();
        let own = records.find(|then| then.origin == *origin && then.path == *path);
        own.is_some_and(|own| has_own_path(registry, own))
    }
}
