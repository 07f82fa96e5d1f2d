//! `idhooks migrate status`: where the migration is.

use std::path::Path;

use clap::Args;
use idhooks_core::legacy::LegacyState;
use idhooks_core::plan::migration::{MigrationPhase, MigrationStatus};
use idhooks_core::registry::Timestamp;
use idhooks_repo::git::Repo;
use serde::Serialize;

use crate::commands::dual_write::compared::{ComparedFile, name};
use crate::commands::revision_args::RevisionArgs;
use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui, count, json::document};

use super::context::MigrationContext;
use super::report::{in_step_by, next};

/// Print the phase of the migration, the state of both files, and the last step
///
/// The phase is that of HEAD. The last step is that of this clone; while it is under way, or after it was
/// interrupted, its progress is shown.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks migrate status
  idhooks migrate status --format json")]
pub(super) struct StatusOfMigration {
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// The document of `migrate status`.
#[derive(Serialize)]
struct MigrationState {
    phase: MigrationPhase,
    path: Option<String>,
    format: Option<&'static str>,
    /// The legacy file beside the registry, while both are written.
    state: Option<&'static str>,
    records: Option<usize>,
    progress: f64,
    last_step: Option<LastStep>,
}

/// The last step in this clone.
#[derive(Serialize)]
struct LastStep {
    from: MigrationPhase,
    to: MigrationPhase,
    started_at: Timestamp,
    finished_at: Option<Timestamp>,
    records: usize,
    processed: usize,
    converted: usize,
    unchanged: usize,
    skipped: usize,
}

impl StatusOfMigration {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open(dir)?;
        let context = MigrationContext::of(&repo)?;
        let head = RevisionArgs::at("HEAD");
        let view = head.view(&repo)?;
        let registry = head.registry(&view);
        let compared = match &registry {
            Ok(state) if context.phase.is_dual() => {
                ComparedFile::of(&repo, &view.tree, &state.registry)?
            }
            _ => None,
        };
        let status = MigrationStatus { phase: context.phase, run: context.run.clone() };
        let rules = context.rules.as_ref();
        let state = MigrationState {
            phase: context.phase,
            path: rules.map(|rules| rules.legacy.to_string()),
            format: rules.map(|rules| rules.format.as_str()),
            state: compared.as_ref().map(|compared| name(&compared.state)),
            records: view.registry().map(|registry| registry.allocations.len()),
            progress: status.progress(),
            last_step: status.run.map(|run| LastStep {
                from: run.from,
                to: run.to,
                started_at: run.started_at,
                finished_at: run.finished_at,
                records: run.records,
                processed: run.processed,
                converted: run.converted,
                unchanged: run.unchanged,
                skipped: run.skipped,
            }),
        };
        match self.format {
            Format::Json => ui.data(&document(&state)),
            Format::Text => show(ui, &state, compared.map(|compared| compared.state).as_ref()),
        }
        // The phase and an interrupted step are known even so, and they are what helps here.
        if let Err(error) = &registry
            && context.phase.is_dual()
        {
            ui.warning(&error.message);
            ui.hint(
                "to rebuild the registry from the legacy file: idhooks migrate run --from legacy",
            );
        }
        Ok(Exit::Fine)
    }
}

fn show(ui: &mut Ui, state: &MigrationState, legacy: Option<&LegacyState>) {
    let mut rows = vec![["phase".to_owned(), state.phase.to_string()]];
    if let (Some(path), Some(format)) = (&state.path, state.format) {
        rows.push(["legacy file".to_owned(), format!("{path} ({format})")]);
    }
    if let Some(word) = state.state {
        rows.push(["state".to_owned(), word.replace('_', " ")]);
    }
    if let Some(records) = state.records {
        rows.push(["registry".to_owned(), count(records, "record", "records")]);
    }
    if let Some(step) = &state.last_step {
        let when = match step.finished_at {
            Some(at) => format!("made at {at}"),
            None => format!(
                "under way or interrupted: {} of {}; complete it with 'idhooks migrate run --resume', or undo it with 'idhooks migrate rollback'",
                step.processed,
                count(step.records, "record", "records")
            ),
        };
        rows.push(["last step".to_owned(), format!("{} -> {}, {when}", step.from, step.to)]);
    }
    // While a step is interrupted, that row says what comes next.
    let is_interrupted = state.last_step.as_ref().is_some_and(|step| step.finished_at.is_none());
    let next = match legacy {
        None | Some(LegacyState::InStep) => next(state.phase),
        Some(LegacyState::Differs(_)) => Some(in_step_by(state.phase, true)),
        Some(_) => Some(in_step_by(state.phase, false)),
    };
    let next = next.filter(|_| !is_interrupted);
    rows.extend(next.map(|next| ["next".to_owned(), next.to_owned()]));
    ui.table(rows);
}
