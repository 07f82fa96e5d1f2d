//! Whether an index was checked before as it is now, and nothing was found.

use crate::git::Repo;
use crate::registry::REGISTRY_PATH;
use crate::store::{Checks, Counted};

use super::{WalkError, shortcuts};

/// The checks that are remembered; what other checks have found out is not recalled.
const RULES: &str = concat!("1-", env!("CARGO_PKG_VERSION"));

/// An index as it was before it was checked, for the memory.
#[derive(Debug, PartialEq, Eq)]
pub struct Unchecked {
    /// Its names, the cheapest first; none where it is not to be remembered.
    names: Vec<String>,
}

impl Unchecked {
    /// Names the index by its checksum, by the tree it stands for, and by HEAD, which has a say
    /// in every check with all that it comes from. Nothing is named while something is merged,
    /// and in a clone whose history may grow at the other end.
    ///
    /// # Errors
    /// An index or a HEAD that cannot be read.
    pub fn of(repo: &Repo) -> Result<Self, WalkError> {
        let is_plain = shortcuts()
            && repo.merge_heads()?.is_empty()
            && !repo.common_dir().join("shallow").exists();
        let head = repo.head()?.filter(|_| is_plain);
        let Some(head) = head else { return Ok(Unchecked { names: Vec::new() }) };
        let file = repo.index_file();
        let name = |what: &str, id: &str| format!("{RULES}:{head}:{what}:{id}");
        let sum = repo.index_checksum(&file).map(|sum| name("index", &sum.to_string()));
        let known = sum.as_ref().is_some_and(|sum| recall(repo, sum).is_some());
        let seen = if known { None } else { repo.glance(&file)? };
        let tree = seen.map(|seen| name("tree", &seen.root.to_string()));
        Ok(Unchecked { names: sum.into_iter().chain(tree).collect() })
    }

    /// Returns what the last check of this index counted, if it found nothing.
    pub fn recall(&self, repo: &Repo) -> Option<Counted> {
        self.names.iter().find_map(|name| recall(repo, name))
    }

    /// Remembers that a check found nothing, unless the index or HEAD has changed meanwhile, or
    /// the registry of HEAD, which is not in this clone, might have told otherwise.
    ///
    /// # Errors
    /// An index or a HEAD that cannot be read.
    pub fn remember(&self, repo: &Repo, counted: Counted) -> Result<(), WalkError> {
        if self.names.is_empty() || *self != Self::of(repo)? {
            return Ok(());
        }
        if let Some(head) = repo.head()?
            && let Some(entry) = repo.tree_entry(repo.commit(head)?.tree, REGISTRY_PATH)?
            && !repo.has_blob(entry.blob)
        {
            return Ok(());
        }
        // A cache that cannot be written costs time, nothing else.
        let _ = Checks::in_dir(&repo.common_dir()).remember(&self.names, counted);
        Ok(())
    }
}

fn recall(repo: &Repo, name: &str) -> Option<Counted> {
    let known = Checks::in_dir(&repo.common_dir()).recall(name);
    known.filter(|counted| repo.has_blob(counted.registry))
}
