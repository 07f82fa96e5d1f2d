//! Computes the registry that an inconsistent commit should have had.
//!
//! Commits made without hooks, or by git commands that do not run hooks, are followed one by one,
//! starting from the newest consistent commits, so that a file renamed twice in the meantime keeps
//! its identity. The result depends only on the history: two people who heal the same commits get
//! the same result.
//!
//! If a branch was started before the repository was adopted, it is followed in the same way when
//! it is merged: its files are given the identities they have on the adopted side, and renames on
//! the branch are followed, so that a file keeps its identity however often it was renamed and
//! edited there.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::check::{Subject, consistency, is_file};
use idhooks_core::config::RenameLimits;
use idhooks_core::plan::{PlanInput, PlanOptions, Undecided};
use idhooks_core::registry::{Registry, Timestamp, Tree};

use crate::git::{CommitId, Repo};
use crate::state::{
    CommitState, StateError, assert_not_newer, counted_commit, if_plannable, is_adopted_at,
    read_config,
};

use super::available_history::{is_at_boundary, obtain_contents};
use super::excluded_file::has_stayed;
use super::heal_changes::heal_changes;
use super::heal_plan::{Content, heal_root, plan_with_room};
use super::healed_registries::{Healed, HealedCommit, first_parents, registry_of};
use super::merged_registries::{MAX_NESTING, merge_bases, merge_commits};
use super::own_changes::with_own_changes;
use super::rename_limits::{limits_in, limits_of};
use super::{
    commit_history::fold, inconsistent::find_inconsistent, lineage::Lineage, recent_changes::recent,
};

impl Lineage {
    /// Replaces the registries of inconsistent parents with the healed ones. `tree`, if given, is
    /// the tree of the commit being made; its `[rename]` limits apply where they are higher.
    ///
    /// `progress` is called for every healed commit with the total number of commits to heal.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read, if registries cannot be merged, or if a counter
    /// has reached its maximum.
    pub fn heal(
        &mut self,
        repo: &Repo,
        tree: Option<&Tree>,
        progress: &dyn Fn(usize),
    ) -> Result<(), StateError> {
        let healed = heal(repo, &self.commits, tree, progress)?;
        self.replace(repo, healed)
    }
}

/// Returns the healed registries of `commits` and of their nearest first-parent ancestors, where
/// these are inconsistent. `tree`, if given, is the tree of the commit that heals them.
///
/// `progress` is called for every healed commit with the total number of commits to heal.
///
/// # Errors
/// Returns an error if objects cannot be read, if registries cannot be merged, or if a counter has
/// reached its maximum.
fn heal(
    repo: &Repo,
    commits: &[CommitId],
    tree: Option<&Tree>,
    progress: &dyn Fn(usize),
) -> Result<Healed, StateError> {
    let order = find_inconsistent(repo, commits)?;
    // Only these commits' registries stay in memory. Otherwise, a long chain of inconsistent
    // commits would keep one registry per commit.
    let needed: BTreeSet<CommitId> =
        commits.iter().flat_map(|id| first_parents(repo, Some(*id))).collect();
    let mut healed = Healed::new();
    // An ordinary commit on top of a consistent parent heals nothing, so there is no need to read
    // any limits.
    if !order.is_empty() || commits.len() > 1 {
        healed.limits = limits_of(repo, commits);
        healed.limits.raise_to(tree.map_or(RenameLimits::NONE, |tree| limits_in(repo, tree)));
    }
    add_bases(repo, commits, &mut healed, 0)?;
    heal_chain(repo, &order, true, &needed, &mut healed, progress)?;
    follow_unadopted(repo, commits, &mut healed)?;
    Ok(healed)
}

/// Adds the registries that count in those merge bases of the commits that have none that can be
/// used. Without the base of what both sides did, a record that one of them ended would count as
/// active again.
fn add_bases(
    repo: &Repo,
    commits: &[CommitId],
    healed: &mut Healed,
    nesting: u32,
) -> Result<(), StateError> {
    let known: Vec<CommitId> = commits.iter().copied().filter(|id| repo.has_commit(*id)).collect();
    for (n, commit) in known.iter().enumerate().skip(1) {
        let bases = merge_bases(repo, &known[..n], *commit)?;
        for base in &bases {
            let is_usable = healed.contains_key(base) || healed.base(base).is_some();
            if is_usable || registry_of(repo, *base)?.is_some() {
                continue;
            }
            let counted = if_plannable(heal(repo, &[*base], None, &|_| {}))?;
            if let Some(registry) = counted.and_then(|counted| counted.get(base).cloned()) {
                healed.add_base(*base, registry);
            }
        }
        if bases.len() > 1 && nesting < MAX_NESTING {
            add_bases(repo, &bases, healed, nesting + 1)?;
        }
    }
    Ok(())
}

