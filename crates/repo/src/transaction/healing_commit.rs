//! Creates a commit that heals another commit's registry without touching the index or the working
//! tree. The new commit depends only on the healed commit and its author, so two clones that create
//! it get the same commit.

use std::cell::Cell;
use std::collections::BTreeMap;

use idhooks_core::config::{CommitAuthor, Config, RenameLimits};
use idhooks_core::plan::PossibleRename;
use idhooks_core::registry::{Id, REGISTRY_PATH, RepoPath};
use idhooks_core::rename::{Pair, pair};

use super::commit_rewrite::rewrite_commit;
use crate::events::{Edit, EventKind};
use crate::git::{Commit, CommitId, GitError, Repo, TreeId};
use crate::history::{find_inconsistent, healing_unreadable};
use crate::state::{CommitState, StateError};

/// The trailer that names the healed commit.
const TRAILER: &str = "Idhooks-Healed: ";

/// A commit and its healed registry.
#[derive(Debug)]
pub struct HealingCommit {
    /// The commit to heal.
    pub tip: CommitId,
    /// Its content.
    pub state: CommitState,
    /// Its rules.
    pub config: Config,
    /// The changes made by healing.
    pub edits: Vec<Edit>,
    /// The number of inconsistent commits.
    pub inconsistent: usize,
    /// New files that may be rewritten versions of deleted files.
    pub possible_renames: Vec<PossibleRename>,
    commit: Commit,
    /// The tree with the healed registry.
    tree: TreeId,
}

impl HealingCommit {
    /// Plans the commit that heals `tip`; returns `None` if `tip` has no registry, or if its
    /// registry cannot be healed. `progress` is called for every inconsistent commit, with the
    /// total number.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read or written, if registries cannot be merged, or if a
    /// counter is full.
    pub fn of(
        repo: &Repo,
        tip: CommitId,
        progress: &dyn Fn(usize),
    ) -> Result<Option<Self>, StateError> {
        let (commit, inconsistent) = (repo.commit(tip)?, Cell::new(0));
        let count = |total| {
            inconsistent.set(total);
            progress(total);
        };
        // A clone with higher limits would find more renames, but every clone must create the same
        // commit.
        let rewritten = rewrite_commit(repo, &commit, &[tip], &[], RenameLimits::NONE, &count)?;
        let Some(rewritten) = rewritten else { return Ok(None) };
        let (state, plan) = (CommitState::of_commit(repo, tip)?, rewritten.plan);
        let mut edits = match rewritten.state.registry() {
            Some(before) => Edit::between(before, &plan.registry),
            None => healing_unreadable(repo, tip, &plan.registry)?,
        };
        edits.sort_by(|one, other| one.rank().cmp(&other.rank()));
        let config = state.config(repo)?;
        let possible_renames = possible_renames(repo, tip, &config, &edits)?;
        let (inconsistent, tree) = (inconsistent.get(), rewritten.tree);
        Ok(Some(HealingCommit {
            tip,
            state,
            config,
            edits,
            inconsistent,
            possible_renames,
            commit,
            tree,
        }))
    }

    /// Returns whether there is anything to heal.
    pub fn is_needed(&self) -> bool {
        self.tree != self.commit.tree
    }

    /// Stores the commit that heals the registry, unsigned and with the dates of the healed commit.
    ///
    /// # Errors
    /// Returns an error if the object database cannot be written.
    pub fn store(&self, repo: &Repo, author: &CommitAuthor) -> Result<CommitId, GitError> {
        let CommitAuthor { name, mail } = author;
        self.commit.store_child(&repo.git(), self.tree, self.tip, name, mail, &self.message())
    }

    fn message(&self) -> String {
        let count = |kinds: &[EventKind]| {
            self.edits.iter().filter(|edit| kinds.contains(&edit.kind)).count()
        };
        let counts = [
            (count(&[EventKind::Allocated, EventKind::Copied]), "added"),
            (count(&[EventKind::Renamed]), "moved"),
            (count(&[EventKind::Deprecated, EventKind::Superseded]), "deprecated"),
            (count(&[EventKind::Revived]), "revived"),
            (count(&[EventKind::Restored]), "restored"),
            (count(&[EventKind::Reassigned]), "reassigned"),
        ];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        let counts: Vec<String> = counts.map(|(count, what)| format!("{count} {what}")).collect();
        let what = match counts.is_empty() {
            true => String::new(),
            false => format!("Identities: {}.\n\n", counts.join(", ")),
        };
        format!("Heal the registry\n\n{what}{TRAILER}{}\n", self.tip)
    }
}

