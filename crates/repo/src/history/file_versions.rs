//! [`FileVersions`]: the versions of an identity's file in a history, newest first.

use std::collections::{BinaryHeap, HashSet};

use idhooks_core::registry::{Allocation, BlobId, RepoPath};

use crate::git::{Commit, CommitId, Repo};

use super::file_places::{FilePlaces, PlacedBlob};

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
    places: FilePlaces<'r>,
    pending: BinaryHeap<PendingVersion>,
    seen: HashSet<CommitId>,
    /// How many commits may still be visited; then the history counts as incomplete.
    left: usize,
}

/// A commit at which the search starts, and its version of the file.
struct TipVersion {
    tip: CommitId,
    commit: Commit,
    place: PlacedBlob,
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
    /// Starts at these commits, and visits at most so many. If one of them has the present content,
    /// only its history is followed, as if they were the parents of a commit.
    pub fn new(
        repo: &'r Repo,
        tips: &[CommitId],
        record: &Allocation,
        present: Option<BlobId>,
        most: usize,
    ) -> Self {
        let places = FilePlaces::of(repo, Some(record));
        let (pending, seen) = (BinaryHeap::new(), HashSet::new());
        let mut versions = FileVersions { repo, places, pending, seen, left: most };
        let starts = tips.iter().filter_map(|tip| versions.start(*tip, &record.path));
        let starts: Vec<TipVersion> = starts.collect();
        let same = |start: &TipVersion| {
            present == Some(start.place.blob) && start.place.is_same_kind(&record.path)
        };
        let same = starts.iter().position(same);
        for (n, TipVersion { tip, commit, place }) in starts.into_iter().enumerate() {
            if same.is_none_or(|same| same == n) {
                versions.push(tip, &commit, place);
            }
        }
        versions
    }

    /// Returns whether versions may be missing: this clone lacks a part of the history, or the
    /// search has ended early.
    pub fn is_incomplete(&self) -> bool {
        self.places.is_incomplete
    }

    /// Returns how many commits may still be visited.
    pub fn left(&self) -> usize {
        self.left
    }

    /// Returns the version of the file in a commit, where it is at this path unless the commit's
    /// registry says otherwise.
    fn start(&mut self, tip: CommitId, path: &RepoPath) -> Option<TipVersion> {
        let Ok(commit) = self.repo.commit(tip) else {
            self.places.is_incomplete = true;
            return None;
        };
        let place = self.places.at_tip(&commit, path)?;
        Some(TipVersion { tip, commit, place })
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
            self.places.is_incomplete = true;
            return None;
        };
        let mut parents = Vec::new();
        for parent in &commit.parents {
            if !self.repo.has_commit(*parent) {
                self.places.is_incomplete = true;
                continue;
            }
            let Ok(earlier) = self.repo.commit(*parent) else { continue };
            let Some(place) = self.places.in_parent(&commit, &earlier, &path, blob) else {
                continue;
            };
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
                self.places.is_incomplete = true;
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
