//! A whole history: whether each commit is true, and what became of it where it is not.

mod by_changes;
mod commit;
mod incremental;
mod object_cache;
mod restored;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::check::{
    Code, Finding, HistoryCommit, IdBinding, IdReuse, Published, ReuseCause, examine,
};
use crate::git::{CommitId, Listed, Repo};
use crate::registry::{BlobId, Origin, REGISTRY_PATH, RepoPath};
use crate::store::Histories;

use crate::history::heal::Healed;
use crate::state::StateError;

pub use incremental::KnownCommit;
pub use object_cache::CommitReader;

/// How many commits are judged before what was found out is written down.
const CHUNK: usize = 500;

/// What the examination of a history found.
#[derive(Debug, Default)]
pub struct Examined {
    /// How many of its commits were judged: those since the registry came.
    pub judged: usize,
    /// How many commits have parents that are not in this clone.
    pub shallow: usize,
    /// How many registries are not in this clone, so that nothing can be said of their commits.
    pub absent: usize,
    /// What is wrong with which commits, parents first.
    pub faults: Vec<(CommitId, Vec<Finding>)>,
}

/// Judges commits, which stand in the order in which git lists them, parents first; `progress`
/// is called after each.
///
/// # Errors
/// Objects that cannot be read.
pub fn verify_history(
    repo: &Repo,
    commits: &[Listed],
    progress: &dyn Fn(),
) -> Result<Examined, StateError> {
    let mut walk = HistoryWalk::new(repo, commits);
    for n in 0..commits.len() {
        if n % CHUNK == 0 {
            walk.read_ahead(n..commits.len().min(n + CHUNK))?;
        }
        let step = walk.step(n)?;
        walk.steps.push(step);
        walk.release(n);
        if n % CHUNK == CHUNK - 1 {
            walk.save();
        }
        progress();
    }
    walk.save();
    walk.finish()
}

/// What is known while a history is gone through.
struct HistoryWalk<'r> {
    reader: CommitReader<'r>,
    commits: &'r [Listed],
    places: HashMap<CommitId, usize>,
    steps: Vec<HistoryCommit>,
    memory: Histories,
    /// The registry that each commit has, if any; none where it should have one.
    registries: Vec<Option<BlobId>>,
    /// Whether each commit has a registry, or should have.
    adopted: Vec<bool>,
    shallow: usize,
    absent: usize,
    /// What the registries of untrue commits should be.
    healed: Healed,
    /// What has been said of untrue commits and is needed further on.
    open: HashMap<usize, Open>,
    /// What is not needed after a commit any more.
    done_with: Vec<Vec<usize>>,
}

/// What an untrue commit hands on.
#[derive(Default, Clone)]
struct Open {
    /// The identities that its registry or one before it really showed.
    published: Published,
    /// The names that came with untrue commits.
    names: BTreeSet<IdBinding>,
}

impl<'r> HistoryWalk<'r> {
    fn new(repo: &'r Repo, commits: &'r [Listed]) -> Self {
        let places: HashMap<CommitId, usize> =
            commits.iter().enumerate().map(|(n, commit)| (commit.id, n)).collect();
        HistoryWalk {
            done_with: last_uses(commits, &places),
            reader: CommitReader::new(repo),
            commits,
            places,
            steps: Vec::with_capacity(commits.len()),
            memory: Histories::in_dir(&repo.state_dir()),
            registries: Vec::with_capacity(commits.len()),
            adopted: Vec::with_capacity(commits.len()),
            shallow: 0,
            absent: 0,
            healed: Healed::new(),
            open: HashMap::new(),
        }
    }

    /// Forgets what no later commit asks for.
    fn release(&mut self, n: usize) {
        for place in std::mem::take(&mut self.done_with[n]) {
            self.healed.remove(&self.commits[place].id);
            self.open.remove(&place);
        }
    }

    fn save(&mut self) {
        // A cache that cannot be written costs time, nothing else.
        let _ = self.memory.save();
    }

    fn finish(mut self) -> Result<Examined, StateError> {
        let came_back = self.came_back()?;
        let found = examine(&self.steps, &|n, origin| came_back.get(&(n, origin)).copied());
        let mut faults: BTreeMap<usize, Vec<Finding>> =
            found.commits.into_iter().map(|fault| (fault.commit, fault.findings)).collect();
        for reuse in &found.reuses {
            let paths = self.paths(reuse)?;
            faults.entry(reuse.then.0).or_default().push(reuse.finding(&self.steps, &paths));
        }
        Ok(Examined {
            judged: self.adopted.iter().filter(|adopted| **adopted).count() - self.absent,
            shallow: self.shallow,
            absent: self.absent,
            faults: faults.into_iter().map(|(n, found)| (self.commits[n].id, found)).collect(),
        })
    }

    /// Returns the files that an identity named, in the commits in which it first did.
    fn paths(&mut self, reuse: &IdReuse) -> Result<[Option<RepoPath>; 2], StateError> {
        let first = match reuse.cause {
            // Both files are in the commit that found one allocation at two places.
            ReuseCause::Split => (reuse.then.0, reuse.first.1),
            _ => reuse.first,
        };
        Ok([self.path(first)?, self.path(reuse.then)?])
    }

    fn path(&mut self, (n, origin): (usize, Origin)) -> Result<Option<RepoPath>, StateError> {
        let stored = self.reader.witness(self.commits[n].id)?;
        let mut records = stored.iter().flat_map(|stored| &stored.registry.allocations);
        Ok(records.find(|r| r.origin == origin).map(|r| r.path.clone()))
    }
}

/// Returns for each commit those that nobody asks for after it: its parents are asked for, and
/// the first parents of the first, which tell what was moved a short while ago.
fn last_uses(commits: &[Listed], places: &HashMap<CommitId, usize>) -> Vec<Vec<usize>> {
    let mut last: Vec<usize> = (0..commits.len()).collect();
    let place = |id: &CommitId| places.get(id).copied();
    for (n, commit) in commits.iter().enumerate() {
        let first = commit.parents.first().and_then(place);
        let before = |n: &usize| commits[*n].parents.first().and_then(place);
        let chain = std::iter::successors(first, before).take(super::heal::GENERATIONS);
        for used in commit.parents.iter().filter_map(place).chain(chain) {
            last[used] = n;
        }
    }
    let mut done_with = vec![Vec::new(); commits.len()];
    for (used, n) in last.into_iter().enumerate() {
        done_with[n].push(used);
    }
    done_with
}

/// Returns the finding for a commit without the registry that its parents have.
fn vanished() -> Finding {
    let message = format!("'{REGISTRY_PATH}' is gone, a parent commit has it");
    Finding::new(Code::RegistryCorrupt, message, "put it back")
}
