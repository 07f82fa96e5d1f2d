//! `idhooks registry`: the hash of the registry.

use std::path::Path;

use clap::{Args, Subcommand};
use idhooks_core::registry::{REGISTRY_PATH, Registry, RepoPath};
use idhooks_ops::not_adopted;
use idhooks_repo::{git::Repo, state::StateError};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;

/// Print a hash that identifies the registry
///
/// Two registries with the same content have the same hash, however they are formatted.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks registry hash
  idhooks patch apply ops.json --registry-hash \"$(idhooks registry hash)\"")]
pub(super) struct RegistryArgs {
    #[command(subcommand)]
    action: RegistryAction,
}

#[derive(Debug, Subcommand)]
enum RegistryAction {
    /// Print the SHA-256 of the registry in the working tree, in canonical form
    #[command(after_help = "\
Examples:
  idhooks registry hash
  idhooks patch apply ops.json --registry-hash \"$(idhooks registry hash)\"")]
    Hash,
}

impl RegistryArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        match self.action {
            RegistryAction::Hash => ui.line(&working(&Repo::open(dir)?)?.hash()),
        }
        Ok(Exit::Fine)
    }
}

/// Reads the registry in the working tree, or the one in the index if a sparse checkout excludes it.
///
/// # Errors
/// Returns an error if there is no registry, or if it cannot be read.
pub(super) fn working(repo: &Repo) -> CommandResult<Registry> {
    let bytes = match repo.read_working(REGISTRY_PATH)? {
        Some(bytes) => bytes,
        None => {
            let index = repo.index(&repo.index_file())?;
            let entry = index.tree.get(&RepoPath::registry()).ok_or_else(|| not_adopted(repo))?;
            if !index.skipped.has_registry() {
                return Err(CommandError::new(format!(
                    "the working tree has no '{REGISTRY_PATH}'"
                ))
                .hint(format!("restore it: git restore --worktree {REGISTRY_PATH}")));
            }
            repo.blob(entry.blob)?
        }
    };
    Ok(Registry::parse(&bytes).map_err(StateError::from)?)
}
