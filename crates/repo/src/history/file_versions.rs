//! [`FileVersions`]: the versions of an identity's file in a history, newest first.

use std::collections::{BinaryHeap, HashSet};

use idhooks_core::registry::{Allocation, BlobId, REGISTRY_PATH, RepoPath};

use crate::git::{Commit, CommitId, Repo};

use super::identity_log::RecordReader;

/// A version of a file, and a commit that introduced it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileVersion {
    /// The commit.
    pub commit: CommitId,
    /// The file's path in that commit.
    pub path: RepoPath,
    /// The content.
    pub blob: BlobId,
}

/// Walks through the versions of an identity's file, newest first, wherever the file was. A commit
/// that has the content of one of its parents, in a file of the same kind, introduces no version, and
/// only that parent's history is followed, as by `git log`. Nothing is fetched.
pub struct FileVersions<'r> {
    repo: &'r Repo,
    reader: RecordReader<'r>,
    pending: BinaryHeap<PendingVersion>,
    seen: HashSet<CommitId>,
    /// How many commits may still be visited; then the history counts as incomplete.
    left: usize,
    is_incomplete: bool,
}

/// A commit that has yet to be visited. The newest one is the greatest.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct PendingVersion {
    author_time: i64,
    /// Of two commits from the same second, the one that was found first is visited first.
    found: std::cmp::Reverse<usize>,
    commit: CommitId,
    path: RepoPath,
    blob: BlobId,
}

impl<'r> FileVersions<'r> {
    /// Starts at these commits, and visits at most so many.
    pub fn new(repo: &'r Repo, tips: &[CommitId], record: &Allocation, most: usize) -> Self {
        let reader = RecordReader::of(repo, record);
        let (pending, seen) = (BinaryHeap::new(), HashSet::new());
        let mut versions =
            FileVersions { repo, reader, pending, seen, left: most, is_incomplete: false };
        for tip in tips {
            versions.begin(*tip, &record.path);
        }
        versions
    }

    /// Returns whether versions may be missing: this clone lacks a part of the history, or the
    /// search has ended early.
    pub fn is_incomplete(&self) -> bool {
        self.is_incomplete
    }

    /// Returns how many commits may still be visited.
    pub fn left(&self) -> usize {
        self.left
    }

    /// Starts at a commit, where the file is at this path unless its registry says otherwise.
    fn begin(&mut self, tip: CommitId, path: &RepoPath) {
        let Ok(commit) = self.repo.commit(tip) else {
            self.is_incomplete = true;
            return;
        };
        // In a commit made without hooks, the registry may name a path where the file no longer is.
        let recorded = self.recorded(&commit);
        for path in recorded.iter().chain([path]) {
            if let Some(blob) = self.blob(&commit, path) {
                self.push(tip, &commit, PlacedBlob { path: path.clone(), blob });
                return;
            }
        }
    }

    fn push(&mut self, id: CommitId, commit: &Commit, PlacedBlob { path, blob }: PlacedBlob) {
        if self.seen.insert(id) {
            let (author_time, found) = (commit.author_time, std::cmp::Reverse(self.seen.len()));
            self.pending.push(PendingVersion { author_time, found, commit: id, path, blob });
        }
    }

    /// Visits a commit, and returns its version if it introduced one.
    fn visit(&mut self, next: PendingVersion) -> Option<FileVersion> {
        let PendingVersion { commit: id, path, blob, .. } = next;
        let Ok(commit) = self.repo.commit(id) else {
            self.is_incomplete = true;
            return None;
        };
        let mut parents = Vec::new();
        for parent in &commit.parents {
            if !self.repo.has_commit(*parent) {
                self.is_incomplete = true;
                continue;
            }
            let Ok(earlier) = self.repo.commit(*parent) else { continue };
            let Some(place) = self.in_parent(&commit, &earlier, &path, blob) else { continue };
            if place.blob == blob && place.is_same_kind(&path) {
                self.push(*parent, &earlier, place);
                return None;
            }
            parents.push((*parent, earlier, place));
        }
        for (parent, earlier, place) in parents {
            self.push(parent, &earlier, place);
        }
        Some(FileVersion { commit: id, path, blob })
    }

    /// Returns where the file is in a commit's parent, if it is there.
    fn in_parent(
        &mut self,
        commit: &Commit,
        parent: &Commit,
        path: &RepoPath,
        blob: BlobId,
    ) -> Option<PlacedBlob> {
        let same = self.blob(parent, path);
        // Only a commit that changes the registry can move an identity, unless it was made without
        // hooks.
        let is_moved =
            same.is_none() || same != Some(blob) && self.registry(commit) != self.registry(parent);
        if let Some(former) = is_moved.then(|| self.recorded(parent)).flatten()
            && former != *path
        {
            let blob = self.blob(parent, &former)?;
            return Some(PlacedBlob { path: former, blob });
        }
        Some(PlacedBlob { path: path.clone(), blob: same? })
    }

    /// Returns the path of the record in a commit's registry, if that can be read.
    fn recorded(&mut self, commit: &Commit) -> Option<RepoPath> {
        let entry = self.repo.tree_entry(commit.tree, REGISTRY_PATH).ok().flatten()?;
        if !self.repo.has_blob(entry.blob) {
            return None;
        }
        self.reader.path_in(entry)
    }

    fn registry(&self, commit: &Commit) -> Option<BlobId> {
        let entry = self.repo.tree_entry(commit.tree, REGISTRY_PATH).ok().flatten()?;
        Some(entry.blob)
    }

    fn blob(&mut self, commit: &Commit, path: &RepoPath) -> Option<BlobId> {
        match self.repo.tree_entry(commit.tree, path) {
            Ok(entry) => entry.filter(|entry| entry.mode.is_file()).map(|entry| entry.blob),
            Err(_) => {
                // A partial clone may lack trees.
                self.is_incomplete = true;
                None
            }
        }
    }
}

/// A file's path and content in a commit.
struct PlacedBlob {
    path: RepoPath,
    blob: BlobId,
}

impl PlacedBlob {
    /// Returns whether the content means the same at another path: the extension says how a file is
    /// read, for example whether it has headings.
    fn is_same_kind(&self, other: &RepoPath) -> bool {
        self.path.extension() == other.extension()
    }
}

impl Iterator for FileVersions<'_> {
    type Item = FileVersion;

    fn next(&mut self) -> Option<FileVersion> {
        while let Some(next) = self.pending.pop() {
            if self.left == 0 {
                self.is_incomplete = true;
                return None;
            }
            self.left -= 1;
            if let Some(version) = self.visit(next) {
                return Some(version);
            }
        }
        None
    }
}
