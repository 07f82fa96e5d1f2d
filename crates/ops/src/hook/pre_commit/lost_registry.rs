//! A registry that an earlier commit lost, although there still is an `idhooks.toml`.

use idhooks_core::check::Finding;
use idhooks_core::registry::RepoPath;
use idhooks_repo::derived::legacy::LegacyFile;
use idhooks_repo::state::{StateError, last_with_registry};
use idhooks_repo::transaction::PendingCommit;

use crate::{CommitNotice, Notice, Observer};

/// Warns if the commit gets no registry only because an earlier commit removed it. The commit is
/// not blocked, since a repository without a registry is not adopted.
///
/// # Errors
/// Returns an error if the rules or commits cannot be read.
pub(super) fn warn_of_lost_registry(
    observer: &mut dyn Observer,
    pending: &PendingCommit<'_>,
) -> Result<Vec<Finding>, StateError> {
    let (PendingCommit { repo, head, .. }, index) = (pending, pending.index()?);
    let has_rules = index.tree.contains_key(&RepoPath::config());
    let Some((head, commit)) = head.as_ref().filter(|_| has_rules) else { return Ok(Vec::new()) };
    // If there never was a registry, the rules only prepare for adoption.
    let Some(last) = last_with_registry(repo, &[*head])? else { return Ok(Vec::new()) };
    let file = LegacyFile::of(repo, &index.tree)?.filter(LegacyFile::is_checked);
    let legacy = file.as_ref().map(|file| file.path().clone());
    let mut can_rebuild = false;
    if let Some(file) = file.filter(|file| file.rules.format.has_records())
        && let Some(path) = file.path().as_str()
    {
        can_rebuild = repo.tree_entry(commit.tree, path)?.is_some();
    }
    let notice = CommitNotice::LostRegistry { last, legacy, can_rebuild };
    observer.notice(Notice::Commit(notice));
    Ok(Vec::new())
}
