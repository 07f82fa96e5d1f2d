//! [`CommitReader`]: reads the trees and registries of commits. If a commit's parents are
//! consistent, only the differences between the commit and its parents are checked.
//!
//! If the parents are consistent, everything that a commit has in common with one of them is
//! correct. So only records that differ, or whose paths differ, are checked. Anything unusual is
//! left to the full check, which reports it.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use idhooks_core::check::{ChangedCommit, IdBinding};
use idhooks_core::config::{CONFIG_PATH, Config};
use idhooks_core::registry::{
    BlobId, CanonicalText, Entry, Id, Mode, REGISTRY_PATH, Registry, Tree,
};

use crate::git::{CommitId, ObjectCache, Repo, TreeId};
use crate::state::{StateError, Stored, counted_tree, if_readable, read_config_in, read_registry};

use super::healed_registries::only_edits;

/// The maximum number of paths or records in a cache; beyond it, the least recently used ones are
/// dropped. This is enough for the commits that a history refers back to, however large their trees
/// are.
const MAX_WEIGHT: usize = 400_000;
/// The maximum number of bytes in a cache for objects in git's own format.
pub(super) const MAX_BYTES: usize = 24 << 20;

/// A commit reader that avoids reading a tree or registry twice.
pub struct CommitReader<'r> {
    pub(super) repo: &'r Repo,
    trees: ObjectCache<Rc<Tree>>,
    registries: ObjectCache<Rc<Stored>>,
    configs: HashMap<Option<BlobId>, Rc<Config>>,
    /// For each registry that has been read as a witness, whether it is consistent.
    consistent: HashMap<BlobId, bool>,
    /// For each registry, whether it is in this clone.
    available: HashMap<BlobId, bool>,
    bytes_read: usize,
}

impl<'r> CommitReader<'r> {
    /// Returns a reader with an empty cache.
    pub fn new(repo: &'r Repo) -> Self {
        // Consecutive commits share most of their directories.
        repo.cache_directories(MAX_BYTES);
        CommitReader {
            repo,
            trees: ObjectCache::new(MAX_WEIGHT),
            registries: ObjectCache::new(MAX_WEIGHT),
            configs: HashMap::new(),
            consistent: HashMap::new(),
            available: HashMap::new(),
            bytes_read: 0,
        }
    }

    /// Returns whether a blob is in this clone.
    pub(super) fn has_blob(&mut self, id: BlobId) -> bool {
        // The same registries are looked up repeatedly, and every lookup in the object database
        // costs system calls.
        *self.available.entry(id).or_insert_with(|| self.repo.has_name(id))
    }

    /// Returns a registry split into lines, read as a difference from `base`, or `None` if the
    /// registry is not in this clone or not in canonical form.
    pub(super) fn sheet(
        &mut self,
        id: BlobId,
        base: Option<&CanonicalText>,
    ) -> Result<Option<Rc<CanonicalText>>, StateError> {
        if let Some(sheet) = self.repo.cached_registry(id) {
            return Ok(Some(sheet));
        }
        // In a partial clone, reading a missing blob would fetch it, costing a network round trip
        // per blob.
        if !self.has_blob(id) {
            return Ok(None);
        }
        let bytes = self.repo.read_blob(id)?;
        self.bytes_read += bytes.len();
        let Some(sheet) = CanonicalText::read(bytes, base) else { return Ok(None) };
        let sheet = Rc::new(sheet);
        self.repo.cache_registry(id, &sheet);
        Ok(Some(sheet))
    }

    /// Returns the total size in bytes of the registries read so far.
    pub(super) fn bytes_read(&self) -> usize {
        self.bytes_read
    }

    /// Returns the identities that are in the registry `before` but not in `after`. An unreadable
    /// registry counts as empty, because it is never consistent.
    pub(super) fn dropped_ids(
        &mut self,
        before: BlobId,
        after: BlobId,
    ) -> Result<BTreeSet<Id>, StateError> {
        if before == after {
            return Ok(BTreeSet::new());
        }
        if let Some([then, now]) = self.texts(before, after)?
            // Only canonical registries can be compared line by line; others are parsed completely.
            && let Some(dropped) = then.ids_missing_in(&now)
        {
            return Ok(dropped);
        }
        let [then, now] = [before, after].map(|blob| -> Result<BTreeSet<Id>, StateError> {
            let stored = if_readable(self.registry(Entry { mode: Mode::Regular, blob }))?;
            let records = stored.iter().flat_map(|stored| &stored.registry.allocations);
            Ok(records.map(|record| record.id).collect())
        });
        Ok(then?.difference(&now?).copied().collect())
    }

    /// Returns the rules in a tree, or the defaults if the rules cannot be read.
    pub(super) fn config(&mut self, tree: TreeId) -> Result<Rc<Config>, StateError> {
        let entry = self.repo.tree_entry(tree, CONFIG_PATH)?.filter(|e| e.mode.is_file());
        // Unreadable rules are reported when their commit is checked.
        let read = || Rc::new(read_config_in(self.repo, entry).unwrap_or_default());
        Ok(self.configs.entry(entry.map(|entry| entry.blob)).or_insert_with(read).clone())
    }

    /// Returns all paths in a tree.
    pub(super) fn tree(&mut self, id: TreeId) -> Result<Rc<Tree>, StateError> {
        if let Some(tree) = self.trees.get(id.object()) {
            return Ok(tree);
        }
        let tree = Rc::new(self.repo.tree(id)?);
        self.trees.insert(id.object(), tree.clone(), tree.len());
        Ok(tree)
    }

