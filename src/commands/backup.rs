//! `idhooks backup`: backups of the registry, and restoring them.

mod chosen;
mod pushed;
mod restore;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use idhooks_core::plan::EventKind;
use idhooks_core::registry::{BlobId, RepoPath};
use idhooks_ops::{Writer, not_adopted, open_to_change};
use idhooks_repo::git::{Backup as Kept, Repo};
use idhooks_repo::{store::replace_file, transaction::backup::keep};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Format, Ui, count, json};

use super::output_file::OverwriteArgs;
use chosen::{bytes, parse};
pub(super) use pushed::{BackupState, push, without_password};
use restore::{Restore, log};

/// Create, list, verify, push and restore backups of the registry
///
/// Every command that changes the registry first keeps the old one: all of the last 24 hours (at most
/// 200), the last of each day for 30 days, and the last of each week for a year. Backups are git objects
/// under refs/idhooks/backups, in this clone only until you push them. Git itself keeps every registry
/// that was committed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks backup list
  idhooks backup restore 2026-01-31T12:00:00Z --dry-run
  idhooks backup create --to /mnt/safe/registry.bundle
  idhooks backup push origin

Exit code: 0 done; 1 a backup is lost or damaged; 2 an error, and nothing was changed")]
pub(super) struct BackupArgs {
    #[command(subcommand)]
    action: BackupAction,
}

#[derive(Debug, Subcommand)]
enum BackupAction {
    /// List the backups, oldest first
    #[command(after_help = "\
Examples:
  idhooks backup list
  idhooks backup list --format json")]
    List {
        /// Output format
        #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
        format: Format,
    },
    /// Back up the current registry
    #[command(after_help = "\
Examples:
  idhooks backup create
  idhooks backup create --to /mnt/safe/registry.bundle")]
    Create {
        /// Also copy it to this directory, or all backups to this '*.bundle' file
        #[arg(long, value_name = "DIR|FILE")]
        to: Option<PathBuf>,
        #[command(flatten)]
        overwrite: OverwriteArgs,
    },
    /// Check that every backup can be read
    ///
    /// A registry that was already damaged when it was backed up is reported, but is no failure: git
    /// proves that the backup has not changed since.
    #[command(after_help = "\
Examples:
  idhooks backup verify
  idhooks backup verify || idhooks backup create

Exit code: 0 all can be read; 1 a backup is lost or damaged; 2 an error")]
    Verify,
    /// Push the backups to another repository
    ///
    /// They have the same refs there, which no branch and no clone includes. Backups that were pushed
    /// before stay there, even when they are removed here. 'idhooks backup restore --from REMOTE' gets them back.
    #[command(after_help = "\
Examples:
  idhooks backup push origin --dry-run
  idhooks backup push ssh://backup.example.org/srv/registries.git

Exit code: 0 all backups are there; 2 an error: git says which backups were refused")]
    Push {
        /// Name of a remote, or the address of a repository
        #[arg(value_name = "REMOTE")]
        remote: String,
        /// Show what would be pushed; change nothing
        #[arg(long)]
        dry_run: bool,
    },
    Restore(Restore),
}

impl BackupArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        match self.action {
            BackupAction::List { format } => list(ui, &Repo::open(dir)?, format),
            BackupAction::Create { to, overwrite } => create(ui, dir, to.as_deref(), overwrite),
            BackupAction::Verify => verify(ui, &Repo::open(dir)?),
            BackupAction::Push { remote, dry_run } => {
                let pushed = push(&Repo::open_to_read(dir)?, &remote, dry_run)?;
                ui.report(&pushed.to_string());
                Ok(Exit::Fine)
            }
            BackupAction::Restore(restore) => restore.run(ui, dir),
        }
    }
}

fn list(ui: &mut Ui, repo: &Repo, format: Format) -> CommandResult<Exit> {
    let kept = repo.backups()?;
    match format {
        Format::Json => ui.data(&json::document_of("backups", &kept)),
        Format::Text => ui.lines(kept.iter().map(|Kept { at, blob, .. }| format!("{at} {blob}"))),
    }
    Ok(Exit::Fine)
}

/// Backs up the registry of the index, unless the newest backups have it; returns the writer, the entry
/// and the new backups.
fn keep_now<'r>(ui: &mut Ui, repo: &'r Repo) -> CommandResult<(Writer<'r>, BlobId, Vec<Kept>)> {
    let writer = Writer::open(repo, "backup")?;
    let index = repo.index(&repo.index_file())?;
    let Some(entry) = index.tree.get(&RepoPath::registry()) else {
        return Err(not_adopted(repo).into());
    };
    let new = keep(repo, entry.blob, &repo.blob(entry.blob)?)?;
    for backup in &new {
        log(ui, repo, EventKind::BackedUp, backup);
    }
    Ok((writer, entry.blob, new))
}

/// Backs up the registry, if no backup has it, for a timer that pushes the backups.
///
/// # Errors
/// Returns an error if the index has no registry, or if it cannot be backed up.
pub(super) fn create_unattended(ui: &mut Ui, dir: &Path) -> CommandResult<()> {
    keep_now(ui, &open_to_change(dir)?).map(drop)
}

fn create(
    ui: &mut Ui,
    dir: &Path,
    to: Option<&Path>,
    overwrite: OverwriteArgs,
) -> CommandResult<Exit> {
    to.map_or(Ok(()), |to| {
        overwrite.guard(&Repo::open_to_read(dir)?, &dir.join(to), "# v2 git bundle")
    })?;
    let repo = open_to_change(dir)?;
    let (_writer, blob, new) = keep_now(ui, &repo)?;
    if new.is_empty() {
        ui.report(&format!("{blob} is already backed up"));
    }
    new.iter().for_each(|Kept { at, blob, .. }| ui.report(&format!("{at} {blob}")));
    let Some(to) = to else { return Ok(Exit::Fine) };
    let file = dir.join(to);
    if to.extension().is_some_and(|extension| extension == "bundle") {
        repo.bundle_backups(&std::path::absolute(&file).unwrap_or(file))?;
    } else {
        if !file.is_dir() {
            return Err(CommandError::new(format!("'{}' is not a directory", to.display()))
                .hint("create it first, or name a file that ends in '.bundle'"));
        }
        let name = format!("registry-{blob}.json");
        replace_file(&repo.link_guard(), &file.join(name), &repo.blob(blob)?)?;
    }
    ui.report(&format!("written to '{}'", to.display()));
    Ok(Exit::Fine)
}

fn verify(ui: &mut Ui, repo: &Repo) -> CommandResult<Exit> {
    let kept = repo.backups()?;
    let (mut lost, mut unusable) = (0, 0);
    for backup in &kept {
        match bytes(repo, backup).map(|bytes| parse(backup, &bytes)) {
            Err(error) => {
                lost += 1;
                error.show(ui);
            }
            // Commands that repair a damaged registry back it up as it is.
            Ok(Err(error)) => {
                unusable += 1;
                ui.status(&format!("note: damaged when it was backed up: {}", error.message));
            }
            Ok(Ok(_)) => {}
        }
    }
    let whole = count(kept.len() - lost, "backup", "backups");
    let as_it_was = match unusable {
        0 => String::new(),
        n => format!("; {n} cannot be restored: damaged when backed up"),
    };
    ui.report(&format!("{whole} of {} can be read{as_it_was}", kept.len()));
    Ok(if lost == 0 { Exit::Fine } else { Exit::Findings })
}
