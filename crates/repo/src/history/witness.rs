//! Checks whether any commit confirms the records that only the staged registry has.
//!
//! After commits are squashed or files are taken from another branch, the staged records appear in
//! some commit. Records edited by hand do not.

use std::cell::{Cell, OnceCell};
use std::collections::BTreeSet;

use idhooks_core::registry::{BlobId, Json, Origin, RepoPath};

use crate::git::Repo;

use super::{healed_registries::registry_blob, identity_log::record_line};

/// The maximum number of commits to read.
const MAX_COMMITS: &str = "--max-count=1000";
/// The maximum total size in bytes of the registries to read. Beyond that, everything is accepted.
const MAX_BYTES: usize = 256 << 20;

/// The commits in a clone, on all branches and in the reflogs.
pub(crate) struct Witnesses<'a> {
    repo: &'a Repo,
    /// The commits' registries, newest first; `None` if the commits cannot be listed.
    registries: OnceCell<Option<Vec<BlobId>>>,
    read: Cell<usize>,
}

impl<'a> Witnesses<'a> {
    /// Returns a clone's commits as witnesses, without reading anything yet.
    pub(crate) fn of(repo: &'a Repo) -> Self {
        Witnesses { repo, registries: OnceCell::new(), read: Cell::new(0) }
    }

    /// Returns whether an allocation has, or might have, this path in one of the commits.
    pub(crate) fn confirm(&self, origin: Origin, path: &RepoPath) -> bool {
        // If a clone's commits cannot be listed, don't refuse a commit for lack of evidence.
        let Some(registries) = self.registries.get_or_init(|| list(self.repo)) else { return true };
        let path = format!("\"file_path\":{},", Json::string(path.to_string()).compact());
        registries.iter().any(|registry| {
            if self.read.get() > MAX_BYTES {
                return true;
            }
            let Some(bytes) = self.repo.blob(*registry).ok() else { return false };
            self.read.set(self.read.get() + bytes.len());
            let text = std::str::from_utf8(&bytes).ok();
            // Look only at the record's line, because parsing a thousand registries would take too
            // long.
            let line = text.and_then(|text| record_line(text, origin));
            line.is_some_and(|line| line.contains(&path) && line.contains("\"status\":\"active\""))
        })
    }
}

/// Returns the commits' registries, without duplicates.
fn list(repo: &Repo) -> Option<Vec<BlobId>> {
    // The reflogs are included, because after a squash, the original commits are no longer on any
    // branch.
    let revisions = ["--all", "--reflog", MAX_COMMITS].map(str::to_owned);
    let mut seen = BTreeSet::new();
    let mut registries = Vec::new();
    for commit in repo.commits(&revisions).ok()?.into_iter().rev() {
        // A registry that is not in this clone is skipped.
        let registry = registry_blob(repo, commit.tree).ok().flatten();
        registries.extend(registry.filter(|blob| seen.insert(*blob)));
    }
    Some(registries)
}
