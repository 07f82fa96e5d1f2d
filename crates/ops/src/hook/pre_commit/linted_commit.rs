//! Lints a commit if `lint.enforce` is set: checks the identifiers in the files that the commit
//! changes.

use std::collections::BTreeSet;

use idhooks_core::check::{Finding, Severity};
use idhooks_core::config::Enforce;
use idhooks_core::registry::{BlobId, Change, Entry, RepoPath};
use idhooks_repo::git::{GitError, TreeId};
use idhooks_repo::state::lint_enforcement;
use idhooks_repo::transaction::{PendingCommit, Pick};

use crate::steps::lint_commit;
use crate::{CommitNotice, Notice, Observer, OpsError};

/// Checks a commit's files if commits are to be linted. Returns the findings that block the commit,
/// and warns about the others.
///
/// # Errors
/// Returns an error if `[lint]` is not valid, or if objects cannot be read; also if the rules or
/// the baseline are not valid, unless commits only cause warnings.
pub(super) fn lint_changes(
    observer: &mut dyn Observer,
    commit: &PendingCommit<'_>,
) -> Result<Vec<Finding>, OpsError> {
    let entry = commit.entry(&RepoPath::config())?;
    let Some(enforce) = lint_enforcement(commit.repo, entry)? else { return Ok(Vec::new()) };
    let changed = new_contents(commit)?;
    let linted = lint_commit(observer, commit.repo, &changed, &|path| commit.entry(path));
    if enforce == Enforce::Block {
        let mut findings = linted?;
        findings.iter_mut().for_each(|finding| finding.severity = Severity::Error);
        return Ok(findings);
    }
    observer.notice(Notice::Commit(match linted {
        Ok(findings) => CommitNotice::Linted(findings),
        Err(error) => CommitNotice::NotLinted(Box::new(error)),
    }));
    Ok(Vec::new())
}

/// Returns the files whose content is neither in HEAD nor in a commit that is being merged or
/// picked.
fn new_contents(commit: &PendingCommit<'_>) -> Result<Vec<(RepoPath, Entry)>, GitError> {
    let (others, mut changed) = (other_trees(commit)?, Vec::new());
    for (path, entry) in changed_files(commit.changes()?) {
        let mut is_new = true;
        for tree in &others {
            let there = commit.repo.tree_entry(*tree, path.as_bytes())?;
            is_new &= there.is_none_or(|there| there.blob != entry.blob);
        }
        changed.extend(is_new.then_some((path, entry)));
    }
    Ok(changed)
}

/// Returns the files whose content has changed; a file that only moved does not count.
fn changed_files(changes: &[Change]) -> impl Iterator<Item = (RepoPath, Entry)> {
    let file = |entry: Option<Entry>| entry.filter(|entry| entry.mode.is_file());
    let gone = changes.iter().filter(|change| change.new.is_none());
    let gone: BTreeSet<BlobId> = gone.filter_map(|change| Some(file(change.old)?.blob)).collect();
    changes.iter().filter_map(move |change| {
        let new = file(change.new)?;
        let is_same = match file(change.old) {
            Some(old) => old.blob == new.blob,
            None => gone.contains(&new.blob),
        };
        (!is_same).then(|| (change.path.clone(), new))
    })
}

/// Returns the trees that a commit's content may come from: the trees of commits that are being
/// merged or picked, or that a revert goes back to.
fn other_trees(commit: &PendingCommit<'_>) -> Result<Vec<TreeId>, GitError> {
    let (repo, mut commits) = (commit.repo, commit.merging.clone());
    for Pick { commit, reverting } in &commit.picks {
        match reverting {
            true if repo.has_commit(*commit) => {
                commits.extend(repo.commit(*commit)?.parents.first().copied());
            }
            true => {}
            false => commits.push(*commit),
        }
    }
    let known = commits.into_iter().filter(|id| repo.has_commit(*id));
    known.map(|id| Ok(repo.commit(id)?.tree)).collect()
}
