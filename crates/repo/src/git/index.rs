//! Reads and writes the index.

use std::collections::BTreeMap;

use gix::bstr::ByteSlice;
use gix::index::entry::{Flags, Mode as IndexMode, Stage};
use idhooks_core::registry::{BlobId, Entry, RepoPath, Tree};

use crate::store::{FileStamp, FsyncComponent, disk};

use super::{
    Git, GitError, Repo, TreeId, index_file::IndexFile, object_ids::from_gix, tree_object::mode_of,
};

/// The git command that stages the entries it is given on standard input.
const INDEX_INFO: [&str; 3] = ["update-index", "-z", "--index-info"];

/// The entries for an unmerged path: base, ours, theirs.
pub type Stages = [Option<Entry>; 3];

/// The content of an index. Intent-to-add entries are skipped, and sparse directories are expanded.
#[derive(Debug, Clone, Default)]
pub struct Index {
    /// All merged paths.
    pub tree: Tree,
    /// The unmerged paths.
    pub unmerged: BTreeMap<RepoPath, Stages>,
    /// The tree that git has cached for exactly this content, if the cache is valid.
    pub root: Option<TreeId>,
    /// The files that a sparse checkout excludes from the working tree.
    pub skipped: SkippedFiles,
    /// The index file's stamp when it was read, for detecting later changes; `None` if there was no
    /// file.
    pub stamp: Option<FileStamp>,
}

/// The paths in an index that a sparse checkout excludes from the working tree.
#[derive(Debug, Clone, Default)]
pub struct SkippedFiles {
    /// The excluded files, sorted.
    files: Vec<RepoPath>,
    /// Directories that a sparse index contains only as trees. Each ends with a slash.
    dirs: Vec<Vec<u8>>,
}

impl SkippedFiles {
    /// Returns whether a sparse checkout excludes this file.
    pub fn contains(&self, path: &RepoPath) -> bool {
        self.files.binary_search(path).is_ok()
            || self.dirs.iter().any(|dir| path.as_bytes().starts_with(dir))
    }

    /// Returns whether a sparse checkout excludes the registry.
    pub fn has_registry(&self) -> bool {
        self.contains(&RepoPath::registry())
    }
}

impl Repo {
    /// Reads an index. A missing file is treated as an empty index.
    ///
    /// # Errors
    /// Returns an error if the index cannot be read.
    pub fn index(&self, file: &IndexFile) -> Result<Index, GitError> {
        // This reader handles unusual indexes. Ordinary indexes are read by `index_peek`, which
        // stops early.
        let failed = |reason: String| GitError::reading("the index", &reason);
        // The stamp is taken before the file is read, so a later write always changes it.
        let stamp = FileStamp::at(file.path());
        let Some(state) = self.whole_index(file)? else { return Ok(Index::default()) };
        let mut index = Index { stamp, ..Index::default() };
        let mut complete = true;
        for entry in state.entries() {
            let bytes = entry.path(&state);
            // `git add -N` creates an entry without content, which is not included in commits. git
            // then does not cache the root tree.
            if entry.flags.contains(Flags::INTENT_TO_ADD) {
                complete = false;
                continue;
            }
            if entry.mode == IndexMode::DIR {
                self.collect(TreeId(from_gix(&entry.id)), &mut bytes.to_vec(), &mut index.tree)?;
                index.skipped.dirs.push(bytes.to_vec());
                continue;
            }
            let path = RepoPath::new(&**bytes)
                .map_err(|_| failed(format!("invalid path '{}'", bytes.to_str_lossy())))?;
            let content = Entry { mode: mode_of(entry.mode.bits()), blob: from_gix(&entry.id) };
            let stage = match entry.stage() {
                Stage::Unconflicted => {
                    if entry.flags.contains(Flags::SKIP_WORKTREE) {
                        index.skipped.files.push(path.clone());
                    }
                    index.tree.insert(path, content);
                    continue;
                }
                Stage::Base => 0,
                Stage::Ours => 1,
                Stage::Theirs => 2,
            };
            index.unmerged.entry(path).or_default()[stage] = Some(content);
        }
        // A sparse index has no cached tree for the complete content.
        let cached =
            state.tree().filter(|t| complete && !state.is_sparse() && t.num_entries.is_some());
        // The cached root of an index with conflicts would be missing the unmerged paths.
        index.root = cached.filter(|_| index.unmerged.is_empty()).map(|t| TreeId(from_gix(&t.id)));
        Ok(index)
    }

    /// Reads all entries in an index; returns `None` if the file does not exist.
    pub(super) fn whole_index(
        &self,
        file: &IndexFile,
    ) -> Result<Option<gix::index::File>, GitError> {
        if !file.path().exists() {
            return Ok(None);
        }
        let (hash, options) = (self.gix.object_hash(), gix::index::decode::Options::default());
        let index = gix::index::File::at(file.path(), hash, true, options);
        index.map(Some).map_err(|error| GitError::reading("the index", &error))
    }

    /// Has git write the index's trees and cache them in it. Errors are ignored.
    pub fn cache_trees(&self, file: &IndexFile) {
        // Cached trees only save time, so a locked index or a read-only repository is no reason to
        // fail.
        let _ = self.index_git(file).run(&["write-tree"]);
    }

