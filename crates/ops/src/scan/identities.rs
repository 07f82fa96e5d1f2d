//! The identities that a scan reports.

use std::collections::BTreeMap;

use idhooks_core::registry::{
    Allocation, BlobId, Entry, Id, Origin, Registry, RepoPath, Scope, Timestamp, Tree,
};
use idhooks_core::{config::Config, plan::PlanError};
use idhooks_repo::store::{EntryKind, TreeScan};
use idhooks_repo::{git::Repo, state::read_config};

use crate::transaction::staging::not_adopted;
use crate::{Notice, Observer, OpsError, RegistryTransaction};

/// The identities that files have or would get.
pub(super) struct ScanIdentities<'r> {
    pub(super) repo: &'r Repo,
    /// The scanned directory; `None` for the root of the working tree.
    place: Option<RepoPath>,
    transaction: Option<RegistryTransaction<'r>>,
    /// The rules and the index, for a repository that is not adopted.
    unadopted: (Config, Tree),
    /// Each file's identity in the registry and the time it was allocated.
    pub(super) held: BTreeMap<RepoPath, (Id, Timestamp)>,
    /// The identities that files without one would get in the next commit, which heals what earlier
    /// commits left out and allocates the rest.
    pub(super) planned: BTreeMap<RepoPath, Id>,
}

impl<'r> ScanIdentities<'r> {
    /// Reads the index of a repository, whether or not it is adopted.
    ///
    /// # Errors
    /// Returns an error if something cannot be read, or if the registry must be fixed first.
    pub(super) fn open(
        observer: &mut dyn Observer,
        repo: &'r Repo,
        place: Option<RepoPath>,
    ) -> Result<Self, OpsError> {
        let transaction = RegistryTransaction::open_if_adopted(observer, repo, None)?;
        let unadopted = match &transaction {
            Some(_) => (Config::default(), Tree::new()),
            None => {
                let tree = repo.index(&repo.index_file())?.tree;
                // The plan shows what adopting would do.
                (read_config(repo, &tree)?.with_new_types(), tree)
            }
        };
        let held = transaction.as_ref().map(|t| held(t, t.stored())).unwrap_or_default();
        let planned = transaction.as_ref().map(|t| expected(t, &held)).unwrap_or_default();
        Ok(ScanIdentities { repo, place, transaction, unadopted, held, planned })
    }

    pub(super) fn config(&self) -> &Config {
        self.transaction.as_ref().map_or(&self.unadopted.0, |transaction| &transaction.config)
    }

    /// Returns the files in the index.
    pub(super) fn tree(&self) -> &Tree {
        self.transaction.as_ref().map_or(&self.unadopted.1, RegistryTransaction::tree)
    }

    pub(super) fn entry(&self, path: &RepoPath) -> Option<Entry> {
        self.tree().get(path).copied()
    }

    /// Returns the index paths under the scanned directory, relative to it.
    pub(super) fn listed(&self) -> impl Iterator<Item = RepoPath> {
        self.tree().keys().filter_map(|path| match &self.place {
            None => Some(path.clone()),
            Some(dir) => {
                let below = path.as_bytes().strip_prefix(dir.as_bytes())?.strip_prefix(b"/")?;
                RepoPath::new(below).ok()
            }
        })
    }

    /// Returns the repository path for a path under the scanned directory.
    pub(super) fn own_path(&self, path: &RepoPath) -> RepoPath {
        self.place.as_ref().map_or_else(|| path.clone(), |dir| dir.join(path))
    }

    /// Returns the repository's scope, if known.
    pub(super) fn scope(&self) -> Option<Scope> {
        let adopted = self.transaction.as_ref().map(|transaction| transaction.registry().scope);
        adopted.or(self.config().scope)
    }

    /// Returns whether a path lacks an identity that the rules require. If the path is in the
    /// index, it must be a file there.
    pub(super) fn needs(&self, path: &RepoPath) -> bool {
        let is_file = self.entry(path).is_none_or(|entry| entry.mode.is_file());
        is_file && self.config().tracks(path) && !self.held.contains_key(path)
    }

    /// Returns whether a path needs an identity that no earlier commit explains.
    fn is_open(&self, path: &RepoPath) -> bool {
        self.needs(path) && !self.planned.contains_key(path)
    }

    /// Returns the files that need a new identity, in bytewise path order. Files outside the index are
    /// included only if they could be read.
    pub(super) fn needing_id(&self, found: &TreeScan) -> Vec<RepoPath> {
        let needing_id = found.files.iter().filter_map(|(path, file)| {
            let path = self.own_path(path);
            let can_have_one = file.kind == EntryKind::File && self.is_open(&path);
            let is_known = file.fault.is_none() || self.entry(&path).is_some();
            (can_have_one && is_known).then_some(path)
        });
        needing_id.collect()
    }

