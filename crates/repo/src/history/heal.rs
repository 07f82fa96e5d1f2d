//! Computes what the registry of an inconsistent commit should have been.
//!
//! Commits made without hooks, or by git commands that run none, are followed one by one from the
//! newest consistent ones, so that a file that was renamed twice meanwhile keeps its identity. The
//! result depends on the history alone: two people who heal the same commits get the same result.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use idhooks_core::check::{Parent, Subject, consistency, is_file};
use idhooks_core::merge::merge;
use idhooks_core::plan::{PlanError, PlanOptions, Situation, plan};
use idhooks_core::registry::{
    Allocation, Origin, Registry, RepoPath, Status, Succession, Timestamp, Tree,
};

use crate::git::{Commit, CommitId, Repo};
use crate::history::{Consistency, Lineage, check_consistency, merge_all, recent};
use crate::history::{dropped_records::dropped_records, unadopted::follow_unadopted};
use crate::state::{CommitState, StateError, Stored, assert_not_newer, read_config};

/// Registries that replace those of inconsistent commits.
pub(crate) type Healed = BTreeMap<CommitId, Registry>;

/// How many commits back a rename that ends now may have begun; see [`Recent`](idhooks_core::plan::Recent).
pub(super) const GENERATIONS: usize = 3;

/// Returns what the registries of `commits`, and of the last commits before them, should be, for
/// the inconsistent ones.
///
/// `progress` is called for every healed commit, with the total number.
///
/// # Errors
/// Returns an error if objects cannot be read, if registries cannot be merged, or if a counter is
/// full.
pub(super) fn heal(
    repo: &Repo,
    commits: &[CommitId],
    progress: &dyn Fn(usize),
) -> Result<Healed, StateError> {
    let order = find_inconsistent(repo, commits)?;
    let needed: BTreeSet<CommitId> =
        commits.iter().flat_map(|id| first_parents(repo, Some(*id))).collect();
    let mut healed = Healed::new();
    let chain = HealChain { order, allocate: true, needed };
    chain.heal(repo, &mut healed, progress)?;
    follow_unadopted(repo, commits, &mut healed)?;
    Ok(healed)
}

/// Commits that are healed one after the other.
pub(super) struct HealChain {
    /// The commits, parents first.
    pub order: Vec<(CommitId, Commit)>,
    /// Whether files without a record get identities.
    pub allocate: bool,
    /// The commits whose registries are needed afterwards.
    pub needed: BTreeSet<CommitId>,
}

impl HealChain {
    /// Adds what the commits' registries should be to `healed`, and keeps only those that are
    /// needed.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read, if registries cannot be merged, or if a counter
    /// is full.
    pub(super) fn heal(
        self,
        repo: &Repo,
        healed: &mut Healed,
        progress: &dyn Fn(usize),
    ) -> Result<(), StateError> {
        let mut uses: BTreeMap<CommitId, usize> = BTreeMap::new();
        for (_, commit) in &self.order {
            for id in sources(repo, commit) {
                *uses.entry(id).or_default() += 1;
            }
        }
        let total = self.order.len();
        for (id, commit) in self.order {
            follow_unadopted(repo, &commit.parents, healed)?;
            if let Some(registry) = heal_one(repo, id, &commit, healed, self.allocate)? {
                healed.insert(id, registry);
            }
            // A registry that is no longer needed is dropped.
            for id in sources(repo, &commit) {
                let left = uses.entry(id).or_default();
                *left = left.saturating_sub(1);
                if *left == 0 && !self.needed.contains(&id) {
                    healed.remove(&id);
                }
            }
            progress(total);
        }
        Ok(())
    }
}

/// Returns the commits whose registries decide what the registry of `commit` should be.
fn sources(repo: &Repo, commit: &Commit) -> BTreeSet<CommitId> {
    let first = commit.parents.first().copied();
    commit.parents.iter().copied().chain(first_parents(repo, first)).collect()
}

/// Returns a commit, its first parent and the first parent of that one, as far as they are in this
/// clone.
pub(crate) fn first_parents(repo: &Repo, commit: Option<CommitId>) -> Vec<CommitId> {
    let before = |id: &CommitId| repo.commit(*id).ok()?.parents.first().copied();
    let present = commit.filter(|id| repo.has_commit(*id));
    let chain = std::iter::successors(present, |id| before(id).filter(|id| repo.has_commit(*id)));
    chain.take(GENERATIONS).collect()
}

