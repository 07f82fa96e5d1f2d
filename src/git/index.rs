//! The index: what the next commit will hold.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use gix::index::entry::{Flags, Mode as IndexMode, Stage};

use crate::registry::{BlobId, Entry, REGISTRY_PATH, RepoPath, Tree};

use super::ids::from_gix;
use super::objects::{mode_of, shown};
use super::{GitError, Repo, TreeId};

/// Where an index is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexFile(PathBuf);

impl IndexFile {
    pub(super) fn at(path: PathBuf) -> Self {
        IndexFile(path)
    }

    /// Returns its absolute path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Returns where its lock is while somebody writes it.
    pub fn lock(&self) -> PathBuf {
        lock_of(&self.0)
    }

    /// Returns the index that git will put in place after a partial commit, where this one is
    /// only the tree to be committed (`next-index-<pid>.lock`).
    pub fn sibling(&self) -> Option<IndexFile> {
        let name = self.0.file_name()?.to_str()?;
        let partial = name.starts_with("next-index-") && name.ends_with(".lock");
        partial.then(|| IndexFile(self.0.with_file_name("index.lock")))
    }
}

/// Returns the name of git's lock of an index file.
pub(super) fn lock_of(index: &Path) -> PathBuf {
    let mut path = index.as_os_str().to_owned();
    path.push(".lock");
    path.into()
}

/// The blobs of an unmerged path: base, ours, theirs, where they are there.
pub type Stages = [Option<Entry>; 3];

/// What an index holds. Intent-to-add entries don't count; sparse directories are expanded.
#[derive(Debug, Clone, Default)]
pub struct Index {
    /// All merged paths.
    pub tree: Tree,
    /// The unmerged paths.
    pub unmerged: BTreeMap<RepoPath, Stages>,
    /// The tree git has cached for exactly this content, if it is valid.
    pub root: Option<TreeId>,
    /// Whether the registry's working file is left out by a sparse checkout.
    pub registry_is_skipped: bool,
    /// When and how large the file was, to tell whether somebody has written it since.
    stamp: Option<(SystemTime, u64)>,
}

impl Index {
    /// Returns whether the file is still as it was when it was read.
    pub fn is_current(&self, file: &IndexFile) -> bool {
        self.stamp == stamp(file)
    }
}

fn stamp(file: &IndexFile) -> Option<(SystemTime, u64)> {
    let meta = std::fs::metadata(file.path()).ok()?;
    Some((meta.modified().ok()?, meta.len()))
}

