//! `idhooks doctor`: diagnoses problems in this clone.

mod diagnosis;
mod gate;
mod installation;
mod registry;
mod repository;
mod server_hook;
mod shell_script;

use std::path::Path;

use serde::Serialize;

use idhooks_report::{metrics::HealthState, reports::WatchFacts};

use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui, count, json};

use diagnosis::{Diagnosis, DoctorLine, Level, fix, ok, warning};

/// Diagnose problems in this clone and fix the safe ones
///
/// Checks git, the hooks of each event and what runs in them, the merge driver, attributes, the
/// registry, the kind of repository, its configuration, the environment, permissions, leftover files,
/// and the watcher if it is used. After '->' follows what to do.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks doctor                  diagnose; change nothing
  idhooks doctor --fix --dry-run  show what would be fixed
  idhooks doctor --format json    for a bug report or a script

Exit code: 0 idhooks can work here; 1 an error prevents it; 2 not a repository")]
pub(super) struct Doctor {
    /// Fix what is safe: the installation, the form of the registry, permissions, leftovers
    #[arg(long)]
    fix: bool,
    /// With --fix: show what would change; change nothing
    #[arg(long, requires = "fix")]
    dry_run: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

#[derive(Serialize)]
struct DoctorReport {
    dry_run: bool,
    fixed: Vec<String>,
    lines: Vec<DoctorLine>,
}

impl Doctor {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let mut diagnosis = Diagnosis::read(dir)?;
        let mut fixed = Vec::new();
        if self.fix {
            fixed = fix(&diagnosis, ui, self.dry_run);
            diagnosis = Diagnosis::read(dir)?;
        }
        let report = DoctorReport { dry_run: self.dry_run, fixed, lines: lines(&diagnosis)? };
        match self.format {
            Format::Json => ui.data(&json::document(&report)),
            Format::Text => report.show(ui),
        }
        Ok(if report.number_of(Level::Error) > 0 { Exit::Findings } else { Exit::Fine })
    }
}

impl DoctorReport {
    fn number_of(&self, level: Level) -> usize {
        self.lines.iter().filter(|line| line.level == level).count()
    }

    fn show(&self, ui: &mut Ui) {
        let word = if self.dry_run { "would fix" } else { "fixed" };
        ui.lines(self.fixed.iter().map(|what| format!("{word}: {what}")));
        ui.table(self.lines.iter().flat_map(DoctorLine::rows));
        let errors = count(self.number_of(Level::Error), "error", "errors");
        let warnings = count(self.number_of(Level::Warning), "warning", "warnings");
        ui.status(&format!("{errors}, {warnings}"));
    }
}

/// Returns the lines of the watcher and of its queue, if they are used here.
fn watcher(diagnosis: &Diagnosis) -> CommandResult<Vec<DoctorLine>> {
    let facts = WatchFacts::of(&diagnosis.repo)?;
    let mut lines: Vec<DoctorLine> = Vec::new();
    for health in facts.health() {
        let line = match health.state {
            HealthState::Ok => ok(health.detail),
            _ => warning(health.detail),
        };
        let line = health.help.into_iter().fold(line, DoctorLine::help);
        lines.push(line.of(health.name));
    }
    if let Some(why) = facts.polling() {
        let line = warning(format!("all files are compared again and again: {why}"));
        let help = "allow more watches: sysctl fs.inotify.max_user_watches=1048576, then idhooks watch restart";
        lines.push(line.help(help).of("watcher"));
    }
    Ok(lines)
}

/// Returns the lines of all checks.
fn lines(diagnosis: &Diagnosis) -> CommandResult<Vec<DoctorLine>> {
    let mut lines = repository::lines(diagnosis);
    lines.extend(installation::lines(diagnosis)?);
    lines.extend(registry::lines(diagnosis)?);
    lines.extend(repository::settings(diagnosis));
    lines.push(repository::permissions(diagnosis));
    lines.extend(repository::leftovers(diagnosis));
    lines.extend(watcher(diagnosis)?);
    Ok(lines)
}
