//! [`Budget`]: how much data a push may make a server read.

use std::collections::{HashMap, HashSet};

use idhooks_core::registry::{BlobId, Entry, Mode};
use idhooks_repo::git::{CommitId, Listed, Repo};
use idhooks_repo::history::registry_blob;
use idhooks_repo::state::read_registry;

use crate::OpsError;

use super::ReceiveRefusal;

/// The setting for the maximum number of files and directories in a commit.
const FILES: &str = "idhooks.maxFiles";
const MAX_FILES: u64 = 1_000_000;
/// The maximum average number of bytes per path, if there are as many paths as allowed.
const PATH_BYTES: u64 = 256;
/// The setting for the maximum size of a registry, in bytes.
const REGISTRY: &str = "idhooks.maxRegistry";
const MAX_REGISTRY: u64 = 256 << 20;
/// The setting for the maximum number of findings that a push prints.
const FINDINGS: &str = "idhooks.maxFindings";
const MAX_FINDINGS: u64 = 200;
/// A registry larger than this must not be much larger than its canonical form.
const LARGE: u64 = 16 << 20;
/// The maximum size of a large registry, as a multiple of the size of its canonical form.
const FACTOR: u64 = 4;

/// A server's limits.
pub(super) struct Budget {
    files: u64,
    registry: u64,
    /// The maximum number of findings to print.
    pub(super) findings: usize,
}

impl Budget {
    /// Reads the limits from the server's git configuration.
    pub(super) fn read(repo: &Repo) -> Self {
        let findings = repo.number(FINDINGS).unwrap_or(MAX_FINDINGS);
        Budget {
            files: repo.number(FILES).unwrap_or(MAX_FILES),
            registry: repo.number(REGISTRY).unwrap_or(MAX_REGISTRY),
            findings: usize::try_from(findings).unwrap_or(usize::MAX),
        }
    }

    /// Returns an error if a commit exceeds the limits, before its paths are listed and its
    /// registry is parsed.
    ///
    /// `old` is the tip before the push, if there was one.
    pub(super) fn assert(
        &self,
        repo: &Repo,
        commits: &[Listed],
        old: Option<CommitId>,
    ) -> Result<(), OpsError> {
        // The commits in a push share most of their trees, so each tree is counted once.
        let (mut counted, mut sizes) = (HashMap::new(), HashSet::new());
        for commit in commits {
            let size = repo.tree_size(commit.tree, &mut counted)?;
            let (most, most_bytes) = (self.files, self.files.saturating_mul(PATH_BYTES));
            if size.entries > most {
                return Err(ReceiveRefusal::ManyFiles(commit.id, most).into());
            }
            if size.path_bytes > most_bytes {
                return Err(ReceiveRefusal::LongPaths(commit.id, most_bytes).into());
            }
            // Most commits in a push have the same registry as the commit before them.
            if let Some(blob) = registry_blob(repo, commit.tree)?.filter(|blob| sizes.insert(*blob))
            {
                let base = old.or_else(|| commit.parents.first().copied());
                self.assert_registry(repo, commit.id, blob, base)?;
            }
        }
        Ok(())
    }

    fn assert_registry(
        &self,
        repo: &Repo,
        commit: CommitId,
        blob: BlobId,
        base: Option<CommitId>,
    ) -> Result<(), ReceiveRefusal> {
        let (size, most) = (repo.blob_size(blob).unwrap_or_default(), self.registry);
        if size > most {
            return Err(ReceiveRefusal::LargeRegistry { commit, size, most });
        }
        if size <= LARGE {
            return Ok(());
        }
        // A finding will report a registry that cannot be read.
        let Ok(stored) = read_registry(repo, Entry { mode: Mode::Regular, blob }) else {
            return Ok(());
        };
        let canonical = stored.registry.format().len() as u64;
        if size / FACTOR <= canonical {
            return Ok(());
        }
        Err(ReceiveRefusal::PaddedRegistry { commit, size, canonical, base })
    }
}
