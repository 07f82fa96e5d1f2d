//! [`RepoPlace`]: where a repository was located when its watcher started.

use std::path::PathBuf;

use idhooks_repo::git::Repo;
use idhooks_repo::store::FileStamp;

/// Where a repository was located when its watcher started.
#[derive(Debug)]
pub(super) struct RepoPlace {
    pub(super) git_dir: PathBuf,
    /// The location of the git directory on disk.
    on_disk: Option<[u64; 2]>,
}

impl RepoPlace {
    pub(super) fn new(repo: &Repo) -> Self {
        let git_dir = repo.git_dir();
        RepoPlace { on_disk: FileStamp::at(&git_dir).map(|stamp| stamp.place()), git_dir }
    }

    /// Returns whether the repository is still at its path and has not been replaced by another
    /// one.
    pub(super) fn is_there(&self) -> bool {
        // Another clone may have been put at the same path, with its own queue and identities.
        let now = FileStamp::at(&self.git_dir).map(|stamp| stamp.place());
        now == self.on_disk && self.git_dir.join("HEAD").exists()
    }
}
