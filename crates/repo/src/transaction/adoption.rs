//! Reads the files of a repository that is adopted, and logs the identities that they get.

use idhooks_core::config::{ATTRIBUTES_PATH, CONFIG_PATH, Config, is_own};
use idhooks_core::plan::{AdoptedFiles, AllocationLog, NewIds};
use idhooks_core::registry::{BlobId, Entry, RepoPath, Tree};

use crate::git::{IndexFile, Repo};
use crate::state::StateError;
use crate::store::AllocationLogFile;

/// The content of an index to be adopted.
#[derive(Default)]
pub struct AdoptedIndex<'a> {
    /// The entries at the paths of idhooks's own files, above or below them.
    pub own: Tree,
    /// The number of paths.
    pub paths: u64,
    /// Whether some paths are unmerged.
    pub is_unmerged: bool,
    /// The regular files.
    pub files: AdoptedFiles<'a>,
    /// Some of them, evenly spread, at most `SAMPLE`.
    pub sample: Vec<(RepoPath, BlobId)>,
    /// The number of regular files.
    pub file_count: usize,
    /// Of how many files one is in the sample.
    stride: usize,
}

/// The number of files of which the content is looked at: all would take too long.
const SAMPLE: usize = 250;

impl<'a> AdoptedIndex<'a> {
    /// Reads an index; with `config`, files may carry identities by these rules.
    ///
    /// # Errors
    /// Returns an error if the index cannot be read.
    pub fn read(
        repo: &'a Repo,
        file: &IndexFile,
        config: Option<&'a Config>,
    ) -> Result<Self, StateError> {
        let files = || config.map(|config| AdoptedFiles::under(config, repo)).unwrap_or_default();
        let empty = || AdoptedIndex { files: files(), stride: 1, ..AdoptedIndex::default() };
        let (mut found, mut is_valid) = (empty(), true);
        let listing = repo.listing(file, None, |path, entry| match RepoPath::new(path) {
            Ok(path) => found.add(path, entry),
            Err(_) => is_valid = false,
        })?;
        if listing.is_some() && is_valid {
            return Ok(found);
        }
        // It has a format that only the full reader knows, or something to report.
        let (mut found, index) = (empty(), repo.index(file)?);
        found.is_unmerged = !index.unmerged.is_empty();
        index.tree.into_iter().for_each(|(path, entry)| found.add(path, entry));
        Ok(found)
    }

    fn add(&mut self, path: RepoPath, entry: Entry) {
        self.paths += 1;
        if entry.mode.is_file() && !is_own(path.as_bytes()) {
            self.files.push(&path, entry.blob);
            self.add_to_sample(&path, entry.blob);
        }
        if concerns_us(path.as_bytes()) {
            self.own.insert(path, entry);
        }
    }

    /// Adds every file to the sample, every second one once it is full, and so on.
    fn add_to_sample(&mut self, path: &RepoPath, blob: BlobId) {
        let nth = self.file_count;
        self.file_count += 1;
        if !nth.is_multiple_of(self.stride) {
            return;
        }
        if self.sample.len() == SAMPLE {
            let mut is_kept = false;
            self.sample.retain(|_| {
                is_kept = !is_kept;
                is_kept
            });
            self.stride *= 2;
        }
        if nth.is_multiple_of(self.stride) {
            self.sample.push((path.clone(), blob));
        }
    }
}

/// Returns whether a path is one of idhooks's own files, above or below one.
fn concerns_us(path: &[u8]) -> bool {
    let first = path.split(|byte| *byte == b'/').next().unwrap_or_default();
    first == b".idhooks" || first == CONFIG_PATH.as_bytes() || first == ATTRIBUTES_PATH.as_bytes()
}

/// Does the same as [`super::append_allocations`] for all new identities.
pub fn append_new_ids(repo: &Repo, ids: &NewIds, given: &AllocationLog) -> Option<String> {
    let file = AllocationLogFile::in_dir(&repo.state_dir());
    file.append(&ids.log_lines(given)).err().map(|error| error.to_string())
}
