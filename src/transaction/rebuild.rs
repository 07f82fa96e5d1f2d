//! Commits that are made again with the registry they must carry, and what follows them.

use std::collections::{BTreeMap, BTreeSet};

use crate::git::{Commit, CommitId, GitError, Repo, TreeId};
use crate::plan::Edit;
use crate::registry::Registry;

use crate::history::is_consistent_with_parents;
use crate::state::StateError;
use crate::transaction::{Pick, Remade, remake};

/// How a commit is stored with another tree and other parents.
pub type StoreAgain<'a> = dyn Fn(&Commit, TreeId, &[CommitId]) -> Result<CommitId, GitError> + 'a;

/// A chain of commits that takes the place of another.
#[derive(Debug, Default)]
pub struct Rebuilt {
    /// The registry that the first of them found.
    pub before: Option<Registry>,
    /// The registry that the last of them has; nothing where it gave idhooks up.
    pub registry: Option<Registry>,
    /// Which commit took the place of which, parents first.
    pub replaced: Vec<(CommitId, CommitId)>,
    /// What is different in the registries.
    pub edits: BTreeSet<Edit>,
}

/// Why commits could not be made again.
#[derive(Debug)]
pub enum RebuildError {
    /// A commit was signed, and cannot be signed again without asking somebody.
    Unsigned(CommitId, GitError),
    /// Anything else.
    Walk(StateError),
}

impl<E: Into<StateError>> From<E> for RebuildError {
    fn from(error: E) -> Self {
        RebuildError::Walk(error.into())
    }
}

/// Returns those of `commits`, parents first, that are not true over their parents as they are.
///
/// # Errors
/// Objects that cannot be read.
pub fn inconsistent_commits(
    repo: &Repo,
    commits: &[CommitId],
) -> Result<BTreeSet<CommitId>, StateError> {
    let own: BTreeSet<CommitId> = commits.iter().copied().collect();
    let mut untrue = BTreeSet::new();
    for commit in commits {
        if !is_consistent_with_parents(repo, *commit, &|id| own.contains(&id))? {
            untrue.insert(*commit);
        }
    }
    Ok(untrue)
}

/// Makes the `untrue` ones of `commits`, parents first, and all that follow them again: authors,
/// dates, messages and files stay. `picks` says from which commits one was picked.
///
/// # Errors
/// A signature that cannot be made again; objects that cannot be read or written.
pub fn rebuild(
    repo: &Repo,
    commits: &[CommitId],
    untrue: &BTreeSet<CommitId>,
    picks: &dyn Fn(CommitId) -> Vec<Pick>,
    store: &StoreAgain<'_>,
    progress: &dyn Fn(usize),
) -> Result<Rebuilt, RebuildError> {
    let mut places: BTreeMap<CommitId, CommitId> = BTreeMap::new();
    let mut rebuilt = Rebuilt::default();
    for id in commits {
        let commit = repo.commit(*id)?;
        let place = |id: &CommitId| places.get(id).copied().unwrap_or(*id);
        let parents: Vec<CommitId> = commit.parents.iter().map(place).collect();
        if parents == commit.parents && !untrue.contains(id) {
            continue;
        }
        let picks = picks(*id);
        let remade = remake(repo, commit.tree, commit.author_time, &parents, &picks, progress)?;
        let tree = remade.as_ref().map_or(commit.tree, |remade| remade.tree);
        if parents == commit.parents && tree == commit.tree {
            continue;
        }
        let new = store(&commit, tree, &parents).map_err(|error| match commit.is_signed() {
            true => RebuildError::Unsigned(*id, error),
            false => error.into(),
        })?;
        places.insert(*id, new);
        rebuilt.add(*id, new, remade);
    }
    Ok(rebuilt)
}

impl Rebuilt {
    fn add(&mut self, old: CommitId, new: CommitId, remade: Option<Remade>) {
        if let Some(Remade { plan, lineage, snapshot, .. }) = &remade {
            let before = snapshot.registry().or(lineage.merged.as_ref());
            let edits = before.map(|before| Edit::between(before, &plan.registry));
            self.edits.extend(edits.unwrap_or_default());
            if self.replaced.is_empty() {
                self.before.clone_from(&lineage.merged);
            }
        }
        self.replaced.push((old, new));
        self.registry = remade.map(|remade| remade.plan.registry);
    }
}