/// Returns the inconsistent commits between consistent ones and `commits`, ancestors first, and
/// those that are consistent only because they follow inconsistent ones.
fn find_inconsistent(
    repo: &Repo,
    commits: &[CommitId],
) -> Result<Vec<(CommitId, Commit)>, StateError> {
    let dropped = dropped_records(repo, commits)?;
    let mut found: BTreeMap<CommitId, Commit> = BTreeMap::new();
    let mut queue: Vec<CommitId> = commits.to_vec();
    while let Some(id) = queue.pop() {
        if found.contains_key(&id) || !repo.has_commit(id) {
            continue;
        }
        if dropped.contains(&id)
            || matches!(check_consistency(repo, id)?, Consistency::Inconsistent(_))
        {
            let commit = repo.commit(id)?;
            queue.extend(&commit.parents);
            found.insert(id, commit);
        }
    }
    Ok(ancestors_first(found))
}

/// Sorts commits so that each comes after its parents.
fn ancestors_first(mut open: BTreeMap<CommitId, Commit>) -> Vec<(CommitId, Commit)> {
    let mut children: BTreeMap<CommitId, Vec<CommitId>> = BTreeMap::new();
    let mut waiting: BTreeMap<CommitId, usize> = BTreeMap::new();
    for (id, commit) in &open {
        let parents: BTreeSet<_> = commit.parents.iter().filter(|p| open.contains_key(p)).collect();
        waiting.insert(*id, parents.len());
        for parent in parents {
            children.entry(*parent).or_default().push(*id);
        }
    }
    let free = waiting.iter().filter(|(_, count)| **count == 0);
    let mut ready: BTreeSet<CommitId> = free.map(|(id, _)| *id).collect();
    let mut ordered = Vec::new();
    while let Some(id) = ready.pop_first() {
        for child in children.remove(&id).unwrap_or_default() {
            let count = waiting.entry(child).or_default();
            *count = count.saturating_sub(1);
            if *count == 0 {
                ready.insert(child);
            }
        }
        ordered.extend(open.remove(&id).map(|commit| (id, commit)));
    }
    ordered
}

/// Returns what the registry of one commit should be; `healed` has the registries of its parents.
///
/// # Errors
/// Returns an error in the same cases as [`heal`].
pub(super) fn heal_one(
    repo: &Repo,
    id: CommitId,
    commit: &Commit,
    healed: &Healed,
    allocate: bool,
) -> Result<Option<Registry>, StateError> {
    let state = CommitState::of_witness(repo, id)?;
    let own = state.stored().cloned();
    if own.is_none() {
        assert_not_newer(repo, &state.tree)?;
    }
    let content = Content { tree: &state.tree, own, author_time: commit.author_time };
    heal_content(repo, &content, &commit.parents, healed, allocate)
}

/// The content of a commit, existing or not.
pub(crate) struct Content<'a> {
    pub tree: &'a Tree,
    /// Its registry, if it can be trusted.
    pub own: Option<Rc<Stored>>,
    pub author_time: i64,
}

/// Returns what the registry of a commit with this content on these parents should be.
///
/// # Errors
/// Returns an error in the same cases as [`heal`].
pub(crate) fn heal_over(
    repo: &Repo,
    content: &Content<'_>,
    parents: &[CommitId],
) -> Result<Option<Registry>, StateError> {
    let healed = heal(repo, parents, &|_| {})?;
    heal_content(repo, content, parents, &healed, true)
}

fn heal_content(
    repo: &Repo,
    content: &Content<'_>,
    parents: &[CommitId],
    healed: &Healed,
    allocate: bool,
) -> Result<Option<Registry>, StateError> {
    let Content { tree, own, author_time } = content;
    let lineage = Lineage::of(repo, parents)?;
    let Some(merged) = merge_all(repo, &lineage.commits, healed)? else {
        return Ok(own.as_ref().map(|own| own.registry.clone()));
    };
    let parents = lineage.with_healed(healed);
    let published = lineage.find_published(healed);
    let config = read_config(repo, tree).unwrap_or_default();
    // An unchanged registry on one parent is the parent's and needs no second check.
    let touched = own.as_deref().filter(|own| parents.len() > 1 || !lineage.has_blob(own.blob));
    if let Some(stored) = touched {
        let registry = stored.registry.with_origins_of(Some(&merged));
        let subject = Subject {
            parents: &parents,
            merged: Some(&merged),
            published: &published,
            ..Subject::new(&config, &registry, tree)
        };
        // A registry that a hook wrote on inconsistent parents is consistent with what these should
        // have been. It is published and stays: the next commit must find the registry that exists.
        if consistency(&subject).is_empty() {
            return Ok(Some(registry.into_owned()));
        }
    }
    let is_tracked = |path: &RepoPath| is_file(tree, path) && config.tracks(path);
    // If the commit has no readable registry of its own, its parents' registry applies.
    let own =
        own.as_ref().and_then(|own| with_known_identities(&own.registry, &merged, &is_tracked));
    let base = match own {
        Some(mut own) => {
            let mut before = lineage.merged.as_ref().unwrap_or(&merged).clone();
            let kept_paths = find_kept_paths(&own, &parents, tree);
            restore_paths(&mut own, &kept_paths);
            // These files were not renamed: a file that healing found at their recorded paths is
            // another one, and does not follow them as a twin.
            restore_paths(&mut before, &kept_paths);
            merge(&before, &merged, &own)?
        }
        None => merged.clone(),
    };
    let mut situation = Situation {
        config: &config,
        scope: merged.scope,
        index: tree,
        parents: &parents,
        merged: Some(&merged),
        base: Some(&base),
        staged: None,
        blobs: repo,
        now: Timestamp::from_unix(*author_time).unwrap_or(Timestamp::EPOCH),
        options: PlanOptions {
            published: &published,
            recent: &|generation| recent(repo, &lineage.commits, healed, generation),
            allocate,
            ..PlanOptions::default()
        },
    };
    let planned = plan(&situation).or_else(|PlanError::Capacity { .. }| {
        // If a counter is full, new files wait for a commit with rules that leave room.
        situation.options.allocate = false;
        plan(&situation)
    });
    Ok(Some(planned?.registry))
}

