//! `idhooks patch`: apply a patch from another program.

mod report;
mod rollback;

use std::path::{Path, PathBuf};

use crate::tables::read_typed;
use clap::{Args, Subcommand};
use idhooks_core::plan::patch::{AppliedPatch, LARGEST, Patch, PatchFault, Setting, is_hash};
use idhooks_core::plan::{Edit, EventKind};
use idhooks_core::registry::{Registry, RepoPath};
use idhooks_ops::{Reach, RegistryTransaction, Writer, note_event, open_to_change};
use idhooks_repo::git::Repo;
use idhooks_repo::store::{PatchLog, PatchName, WriteCounter};
use idhooks_repo::transaction::{count as count_writes, now};

use crate::error::{CommandError, CommandResult, Exit, PrintingWork};
use crate::output::{Format, Ui, count};

use super::registry::working;
use report::PatchResult;
use rollback::PatchRollback;

/// The hint if the registry has changed since the patch was made.
const STALE: &str = "create the patch again from the current registry: idhooks list --format json";

/// Apply registry changes from another program, all or none
///
/// A patch is a JSON document: 'changes' (by identity, what to write), 'operations' (add, update,
/// delete, upsert), a JSON Patch (RFC 6902) or a merge patch (RFC 7386). 'idhooks schema patch'
/// describes them. If the patch contains a registry_hash, it is only applied if 'idhooks registry
/// hash' still prints that hash.
///
/// 'patch.writable' in idhooks.toml lists the fields that a patch may write; the fields that define an
/// identity are never writable. 'patch rollback' undoes one applied patch. To delete a record means to deprecate it, since records are never
/// removed. To add one means to allocate an identity for a file in the index.
#[derive(Debug, Args)]
#[command(after_help = r#"Examples:
  idhooks patch preview owners.json
  echo '{"changes":{"0110073814260118":{"metadata":{"owner":"ann"}}}}' |
    idhooks patch apply -
  idhooks patch apply ops.json --registry-hash "$(idhooks registry hash)"

Exit code: 0 applied; 1 stale: the registry has changed since you read it, or a 'test' failed; read it again and retry; 2 the patch is invalid. With 1 and 2, nothing was changed"#)]
pub(super) struct PatchArgs {
    #[command(subcommand)]
    action: PatchAction,
}

#[derive(Debug, Subcommand)]
enum PatchAction {
    /// Apply a patch: all of its changes or none
    #[command(after_help = r#"Examples:
  idhooks patch apply owners.json --source crm --reason 'new owners'
  idhooks patch apply ops.json --registry-hash "$(idhooks registry hash)"

Exit code: 0 applied; 1 stale: the registry has changed since you read it, or a 'test' failed; 2 the patch is invalid. With 1 and 2, nothing was changed"#)]
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
  idhooks patch preview - --format json < ops.json")]
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

impl PatchArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let (input, is_preview) = match self.action {
            PatchAction::Apply { input, dry_run } => (input, dry_run),
            PatchAction::Preview { input } => (input, true),
            PatchAction::Rollback(rollback) => return rollback.run(ui, dir),
        };
        let patch = match input.read(dir)? {
            Ok(patch) => patch,
            Err(faults) => return Ok(input.refuse(ui, None, &faults)),
        };
        let repo = open_to_change(dir)?;
        let writer = Writer::open_for(&repo, "patch", Reach::Ids(&patch.ids()))?;
        writer.work(ui, |ui, transaction| input.work(ui, transaction, &patch, is_preview))
    }
}

impl PatchInput {
    /// Reads the patch, and adds the options of the command line to it.
    fn read(&self, dir: &Path) -> CommandResult<Result<Patch, Vec<PatchFault>>> {
        let bytes = read_typed(dir, &self.file, LARGEST).map_err(|error| {
            CommandError::new(format!("cannot read '{}'", self.file.display()))
                .because(&error)
                .hint("name a JSON file, or '-' for standard input")
        })?;
        let mut patch = match Patch::read(&bytes) {
            Ok(patch) => patch,
            Err(faults) => return Ok(Err(faults)),
        };
        if self.registry_hash.as_deref().is_some_and(|hash| !is_hash(hash)) {
            return Err(CommandError::new("--registry-hash is not the hash of a registry")
                .hint("use the output of: idhooks registry hash"));
        }
        for (said, told, name) in [
            (&mut patch.registry_hash, &self.registry_hash, "registry_hash"),
            (&mut patch.source, &self.source, "source"),
            (&mut patch.reason, &self.reason, "reason"),
        ] {
            if said.is_some() && told.is_some() && said != told {
                return Err(CommandError::new(format!("the patch has a different {name}"))
                    .hint("remove it from the patch or from the command line"));
            }
            if said.is_none() {
                said.clone_from(told);
            }
        }
        Ok(Ok(patch))
    }

