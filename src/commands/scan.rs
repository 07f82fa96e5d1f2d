//! `idhooks scan`: lists all files below a directory with their identities.

use std::path::{Path, PathBuf};

use crate::tables::RawArgs;
use clap::Args;
use idhooks_ops::{
    HERE, OpsError, Repo, ScanFacts, ScanOptions, ScanReport, enter, resolve_path, scan,
};

use crate::error::{CommandError, CommandResult, Exit, no_directory};
use crate::output::{Ui, cell_text, count, json};

use super::value_parsers::choice;

/// List the files below a directory with identities, as CSV or JSON
///
/// Prints one row per file with its path, size, dates, content hash and identity, and the identity
/// it would get. The rows are sorted by path, so that you can compare two scans. Untracked files
/// that git ignores are skipped. A file that cannot be read is listed with its error. Only
/// --allocate-ids changes anything.
///
/// 'planned_id' is the identity that 'idhooks allocate' would assign if you staged all files that
/// need one and allocated in path order. Invalid UTF-8 is shown as U+FFFD.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks scan > files.csv        every file below the current directory
  idhooks scan --json docs        a directory, as JSON
  idhooks scan --with class       also show class and kind
  idhooks scan --allocate-ids     allocate missing identities first

Exit code: 0 all files were read; 1 a file could not be read, or a counter is full; 2 an error")]
pub(super) struct ScanArgs {
    /// Directory to scan [default: the current one]
    #[arg(value_name = "DIR")]
    place: Option<PathBuf>,
    /// Print CSV (default)
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    raw: RawArgs,
    /// Add columns
    #[arg(long, value_delimiter = ',', value_name = "FACTS", value_parser = choice(ScanFacts::ALL, ScanFacts::as_str, Some(ScanFacts::help)))]
    with: Vec<ScanFacts>,
    /// Allocate identities for files in the index that need one, like 'idhooks allocate'
    #[arg(long)]
    allocate_ids: bool,
}

impl ScanArgs {
    pub(super) fn run(self, ui: &mut Ui, _: &Path) -> CommandResult<Exit> {
        if let Some(dir) = &self.place {
            enter(dir).map_err(|error| no_directory(dir, &error))?;
        }
        let here = Path::new(HERE);
        let repo = Repo::open(here)?.synced();
        let root = std::path::absolute(here)
            // The column of absolute paths must not depend on how the directory was named, so that
            // two scans can be compared.
            .and_then(|root| resolve_path(&root))
            .map_err(|error| no_directory(here, &error))?;
        let options = ScanOptions { root, facts: self.with, allocate: self.allocate_ids };
        let report = scan(ui, &repo, options).map_err(|error| match error {
            // Only `--allocate-ids` requires a registry; a plain scan also shows what an adoption
            // would do.
            OpsError::NotAdopted(_) => CommandError::new("this repository is not adopted")
                .hint("allocate identities for all tracked files: idhooks init"),
            error => error.into(),
        })?;
        ui.data(&match self.json {
            true => json::document_of("files", &report.rows),
            false => table(&report, self.raw)?,
        });
        if report.unread > 0 {
            let paths = count(report.unread, "path", "paths");
            ui.warning(&format!("{paths} could not be read; see the column 'error'"));
        }
        Ok(if report.is_complete() { Exit::Fine } else { Exit::Findings })
    }
}

/// Returns the rows as CSV.
///
/// # Errors
/// Returns an error if a row cannot be written.
fn table(report: &ScanReport, raw: RawArgs) -> CommandResult<String> {
    raw.csv(&report.columns, report.rows.iter().map(|row| row.values().map(cell_text)))
}
