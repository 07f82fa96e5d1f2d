//! `idhooks backup`: creates, lists, verifies and pushes registry backups.

mod restore;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use idhooks_ops::{
    Backup, Repo, VerifiedBackups, create_backup, list_backups, open_to_change, push_backups,
    verify_backups,
};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Format, Ui, count, json, pushed_backups};

use super::output_file::OverwriteArgs;
use restore::Restore;

/// Create, list, verify, push and restore registry backups
///
/// Every command that changes the registry first backs up the old one. All backups from the last 24
/// hours are kept (at most 200), the last one of each day is kept for 30 days, and the last one of
/// each week for a year. Backups are git objects under refs/idhooks/backups, and exist only in this
/// clone until you push them. A committed registry needs no backup, since git keeps it.
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
        /// Also copy the backup to this directory, or copy all backups to this '*.bundle' file
        #[arg(long, value_name = "DIR|FILE")]
        to: Option<PathBuf>,
        #[command(flatten)]
        overwrite: OverwriteArgs,
    },
    /// Check that every backup can be read
    ///
    /// A registry that was already damaged when it was backed up is reported but does not count as
    /// a failure, since its hash proves that the backup has not changed.
    #[command(after_help = "\
Examples:
  idhooks backup verify
  idhooks backup verify || idhooks backup create

Exit code: 0 all can be read; 1 a backup is lost or damaged; 2 an error")]
    Verify,
    /// Push the backups to another repository
    ///
    /// They are pushed to refs of the same names, which belong to no branch and are not fetched by
    /// clones. Backups pushed earlier stay there, even if they are removed here. To get them back,
    /// run 'idhooks backup restore --from REMOTE'.
    #[command(after_help = "\
Examples:
  idhooks backup push origin --dry-run
  idhooks backup push ssh://backup.example.org/srv/registries.git

Exit code: 0 all backups are in the other repository; 2 an error; git prints the refused backups")]
    Push {
        /// Name of a remote, or URL of a repository
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
            BackupAction::List { format } => list(ui, dir, format),
            BackupAction::Create { to, overwrite } => create(ui, dir, to.as_deref(), overwrite),
            BackupAction::Verify => verify(ui, dir),
            BackupAction::Push { remote, dry_run } => {
                let pushed = push_backups(&Repo::open_to_read(dir)?, &remote, dry_run)?;
                ui.report(&pushed_backups(&pushed));
                Ok(Exit::Fine)
            }
            BackupAction::Restore(restore) => restore.run(ui, dir),
        }
    }
}

fn list(ui: &mut Ui, dir: &Path, format: Format) -> CommandResult<Exit> {
    let kept = list_backups(&Repo::open(dir)?)?;
    match format {
        Format::Json => ui.data(&json::document_of("backups", &kept)),
        Format::Text => ui.lines(kept.iter().map(|Backup { at, blob, .. }| format!("{at} {blob}"))),
    }
    Ok(Exit::Fine)
}

fn create(
    ui: &mut Ui,
    dir: &Path,
    to: Option<&Path>,
    overwrite: OverwriteArgs,
) -> CommandResult<Exit> {
    // The file is checked before the backup is made: if it is refused, no unwanted backup may be
    // left behind.
    to.map_or(Ok(()), |to| {
        overwrite.guard(&Repo::open_to_read(dir)?, &dir.join(to), "# v2 git bundle")
    })?;
    create_backup(ui, &open_to_change(dir)?, to)?;
    to.iter().for_each(|to| ui.report(&format!("written to '{}'", to.display())));
    Ok(Exit::Fine)
}

fn verify(ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
    let VerifiedBackups { count: all, unusable } = verify_backups(&Repo::open(dir)?)?;
    let (mut lost, mut unrestorable) = (0, 0);
    for backup in unusable {
        if backup.fault.is_damage() {
            lost += 1;
            CommandError::from(backup).show(ui);
        } else {
            // Commands that repair a damaged registry back it up first: the backup is intact, even
            // though its content is not.
            unrestorable += 1;
            ui.status(&format!("note: damaged when it was backed up: {backup}"));
        }
    }
    let whole = count(all - lost, "backup", "backups");
    let as_it_was = match unrestorable {
        0 => String::new(),
        n => format!("; {n} cannot be restored: damaged when backed up"),
    };
    ui.report(&format!("{whole} of {all} can be read{as_it_was}"));
    // A backup of a registry that was already damaged is not a failure: otherwise, the command
    // would fail for as long as the backup exists.
    Ok(if lost == 0 { Exit::Fine } else { Exit::Findings })
}