impl Repo {
    /// Reads an index; one that does not exist is empty.
    ///
    /// # Errors
    /// An index that cannot be read.
    pub fn index(&self, file: &IndexFile) -> Result<Index, GitError> {
        let failed = |reason: &dyn std::fmt::Display| GitError::reading("the index", reason);
        if !file.path().exists() {
            return Ok(Index::default());
        }
        let stamp = stamp(file);
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
            let path =
                RepoPath::new(&**bytes).map_err(|_| failed(&format!("path '{}'", shown(bytes))))?;
            let known = Entry { mode: mode_of(entry.mode.bits()), blob: from_gix(&entry.id) };
            let stage = match entry.stage() {
                Stage::Unconflicted => {
                    let skipped = entry.flags.contains(Flags::SKIP_WORKTREE);
                    index.registry_is_skipped |=
                        skipped && path.as_bytes() == REGISTRY_PATH.as_bytes();
                    index.tree.insert(path, known);
                    continue;
                }
                Stage::Base => 0,
                Stage::Ours => 1,
                Stage::Theirs => 2,
            };
            index.unmerged.entry(path).or_default()[stage] = Some(known);
        }
        // A sparse index caches no whole tree that could be trusted here.
        let cached =
            state.tree().filter(|t| complete && !state.is_sparse() && t.num_entries.is_some());
        index.root = cached.filter(|_| index.unmerged.is_empty()).map(|t| TreeId(from_gix(&t.id)));
        Ok(index)
    }

    /// Has git make the trees that an index stands for, and note them there; nothing happens where
    /// it cannot.
    pub fn cache_trees(&self, file: &IndexFile) {
        let _ = self.git().env("GIT_INDEX_FILE", file.path()).run(&["write-tree"]);
    }

    /// Makes `path` in the index hold `blob` as a regular file, as `git update-index` does:
    /// every form and extension of the index is kept, cached trees above it are invalidated.
    ///
    /// # Errors
    /// An index that is locked or cannot be written.
    pub fn stage_blob(&self, file: &IndexFile, path: &str, blob: BlobId) -> Result<(), GitError> {
        self.stage_blobs(file, &[(path, blob)])
    }

    /// Does the same for several paths in one step.
    ///
    /// # Errors
    /// An index that is locked or cannot be written.
    pub fn stage_blobs(&self, file: &IndexFile, blobs: &[(&str, BlobId)]) -> Result<(), GitError> {
        let git = self.git().env("GIT_INDEX_FILE", file.path());
        let lines: String =
            blobs.iter().map(|(path, blob)| format!("100644 {blob}\t{path}\0")).collect();
        git.run_with(&["update-index", "-z", "--index-info"], lines.as_bytes())?;
        Ok(())
    }

    /// Notes the time and size of several working files, as [`Self::refresh`] does.
    ///
    /// # Errors
    /// An index that is locked or cannot be written.
    pub fn refresh_paths(&self, file: &IndexFile, paths: &[&RepoPath]) -> Result<(), GitError> {
        let git = self.git().env("GIT_INDEX_FILE", file.path());
        let names: Vec<u8> =
            paths.iter().flat_map(|path| [path.as_bytes(), b"\0"].concat()).collect();
        let args = ["add", "--refresh", "--pathspec-from-file=-", "--pathspec-file-nul"];
        let args: Vec<&str> = ["--literal-pathspecs"].into_iter().chain(args).collect();
        git.run_with(&args, &names)?;
        Ok(())
    }

    /// Makes paths hold entries, or nothing, in one step.
    ///
    /// # Errors
    /// An index that is locked or cannot be written.
    pub fn stage_entries<'e>(
        &self,
        file: &IndexFile,
        entries: impl IntoIterator<Item = (&'e RepoPath, Option<Entry>)>,
    ) -> Result<(), GitError> {
        let git = self.git().env("GIT_INDEX_FILE", file.path());
        let zero = "0".repeat(2 * self.gix.object_hash().len_in_bytes());
        let (mut gone, mut there) = (Vec::new(), Vec::new());
        for (path, entry) in entries {
            let (lines, line) = match entry {
                None => (&mut gone, format!("0 {zero}\t")),
                Some(Entry { mode, blob }) => (&mut there, format!("{} {blob}\t", mode.as_octal())),
            };
            lines.extend([line.as_bytes(), path.as_bytes(), b"\0"].concat());
        }
        // A directory may come where a file was.
        gone.append(&mut there);
        git.run_with(&["update-index", "-z", "--index-info"], &gone)?;
        Ok(())
    }

    /// Notes times and sizes of all working files that are as the index has them.
    pub fn refresh_all(&self, file: &IndexFile) {
        // That some file is not is no failure of this.
        let git = self.git().env("GIT_INDEX_FILE", file.path());
        let _ = git.run(&["update-index", "-q", "--refresh"]);
    }

    /// Takes `path` out of the index, whatever the working tree has.
    ///
    /// # Errors
    /// An index that is locked or cannot be written.
    pub fn unstage(&self, file: &IndexFile, path: &str) -> Result<(), GitError> {
        let git = self.git().env("GIT_INDEX_FILE", file.path());
        git.run(&["update-index", "--force-remove", "--", path])?;
        Ok(())
    }

    /// Makes an unmerged `path` hold `blob`, and nothing else.
    ///
    /// # Errors
    /// An index that is locked or cannot be written.
    pub fn stage_resolved(
        &self,
        file: &IndexFile,
        path: &str,
        blob: BlobId,
    ) -> Result<(), GitError> {
        let git = self.git().env("GIT_INDEX_FILE", file.path());
        // Mode 0 takes away all stages first.
        let zero = "0".repeat(blob.to_string().len());
        let lines = format!("0 {zero}\t{path}\0100644 {blob}\t{path}\0");
        git.run_with(&["update-index", "-z", "--index-info"], lines.as_bytes())?;
        Ok(())
    }

    /// Notes the time and size of the working file at `path` in its index entry, which staging
    /// a blob by its id leaves empty.
    ///
    /// # Errors
    /// An index that is locked or cannot be written.
    pub fn refresh(&self, file: &IndexFile, path: &str) -> Result<(), GitError> {
        let git = self.git().env("GIT_INDEX_FILE", file.path());
        git.run(&["add", "--refresh", "--", path])?;
        Ok(())
    }

    /// Sets the skip-worktree flag of `path` again, which staging takes away.
    ///
    /// # Errors
    /// An index that is locked or cannot be written.
    pub fn skip_worktree(&self, file: &IndexFile, path: &str) -> Result<(), GitError> {
        let git = self.git().env("GIT_INDEX_FILE", file.path());
        git.run(&["update-index", "--skip-worktree", "--", path])?;
        Ok(())
    }
}
