//! [`EditorContents`]: the references and the titles in all files of an index.

use std::collections::HashMap;
use std::sync::Arc;

use idhooks_core::registry::{BlobId, RepoPath, Tree};
use idhooks_references::{ReferenceScanner, ReferenceTarget, first_heading, is_markdown};
use idhooks_repo::git::Repo;

use crate::refs::{FileReferences, FoundText};

/// How much of a file is searched for its title, in bytes.
const TITLE_WITHIN: usize = 64 << 10;

/// The references and titles in the files of an index.
#[derive(Debug, Default)]
pub struct EditorContents {
    files: Vec<FileReferences>,
    /// The files that have each reference, as places in `files`.
    by_target: HashMap<ReferenceTarget, Vec<usize>>,
    pub(super) titles: Arc<FileTitles>,
}

/// The first headings of Markdown files, by the files' contents.
#[derive(Debug, Default)]
pub struct FileTitles(HashMap<RepoPath, FileTitle>);

/// The first heading of a file.
#[derive(Debug, Clone)]
struct FileTitle {
    blob: BlobId,
    title: Option<String>,
}

impl EditorContents {
    pub(super) fn new(files: Vec<FileReferences>, titles: Arc<FileTitles>) -> Self {
        let mut by_target: HashMap<ReferenceTarget, Vec<usize>> = HashMap::new();
        for (place, file) in files.iter().enumerate() {
            for FoundText { reference, .. } in &file.references {
                let places = by_target.entry(reference.target.clone()).or_default();
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
        }
        EditorContents { files, by_target, titles }
    }

    /// Returns the titles, to read only those of other contents the next time.
    pub fn titles(&self) -> Arc<FileTitles> {
        self.titles.clone()
    }

    /// Returns the files that have one of these references.
    pub(super) fn files_with(&self, targets: &[ReferenceTarget]) -> Vec<&FileReferences> {
        let places = targets.iter().filter_map(|target| self.by_target.get(target)).flatten();
        let mut places: Vec<usize> = places.copied().collect();
        places.sort_unstable();
        places.dedup();
        places.into_iter().map(|place| &self.files[place]).collect()
    }
}

impl FileTitles {
    /// Reads the titles of the files in an index, except those that are known.
    pub(super) fn read(repo: &Repo, tree: &Tree, known: &FileTitles) -> Self {
        let files = tree.iter().filter(|(path, entry)| entry.mode.is_file() && is_markdown(path));
        let title = |path: &RepoPath, blob: BlobId| match known.0.get(path) {
            Some(title) if title.blob == blob => title.clone(),
            _ => FileTitle { blob, title: read_title(repo, blob) },
        };
        FileTitles(files.map(|(path, entry)| (path.clone(), title(path, entry.blob))).collect())
    }

    pub(super) fn get(&self, path: &RepoPath) -> Option<&str> {
        self.0.get(path)?.title.as_deref()
    }
}

/// Returns the first heading of a Markdown file.
pub(super) fn read_title(repo: &Repo, blob: BlobId) -> Option<String> {
    repo.blob_size(blob).filter(|size| *size <= ReferenceScanner::LARGEST as u64)?;
    let mut content = repo.blob(blob).ok()?;
    content.truncate(TITLE_WITHIN);
    first_heading(&String::from_utf8_lossy(&content))
}
