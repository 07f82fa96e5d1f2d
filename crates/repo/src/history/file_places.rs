//! [`FilePlaces`]: where an identity's file is in commits.

use idhooks_core::registry::{Allocation, BlobId, REGISTRY_PATH, RepoPath};

use crate::git::{Commit, Repo};

use super::identity_log::RecordReader;

/// A file's path and content in a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PlacedBlob {
    pub(super) path: RepoPath,
    pub(super) blob: BlobId,
}

/// Finds an identity's file in commits, wherever it was. Nothing is fetched.
pub(super) struct FilePlaces<'r> {
    repo: &'r Repo,
    /// Reads the record; `None` for a file without one, which is followed by its path.
    reader: Option<RecordReader<'r>>,
    /// Whether this clone lacks something that was looked for.
    pub(super) is_incomplete: bool,
}

impl<'r> FilePlaces<'r> {
    pub(super) fn of(repo: &'r Repo, record: Option<&Allocation>) -> Self {
        let reader = record.map(|record| RecordReader::of(repo, record));
        FilePlaces { repo, reader, is_incomplete: false }
    }

    /// Returns where the file is in a commit: at this path, unless its registry says otherwise.
    pub(super) fn at_tip(&mut self, commit: &Commit, path: &RepoPath) -> Option<PlacedBlob> {
        // In a commit made without hooks, the registry may name a path where the file no longer is.
        let recorded = self.recorded(commit);
        let mut paths = recorded.iter().chain([path]);
        paths.find_map(|path| {
            Some(PlacedBlob { path: path.clone(), blob: self.blob(commit, path)? })
        })
    }

    /// Returns where the file is in a commit's parent, if it is there.
    pub(super) fn in_parent(
        &mut self,
        commit: &Commit,
        parent: &Commit,
        path: &RepoPath,
        blob: BlobId,
    ) -> Option<PlacedBlob> {
        let same = self.blob(parent, path);
        // Only a commit that changes the registry can move an identity, unless it was made without
        // hooks. A merge may have taken its content from another file at this path.
        let is_same = same == Some(blob) && commit.parents.len() == 1;
        let is_moved = same.is_none() || !is_same && self.registry(commit) != self.registry(parent);
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
        self.reader.as_mut()?.path_in(entry)
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
