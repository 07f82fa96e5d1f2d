//! [`Budget`]: how much a push may make a server read.

use std::collections::{HashMap, HashSet};

use idhooks_core::registry::{BlobId, Entry, Mode};
use idhooks_repo::git::{CommitId, Listed, Repo};
use idhooks_repo::history::registry_blob;
use idhooks_repo::state::read_registry;

use crate::error::{CommandError, CommandResult};

/// The setting for the number of files and directories in a commit.
const FILES: &str = "idhooks.maxFiles";
const MAX_FILES: u64 = 1_000_000;
/// How many bytes the path of one of them may have, on average over that number.
const PATH_BYTES: u64 = 256;
/// The setting for the size of a registry, in bytes.
const REGISTRY: &str = "idhooks.maxRegistry";
const MAX_REGISTRY: u64 = 256 << 20;
/// The setting for the number of findings that a push prints.
const FINDINGS: &str = "idhooks.maxFindings";
const MAX_FINDINGS: u64 = 200;
/// A registry over this size must not be much longer than in canonical form.
const LARGE: u64 = 16 << 20;
/// How many times as long it may be.
const FACTOR: u64 = 4;

/// The limits of a server.
pub(super) struct Budget {
    files: u64,
    registry: u64,
    /// How many findings are printed.
    pub(super) findings: usize,
}

impl Budget {
    /// Reads the limits from the git configuration of the server.
    pub(super) fn of(repo: &Repo) -> Self {
        let findings = repo.number(FINDINGS).unwrap_or(MAX_FINDINGS);
        Budget {
            files: repo.number(FILES).unwrap_or(MAX_FILES),
            registry: repo.number(REGISTRY).unwrap_or(MAX_REGISTRY),
            findings: usize::try_from(findings).unwrap_or(usize::MAX),
        }
    }

    /// Refuses commits over the limits, before their paths are listed and their registries are parsed.
    ///
    /// `old` is the tip before the push, if there was one.
    pub(super) fn assert(
        &self,
        repo: &Repo,
        commits: &[Listed],
        old: Option<CommitId>,
    ) -> CommandResult<()> {
        let (mut counted, mut sizes) = (HashMap::new(), HashSet::new());
        for commit in commits {
            let id = commit.id.short();
            let size = repo.tree_size(commit.tree, &mut counted)?;
            let (most, most_bytes) = (self.files, self.files.saturating_mul(PATH_BYTES));
            let excess = match (size.entries > most, size.path_bytes > most_bytes) {
                (true, _) => Some(format!("{most} files and directories")),
                (false, true) => Some(format!("{most_bytes} bytes of paths")),
                (false, false) => None,
            };
            if let Some(excess) = excess {
                return Err(CommandError::new(format!("commit {id} has more than {excess}"))
                    .hint(format!("to allow more, on the server: git config {FILES} <number>")));
            }
            if let Some(blob) = registry_blob(repo, commit.tree)?.filter(|blob| sizes.insert(*blob))
            {
                let base = old.or_else(|| commit.parents.first().copied());
                self.assert_registry(repo, &id, blob).map_err(|oversized| match oversized {
                    OversizedRegistry::Limit(error) => error,
                    OversizedRegistry::Form(error) => error.hint(in_canonical_form(base)),
                })?;
            }
        }
        Ok(())
    }

    fn assert_registry(
        &self,
        repo: &Repo,
        id: &str,
        blob: BlobId,
    ) -> Result<(), OversizedRegistry> {
        let size = repo.blob_size(blob).unwrap_or_default();
        if size > self.registry {
            let most = self.registry;
            let message = format!("the registry of commit {id} has {size} bytes, more than {most}");
            let hint = format!("to allow more, on the server: git config {REGISTRY} <bytes>");
            return Err(OversizedRegistry::Limit(CommandError::new(message).hint(hint)));
        }
        if size <= LARGE {
            return Ok(());
        }
        // What is wrong with a registry that cannot be read is a finding.
        let Ok(stored) = read_registry(repo, Entry { mode: Mode::Regular, blob }) else {
            return Ok(());
        };
        let canonical = stored.registry.format().len() as u64;
        if size / FACTOR <= canonical {
            return Ok(());
        }
        Err(OversizedRegistry::Form(CommandError::new(format!(
            "the registry of commit {id} has {size} bytes, {canonical} in canonical form"
        ))))
    }
}

/// Why a registry is refused for its size.
enum OversizedRegistry {
    /// It is over the limit.
    Limit(CommandError),
    /// It is much longer than in canonical form.
    Form(CommandError),
}

/// Returns how to replace the commits after `base` by one with a registry in canonical form: a further
/// commit would leave the long one in the push.
fn in_canonical_form(base: Option<CommitId>) -> String {
    match base {
        Some(base) => format!(
            "replace the pushed commits by one with a registry in canonical form, then push again: git reset --soft {} && idhooks doctor --fix && git commit",
            base.short()
        ),
        None => "replace the pushed commits by one with a registry in canonical form, then push again: idhooks doctor --fix".to_owned(),
    }
}
