//! The table of formats in a generated module.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::format::{FormatPiece, IdFormat, Part};
use crate::formats::Formats;
use crate::mint::given_names;
use crate::template::PartKind;

idhooks_core::words! {
    /// A language that modules can be written in.
    pub enum ModuleLanguage, help {
        /// Python 3.8 or newer.
        Python = "python", "Python 3.8 or newer";
        /// TypeScript, ES2020.
        TypeScript = "ts", "TypeScript, ES2020";
    }
}

#[derive(Serialize)]
struct TableFormat<'f> {
    template: &'f str,
    form: String,
    pattern: String,
    pieces: Vec<TablePiece<'f>>,
    derives: BTreeMap<&'f str, &'f str>,
    shares: Option<&'f str>,
    max_age: Option<u64>,
    max_future: Option<u64>,
    legacy: bool,
    successor: Option<&'f str>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum TablePiece<'f> {
    Literal(&'f str),
    Part { name: &'f str, kind: &'static str, length: usize, names: Vec<&'f str>, pattern: &'f str },
}

/// Returns the lines that define a module's table.
pub(super) fn table(formats: &Formats, language: ModuleLanguage) -> String {
    let lines = formats
        .all
        .iter()
        .map(|format| format!("{}: {}", json(&format.name), json(&TableFormat::of(format))));
    let contexts: BTreeMap<&str, &[String]> =
        formats.contexts.iter().map(|context| (&*context.name, &*context.formats)).collect();
    let formats = lines.collect::<Vec<_>>().join(",\n");
    let text = format!("{{\"formats\": {{\n{formats}\n}},\n\"contexts\": {}}}", json(&contexts));
    match language {
        // A raw string in Python ends at the first three quotes in a row, so one of them is written
        // as a JSON escape.
        ModuleLanguage::Python => {
            let text = text.replace('\'', "\\u0027");
            format!("_TABLE: Dict[str, Any] = json.loads(\n    r'''{text}'''\n)\n")
        }
        ModuleLanguage::TypeScript => format!("const TABLE: Table = {text};\n"),
    }
}

fn json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

impl<'f> TableFormat<'f> {
    fn of(format: &'f IdFormat) -> Self {
        let millis = |limit: Option<Duration>| limit.map(|limit| limit.as_millis() as u64);
        let derives = format.derives.iter().map(|(field, part)| (&**field, &**part));
        TableFormat {
            template: &format.template,
            form: form(format),
            pattern: format.pattern(),
            pieces: format.pieces.iter().map(|piece| TablePiece::of(format, piece)).collect(),
            derives: derives.collect(),
            shares: format.shares.as_deref(),
            max_age: millis(format.max_age),
            max_future: millis(format.max_future),
            legacy: format.is_legacy,
            successor: format.successor.as_deref(),
        }
    }
}

impl<'f> TablePiece<'f> {
    fn of(format: &'f IdFormat, piece: &'f FormatPiece) -> Self {
        let part = match piece {
            FormatPiece::Literal(text) => return TablePiece::Literal(text),
            FormatPiece::Part(part) => part,
        };
        let (kind, length) = match &part.kind {
            PartKind::Milliseconds => ("ms", 13),
            PartKind::Counter => ("counter", 0),
            PartKind::Hex(length) => ("hex", *length),
            PartKind::Digits(length) => ("digits", *length),
            PartKind::Uuid => ("uuid", 36),
            PartKind::Uuid7 => ("uuid7", 36),
            PartKind::Ulid => ("ulid", 26),
            PartKind::First { length, .. } => ("first", *length),
            PartKind::Text | PartKind::Identifier { .. } => ("text", 0),
        };
        let names = if part.kind.is_given() { given_names(format, part) } else { Vec::new() };
        TablePiece::Part { name: &part.name, kind, length, names, pattern: &part.pattern }
    }
}

/// Returns a format in human-readable form, as in messages from earlier systems: parts that are
/// fields show the field's name, and `{uuid8}` stands for random characters from a UUID.
pub(super) fn form(format: &IdFormat) -> String {
    let part = |part: &Part| match &part.kind {
        PartKind::Hex(length) => format!("{{uuid{length}}}"),
        _ => {
            let derived = format.derives.iter().find(|(_, of)| *of == part.name);
            format!("{{{}}}", derived.map_or(&*part.name, |(field, _)| field))
        }
    };
    let piece = |piece: &FormatPiece| match piece {
        FormatPiece::Literal(text) => text.clone(),
        FormatPiece::Part(of) => part(of),
    };
    format.pieces.iter().map(piece).collect()
}
