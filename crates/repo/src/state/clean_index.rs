//! Determines whether an index has no findings, using the result of an earlier check or, in simple
//! cases, a quick proof.
//!
//! The proof reads entries and records directly from the files on disk. Anything unusual is left to
//! the full check, which reports it.

use idhooks_core::config::CONFIG_PATH;
use idhooks_core::registry::{BlobId, REGISTRY_PATH, RepoPath};

use crate::cache::{Cache, CheckCounts, CheckKey};
use crate::git::{CommitId, IndexFile, IndexPeek, Repo, TreeId};
use crate::state::path_list::PathList;
use crate::state::{
    CleanCounts, DualWriteSwitch, StateError, WorkingFile, count_clean, read_config_in,
    tracked_paths,
};

/// An index that has not been checked yet, and the cache keys for the result.
#[derive(Debug)]
pub struct Unchecked {
    /// The index and HEAD; `None` if the result must not be cached.
    place: Option<(IndexFile, CommitId)>,
    /// The index's checksum, if it has one.
    sum: Option<BlobId>,
    /// The tree that the index represents, unless the result for the checksum is cached.
    tree: Option<TreeId>,
    /// The result of a quick look at the index, unless the result for the checksum is cached.
    seen: Option<IndexPeek>,
}

impl Unchecked {
    /// Identifies the index by its checksum, its tree and HEAD, because HEAD and its history affect
    /// every check. Nothing is cached during a merge, in a shallow clone (whose history may still
    /// grow), or while an environment variable controls dual write.
    ///
    /// # Errors
    /// Returns an error if the index or HEAD cannot be read.
    pub fn of(repo: &Repo) -> Result<Self, StateError> {
        let place = place(repo)?;
        let sum = place.as_ref().and_then(|(file, _)| repo.index_checksum(file));
        let mut unchecked = Unchecked { place, sum, tree: None, seen: None };
        if let Some((file, _)) = &unchecked.place
            && unchecked.recall(repo).is_none()
        {
            // The cache may have the checksum even if it does not have the tree, and reading the
            // tree costs more.
            unchecked.seen = repo.peek(file)?;
            unchecked.tree = unchecked.seen.as_ref().map(|seen| seen.root);
        }
        Ok(unchecked)
    }

    /// Returns the cache keys, cheapest first.
    fn keys(&self) -> Vec<CheckKey> {
        let Some((_, head)) = &self.place else { return Vec::new() };
        let sum = self.sum.map(|sum| CheckKey::Checksum(head.object(), sum));
        let tree = self.tree.map(|tree| CheckKey::Tree(head.object(), tree.object()));
        sum.into_iter().chain(tree).collect()
    }

    /// Returns the counts from the last check of this index, if that check found nothing.
    fn recall(&self, repo: &Repo) -> Option<CheckCounts> {
        let cache = Cache::open(&repo.state_dir());
        let known = self.keys().iter().find_map(|key| cache.get(key));
        known.filter(|counted| repo.has_blob(counted.registry))
    }

    /// Returns the counts for this index if an earlier check had no findings, or if a check
    /// obviously would have none. The result is cached.
    ///
    /// # Errors
    /// Returns an error if the index, HEAD or objects cannot be read.
    pub fn clean(&mut self, repo: &Repo) -> Result<Option<CheckCounts>, StateError> {
        if let Some(counted) = self.recall(repo) {
            return Ok(Some(counted));
        }
        let Some(counted) = prove_clean(repo, self.seen.take())? else { return Ok(None) };
        self.remember(repo, counted)?;
        Ok(Some(counted))
    }

    /// Records in the cache that a check had no findings. Records nothing if the index or HEAD has
    /// changed in the meantime, or if HEAD's registry is missing from this clone, because it might
    /// then lead to findings.
    ///
    /// # Errors
    /// Returns an error if the index or HEAD cannot be read.
    pub fn remember(&self, repo: &Repo, counted: CheckCounts) -> Result<(), StateError> {
        let keys = self.keys();
        // A check takes some time. Its result is valid for the index it read, not for an index
        // written in the meantime.
        if keys.is_empty() || !self.is_current(repo)? {
            return Ok(());
        }
        let Some(head) = repo.head()? else { return Ok(()) };
        let tree = repo.commit(head)?.tree;
        let registry = repo.tree_entry(tree, REGISTRY_PATH)?;
        let rules = read_config_in(repo, repo.tree_entry(tree, CONFIG_PATH)?)?.dual_write;
        // Another program's environment variable may switch dual write on and off.
        if registry.is_some_and(|entry| !repo.has_blob(entry.blob))
            || rules.is_some_and(|rules| !rules.env_alias.is_empty())
        {
            return Ok(());
        }
        let mut cache = Cache::open(&repo.state_dir());
        keys.iter().for_each(|key| cache.insert(key, &counted));
        cache.save();
        Ok(())
    }

