//! Reading and writing the index.

use std::collections::BTreeMap;

use gix::index::entry::{Flags, Mode as IndexMode, Stage};
use idhooks_core::registry::{BlobId, Entry, REGISTRY_PATH, RepoPath, Tree};

use crate::store::FileStamp;

use super::ids::from_gix;
use super::index_file::IndexFile;
use super::objects::{mode_of, shown};
use super::{GitError, Repo, TreeId};

/// The entries of an unmerged path: base, ours, theirs.
pub type Stages = [Option<Entry>; 3];

/// The content of an index. Intent-to-add entries are skipped; sparse directories are expanded.
#[derive(Debug, Clone, Default)]
pub struct Index {
    /// All merged paths.
    pub tree: Tree,
    /// The unmerged paths.
    pub unmerged: BTreeMap<RepoPath, Stages>,
    /// The tree that git has cached for exactly this content, if it is valid.
    pub root: Option<TreeId>,
    /// Whether a sparse checkout leaves out the working file of the registry.
    pub registry_is_skipped: bool,
    /// The stamp of the file, to notice later changes.
    stamp: Option<FileStamp>,
}

impl Index {
    /// Returns the stamp that the file had when it was read; `None` if there was no file.
    pub fn stamp(&self) -> Option<FileStamp> {
        self.stamp
    }
}

impl Repo {
    /// Reads an index. A missing file is an empty index.
    ///
    /// # Errors
    /// Returns an error if the index cannot be read.
    pub fn index(&self, file: &IndexFile) -> Result<Index, GitError> {
        let failed = |reason: &dyn std::fmt::Display| GitError::reading("the index", reason);
        if !file.path().exists() {
            return Ok(Index::default());
        }
        let stamp = FileStamp::at(file.path());
        let state = gix::index::File::at(
            file.path(),
            self.gix.object_hash(),
            true,
            gix::index::decode::Options::default(),
        )
        .map_err(|e| failed(&e))?;
        let mut index = Index { stamp, ..Index::default() };
        let mut complete = true;
        for entry in state.entries() {
            let bytes = entry.path(&state);
            if entry.flags.contains(Flags::INTENT_TO_ADD) {
                complete = false;
                continue;
            }
            if entry.mode == IndexMode::DIR {
                self.collect(TreeId(from_gix(&entry.id)), &mut bytes.to_vec(), &mut index.tree)?;
                index.registry_is_skipped |= REGISTRY_PATH.as_bytes().starts_with(bytes);
                continue;
            }
            let path = RepoPath::new(&**bytes)
                .map_err(|_| failed(&format!("invalid path '{}'", shown(bytes))))?;
            let content = Entry { mode: mode_of(entry.mode.bits()), blob: from_gix(&entry.id) };
            let stage = match entry.stage() {
                Stage::Unconflicted => {
                    let skipped = entry.flags.contains(Flags::SKIP_WORKTREE);
                    index.registry_is_skipped |=
                        skipped && path.as_bytes() == REGISTRY_PATH.as_bytes();
                    index.tree.insert(path, content);
                    continue;
                }
                Stage::Base => 0,
                Stage::Ours => 1,
                Stage::Theirs => 2,
            };
            index.unmerged.entry(path).or_default()[stage] = Some(content);
        }
        // A sparse index has no cached tree of the whole content.
        let cached =
            state.tree().filter(|t| complete && !state.is_sparse() && t.num_entries.is_some());
        index.root = cached.filter(|_| index.unmerged.is_empty()).map(|t| TreeId(from_gix(&t.id)));
        Ok(index)
    }

    /// Lets git write the trees of an index and cache them in it. Errors are ignored.
    pub fn cache_trees(&self, file: &IndexFile) {
        let _ = self.git().env("GIT_INDEX_FILE", file.path()).run(&["write-tree"]);
    }

