//! `idhooks dual-write verify`.

use std::ffi::OsString;
use std::path::Path;

use clap::Args;
use idhooks_core::check::out_of_step;
use idhooks_core::config::Leading;
use idhooks_core::legacy::{Discrepancy, LegacyState};
use idhooks_core::registry::Id;
use idhooks_repo::git::Repo;
use idhooks_repo::store::{LastRun, RunOutcome, Runs, clock};
use serde::Serialize;

use super::compared::{ComparedFile, name};
use crate::commands::find::id_of;
use crate::commands::revision_args::RevisionArgs;
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Format, Ui, count, json::document};

/// Compare registry and legacy file, field by field
///
/// Without identities, every record that differs is listed; with identities, each of these. Values that
/// only differ in their spelling are equal.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks dual-write verify
  idhooks dual-write verify 0110073814260118 DOC-0001 --rev HEAD --format json

Exit code: 0 in step; 1 there are differences; 2 dual write is not enabled, or another error")]
pub(super) struct VerifyDualWrite {
    /// Identity, or second identity
    #[arg(value_name = "ID")]
    ids: Vec<OsString>,
    #[command(flatten)]
    source: RevisionArgs,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// The document of `dual-write verify`.
#[derive(Serialize)]
struct VerifyReport {
    path: String,
    state: &'static str,
    consistent: bool,
    total: usize,
    records: Vec<VerifiedRecord>,
}

/// What both sides say about a record.
#[derive(Serialize)]
struct VerifiedRecord {
    id: Id,
    consistent: bool,
    error: Option<String>,
    discrepancies: Vec<FieldDifference>,
}

/// A field that differs.
#[derive(Serialize)]
struct FieldDifference {
    field: String,
    new: Option<String>,
    legacy: Option<String>,
}

impl VerifyDualWrite {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let (repo, view) = self.source.open_view(dir)?;
        let not_enabled = |hint| CommandError::new("dual write is not enabled").hint(hint);
        if !view.is_adopted() {
            let begin = "to move here from a legacy file: idhooks migrate plan --from FILE";
            return Err(not_enabled(begin));
        }
        let registry = &self.source.registry(&view)?.registry;
        let compared = ComparedFile::of(&repo, &view.tree, registry)?;
        let compared = compared.filter(ComparedFile::is_enabled).ok_or_else(|| {
            not_enabled(
                "to keep a legacy file in step, set enabled = true in the table [dual_write] of \
                 idhooks.toml",
            )
        })?;
        let ids = self.ids.iter().map(|typed| id_of(registry, typed));
        let records = records(&compared, ids.collect::<CommandResult<_>>()?);
        let consistent = match self.ids.is_empty() {
            true => compared.state == LegacyState::InStep,
            false => records.iter().all(|record| record.consistent),
        };
        if self.ids.is_empty() {
            self.note(&repo, consistent);
        }
        let path = compared.file.path().to_string();
        match self.format {
            Format::Json => {
                let (state, total) = (name(&compared.state), compared.registry.allocations.len());
                let report = VerifyReport { path, state, consistent, total, records };
                ui.data(&document(&report));
            }
            Format::Text => self.print(ui, &compared, &records),
        }
        if consistent {
            return Ok(Exit::Fine);
        }
        ui.hint(match compared.file.rules.leading {
            Leading::Legacy => "to take what changed in the legacy file: commit",
            Leading::Registry => {
                "to derive the legacy file from the registry again: idhooks resolve; then commit"
            }
        });
        Ok(Exit::Findings)
    }

    /// Notes that everything was compared, for the dashboard. Nothing depends on it, so that an error is
    /// ignored.
    fn note(&self, repo: &Repo, consistent: bool) {
        let at = clock::now();
        let outcome = if consistent { RunOutcome::Fine } else { RunOutcome::Findings };
        let run = LastRun { at, outcome, done: Some(at), report: Some(self.source.shown()) };
        let _ = Runs::in_dir(&repo.state_dir()).note_verify(&run);
    }

    fn print(&self, ui: &mut Ui, compared: &ComparedFile<'_>, records: &[VerifiedRecord]) {
        for record in records {
            match &record.error {
                Some(error) => ui.line(&format!("{}: {error}", record.id)),
                None if record.consistent => ui.line(&format!("{}: in step", record.id)),
                None => {}
            }
            let shown = |value: &Option<String>| match value {
                Some(value) => format!("'{value}'"),
                None => "nothing".to_owned(),
            };
            ui.lines(record.discrepancies.iter().map(|one| {
                let (new, legacy) = (shown(&one.new), shown(&one.legacy));
                format!("{}: {}: {new} != {legacy}", record.id, one.field)
            }));
        }
        if !self.ids.is_empty() {
            return;
        }
        if records.is_empty() {
            let findings = out_of_step(&compared.file.rules, &compared.state);
            ui.lines(findings.iter().map(|finding| &finding.message));
        }
        if compared.state == LegacyState::InStep {
            let records = count(compared.registry.allocations.len(), "record", "records");
            ui.status(&format!("in step: {records} in '{}'", compared.file.path()));
        }
    }
}

/// Returns the records that were asked for, or else those that differ.
fn records(compared: &ComparedFile<'_>, mut ids: Vec<Id>) -> Vec<VerifiedRecord> {
    let all: &[Discrepancy] = match &compared.state {
        LegacyState::Differs(all) => all,
        _ => &[],
    };
    if ids.is_empty() {
        ids.extend(all.iter().map(|one| one.id));
        ids.dedup();
    }
    let verified = |id| {
        let of: Vec<&Discrepancy> = all.iter().filter(|one| one.id == id).collect();
        let error = error(compared, id, &of);
        let fields = of.iter().filter(|one| !one.is_of_record());
        let discrepancies = fields.map(|one| FieldDifference {
            field: one.field.clone(),
            new: one.new.clone(),
            legacy: one.legacy.clone(),
        });
        let consistent = of.is_empty() && error.is_none();
        VerifiedRecord { id, consistent, error, discrepancies: discrepancies.collect() }
    };
    ids.into_iter().map(verified).collect()
}

/// Returns why a record cannot be compared.
fn error(compared: &ComparedFile<'_>, id: Id, of: &[&Discrepancy]) -> Option<String> {
    let is_known = compared.registry.allocations.iter().any(|record| record.id == id);
    let is_in_legacy = !of.iter().any(|one| one.is_of_record() && one.new.is_some());
    match &compared.state {
        _ if !is_known => Some("not in the registry".to_owned()),
        LegacyState::Missing => Some("not in the legacy file".to_owned()),
        LegacyState::Conflicted => Some("the legacy file has conflict markers".to_owned()),
        LegacyState::Unreadable(why) => Some(format!("the legacy file cannot be read: {why}")),
        LegacyState::Differs(_) if !compared.file.rules.format.has_records() => {
            Some("the legacy file has another text, and its form has no records".to_owned())
        }
        _ => (!is_in_legacy).then(|| "not in the legacy file".to_owned()),
    }
}
