//! What the registry of an untrue commit should have been.
//!
//! Commits made without hooks, or by git commands that call none, are followed one by one from
//! the newest true ones, so that a file renamed twice while nobody looked keeps its identity.
//! A function of history alone: two people who heal the same commits agree.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::check::{Parent, Subject, consistency, is_file};
use crate::git::{Commit, CommitId, Repo};
use crate::merge::merge;
use crate::plan::{AllocationLog, PlanError, Recent, Situation, plan};
use crate::registry::{
    Allocation, Origin, Registry, RepoPath, Status, Succession, Timestamp, Tree,
};

use crate::history::dropped_records::forgotten;
use crate::history::unadopted::follow_unadopted;
use crate::history::{Consistency, Lineage, check_consistency, merge_all};
use crate::state::snapshot::assert_not_newer;
use crate::state::{Snapshot, StateError, Stored, read_config};

/// Registries that take the place of those of untrue commits.
pub(crate) type Healed = BTreeMap<CommitId, Registry>;

/// How far back a move may have begun that only now ends; see [`Recent`].
pub(crate) const GENERATIONS: usize = 3;

/// Returns what the registries of `commits`, and of the last commits before them, should be, as
/// far as they are not true.
///
/// `progress` is called for every commit that is healed, with the number of all of them.
///
/// # Errors
/// Objects that cannot be read, registries that cannot be merged, a counter that is full.
pub(crate) fn heal(
    repo: &Repo,
    commits: &[CommitId],
    progress: &dyn Fn(usize),
) -> Result<Healed, StateError> {
    let order = untrue(repo, commits)?;
    let wanted: BTreeSet<CommitId> =
        commits.iter().flat_map(|id| first_parents(repo, Some(*id))).collect();
    let mut healed = Healed::new();
    let chain = Chain { order, allocate: true, wanted };
    chain.heal(repo, &mut healed, progress)?;
    follow_unadopted(repo, commits, &mut healed)?;
    Ok(healed)
}

/// Commits that are healed one after the other.
pub(crate) struct Chain {
    /// The commits, each after its parents.
    pub order: Vec<(CommitId, Commit)>,
    /// Whether files that nobody registered get identities.
    pub allocate: bool,
    /// Those whose registries are asked for afterwards.
    pub wanted: BTreeSet<CommitId>,
}

impl Chain {
    /// Adds what the commits' registries should be, and keeps no more of them than is needed.
    ///
    /// # Errors
    /// Objects that cannot be read, registries that cannot be merged, a counter that is full.
    pub(crate) fn heal(
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
            // A registry that nobody asks for any more need not be kept.
            for id in sources(repo, &commit) {
                let left = uses.entry(id).or_default();
                *left = left.saturating_sub(1);
                if *left == 0 && !self.wanted.contains(&id) {
                    healed.remove(&id);
                }
            }
            progress(total);
        }
        Ok(())
    }
}

/// Returns the commits whose registries decide what that of `commit` should be.
fn sources(repo: &Repo, commit: &Commit) -> BTreeSet<CommitId> {
    let first = commit.parents.first().copied();
    commit.parents.iter().copied().chain(first_parents(repo, first)).collect()
}

/// Returns a commit, its first parent, and the first parent of that, as far as at hand.
pub(crate) fn first_parents(repo: &Repo, commit: Option<CommitId>) -> Vec<CommitId> {
    let before = |id: &CommitId| repo.commit(*id).ok()?.parents.first().copied();
    let at_hand = commit.filter(|id| repo.has_commit(*id));
    let chain = std::iter::successors(at_hand, |id| before(id).filter(|id| repo.has_commit(*id)));
    chain.take(GENERATIONS).collect()
}

/// Returns the untrue commits that lead to `commits` from true ones, ancestors first, and those
/// that are true only because they follow untrue ones.
fn untrue(repo: &Repo, commits: &[CommitId]) -> Result<Vec<(CommitId, Commit)>, StateError> {
    let forgotten = forgotten(repo, commits)?;
    let mut found: BTreeMap<CommitId, Commit> = BTreeMap::new();
    let mut queue: Vec<CommitId> = commits.to_vec();
    while let Some(id) = queue.pop() {
        if found.contains_key(&id) || !repo.has_commit(id) {
            continue;
        }
        if forgotten.contains(&id) || matches!(check_consistency(repo, id)?, Consistency::Untrue(_))
        {
            let commit = repo.commit(id)?;
            queue.extend(&commit.parents);
            found.insert(id, commit);
        }
    }
    Ok(ancestors_first(found))
}

