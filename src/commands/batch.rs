//! Files that are named in a CSV file.

use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Trim};

use crate::error::CommandError;
use crate::registry::Id;

use super::input::read_typed;
use super::table;

/// The columns that say something; all others are kept.
const COLUMNS: [&str; 3] = ["path", "type", "ns"];
/// The columns of the answer; one that is there already is filled in anew.
const ANSWERS: [&str; 2] = ["id", "error"];

/// A CSV file with a column `path`.
pub(super) struct Batch {
    header: Vec<String>,
    /// Each with the line it begins on.
    rows: Vec<(u64, StringRecord)>,
    places: [Option<usize>; 3],
}

/// What a row says.
pub(super) struct Row<'b> {
    pub(super) path: &'b str,
    /// Nothing where it is empty.
    pub(super) type_code: Option<&'b str>,
    /// Nothing where it is empty.
    pub(super) namespace: Option<&'b str>,
}

impl Batch {
    /// Reads a file named in `dir`; `-` is the standard input.
    ///
    /// # Errors
    /// A file that cannot be read, is not CSV in UTF-8, or has no column `path`.
    pub(super) fn read(dir: &Path, file: &Path) -> Result<Self, CommandError> {
        let shown = file.display();
        let failed = |cause: &dyn std::fmt::Display| {
            CommandError::new(format!("cannot read '{shown}'"))
                .because(&cause)
                .hint("name a CSV file in UTF-8, or '-' for the standard input")
        };
        let bytes = read_typed(dir, file, usize::MAX).map_err(|error| failed(&error))?;
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(text);
        let header = reader.headers().map_err(|error| failed(&error))?.clone();
        let place = |name: &str| header.iter().position(|own| own.eq_ignore_ascii_case(name));
        let places = COLUMNS.map(place);
        if places[0].is_none() {
            return Err(CommandError::new(format!("'{shown}' has no column 'path'"))
                .because(&format!("its columns are: {}", Vec::from_iter(&header).join(", ")))
                .hint("the first line names the columns: path, and type and ns where wanted"));
        }
        let mut rows = Vec::new();
        for row in reader.records() {
            let row = row.map_err(|error| failed(&error))?;
            rows.push((row.position().map_or(0, csv::Position::line), row));
        }
        Ok(Batch { header: header.iter().map(str::to_owned).collect(), rows, places })
    }

    /// Returns what the rows say, in their order.
    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|(_, row)| {
            let [path, type_code, namespace] =
                self.places.map(|place| place.and_then(|n| row.get(n)).unwrap_or(""));
            let filled = |text: &'_ str| !text.is_empty();
            Row {
                // Our own tables quote what looks like a formula.
                path: table::with_formula(path).unwrap_or(path),
                type_code: Some(type_code).filter(|text| filled(text)),
                namespace: Some(namespace).filter(|text| filled(text)),
            }
        })
    }

    /// Returns the line on which the row with this number begins, counted from 1.
    pub(super) fn line(&self, n: usize) -> u64 {
        self.rows[n].0
    }

    /// Returns the file as CSV with the identity and the error of each row.
    ///
    /// # Errors
    /// None that can be mended.
    pub(super) fn answered<'e>(
        &self,
        answer: impl Fn(usize) -> (Option<Id>, Option<&'e str>),
    ) -> Result<String, CommandError> {
        let is_kept = |name: &String| !ANSWERS.iter().any(|own| name.eq_ignore_ascii_case(own));
        let kept: Vec<usize> =
            (0..self.header.len()).filter(|n| is_kept(&self.header[*n])).collect();
        let header = kept.iter().map(|n| self.header[*n].as_str()).chain(ANSWERS);
        let rows = self.rows.iter().enumerate().map(|(n, (_, row))| {
            let (id, error) = answer(n);
            let own = kept.iter().filter_map(|n| row.get(*n)).map(str::to_owned);
            let id = id.map(|id| id.to_string()).unwrap_or_default();
            own.chain([id, error.unwrap_or("").to_owned()]).collect::<Vec<_>>()
        });
        table::csv(header, rows)
    }
}
