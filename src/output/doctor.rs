//! Formats the findings and fixes of `idhooks doctor`.

use idhooks_ops::{DoctorLevel, DoctorLine};
use serde::Serialize;

use super::{Ui, count};

/// The state of a clone, and the fixes made in it.
#[derive(Serialize)]
pub struct DoctorReport {
    /// Whether this was a dry run, which changes nothing.
    pub dry_run: bool,
    /// The fixes that were made, or that a real run would make.
    pub fixed: Vec<String>,
    /// The results of all checks.
    pub lines: Vec<DoctorLine>,
}

impl DoctorReport {
    /// Returns the number of lines with this level.
    pub fn number_of(&self, level: DoctorLevel) -> usize {
        self.lines.iter().filter(|line| line.level == level).count()
    }

    /// Prints the report as text.
    pub fn show(&self, ui: &mut Ui) {
        let word = if self.dry_run { "would fix" } else { "fixed" };
        ui.lines(self.fixed.iter().map(|what| format!("{word}: {what}")));
        ui.table(self.lines.iter().flat_map(rows));
        let errors = count(self.number_of(DoctorLevel::Error), "error", "errors");
        let warnings = count(self.number_of(DoctorLevel::Warning), "warning", "warnings");
        ui.status(&format!("{errors}, {warnings}"));
    }
}

fn rows(line: &DoctorLine) -> Vec<[String; 3]> {
    let row = [line.level.as_str(), line.check, &line.message].map(str::to_owned);
    let help = line.help.iter().map(|help| ["", "", &format!("-> {help}")].map(str::to_owned));
    std::iter::once(row).chain(help).collect()
}
