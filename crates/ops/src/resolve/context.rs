//! [`ResolveContext`]: the repository and index to resolve.

use idhooks_core::config::{ATTRIBUTES_PATH, CONFIG_PATH};
use idhooks_core::merge::merge;
use idhooks_core::registry::{Entry, REGISTRY_PATH, Registry};
use idhooks_repo::git::{CommitId, Index, IndexFile, Repo, Stages};
use idhooks_repo::history::Lineage;
use idhooks_repo::state::{StateError, read_registry};

use super::refusal::ResolveRefusal;
use super::sides::{KeptPath, Sides, assert_none, choose};
use crate::{Observer, OpsError};

/// The repository and index to resolve.
pub(super) struct ResolveContext<'r> {
    /// Whether this is a dry run, which changes nothing.
    pub(super) is_dry_run: bool,
    pub(super) repo: &'r Repo,
    pub(super) file: IndexFile,
    pub(super) index: Index,
}

impl ResolveContext<'_> {
    /// Returns HEAD and the commits being merged.
    pub(super) fn merged_commits(&self) -> Result<Vec<CommitId>, OpsError> {
        let mut commits: Vec<_> = self.repo.head()?.into_iter().collect();
        commits.extend(self.repo.merge_heads()?);
        Ok(commits)
    }

    /// Merges the versions in the index.
    pub(super) fn merged(
        &self,
        observer: &mut dyn Observer,
        [base, ours, theirs]: Stages,
        kept: &[KeptPath],
    ) -> Result<Registry, OpsError> {
        let has_ours = ours.is_some();
        let (ours, theirs) = (self.side("our side", ours)?, self.side("their side", theirs)?);
        let (Some(ours), Some(theirs)) = (ours, theirs) else {
            return Err(self.removed(has_ours)?.into());
        };
        // A base with a different scope belongs to another adoption, so it is ignored.
        let base = self.side("the base", base)?.filter(|base| base.scope == ours.scope);
        let Some(base) = base else {
            return Sides { ours, theirs }.merged(observer, self.repo, kept);
        };
        // If there is a base, no paths are contested.
        assert_none(kept)?;
        Ok(merge(&base, &ours, &theirs).map_err(StateError::from)?)
    }

    /// Returns the refusal if only one side (ours or theirs) has a registry.
    fn removed(&self, has_ours: bool) -> Result<ResolveRefusal, OpsError> {
        let heads = self.repo.merge_heads()?;
        let (id, commit) = match heads.first().filter(|_| !has_ours) {
            Some(theirs) => (Some(*theirs), "MERGE_HEAD"),
            None => (self.repo.head()?, "HEAD"),
        };
        let mut paths = vec![REGISTRY_PATH];
        if let Some(id) = id {
            let tree = self.repo.commit(id)?.tree;
            for path in [CONFIG_PATH, ATTRIBUTES_PATH] {
                paths.extend(self.repo.tree_entry(tree, path)?.map(|_| path));
            }
        }
        Ok(ResolveRefusal::Removed { commit, paths })
    }

    fn side(
        &self,
        side: &'static str,
        entry: Option<Entry>,
    ) -> Result<Option<Registry>, ResolveRefusal> {
        let Some(entry) = entry else { return Ok(None) };
        let stored = read_registry(self.repo, entry);
        let stored = stored.map_err(|error| ResolveRefusal::SideUnreadable(side, error))?;
        Ok(Some(stored.registry))
    }

    /// Rebuilds the registry from HEAD and the commits being merged.
    pub(super) fn rebuilt(
        &self,
        observer: &mut dyn Observer,
        kept: &[KeptPath],
    ) -> Result<Registry, OpsError> {
        let mut lineage = Lineage::of(self.repo, &self.merged_commits()?)?;
        choose(observer, self.repo, &mut lineage, kept)?;
        lineage.heal(self.repo, None, &|_| {})?;
        Ok(lineage.merged.ok_or(ResolveRefusal::NotRebuilt)?)
    }
}
