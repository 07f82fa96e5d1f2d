//! Removes the lines that `init` wrote into `.gitattributes` when a commit removes idhooks.

use idhooks_core::config::ATTRIBUTES_PATH;
use idhooks_core::registry::{Entry, RepoPath};

use crate::git::{Index, IndexFile, Repo, attributes};
use crate::state::StateError;
use crate::store::journal::{FileStep, IndexStep};
use crate::store::read_file;
use crate::transaction::{IndexChange, Transaction};

/// Returns the change that removes our lines from `.gitattributes`, in the index and the working
/// tree; `None` if a commit of this index does not remove idhooks, or nothing is left.
///
/// # Errors
/// Returns an error if the index, an object or a file cannot be read.
pub fn attributes_cleanup<'a>(
    repo: &'a Repo,
    file: &IndexFile,
    index: &Index,
) -> Result<Option<Transaction<'a>>, StateError> {
    let is_there = |path| index.tree.contains_key(path) || index.unmerged.contains_key(path);
    if [RepoPath::registry(), RepoPath::config()].iter().any(is_there) {
        return Ok(None);
    }
    let Some(step) = without_lines(repo, index)? else { return Ok(None) };
    let mut indexes = vec![IndexChange::of(file, index, vec![step])];
    if let Some(sibling) = file.sibling() {
        let index = repo.index(&sibling)?;
        let steps = without_lines(repo, &index)?.into_iter().collect();
        indexes.push(IndexChange::of(&sibling, &index, steps));
    }
    let place = repo.top().join(ATTRIBUTES_PATH);
    let is_file = place.symlink_metadata().is_ok_and(|meta| meta.is_file());
    let content = if is_file { read_file(&place)? } else { None };
    let rest = content.as_deref().and_then(attributes::without_lines);
    let files = rest.map(|rest| {
        let rest = (!rest.is_empty()).then_some(rest);
        FileStep::rewrite(RepoPath::attributes(), content, rest)
    });
    let files = files.into_iter().collect();
    Ok(Some(Transaction { files, ..Transaction::new(repo, indexes) }))
}

/// Returns the change of the entry of `.gitattributes` in an index; `None` if no line of it is ours.
fn without_lines(repo: &Repo, index: &Index) -> Result<Option<IndexStep>, StateError> {
    let path = RepoPath::attributes();
    let entry = index.tree.get(&path).filter(|entry| entry.mode.is_file());
    let Some(entry) = entry else { return Ok(None) };
    let Some(rest) = attributes::without_lines(&repo.blob(entry.blob)?) else { return Ok(None) };
    let after = match rest.is_empty() {
        true => None,
        false => Some(Entry { blob: repo.write_blob(&rest)?, ..*entry }),
    };
    Ok(Some(IndexStep::new(path, Some(*entry), after)))
}
