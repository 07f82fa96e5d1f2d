//! `idhooks bridge scan`: counts identifiers in logs, dumps and tables.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use idhooks_code::bridge::{Bridge, ScannedText, Scanner, WrongReference};
use idhooks_ops::json_text;
use serde::Serialize;

use crate::commands::bridge_server::legacy_metrics;
use crate::commands::code::config_args::ConfigArgs;
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Ui, json};

/// Files are read in chunks of this size, because logs and dumps may be larger than memory.
const PIECE: usize = 1 << 20;
/// The maximum number of wrong references to list per file.
const MOST_SHOWN: usize = 20;

/// Count identifiers in logs, dumps and key lists, by format
///
/// Finds runs of letters, digits, '_' and '-' that match a declared format. Formats that match any
/// word, such as "{thread}", are skipped. In CSV files, references are checked, too: if one column
/// is named after a format and another after a field in that format's 'derives', the two must agree
/// in every row.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks bridge scan app.log
  redis-cli --scan | idhooks bridge scan - --format json
  idhooks bridge scan sessions.csv

Exit code: 0 done; 1 old and new formats are mixed, or a reference is wrong; 2 an error")]
pub(super) struct ScanIds {
    /// Files; '-' reads standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    config: ConfigArgs,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: ScanFormat,
}

/// The output format of the counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum ScanFormat {
    /// Lines for people
    #[default]
    Text,
    /// One JSON document
    Json,
    /// One JSON object per line, for each format in each file
    Jsonl,
    /// The Prometheus text format
    Prometheus,
}

/// The counts for all files as a JSON document.
#[derive(Serialize)]
struct ScanDocument<'s> {
    files: &'s [ScannedText],
    total: &'s ScannedText,
}

/// The number of identifiers in one format in a file.
#[derive(Serialize)]
struct FormatCount<'f> {
    path: Option<&'f str>,
    format: &'f str,
    count: u64,
    legacy: bool,
}

impl ScanIds {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let (bridge, _) = self.config.bridge(dir)?;
        let scanner = Scanner::new(&bridge).ok_or_else(|| {
            CommandError::new("no format can be found in texts")
                .hint("declare one with literal text, digits or random digits: [formats.NAME]")
        })?;
        let scan = |file: &PathBuf| scan_file(&bridge, &scanner, dir, file);
        let files: Vec<ScannedText> = self.files.iter().map(scan).collect::<CommandResult<_>>()?;
        let total = scanner.total(&files);
        let is_legacy = |name: &str| bridge.formats.get(name).is_some_and(|f| f.is_legacy);
        match self.format {
            ScanFormat::Text => show(ui, &files, &total),
            ScanFormat::Json => {
                ui.data(&json::document(&ScanDocument { files: &files, total: &total }));
            }
            ScanFormat::Jsonl => {
                for file in &files {
                    for (format, count) in &file.by_format {
                        let (path, legacy) = (file.path.as_deref(), is_legacy(format));
                        let line = FormatCount { path, format, count: *count, legacy };
                        ui.data(&(json_text(&line) + "\n"));
                    }
                }
            }
            ScanFormat::Prometheus => {
                let legacy = total.by_format.iter().filter(|(name, _)| is_legacy(name));
                let legacy = legacy.map(|(name, count)| (name.clone(), *count)).collect();
                ui.data(&legacy_metrics(&legacy, total.mixed.len())?);
            }
        }
        let is_clean = total.mixed.is_empty() && files.iter().all(|f| f.references.is_empty());
        Ok(if is_clean { Exit::Fine } else { Exit::Findings })
    }
}

/// Counts the identifiers in a file.
fn scan_file(
    bridge: &Bridge,
    scanner: &Scanner<'_>,
    dir: &Path,
    file: &Path,
) -> CommandResult<ScannedText> {
    let failed = |cause: &dyn std::fmt::Display| {
        CommandError::new(format!("cannot read '{}'", file.display()))
            .because(&cause)
            .hint("name a readable file, or '-' for standard input")
    };
    let mut counter = scanner.counter();
    let mut read: Box<dyn BufRead> = match file.as_os_str() == "-" {
        true => Box::new(BufReader::with_capacity(PIECE, io::stdin())),
        false => {
            let open = File::open(dir.join(file)).map_err(|cause| failed(&cause))?;
            Box::new(BufReader::with_capacity(PIECE, open))
        }
    };
    loop {
        let piece = read.fill_buf().map_err(|cause| failed(&cause))?;
        if piece.is_empty() {
            break;
        }
        let length = piece.len();
        counter.add(piece);
        read.consume(length);
    }
    let counts = counter.finish();
    // The counter sees bytes rather than columns, so a table has to be read a second time, which is
    // impossible with standard input.
    let is_table = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    let references = match is_table {
        true => references(bridge, &dir.join(file)).map_err(|cause| failed(&cause))?,
        false => Vec::new(),
    };
    let path = Some(file.display().to_string());
    Ok(ScannedText { references, ..scanner.scanned(&counts, path) })
}

fn show(ui: &mut Ui, files: &[ScannedText], total: &ScannedText) {
    let rows = files.iter().flat_map(|file| {
        let name = file.path.as_deref().unwrap_or("-");
        let row = move |(format, count): (&String, &u64)| {
            [name.to_owned(), format.clone(), count.to_string()]
        };
        file.by_format.iter().map(row)
    });
    ui.table(rows);
    for file in files {
        let name = file.path.as_deref().unwrap_or("-");
        let wrong = file.references.iter().take(MOST_SHOWN).map(|wrong| {
            format!(
                "{}:{}: '{}' in the column '{}' should be '{}', as in '{}'",
                name, wrong.line, wrong.found, wrong.column, wrong.expected, wrong.id
            )
        });
        ui.lines(wrong);
        if file.references.len() > MOST_SHOWN {
            ui.line(&format!("{name}: {} more", file.references.len() - MOST_SHOWN));
        }
    }
    for pair in &total.mixed {
        ui.line(&format!(
            "mixed: '{}' is used beside '{}', which replaces it",
            pair.legacy, pair.successor
        ));
    }
    ui.line(&format!("{} identifiers", total.identifiers));
}

/// Returns the places in a CSV file where a column disagrees with the identifier in the same row
/// that should contain its value.
fn references(bridge: &Bridge, file: &Path) -> Result<Vec<WrongReference>, csv::Error> {
    // Files exported from other programs often contain rows of the wrong length. The remaining rows
    // can still be compared.
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(file)?;
    let columns = bridge.references(&reader.headers()?.iter().collect::<Vec<_>>());
    let mut wrong = Vec::new();
    for row in reader.records().filter(|_| !columns.is_empty()) {
        let row = row?;
        let line = row.position().map_or(0, csv::Position::line);
        wrong.extend(columns.wrong(line, |column| row.get(column)));
    }
    Ok(wrong)
}
