//! Reads the files in a repository that is being adopted, and logs the identities they are given.

use idhooks_core::config::{ATTRIBUTES_PATH, CONFIG_PATH, Config, is_own};
use idhooks_core::plan::AllocationLog;
use idhooks_core::registry::{Entry, RepoPath, Tree};

use crate::git::{IndexFile, Repo};
use crate::state::{MOST_RECORD_FILES, StateError, may_have_records};
use crate::store::AllocationLogFile;
use crate::transaction::{AdoptFrom, AdoptedFiles, NewFile, NewIds};

/// How many files are added at a time: enough to find their blobs fast, and few enough to take
/// little memory.
const BATCH: usize = 1 << 16;

/// The content of an index that is to be adopted.
#[derive(Debug, Default)]
pub struct AdoptedIndex {
    /// The entries for idhooks' own files, or for paths above or below one.
    pub own: Tree,
    /// The files that may have another program's records, judging by their names.
    pub candidates: Tree,
    /// The number of paths.
    pub paths: u64,
    /// The length of all paths in bytes.
    pub path_bytes: usize,
    /// Whether some paths are unmerged.
    pub is_unmerged: bool,
}

impl AdoptedIndex {
    /// Reads an index.
    ///
    /// # Errors
    /// Returns an error if the index cannot be read.
    pub fn read(repo: &Repo, file: &IndexFile) -> Result<Self, StateError> {
        let add = |index: &mut Self, path: RepoPath, entry, _| {
            index.paths += 1;
            index.path_bytes += path.as_bytes().len();
            if may_have_records(&path) && index.candidates.len() < MOST_RECORD_FILES {
                index.candidates.insert(path.clone(), entry);
            }
            if concerns_us(path.as_bytes()) {
                index.own.insert(path, entry);
            }
        };
        let (index, is_unmerged) = read_into(repo, file, Self::default, add)?;
        Ok(AdoptedIndex { is_unmerged, ..index })
    }
}

/// Reads the regular files in an index that is to be adopted; `index` is its content as read by
/// [`AdoptedIndex::read`]. Also reads the identities carried by files that `config` tracks; identities in the places
/// named by `keep` are kept.
///
/// # Errors
/// Returns an error if the index cannot be read.
pub fn adopted_files<'a>(
    repo: &'a Repo,
    file: &IndexFile,
    index: &AdoptedIndex,
    config: &'a Config,
    keep: Option<AdoptFrom>,
    progress: &dyn Fn(),
) -> Result<AdoptedFiles<'a>, StateError> {
    let paths = usize::try_from(index.paths).unwrap_or_default();
    let files = || AdoptedFiles::under(config, repo).keeping(keep);
    let empty = || (files().with_room(paths, index.path_bytes), Vec::new());
    let add = |(files, batch): &mut (AdoptedFiles<'a>, Vec<NewFile>),
               path: RepoPath,
               entry: Entry,
               working| {
        // idhooks' own files do not get identities.
        if entry.mode.is_file() && !is_own(path.as_bytes()) {
            batch.push(NewFile { path, blob: entry.blob, working });
        }
        if batch.len() == BATCH {
            files.add(batch);
            batch.clear();
        }
        progress();
    };
    let ((mut files, batch), _) = read_into(repo, file, empty, add)?;
    files.add(&batch);
    Ok(files)
}

/// Adds every index entry to the value returned by `empty`. Also returns whether some paths are
/// unmerged.
fn read_into<T>(
    repo: &Repo,
    file: &IndexFile,
    empty: impl Fn() -> T,
    add: impl Fn(&mut T, RepoPath, Entry, u32),
) -> Result<(T, bool), StateError> {
    let (mut found, mut is_valid) = (empty(), true);
    let listing = repo.listing(file, None, |path, entry, size| match RepoPath::new(path) {
        Ok(path) => add(&mut found, path, entry, size),
        Err(_) => is_valid = false,
    })?;
    if listing.is_some() && is_valid {
        return Ok((found, false));
    }
    // The index is in a format that only the full reader supports, or has a fault that the full
    // reader reports. The quick reader's entries may be incomplete, so this starts over with an
    // empty result.
    let (mut found, index) = (empty(), repo.index(file)?);
    let is_unmerged = !index.unmerged.is_empty();
    index.tree.into_iter().for_each(|(path, entry)| add(&mut found, path, entry, 0));
    Ok((found, is_unmerged))
}

/// Returns whether a path is one of idhooks' own files, or above or below one.
fn concerns_us(path: &[u8]) -> bool {
    let first = path.split(|byte| *byte == b'/').next().unwrap_or_default();
    first == b".idhooks" || first == CONFIG_PATH.as_bytes() || first == ATTRIBUTES_PATH.as_bytes()
}

/// Like [`super::append_allocations`], for all newly assigned identities.
pub fn append_new_ids(repo: &Repo, ids: &NewIds, given: &AllocationLog) -> Option<String> {
    let file = AllocationLogFile::in_dir(&repo.state_dir());
    file.append(&ids.log_lines(given)).err().map(|error| error.to_string())
}
