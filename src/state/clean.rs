//! Whether an index was checked before as it is now, and nothing was found.

use crate::git::{CommitId, IndexFile, IndexPeek, Repo, TreeId};
use crate::registry::{BlobId, REGISTRY_PATH};
use crate::store::{CheckCounts, Checks};

use crate::state::proof::prove_clean;
use crate::state::{StateError, shortcuts};

/// The checks that are remembered; what other checks have found out is not recalled.
const RULES: &str = concat!("2-", env!("CARGO_PKG_VERSION"));

/// An index as it was before it was checked, for the memory.
#[derive(Debug)]
pub struct Unchecked {
    /// Where it is, and HEAD; nothing where the check is not to be remembered.
    place: Option<(IndexFile, CommitId)>,
    /// Its checksum, if it has one.
    sum: Option<BlobId>,
    /// The tree it stands for, unless the checksum is known.
    tree: Option<TreeId>,
    /// A quick look at it, unless the checksum is known.
    seen: Option<IndexPeek>,
}

impl Unchecked {
    /// Names the index by its checksum, by the tree it stands for, and by HEAD, which has a say
    /// in every check with all that it comes from. Nothing is named while something is merged,
    /// and in a clone whose history may grow at the other end.
    ///
    /// # Errors
    /// An index or a HEAD that cannot be read.
    pub fn of(repo: &Repo) -> Result<Self, StateError> {
        let place = place(repo)?;
        let sum = place.as_ref().and_then(|(file, _)| repo.index_checksum(file));
        let mut unchecked = Unchecked { place, sum, tree: None, seen: None };
        if let Some((file, _)) = &unchecked.place
            && unchecked.recall(repo).is_none()
        {
            unchecked.seen = repo.peek(file)?;
            unchecked.tree = unchecked.seen.as_ref().map(|seen| seen.root);
        }
        Ok(unchecked)
    }

    /// Returns its names, the cheapest first.
    fn names(&self) -> Vec<String> {
        let Some((_, head)) = &self.place else { return Vec::new() };
        let name = |what: &str, id: BlobId| format!("{RULES}:{head}:{what}:{id}");
        let sum = self.sum.map(|sum| name("index", sum));
        sum.into_iter().chain(self.tree.map(|tree| name("tree", tree.object()))).collect()
    }

    /// Returns what the last check of this index counted, if it found nothing.
    fn recall(&self, repo: &Repo) -> Option<CheckCounts> {
        let checks = Checks::in_dir(&repo.state_dir());
        let known = self.names().iter().find_map(|name| checks.recall(name));
        known.filter(|counted| repo.has_blob(counted.registry))
    }

    /// Returns what a check of this index counts, if the last one found nothing or it is plain
    /// that this one finds nothing, which is remembered.
    ///
    /// # Errors
    /// An index, a HEAD or objects that cannot be read.
    pub fn clean(&mut self, repo: &Repo) -> Result<Option<CheckCounts>, StateError> {
        if let Some(counted) = self.recall(repo) {
            return Ok(Some(counted));
        }
        let Some(counted) = prove_clean(repo, self.seen.take())? else { return Ok(None) };
        self.remember(repo, counted)?;
        Ok(Some(counted))
    }

    /// Remembers that a check found nothing, unless the index or HEAD has changed meanwhile, or
    /// the registry of HEAD, which is not in this clone, might have told otherwise.
    ///
    /// # Errors
    /// An index or a HEAD that cannot be read.
    pub fn remember(&self, repo: &Repo, counted: CheckCounts) -> Result<(), StateError> {
        let names = self.names();
        if names.is_empty() || !self.is_current(repo)? {
            return Ok(());
        }
        if let Some(head) = repo.head()?
            && let Some(entry) = repo.tree_entry(repo.commit(head)?.tree, REGISTRY_PATH)?
            && !repo.has_blob(entry.blob)
        {
            return Ok(());
        }
        // A cache that cannot be written costs time, nothing else.
        let _ = Checks::in_dir(&repo.state_dir()).remember(&names, counted);
        Ok(())
    }

    /// Returns whether index and HEAD are as they were.
    fn is_current(&self, repo: &Repo) -> Result<bool, StateError> {
        let place = place(repo)?;
        let Some((file, _)) = place.as_ref().filter(|_| place == self.place) else {
            return Ok(false);
        };
        let sum = repo.index_checksum(file);
        // The checksum stands for all of the index; without it the tree has to.
        Ok(sum == self.sum
            && (sum.is_some() || repo.peek(file)?.map(|seen| seen.root) == self.tree))
    }
}

/// Returns the index and HEAD, where a check of them may be remembered.
fn place(repo: &Repo) -> Result<Option<(IndexFile, CommitId)>, StateError> {
    let is_plain = shortcuts()
        && repo.merge_heads()?.is_empty()
        && !repo.common_dir().join("shallow").exists();
    let head = repo.head()?.filter(|_| is_plain);
    Ok(head.map(|head| (repo.index_file(), head)))
}