/// Orders commits so that each comes after its parents.
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

/// Returns what the registry of one commit should be, where `healed` says it of its parents.
///
/// # Errors
/// As [`heal`].
pub(crate) fn heal_one(
    repo: &Repo,
    id: CommitId,
    commit: &Commit,
    healed: &Healed,
    allocate: bool,
) -> Result<Option<Registry>, StateError> {
    let Snapshot { tree, stored, .. } = Snapshot::of_witness(repo, id)?;
    if stored.is_none() {
        assert_not_newer(repo, &tree)?;
    }
    let content = Content { tree: &tree, own: stored, author_time: commit.author_time };
    heal_content(repo, &content, &commit.parents, healed, allocate)
}

/// What a commit holds, or would hold.
pub(crate) struct Content<'a> {
    pub tree: &'a Tree,
    /// Its registry, if that bears witness.
    pub own: Option<Rc<Stored>>,
    pub author_time: i64,
}

/// Returns what the registry of a commit with this content over these parents should be.
///
/// # Errors
/// As [`heal`].
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
    let told = lineage.told(healed);
    let config = read_config(repo, tree).unwrap_or_default();
    // An untouched registry over one parent is that parent's, and needs no second look.
    let touched = own.as_deref().filter(|own| parents.len() > 1 || !lineage.has_blob(own.blob));
    if let Some(stored) = touched {
        let registry = stored.registry.with_origins_of(Some(&merged));
        let subject = Subject {
            config: &config,
            registry: &registry,
            bytes: &stored.bytes,
            tree,
            parents: &parents,
            merged: Some(&merged),
            told: &told,
        };
        // What a hook left over untrue parents is true of what these should have been. It is
        // published, and stays: the next commit must not find another registry than is there.
        if consistency(&subject).is_empty() {
            return Ok(Some(registry.into_owned()));
        }
    }
    let is_tracked = |path: &RepoPath| is_file(tree, path) && config.tracks(path);
    // Without a registry of its own that can be read, the commit is as its parents were.
    let own =
        own.as_ref().and_then(|own| with_known_identities(&own.registry, &merged, &is_tracked));
    let base = match own {
        Some(mut own) => {
            let mut before = lineage.merged.as_ref().unwrap_or(&merged).clone();
            let stayed = known_paths(&own, &parents, tree);
            put_back(&mut own, &stayed);
            // Nobody moved these: what healing found at the paths where they are said to be is
            // another file, and does not follow them as a twin.
            put_back(&mut before, &stayed);
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
        rest: None,
        offered: &[],
        told: &told,
        sources: &[],
        reverting: false,
        recent: &|| recent(repo, &lineage.commits, healed),
        blobs: repo,
        witness: &|_, _| true,
        given: &AllocationLog::default(),
        now: Timestamp::from_unix(*author_time).unwrap_or(Timestamp::EPOCH),
        allocate,
        progress: &|| {},
    };
    let planned = plan(&situation).or_else(|PlanError::Capacity { .. }| {
        // Files that find a counter full wait for a commit whose rules leave room.
        situation.allocate = false;
        plan(&situation)
    });
    Ok(Some(planned?.registry))
}

/// Returns a commit's own registry with the identities that its parents knew, and their statuses,
/// where somebody changed them by hand; nothing where it then holds one twice.
fn with_known_identities(
    own: &Registry,
    merged: &Registry,
    is_tracked: &dyn Fn(&RepoPath) -> bool,
) -> Option<Registry> {
    let known: BTreeMap<Origin, &Allocation> =
        merged.allocations.iter().map(|r| (r.origin, r)).collect();
    let unexplained = unexplained(own, &known, is_tracked);
    let mut own = own.clone();
    for record in &mut own.allocations {
        let Some(known) = known.get(&record.origin) else { continue };
        if unexplained.contains(&record.origin) {
            record.take_status_of(known);
        }
        if !record.answers_to(known.id) && !known.answers_to(record.id) {
            record.id = known.id;
            record.claim = known.claim;
        }
    }
    own.is_consistent().then_some(own)
}

