//! ID_FORMAT: strings that match a legacy format.

use idhooks_core::check::Code;
use idhooks_python::{SyntaxTree, string_value};

use super::super::file_finding::FileFinding;
use super::super::python_finding::PythonFinding;
use crate::email_address::is_in_address;
use crate::format::IdFormat;
use crate::formats::Formats;

/// Finds string literals that match a legacy format in a Python file.
pub(in super::super) fn check(
    tree: &SyntaxTree<'_>,
    formats: &Formats,
    hits: &mut Vec<PythonFinding>,
) {
    for node in tree.nodes() {
        let Some(id) = string_value(node.ast()) else { continue };
        if let Some(format) = legacy_format(formats, id) {
            let hit = PythonFinding::new(node, Code::IdFormat, "literal", message(format, id));
            hits.push(hit.with_id(id.to_owned()));
        }
    }
}

/// Finds values that match a legacy format in a text file that is not Python, such as a
/// configuration file.
pub(in super::super) fn check_values(text: &str, formats: &Formats) -> Vec<FileFinding> {
    let is_part = |c: char| c.is_alphanumeric() || "_-.".contains(c);
    let mut spots = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let mut at = 0;
        for word in line.split(|c: char| !is_part(c)) {
            let start = line[at..].find(word).map_or(at, |offset| at + offset);
            at = start + word.len();
            // A dot at the end of a sentence is not part of the identifier.
            let id = word.trim_end_matches('.');
            if let Some(format) = legacy_format(formats, id)
                && !is_in_address(line.as_bytes(), start..start + id.len())
            {
                spots.push(FileFinding {
                    code: Code::IdFormat,
                    line: n + 1,
                    column: line[..start].chars().count() + 1,
                    kind: "value".to_owned(),
                    id: Some(id.to_owned()),
                    message: message(format, id),
                });
            }
        }
    }
    spots
}

/// Returns the legacy format that an identifier matches, unless it also matches a current format.
/// Formats that match any word do not count.
fn legacy_format<'f>(formats: &'f Formats, id: &str) -> Option<&'f IdFormat> {
    let mut readings = formats.readings(id);
    readings.retain(|reading| reading.format.is_legacy || reading.format.is_telling());
    // An identifier that also matches a current format is considered new.
    let is_legacy = readings.iter().all(|reading| reading.format.is_legacy);
    readings.first().filter(|_| is_legacy).map(|reading| reading.format)
}

fn message(format: &IdFormat, id: &str) -> String {
    let successor = format.successor.as_ref();
    let successor = successor.map(|name| format!("; '{name}' replaces it")).unwrap_or_default();
    format!("'{id}' has the legacy format '{}'{successor}", format.name)
}
