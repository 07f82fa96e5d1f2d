//! Commits in which a registry counts although they have none of their own, and commits that start
//! over after them.

use idhooks_core::check::Finding;
use idhooks_core::config::CONFIG_PATH;
use idhooks_core::registry::Registry;

use super::parents::KnownParent;
use super::walk::{HistoryWalk, vanished};
use crate::git::{CommitId, CountedRegistry, Listed};
use crate::state::{StateError, counted_registry, has_registry};

/// Why a commit in which a registry counts has none of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    /// Only the registry was removed.
    Removed,
    /// The rules were removed as well, which ends the use of idhooks.
    Ended,
}

impl Gap {
    /// Returns what is wrong with a commit in this gap. If it ended the use of idhooks, only a later
    /// commit that resumes can be wrong.
    pub(super) fn findings(self) -> Vec<Finding> {
        match self {
            Gap::Removed => vec![vanished()],
            Gap::Ended => Vec::new(),
        }
    }
}

impl HistoryWalk<'_> {
    /// Returns in what way a commit is in a gap, if it is.
    pub(super) fn gap(&mut self, n: usize, commit: &Listed) -> Result<Option<Gap>, StateError> {
        let repo = self.reader.repo;
        match counted_registry(repo, commit.id)? {
            CountedRegistry::None => return Ok(None),
            CountedRegistry::In(source) if source == commit.id => return Ok(None),
            CountedRegistry::In(_) | CountedRegistry::OfParents => {}
        }
        let rules = repo.tree_entry(repo.commit(commit.id)?.tree, CONFIG_PATH)?;
        if rules.is_some() {
            return Ok(Some(Gap::Removed));
        }
        self.ended.insert(n);
        Ok(Some(Gap::Ended))
    }

    /// Leaves out the parents if a commit with the registry `own` starts over; see
    /// [`Lineage::start_over`](crate::history::Lineage::start_over).
    pub(super) fn start_over(
        &mut self,
        commit: CommitId,
        parents: &mut Vec<KnownParent>,
        own: &Registry,
    ) -> Result<(), StateError> {
        if parents.iter().all(|parent| parent.stored.is_none()) {
            return Ok(());
        }
        for parent in parents.iter() {
            let scope = parent.stored.as_ref().map(|stored| stored.registry.scope);
            if scope == Some(own.scope) || has_registry(self.reader.repo, parent.id)? {
                return Ok(());
            }
        }
        parents.clear();
        self.starting_over.insert(commit);
        Ok(())
    }
}
