//! [`ReferenceSearch`]: finds the references in all files of an index or a commit.
//!
//! git finds the files that contain the text of a reference, and only these are read. What was found
//! in a file is cached by its blob.

use std::collections::BTreeSet;

use idhooks_core::config::Config;
use idhooks_core::registry::{BlobId, Entry, Registry, RepoPath};
use idhooks_references::{IdReference, ReferenceScanner};
use idhooks_repo::cache::{Cache, ReferencesKey};
use idhooks_repo::git::{GrepFiles, GrepSource, Repo};
use idhooks_repo::state::CommitState;
use idhooks_repo::store::digest;

use super::cached::{FileResult, FoundText, decode, encode};
use super::reference_list::{ListedReference, UnsearchedFile, UnsearchedReason};
use super::refusal::RefsRefusal;
use super::targets::TargetLookup;
use crate::OpsError;

/// How many files are named to git; it compares each with every path, so for more, all files are
/// searched.
const MOST_NAMED: usize = 50;

/// How many files are searched while a commit waits.
const MOST_WAITED_FOR: usize = 5_000;

/// Finds the references in an index or a commit.
pub(crate) struct ReferenceSearch<'r> {
    repo: &'r Repo,
    view: &'r CommitState,
    config: &'r Config,
    scanner: ReferenceScanner<'r>,
    /// The checksum that the index had before it was read.
    checksum: Option<BlobId>,
}

/// The references in a file.
#[derive(Debug)]
pub(crate) struct FileReferences {
    pub(crate) path: RepoPath,
    pub(crate) references: Vec<FoundText>,
}

/// The files with references, and those that could not be searched.
pub(crate) type SearchedFiles = (Vec<FileReferences>, Vec<UnsearchedFile>);

/// A file, and the result of its search, once it is known.
struct SearchedFile<'r> {
    key: ReferencesKey<'r>,
    result: Option<FileResult>,
}

impl<'r> ReferenceSearch<'r> {
    pub(crate) fn new(
        repo: &'r Repo,
        view: &'r CommitState,
        config: &'r Config,
        checksum: Option<BlobId>,
    ) -> Self {
        let scanner = ReferenceScanner::new(config.references());
        ReferenceSearch { repo, view, config, scanner, checksum }
    }

    /// Returns the references in these files with the records that they name.
    pub(crate) fn listed(
        &self,
        registry: &Registry,
        files: Vec<FileReferences>,
    ) -> Vec<ListedReference> {
        let all = files.iter().flat_map(|file| &file.references);
        let lookup = TargetLookup::new(registry, all.map(|found| &found.reference.target));
        self.listed_by(&lookup, files)
    }

    /// Returns the references in these files with the records that this lookup finds.
    pub(crate) fn listed_by(
        &self,
        lookup: &TargetLookup<'_>,
        files: Vec<FileReferences>,
    ) -> Vec<ListedReference> {
        let mut references = Vec::new();
        for FileReferences { path, references: found } in files {
            references.extend(found.into_iter().map(|found| {
                let named = lookup.find(&found.reference.target);
                let form = self.scanner.form(found.reference.form);
                found.listed(path.clone(), form, named)
            }));
        }
        references
    }

    /// Searches one file of the index or the commit.
    pub(crate) fn one(&self, path: &RepoPath) -> Result<SearchedFiles, OpsError> {
        let unmerged = &self.view.unmerged;
        let Some(entry) = self.view.tree.get(path).filter(|_| !unmerged.contains(path)) else {
            let unmerged =
                UnsearchedFile { path: path.clone(), reason: UnsearchedReason::Unmerged };
            return Ok((Vec::new(), vec![unmerged]));
        };
        check_searched(self.view, self.config, path)?;
        let result = self.scan(path, entry.blob);
        Ok(sorted([(path, result)], Vec::new()))
    }

    /// Searches all files.
    pub(crate) fn all(&self) -> Result<SearchedFiles, OpsError> {
        Ok(self.all_if(|_, _| true)?.unwrap_or_default())
    }

    /// Searches all files, unless a commit would have to wait for that: nothing is known about
    /// most files of a large repository.
    pub(super) fn all_if_quick(&self) -> Result<Option<SearchedFiles>, OpsError> {
        self.all_if(|unknown, files| unknown <= MOST_NAMED || files <= MOST_WAITED_FOR)
    }

    /// Searches all files if `is_quick`, which is given the number of files whose result is not
    /// cached, and that of all files.
    fn all_if(
        &self,
        is_quick: impl FnOnce(usize, usize) -> bool,
    ) -> Result<Option<SearchedFiles>, OpsError> {
        let mut cache = Cache::open(&self.repo.state_dir());
        let mut files: Vec<SearchedFile<'_>> = self.files().collect();
        for file in &mut files {
            file.result = cache.get(&file.key).as_ref().and_then(decode);
        }
        let count = files.len();
        let unknown: Vec<&mut SearchedFile<'_>> =
            files.iter_mut().filter(|file| file.result.is_none()).collect();
        if !unknown.is_empty() {
            if !is_quick(unknown.len(), count) {
                return Ok(None);
            }
            self.search_unknown(unknown, &mut cache)?;
            cache.save();
        }
        let unmerged = self.view.unmerged.iter().filter(|path| self.config.may_refer(path));
        let unmerged = unmerged
            .map(|path| UnsearchedFile { path: path.clone(), reason: UnsearchedReason::Unmerged });
        let missing = || Err(UnsearchedReason::Missing);
        let results =
            files.into_iter().map(|file| (file.key.path, file.result.unwrap_or_else(missing)));
        Ok(Some(sorted(results, unmerged.collect())))
    }

