//! `idhooks patch`: what another program wants to have changed.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::{Format, PatchReport, Ui, count};
use crate::plan::RegistryEvent;
use crate::plan::patch::{LARGEST, Patch, PatchFault, Setting, is_hash};
use crate::registry::RepoPath;
use crate::transaction::now;

use super::audit::recorder;
use super::file_or_stdin::read_typed;
use super::registry::working;
use super::transaction::RegistryTransaction;
use super::transaction::writer::Writer;

/// Have another program change records, all that it wants or nothing
///
/// A patch is JSON: 'changes' (by identity, what to write), 'operations' (add, update, delete,
/// upsert), a JSON Patch (RFC 6902) or a merge patch (RFC 7386). 'idhooks schema patch' prints
/// what each looks like. With a registry_hash it is applied only if 'idhooks registry hash' still
/// prints that one.
///
/// What may be written is said by 'patch.writable' in idhooks.toml. No patch writes what makes an
/// identity what it is. To delete a record is to deprecate it, for none is ever removed; to add
/// one is to give a file of the index an identity.
#[derive(Debug, Args)]
#[command(after_help = r#"Examples:
  idhooks patch preview owners.json
  echo '{"changes":{"0110073814260118":{"metadata":{"owner":"ann"}}}}' | idhooks patch apply -
  idhooks patch apply ops.json --registry-hash "$(idhooks registry hash)" --format json

Exit code: 0 applied; 1 stale: the registry is another one by now, or a 'test' failed; 2 something is
wrong with the patch. Where it is not 0, nothing was changed"#)]
pub(super) struct PatchArgs {
    #[command(subcommand)]
    action: PatchAction,
}

#[derive(Debug, Subcommand)]
enum PatchAction {
    /// Do what a patch wants
    Apply {
        #[command(flatten)]
        input: PatchInput,
        /// Show what would be done, and do nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Show what a patch would do, and do nothing
    Preview {
        #[command(flatten)]
        input: PatchInput,
    },
}

#[derive(Debug, Args)]
struct PatchInput {
    /// The patch; '-' is the standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The hash that the registry must have, where the patch does not say it
    #[arg(long, value_name = "SHA256")]
    registry_hash: Option<String>,
    /// Who sends the patch, where it does not say so
    #[arg(long, value_name = "TEXT")]
    source: Option<String>,
    /// Why, where the patch does not say so; what it ends is deprecated for this reason
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Form of the report
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl PatchArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        let (input, is_preview) = match self.action {
            PatchAction::Apply { input, dry_run } => (input, dry_run),
            PatchAction::Preview { input } => (input, true),
        };
        let patch = match input.read(dir)? {
            Ok(patch) => patch,
            Err(faults) => return Ok(input.refuse(ui, None, &faults)),
        };
        let writer = Writer::open(dir, "patch")?;
        writer.work(ui, |ui, transaction| input.work(ui, transaction, &patch, is_preview))
    }
}

impl PatchInput {
    /// Reads the patch, and adds to it what the command line says.
    fn read(&self, dir: &Path) -> Result<Result<Patch, Vec<PatchFault>>, CommandError> {
        let bytes = read_typed(dir, &self.file, LARGEST).map_err(|error| {
            CommandError::new(format!("cannot read '{}'", self.file.display()))
                .because(&error)
                .hint("name a JSON file, or '-' for the standard input")
        })?;
        let mut patch = match Patch::read(&bytes) {
            Ok(patch) => patch,
            Err(faults) => return Ok(Err(faults)),
        };
        if self.registry_hash.as_deref().is_some_and(|hash| !is_hash(hash)) {
            return Err(CommandError::new("--registry-hash is no hash of a registry")
                .hint("take what this prints: idhooks registry hash"));
        }
        for (said, told, name) in [
            (&mut patch.registry_hash, &self.registry_hash, "registry_hash"),
            (&mut patch.source, &self.source, "source"),
            (&mut patch.reason, &self.reason, "reason"),
        ] {
            if said.is_some() && told.is_some() && said != told {
                return Err(CommandError::new(format!("the patch has another {name}"))
                    .hint("leave it out of the patch, or out of the command line"));
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
    ) -> Result<Exit, CommandError> {
        let hash = working(transaction.repo)?.hash();
        if let Some(wanted) = patch.registry_hash.as_ref().filter(|wanted| **wanted != hash) {
            return Ok(self.tell_stale(ui, wanted, &hash));
        }
        let blob = |path: &RepoPath| {
            let is_open = transaction.has_file(path) && transaction.config.tracks(path);
            transaction.entry(path).filter(|_| is_open).map(|entry| entry.blob)
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
        if !is_preview {
            transaction.write(ui, &after)?;
        }
        let deeds = RegistryEvent::between(transaction.registry(), &after);
        let hash = if is_preview { hash } else { self.note(ui, transaction, patch, &hash)? };
        self.report(ui, if is_preview { "preview" } else { "applied" }, Some(&hash), &deeds, &[]);
        if deeds.is_empty() {
            ui.status("the registry says so already");
        }
        Ok(Exit::Fine)
    }

    /// Notes that the patch was applied to the registry with this hash, and returns that of today.
    fn note(
        &self,
        ui: &mut Ui,
        transaction: &RegistryTransaction<'_>,
        patch: &Patch,
        before: &str,
    ) -> Result<String, CommandError> {
        let after = working(transaction.repo)?.hash();
        let facts = [
            ("source", patch.source.as_deref()),
            ("reason", patch.reason.as_deref()),
            ("old", Some(before)),
            ("new", Some(&after)),
        ];
        recorder::note(ui, transaction.repo, "patch", &facts);
        Ok(after)
    }

    /// Says which registry the patch was not made for.
    fn tell_stale(&self, ui: &mut Ui, wanted: &str, hash: &str) -> Exit {
        self.report(ui, "stale", Some(hash), &[], &[]);
        ui.error(&format!("the patch is stale: the registry is {hash} by now, not {wanted}"));
        ui.hint("make it anew from the registry as it is: idhooks list --format json");
        Exit::Findings
    }

    /// Says all that is wrong with the patch.
    fn refuse(&self, ui: &mut Ui, hash: Option<&str>, faults: &[PatchFault]) -> Exit {
        self.report(ui, "refused", hash, &[], faults);
        let places = count(faults.len(), "place", "places");
        ui.error(&format!("'{}' cannot be applied, in {places}", self.file.display()));
        for fault in faults {
            ui.cause(&fault.to_string());
        }
        let is_stale = faults.iter().all(|fault| fault.is_failed_test);
        ui.hint(if is_stale {
            "make the patch anew from the registry as it is: idhooks list --format json"
        } else {
            "nothing was changed; what a patch looks like: idhooks schema patch"
        });
        if is_stale { Exit::Findings } else { Exit::Environment }
    }

    fn report(
        &self,
        ui: &mut Ui,
        outcome: &'static str,
        registry_hash: Option<&str>,
        deeds: &[RegistryEvent],
        faults: &[PatchFault],
    ) {
        match self.format {
            Format::Json => {
                ui.data(&PatchReport { outcome, registry_hash, deeds, faults }.json());
            }
            Format::Text => deeds.iter().for_each(|deed| ui.line(&deed.to_string())),
        }
    }
}
