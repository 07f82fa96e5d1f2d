//! `idhooks bridge check`: checks whether a set of identifiers can be migrated.

use std::path::{Path, PathBuf};

use idhooks_code::bridge::MigrationReport;
use serde::Serialize;

use crate::commands::code::config_args::ConfigArgs;
use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui, json};

use super::translate::lines_of;

/// Check that every old identifier has exactly one new one
///
/// Compares two lists, such as the keys in a cache before and after a migration. An old identifier
/// without a new one is orphaned. New identifiers in the same format with the same key are
/// ambiguous: a cleanup could not tell them apart.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks bridge check --legacy old.txt --new new.txt
  idhooks bridge check --legacy old.txt --new new.txt --map ids.jsonl --format json

Exit code: 0 safe to migrate; 1 not safe; 2 an error")]
pub(super) struct CheckMigration {
    /// File with the old identifiers, one per line; '-' reads standard input
    #[arg(long, value_name = "FILE")]
    legacy: PathBuf,
    /// File with the new identifiers, one per line
    #[arg(long, value_name = "FILE")]
    new: PathBuf,
    /// Also use the pairs in this JSON Lines file
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigArgs,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// The report as a JSON document.
#[derive(Serialize)]
struct MigrationDocument<'r> {
    safe_to_migrate: bool,
    issues: Vec<&'static str>,
    #[serde(flatten)]
    report: &'r MigrationReport,
}

impl CheckMigration {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let known = self.config.known_ids(dir, self.map.as_deref())?;
        let (old, new) = (lines_of(dir, &self.legacy)?, lines_of(dir, &self.new)?);
        let report = known.report(&old, &new);
        match self.format {
            Format::Json => ui.data(&json::document(&MigrationDocument {
                safe_to_migrate: report.is_safe(),
                issues: report.issues(),
                report: &report,
            })),
            Format::Text => {
                ui.lines(report.orphaned_resources.iter().map(|id| format!("orphaned: {id}")));
                ui.lines(report.duplicate_mappings.iter().map(|one| {
                    format!("several for {}: {}", one.cleanup_key, one.conflicting_ids.join(", "))
                }));
                let counts = format!(
                    "{} old identifiers: {} translated, {} orphaned, {} ambiguous",
                    old.len(),
                    report.translations.len(),
                    report.orphaned_resources.len(),
                    report.duplicate_mappings.len()
                );
                ui.line(&counts);
                ui.line(if report.is_safe() { "safe to migrate" } else { "not safe to migrate" });
            }
        }
        Ok(if report.is_safe() { Exit::Fine } else { Exit::Findings })
    }
}
