//! `idhooks backup restore`: restores a registry from a backup.

use std::path::Path;

use clap::Args;
use idhooks_core::registry::REGISTRY_PATH;
use idhooks_ops::{
    LostRecords, ReplacedRegistry, RestoreOptions, RestoreReport, RestoredChanges, open_to_change,
    restore_backup,
};

use crate::error::{CommandResult, Exit, report_full};
use crate::output::{Ui, count, report_adoption};

/// Restore a registry from a backup
///
/// Files committed after the backup keep the identities that their commits gave them; the number of
/// records that are not restored for this reason is shown.
///
/// By default, the last backup whose scope is the repository's is restored. If the choice is
/// ambiguous, nothing is restored, and the error lists the ids of the backups. This happens if the
/// repository has no scope yet and the backups have several (a remote may hold backups of several
/// projects), if no path in the last backup is in the index, or if no commit has a registry and an
/// earlier backup has records that the last one lacks.
///
/// If neither the index nor HEAD has a registry, the repository is adopted from the backup: files
/// get their identities back, records whose files are gone are deprecated, and other files get new
/// identities.
///
/// --from first fetches the backups from another repository or from a bundle. They stay in this
/// clone, even after a dry run.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks backup restore 2026-01-31T12:00:00Z --dry-run
  idhooks backup restore 3f2a91c              an id from 'backup list'
  idhooks backup restore --from origin        the last backup that was pushed there

Exit code: 0 restored; 2 an error, and nothing was changed")]
pub(super) struct Restore {
    /// Backup id (or its first characters), or a time, which selects the last backup before it
    /// [default: the last backup]
    #[arg(value_name = "WHEN|ID")]
    which: Option<String>,
    /// First fetch the backups from this remote, URL or bundle
    #[arg(long, value_name = "REMOTE|FILE")]
    from: Option<String>,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl Restore {
    /// Runs the command.
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let Restore { which, from, dry_run: is_dry_run } = self;
        let options = RestoreOptions { which, from, is_dry_run };
        let done = restore_backup(ui, &open_to_change(dir)?, &options);
        match report_full(ui, done)? {
            None => return Ok(Exit::Findings),
            Some(RestoreReport::Adopted(adopted)) => {
                report_adoption(ui, &adopted, ["would restore", "restored"], is_dry_run);
            }
            Some(RestoreReport::Replaced(replaced)) => report(ui, replaced),
        }
        Ok(Exit::Fine)
    }
}

/// Reports the changes, and how many of the backup's records are not restored.
fn report(ui: &mut Ui, replaced: ReplacedRegistry) {
    let ReplacedRegistry { at, changes, records, replaced, unused } = replaced;
    match changes {
        Some(RestoredChanges { edits, gone }) => {
            ui.lines(edits);
            if gone > 0 {
                let records = count(gone, "record was", "records were");
                ui.status(&format!("{records} not in the backup, nor in a commit"));
            }
        }
        // A damaged registry cannot be compared with the backup, yet damage is the usual reason for
        // a restore.
        None => ui.status(&format!("'{REGISTRY_PATH}' in the index could not be read")),
    }
    // Without these counts, a restore that leaves out records would look complete.
    let lost: usize = [&replaced, &unused].into_iter().flatten().map(|lost| lost.count).sum();
    let all = count(records, "record", "records");
    let restored = records - lost;
    ui.status(&format!("as of {at}, updated to the current index: restored {restored} of {all}"));
    let reasons = [
        (replaced, "commits gave their files other identities"),
        (unused, "no commit has them, and their files are not in the index"),
    ];
    for (lost, why) in reasons {
        let Some(LostRecords { count: lost, id, path }) = lost else { continue };
        let number = count(lost, "record was", "records were");
        ui.warning(&format!("{number} not restored, such as {id} for '{path}': {why}"));
    }
}
