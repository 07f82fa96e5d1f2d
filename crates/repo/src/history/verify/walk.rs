//! [`verify_history`]: walks through the commits in a history and checks them. If possible, only a
//! commit's differences from its parents are checked.

use std::collections::{BTreeSet, HashMap};
use std::{ops::Range, rc::Rc};

use idhooks_core::check::{Code, Finding, IdBinding};
use idhooks_core::registry::{
    BlobId, CanonicalText, Entry, Origin, REGISTRY_PATH, ReadError, RepoPath, Tree,
};

use crate::cache::{Cache, HistoryKey};
use crate::git::{CommitId, Listed, Repo};
use crate::history::commit_history::fold;
use crate::history::commit_reader::{CommitReader, KnownCommit, MAX_BYTES};
use crate::history::faults::{
    HistoryCommit, HistoryState, IdReuse, Published, ReuseCause, examine,
};
use crate::history::healed_registries::{GENERATIONS, Healed};
use crate::state::registry_findings::{corrupt, linked};
use crate::state::{StateError, counted_tree, last_with_registry, link_for_registry};

/// How many commits are checked between saves.
const CHUNK: usize = 500;

/// The result of verifying a history.
#[derive(Debug, Default)]
pub struct Examined {
    /// The number of commits checked, meaning those made since the registry was added.
    pub judged: usize,
    /// The number of commits that have parents missing from this clone.
    pub shallow: usize,
    /// The number of commits that could not be checked because their registries are not in this
    /// clone.
    pub absent: usize,
    /// The number of commits with moved files whose contents are not in this clone.
    pub unread: usize,
    /// The findings about each commit, parents first.
    pub faults: Vec<(CommitId, Vec<Finding>)>,
}

/// Checks commits in git's order, parents first. `progress` is called after each commit.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub fn verify_history(
    repo: &Repo,
    commits: &[Listed],
    progress: &dyn Fn(),
) -> Result<Examined, StateError> {
    let mut counted = commits.to_vec();
    for commit in &mut counted {
        commit.tree = counted_tree(repo, commit.id)?;
    }
    let commits = counted.as_slice();
    let mut walk = HistoryWalk::new(repo, commits);
    let visit = |walk: &mut HistoryWalk<'_>, commit: &Listed| {
        walk.visit(commit)?;
        progress();
        Ok::<(), StateError>(())
    };
    fold(&mut walk, commits, HistoryWalk::needs, visit, HistoryWalk::forget)?;
    walk.cache.save();
    walk.finish()
}

/// The state of a walk through a history.
pub(super) struct HistoryWalk<'r> {
    pub(super) reader: CommitReader<'r>,
    /// The commits, with their counted trees.
    pub(super) commits: &'r [Listed],
    pub(super) places: HashMap<CommitId, usize>,
    pub(super) steps: Vec<HistoryCommit>,
    /// The commits in which earlier checks found no faults.
    pub(super) cache: Cache<HistoryKey>,
    /// Each commit's registry; `None` if the commit has no registry, even if it should have one.
    pub(super) registries: Vec<Option<BlobId>>,
    /// For each commit, whether it has or should have a registry.
    pub(super) adopted: Vec<bool>,
    /// The commits that have neither a registry nor rules of their own, although a registry counts
    /// there. They ended the use of idhooks on purpose, which nothing has to heal.
    pub(super) ended: BTreeSet<usize>,
    /// The commits that start over, which heal nothing before them.
    pub(super) starting_over: BTreeSet<CommitId>,
    pub(super) shallow: usize,
    pub(super) absent: usize,
    /// The commits with moved files whose contents are not in this clone.
    pub(super) unread: BTreeSet<CommitId>,
    /// The healed registries of inconsistent commits.
    pub(super) healed: Healed,
    /// What later commits need to know about earlier inconsistent ones.
    pub(super) open: HashMap<CommitId, PassedOn>,
}

/// What an inconsistent commit passes on to its children.
#[derive(Default, Clone)]
pub(super) struct PassedOn {
    /// The identities that the registries of this and earlier inconsistent commits have published.
    pub(super) published: Published,
    /// The identities introduced by this and earlier inconsistent commits.
    pub(super) names: BTreeSet<IdBinding>,
    /// The paths at which files were put back, and whose records have not changed since.
    pub(super) put_back: BTreeSet<RepoPath>,
}

impl<'r> HistoryWalk<'r> {
    fn new(repo: &'r Repo, commits: &'r [Listed]) -> Self {
        let places: HashMap<CommitId, usize> =
            commits.iter().enumerate().map(|(n, commit)| (commit.id, n)).collect();
        HistoryWalk {
            reader: CommitReader::new(repo),
            commits,
            places,
            steps: Vec::with_capacity(commits.len()),
            cache: Cache::open(&repo.state_dir()),
            registries: Vec::with_capacity(commits.len()),
            adopted: Vec::with_capacity(commits.len()),
            ended: BTreeSet::new(),
            starting_over: BTreeSet::new(),
            shallow: 0,
            absent: 0,
            unread: BTreeSet::new(),
            healed: Healed::new(),
            open: HashMap::new(),
        }
    }

    fn visit(&mut self, commit: &Listed) -> Result<(), StateError> {
        let n = self.steps.len();
        if n.is_multiple_of(CHUNK) {
            // If a check is interrupted, the next one continues from here.
            self.cache.save();
            self.read_ahead(n..self.commits.len().min(n + CHUNK))?;
        }
        let step = self.step(n, commit)?;
        self.steps.push(step);
        Ok(())
    }

