//! `idhooks patch`: applies a patch from another program.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use idhooks_ops::{
    LARGEST_PATCH, Patch, PatchOutcome, PatchReport, apply_patch, is_hash, open_to_change,
    roll_back_patch,
};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Format, Ui, count, json};
use crate::tables::read_typed;

/// Apply another program's registry changes, all or none
///
/// A patch is a JSON document whose 'changes' list the fields to write for each identity, or whose
/// 'operations' add, update and delete; see 'idhooks schema patch'. A patch with a registry_hash is
/// applied only if 'idhooks registry hash' still prints that hash.
///
/// 'patch.writable' in idhooks.toml lists the fields that patches may write; fields that define an
/// identity are never writable. 'idhooks patch rollback' undoes an applied patch.
#[derive(Debug, Args)]
#[command(after_help = r#"Examples:
  idhooks patch preview owners.json
  echo '{"changes":{"0110073814260118":{"metadata":{"owner":"ann"}}}}' |
    idhooks patch apply -
  idhooks patch apply owners.json --registry-hash "$(idhooks registry hash)"

Exit code: 0 applied; 1 stale: the registry has changed since you read it; read it again and retry; 2 the patch is invalid. With 1 and 2, nothing was changed"#)]
pub(super) struct PatchArgs {
    #[command(subcommand)]
    action: PatchAction,
}

#[derive(Debug, Subcommand)]
enum PatchAction {
    /// Apply a patch, atomically
    #[command(after_help = r#"Examples:
  idhooks patch apply owners.json --source crm --reason 'new owners'
  idhooks patch apply owners.json --registry-hash "$(idhooks registry hash)"

Exit code: 0 applied; 1 stale: the registry has changed since you read it; 2 the patch is invalid. With 1 and 2, nothing was changed"#)]
    Apply {
        #[command(flatten)]
        input: PatchInput,
        /// Show what would change; change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Show what a patch would change; change nothing
    #[command(after_help = "\
Examples:
  idhooks patch preview owners.json
  idhooks patch preview - --format json < owners.json")]
    Preview {
        #[command(flatten)]
        input: PatchInput,
    },
    Rollback(PatchRollback),
}

#[derive(Debug, Args)]
struct PatchInput {
    /// Patch to read; '-' reads standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Hash that the registry must have, if the patch does not contain it
    #[arg(long, value_name = "SHA256")]
    registry_hash: Option<String>,
    /// Sender of the patch, if the patch does not name it
    #[arg(long, value_name = "TEXT")]
    source: Option<String>,
    /// Reason to record for deprecated identities, if the patch has none
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// Undo one applied patch
///
/// Restores the fields that the patch wrote, even if it was committed; later changes to other
/// fields and records are kept. Nothing is changed if a later change depends on the patch, because
/// it wrote the same fields again or committed an identity that the patch moved. 'idhooks patch
/// apply' and 'idhooks audit tail' print the id of a patch. Each clone keeps its last 100 patches.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks patch rollback 3f2a91c04b12 --dry-run
  idhooks patch rollback 3f2a91c04b12

Exit code: 0 undone; 2 a later change depends on the patch, or there is no such patch. With 2, nothing was changed")]
struct PatchRollback {
    /// Patch id, or its first digits (4 or more)
    #[arg(value_name = "PATCH")]
    patch: String,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl PatchArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        match self.action {
            PatchAction::Apply { input, dry_run } => input.apply(ui, dir, dry_run),
            PatchAction::Preview { input } => input.apply(ui, dir, true),
            PatchAction::Rollback(rollback) => rollback.run(ui, dir),
        }
    }
}

impl PatchInput {
    fn apply(&self, ui: &mut Ui, dir: &Path, is_preview: bool) -> CommandResult<Exit> {
        let bytes = read_typed(dir, &self.file, LARGEST_PATCH).map_err(|error| {
            CommandError::new(format!("cannot read '{}'", self.file.display()))
                .because(&error)
                .hint("name a JSON file, or '-' for standard input")
        })?;
        // All faults in a patch are collected, so that its author can fix them all at once.
        let mut patch = match Patch::read(&bytes) {
            Ok(patch) => patch,
            Err(faults) => {
                let refused = PatchReport::new(PatchOutcome::Refused, None);
                return Ok(self.refuse(ui, &PatchReport { faults, ..refused }));
            }
        };
        self.complete(&mut patch)?;
        let report = apply_patch(ui, &open_to_change(dir)?, &patch, is_preview)?;
        match report.outcome {
            PatchOutcome::Refused => return Ok(self.refuse(ui, &report)),
            // The exit code is 1 rather than 2: the patch is well-formed, and the program only has
            // to read the registry again.
            PatchOutcome::Stale => {
                show(ui, self.format, &report);
                let hash = report.registry_hash.unwrap_or_default();
                let wanted = patch.registry_hash.unwrap_or_default();
                ui.error(&format!(
                    "the patch is stale: the hash of the registry is {hash}, not {wanted}"
                ));
                ui.hint(
                    "create the patch again from the current registry: idhooks list --format json",
                );
                return Ok(Exit::Findings);
            }
            _ => show(ui, self.format, &report),
        }
        if let Some(id) = report.patch_id {
            ui.status(&format!("to undo this patch: idhooks patch rollback {id}"));
        }
        if report.edits.is_empty() {
            ui.status("nothing to change");
        }
        Ok(Exit::Fine)
    }

    /// Adds the command-line options to a patch.
    fn complete(&self, patch: &mut Patch) -> CommandResult<()> {
        if self.registry_hash.as_deref().is_some_and(|hash| !is_hash(hash)) {
            return Err(CommandError::new("the value of --registry-hash is not a registry hash")
                .hint("use the output of: idhooks registry hash"));
        }
        for (own, given, name) in [
            (&mut patch.registry_hash, &self.registry_hash, "registry_hash"),
            (&mut patch.source, &self.source, "source"),
            (&mut patch.reason, &self.reason, "reason"),
        ] {
            // Neither value may silently win: the hash decides whether the patch applies, and the
            // audit log records the source and the reason.
            if own.is_some() && given.is_some() && own != given {
                return Err(CommandError::new(format!("the patch has a different {name}"))
                    .hint("remove it from the patch or from the command line"));
            }
            if own.is_none() {
                own.clone_from(given);
            }
        }
        Ok(())
    }

    /// Reports all faults in the patch.
    fn refuse(&self, ui: &mut Ui, refused: &PatchReport) -> Exit {
        show(ui, self.format, refused);
        let faults = &refused.faults;
        let places = count(faults.len(), "fault", "faults");
        ui.error(&format!("cannot apply '{}': {places}", self.file.display()));
        faults.iter().for_each(|fault| ui.cause(&fault.to_string()));
        ui.hint("nothing was changed; the format of a patch: idhooks schema patch");
        Exit::Environment
    }
}

impl PatchRollback {
    fn run(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let report = roll_back_patch(ui, &open_to_change(dir)?, &self.patch, self.dry_run)?;
        show(ui, self.format, &report);
        let (id, records) =
            (report.patch_id.unwrap_or_default(), count(report.restored, "record", "records"));
        ui.status(&match self.dry_run {
            true => format!("would undo the patch {id}: {records} to restore"),
            false => format!("undid the patch {id}: {records} restored"),
        });
        Ok(Exit::Fine)
    }
}

/// Prints the result of applying or undoing a patch.
fn show(ui: &mut Ui, format: Format, report: &PatchReport) {
    match format {
        Format::Json => ui.data(&json::document(report)),
        Format::Text => ui.lines(&report.edits),
    }
}
