//! [`DerivedFile`]: a file derived from the registry and the rules, and the changes to such files
//! in the index and in the working tree.

use idhooks_core::config::ATTRIBUTES_PATH;
use idhooks_core::registry::{BlobId, Entry, Mode, RepoPath, Tree};

use crate::git::{Repo, attributes};
use crate::state::StateError;
use crate::store::journal::{FileStep, IndexStep};
use crate::store::read_file;

/// A file that a commit contains because its registry and rules require it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DerivedFile {
    /// The file's path.
    pub path: RepoPath,
    /// The kind of file.
    pub kind: DerivedKind,
    /// The file's current entry in the index, if any.
    pub before: Option<Entry>,
    /// The file's new entry; `None` if the file must not exist.
    pub after: Option<Entry>,
    /// The new content of the working file and of the new entry. If the content is not known, it is
    /// read from the entry.
    pub content: Option<Vec<u8>>,
    /// The working file's content, if all of its edits are known to be in the new content.
    pub staged: Option<Vec<u8>>,
}

/// The kinds of derived files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DerivedKind {
    /// The legacy file for dual write.
    Legacy,
    /// An output of the generator with this name.
    Output(String),
    /// `.gitattributes`, whose other lines, including edits to them, belong to the user.
    Attributes,
}

impl DerivedFile {
    /// Returns the name of the generator that made the file, if the file is an output.
    pub fn generator(&self) -> Option<&str> {
        match &self.kind {
            DerivedKind::Output(generator) => Some(generator),
            _ => None,
        }
    }
}

/// The changes to derived files.
#[derive(Debug, Default)]
pub struct DerivedChanges {
    /// The changes to the index.
    pub entries: Vec<IndexStep>,
    /// The changes to files in the working tree.
    pub files: Vec<FileStep>,
    /// The files that are left unchanged because their working copies have unstaged edits.
    pub edited: Vec<RepoPath>,
}

impl DerivedChanges {
    /// Returns the changes to these files and to `.gitattributes`. Any of the given lines that
    /// `.gitattributes` lacks are added to it; they assign the files' merge drivers.
    ///
    /// # Errors
    /// Returns an error if objects or files cannot be read or written.
    pub fn of(
        repo: &Repo,
        tree: &Tree,
        files: impl IntoIterator<Item = DerivedFile>,
        lines: &[String],
    ) -> Result<Self, StateError> {
        let mut changes = DerivedChanges::default();
        files.into_iter().try_for_each(|file| changes.add(repo, file))?;
        // If there are no outputs, no line is added: a repository that generates nothing keeps its
        // `.gitattributes` unchanged.
        if !changes.entries.is_empty() {
            changes.add_attributes(repo, tree, |text| attributes::with_outputs(text, lines))?;
        }
        Ok(changes)
    }

    /// Adds the change that `edit` makes to `.gitattributes`. `edit` is given the content in the
    /// tree or in the working tree, and returns the new content, or `None` if nothing changes. A
    /// file that becomes empty is removed.
    ///
    /// # Errors
    /// Returns an error if objects or files cannot be read or written.
    pub fn add_attributes(
        &mut self,
        repo: &Repo,
        tree: &Tree,
        edit: impl Fn(Option<&[u8]>) -> Option<Vec<u8>>,
    ) -> Result<(), StateError> {
        let (path, kind) = (RepoPath::attributes(), DerivedKind::Attributes);
        let before = tree.get(&path).copied();
        // git does not read attributes through a symlink.
        if before.is_some_and(|before| !before.mode.is_file()) {
            return Ok(());
        }
        let [indexed, working] = attribute_texts(repo, before)?;
        let mode = before.map_or(Mode::Regular, |before| before.mode);
        let after = match edit(indexed.as_deref()) {
            None => before,
            Some(text) if text.is_empty() => None,
            Some(text) => Some(Entry { mode, blob: repo.write_blob(&text)? }),
        };
        // The index and the working file are edited separately, so that the user's unstaged lines
        // stay unstaged.
        let content = match edit(working.as_deref()) {
            None => working.clone(),
            Some(text) => Some(text).filter(|text| !text.is_empty()),
        };
        self.add(repo, DerivedFile { path, kind, before, after, content, staged: working })
    }

    /// Adds the changes to a file.
    ///
    /// # Errors
    /// Returns an error if objects or files cannot be read or written.
    pub fn add(&mut self, repo: &Repo, file: DerivedFile) -> Result<(), StateError> {
        let DerivedFile { path, kind, before, after, content, staged } = file;
        let is_whole = kind != DerivedKind::Attributes;
        let is_known = staged.is_some() || !is_whole;
        let (mut present, mut new) = (staged, content);
        if !is_known {
            present = read_file(&repo.top().join(path.to_os_path()))?;
        }
        if let (true, None, Some(after)) = (is_whole, &new, after) {
            new = Some(repo.blob(after.blob)?);
        }
        if is_whole || after != before {
            self.entries.push(IndexStep::new(path.clone(), before, after));
        }
        match (&present, before) {
            (present, _) if *present == new => {}
            // The file was removed, or is excluded by a sparse checkout.
            (None, Some(_)) => {}
            (Some(present), before) if !is_known && !is_staged(repo, &path, present, before)? => {
                self.edited.push(path);
            }
            _ => self.files.push(FileStep::rewrite(path, present, new)),
        }
        Ok(())
    }

    /// Returns the first file that changes in the index, with its new content.
    pub fn first_blob(&self) -> Option<(RepoPath, BlobId)> {
        self.entries.first().and_then(|step| Some((step.path.clone(), step.after?.blob)))
    }

    /// Returns whether there are no changes.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.files.is_empty()
    }
}

/// Returns whether a working file has the same content as its entry, apart from line endings.
fn is_staged(
    repo: &Repo,
    path: &RepoPath,
    present: &[u8],
    entry: Option<Entry>,
) -> Result<bool, StateError> {
    let Some(entry) = entry else { return Ok(false) };
    // Try the cheap comparison first: git would also apply filters and convert line endings, but
    // that takes a process.
    Ok(repo.blob_of(present, present.len() as u64) == Some(entry.blob)
        || repo.blobs_of_files(std::slice::from_ref(path))? == [entry.blob])
}

/// Returns the content of `.gitattributes` in `entry` and in the working tree, or `None` for one
/// that is not a regular file.
///
/// # Errors
/// Returns an error if either version cannot be read.
pub fn attribute_texts(
    repo: &Repo,
    entry: Option<Entry>,
) -> Result<[Option<Vec<u8>>; 2], StateError> {
    let place = repo.top().join(ATTRIBUTES_PATH);
    let is_file = place.symlink_metadata().is_ok_and(|meta| meta.is_file());
    let working = if is_file { read_file(&place)? } else { None };
    // A partial clone may lack the blob even if it has the working file.
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
