//! Findings from the hook itself, and warnings that do not block a commit.

use idhooks_core::check::{Code, Finding};
use idhooks_core::config::CONFIG_PATH;
use idhooks_core::registry::{REGISTRY_PATH, ReadError, Registry, RepoPath};
use idhooks_repo::git::Repo;
use idhooks_repo::state::StateError;
use idhooks_repo::state::registry_findings::corrupt;
use idhooks_repo::transaction::PendingCommit;

use super::removal::moved;
use crate::{CommitNotice, Notice, Observer, OpsError};

/// The command that restores the registry in the working tree from the staged one.
const FROM_INDEX: &str = "git restore --worktree .idhooks/registry.json";

/// Returns the finding for a commit that would remove the registry and keep the rules.
pub(super) fn registry_missing(pending: &PendingCommit<'_>) -> Result<Vec<Finding>, OpsError> {
    let Some((_, head)) = &pending.head else { return Ok(Vec::new()) };
    if let Some(moved) = moved(pending, head.tree)? {
        return Ok(vec![moved]);
    }
    let message = format!("'{REGISTRY_PATH}' is missing from the index, but HEAD has it");
    let restore = if own_index_has_registry(pending.repo) {
        FROM_INDEX
    } else {
        "git restore --staged --worktree .idhooks/registry.json"
    };
    let help = format!(
        "restore it with '{restore}'; to stop using idhooks, also remove idhooks.toml in this commit"
    );
    Ok(vec![Finding::new(Code::RegistryCorrupt, message, help)])
}

/// Returns the findings for a registry that cannot be read.
pub(super) fn unreadable(repo: &Repo, error: &ReadError) -> Vec<Finding> {
    let mut findings = corrupt(error);
    let is_undo = |finding: &&mut Finding| finding.help.contains("git restore");
    if own_index_has_registry(repo) {
        for finding in findings.iter_mut().filter(is_undo) {
            finding.help = format!("undo the edit, and keep what is staged: {FROM_INDEX}");
        }
    }
    findings
}

/// Returns whether the index that git restores if this commit fails has a readable registry; 'git
/// commit -a' commits the working tree's registry instead.
fn own_index_has_registry(repo: &Repo) -> bool {
    let bytes = || {
        let index = repo.index(&repo.own_index_file()).ok()?;
        repo.blob(index.tree.get(&RepoPath::registry())?.blob).ok()
    };
    bytes().is_some_and(|bytes| Registry::parse(&bytes).is_ok())
}

/// Returns the finding for registries that cannot be merged.
pub(super) fn unmergeable(reason: &str) -> Finding {
    let message = format!("the registries of the commits being merged cannot be merged: {reason}");
    let help = "merge a branch that was adopted together with this one; two separate adoptions can never be merged";
    Finding::new(Code::RegistryCorrupt, message, help)
}

/// Warns if the commit removes `idhooks.toml`.
pub(super) fn warn_of_removed_rules(
    observer: &mut dyn Observer,
    pending: &PendingCommit<'_>,
) -> Result<(), StateError> {
    let is_removed = pending.entry(&RepoPath::config())?.is_none();
    if let Some((_, head)) = &pending.head
        && is_removed
        && pending.repo.tree_entry(head.tree, CONFIG_PATH)?.is_some()
    {
        observer.notice(Notice::Commit(CommitNotice::RulesRemoved));
    }
    Ok(())
}
