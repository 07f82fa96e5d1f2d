//! `idhooks dual-write`: whether the registry and the legacy file are in step.

pub(super) mod compared;
mod dual_write_state;
mod migration_overview;
mod stats;
mod verify;

use std::path::Path;

use clap::{Args, Subcommand};
use serde::Serialize;

use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui, count, json::document};

use super::revision_args::RevisionArgs;
use compared::{ComparedFile, name};
pub(super) use dual_write_state::DualWriteState;
pub(super) use migration_overview::MigrationFacts;
use stats::StatsOfDualWrite;
use verify::VerifyDualWrite;

/// Show whether the registry and the legacy file are in step
///
/// Where dual_write in idhooks.toml is enabled, every commit that changes the registry also writes a
/// legacy registry file, derived from it. These commands change nothing.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks dual-write status
  idhooks dual-write verify --rev HEAD

Exit code: 0 in step, or not enabled; 1 'verify' found differences; 2 an error")]
pub(super) struct DualWriteArgs {
    #[command(subcommand)]
    action: DualWriteAction,
}

#[derive(Debug, Subcommand)]
enum DualWriteAction {
    Status(StatusOfDualWrite),
    Verify(VerifyDualWrite),
    Stats(StatsOfDualWrite),
}

impl DualWriteArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        match self.action {
            DualWriteAction::Status(status) => status.run(ui, dir),
            DualWriteAction::Verify(verify) => verify.run(ui, dir),
            DualWriteAction::Stats(stats) => stats.run(ui, dir),
        }
    }
}

/// Print the rules of dual write, and the state of the legacy file
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks dual-write status
  idhooks dual-write status --format json")]
struct StatusOfDualWrite {
    #[command(flatten)]
    source: RevisionArgs,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// The document of `dual-write status`.
#[derive(Serialize)]
struct DualWriteStatus {
    enabled: bool,
    written: bool,
    leading: &'static str,
    path: String,
    format: &'static str,
    state: &'static str,
    discrepancies: usize,
}

impl StatusOfDualWrite {
    fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let (repo, view) = self.source.open_view(dir)?;
        let registry = &self.source.registry(&view)?.registry;
        let compared = ComparedFile::of(&repo, &view.tree, registry)?;
        let status = compared.map(|compared| {
            let (file, state) = (&compared.file, &compared.state);
            DualWriteStatus {
                enabled: file.is_checked(),
                written: file.is_written(),
                leading: file.rules.leading.as_str(),
                path: file.path().to_string(),
                format: file.rules.format.as_str(),
                state: name(state),
                discrepancies: compared.discrepancies(),
            }
        });
        match (self.format, &status) {
            (Format::Json, status) => ui.data(&document(&OptionalStatus { dual_write: status })),
            (Format::Text, None) => ui.line("dual write is not enabled"),
            (Format::Text, Some(status)) => ui.table(rows(status)),
        }
        Ok(Exit::Fine)
    }
}

#[derive(Serialize)]
struct OptionalStatus<'s> {
    dual_write: &'s Option<DualWriteStatus>,
}

fn rows(status: &DualWriteStatus) -> [[String; 2]; 4] {
    let enabled = match (status.enabled, status.written) {
        (true, true) => "yes",
        (true, false) => "yes, but the environment switches writing off",
        (false, true) => "no, but the environment switches writing on",
        (false, false) => "no",
    };
    let state = match status.discrepancies {
        0 => status.state.replace('_', " "),
        many => {
            format!("{}: {}", status.state, count(many, "difference", "differences"))
        }
    };
    [
        ["enabled".to_owned(), enabled.to_owned()],
        ["leading".to_owned(), status.leading.to_owned()],
        ["legacy file".to_owned(), format!("{} ({})", status.path, status.format)],
        ["state".to_owned(), state],
    ]
}
