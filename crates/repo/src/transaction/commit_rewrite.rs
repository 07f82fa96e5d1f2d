//! Rewrites a commit with the registry it must contain, and rebuilds a chain of commits so that
//! each contains its own.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::events::Edit;
use idhooks_core::check::is_file;
use idhooks_core::config::{Leading, RenameLimits, VerifyLegacy};
use idhooks_core::merge::merge;
use idhooks_core::plan::{Plan, Undecided};
use idhooks_core::registry::{REGISTRY_PATH, Registry, RepoPath, Timestamp};

use crate::derived::legacy::LegacyFile;
use crate::git::{Commit, CommitId, GitError, Repo, TreeId};
use crate::history::rename_limits::limits_of;
use crate::history::{Lineage, fold, follow_files, is_consistent_with_parents};
use crate::state::{CommitState, RegistryState, StateError, Stored, assert_not_newer};
use crate::transaction::legacy_edit::{TakenEdit, take_legacy_edit};
use crate::transaction::{
    Pick, Request,
    commit_plan::date,
    legacy_write::{is_derived, tree_in_step},
    prepare,
};

/// A function that stores a commit with a different tree and different parents.
pub type StoreCommit<'a> = dyn Fn(&Commit, TreeId, &[CommitId]) -> Result<CommitId, GitError> + 'a;

/// A chain of commits that replaces another.
#[derive(Debug, Default)]
pub struct RewrittenChain {
    /// The registry before the first commit.
    pub before: Option<Registry>,
    /// The last commit's registry; `None` if that commit removed idhooks.
    pub registry: Option<Registry>,
    /// Pairs of an old commit and its replacement, parents first.
    pub replaced: Vec<(CommitId, CommitId)>,
    /// The differences between the registries, each listed once.
    pub edits: Vec<Edit>,
    /// The files and identities that the last commit leaves undecided.
    pub undecided: Undecided,
    /// Changes made by other programs in leading legacy files, with the registries of the affected
    /// commits.
    pub legacy: Vec<(TakenEdit, Registry)>,
}

/// The reason commits could not be rebuilt.
#[derive(Debug)]
pub enum RewriteError {
    /// A signed commit cannot be signed again without asking the user.
    Unsigned(CommitId, GitError),
    /// Anything else.
    State(StateError),
}

impl<E: Into<StateError>> From<E> for RewriteError {
    fn from(error: E) -> Self {
        RewriteError::State(error.into())
    }
}

/// Returns the commits in `commits` (parents first) that are inconsistent with their unhealed
/// parents.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub fn inconsistent_commits(
    repo: &Repo,
    commits: &[CommitId],
) -> Result<BTreeSet<CommitId>, StateError> {
    let own: BTreeSet<CommitId> = commits.iter().copied().collect();
    let mut inconsistent = BTreeSet::new();
    for commit in commits {
        if !is_consistent_with_parents(repo, *commit, &|id| own.contains(&id))? {
            inconsistent.insert(*commit);
        }
    }
    Ok(inconsistent)
}

/// Rebuilds the `inconsistent` commits in `commits` (parents first) and all commits that follow
/// them. Authors, dates, messages and files stay the same. `picks` returns the commits that a
/// commit was cherry-picked from.
///
/// # Errors
/// Returns an error if a signed commit cannot be signed again, or if objects cannot be read or
/// written.
pub fn rebuild(
    repo: &Repo,
    commits: &[CommitId],
    inconsistent: &BTreeSet<CommitId>,
    picks: &dyn Fn(CommitId) -> Vec<Pick>,
    store: &StoreCommit<'_>,
    progress: &dyn Fn(usize),
) -> Result<RewrittenChain, RewriteError> {
    let mut rebuilt = RewrittenChain::default();
    // The limits are the same as those used to heal these commits.
    let limits = limits_of(repo, commits.last().map(std::slice::from_ref).unwrap_or_default());
    let needs = |_: &Replaced, id: &CommitId| {
        let parents = repo.commit(*id).map(|commit| commit.parents).unwrap_or_default();
        [&[*id], &*parents].concat()
    };
    let visit = |replaced: &mut Replaced, id: &CommitId| {
        let commit = repo.commit(*id)?;
        let place = |id: &CommitId| replaced.get(id).copied().unwrap_or(*id);
        let parents: Vec<CommitId> = commit.parents.iter().map(place).collect();
        // A commit that needs no change keeps its id, and so do all commits before it.
        if parents == commit.parents && !inconsistent.contains(id) {
            return Ok(());
        }
        let picks = picks(*id);
        let rewritten = rewrite_commit(repo, &commit, &parents, &picks, limits, progress)?;
        let tree = rewritten.as_ref().map_or(commit.tree, |rewritten| rewritten.tree);
        if parents == commit.parents && tree == commit.tree {
            return Ok(());
        }
        let new = store(&commit, tree, &parents).map_err(|error| match commit.is_signed() {
            true => RewriteError::Unsigned(*id, error),
            false => error.into(),
        })?;
        replaced.insert(*id, new);
        rebuilt.add(*id, new, rewritten);
        Ok(())
    };
    let forget = |replaced: &mut Replaced, id| {
        replaced.remove(&id);
    };
    fold(&mut Replaced::new(), commits, needs, visit, forget).map(|()| rebuilt)
}