    /// Stages `blob` at `path` as a regular file, with `git update-index`: the format and
    /// extensions of the index are kept, and cached trees above the path are invalidated.
    ///
    /// # Errors
    /// Returns an error if the index is locked or cannot be written.
    pub fn stage_blob(&self, file: &IndexFile, path: &str, blob: BlobId) -> Result<(), GitError> {
        self.stage_blobs(file, &[(path, blob)])
    }

    /// Stages several blobs in one step, as [`Self::stage_blob`] does.
    ///
    /// # Errors
    /// Returns an error if the index is locked or cannot be written.
    pub fn stage_blobs(&self, file: &IndexFile, blobs: &[(&str, BlobId)]) -> Result<(), GitError> {
        let git = self.git().env("GIT_INDEX_FILE", file.path());
        let lines: String =
            blobs.iter().map(|(path, blob)| format!("100644 {blob}\t{path}\0")).collect();
        git.run_with(&["update-index", "-z", "--index-info"], lines.as_bytes())?;
        Ok(())
    }

    /// Refreshes the entries of several working files, as [`Self::refresh`] does.
    ///
    /// # Errors
    /// Returns an error if the index is locked or cannot be written.
    pub fn refresh_paths(&self, file: &IndexFile, paths: &[&RepoPath]) -> Result<(), GitError> {
        let git = self.git().env("GIT_INDEX_FILE", file.path());
        let names: Vec<u8> =
            paths.iter().flat_map(|path| [path.as_bytes(), b"\0"].concat()).collect();
        let args = ["add", "--refresh", "--pathspec-from-file=-", "--pathspec-file-nul"];
        let args: Vec<&str> = ["--literal-pathspecs"].into_iter().chain(args).collect();
        git.run_with(&args, &names)?;
        Ok(())
    }

    /// Stages entries, or removes them, in one step.
    ///
    /// # Errors
    /// Returns an error if the index is locked or cannot be written.
    pub fn stage_entries<'e>(
        &self,
        file: &IndexFile,
        entries: impl IntoIterator<Item = (&'e RepoPath, Option<Entry>)>,
    ) -> Result<(), GitError> {
        let git = self.git().env("GIT_INDEX_FILE", file.path());
        let zero = "0".repeat(2 * self.gix.object_hash().len_in_bytes());
        let (mut removed, mut staged) = (Vec::new(), Vec::new());
        for (path, entry) in entries {
            let line = |lines: &mut Vec<u8>, entry: &str| {
                lines.extend([entry.as_bytes(), b"\t", path.as_bytes(), b"\0"].concat());
            };
            // Also removes all stages of an unmerged path.
            line(&mut removed, &format!("0 {zero}"));
            if let Some(Entry { mode, blob }) = entry {
                line(&mut staged, &format!("{} {blob}", mode.as_octal()));
            }
        }
        // Removals come first: a directory may replace a file.
        removed.append(&mut staged);
        git.run_with(&["update-index", "-z", "--index-info"], &removed)?;
        Ok(())
    }

    /// Refreshes the entries of all unmodified working files.
    pub fn refresh_all(&self, file: &IndexFile) {
        // A modified file is not an error here.
        let git = self.git().env("GIT_INDEX_FILE", file.path());
        let _ = git.run(&["update-index", "-q", "--refresh"]);
    }

    /// Records the time and size of the working file at `path` in its index entry. Staging a blob
    /// by its id leaves them empty.
    ///
    /// # Errors
    /// Returns an error if the index is locked or cannot be written.
    pub fn refresh(&self, file: &IndexFile, path: &str) -> Result<(), GitError> {
        let git = self.git().env("GIT_INDEX_FILE", file.path());
        git.run(&["add", "--refresh", "--", path])?;
        Ok(())
    }

    /// Sets the skip-worktree flag of `path` again, which staging removes.
    ///
    /// # Errors
    /// Returns an error if the index is locked or cannot be written.
    pub fn skip_worktree(&self, file: &IndexFile, path: &str) -> Result<(), GitError> {
        let git = self.git().env("GIT_INDEX_FILE", file.path());
        git.run(&["update-index", "--skip-worktree", "--", path])?;
        Ok(())
    }
}
