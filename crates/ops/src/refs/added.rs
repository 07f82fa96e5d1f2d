//! [`AddedReferences`]: the references that a change adds to files.

use std::collections::HashMap;

use idhooks_core::check::Finding;
use idhooks_core::config::Config;
use idhooks_core::registry::{BlobId, Registry, RepoPath};
use idhooks_references::ReferenceScanner;
use idhooks_repo::git::{GitError, Repo};
use idhooks_repo::state::CommitState;

use super::findings::ReferenceCheck;
use super::reference_list::UnsearchedReason;
use super::search::{FileReferences, ReferenceSearch, scan_blob};

/// The references that a change adds to files. A file is compared with its former versions by the
/// text of its references, so that those that only moved within it do not count.
pub(crate) struct AddedReferences<'r> {
    repo: &'r Repo,
    config: &'r Config,
    scanner: ReferenceScanner<'r>,
    files: Vec<FileReferences>,
}

impl<'r> AddedReferences<'r> {
    /// Begins with no files.
    pub(crate) fn new(repo: &'r Repo, config: &'r Config) -> Self {
        let scanner = ReferenceScanner::new(config.references());
        AddedReferences { repo, config, scanner, files: Vec::new() }
    }

    /// Adds what a file has and its former versions do not have; `former` is called if the file has
    /// references at all. Files that cannot be searched are left out.
    pub(crate) fn add(
        &mut self,
        path: &RepoPath,
        blob: BlobId,
        former: impl FnOnce() -> Result<Vec<BlobId>, GitError>,
    ) -> Result<(), GitError> {
        if !self.config.may_refer(path) {
            return Ok(());
        }
        let scan = |blob| scan_blob(self.repo, &self.scanner, path, blob);
        let mut references = scan(blob).unwrap_or_default();
        if references.is_empty() {
            return Ok(());
        }
        let mut had: HashMap<String, usize> = HashMap::new();
        for blob in former()? {
            let found = scan(blob);
            if found == Err(UnsearchedReason::Missing) {
                // Any of the references may be an old one.
                return Ok(());
            }
            for found in found.unwrap_or_default() {
                *had.entry(found.text).or_default() += 1;
            }
        }
        references.retain(|found| match had.get_mut(&found.text) {
            Some(left) if *left > 0 => {
                *left -= 1;
                false
            }
            _ => true,
        });
        if !references.is_empty() {
            self.files.push(FileReferences { path: path.clone(), references });
        }
        Ok(())
    }

    /// Returns whether nothing was added.
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Returns the findings about these references in an index that gets this registry.
    pub(crate) fn findings(self, view: &CommitState, registry: &Registry) -> Vec<Finding> {
        let search = ReferenceSearch::new(self.repo, view, self.config, None);
        let mut check = ReferenceCheck::new(self.repo, view, registry, self.config);
        let references = search.listed(registry, self.files);
        references.iter().flat_map(|reference| check.findings(reference)).collect()
    }
}
