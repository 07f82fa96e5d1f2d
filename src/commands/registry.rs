//! `idhooks registry`: prints the registry's hash.

use std::path::Path;

use clap::{Args, Subcommand};
use idhooks_ops::{Repo, working_registry};

use crate::error::{CommandResult, Exit};
use crate::output::Ui;

/// Print a hash that identifies the registry
///
/// Registries with the same content have the same hash, regardless of formatting.
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
            RegistryAction::Hash => ui.line(&working_registry(&Repo::open(dir)?)?.hash()),
        }
        Ok(Exit::Fine)
    }
}
