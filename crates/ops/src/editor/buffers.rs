//! [`EditorBuffer`]: a file that is open in an editor, and its text as git would store it.

use idhooks_core::registry::{BlobId, Entry, RepoPath};
use idhooks_repo::git::{Repo, TextConversion};

use crate::OpsError;

/// The byte order mark of UTF-8, which editors keep to themselves.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A file that is open in an editor.
#[derive(Debug)]
pub(super) struct EditorBuffer {
    /// The index entry at its path without the buffer.
    pub(super) staged: Option<Entry>,
    /// Whether its path is unmerged without the buffer.
    pub(super) was_unmerged: bool,
    /// Its text.
    pub(super) text: String,
    /// Its text as it would be staged; `None` if the text does not count.
    pub(super) blob: Option<BlobId>,
    conversion: TextConversion,
    has_mark: bool,
    /// Whether its text counts, or the file in the index.
    pub(super) state: BufferState,
}

/// Whether the text of a buffer counts instead of the file in the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BufferState {
    /// It counts.
    Counts,
    /// A filter of another program decides what git stores, and it is not run.
    Filtered(String),
    /// The file is not UTF-8, so that its text is not what git stores.
    OtherEncoding,
    /// git ignores the file, or it is no regular file.
    NotStaged,
}

impl EditorBuffer {
    /// Reads what decides about the conversion of a file.
    ///
    /// # Errors
    /// Returns an error if git cannot read its rules.
    pub(super) fn open(
        repo: &Repo,
        path: &RepoPath,
        staged: Option<Entry>,
        was_unmerged: bool,
    ) -> Result<Self, OpsError> {
        let conversion = repo.text_conversion(path)?;
        let on_disk = path.as_str().and_then(|path| repo.read_working(path).ok().flatten());
        let has_mark = on_disk.as_ref().is_some_and(|content| content.starts_with(BYTE_ORDER_MARK));
        let is_other = on_disk.is_some_and(|content| std::str::from_utf8(&content).is_err());
        let is_stageable = match staged {
            Some(entry) => entry.mode.is_file(),
            None => was_unmerged || !repo.git().ignored([path])?.contains(path),
        };
        let state = match &conversion.filter {
            _ if !is_stageable => BufferState::NotStaged,
            Some(filter) => BufferState::Filtered(filter.clone()),
            None if is_other && conversion.encoding.is_none() => BufferState::OtherEncoding,
            None => BufferState::Counts,
        };
        let text = String::new();
        Ok(EditorBuffer { staged, was_unmerged, text, blob: None, conversion, has_mark, state })
    }

    /// Makes the text readable as the blob that git would store, if it counts.
    pub(super) fn hold(&mut self, repo: &Repo) {
        let counts = self.state == BufferState::Counts;
        self.blob = counts.then(|| repo.hold_blob(self.to_git(repo)));
    }

    /// Returns the text as git would store it.
    fn to_git(&self, repo: &Repo) -> Vec<u8> {
        let text = &self.text;
        let has_mark = self.has_mark && self.conversion.encoding.is_none();
        let mark = if has_mark && !text.starts_with('\u{feff}') { BYTE_ORDER_MARK } else { b"" };
        let text = [mark, text.as_bytes()].concat();
        let staged = self.staged.filter(|entry| entry.mode.is_file());
        self.conversion.to_git(text, &|| repo.blob(staged?.blob).ok())
    }
}
