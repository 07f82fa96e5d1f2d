//! `idhooks doctor`: diagnoses problems in this clone.

use std::path::Path;

use idhooks_ops::{Diagnosis, DoctorLevel};

use crate::commands::watcher;
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{DoctorReport, Format, Ui, json};

/// Diagnose problems in this clone and fix the safe ones
///
/// Checks git, the hooks for each event and the programs they run, the merge driver, attributes,
/// the registry, the kind of repository, its configuration, the environment, permissions, leftover
/// files, and the watcher if it is used. '->' marks the remedy for a problem.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks doctor                  diagnose; change nothing
  idhooks doctor --fix --dry-run  show the fixes
  idhooks doctor --format json    for a bug report or a script

Exit code: 0 no errors; 1 an error prevents idhooks from working here; 2 not a repository")]
pub(super) struct Doctor {
    /// Fix the problems that are safe to fix: the installation, the format of the registry,
    /// permissions, leftovers
    #[arg(long)]
    fix: bool,
    /// With --fix, show what would change; change nothing
    #[arg(long, requires = "fix")]
    dry_run: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl Doctor {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let mut diagnosis = Diagnosis::read(dir)?;
        let mut fixed = Vec::new();
        if self.fix {
            let result = diagnosis.fix(ui, self.dry_run);
            for error in result.errors {
                // If one fix fails, the others must still be tried.
                CommandError::from(error).hint("the report shows what is left to do").show(ui);
            }
            fixed = result.fixed;
            // The diagnosis is repeated, because the report describes the clone after the fixes.
            diagnosis = Diagnosis::read(dir)?;
        }
        let mut lines = diagnosis.lines()?;
        let watch = watcher::facts(&diagnosis.repo)?;
        lines.extend(watch.lines.into_iter().chain(watch.polling));
        let report = DoctorReport { dry_run: self.dry_run, fixed, lines };
        match self.format {
            Format::Json => ui.data(&json::document(&report)),
            Format::Text => report.show(ui),
        }
        Ok(if report.number_of(DoctorLevel::Error) > 0 { Exit::Findings } else { Exit::Fine })
    }
}
