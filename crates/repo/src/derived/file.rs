//! [`DerivedChanges`]: what new derived files change in the index and in the working tree.

use idhooks_core::config::{ATTRIBUTES_PATH, Config};
use idhooks_core::registry::{Entry, Mode, RepoPath, Tree};

use crate::git::{Repo, attributes};
use crate::state::StateError;
use crate::store::journal::{FileStep, IndexStep};
use crate::store::read_file;

use super::generators::GeneratedOutput;

/// What new derived files change.
#[derive(Debug, Default)]
pub struct DerivedChanges {
    /// In the index.
    pub entries: Vec<IndexStep>,
    /// In the working tree.
    pub files: Vec<FileStep>,
    /// The files whose working file has edits that are not staged: it stays as it is.
    pub edited: Vec<RepoPath>,
}

impl DerivedChanges {
    /// Returns whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.files.is_empty()
    }
}

/// Returns what outputs change, with the lines of `.gitattributes` that assign their merge driver.
///
/// # Errors
/// Returns an error if objects or files cannot be read or written.
pub fn output_changes(
    repo: &Repo,
    config: &Config,
    tree: &Tree,
    outputs: &[GeneratedOutput],
) -> Result<DerivedChanges, StateError> {
    let lines = config.attribute_lines(|pattern| {
        outputs.iter().any(|output| pattern.matches(output.path.as_bytes()))
    });
    let outputs = outputs.iter().map(|output| DerivedFile {
        path: output.path.clone(),
        before: output.before,
        after: output.after,
        content: None,
    });
    derived_changes(repo, &lines, tree, outputs)
}

/// A file that is derived from others.
#[derive(Debug)]
pub struct DerivedFile {
    /// Its path.
    pub path: RepoPath,
    /// Its entry before, if it has one.
    pub before: Option<Entry>,
    /// Its new entry.
    pub after: Entry,
    /// The content of the new entry, if it is known.
    pub content: Option<Vec<u8>>,
}

/// Returns what derived files change, with those of these lines of `.gitattributes` that are missing.
///
/// # Errors
/// Returns an error if objects or files cannot be read or written.
pub fn derived_changes(
    repo: &Repo,
    lines: &[String],
    tree: &Tree,
    derived: impl IntoIterator<Item = DerivedFile>,
) -> Result<DerivedChanges, StateError> {
    let mut changes = DerivedChanges::default();
    for DerivedFile { path, before, after, content } in derived {
        changes.entries.push(IndexStep::new(path.clone(), before, Some(after)));
        let present = read_file(&repo.top().join(path.to_os_path()))?;
        let content = content.map_or_else(|| repo.blob(after.blob), Ok)?;
        match (&present, before) {
            (Some(present), _) if *present == content => {}
            // It was removed, or a sparse checkout leaves it out.
            (None, Some(_)) => {}
            (Some(present), before) if !is_staged(repo, &path, present, before)? => {
                changes.edited.push(path.clone());
            }
            _ => changes.files.push(FileStep::rewrite(path.clone(), present, Some(content))),
        }
    }
    if !changes.entries.is_empty() {
        add_attributes(repo, lines, tree, &mut changes)?;
    }
    Ok(changes)
}

/// Returns whether a working file has the content of its entry, perhaps with other line ends.
fn is_staged(
    repo: &Repo,
    path: &RepoPath,
    present: &[u8],
    entry: Option<Entry>,
) -> Result<bool, StateError> {
    let Some(entry) = entry else { return Ok(false) };
    Ok(repo.blob_of(present, present.len() as u64) == Some(entry.blob)
        || repo.blobs_of_files(std::slice::from_ref(path))? == [entry.blob])
}

/// Adds the lines of `.gitattributes` that are missing.
fn add_attributes(
    repo: &Repo,
    lines: &[String],
    tree: &Tree,
    changes: &mut DerivedChanges,
) -> Result<(), StateError> {
    let path = RepoPath::attributes();
    let before = tree.get(&path).copied();
    if before.is_some_and(|before| !before.mode.is_file()) {
        return Ok(());
    }
    let [staged, working] = attribute_texts(repo, before)?;
    if let Some(with) = attributes::with_outputs(staged.as_deref(), lines) {
        let mode = before.map_or(Mode::Regular, |before| before.mode);
        let after = Entry { mode, blob: repo.write_blob(&with)? };
        changes.entries.push(IndexStep::new(path.clone(), before, Some(after)));
    }
    let is_wanted = working.is_some() || before.is_none();
    if let Some(with) = attributes::with_outputs(working.as_deref(), lines).filter(|_| is_wanted) {
        changes.files.push(FileStep::rewrite(path, working, Some(with)));
    }
    Ok(())
}

/// Returns the text of `.gitattributes` in an index or a tree, where it has this entry, and in the
/// working tree, as far as they are regular files.
///
/// # Errors
/// Returns an error if one of them cannot be read.
pub fn attribute_texts(
    repo: &Repo,
    entry: Option<Entry>,
) -> Result<[Option<Vec<u8>>; 2], StateError> {
    let place = repo.top().join(ATTRIBUTES_PATH);
    let is_file = place.symlink_metadata().is_ok_and(|meta| meta.is_file());
    let working = if is_file { read_file(&place)? } else { None };
    // A partial clone may lack the blob, and have the file.
    let is_staged =
        |bytes: &&Vec<u8>, blob| repo.blob_of(&bytes[..], bytes.len() as u64) == Some(blob);
    let staged = match entry.filter(|entry| entry.mode.is_file()) {
        None => None,
        Some(Entry { blob, .. }) => match working.as_ref().filter(|bytes| is_staged(bytes, blob)) {
            Some(bytes) => Some(bytes.clone()),
            None => Some(repo.blob(blob)?),
        },
    };
    Ok([staged, working])
}