    fn work(
        &self,
        ui: &mut Ui,
        transaction: &RegistryTransaction<'_>,
        patch: &Patch,
        is_preview: bool,
    ) -> CommandResult<Exit> {
        let mut hash = working(transaction.repo)?.hash();
        if let Some(wanted) = patch.registry_hash.as_ref().filter(|wanted| **wanted != hash) {
            let stale =
                PatchResult { outcome: "stale", registry_hash: Some(&hash), ..Default::default() };
            stale.show(ui, self.format);
            count_writes(transaction.repo, &[WriteCounter::Conflicts]);
            ui.error(&format!(
                "the patch is stale: the hash of the registry is {hash}, not {wanted}"
            ));
            ui.hint(STALE);
            return Ok(Exit::Findings);
        }
        let blob = |path: &RepoPath| {
            transaction.entry(path).filter(|_| transaction.tracks(path)).map(|entry| entry.blob)
        };
        let setting = Setting {
            writable: &transaction.config.writable,
            blob: &blob,
            committed: transaction.committed(),
            now: now(),
        };
        let after = match patch.apply(transaction.registry(), &setting, &mut transaction.assigner())
        {
            Ok(after) => after,
            Err(faults) => return Ok(self.refuse(ui, Some(&hash), &faults)),
        };
        let mut applied = None;
        if !is_preview {
            applied = note_changes(ui, transaction.repo, transaction.registry(), &after);
            transaction.write(ui, &after)?;
            let before = std::mem::replace(&mut hash, working(transaction.repo)?.hash());
            let facts = [
                ("patch", applied.as_ref().map(PatchName::id)),
                ("source", patch.source.as_deref()),
                ("reason", patch.reason.as_deref()),
                ("old_registry_hash", Some(&*before)),
                ("registry_hash", Some(&*hash)),
            ];
            note_event(ui, transaction.repo, EventKind::Patched, &facts);
        }
        let events = Edit::all_between(transaction.registry(), &after);
        let patch_id = applied.as_ref().map(PatchName::id);
        let result = PatchResult {
            outcome: if is_preview { "preview" } else { "applied" },
            patch_id,
            registry_hash: Some(&hash),
            events: &events,
            faults: &[],
        };
        result.show(ui, self.format);
        if let Some(id) = patch_id {
            ui.status(&format!("to undo this patch: idhooks patch rollback {id}"));
        }
        if events.is_empty() {
            ui.status("nothing to change");
        }
        Ok(Exit::Fine)
    }

    /// Reports everything that is wrong with the patch.
    fn refuse(&self, ui: &mut Ui, hash: Option<&str>, faults: &[PatchFault]) -> Exit {
        let refused =
            PatchResult { outcome: "refused", registry_hash: hash, faults, ..Default::default() };
        refused.show(ui, self.format);
        let places = count(faults.len(), "fault", "faults");
        ui.error(&format!("cannot apply '{}': {places}", self.file.display()));
        faults.iter().for_each(|fault| ui.cause(&fault.to_string()));
        let is_stale = faults.iter().all(|fault| fault.is_failed_test);
        let format = "nothing was changed; the format of a patch: idhooks schema patch";
        ui.hint(if is_stale { STALE } else { format });
        if is_stale { Exit::Findings } else { Exit::Environment }
    }
}

/// Keeps what a patch changes, so that it can be undone; returns its name, if it changes anything.
fn note_changes(
    ui: &mut Ui,
    repo: &Repo,
    before: &Registry,
    after: &Registry,
) -> Option<PatchName> {
    let patch = AppliedPatch::between(before, after);
    if patch.after.is_empty() {
        return None;
    }
    let noted = PatchLog::in_dir(&repo.state_dir()).note(after, &patch, now());
    noted.inspect_err(|error| ui.warning(&format!("the patch cannot be undone: {error}"))).ok()
}
