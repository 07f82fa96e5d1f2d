//! Rewrites an existing commit with the registry that it must carry.

use idhooks_core::plan::Plan;
use idhooks_core::registry::{REGISTRY_PATH, Registry};

use crate::git::{CommitId, Repo, TreeId};

use crate::history::Lineage;
use crate::state::{CommitState, StateError, assert_not_newer};
use crate::transaction::{Pick, Request, prepare};

/// A rewritten commit.
#[derive(Debug)]
pub struct RewrittenCommit {
    /// The plan for its registry.
    pub plan: Plan,
    /// Its parents.
    pub lineage: Lineage,
    /// Its content before.
    pub state: CommitState,
    /// Its new tree.
    pub tree: TreeId,
}

/// Plans a commit of `tree` as if you made it now on top of `parents`. New records get the author
/// date, `author_time`, in seconds since 1970. Returns `None` if there is no registry to start
/// from, if the commit removes idhooks, or if no consistent registry is possible.
///
/// `progress` is called as in [`Lineage::heal`].
///
/// # Errors
/// Returns an error if objects cannot be read or written, if registries cannot be merged, or if a
/// counter is full.
pub fn rewrite_commit(
    repo: &Repo,
    tree: TreeId,
    author_time: i64,
    parents: &[CommitId],
    picks: &[Pick],
    progress: &dyn Fn(usize),
) -> Result<Option<RewrittenCommit>, StateError> {
    let state = CommitState::of_tree_as_witness(repo, tree)?;
    if !state.is_adopted() {
        return Ok(None);
    }
    if state.stored().is_none() {
        assert_not_newer(repo, &state.tree)?;
    }
    let mut lineage = Lineage::of(repo, parents)?;
    lineage.heal(repo, progress)?;
    if lineage.merged.is_none() {
        lineage.merged = state.registry().map(Registry::without_active);
    }
    let Some(base) = state.registry().or(lineage.merged.as_ref()) else { return Ok(None) };
    let config = state.config(repo)?;
    let request = Request {
        config: &config,
        scope: base.scope,
        state: &state,
        lineage: &lineage,
        given: None,
        offered: &[],
        now: Some(author_time),
        allocate: true,
        picks,
    };
    let plan = prepare(repo, &request)?;
    if !plan.registry.is_consistent() {
        return Ok(None);
    }
    let blob = repo.write_blob(plan.registry.format().as_bytes())?;
    let tree = repo.tree_with(tree, REGISTRY_PATH, blob)?;
    Ok(Some(RewrittenCommit { plan, lineage, state, tree }))
}
