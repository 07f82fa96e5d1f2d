//! Removes the lines that `init` wrote into `.gitattributes` when a commit removes idhooks.

use idhooks_core::config::{ATTRIBUTES_PATH, attributes};
use idhooks_core::registry::{Entry, RepoPath};

use crate::git::{Index, IndexFile, Repo};
use crate::store::changes::{self, FileChange};
use crate::store::read_file;

use crate::state::StateError;

/// `.gitattributes` without the lines that name our merge driver.
#[derive(Debug)]
pub struct AttributesCleanup<'a> {
    repo: &'a Repo,
    /// The index to be committed, as it was read.
    index: (&'a IndexFile, &'a Index),
    /// For that index, and the one that remains after a partial commit: the entries before and
    /// after.
    staged: Vec<(IndexFile, Entry, Option<Entry>)>,
    /// The change to the working file.
    working: Option<FileChange>,
}

impl<'a> AttributesCleanup<'a> {
    /// Returns the cleanup for an index that removes idhooks; `None` if it does not, or nothing is
    /// left.
    ///
    /// # Errors
    /// Returns an error if the index, an object or a file cannot be read.
    pub fn of(
        repo: &'a Repo,
        file: &'a IndexFile,
        index: &'a Index,
    ) -> Result<Option<Self>, StateError> {
        let is_there = |path| index.tree.contains_key(path) || index.unmerged.contains_key(path);
        if [RepoPath::registry(), RepoPath::config()].iter().any(is_there) {
            return Ok(None);
        }
        let mut staged: Vec<_> = without_lines(repo, file, index)?.into_iter().collect();
        if staged.is_empty() {
            return Ok(None);
        }
        if let Some(sibling) = file.sibling() {
            staged.extend(without_lines(repo, &sibling, &repo.index(&sibling)?)?);
        }
        let place = repo.top().join(ATTRIBUTES_PATH);
        let is_file = place.symlink_metadata().is_ok_and(|meta| meta.is_file());
        let content = if is_file { read_file(&place)? } else { None };
        let rest = content.and_then(|content| attributes::without_lines(&content));
        let working = rest.map(|rest| match rest.is_empty() {
            true => FileChange::Remove { path: place },
            false => FileChange::write(place, rest),
        });
        Ok(Some(AttributesCleanup { repo, index: (file, index), staged, working }))
    }

    /// Removes the lines from the index and the working tree. If that fails, both are as they were.
    ///
    /// # Errors
    /// Returns an error if a file or an index cannot be written, or if the index has changed since
    /// it was read.
    pub fn remove(self) -> Result<(), StateError> {
        let AttributesCleanup { repo, index: (file, index), staged, working } = self;
        let path = RepoPath::attributes();
        let files: Vec<FileChange> = working.into_iter().collect();
        changes::apply_and(&repo.scratch(), &files, || {
            if !index.is_current(file) {
                return Err(StateError::IndexMoved);
            }
            for (n, (file, _, after)) in staged.iter().enumerate() {
                let done = repo.stage_entries(file, [(&path, *after)]);
                if let Err(error) = done {
                    for (file, before, _) in &staged[..n] {
                        // If that fails too, the first error says more.
                        let _ = repo.stage_entries(file, [(&path, Some(*before))]);
                    }
                    return Err(error.into());
                }
            }
            Ok(())
        })?;
        for (file, ..) in staged.iter().filter(|(.., after)| after.is_some()) {
            // Git would have staged the same content; if not, it looks again.
            let _ = repo.refresh_paths(file, &[&path]);
        }
        Ok(())
    }
}

/// Returns the entry of `.gitattributes` in an index and its replacement; `None` if no line of it
/// is ours.
fn without_lines(
    repo: &Repo,
    file: &IndexFile,
    index: &Index,
) -> Result<Option<(IndexFile, Entry, Option<Entry>)>, StateError> {
    let entry = index.tree.get(&RepoPath::attributes()).filter(|entry| entry.mode.is_file());
    let Some(entry) = entry else { return Ok(None) };
    let Some(rest) = attributes::without_lines(&repo.blob(entry.blob)?) else { return Ok(None) };
    let after = match rest.is_empty() {
        true => None,
        false => Some(Entry { blob: repo.write_blob(&rest)?, ..*entry }),
    };
    Ok(Some((file.clone(), *entry, after)))
}
