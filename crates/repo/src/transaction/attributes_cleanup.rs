//! Removes the lines that `init` added to `.gitattributes` when a commit removes idhooks.

use idhooks_core::registry::RepoPath;

use crate::derived::DerivedChanges;
use crate::git::{Index, IndexFile, Repo, attributes};
use crate::state::StateError;
use crate::transaction::{IndexChange, Transaction};

/// Returns the change that removes our lines from `.gitattributes`, in the index and the working
/// tree; `None` if committing this index does not remove idhooks, or if there is nothing to remove.
///
/// # Errors
/// Returns an error if the index, an object or a file cannot be read.
pub fn attributes_cleanup<'a>(
    repo: &'a Repo,
    file: &IndexFile,
    index: &Index,
) -> Result<Option<Transaction<'a>>, StateError> {
    let is_there = |path| index.tree.contains_key(path) || index.unmerged.contains_key(path);
    // While the rules or the registry exist, the commit does not remove idhooks.
    if [RepoPath::registry(), RepoPath::config()].iter().any(is_there) {
        return Ok(None);
    }
    let changes_of = |index: &Index| {
        let mut changes = DerivedChanges::default();
        let edit = |text: Option<&[u8]>| text.and_then(attributes::without_lines);
        changes.add_attributes(repo, &index.tree, edit).map(|()| changes)
    };
    let DerivedChanges { entries, files, .. } = changes_of(index)?;
    if entries.is_empty() {
        return Ok(None);
    }
    let mut indexes = vec![IndexChange::of(file, index, entries)];
    // A partial commit has two indexes; without this, the remaining index would show the old lines
    // as staged.
    if let Some(sibling) = file.sibling() {
        let index = repo.index(&sibling)?;
        indexes.push(IndexChange::of(&sibling, &index, changes_of(&index)?.entries));
    }
    Ok(Some(Transaction { files, ..Transaction::new(repo, indexes) }))
}