/// Returns whether a commit was created by [`HealingCommit::store`]: its message has the trailer, and it
/// changes only the registry.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub fn is_follow_up(repo: &Repo, id: CommitId) -> Result<bool, GitError> {
    let commit = repo.commit(id)?;
    let [parent] = *commit.parents else { return Ok(false) };
    let trailer = format!("{TRAILER}{parent}");
    let message = String::from_utf8_lossy(commit.message());
    // The trailer alone proves nothing: anyone can write it, and `git commit --amend` keeps it.
    if message.trim_end().lines().last() != Some(&*trailer) || !repo.has_commit(parent) {
        return Ok(false);
    }
    let changes = repo.changes(repo.commit(parent)?.tree, commit.tree)?;
    Ok(changes.iter().all(|change| change.path.as_str() == Some(REGISTRY_PATH)))
}

/// Returns whether a patch was made from a commit created by [`HealingCommit::store`].
pub fn is_follow_up_patch(patch: &[u8]) -> bool {
    let text = String::from_utf8_lossy(patch);
    text.starts_with("From ") && text.lines().any(|line| line.starts_with(TRAILER))
}

/// Returns the files that were given a new identity when the inconsistent commits up to `tip` were
/// healed, but that may be rewritten versions of deleted files. `edits` contains the changes made
/// by healing.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub fn possible_renames(
    repo: &Repo,
    tip: CommitId,
    config: &Config,
    edits: &[Edit],
) -> Result<Vec<PossibleRename>, StateError> {
    let of_kind = |kind: EventKind| -> BTreeMap<&RepoPath, Id> {
        let edits = edits.iter().filter(|edit| edit.kind == kind);
        edits.filter_map(|edit| Some((edit.path.as_ref()?, edit.id))).collect()
    };
    let (new, deleted) = (of_kind(EventKind::Allocated), of_kind(EventKind::Deprecated));
    let (mut near, mut renamed) = (Vec::new(), BTreeMap::new());
    // Without both an addition and a deletion, nothing can have been renamed.
    if new.is_empty() || deleted.is_empty() {
        return Ok(Vec::new());
    }
    // If a file was renamed twice with edits, each rename may be recognizable even though the first
    // and last versions are no longer similar.
    for id in find_inconsistent(repo, &[tip])? {
        let commit = repo.commit(id)?;
        let Some(parent) = commit.parents.first().filter(|parent| repo.has_commit(**parent)) else {
            continue;
        };
        let mut changes = repo.changes(repo.commit(*parent)?.tree, commit.tree)?;
        changes.retain(|change| config.tracks(&change.path));
        let pairs = pair(&changes, repo, &config.rename);
        near.extend(pairs.near);
        renamed.extend(pairs.renames.into_iter().map(|pair| (pair.from, pair.to)));
    }
    let found = near.into_iter().filter_map(|pair| {
        let id = *deleted.get(&pair.from)?;
        let to = last_path(&pair.to, &renamed, &|path| new.contains_key(path))?.clone();
        Some((to.clone(), PossibleRename { id, pair: Pair { to, ..pair } }))
    });
    Ok(found.collect::<BTreeMap<_, _>>().into_values().collect())
}

/// Returns the final path of a file that was renamed, possibly several times.
fn last_path<'p>(
    path: &'p RepoPath,
    renamed: &'p BTreeMap<RepoPath, RepoPath>,
    is_last: &dyn Fn(&RepoPath) -> bool,
) -> Option<&'p RepoPath> {
    // Files that swapped paths form a cycle, so the number of steps is limited.
    let steps = std::iter::successors(Some(path), |path| renamed.get(*path));
    steps.take(renamed.len() + 1).find(|path| is_last(path))
}