    /// Returns the registry that an entry refers to.
    ///
    /// # Errors
    /// Returns an error if the entry is not a regular file, or its blob is not a registry.
    pub(super) fn registry(&mut self, entry: Entry) -> Result<Rc<Stored>, StateError> {
        // A symlink's blob may contain the same bytes, but it is not a registry.
        if entry.mode.is_file()
            && let Some(stored) = self.registries.get(entry.blob)
        {
            return Ok(stored);
        }
        let stored = Rc::new(read_registry(self.repo, entry)?);
        self.bytes_read += stored.bytes.len();
        let weight = stored.registry.allocations.len();
        self.registries.insert(entry.blob, stored.clone(), weight);
        Ok(stored)
    }

    /// Returns a commit's registry if it can be trusted: it must be in this clone, readable and
    /// consistent.
    pub(super) fn witness(&mut self, commit: CommitId) -> Result<Option<Rc<Stored>>, StateError> {
        let tree = counted_tree(self.repo, commit)?;
        let entry = self.repo.tree_entry(tree, REGISTRY_PATH)?;
        let Some(entry) = entry.filter(|entry| self.has_blob(entry.blob)) else {
            return Ok(None);
        };
        let Some(stored) = if_readable(self.registry(entry))? else { return Ok(None) };
        // If two records have the same number, the registry does not show which file the number
        // belongs to.
        let check = || stored.registry.is_consistent();
        let is_consistent = *self.consistent.entry(entry.blob).or_insert_with(check);
        Ok(is_consistent.then_some(stored))
    }
}

/// A commit with a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownCommit {
    /// Its tree.
    pub tree: TreeId,
    /// Its registry, which is a regular file.
    pub registry: BlobId,
}

impl CommitReader<'_> {
    /// Returns the identities that a commit introduces, if all its parents are consistent and the
    /// commit is obviously consistent, too.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub fn check_against_all(
        &mut self,
        commit: KnownCommit,
        parents: &[KnownCommit],
    ) -> Result<Option<Vec<IdBinding>>, StateError> {
        let Some(first) = parents.first() else { return Ok(None) };
        let is_only = parents.len() == 1;
        // The merge kept the registry, so its files must match at least one parent's files.
        if parents.iter().all(|parent| parent.registry == commit.registry) {
            // All parents have the same registry, so comparing the files with one parent is enough.
            return match parents.contains(&commit) {
                true => Ok(Some(Vec::new())),
                false => self.check_against(commit, *first, is_only),
            };
        }
        let mut new: Option<Vec<IdBinding>> = None;
        for parent in parents {
            let names = match *parent == commit {
                true => Some(Vec::new()),
                false => self.check_against(commit, *parent, is_only)?,
            };
            let Some(mut names) = names else { return Ok(None) };
            // An identity is new in a merge only if no parent has it.
            names.retain(|name| new.as_ref().is_none_or(|known| known.contains(name)));
            new = Some(names);
        }
        // An identity that only the merge has may belong to a file that a parent has at another
        // path.
        Ok(new.filter(|names| names.is_empty() || is_only))
    }

    /// Returns the identities that a commit has and a consistent parent lacks, if the commit is
    /// obviously consistent with that parent.
    fn check_against(
        &mut self,
        commit: KnownCommit,
        parent: KnownCommit,
        is_only: bool,
    ) -> Result<Option<Vec<IdBinding>>, StateError> {
        let changes = self.repo.changes(parent.tree, commit.tree)?;
        if parent.registry == commit.registry && only_edits(&changes) {
            return Ok(Some(Vec::new()));
        }
        let Some([before, after]) = self.texts(parent.registry, commit.registry)? else {
            return Ok(None);
        };
        let (config, repo) = (self.config(commit.tree)?, self.repo);
        let changed = ChangedCommit { before: &before, after: &after, changes: &changes, is_only };
        changed.new_bindings(&config, repo, &mut |path| Ok(repo.tree_entry(commit.tree, path)?))
    }

    /// Returns both registries, if they are in this clone and in canonical form.
    fn texts(
        &mut self,
        old: BlobId,
        new: BlobId,
    ) -> Result<Option<[Rc<CanonicalText>; 2]>, StateError> {
        // A merge's registry is known when it is compared with its second parent's.
        let known = self.repo.cached_registry(new);
        let Some(old) = self.sheet(old, known.as_deref())? else { return Ok(None) };
        let new = self.sheet(new, Some(&old))?;
        Ok(new.map(|new| [old, new]))
    }

    /// Returns the records that differ between two registries, in both versions, or `None` if one
    /// registry is not in this clone, or if anything other than records differs.
    ///
    /// # Errors
    /// Returns an error if a registry is in this clone but cannot be read.
    pub fn differing_records(
        &mut self,
        old: BlobId,
        new: BlobId,
    ) -> Result<Option<[Registry; 2]>, StateError> {
        // After a commit or a merge, the last change is looked at more than once.
        if let Some(known) = self.repo.cached_difference([old, new]) {
            return Ok(Some(known));
        }
        let texts = self.texts(old, new)?;
        let differing = texts.and_then(|[old, new]| old.parts(&new, &BTreeSet::new()));
        if let Some(differing) = &differing {
            self.repo.cache_difference([old, new], differing);
        }
        Ok(differing)
    }
}