    /// Returns the commits whose correct registries are needed to check a commit: its parents, and
    /// its chain of first parents, which shows recent renames.
    fn needs(&self, commit: &Listed) -> Vec<CommitId> {
        let first_parent = |id: &CommitId| {
            let place = self.places.get(id)?;
            self.commits[*place].parents.first().copied()
        };
        // The commit itself is part of the chain, so the chain has one commit more than the number
        // of generations.
        let chain = std::iter::successors(Some(commit.id), first_parent).take(GENERATIONS + 1);
        chain.chain(commit.parents.iter().copied()).collect()
    }

    /// Returns the commits that have no children.
    pub(super) fn tips(&self) -> Vec<CommitId> {
        let parents: BTreeSet<CommitId> =
            self.commits.iter().flat_map(|commit| commit.parents.iter().copied()).collect();
        self.commits.iter().map(|commit| commit.id).filter(|id| !parents.contains(id)).collect()
    }

    fn forget(&mut self, id: CommitId) {
        self.healed.remove(&id);
        self.open.remove(&id);
    }

    fn finish(mut self) -> Result<Examined, StateError> {
        let restored = self.find_restored()?;
        let found = examine(&self.steps, &|n, origin| restored.get(&(n, origin)).copied());
        let mut faults = found.commits;
        for (n, findings) in &mut faults {
            findings.retain(|found| found.code != Code::Behind || !self.ended.contains(n));
        }
        faults.retain(|_, findings| !findings.is_empty());
        for reuse in &found.reuses {
            let paths = self.paths(reuse)?;
            faults.entry(reuse.then.0).or_default().push(reuse.finding(&self.steps, &paths));
        }
        Ok(Examined {
            judged: self.adopted.iter().filter(|adopted| **adopted).count()
                - self.absent
                - self.ended.len(),
            shallow: self.shallow,
            absent: self.absent,
            unread: self.unread.len(),
            faults: faults.into_iter().map(|(n, found)| (self.commits[n].id, found)).collect(),
        })
    }

    /// Returns the paths of the two files that used an identity, in the commits that first used it.
    fn paths(&mut self, reuse: &IdReuse) -> Result<[Option<RepoPath>; 2], StateError> {
        let first = match reuse.cause {
            // If a single allocation is at two paths, both files are in the later commit.
            ReuseCause::Split => (reuse.then.0, reuse.first.1),
            _ => reuse.first,
        };
        Ok([self.path(first.0, first.1)?, self.path(reuse.then.0, reuse.then.1)?])
    }

    fn path(&mut self, n: usize, origin: Origin) -> Result<Option<RepoPath>, StateError> {
        let stored = self.reader.witness(self.commits[n].id)?;
        let mut records = stored.iter().flat_map(|stored| &stored.registry.allocations);
        Ok(records.find(|r| r.origin == origin).map(|r| r.path.clone()))
    }

    /// Reads the registries of the given commits in reverse order, the order in which packs store
    /// them.
    pub(super) fn read_ahead(&mut self, commits: Range<usize>) -> Result<(), StateError> {
        // Fill only half of the cache, so that registries read ahead are still cached when their
        // commits are checked.
        let (mut last, mut budget): (Option<Rc<CanonicalText>>, _) = (None, MAX_BYTES / 2);
        for n in commits.rev() {
            let commit = &self.commits[n];
            if self.cache.get(&self.key(commit)?).is_some() {
                continue;
            }
            let entry = self.reader.repo.tree_entry(commit.tree, REGISTRY_PATH)?;
            if let Some(entry) = entry.filter(|entry| entry.mode.is_file()) {
                let sheet = self.reader.sheet(entry.blob, last.as_deref())?;
                let is_new = |last: &Rc<CanonicalText>| {
                    sheet.as_ref().is_some_and(|sheet| !Rc::ptr_eq(sheet, last))
                };
                if last.as_ref().is_none_or(is_new) {
                    budget = budget.saturating_sub(sheet.as_ref().map_or(0, |sheet| sheet.size()));
                }
                last = sheet.or(last);
            }
            if budget == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Returns the identities that a commit introduces, if the commit is obviously consistent.
    /// `registry` is the entry at the registry's path in the commit.
    pub(super) fn check_by_changes(
        &mut self,
        commit: &Listed,
        registry: Option<Entry>,
        parents: &[usize],
    ) -> Result<Option<Vec<IdBinding>>, StateError> {
        let Some(registry) = registry.filter(|entry| entry.mode.is_file()) else {
            return Ok(None);
        };
        let known = |p: &usize| {
            let is_consistent = matches!(self.steps[*p].state, HistoryState::Consistent { .. });
            let registry = self.registries[*p].filter(|_| is_consistent)?;
            Some(KnownCommit { tree: self.commits[*p].tree, registry })
        };
        let before = parents.iter().map(known).collect::<Option<Vec<KnownCommit>>>();
        let Some(before) = before else { return Ok(None) };
        let commit = KnownCommit { tree: commit.tree, registry: registry.blob };
        self.reader.check_against_all(commit, &before)
    }
}

/// Returns the finding about a commit that has no registry although a parent has one.
pub(super) fn vanished() -> Finding {
    let message = format!("'{REGISTRY_PATH}' is missing, but a parent commit has it");
    let help = "to write the registry that counts here: idhooks reconcile && git commit";
    Finding::new(Code::RegistryCorrupt, message, help)
}

/// Returns the findings about a commit whose registry cannot be read.
pub(super) fn unreadable(
    repo: &Repo,
    commit: &Listed,
    tree: &Tree,
    error: &ReadError,
) -> Result<Vec<Finding>, StateError> {
    let Some(path) = link_for_registry(tree) else { return Ok(corrupt(error)) };
    let source = last_with_registry(repo, &commit.parents)?.map(|id| id.short());
    Ok(vec![linked(&path, source.as_deref())])
}
