//! `idhooks migrate log`: shows the changes that this clone took from the legacy file.

use std::path::Path;

use clap::Args;
use idhooks_ops::{LegacyReport, Repo, migration_log};
use serde::Serialize;

use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui, json::document};

/// Print the changes in the legacy file that this clone took or refused
///
/// While the legacy file leads, commits, merges and rebases take the changes that other programs
/// made to it, and print at most ten lines about them. This command prints all of these changes,
/// newest first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks migrate log
  idhooks migrate log -n 1 --format json")]
pub(super) struct LogOfMigration {
    /// Print only the last N reports
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    number: u32,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// The JSON document that `migrate log` prints.
#[derive(Serialize)]
struct LegacyReports {
    reports: Vec<LegacyReport>,
}

impl LogOfMigration {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let reports = migration_log(&Repo::open(dir)?, self.number as usize)?;
        match self.format {
            Format::Json => ui.data(&document(&LegacyReports { reports })),
            Format::Text if reports.is_empty() => {
                ui.report("this clone has taken nothing from a legacy file");
            }
            Format::Text => {
                for (n, report) in reports.iter().enumerate() {
                    if n > 0 {
                        ui.line("");
                    }
                    show(ui, report);
                }
            }
        }
        Ok(Exit::Fine)
    }
}

fn show(ui: &mut Ui, report: &LegacyReport) {
    let LegacyReport { at, path, left, remarks, taken, others } = report;
    ui.line(&format!("{at}  {path}"));
    for (heading, texts) in [
        ("not taken", left),
        ("new records", remarks),
        ("taken", taken),
        ("other changes of the registry", others),
    ] {
        if !texts.is_empty() {
            ui.line(&format!("  {heading}:"));
            ui.lines(texts.iter().map(|text| format!("    {text}")));
        }
    }
}