    /// Returns a runner for git that uses this index.
    fn index_git(&self, file: &IndexFile) -> Git {
        disk::assert_closed(file.path());
        self.git().env("GIT_INDEX_FILE", file.path())
    }

    /// Stages `blob` at `path` as a regular file. The path must not have a conflict.
    ///
    /// # Errors
    /// Returns an error if the index is locked or cannot be written.
    pub fn stage_blob(&self, file: &IndexFile, path: &str, blob: BlobId) -> Result<(), GitError> {
        // Nothing is removed first, because that would delete the entry from a split index's shared
        // part.
        let line = format!("100644 {blob}\t{path}\0");
        self.index_git(file).run_with(&INDEX_INFO, line.as_bytes()).map(drop)
    }

    /// Stages entries, or removes all stages of a path, in one step with `git update-index`. The
    /// index's format and extensions are kept, and cached trees above the paths are invalidated.
    ///
    /// # Errors
    /// Returns an error if the index is locked or cannot be written.
    pub fn stage_entries(
        &self,
        file: &IndexFile,
        entries: impl IntoIterator<Item = (impl AsRef<[u8]>, Option<Entry>)>,
    ) -> Result<(), GitError> {
        let zero = "0".repeat(2 * self.gix.object_hash().len_in_bytes());
        let (mut removed, mut staged) = (Vec::new(), Vec::new());
        for (path, entry) in entries {
            let line = |entry: &str| [entry.as_bytes(), b"\t", path.as_ref(), b"\0"].concat();
            removed.extend(line(&format!("0 {zero}")));
            if let Some(Entry { mode, blob }) = entry {
                staged.extend(line(&format!("{} {blob}", mode.as_octal())));
            }
        }
        // Removals come first, because a directory may replace a file, and a merged entry may
        // replace conflict stages.
        removed.append(&mut staged);
        self.index_git(file).run_with(&INDEX_INFO, &removed).map(drop)
    }

    /// Records the times and sizes of working files in their index entries. An entry lacks them if
    /// its blob was staged by id.
    ///
    /// # Errors
    /// Returns an error if the index is locked or cannot be written.
    pub fn refresh(
        &self,
        file: &IndexFile,
        paths: impl IntoIterator<Item = impl AsRef<[u8]>>,
    ) -> Result<(), GitError> {
        let names: Vec<u8> =
            paths.into_iter().flat_map(|path| [path.as_ref(), b"\0"].concat()).collect();
        // An asterisk or bracket in a path is part of the name, not a pattern.
        let args = ["--literal-pathspecs", "add", "--refresh"];
        let args = [&args[..], &["--pathspec-from-file=-", "--pathspec-file-nul"]].concat();
        self.index_git(file).run_with(&args, &names).map(drop)
    }

    /// Moves a file or directory in this index and in the working tree.
    ///
    /// # Errors
    /// Returns an error if git refuses, or if the index is locked or cannot be written.
    pub fn move_file(
        &self,
        file: &IndexFile,
        from: &RepoPath,
        to: &RepoPath,
    ) -> Result<(), GitError> {
        let [from, to] = [from, to].map(|path| path.to_os_path().into_owned().into_os_string());
        self.index_git(file).run(&["mv".into(), "--".into(), from, to]).map(drop)
    }

    /// Moves a file, then syncs both directories to disk, as is done for other changes to the
    /// working tree.
    ///
    /// # Errors
    /// Returns an error in the same cases as [`Repo::move_file`].
    pub fn move_file_synced(
        &self,
        file: &IndexFile,
        from: &RepoPath,
        to: &RepoPath,
    ) -> Result<(), GitError> {
        self.move_file(file, from, to)?;
        let [from, to] = [from, to].map(|path| self.top().join(path.to_os_path()));
        disk::renamed(&from, &to);
        let dirs = [&from, &to].map(|path| path.parent().unwrap_or(self.top()).to_owned());
        let synced = self.sync_level(FsyncComponent::Index).dirs(&dirs.into_iter().collect());
        synced.map_err(|error| GitError::failed("syncing a directory", &error))
    }

    /// Refreshes the entries for all unmodified working files.
    pub fn refresh_all(&self, file: &IndexFile) {
        // A modified file is not an error here.
        let _ = self.index_git(file).run(&["update-index", "-q", "--refresh"]);
    }

    /// Sets the skip-worktree flag on these paths again after staging has cleared it.
    ///
    /// # Errors
    /// Returns an error if the index is locked or cannot be written.
    pub fn skip_worktree<'p>(
        &self,
        file: &IndexFile,
        paths: impl IntoIterator<Item = &'p RepoPath>,
    ) -> Result<(), GitError> {
        let paths: Vec<u8> =
            paths.into_iter().flat_map(|path| [path.as_bytes(), b"\0"].concat()).collect();
        // `--cacheinfo` and `--index-info` clear the flag, and without it, git reports a file
        // outside the sparse checkout as deleted.
        let args = ["update-index", "-z", "--skip-worktree", "--stdin"];
        self.index_git(file).run_with(&args, &paths).map(drop)
    }
}
