//! `idhooks bridge scan`: the identifiers in logs, dumps and tables.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use idhooks_identifiers::bridge::{Bridge, Counts, Scanner};
use idhooks_report::metrics::legacy_figures;
use idhooks_report::net::ContentType;
use serde::Serialize;

use crate::commands::config_args::ConfigArgs;
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Ui, exposition, json};

/// The size of the pieces in which a file is read.
const PIECE: usize = 1 << 20;
/// The number of references to other identifiers that are shown.
const MOST_SHOWN: usize = 20;

/// Count the identifiers in logs, dumps and lists of keys, by format
///
/// Finds runs of letters, digits, '_' and '-' that have a declared format. Formats that any word has, such as
/// "{thread}", are left out. In CSV files it also checks references: if a column has the name of a format,
/// and another one that of a field in its 'derives', every row must agree.
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

/// How the counts are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum ScanFormat {
    /// Lines for people
    #[default]
    Text,
    /// One JSON document
    Json,
    /// A JSON object on each line: one for each format of each file
    Jsonl,
    /// The text format of Prometheus
    Prometheus,
}

/// The counts of a file, or of all.
#[derive(Debug, Serialize)]
struct ScannedText {
    path: Option<String>,
    identifiers: u64,
    by_format: BTreeMap<String, u64>,
    mixed: Vec<MixedPair>,
    references: Vec<WrongReference>,
}

/// The counts of all files as a document.
#[derive(Serialize)]
struct ScanDocument<'s> {
    files: &'s [ScannedText],
    total: &'s ScannedText,
}

/// A format of the past, and the one that replaces it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct MixedPair {
    legacy: String,
    successor: String,
}

/// A row of a table in which two columns disagree.
#[derive(Debug, Serialize)]
struct WrongReference {
    line: u64,
    column: String,
    id: String,
    expected: String,
    found: String,
}

/// The count of a format in a file.
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
        let total = total(&scanner, &files);
        match self.format {
            ScanFormat::Text => show(ui, &files, &total),
            ScanFormat::Json => {
                ui.data(&json::document(&ScanDocument { files: &files, total: &total }));
            }
            ScanFormat::Jsonl => {
                for file in &files {
                    for (format, count) in &file.by_format {
                        let legacy = bridge.formats.get(format).is_some_and(|f| f.is_legacy);
                        let line = FormatCount {
                            path: file.path.as_deref(),
                            format,
                            count: *count,
                            legacy,
                        };
                        let failed = CommandError::internal("cannot write a count");
                        let line = serde_json::to_string(&line);
                        ui.data(&(line.map_err(|error| failed.because(&error))? + "\n"));
                    }
                }
            }
            ScanFormat::Prometheus => {
                let is_legacy = |name: &str| bridge.formats.get(name).is_some_and(|f| f.is_legacy);
                let legacy = total.by_format.iter().filter(|(name, _)| is_legacy(name));
                let legacy = legacy.map(|(name, count)| (name.clone(), *count)).collect();
                let figures = legacy_figures(&legacy, total.mixed.len(), "scan");
                ui.data(&exposition(&figures, ContentType::Prometheus));
            }
        }
        let is_clean = total.mixed.is_empty() && files.iter().all(|f| f.references.is_empty());
        Ok(if is_clean { Exit::Fine } else { Exit::Findings })
    }
}

/// Counts the identifiers of a file.
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
    let is_table = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    let references = match is_table {
        true => references(bridge, &dir.join(file)).map_err(|cause| failed(&cause))?,
        false => Vec::new(),
    };
    let mut scanned = ScannedText { references, ..scanned(scanner, &counts) };
    scanned.path = Some(file.display().to_string());
    Ok(scanned)
}

/// Returns counts as they are shown.
fn scanned(scanner: &Scanner<'_>, counts: &Counts) -> ScannedText {
    let by_format = scanner.formats().zip(&counts.by_format).filter(|(_, count)| **count > 0);
    let mixed = scanner.mixed(counts).into_iter().map(|(legacy, successor)| MixedPair {
        legacy: legacy.name.clone(),
        successor: successor.name.clone(),
    });
    ScannedText {
        path: None,
        identifiers: counts.identifiers,
        by_format: by_format.map(|(format, count)| (format.name.clone(), *count)).collect(),
        mixed: mixed.collect(),
        references: Vec::new(),
    }
}

/// Returns the counts of all files together.
fn total(scanner: &Scanner<'_>, files: &[ScannedText]) -> ScannedText {
    let of_format =
        |name: &str| -> u64 { files.iter().filter_map(|file| file.by_format.get(name)).sum() };
    let counts = Counts {
        by_format: scanner.formats().map(|format| of_format(&format.name)).collect(),
        identifiers: files.iter().map(|file| file.identifiers).sum(),
    };
    scanned(scanner, &counts)
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

/// A column whose values are part of the identifiers in another one.
struct Reference<'b> {
    from: usize,
    format: &'b idhooks_identifiers::IdFormat,
    to: usize,
    field: &'b str,
}

/// Returns the rows of a table in which a column disagrees with the identifier that contains it.
fn references(bridge: &Bridge, file: &Path) -> Result<Vec<WrongReference>, csv::Error> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(file)?;
    let header = reader.headers()?.clone();
    let column = |name: &str| header.iter().position(|title| title == name);
    let mut pairs = Vec::new();
    for format in &bridge.formats.all {
        let Some(from) = column(&format.name) else { continue };
        for (field, _) in &format.derives {
            pairs.extend(column(field).map(|to| Reference { from, format, to, field }));
        }
    }
    let mut wrong = Vec::new();
    for row in reader.records().filter(|_| !pairs.is_empty()) {
        let row = row?;
        for pair in &pairs {
            let (Some(id), Some(found)) = (row.get(pair.from), row.get(pair.to)) else { continue };
            let reading = pair.format.read(id);
            let expected = reading.as_ref().and_then(|reading| reading.value(pair.field));
            if expected.is_some_and(|expected| expected != found) {
                wrong.push(WrongReference {
                    line: row.position().map_or(0, csv::Position::line),
                    column: pair.field.to_owned(),
                    id: id.to_owned(),
                    expected: expected.unwrap_or_default().to_owned(),
                    found: found.to_owned(),
                });
            }
        }
    }
    Ok(wrong)
}