/// Adds the healed registries of the commits in `order`, parents first, to `healed`, keeping only
/// the registries that later commits or the caller need. `allocate` determines whether files
/// without a record are given identities.
///
/// # Errors
/// Returns an error if objects cannot be read, if registries cannot be merged, or if a counter has
/// reached its maximum.
fn heal_chain(
    repo: &Repo,
    order: &[CommitId],
    allocate: bool,
    needed: &BTreeSet<CommitId>,
    healed: &mut Healed,
    progress: &dyn Fn(usize),
) -> Result<(), StateError> {
    // Fetch everything for the whole chain at once, instead of making a round trip for each commit.
    obtain_contents(repo, order, healed.limits)?;
    let visit = |healed: &mut Healed, id: &CommitId| {
        if let Some(commit) = heal_one(repo, *id, healed, allocate)? {
            healed.add(*id, commit);
        }
        progress(order.len());
        Ok(())
    };
    let forget = |healed: &mut Healed, id| {
        if !needed.contains(&id) {
            healed.remove(&id);
        }
    };
    fold(healed, order, |_, id| sources(repo, *id), visit, forget)
}

/// Returns the commits whose registries are needed to heal a commit's registry.
fn sources(repo: &Repo, id: CommitId) -> Vec<CommitId> {
    let parents = repo.commit(id).map(|commit| commit.parents).unwrap_or_default();
    let before = first_parents(repo, parents.first().copied());
    parents.into_iter().chain(before).collect()
}

/// Returns the healed registry of a single commit. `healed` contains its parents' registries;
/// registries for parents that predate the adoption are added to it.
///
/// # Errors
/// Returns an error in the same cases as [`heal`].
pub(super) fn heal_one(
    repo: &Repo,
    id: CommitId,
    healed: &mut Healed,
    allocate: bool,
) -> Result<Option<HealedCommit>, StateError> {
    let commit = counted_commit(repo, id)?;
    if let Some(done) = heal_changes(repo, &commit, healed, allocate)? {
        return Ok(Some(done));
    }
    follow_unadopted(repo, &commit.parents, healed)?;
    add_bases(repo, &commit.parents, healed, 0)?;
    let state = CommitState::of_witness(repo, commit.tree)?;
    let own = state.stored().cloned();
    if own.is_none() {
        // A registry with a newer schema also looks unreadable, but healing must not overwrite it.
        assert_not_newer(repo, &state.tree)?;
    }
    let content = Content { tree: &state.tree, own, author_time: commit.author_time };
    heal_content(repo, &content, &commit.parents, healed, allocate)
}

/// Returns the healed registry for a commit with this content and these parents.
///
/// # Errors
/// Returns an error in the same cases as [`heal`].
pub(crate) fn heal_over(
    repo: &Repo,
    content: &Content<'_>,
    parents: &[CommitId],
) -> Result<Option<HealedCommit>, StateError> {
    let healed = heal(repo, parents, Some(content.tree), &|_| {})?;
    heal_content(repo, content, parents, &healed, true)
}

fn heal_content(
    repo: &Repo,
    content: &Content<'_>,
    parents: &[CommitId],
    healed: &Healed,
    allocate: bool,
) -> Result<Option<HealedCommit>, StateError> {
    let mut lineage = Lineage::of(repo, parents)?;
    let shown = content.own.as_ref().map(|own| &own.registry);
    if let Some(shown) = shown {
        lineage.choose_as(repo, shown)?;
        lineage.start_over(repo, shown)?;
        // In a merge without a common registry, the paths in the commit decide, so it does not
        // matter which side was merged into the other.
    }
    let is_at_boundary = is_at_boundary(repo, parents);
    let mut done = heal_on(repo, content, &lineage, is_at_boundary, healed, allocate)?;
    if let Some(done) = &mut done {
        done.restored = healed.restored(&lineage.stored(), shown, &done.registry);
    }
    Ok(done)
}

