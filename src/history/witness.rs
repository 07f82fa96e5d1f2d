//! Whether some commit vouches for what only the staged registry says.
//!
//! Who unites several commits in one, or takes files from another branch, stages a registry that a
//! commit had. No commit knows what was written into it by hand.

use std::cell::{Cell, OnceCell};
use std::collections::BTreeSet;

use crate::git::Repo;
use crate::registry::{BlobId, Json, Origin, RepoPath};

use crate::history::identity_log::line;
use crate::history::registry_blob;

/// How many commits are asked at most.
const MOST: &str = "--max-count=1000";
/// How many bytes of registries are read at most; what more of them might say is believed.
const MOST_BYTES: usize = 256 << 20;

/// The commits of a clone, on all branches and in its reflogs.
pub(crate) struct Witnesses<'a> {
    repo: &'a Repo,
    /// Their registries, the newest first; nothing where they cannot be listed.
    registries: OnceCell<Option<Vec<BlobId>>>,
    read: Cell<usize>,
}

impl<'a> Witnesses<'a> {
    /// Has asked nobody yet.
    pub(crate) fn of(repo: &'a Repo) -> Self {
        Witnesses { repo, registries: OnceCell::new(), read: Cell::new(0) }
    }

    /// Returns whether an allocation has a path in one of them, or might.
    pub(crate) fn tell(&self, origin: Origin, path: &RepoPath) -> bool {
        let Some(registries) = self.registries.get_or_init(|| list(self.repo)) else { return true };
        let path = format!("\"file_path\":{},", Json::string(path.to_string()).compact());
        registries.iter().any(|registry| {
            if self.read.get() > MOST_BYTES {
                return true;
            }
            let Some(bytes) = self.repo.local_blob(*registry) else { return false };
            self.read.set(self.read.get() + bytes.len());
            let text = std::str::from_utf8(&bytes).ok();
            let line = text.and_then(|text| line(text, origin));
            line.is_some_and(|line| line.contains(&path) && line.contains("\"status\":\"active\""))
        })
    }
}

/// Returns the registries of the commits, each once.
fn list(repo: &Repo) -> Option<Vec<BlobId>> {
    let revisions = ["--all", "--reflog", MOST].map(str::to_owned);
    let mut seen = BTreeSet::new();
    let mut registries = Vec::new();
    for commit in repo.commits(&revisions).ok()?.into_iter().rev() {
        // What is not at hand says nothing.
        let registry = registry_blob(repo, commit.tree).ok().flatten();
        registries.extend(registry.filter(|blob| seen.insert(*blob)));
    }
    Some(registries)
}
