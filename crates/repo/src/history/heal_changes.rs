//! Heals a commit from only the paths that it changes (see [`ChangedPaths`]), so that a long chain
//! of commits made without hooks costs what it changes. The result is the same as healing from all
//! paths.

use std::collections::HashSet;
use std::rc::Rc;

use idhooks_core::config::{CONFIG_PATH, is_own};
use idhooks_core::plan::{ChangePlan, ChangedPaths, FileSource, PlanOptions};
use idhooks_core::registry::{BlobId, Entry, Origin, Registry, RepoPath, Timestamp};
use idhooks_core::rename::Siblings;

use crate::git::{Commit, Repo, TreeId};
use crate::state::{
    CONTENT_WORDS, StateError, counted_tree, if_plannable, read_config_in, rules_mentioning,
};

use super::available_history::is_at_boundary;
use super::excluded_file::has_stayed;
use super::healed_registries::{Healed, HealedCommit, only_edits};
use super::recent_changes::recent;

/// Returns the healed registry of a commit whose only parent has been healed, if the commit leaves
/// the registry and the rules alone, and files' contents do not matter under these rules. Returns
/// `None` if it has to be healed from all paths.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub(super) fn heal_changes(
    repo: &Repo,
    commit: &Commit,
    healed: &Healed,
    allocate: bool,
) -> Result<Option<HealedCommit>, StateError> {
    let [parent] = commit.parents.as_slice() else { return Ok(None) };
    // What is missing from a partial clone may concern other paths, too.
    if repo.is_partial() {
        return Ok(None);
    }
    let before = healed.commit(parent).filter(|it| it.is_whole && it.undecided.is_empty());
    let Some(before) = before.filter(|_| !is_at_boundary(repo, &commit.parents)) else {
        return Ok(None);
    };
    let old = counted_tree(repo, *parent)?;
    let changes = repo.changes(old, commit.tree)?;
    let rules = repo.tree_entry(commit.tree, CONFIG_PATH)?;
    if changes.iter().any(|change| is_own(&change.path))
        || rules_mentioning(repo, rules, &CONTENT_WORDS).unwrap_or(true)
    {
        return Ok(None);
    }
    if only_edits(&changes) {
        return Ok(Some(before.clone()));
    }
    let mut config = read_config_in(repo, rules).unwrap_or_default();
    config.rename.raise_to(healed.limits);
    let files = CommitFiles { repo, parent: old, tree: commit.tree };
    let mut records = &*before.registry;
    let planned = repo.with_contents(config.rename.fetch_limit(), |blobs| {
        let paths = ChangedPaths {
            config: &config,
            files: &files,
            changes: &changes,
            staged: None,
            blobs,
            now: Timestamp::from_unix(commit.author_time).unwrap_or(Timestamp::EPOCH),
        };
        paths.plan(
            &mut records,
            PlanOptions {
                recent: &|generation| recent(repo, &commit.parents, healed, generation),
                has_stayed: &|path, origin| has_stayed(repo, &commit.parents, path, origin),
                allocate,
                is_healing: true,
                keeps_skipped: true,
                ..PlanOptions::default()
            },
        )
    });
    let change = if_plannable(planned)?.flatten().filter(|change| change.plan.is_whole());
    Ok(change.map(|change| HealedCommit {
        registry: Rc::new(with_changes(&before.registry, change)),
        ..before.clone()
    }))
}

/// Returns the registry in which the planned records replace those that were read.
fn with_changes(registry: &Registry, change: ChangePlan) -> Registry {
    let ChangePlan { before, plan, .. } = change;
    let read: HashSet<Origin> = before.allocations.iter().map(|record| record.origin).collect();
    let unread = registry.allocations.iter().filter(|record| !read.contains(&record.origin));
    let mut changed = plan.registry;
    changed.allocations.extend(unread.cloned());
    // As in a registry that was planned from all paths.
    changed.allocations.sort_unstable_by_key(|record| record.origin);
    changed
}

/// The files of a commit.
struct CommitFiles<'r> {
    repo: &'r Repo,
    parent: TreeId,
    tree: TreeId,
}

impl FileSource for CommitFiles<'_> {
    type Error = StateError;

    fn entry(&self, path: &RepoPath) -> Result<Option<Entry>, StateError> {
        Ok(self.repo.tree_entry(self.tree, path.as_bytes())?)
    }

    fn may_have_others(&self, _: &[(&RepoPath, BlobId)]) -> Result<bool, StateError> {
        Ok(true)
    }

    fn siblings(&self, path: &RepoPath) -> Result<Siblings, StateError> {
        Ok(self.repo.siblings(self.parent, path)?)
    }

    fn each(&self, look: &mut dyn FnMut(&[u8], Entry)) -> Result<bool, StateError> {
        let tree = self.repo.tree(self.tree)?;
        tree.iter().for_each(|(path, entry)| look(path.as_bytes(), *entry));
        Ok(true)
    }
}
