//! Counts the identifiers in any text, and checks table columns against the identifiers in other
//! columns.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::format::IdFormat;
use super::{Bridge, Counts, Scanner};

/// The identifiers in one or more documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScannedText {
    /// The name of the document; `None` for several documents.
    pub path: Option<String>,
    /// The number of identifiers.
    pub identifiers: u64,
    /// The number of identifiers in each format that occurs.
    pub by_format: BTreeMap<String, u64>,
    /// The legacy formats that were found together with their successors.
    pub mixed: Vec<MixedPair>,
    /// The table rows in which two columns disagree.
    pub references: Vec<WrongReference>,
}

/// A legacy format and its successor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MixedPair {
    /// The legacy format.
    pub legacy: String,
    /// Its successor.
    pub successor: String,
}

/// A table row in which two columns disagree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WrongReference {
    /// The row's line number, starting at 1.
    pub line: u64,
    /// The column whose value should be part of the identifier.
    pub column: String,
    /// The identifier.
    pub id: String,
    /// The value in the identifier.
    pub expected: String,
    /// The value in the column.
    pub found: String,
}

/// The columns of a table whose values should be part of the identifiers in other columns.
pub struct ReferenceColumns<'b>(Vec<Reference<'b>>);

struct Reference<'b> {
    from: usize,
    format: &'b IdFormat,
    to: usize,
    field: &'b str,
}

impl Scanner<'_> {
    /// Returns the counts for a named document.
    pub fn scanned(&self, counts: &Counts, path: Option<String>) -> ScannedText {
        let by_format = self.formats().zip(&counts.by_format).filter(|(_, count)| **count > 0);
        let mixed = self.mixed(counts).into_iter().map(|(legacy, successor)| MixedPair {
            legacy: legacy.name.clone(),
            successor: successor.name.clone(),
        });
        ScannedText {
            path,
            identifiers: counts.identifiers,
            by_format: by_format.map(|(format, count)| (format.name.clone(), *count)).collect(),
            mixed: mixed.collect(),
            references: Vec::new(),
        }
    }

    /// Returns the total counts for all documents.
    pub fn total(&self, texts: &[ScannedText]) -> ScannedText {
        let of_format =
            |name: &str| -> u64 { texts.iter().filter_map(|text| text.by_format.get(name)).sum() };
        let counts = Counts {
            by_format: self.formats().map(|format| of_format(&format.name)).collect(),
            identifiers: texts.iter().map(|text| text.identifiers).sum(),
        };
        // Two formats may be mixed even if each document contains only one of them.
        self.scanned(&counts, None)
    }
}

impl Bridge {
    /// Returns the columns of a table whose values should be part of the identifiers in other
    /// columns. Both kinds of columns are recognised by their titles: the name of a field and the
    /// name of a format.
    pub fn references(&self, titles: &[&str]) -> ReferenceColumns<'_> {
        let column = |name: &str| titles.iter().position(|title| *title == name);
        let mut columns = Vec::new();
        for format in &self.formats.all {
            let Some(from) = column(&format.name) else { continue };
            for (field, _) in &format.derives {
                columns.extend(column(field).map(|to| Reference { from, format, to, field }));
            }
        }
        ReferenceColumns(columns)
    }
}

impl ReferenceColumns<'_> {
    /// Returns whether there are no columns to compare.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the disagreements in a row; `cell` returns a column's value.
    pub fn wrong<'r>(
        &self,
        line: u64,
        cell: impl Fn(usize) -> Option<&'r str>,
    ) -> impl Iterator<Item = WrongReference> {
        self.0.iter().filter_map(move |Reference { from, format, to, field }| {
            // If a cell does not contain an identifier of the right format, there is nothing to
            // compare.
            let (id, found) = (cell(*from)?, cell(*to)?);
            let expected = format.read(id)?.value(field)?.to_owned();
            let (id, found) = (id.to_owned(), found.to_owned());
            let column = (*field).to_owned();
            (expected != found).then_some(WrongReference { line, column, id, expected, found })
        })
    }
}
