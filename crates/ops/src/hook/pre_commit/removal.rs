//! A commit that takes the registry from its place: it removes idhooks, or moves its files.

use idhooks_core::check::{Code, Finding};
use idhooks_core::config::{CONFIG_PATH, Enforce};
use idhooks_core::registry::{Entry, REGISTRY_PATH, RepoPath, shell_quoted};
use idhooks_repo::git::{CommitId, TreeId};
use idhooks_repo::history::counted_content;
use idhooks_repo::state::{StateError, read_config, read_registry};
use idhooks_repo::transaction::{PendingCommit, attributes_cleanup};

use crate::plan_notices::block_or_warn;
use crate::{CommitNotice, Notice, Observer, OpsError};

/// The files of idhooks at the root, with the directory that only it uses.
const OWN: [&str; 3] = [".idhooks", CONFIG_PATH, ".gitattributes"];

/// Removes the rest of idhooks from a commit that removes its registry and configuration, unless
/// the commit only moves them.
///
/// # Errors
/// Returns an error if the index has changed in the meantime, or if objects cannot be read.
pub(super) fn remove_idhooks(
    observer: &mut dyn Observer,
    pending: &PendingCommit<'_>,
    head: CommitId,
) -> Result<Vec<Finding>, OpsError> {
    let tree = pending.repo.commit(head)?.tree;
    if let Some(finding) = moved(pending, tree)? {
        let config = read_config(pending.repo, &pending.repo.tree(tree)?).unwrap_or_default();
        return Ok(block_or_warn(observer, config.hooks.enforce == Enforce::Warn, [finding]));
    }
    let registry = counted_content(pending.repo, head)?;
    let active = registry.map_or(0, |registry| registry.active().count());
    observer.notice(Notice::Commit(CommitNotice::Removed(active)));
    let leftover = attributes_cleanup(pending.repo, &pending.file, pending.index()?);
    match leftover.and_then(|found| found.map(|change| change.commit(|| Ok(()))).transpose()) {
        Ok(_) => {}
        Err(error @ StateError::IndexMoved) => return Err(error.into()),
        // A leftover line does no harm, so the commit goes ahead.
        Err(error) => observer.notice(Notice::Commit(CommitNotice::AttributesLeft(error))),
    }
    Ok(Vec::new())
}

/// Returns a finding if the commit moves the registry of HEAD, which has this tree, to another path.
pub(super) fn moved(
    pending: &PendingCommit<'_>,
    head: TreeId,
) -> Result<Option<Finding>, StateError> {
    let repo = pending.repo;
    let index = pending.index()?;
    let Some(entry) = repo.tree_entry(head, REGISTRY_PATH)? else { return Ok(None) };
    let Ok(registry) = read_registry(repo, entry) else { return Ok(None) };
    let end = format!("/{REGISTRY_PATH}");
    let mut candidates =
        index.tree.iter().filter(|(path, _)| path.as_bytes().ends_with(end.as_bytes()));
    let is_ours = |(_, entry): &(&RepoPath, &Entry)| {
        let moved = read_registry(repo, **entry);
        moved.is_ok_and(|moved| moved.registry.scope == registry.registry.scope)
    };
    let Some((path, _)) = candidates.find(is_ours) else { return Ok(None) };
    let shown = path.to_string();
    let dir = shown.strip_suffix(&end).unwrap_or_default();
    let root_has = |name: &str| index.tree.keys().any(|path| starts_with(path, name));
    let has_moved = |name: &&str| {
        let there = format!("{dir}/{name}");
        !root_has(name) && index.tree.keys().any(|path| starts_with(path, &there))
    };
    let names = OWN.iter().filter(|name| has_moved(name));
    let names: Vec<String> = names.map(|name| shell_quoted(&format!("{dir}/{name}"))).collect();
    let message =
        format!("'{REGISTRY_PATH}' is moved to '{shown}', where no commit reads or updates it");
    let help = format!("put it back: git mv {} .", names.join(" "));
    Ok(Some(Finding::new(Code::RegistryCorrupt, message, help).at(path)))
}

/// Returns whether a path is this name, or below a directory of this name.
fn starts_with(path: &RepoPath, name: &str) -> bool {
    let rest = path.as_bytes().strip_prefix(name.as_bytes());
    rest.is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
}