/// Returns a commit's own registry with the identities and statuses of its parents where they were
/// changed by hand; `None` if an identity would then exist twice.
fn with_known_identities(
    own: &Registry,
    merged: &Registry,
    is_tracked: &dyn Fn(&RepoPath) -> bool,
) -> Option<Registry> {
    let before: BTreeMap<Origin, &Allocation> =
        merged.allocations.iter().map(|r| (r.origin, r)).collect();
    let unexplained = unexplained(own, &before, is_tracked);
    let mut own = own.clone();
    for record in &mut own.allocations {
        let Some(before) = before.get(&record.origin) else { continue };
        if unexplained.contains(&record.origin) {
            record.take_status_of(before);
        }
        if !record.answers_to(before.id) && !before.answers_to(record.id) {
            record.id = before.id;
            record.claim = before.claim;
        }
    }
    own.is_consistent().then_some(own)
}

/// Returns the records with another status than in the parents that have no reason for it or leave
/// a file without an identity.
fn unexplained(
    own: &Registry,
    before: &BTreeMap<Origin, &Allocation>,
    is_tracked: &dyn Fn(&RepoPath) -> bool,
) -> BTreeSet<Origin> {
    let records = &own.allocations;
    let is_other = |r: &&Allocation| before.get(&r.origin).is_some_and(|k| k.status != r.status);
    let changed = records.iter().filter(|record| !record.is_active()).filter(is_other);
    let succession = LazyCell::new(|| Succession::of(records.iter()));
    let leaves_file = |record: &Allocation| {
        let ends = record.status == Status::Superseded || record.is_purged();
        ends && is_tracked(&record.path)
            && !succession.has_heir_at(record.origin, &record.path, records)
    };
    let open = changed.filter(|r| !r.explains_its_status(records) || leaves_file(r));
    open.map(|record| record.origin).collect()
}

/// Returns the paths of identities that a commit's own registry moves to other files, by hand or
/// after a parent that did: the path in its only parent, if both have the file.
fn find_kept_paths(
    own: &Registry,
    parents: &[Parent<'_>],
    tree: &Tree,
) -> BTreeMap<Origin, RepoPath> {
    let [parent] = parents else { return BTreeMap::new() };
    let holders = own.holders(|path| is_file(tree, path));
    let records: BTreeMap<Origin, &Allocation> =
        own.allocations.iter().map(|r| (r.origin, r)).collect();
    let succession = Succession::of(own.allocations.iter());
    let before = parent.registry.holders(|path| is_file(parent.tree, path));
    let kept_paths =
        before.iter().filter(|(path, _)| is_file(parent.tree, path) && is_file(tree, path));
    let mut needed: BTreeMap<Origin, RepoPath> = BTreeMap::new();
    for (path, record) in kept_paths {
        let Some(now) = records.get(&record.origin) else { continue };
        let on_purpose =
            holders.get(*path).is_some_and(|holder| succession.leads(record.origin, holder.origin));
        if now.is_active() && now.path != **path && is_file(tree, &now.path) && !on_purpose {
            needed.insert(record.origin, (*path).clone());
        }
    }
    needed
}

/// Moves records back to these paths.
fn restore_paths(registry: &mut Registry, kept_paths: &BTreeMap<Origin, RepoPath>) {
    for record in &mut registry.allocations {
        if let Some(path) = kept_paths.get(&record.origin) {
            record.path = path.clone();
        }
    }
}
