//! Rewrites an existing commit with the registry that it must carry.

use idhooks_core::config::CONFIG_PATH;
use idhooks_core::plan::Plan;
use idhooks_core::registry::{REGISTRY_PATH, Registry};

use crate::git::{CommitId, Repo, TreeId};

use crate::history::Lineage;
use crate::state::{Snapshot, StateError, read_config};
use crate::state::{snapshot::assert_not_newer, snapshot::entry};
use crate::transaction::{Pick, Request, prepare};

/// A rewritten commit.
#[derive(Debug)]
pub struct RewrittenCommit {
    /// The plan for its registry.
    pub plan: Plan,
    /// Its parents.
    pub lineage: Lineage,
    /// Its content before.
    pub snapshot: Snapshot,
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
    let snapshot = Snapshot::of_tree_as_witness(repo, tree)?;
    if [REGISTRY_PATH, CONFIG_PATH].iter().all(|path| entry(&snapshot.tree, path).is_none()) {
        return Ok(None);
    }
    if snapshot.stored.is_none() {
        assert_not_newer(repo, &snapshot.tree)?;
    }
    let mut lineage = Lineage::of(repo, parents)?;
    lineage.heal(repo, progress)?;
    if lineage.merged.is_none() {
        lineage.merged = snapshot.registry().map(Registry::without_active);
    }
    let Some(base) = snapshot.registry().or(lineage.merged.as_ref()) else { return Ok(None) };
    let config = read_config(repo, &snapshot.tree)?;
    let request = Request {
        config: &config,
        scope: base.scope,
        snapshot: &snapshot,
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
    Ok(Some(RewrittenCommit { plan, lineage, snapshot, tree }))
}