    /// Returns the files that are searched.
    fn files(&self) -> impl Iterator<Item = SearchedFile<'_>> {
        let has_forms = !self.config.references().forms.is_empty();
        let usual = self.spellings(&[0]);
        let files = self.view.tree.iter().filter(|(path, entry)| {
            let is_searched = entry.mode.is_file() && self.config.may_refer(path);
            // A merge in memory has text with conflict markers at these paths.
            is_searched && !self.view.unmerged.contains(*path)
        });
        files.map(move |(path, Entry { blob, .. })| {
            let spellings = match has_forms {
                true => self.spellings(&self.scanner.forms_at(path)),
                false => usual,
            };
            let key = ReferencesKey { path, blob: *blob, spellings };
            SearchedFile { key, result: None }
        })
    }

    /// Returns a digest of spellings.
    fn spellings(&self, forms: &[usize]) -> u64 {
        let named = forms.iter().map(|form| (*form, self.scanner.form(*form)));
        digest(named.collect::<Vec<_>>())
    }

    /// Searches files whose result is not cached.
    fn search_unknown<'f>(
        &self,
        unknown: Vec<&mut SearchedFile<'f>>,
        cache: &mut Cache<ReferencesKey<'f>>,
    ) -> Result<(), OpsError> {
        let paths: Vec<&RepoPath> = unknown.iter().map(|file| file.key.path).collect();
        let GrepFiles { paths: candidates, is_partial } = self.candidates(&paths)?;
        // git has read the index again. If it has changed since, only what is read here counts.
        let is_same = self.is_same_index()?;
        for file in unknown {
            let SearchedFile { key, result } = file;
            let is_candidate = candidates.contains(key.path);
            let found = match is_candidate {
                true => self.scan(key.path, key.blob),
                false if is_partial && !self.repo.has_blob(key.blob) => {
                    Err(UnsearchedReason::Missing)
                }
                false => Ok(Vec::new()),
            };
            let is_lasting = found != Err(UnsearchedReason::Missing) && (is_candidate || is_same);
            if is_lasting {
                cache.insert(key, &encode(&found));
            }
            *result = Some(found);
        }
        Ok(())
    }

    /// Returns the files that contain the text of a reference, among these.
    fn candidates(&self, paths: &[&RepoPath]) -> Result<GrepFiles, OpsError> {
        let all =
            || GrepFiles { paths: paths.iter().copied().cloned().collect(), is_partial: false };
        let source = match self.view.commit {
            Some(commit) => GrepSource::Commit(commit),
            None if self.view.is_index => GrepSource::Index,
            // git cannot search a merge in memory. Most of its files are those of a parent, whose
            // results are cached.
            None => return Ok(all()),
        };
        let among = (paths.len() <= MOST_NAMED).then_some(paths);
        match self.repo.files_with(source, &self.scanner.literals(), among) {
            // In a partial clone, git 2.39 ends at the first file whose content is missing.
            Err(_) if self.repo.is_partial() => Ok(all()),
            found => Ok(found?),
        }
    }

    /// Returns whether the index is still the one that was read; a commit never changes.
    fn is_same_index(&self) -> Result<bool, OpsError> {
        if !self.view.is_index {
            return Ok(true);
        }
        let file = self.repo.index_file();
        Ok(match self.checksum {
            Some(checksum) => self.repo.index_checksum(&file) == Some(checksum),
            // An index need not have a checksum, and not every caller knows it.
            None => self.repo.index(&file)?.tree == self.view.tree,
        })
    }

    /// Reads and searches a file.
    fn scan(&self, path: &RepoPath, blob: BlobId) -> FileResult {
        scan_blob(self.repo, &self.scanner, path, blob)
    }
}

/// Checks that a file is not left out of the search.
///
/// # Errors
/// Returns an error if it is no regular file, or if the rules exclude it.
pub(super) fn check_searched(
    view: &CommitState,
    config: &Config,
    path: &RepoPath,
) -> Result<(), RefsRefusal> {
    if view.tree.get(path).is_some_and(|entry| !entry.mode.is_file()) {
        return Err(RefsRefusal::NotRegular(path.clone()));
    }
    match config.may_refer(path) {
        true => Ok(()),
        false => Err(RefsRefusal::Excluded(path.clone())),
    }
}

/// Reads and searches a file.
pub(super) fn scan_blob(
    repo: &Repo,
    scanner: &ReferenceScanner<'_>,
    path: &RepoPath,
    blob: BlobId,
) -> FileResult {
    // The size comes first: a file that is too large need not fit into memory.
    let size = repo.blob_size(blob).ok_or(UnsearchedReason::Missing)?;
    if size > ReferenceScanner::LARGEST as u64 {
        return Err(UnsearchedReason::TooLarge);
    }
    let content = repo.blob(blob).map_err(|_| UnsearchedReason::Missing)?;
    let found = scanner.scan(path, &content)?;
    let text = |reference: IdReference| {
        let text = String::from_utf8_lossy(&content[reference.range.clone()]).into_owned();
        FoundText { reference, text }
    };
    Ok(found.into_iter().map(text).collect())
}

/// Sorts results by whether the files could be searched.
fn sorted<'p>(
    results: impl IntoIterator<Item = (&'p RepoPath, FileResult)>,
    unmerged: Vec<UnsearchedFile>,
) -> SearchedFiles {
    let (mut files, mut unsearched) = (Vec::new(), BTreeSet::from_iter(unmerged));
    for (path, result) in results {
        let path = || path.clone();
        match result {
            Ok(references) if references.is_empty() => {}
            Ok(references) => files.push(FileReferences { path: path(), references }),
            Err(reason) => drop(unsearched.insert(UnsearchedFile { path: path(), reason })),
        }
    }
    (files, unsearched.into_iter().collect())
}