/// Heals a commit whose parents have already been read.
fn heal_on(
    repo: &Repo,
    content: &Content<'_>,
    lineage: &Lineage,
    is_at_boundary: bool,
    healed: &Healed,
    allocate: bool,
) -> Result<Option<HealedCommit>, StateError> {
    let Content { tree, own, author_time } = content;
    let shown = own.as_ref().map(|own| &own.registry);
    let yielding = shown.and_then(|shown| healed.yielding_to(&lineage.stored(), shown, tree));
    let healed = yielding.as_ref().unwrap_or(healed);
    // Unreadable rules must not prevent healing. They are reported when the commit is checked.
    let mut config = read_config(repo, tree).unwrap_or_default();
    config.rename.raise_to(healed.limits);
    let mut undecided = healed.undecided(&lineage.commits);
    let Some(merged) = merge_commits(repo, &lineage.commits, healed, shown)?.registry else {
        let Some(own) = own else { return Ok(None) };
        // The state before the boundary is unknown, so files and records that do not match each
        // other stay undecided.
        if is_at_boundary {
            undecided = Undecided::between(&config, &own.registry, tree);
            return Ok(Some(HealedCommit::new(own.registry.clone(), undecided)));
        }
        return Ok(Some(heal_root(repo, content, &config, &own.registry, undecided, allocate)?));
    };
    if is_at_boundary {
        undecided.extend(&Undecided::between(&config, shown.unwrap_or(&merged), tree));
    }
    let parents = lineage.with_healed(healed);
    let published = lineage.published_by(healed, lineage.merged.as_ref());
    // If the registry is the same as an only parent's, it has already been checked there.
    let touched = own.as_deref().filter(|own| parents.len() > 1 || !lineage.has_blob(own.blob));
    if let Some(stored) = touched {
        let registry = stored.registry.with_origins_of(Some(&merged));
        let subject = Subject {
            parents: &parents,
            merged: Some(&merged),
            published: &published,
            is_contested: lineage.contest.is_some(),
            blobs: repo,
            ..Subject::new(&config, &registry, tree)
        };
        // If a hook wrote this registry on top of inconsistent parents, it is consistent with what
        // the parents should have been. Keep it, because it has been published and the next commit
        // must see the same registry.
        if consistency(&subject).is_empty() {
            return Ok(Some(HealedCommit::new(registry.into_owned(), Undecided::new())));
        }
    }
    let base = with_own_changes(shown, &merged, lineage, &parents, &config, tree)?;
    let situation = PlanInput {
        config: &config,
        scope: merged.scope,
        index: tree,
        parents: &parents,
        merged: Some(&merged),
        base: Some(&base),
        staged: None,
        blobs: repo,
        // Use the commit's own date, so that two people who heal it write the same record.
        now: Timestamp::from_unix(*author_time).unwrap_or(Timestamp::EPOCH),
        options: PlanOptions {
            published: &published,
            is_contested: lineage.contest.is_some(),
            recent: &|generation| recent(repo, &lineage.commits, healed, generation),
            has_stayed: &|path, origin| has_stayed(repo, &lineage.commits, path, origin),
            allocate,
            undecided: &undecided,
            is_healing: true,
            keeps_skipped: true,
            ..PlanOptions::default()
        },
    };
    let planned = plan_with_room(repo, situation)?;
    Ok(Some(HealedCommit::planned(planned)))
}

/// For each of `parents` without a registry, adds to `healed` the registry that the parent would
/// have if its branch had been adopted at the fork point. Adds nothing if all parents have a
/// registry, or if none does.
///
/// # Errors
/// Returns an error if objects cannot be read or registries cannot be merged.
fn follow_unadopted(
    repo: &Repo,
    parents: &[CommitId],
    healed: &mut Healed,
) -> Result<(), StateError> {
    // Only a merge can have an adopted side.
    if parents.len() < 2 {
        return Ok(());
    }
    let mut adopted = Vec::new();
    let mut unadopted = Vec::new();
    for id in parents.iter().copied().filter(|id| repo.has_commit(*id)) {
        let is_adopted = healed.contains_key(&id) || is_adopted_at(repo, id)?;
        if is_adopted { adopted.push(id) } else { unadopted.push(id) }
    }
    if unadopted.is_empty() {
        return Ok(());
    }
    let merged = merge_commits(repo, &adopted, healed, None)?.registry;
    let Some(adopted_registry) = merged else { return Ok(()) };
    for id in unadopted {
        follow(repo, id, &adopted, &adopted_registry, healed)?;
    }
    Ok(())
}

fn follow(
    repo: &Repo,
    tip: CommitId,
    adopted: &[CommitId],
    adopted_registry: &Registry,
    healed: &mut Healed,
) -> Result<(), StateError> {
    let mut order = repo.commits_since(tip, adopted)?;
    order.retain(|id| repo.has_commit(*id));
    let branch: BTreeSet<CommitId> = order.iter().copied().collect();
    let mut children: BTreeMap<CommitId, usize> = BTreeMap::new();
    for id in &order {
        for parent in repo.commit(*id)?.parents {
            *children.entry(parent).or_default() += 1;
        }
    }
    let starts = children.keys().filter(|id| !branch.contains(id) && repo.has_commit(**id));
    let starts: Vec<CommitId> = starts.copied().collect();
    if starts.is_empty() {
        // A branch from another repository, as in a subtree merge, contains no files from this
        // repository to follow.
        return Ok(());
    }
    for id in &starts {
        let tree = repo.tree(repo.commit(*id)?.tree)?;
        // Identities from the adopted side can belong only to files that already existed at the
        // fork point.
        healed.insert(*id, of_files(adopted_registry, &tree));
    }
    // Merges need the registries of the commits where branches forked.
    let parting = children.into_iter().filter(|(_, count)| *count > 1).map(|(id, _)| id);
    let needed = parting.chain(starts).chain([tip]).collect();
    // Nothing is allocated: these commits had no registry, so nobody can have seen such numbers.
    heal_chain(repo, &order, false, &needed, healed, &|_| {})
}

/// Returns a copy of the registry with only the active records for files in the tree.
fn of_files(adopted_registry: &Registry, tree: &Tree) -> Registry {
    let mut registry = adopted_registry.clone();
    registry.allocations.retain(|record| record.is_active() && is_file(tree, &record.path));
    registry
}
