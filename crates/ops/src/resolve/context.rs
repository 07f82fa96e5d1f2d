//! [`ResolveContext`]: the repository and index to resolve.

use idhooks_core::config::{ATTRIBUTES_PATH, CONFIG_PATH};
use idhooks_core::merge::{MergeInput, joined, merge};
use idhooks_core::registry::{Entry, REGISTRY_PATH, ReadError, Registry};
use idhooks_repo::git::{CommitId, Index, IndexFile, Repo, Stages};
use idhooks_repo::history::{Lineage, counted_base, counted_content};
use idhooks_repo::state::{StateError, read_registry};
use idhooks_repo::transaction::Pick;

use super::notice::ResolvedFrom;
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
    ) -> Result<(Registry, ResolvedFrom), OpsError> {
        let has_ours = ours.is_some();
        let ours = self.side(MergeInput::Ours, ours)?;
        let theirs = self.side(MergeInput::Theirs, theirs)?;
        let (Some(ours), Some(theirs)) = (ours, theirs) else {
            return Err(self.removed(has_ours)?.into());
        };
        if ours.scope != theirs.scope {
            assert_none(kept)?;
            return self.joined(ours, &theirs);
        }
        // A base with a different scope belongs to another adoption, so it is ignored.
        let base = self.side(MergeInput::Base, base)?.filter(|base| base.scope == ours.scope);
        let Some(base) = base else {
            let merged = Sides { ours, theirs }.merged(observer, self.repo, kept)?;
            return Ok((merged, ResolvedFrom::Versions));
        };
        // If there is a base, no paths are contested.
        assert_none(kept)?;
        let merged = merge(&base, &ours, &theirs).map_err(StateError::from)?;
        Ok((merged, ResolvedFrom::Versions))
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

    /// Returns our registry with the records of another adoption, if a merge brings its history in,
    /// or else without them.
    fn joined(
        &self,
        ours: Registry,
        theirs: &Registry,
    ) -> Result<(Registry, ResolvedFrom), OpsError> {
        // A commit that is picked or replayed brings files, which get identities here.
        if self.repo.merge_heads()?.is_empty() {
            return Ok((ours, ResolvedFrom::OtherScope(theirs.scope)));
        }
        let all = joined(&ours, theirs).map_err(StateError::from)?;
        Ok((all, ResolvedFrom::Joined(theirs.scope)))
    }

    /// Returns a version in the index. One that cannot be read, but was committed like that, stays
    /// in the history for ever; the registry that counts in its commit takes its place.
    fn side(&self, side: MergeInput, entry: Option<Entry>) -> Result<Option<Registry>, OpsError> {
        let Some(entry) = entry else { return Ok(None) };
        match read_registry(self.repo, entry) {
            Ok(stored) => Ok(Some(stored.registry)),
            Err(error @ StateError::Registry(ReadError::Newer(_))) => {
                Err(ResolveRefusal::SideUnreadable(side, error).into())
            }
            Err(error) => match self.counted(side)? {
                None => Err(ResolveRefusal::SideUnreadable(side, error).into()),
                counted => Ok(counted),
            },
        }
    }

    /// Returns the registry that counts in a side of the operation in progress, or `None` if there
    /// is none.
    fn counted(&self, side: MergeInput) -> Result<Option<Registry>, OpsError> {
        let repo = self.repo;
        let head = repo.head()?;
        let commit = match (repo.merge_heads()?.as_slice(), &*Pick::in_progress(repo)?) {
            ([theirs], _) => match (side, head) {
                (MergeInput::Base, Some(head)) => return Ok(counted_base(repo, [head, *theirs])?),
                (MergeInput::Theirs, _) => Some(*theirs),
                _ => head,
            },
            (_, [pick]) => {
                let parent = repo.commit(pick.commit)?.parents.first().copied();
                match (side, pick.reverting) {
                    (MergeInput::Ours, _) => head,
                    (MergeInput::Base, false) | (MergeInput::Theirs, true) => parent,
                    (MergeInput::Base, true) | (MergeInput::Theirs, false) => Some(pick.commit),
                }
            }
            _ => None,
        };
        Ok(commit.map_or(Ok(None), |commit| counted_content(repo, commit))?)
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
