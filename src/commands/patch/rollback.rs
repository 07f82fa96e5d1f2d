//! `idhooks patch rollback`: undoes one applied patch.

use std::path::Path;

use clap::Args;
use idhooks_core::plan::patch::{AppliedPatch, UndoContext};
use idhooks_core::plan::{Edit, EventKind};
use idhooks_core::registry::{Id, RepoPath};
use idhooks_ops::{Reach, Writer, note_event, open_to_change};
use idhooks_repo::git::Repo;
use idhooks_repo::store::{PatchLog, PatchName, WriteCounter};
use idhooks_repo::transaction::count as count_writes;

use crate::commands::registry::working;
use crate::error::{CommandError, CommandResult, Exit, PrintingWork};
use crate::output::{Format, Ui, count};

use super::report::PatchResult;

/// The least number of digits of an id.
const LEAST: usize = 4;
/// The number of conflicts that an error lists.
const MAX_LISTED: usize = 20;

/// Undo one applied patch
///
/// The fields that the patch wrote get their former values back, also if it was committed; what was
/// changed since in other fields and other records stays. If a later change depends on the patch, because
/// it changed one of these fields again, or because a commit has an identity that the patch allocated or
/// moved, nothing is changed. 'patch apply' prints the id of a patch; 'idhooks audit tail' shows it, too.
/// This clone keeps the last 100 patches.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks patch rollback 3f2a91c04b12 --dry-run
  idhooks patch rollback 3f2a91c04b12

Exit code: 0 undone; 2 a later change depends on the patch, or there is no such patch. With 2, nothing was changed")]
pub(super) struct PatchRollback {
    /// Id of the patch, or its first digits (4 or more)
    #[arg(value_name = "PATCH")]
    patch: String,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl PatchRollback {
    /// Runs the command.
    pub(super) fn run(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let log = PatchLog::in_dir(&Repo::open_to_read(dir)?.state_dir());
        let name = self.find(&log)?;
        let patch = log.read(&name)?.ok_or_else(|| {
            CommandError::new(format!("what the patch {} changed cannot be read", name.id()))
                .hint("restore the registry before it instead: idhooks backup list")
        })?;
        let ids: Vec<Id> = patch.after.iter().map(|record| record.id).collect();
        let repo = open_to_change(dir)?;
        let writer = Writer::open_for(&repo, "patch", Reach::Ids(&ids))?;
        writer.work(ui, |ui, transaction| {
            let before = transaction.registry();
            let context = UndoContext {
                has_file: &|path: &RepoPath| transaction.tracks(path),
                committed: transaction.committed(),
            };
            let after =
                patch.undo(before, &context).map_err(|conflicts| depends(&name, conflicts))?;
            let events = Edit::all_between(before, &after);
            if !self.dry_run {
                let old_hash = working(transaction.repo)?.hash();
                transaction.write(ui, &after)?;
                log.forget(&name)?;
                note(ui, transaction.repo, &name, &old_hash)?;
            }
            let hash = working(transaction.repo)?.hash();
            let outcome = if self.dry_run { "preview" } else { "undone" };
            let result = PatchResult {
                outcome,
                patch_id: Some(name.id()),
                registry_hash: Some(&hash),
                events: &events,
                faults: &[],
            };
            result.show(ui, self.format);
            let (id, records) = (name.id(), records(&patch));
            ui.status(&match self.dry_run {
                true => format!("would undo the patch {id}: {records} to restore"),
                false => format!("undid the patch {id}: {records} restored"),
            });
            Ok(Exit::Fine)
        })
    }

    /// Finds the patch by its id.
    fn find(&self, log: &PatchLog) -> CommandResult<PatchName> {
        let refused = |what: String| {
            CommandError::new(what).hint("see the ids of applied patches: idhooks audit tail")
        };
        let is_id = self.patch.len() >= LEAST && self.patch.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_id {
            let what = format!("'{}' is not the id of a patch", self.patch);
            return Err(refused(format!("{what}, nor its first {LEAST} digits or more")));
        }
        let typed = self.patch.to_ascii_lowercase();
        let mut named = log.names().into_iter().filter(|name| name.id().starts_with(&typed));
        let one = named.next().ok_or_else(|| {
            refused(format!("this clone has no patch '{typed}' that could be undone"))
        })?;
        if named.next().is_some() {
            return Err(refused(format!("several ids of patches begin with '{typed}'")));
        }
        Ok(one)
    }
}

fn records(patch: &AppliedPatch) -> String {
    count(patch.after.len(), "record", "records")
}

/// Returns the error that later changes depend on a patch.
fn depends(name: &PatchName, mut conflicts: Vec<String>) -> CommandError {
    conflicts.truncate(MAX_LISTED);
    let what = format!("cannot undo the patch {}: later changes depend on it", name.id());
    CommandError { causes: conflicts, ..CommandError::new(what) }.hint(
        "undo these first, or write the values that you want with another patch: idhooks patch apply",
    )
}

/// Records the rollback.
fn note(ui: &mut Ui, repo: &Repo, name: &PatchName, before: &str) -> CommandResult<()> {
    let (undone, hash) = (format!("patch {}", name.id()), working(repo)?.hash());
    let facts = [
        ("undone", Some(&*undone)),
        ("old_registry_hash", Some(before)),
        ("registry_hash", Some(&*hash)),
    ];
    note_event(ui, repo, EventKind::RolledBack, &facts);
    count_writes(repo, &[WriteCounter::Rollbacks]);
    Ok(())
}
