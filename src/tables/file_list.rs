//! Reads and writes lists of files in CSV or JSON.

use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Trim};
use idhooks_core::registry::Id;
use idhooks_core::registry::json::{Json, JsonError, Parser};

use crate::error::{CommandError, CommandResult};

use super::{RawArgs, read_typed, with_formula};

/// The columns with a meaning, each with the name it has in a `scan` table; all other columns are
/// preserved.
const COLUMNS: [[&str; 2]; 5] = [
    ["path", "path"],
    ["type", "type_code"],
    ["ns", "ns_code"],
    ["id", "id"],
    [NEEDS_ID, NEEDS_ID],
];
/// The column that marks a `scan` table.
const NEEDS_ID: &str = "needs_id";
/// The columns added to the output; they replace existing columns with the same names.
const ANSWERS: [&str; 2] = ["id", "error"];
/// The key under which `scan` writes the rows in a JSON document.
const FILES: &str = "files";

/// A table of files with a `path` column.
pub struct Batch {
    header: Vec<String>,
    /// The rows, each with the number of the line it starts on.
    rows: Vec<(u64, StringRecord)>,
    places: [Option<usize>; 5],
}

/// The cells of a row; `None` for an empty cell.
pub struct BatchRow<'b> {
    /// The path.
    pub path: &'b str,
    /// The TYPE.
    pub type_code: Option<&'b str>,
    /// The namespace.
    pub namespace: Option<&'b str>,
    /// The file's current identity.
    pub id: Option<&'b str>,
    /// Whether the file needs an identity, if the table was written by `scan`.
    pub needs_id: Option<&'b str>,
}

impl Batch {
    /// Reads a file whose name is relative to `dir`, or standard input if the name is `-`.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, is neither CSV nor JSON in UTF-8, or has no
    /// column `path`.
    pub fn read(dir: &Path, file: &Path) -> CommandResult<Self> {
        let shown = file.display();
        let table = || -> Result<BatchTable, Box<dyn std::error::Error>> {
            let bytes = read_typed(dir, file, usize::MAX)?;
            // Spreadsheets add a byte order mark, which would otherwise become part of the name of
            // the first column.
            let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
            Ok(match text.trim_ascii_start().first() {
                Some(b'[' | b'{') => from_json(std::str::from_utf8(text)?)?,
                _ => from_csv(text)?,
            })
        };
        let (header, rows) = table().map_err(|error| {
            CommandError::new(format!("cannot read '{shown}'"))
                .because(&error)
                .hint("name a CSV or JSON file in UTF-8, or '-' for standard input")
        })?;
        let place = |names: [&str; 2]| {
            let find = |name: &str| header.iter().position(|own| own.eq_ignore_ascii_case(name));
            find(names[0]).or_else(|| find(names[1]))
        };
        let places = COLUMNS.map(place);
        if places[0].is_none() {
            return Err(CommandError::new(format!("'{shown}' has no column 'path'"))
                .because(&format!("its columns are: {}", header.join(", ")))
                .hint("the first line must name the columns: path and, if needed, type and ns"));
        }
        Ok(Batch { header, rows, places })
    }

    /// Returns whether this table was written by `scan`.
    pub fn is_scan(&self) -> bool {
        self.places[4].is_some()
    }

    /// Returns the rows in order.
    pub fn rows(&self) -> impl Iterator<Item = BatchRow<'_>> {
        self.rows.iter().map(|(_, row)| {
            let [path, type_code, namespace, id, needs_id] = self
                .places
                .map(|place| place.and_then(|n| row.get(n)).filter(|text| !text.is_empty()));
            BatchRow { path: path.unwrap_or(""), type_code, namespace, id, needs_id }
        })
    }

    /// Returns the number of the line that the given row starts on, counting from 1.
    pub fn line(&self, n: usize) -> u64 {
        self.rows[n].0
    }

    /// Returns the table as CSV, with the identity and the error for each row.
    ///
    /// # Errors
    /// Returns an error if a row cannot be written.
    pub fn answered<'e>(
        &self,
        answer: impl Fn(usize) -> (Option<Id>, Option<&'e str>),
    ) -> CommandResult<String> {
        // The table may be the output of an earlier run, and its old columns would then appear next
        // to the new ones.
        let is_kept = |name: &String| !ANSWERS.iter().any(|own| name.eq_ignore_ascii_case(own));
        let kept: Vec<usize> =
            (0..self.header.len()).filter(|n| is_kept(&self.header[*n])).collect();
        let header = kept.iter().map(|n| self.header[*n].as_str()).chain(ANSWERS);
        let rows = self.rows.iter().enumerate().map(|(n, (_, row))| {
            let (id, error) = answer(n);
            // A key missing from a JSON object becomes an empty cell.
            let own = kept.iter().map(|n| row.get(*n).unwrap_or("").to_owned());
            let id = id.map(|id| id.to_string()).unwrap_or_default();
            own.chain([id, error.unwrap_or("").to_owned()]).collect::<Vec<_>>()
        });
        RawArgs::default().csv(header, rows)
    }
}

/// The header of a table, and its rows with the numbers of the lines they start on.
type BatchTable = (Vec<String>, Vec<(u64, StringRecord)>);

fn from_csv(text: &[u8]) -> Result<BatchTable, csv::Error> {
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(text);
    let header = reader.headers()?.iter().map(str::to_owned).collect();
    let mut rows = Vec::new();
    for row in reader.records() {
        let row = row?;
        let line = row.position().map_or(0, csv::Position::line);
        // `idhooks scan` puts an apostrophe before cells that look like formulas.
        let plain = row.iter().map(|cell| with_formula(cell).unwrap_or(cell));
        rows.push((line, plain.collect()));
    }
    Ok((header, rows))
}

/// Parses a list of objects, or an object that contains such a list under the key `files`.
fn from_json(text: &str) -> Result<BatchTable, JsonError> {
    // An empty list does not name any keys. Adding this column makes it a table without rows rather
    // than an error.
    let mut header = vec![COLUMNS[0][0].to_owned()];
    let mut rows = Vec::new();
    // This uses the registry parser, which knows the line numbers that error messages need, and
    // rejects duplicate keys.
    let mut parser = Parser::new(text);
    let mut read = |parser: &mut Parser<'_>| {
        parser.array(|parser| {
            let line = u64::try_from(parser.line()).unwrap_or(u64::MAX);
            let mut cells = vec![String::new(); header.len()];
            parser.object(|parser, key| {
                let cell = match parser.value()? {
                    Json::String(text) => text,
                    Json::Null => String::new(),
                    other => other.compact(),
                };
                match header.iter().position(|own| own == key) {
                    Some(n) => cells[n] = cell,
                    // Objects may have different keys, so rows read earlier may be shorter than the
                    // header.
                    None => {
                        header.push(key.to_owned());
                        cells.push(cell);
                    }
                }
                Ok::<(), JsonError>(())
            })?;
            rows.push((line, StringRecord::from(cells)));
            Ok::<(), JsonError>(())
        })
    };
    if text.trim_ascii_start().starts_with('{') {
        let mut is_found = false;
        parser.object(|parser, key| {
            is_found |= key == FILES;
            if key == FILES { read(parser) } else { parser.value().map(drop) }
        })?;
        if !is_found {
            let what = format!("expected an array, or an object with one in '{FILES}'");
            return Err(parser.error(what));
        }
    } else {
        read(&mut parser)?;
    }
    parser.end()?;
    Ok((header, rows))
}
