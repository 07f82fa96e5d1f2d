//! [`FileTitles`]: what Markdown files are called.

use std::collections::HashMap;

use idhooks_core::registry::{BlobId, RepoPath, Tree};
use idhooks_references::{ReferenceScanner, first_heading, is_markdown};
use idhooks_repo::git::Repo;

/// How much of a file is searched for its title, in bytes.
const TITLE_WITHIN: usize = 64 << 10;

/// The first headings of Markdown files, by the files' contents.
#[derive(Debug, Default)]
pub struct FileTitles(HashMap<RepoPath, FileTitle>);

/// The first heading of a file.
#[derive(Debug, Clone)]
struct FileTitle {
    blob: BlobId,
    title: Option<String>,
}

impl FileTitles {
    /// Reads the titles of the files in an index, except those that are known.
    pub(crate) fn read(repo: &Repo, tree: &Tree, known: &FileTitles) -> Self {
        let files = tree.iter().filter(|(path, entry)| entry.mode.is_file() && is_markdown(path));
        let title = |path: &RepoPath, blob: BlobId| match known.0.get(path) {
            Some(title) if title.blob == blob => title.clone(),
            _ => FileTitle { blob, title: read_title(repo, blob) },
        };
        FileTitles(files.map(|(path, entry)| (path.clone(), title(path, entry.blob))).collect())
    }

    /// Returns the title of a file.
    pub(crate) fn get(&self, path: &RepoPath) -> Option<&str> {
        self.0.get(path)?.title.as_deref()
    }

    /// Returns the files with a title, whatever its case, in the order of their paths.
    pub(crate) fn files_with(&self, title: &str) -> Vec<&RepoPath> {
        let wanted = title.trim().to_lowercase();
        let has_it =
            |one: &FileTitle| one.title.as_ref().is_some_and(|own| own.to_lowercase() == wanted);
        let found = self.0.iter().filter(|(_, one)| has_it(one));
        let mut paths: Vec<_> = found.map(|(path, _)| path).collect();
        paths.sort_unstable();
        paths
    }
}

/// Returns the first heading of a Markdown file.
pub(crate) fn read_title(repo: &Repo, blob: BlobId) -> Option<String> {
    repo.blob_size(blob).filter(|size| *size <= ReferenceScanner::LARGEST as u64)?;
    let mut content = repo.blob(blob).ok()?;
    content.truncate(TITLE_WITHIN);
    first_heading(&String::from_utf8_lossy(&content))
}