/// Maps replaced commits to the commits that replace them.
type Replaced = BTreeMap<CommitId, CommitId>;

impl RewrittenChain {
    fn add(&mut self, old: CommitId, new: CommitId, rewritten: Option<RewrittenCommit>) {
        if let Some(RewrittenCommit { plan, lineage, state, legacy, .. }) = &rewritten {
            self.legacy.extend(legacy.iter().map(|taken| (taken.clone(), plan.registry.clone())));
            let before = state.registry().or(lineage.merged.as_ref());
            let edits = before.map(|before| Edit::between(before, &plan.registry));
            self.edits.extend(edits.unwrap_or_default());
            // Later rewritten commits repeat the first one's edits, so duplicates are removed.
            self.edits.sort_by(|one, other| one.rank().cmp(&other.rank()));
            self.edits.dedup();
            if self.replaced.is_empty() {
                self.before.clone_from(&lineage.merged);
            }
        }
        self.replaced.push((old, new));
        let plan = rewritten.map(|rewritten| rewritten.plan);
        self.undecided = plan.as_ref().map(|plan| plan.undecided.clone()).unwrap_or_default();
        self.registry = plan.map(|plan| plan.registry);
    }
}

/// A rewritten commit.
#[derive(Debug)]
pub struct RewrittenCommit {
    /// The plan for the commit's registry.
    pub plan: Plan,
    /// Its parents.
    pub lineage: Lineage,
    /// The commit's original content, with the changes taken from the legacy file.
    pub state: CommitState,
    /// Changes made by other programs in its leading legacy file, if any.
    pub legacy: Option<TakenEdit>,
    /// Its new tree.
    pub tree: TreeId,
}

/// Plans a commit as if it were made now on top of `parents`. New records get the author date.
/// Returns `None` if there is no registry to start from, if the commit removes idhooks, or if no
/// consistent registry is possible. The `[rename]` limits in `limits` apply where they are lower
/// than the commit's own; files beyond them stay undecided.
///
/// `progress` is called as in [`Lineage::heal`].
///
/// # Errors
/// Returns an error if objects cannot be read or written, if registries cannot be merged, or if a
/// counter is full.
pub fn rewrite_commit(
    repo: &Repo,
    commit: &Commit,
    parents: &[CommitId],
    picks: &[Pick],
    limits: RenameLimits,
    progress: &dyn Fn(usize),
) -> Result<Option<RewrittenCommit>, StateError> {
    let (tree, original) = (commit.tree, &commit.parents);
    let mut state = CommitState::of_witness(repo, tree)?;
    if !state.is_adopted() {
        return Ok(None);
    }
    if state.stored().is_none() {
        assert_not_newer(repo, &state.tree)?;
    }
    let mut lineage = Lineage::of(repo, parents)?;
    if let Some(own) = state.registry() {
        lineage.choose_as(repo, own)?;
    }
    lineage.heal(repo, Some(&state.tree), progress)?;
    if lineage.merged.is_none() {
        lineage.merged = state.registry().map(Registry::without_active);
    }
    let replaced = replaced_parents(repo, &lineage, original)?;
    if let (Some(stored), [(before, after)]) = (state.stored().cloned(), &*replaced)
        && let Some(followed) = follow_files(&stored.registry, before, after, &state.tree)
    {
        state.registry = with_registry(&stored, followed);
    }
    let former: Vec<Registry> = replaced.into_iter().map(|(before, _)| before).collect();
    let at = date(commit.author_time);
    let mut legacy = take_edit(repo, &mut state, &mut lineage, original, at)?;
    if let Some(registry) = state.registry() {
        lineage.yield_to(registry.allocations.iter());
    }
    let Some(base) = state.registry().or(lineage.merged.as_ref()) else { return Ok(None) };
    let mut config = state.config(repo)?;
    config.rename.raise_to(limits);
    let request = Request {
        config: &config,
        scope: base.scope,
        state: &state,
        lineage: &lineage,
        given: None,
        moved: None,
        offered: &[],
        now: Some(commit.author_time),
        allocate: true,
        picks,
        former: &former,
    };
    let mut plan = prepare(repo, &request)?;
    if let (Some(taken), Some(stored)) = (&mut legacy, state.stored())
        && let Some(registry) = taken.join_unused(&plan.registry, &stored.registry)
    {
        let joined = CommitState { registry: with_registry(stored, registry), ..state.clone() };
        plan = prepare(repo, &Request { state: &joined, ..request })?;
        state = joined;
    }
    if !plan.registry.is_consistent() {
        return Ok(None);
    }
    let blob = repo.write_registry(&plan.registry)?;
    let tree = repo.tree_with(tree, &[(REGISTRY_PATH, blob)])?;
    let (registry, has_edit) = (&plan.registry, legacy.is_some());
    let tree = tree_in_step(repo, tree, &state, &lineage, registry, has_edit, original)?;
    Ok(Some(RewrittenCommit { plan, lineage, state, legacy, tree }))
}

