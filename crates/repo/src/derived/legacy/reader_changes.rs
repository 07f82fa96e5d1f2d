//! [`file_changes`]: the changes to a legacy file, as its readers see them.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::config::LegacyFormat;
use idhooks_core::registry::{Discrepancy, Json, Object, differing_texts};

use super::error::LegacyError;
use super::text;

/// The members of a record or head, keyed by name; members of `metadata` are named `metadata.NAME`.
type Fields = BTreeMap<String, Json>;

/// The changes to a legacy file as seen by a program that reads it: byte for byte, not by meaning.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LegacyChanges {
    /// The record fields that change, keyed by the identity as written in the file.
    pub records: BTreeMap<String, Vec<LegacyChange>>,
    /// The members of the head that change, such as totals.
    pub head: Vec<LegacyChange>,
}

/// A field whose value changes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LegacyChange {
    /// The field's name.
    pub field: String,
    /// The field's current value, if any.
    pub from: Option<String>,
    /// The field's new value, if any.
    pub to: Option<String>,
}

/// Returns what changes for a legacy file's readers when it is replaced by another version. Records
/// that only one version has are not compared.
///
/// # Errors
/// Returns an error if a version is not in this format.
pub fn file_changes(
    before: &[u8],
    after: &[u8],
    format: LegacyFormat,
) -> Result<LegacyChanges, LegacyError> {
    let [(head, records), (new_head, new_records)] =
        [parse(before, format)?, parse(after, format)?];
    let changed = records.into_iter().filter_map(|(id, members)| {
        let fields = differences(&members, new_records.get(&id)?);
        (!fields.is_empty()).then_some((id, fields))
    });
    let mut head = differences(&head, &new_head);
    head.extend(line_end_change(before, after, format));
    Ok(LegacyChanges { records: changed.collect(), head })
}

/// Returns the change to a file's line endings, if programs that read the file may split it into
/// lines.
fn line_end_change(before: &[u8], after: &[u8], format: LegacyFormat) -> Option<LegacyChange> {
    let is_of_lines = matches!(format, LegacyFormat::Csv | LegacyFormat::Jsonl);
    let has_crlf = |text: &[u8]| text.windows(2).any(|pair| pair == b"\r\n");
    let change = || LegacyChange {
        field: "line ends".to_owned(),
        from: Some("CRLF".to_owned()),
        to: Some("LF".to_owned()),
    };
    (is_of_lines && has_crlf(before) && !has_crlf(after)).then(change)
}

fn differences(before: &Fields, after: &Fields) -> Vec<LegacyChange> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differ = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
    let change = |name: &String| {
        let [from, to] = differing_texts([before.get(name), after.get(name)]);
        LegacyChange { field: name.clone(), from, to }
    };
    differ.map(change).collect()
}

impl LegacyChange {
    /// Returns the change as a human-readable line.
    pub fn line(&self, id: &str) -> String {
        let [from, to] = self.shown();
        format!("{id}: {}: {from} -> {to}", self.field)
    }

    /// Returns the change as a human-readable line about a difference that remains.
    pub fn difference(&self, id: &str) -> String {
        let [from, to] = self.shown();
        format!("{id}: {}: {from} != {to}", self.field)
    }

    fn shown(&self) -> [String; 2] {
        [&self.from, &self.to].map(|value| match value {
            Some(value) => format!("'{value}'"),
            None => "nothing".to_owned(),
        })
    }
}

impl From<&Discrepancy> for LegacyChange {
    /// Returns the change that the registry would undergo if it took over the legacy file's value.
    fn from(one: &Discrepancy) -> Self {
        let (field, from, to) = (one.field.clone(), one.new.clone(), one.legacy.clone());
        LegacyChange { field, from, to }
    }
}

/// Returns a file's head, and its records keyed by identity.
fn parse(
    bytes: &[u8],
    format: LegacyFormat,
) -> Result<(Fields, BTreeMap<String, Fields>), LegacyError> {
    let text = text(bytes)?;
    let form = |error: &dyn std::fmt::Display| LegacyError::Form(error.to_string());
    let records = match format {
        LegacyFormat::Classic => {
            let Json::Object(mut head) = Json::parse(text).map_err(|error| form(&error))? else {
                return Err(LegacyError::Form("it is not a JSON object".to_owned()));
            };
            let records = match head.remove("allocations") {
                Some(Json::Array(records)) => records,
                _ => Vec::new(),
            };
            return Ok((members(&head), by_id(records.iter().map(of_record))));
        }
        LegacyFormat::Jsonl => {
            let lines = text.lines().filter(|line| !line.trim().is_empty());
            let parsed: Result<Vec<Json>, _> = lines.map(Json::parse).collect();
            by_id(parsed.map_err(|error| form(&error))?.iter().map(of_record))
        }
        LegacyFormat::Csv => {
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let names = reader.headers().map_err(|error| form(&error))?.clone();
            let rows: Result<Vec<csv::StringRecord>, _> = reader.records().collect();
            let rows = rows.map_err(|error| form(&error))?;
            by_id(rows.iter().map(|row| {
                // Someone reading a table cannot tell an empty cell from a missing value.
                let cells = names.iter().zip(row).filter(|(_, cell)| !cell.is_empty());
                cells.map(|(name, cell)| (name.to_owned(), Json::string(cell))).collect()
            }))
        }
        LegacyFormat::IdsMap => BTreeMap::new(),
    };
    Ok((Fields::new(), records))
}

