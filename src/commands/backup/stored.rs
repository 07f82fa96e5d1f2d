//! Reading backups, and recording what was done with them.

use idhooks_core::plan::EventKind;
use idhooks_core::registry::Registry;
use idhooks_repo::git::{Backup as Kept, Repo};

use crate::commands::audit::recorder;
use crate::error::{CommandError, CommandResult};
use crate::output::Ui;

/// Reads the bytes of a backup, which git verifies by the id of the blob.
pub(super) fn bytes(repo: &Repo, backup: &Kept) -> CommandResult<Vec<u8>> {
    let bytes = repo.blob(backup.blob).map_err(|error| damaged(backup, &error))?;
    let is_same = repo.blob_of(bytes.as_slice(), bytes.len() as u64) == Some(backup.blob);
    if is_same { Ok(bytes) } else { Err(damaged(backup, &"its bytes have changed since")) }
}

/// Parses the registry of a backup, which may already have been damaged when it was backed up.
pub(super) fn parse(backup: &Kept, bytes: &[u8]) -> CommandResult<Registry> {
    let registry = Registry::parse(bytes).map_err(|error| damaged(backup, &error))?;
    let why = "it contains an identity twice";
    if registry.is_consistent() { Ok(registry) } else { Err(damaged(backup, &why)) }
}

fn damaged(backup: &Kept, why: &dyn std::fmt::Display) -> CommandError {
    CommandError::new(format!("the backup of {} cannot be used: {why}", backup.at))
        .hint("list the backups: idhooks backup list")
}

/// Records what was done with a backup.
pub(super) fn log(ui: &mut Ui, repo: &Repo, kind: EventKind, backup: &Kept) {
    let (at, blob) = (backup.at.to_string(), backup.blob.to_string());
    recorder::note(ui, repo, kind, &[("at", Some(&at)), ("blob", Some(&blob))]);
}
