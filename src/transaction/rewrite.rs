//! What a commit that was made already must carry instead.

use crate::config::CONFIG_PATH;
use crate::git::{CommitId, Repo, TreeId};
use crate::plan::{AllocationLog, Plan};
use crate::registry::{REGISTRY_PATH, Registry};

use crate::history::Lineage;
use crate::state::{Snapshot, StateError, read_config};
use crate::state::{snapshot::assert_not_newer, snapshot::entry};
use crate::transaction::{Pick, Request, prepare};

/// A commit's registry, put right.
#[derive(Debug)]
pub struct Remade {
    /// The registry it must carry.
    pub plan: Plan,
    /// Its parents.
    pub lineage: Lineage,
    /// What it carries so far.
    pub snapshot: Snapshot,
    /// The tree it must have.
    pub tree: TreeId,
}

/// Plans a commit of `tree` as if it were to be made now on top of `parents`; its new records
/// get the date of its author, in seconds since 1970. Nothing where no registry is known, where
/// the commit gave idhooks up, and where no sound registry can be made.
///
/// `progress` is called as by [`Lineage::heal`].
///
/// # Errors
/// Objects that cannot be read or written, registries that cannot be merged, a full counter.
pub fn remake(
    repo: &Repo,
    tree: TreeId,
    author_time: i64,
    parents: &[CommitId],
    picks: &[Pick],
    progress: &dyn Fn(usize),
) -> Result<Option<Remade>, StateError> {
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
    let Some(known) = snapshot.registry().or(lineage.merged.as_ref()) else { return Ok(None) };
    let config = read_config(repo, &snapshot.tree)?;
    let request = Request {
        config: &config,
        scope: known.scope,
        snapshot: &snapshot,
        lineage: &lineage,
        given: &AllocationLog::default(),
        offered: &[],
        now: Some(author_time),
        allocate: true,
        picks,
        progress: &|| {},
    };
    let plan = prepare(repo, &request)?;
    if !plan.registry.is_consistent() {
        return Ok(None);
    }
    let blob = repo.write_blob(plan.registry.format().as_bytes())?;
    let tree = repo.tree_with(tree, REGISTRY_PATH, blob)?;
    Ok(Some(Remade { plan, lineage, snapshot, tree }))
}