fn by_id(records: impl Iterator<Item = Fields>) -> BTreeMap<String, Fields> {
    // A record without an identity has no counterpart in the other file.
    records.filter_map(|record| Some((record.get("id")?.to_text(), record))).collect()
}

fn of_record(record: &Json) -> Fields {
    match record {
        Json::Object(record) => members(record),
        _ => Fields::new(),
    }
}

fn members(object: &Object) -> Fields {
    let mut members = Fields::new();
    for (name, value) in object {
        match value.expanded().as_ref() {
            Json::Object(inner) if name == "metadata" => {
                let own = |value: &Json| value.expanded().into_owned();
                let inner =
                    inner.iter().map(|(name, value)| (format!("metadata.{name}"), own(value)));
                members.extend(inner);
            }
            value => drop(members.insert(name.clone(), value.clone())),
        }
    }
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_becomes_a_string_is_a_change() {
        let before =
            br#"{"metadata":{"level":1},"allocations":[{"id":"2099900002250101","n":1,"m":"1"}]}"#;
        let after = br#"{"metadata":{"level":"1"},"allocations":[{"id":"2099900002250101","n":"1","m":"1"}]}"#;
        let changes = file_changes(before, after, LegacyFormat::Classic).expect("valid");
        let lines =
            |id: &str, all: &[LegacyChange]| all.iter().map(|one| one.line(id)).collect::<Vec<_>>();
        assert_eq!(lines("head", &changes.head), [r#"head: metadata.level: '1' -> '"1"'"#]);
        let own = &changes.records["2099900002250101"];
        assert_eq!(lines("it", own), [r#"it: n: '1' -> '"1"'"#]);
    }

    #[test]
    fn readers_of_each_format_see_what_changes() {
        let record = |path: &str, more: &str| {
            format!(
                r#"{{"id":"0110000001260118","file_path":"{path}","metadata":{{"a":1{more}}}}}"#
            )
        };
        let (old, new) = (record("docs\\\\a.md", ""), record("b.md", r#","origin":"x""#));
        let classic =
            |record: &str, total: u8| format!(r#"{{"total":{total},"allocations":[{record}]}}"#);
        let csv = |path: &str| format!("id,path,note\n0110000001260118,{path},\n7,x,\n");
        for (before, after, format, fields) in [
            (classic(&old, 1), classic(&new, 2), LegacyFormat::Classic, 2),
            (old.clone(), format!("{new}\n"), LegacyFormat::Jsonl, 2),
            (csv("docs\\a.md"), csv("b.md"), LegacyFormat::Csv, 1),
        ] {
            let changes = file_changes(before.as_bytes(), after.as_bytes(), format).expect("valid");
            let of_record = &changes.records["0110000001260118"];
            assert_eq!((changes.records.len(), of_record.len()), (1, fields), "{changes:?}");
            let line = of_record[0].line("1");
            assert!(line.ends_with("path: 'docs\\a.md' -> 'b.md'"), "{line}");
            assert_eq!(changes.head.len(), usize::from(format == LegacyFormat::Classic));
            let same = file_changes(before.as_bytes(), before.as_bytes(), format).expect("valid");
            assert_eq!(same, LegacyChanges::default());
        }
        let of_windows = csv("b.md").replace('\n', "\r\n");
        let changes =
            file_changes(of_windows.as_bytes(), csv("b.md").as_bytes(), LegacyFormat::Csv);
        let changes = changes.expect("valid");
        let lines: Vec<_> = changes.head.iter().map(|change| change.line("head")).collect();
        assert_eq!(lines, ["head: line ends: 'CRLF' -> 'LF'"]);
        for format in [LegacyFormat::Classic, LegacyFormat::Jsonl] {
            assert!(file_changes(b"{", b"{}", format).is_err());
        }
    }
}