    /// Allocates identities for the listed files that need one, and writes the registry. If a
    /// counter is full, changes nothing and returns `false`.
    ///
    /// # Errors
    /// Returns an error if the repository is not adopted, or if the registry cannot be written.
    pub(super) fn allocate(&mut self, observer: &mut dyn Observer) -> Result<bool, OpsError> {
        let files = self.listed().map(|path| self.own_path(&path));
        let blobs = self.staged(files.filter(|path| self.is_open(path)));
        let Some(transaction) = &self.transaction else { return Err(not_adopted(self.repo)) };
        let (after, _, is_enough) = give(observer, transaction, &blobs);
        if is_enough {
            // If there are no new identities, nothing is written, so the staged registry's
            // formatting is preserved.
            if !blobs.is_empty() || !self.planned.is_empty() {
                transaction.write(observer, &after)?;
            }
            self.held = held(transaction, &after);
            self.planned.clear();
            // The transaction is reopened because the next plan must know about the new records.
            self.transaction = Some(RegistryTransaction::open(observer, self.repo)?);
        }
        Ok(is_enough)
    }

    /// Plans the identities that files would get. Returns `false` if a counter is full.
    pub(super) fn plan(&mut self, observer: &mut dyn Observer, found: &TreeScan) -> bool {
        let Some(transaction) = &self.transaction else { return true };
        let blobs = self.blobs_after_add(observer, self.needing_id(found));
        let (_, planned, is_enough) = give(observer, transaction, &blobs);
        self.planned.extend(planned);
        is_enough
    }

    /// Returns the blobs of files in the index.
    fn staged(&self, paths: impl IntoIterator<Item = RepoPath>) -> BTreeMap<RepoPath, BlobId> {
        let blob = |path: RepoPath| self.entry(&path).map(|entry| (path, entry.blob));
        paths.into_iter().filter_map(blob).collect()
    }

    /// Returns the blobs for files. For files outside the index, these are the blobs that `git add`
    /// would create; blobs that git cannot compute are left out.
    fn blobs_after_add(
        &self,
        observer: &mut dyn Observer,
        paths: Vec<RepoPath>,
    ) -> BTreeMap<RepoPath, BlobId> {
        let in_index = |path: &RepoPath| self.entry(path).is_some();
        let (old, new): (Vec<_>, Vec<_>) = paths.into_iter().partition(in_index);
        let mut blobs = self.staged(old);
        // git computes these blobs because its filters may change the contents.
        match self.repo.blobs_of_files(&new) {
            Ok(found) => blobs.extend(new.into_iter().zip(found)),
            Err(error) => observer.notice(Notice::NoPlannedIds(error)),
        }
        blobs
    }
}

/// Returns each path's identity and the time it was allocated.
fn held(
    transaction: &RegistryTransaction<'_>,
    registry: &Registry,
) -> BTreeMap<RepoPath, (Id, Timestamp)> {
    let holders = registry.holders(|path| transaction.has_file(path));
    holders.into_iter().map(|(path, r)| (path.clone(), (r.id, r.allocated_at))).collect()
}

/// Returns the identities that the next commit gives to files without one because of what earlier
/// commits did, such as renaming them without hooks.
fn expected(
    transaction: &RegistryTransaction<'_>,
    held: &BTreeMap<RepoPath, (Id, Timestamp)>,
) -> BTreeMap<RepoPath, Id> {
    let holders = transaction.registry().holders(|path| transaction.has_file(path));
    let open = holders.into_iter().filter(|(path, _)| !held.contains_key(*path));
    open.filter(|(path, _)| transaction.has_file(path))
        .map(|(path, record)| (path.clone(), record.id))
        .collect()
}

/// Allocates identities for files in bytewise path order. Returns the registry, the new identities,
/// and whether every file was given one. Only the first full counter is reported.
fn give(
    observer: &mut dyn Observer,
    transaction: &RegistryTransaction<'_>,
    blobs: &BTreeMap<RepoPath, BlobId>,
) -> (Registry, BTreeMap<RepoPath, Id>, bool) {
    let mut after = transaction.registry().clone();
    let records = std::mem::take(&mut after.allocations).into_iter();
    let mut records: BTreeMap<Origin, Allocation> = records.map(|r| (r.origin, r)).collect();
    let mut assigner = transaction.assigner();
    let (mut new_ids, mut is_enough) = (BTreeMap::new(), true);
    for (path, blob) in blobs {
        match assigner.give(&mut records, path, *blob, None) {
            Ok(new_id) => drop(new_ids.insert(path.clone(), new_id.id)),
            // Files that use other counters are still given identities.
            Err(PlanError::Capacity { counter, path }) => {
                if is_enough {
                    let finding = transaction.full_counter(counter, &path);
                    observer.notice(Notice::Warnings(vec![finding]));
                }
                is_enough = false;
            }
        }
    }
    after.allocations = records.into_values().collect();
    (after, new_ids, is_enough)
}