    /// Returns whether the index and HEAD are unchanged.
    fn is_current(&self, repo: &Repo) -> Result<bool, StateError> {
        let place = place(repo)?;
        let Some((file, _)) = place.as_ref().filter(|_| place == self.place) else {
            return Ok(false);
        };
        let sum = repo.index_checksum(file);
        // The checksum covers the whole index. If there is none, compare the trees.
        Ok(sum == self.sum
            && (sum.is_some() || repo.peek(file)?.map(|seen| seen.root) == self.tree))
    }
}

/// Returns the index and HEAD if the result of checking them may be cached.
fn place(repo: &Repo) -> Result<Option<(IndexFile, CommitId)>, StateError> {
    // No cache key includes the value of the environment variable.
    let is_plain = repo.merge_heads()?.is_empty()
        // In a shallow clone, the result may change once more history is fetched, and no cache key
        // reflects that.
        && !repo.common_dir().join("shallow").exists()
        && !repo.environment().is_set(DualWriteSwitch::VARIABLE);
    let head = repo.head()?.filter(|_| is_plain);
    Ok(head.map(|head| (repo.index_file(), head)))
}

/// Returns the counts for the index, if a check would obviously have no findings. `seen` is the
/// result of a quick look at the index, if there was one.
///
/// # Errors
/// Returns an error if the index, HEAD or objects cannot be read.
fn prove_clean(repo: &Repo, seen: Option<IndexPeek>) -> Result<Option<CheckCounts>, StateError> {
    if !repo.merge_heads()?.is_empty() {
        return Ok(None);
    }
    let (mut files, mut config_entry) = (PathList::default(), None);
    let listing = repo.listing(&repo.index_file(), seen, |path, entry, _| {
        if path == CONFIG_PATH.as_bytes() {
            config_entry = Some(entry);
        } else if entry.mode.is_file() {
            files.push(path);
        }
    })?;
    let Some(registry) = listing.and_then(|listing| listing.registry) else { return Ok(None) };
    let head = match repo.head()? {
        Some(id) if !repo.has_commit(id) => return Ok(None),
        Some(id) => repo.commit(id)?.tree,
        // Before the first commit, every file is new, and the heads of new files have to be read.
        None => return Ok(None),
    };
    let before = repo.tree_entry(head, REGISTRY_PATH)?;
    // A changed registry has to be compared with HEAD's, record by record.
    if before.is_some_and(|before| before != registry.entry) {
        return Ok(None);
    }
    let config = read_config_in(repo, config_entry)?;
    // The legacy file, too, would have to be compared with the registry, and references would have
    // to be searched in all files.
    if config.dual_write.is_some() || config.has_references() {
        return Ok(None);
    }
    let Some(files) = tracked_paths(&config, files) else { return Ok(None) };
    let blob = registry.entry.blob;
    if !repo.has_blob(blob) {
        return Ok(None);
    }
    // If the working file is identical, read it instead of the blob: it needs no decompression.
    let proof = match WorkingFile::open(repo, RepoPath::registry(), registry.entry, |meta| {
        registry.knows(meta)
    }) {
        Ok(Some(source)) => {
            source.file.get().ok().and_then(|text| count_clean(&config, &*text, &files))
        }
        _ => repo.blob(blob).ok().and_then(|bytes| count_clean(&config, &*bytes, &files)),
    };
    let Some(CleanCounts { files, identities, set_aside, .. }) = proof else { return Ok(None) };
    if !are_gone(repo, head, &set_aside)? {
        return Ok(None);
    }
    // The proof succeeds only if no rule requires reading the heads of files, so all of them are
    // unread.
    Ok(Some(CheckCounts { files, identities, unread: files, registry: blob }))
}

/// Returns whether a tree has no entries at these paths.
fn are_gone(repo: &Repo, tree: TreeId, paths: &[RepoPath]) -> Result<bool, StateError> {
    for path in paths {
        if repo.tree_entry(tree, path.as_bytes())?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}