/// Returns which records have another status than their parents knew, and do not say why, or leave
/// a file without an identity.
fn unexplained(
    own: &Registry,
    known: &BTreeMap<Origin, &Allocation>,
    is_tracked: &dyn Fn(&RepoPath) -> bool,
) -> BTreeSet<Origin> {
    let records = &own.allocations;
    let is_other = |r: &&Allocation| known.get(&r.origin).is_some_and(|k| k.status != r.status);
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

/// Returns where identities stay that a commit's own registry moves to other files, by hand or
/// after a parent that did: at the paths of its only parent that both have.
fn known_paths(own: &Registry, parents: &[Parent<'_>], tree: &Tree) -> BTreeMap<Origin, RepoPath> {
    let [parent] = parents else { return BTreeMap::new() };
    let there = own.holders(|path| is_file(tree, path));
    let records: BTreeMap<Origin, &Allocation> =
        own.allocations.iter().map(|r| (r.origin, r)).collect();
    let succession = Succession::of(own.allocations.iter());
    let before = parent.registry.holders(|path| is_file(parent.tree, path));
    let stayed =
        before.iter().filter(|(path, _)| is_file(parent.tree, path) && is_file(tree, path));
    let mut wanted: BTreeMap<Origin, RepoPath> = BTreeMap::new();
    for (path, record) in stayed {
        let Some(now) = records.get(&record.origin) else { continue };
        let on_purpose =
            there.get(*path).is_some_and(|holder| succession.leads(record.origin, holder.origin));
        if now.is_active() && now.path != **path && is_file(tree, &now.path) && !on_purpose {
            wanted.insert(record.origin, (*path).clone());
        }
    }
    wanted
}

/// Puts records at the paths where they stay.
fn put_back(registry: &mut Registry, stayed: &BTreeMap<Origin, RepoPath>) {
    for record in &mut registry.allocations {
        if let Some(path) = stayed.get(&record.origin) {
            record.path = path.clone();
        }
    }
}

/// Works out what the only parent of a commit, and the parent of that, retired.
pub(crate) fn recent(repo: &Repo, parents: &[CommitId], healed: &Healed) -> Recent {
    let [parent] = parents else { return Recent::default() };
    let active = |id: &CommitId| {
        let read = || Snapshot::of_witness(repo, *id).ok()?.registry().map(active);
        healed.get(id).map(active).or_else(read).unwrap_or_default()
    };
    recent_of(&first_parents(repo, Some(*parent)).iter().map(active).collect::<Vec<_>>())
}

/// Returns where the active records of a registry are.
pub(crate) fn active(registry: &Registry) -> BTreeMap<Origin, RepoPath> {
    let records = registry.allocations.iter().filter(|record| record.is_active());
    records.map(|record| (record.origin, record.path.clone())).collect()
}

/// Works out what was retired lately from where the active records of the last commits are, the
/// newest first.
pub(crate) fn recent_of(chain: &[BTreeMap<Origin, RepoPath>]) -> Recent {
    let retired = |n: usize| -> BTreeSet<Origin> {
        let (now, then) = (chain.get(n), chain.get(n + 1));
        let gone = |origin: &&Origin| now.is_some_and(|now| !now.contains_key(*origin));
        then.into_iter().flat_map(|then| then.keys()).filter(gone).copied().collect()
    };
    Recent { by_head: retired(0), by_parent: retired(1), moved: moved(chain) }
}

/// Returns where the records were that the newest of the commits moved.
fn moved(chain: &[BTreeMap<Origin, RepoPath>]) -> BTreeMap<Origin, RepoPath> {
    let [now, then, ..] = chain else { return BTreeMap::new() };
    let elsewhere = |(origin, path): &(&Origin, &RepoPath)| now.get(origin) != Some(*path);
    let still_active = then.iter().filter(|(origin, _)| now.contains_key(origin));
    still_active.filter(elsewhere).map(|(origin, path)| (*origin, path.clone())).collect()
}