/// Takes other programs' changes to a leading legacy file into the registry of a commit. `former`
/// are the commit's original parents, and `at` is its author time.
fn take_edit(
    repo: &Repo,
    state: &mut CommitState,
    lineage: &mut Lineage,
    former: &[CommitId],
    at: Timestamp,
) -> Result<Option<TakenEdit>, StateError> {
    let Some(stored) = state.stored().cloned() else { return Ok(None) };
    let file = LegacyFile::of(repo, &state.tree)?.filter(LegacyFile::is_written);
    let Some(file) = file.filter(|file| file.rules.leading == Leading::Legacy) else {
        return Ok(None);
    };
    let own = on_new_parents(repo, &stored.registry, lineage, former)?;
    if own != stored.registry {
        state.registry = with_registry(&stored, own.clone());
    }
    if file.rules.verify == VerifyLegacy::Never || is_derived(repo, &file, state, lineage, former)?
    {
        return Ok(None);
    }
    let taken = take_legacy_edit(repo, &file, state, &own, lineage, at)?;
    // A file that has never been in step is left to an ordinary commit, which a hook can block.
    let taken = taken.filter(|(taken, _)| !taken.is_from_before);
    let Some((taken, registry)) = taken else { return Ok(None) };
    state.registry = with_registry(&stored, registry);
    let (config, tree) = (state.config(repo)?, &state.tree);
    let is_tracked = |path: &RepoPath| is_file(tree, path) && config.tracks(path);
    taken.add_to_parents(lineage, &is_tracked)?;
    Ok(Some(taken))
}

/// Returns the state for a registry that replaces a stored one.
fn with_registry(stored: &Stored, registry: Registry) -> RegistryState {
    let (blob, bytes) = (stored.blob, stored.bytes.clone());
    RegistryState::Read(Rc::new(Stored { blob, bytes, registry }))
}

/// Returns a commit's registry plus the additions in its new parents that the former parents
/// lacked. A commit that only knows the legacy file must not revert changes that its parents took
/// from it.
fn on_new_parents(
    repo: &Repo,
    own: &Registry,
    lineage: &Lineage,
    former: &[CommitId],
) -> Result<Registry, StateError> {
    let mut own = own.clone();
    for (before, after) in replaced_parents(repo, lineage, former)? {
        let merged = merge(&before, after, &own)?;
        own = if merged.is_consistent() { merged } else { own };
    }
    Ok(own)
}

/// Returns the registries of the replaced parents, each paired with its replacement's registry.
fn replaced_parents<'l>(
    repo: &Repo,
    lineage: &'l Lineage,
    former: &[CommitId],
) -> Result<Vec<(Registry, &'l Registry)>, StateError> {
    let mut pairs = Vec::new();
    for ((new, parent), old) in lineage.commits.iter().zip(&lineage.parents).zip(former) {
        if new == old || !repo.has_commit(*old) {
            continue;
        }
        let before = CommitState::of_witness(repo, repo.commit(*old)?.tree)?;
        if let (Some(before), Some(after)) = (before.registry(), parent.registry()) {
            pairs.push((before.clone(), after));
        }
    }
    Ok(pairs)
}
