//! Lays out a legacy file like its previous version: the content comes from the registry, while the
//! order and style come from the other program. This keeps the diff no larger than the change.

use std::borrow::Cow;
use std::cell::LazyCell;
use std::collections::HashMap;

use foldhash::fast::RandomState;

use idhooks_core::config::LegacyFormat;

use super::ordered_json::{JsonStyle, Ordered};
use super::record_order::RecordOrder;

/// The byte order mark that some programs write at the start of a file.
pub(super) const BYTE_ORDER_MARK: char = '\u{feff}';
/// The member that contains the records.
pub(super) const RECORDS: &str = "allocations";
/// The member in a record that contains further values.
pub(super) const METADATA: &str = "metadata";
/// The member or column with the identity.
pub(super) const ID: &str = "id";
/// The member or column with the allocation time.
pub(super) const ALLOCATED_AT: &str = "allocated_at";

/// Lays out the text derived from a registry in the order and style of an earlier version of the
/// file. Records and keys in that version come first, in its order; new records follow, in the
/// order they were allocated. If the records are sorted by identity, new ones are inserted in that
/// order instead. A version that cannot be read has no order to follow. Lines end with LF, as
/// `.gitattributes` says: with other line endings, git would show the file as modified in every
/// clone.
pub(super) fn laid_out(text: String, before: Option<&[u8]>, format: LegacyFormat) -> String {
    laid_out_in(text, before, format, None)
}

/// Like [`laid_out`], but puts the records in `order`, if given, rather than the earlier version's
/// order.
pub(super) fn laid_out_in(
    text: String,
    before: Option<&[u8]>,
    format: LegacyFormat,
    order: Option<RecordOrder>,
) -> String {
    let before = before.and_then(|before| std::str::from_utf8(before).ok());
    let Some(before) = before.filter(|before| *before != text) else { return text };
    let unmarked = before.strip_prefix(BYTE_ORDER_MARK).unwrap_or(before);
    let arranged = match format {
        LegacyFormat::Classic => classic(&text, unmarked, order),
        LegacyFormat::Jsonl => jsonl(&text, unmarked, order),
        LegacyFormat::Csv => csv(&text, unmarked, order),
        LegacyFormat::IdsMap => None,
    };
    let arranged = arranged.unwrap_or(text);
    // The program that wrote the mark may need it to detect the encoding.
    if before.starts_with(BYTE_ORDER_MARK) {
        return format!("{BYTE_ORDER_MARK}{arranged}");
    }
    arranged
}

fn classic(text: &str, before: &str, order: Option<RecordOrder>) -> Option<String> {
    let (mut new, old) = (Ordered::parse(text).ok()?, Ordered::parse(before).ok()?);
    let (Ordered::Object(members), Some(Ordered::Array(model))) = (&mut new, old.get(RECORDS))
    else {
        return None;
    };
    let place = members.iter().position(|(name, _)| name == RECORDS)?;
    let Ordered::Array(records) =
        std::mem::replace(&mut members[place].1, Ordered::Array(Vec::new()))
    else {
        return None;
    };
    new.arrange(&without_records(&old));
    let records = arranged(records, model, order);
    if let Ordered::Object(members) = &mut new {
        let (_, place) = members.iter_mut().find(|(name, _)| name == RECORDS)?;
        *place = Ordered::Array(records);
    }
    let mut out = String::with_capacity(text.len());
    JsonStyle::with_elements(before, RECORDS).write(&mut out, &new);
    // A final newline that appears or disappears would be a change that no record explains.
    out.push_str(if before.ends_with('\n') { "\n" } else { "" });
    Some(out)
}

/// Returns a file's head, with an empty list of records.
fn without_records<'a>(whole: &Ordered<'a>) -> Ordered<'a> {
    let Ordered::Object(members) = whole else { return whole.clone() };
    let member = |(name, value): &(Cow<'a, str>, Ordered<'a>)| {
        let value = if name == RECORDS { Ordered::Array(Vec::new()) } else { value.clone() };
        (name.clone(), value)
    };
    Ordered::Object(members.iter().map(member).collect())
}

fn jsonl(text: &str, before: &str, order: Option<RecordOrder>) -> Option<String> {
    let (records, model) = (parsed_lines(text)?, parsed_lines(before)?);
    let first = before.lines().find(|line| !line.trim().is_empty())?;
    // A single line has no indentation. Whether the program escapes non-ASCII characters can only
    // be told from the whole file.
    let style = JsonStyle { is_ascii: before.is_ascii(), ..JsonStyle::of(first) };
    let mut out = String::with_capacity(text.len());
    for record in arranged(records, &model, order) {
        style.write(&mut out, &record);
        out.push('\n');
    }
    Some(out)
}

/// Parses lines of JSON, or returns `None` if one cannot be parsed.
fn parsed_lines(text: &str) -> Option<Vec<Ordered<'_>>> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| Ordered::parse(line).ok()).collect()
}

/// Returns the order of the records in a file, or `None` if it cannot be read.
pub(super) fn order_in(bytes: &[u8], format: LegacyFormat) -> Option<RecordOrder> {
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    match format {
        LegacyFormat::Classic => match Ordered::parse(text).ok()?.get(RECORDS) {
            Some(Ordered::Array(records)) => Some(order_of(records)),
            _ => None,
        },
        LegacyFormat::Jsonl => Some(order_of(&parsed_lines(text)?)),
        LegacyFormat::Csv => {
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let id = reader.headers().ok()?.iter().position(|own| own == ID)?;
            let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().ok()?;
            Some(RecordOrder::of(rows.iter().map(|row| row.get(id))))
        }
        LegacyFormat::IdsMap => None,
    }
}

/// Returns the order of these records.
fn order_of(records: &[Ordered<'_>]) -> RecordOrder {
    RecordOrder::of(records.iter().map(|record| record.get(ID).and_then(Ordered::as_string)))
}

/// Returns records in the model's order, each with its keys in the same order as in the model. New
/// records have their keys in the order used by the model's records.
fn arranged<'a>(
    records: Vec<Ordered<'a>>,
    model: &[Ordered<'a>],
    order: Option<RecordOrder>,
) -> Vec<Ordered<'a>> {
    let known: HashMap<String, usize, RandomState> = model
        .iter()
        .enumerate()
        .filter_map(|(n, record)| Some((record.get(ID)?.as_string()?, n)))
        .collect();
    let order = order.unwrap_or_else(|| order_of(model));
    // This is only computed if there is a new record.
    let usual = LazyCell::new(|| usual(model));
    let placed = records.into_iter().map(|mut record| {
        let id = record.get(ID).and_then(Ordered::as_string);
        let place = id.as_ref().and_then(|id| known.get(id).copied());
        let at = || record.get(ALLOCATED_AT).and_then(Ordered::as_string).unwrap_or_default();
        let key = order.place(place, at, id);
        record.arrange(place.map_or_else(|| &*usual, |place| &model[place]));
        (key, record)
    });
    // The sort is stable: records with equal keys stay in the registry's order.
    let mut placed: Vec<_> = placed.collect();
    placed.sort_by(|(one, _), (other, _)| one.cmp(other));
    placed.into_iter().map(|(_, record)| record).collect()
}

/// Returns a record that has every key found in the records, in order of first occurrence.
fn usual<'a>(model: &[Ordered<'a>]) -> Ordered<'a> {
    let mut usual = UsualKeys::default();
    let names = |value: Option<&Ordered<'a>>| match value {
        Some(Ordered::Object(members)) => members.iter().map(|(name, _)| name.clone()).collect(),
        _ => Vec::new(),
    };
    for record in model {
        names(Some(record)).into_iter().for_each(|name| usual.add(name));
        names(record.get(METADATA)).into_iter().for_each(|name| usual.add_to_metadata(name));
    }
    usual.record()
}

/// The keys found in records, in order of first occurrence.
#[derive(Default)]
pub(super) struct UsualKeys<'a> {
    beside: Vec<Cow<'a, str>>,
    in_metadata: Vec<Cow<'a, str>>,
}

impl<'a> UsualKeys<'a> {
    /// Adds a key found in a record.
    pub(super) fn add(&mut self, name: impl Into<Cow<'a, str>>) {
        Self::add_to(&mut self.beside, name.into());
    }

    /// Adds a key found in a record's `metadata`.
    pub(super) fn add_to_metadata(&mut self, name: impl Into<Cow<'a, str>>) {
        Self::add_to(&mut self.in_metadata, name.into());
    }

    fn add_to(names: &mut Vec<Cow<'a, str>>, name: Cow<'a, str>) {
        if !names.contains(&name) {
            names.push(name);
        }
    }

    /// Returns a record with all of these keys.
    pub(super) fn record(self) -> Ordered<'a> {
        let members = |names: Vec<Cow<'a, str>>| {
            names.into_iter().map(|name| (name, Ordered::Scalar("null"))).collect::<Vec<_>>()
        };
        let (mut beside, in_metadata) = (members(self.beside), members(self.in_metadata));
        if let Some((_, metadata)) = beside.iter_mut().find(|(name, _)| name == METADATA) {
            *metadata = Ordered::Object(in_metadata);
        }
        Ordered::Object(beside)
    }
}

/// Returns a table's rows in an earlier version's order, with that version's columns first.
fn csv(text: &str, before: &str, order: Option<RecordOrder>) -> Option<String> {
    let read = |text: &str| -> Option<(csv::StringRecord, Vec<csv::StringRecord>)> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().ok()?.clone();
        Some((header, reader.records().collect::<Result<_, _>>().ok()?))
    };
    let ((header, rows), (old_header, old_rows)) = (read(text)?, read(before)?);
    let column = |header: &csv::StringRecord, name: &str| header.iter().position(|own| own == name);
    let (id, old_id) = (column(&header, ID)?, column(&old_header, ID)?);
    let at = column(&header, ALLOCATED_AT)?;
    let known: HashMap<&str, usize, RandomState> =
        old_rows.iter().enumerate().filter_map(|(n, row)| Some((row.get(old_id)?, n))).collect();
    let ids = || old_rows.iter().map(|row| row.get(old_id));
    let order = order.unwrap_or_else(|| RecordOrder::of(ids()));
    let mut placed: Vec<_> = rows
        .iter()
        .map(|row| {
            let id = row.get(id).unwrap_or_default();
            let time = || row.get(at).unwrap_or_default();
            (order.place(known.get(id).copied(), time, Some(id)), row)
        })
        .collect();
    placed.sort_by_key(|(place, _)| *place);
    // The csv crate does not preserve quotes, so the first line is used to tell whether the program
    // quotes every cell.
    let is_quoted = before.lines().next()?.split(',').all(|name| name.starts_with('"'));
    let style = if is_quoted { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
    let ends_line = csv::Terminator::Any(b'\n');
    let mut writer = csv::WriterBuilder::new();
    let mut writer = writer.quote_style(style).terminator(ends_line).from_writer(Vec::new());
    writer.write_record(&header).ok()?;
    placed.into_iter().try_for_each(|(_, row)| writer.write_record(row)).ok()?;
    String::from_utf8(writer.into_inner().ok()?).ok()
}

/// Returns whether a file's text has exactly the content derived from a registry, in any order and
/// style.
pub(super) fn is_laid_out(text: &[u8], derived: Cow<'_, str>, format: LegacyFormat) -> bool {
    derived.as_bytes() == text
        || laid_out(derived.into_owned(), Some(text), format).as_bytes() == text
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLASSIC: &str = r#"{
    "scope": "250101",
    "schema_version": "1.0",
    "allocations": [
        {
            "file_path": "b.md",
            "id": "2",
            "metadata": {
                "z": 1,
                "owner": "Zo\u00eb"
            },
            "allocated_at": "2025-01-02"
        },
        {
            "id": "1",
            "file_path": "a.md",
            "allocated_at": "2025-01-01",
            "metadata": {}
        }
    ],
    "counters": {}
}"#;

    #[test]
    fn records_and_keys_stay_where_they_were() {
        let derived = concat!(
            r#"{"schema_version":"1.0","scope":"250101","counters":{"x":{}},"allocations":["#,
            r#"{"id":"1","file_path":"c.md","allocated_at":"2025-01-01","metadata":{"owner":"é"}},"#,
            r#"{"id":"2","file_path":"b.md","allocated_at":"2025-01-02","metadata":{"owner":"Zoë","z":1}},"#,
            r#"{"id":"3","file_path":"n","allocated_at":"2025-03-01","metadata":{"new":1,"z":2}},"#,
            r#"{"id":"4","file_path":"m","allocated_at":"2025-02-01","metadata":{}}]}"#,
        );
        let text = laid_out(derived.to_owned(), Some(CLASSIC.as_bytes()), LegacyFormat::Classic);
        let expected = CLASSIC
            .replace(r#""a.md""#, r#""c.md""#)
            .replace(
                r#""metadata": {}"#,
                "\"metadata\": {\n                \"owner\": \"\\u00e9\"\n            }",
            )
            .replace(r#""counters": {}"#, "\"counters\": {\n        \"x\": {}\n    }")
            .replace(
                "        }\n    ],",
                r#"        },
        {
            "file_path": "m",
            "id": "4",
            "metadata": {},
            "allocated_at": "2025-02-01"
        },
        {
            "file_path": "n",
            "id": "3",
            "metadata": {
                "z": 2,
                "new": 1
            },
            "allocated_at": "2025-03-01"
        }
    ],"#,
            );
        assert_eq!(text, expected);
        assert!(is_laid_out(text.as_bytes(), derived.into(), LegacyFormat::Classic));
        assert!(!is_laid_out(CLASSIC.as_bytes(), derived.into(), LegacyFormat::Classic));
        assert!(is_laid_out(derived.as_bytes(), derived.into(), LegacyFormat::Classic));
        // A byte order mark at the start is kept as well, but line endings are not.
        let windows = format!("\u{feff}{}", CLASSIC.replace('\n', "\r\n"));
        let text = laid_out(derived.to_owned(), Some(windows.as_bytes()), LegacyFormat::Classic);
        assert_eq!(text, format!("\u{feff}{expected}"));
        assert!(!is_laid_out(windows.as_bytes(), derived.into(), LegacyFormat::Classic));
        assert!(is_laid_out(text.as_bytes(), derived.into(), LegacyFormat::Classic));
        let in_lines = derived.replace("[{", "[\r\n{").replace("}]", "}\r\n]");
        let in_lines = in_lines.replace("},{", "},\r\n{");
        let text = laid_out(derived.to_owned(), Some(in_lines.as_bytes()), LegacyFormat::Classic);
        assert_eq!(text, in_lines.replace("\r\n", "\n"));
        // A file that cannot be read has no order to follow.
        for before in [None, Some(&b"{"[..]), Some(b"[]"), Some(b"\xff")] {
            assert_eq!(laid_out(derived.to_owned(), before, LegacyFormat::Classic), derived);
        }
    }

    #[test]
    fn lines_stay_in_their_order_and_style() {
        let before =
            "{\"file_path\": \"b\", \"id\": \"2\"}\n\n{\"id\": \"1\", \"file_path\": \"a\"}\n";
        let derived = "{\"id\":\"1\",\"file_path\":\"ä\"}\n{\"id\":\"2\",\"file_path\":\"b\"}\n{\"id\":\"3\",\"file_path\":\"c\"}\n";
        let text = laid_out(derived.to_owned(), Some(before.as_bytes()), LegacyFormat::Jsonl);
        assert_eq!(
            text,
            "{\"file_path\": \"b\", \"id\": \"2\"}\n{\"id\": \"1\", \"file_path\": \"\\u00e4\"}\n{\"file_path\": \"c\", \"id\": \"3\"}\n"
        );
        assert!(is_laid_out(text.as_bytes(), derived.into(), LegacyFormat::Jsonl));
    }

    #[test]
    fn rows_stay_in_their_order() {
        let before = "owner,id,allocated_at\nann,2,2025-01-02\n\"b\nc\",1,2025-01-01\n";
        let derived = "owner,id,allocated_at,origin\n\"b\nc\",1,2025-01-01,x\nann,2,2025-01-02,y\ne,4,2025-04-01,v\nd,3,2025-05-01,z\n";
        let text = laid_out(derived.to_owned(), Some(before.as_bytes()), LegacyFormat::Csv);
        assert_eq!(
            text,
            "owner,id,allocated_at,origin\nann,2,2025-01-02,y\n\"b\nc\",1,2025-01-01,x\ne,4,2025-04-01,v\nd,3,2025-05-01,z\n"
        );
        let quoted = "\"id\",\"allocated_at\"\n\"2\",\"b\"\n";
        let derived = "id,allocated_at\n1,a\n2,b\n";
        let text = laid_out(derived.to_owned(), Some(quoted.as_bytes()), LegacyFormat::Csv);
        assert_eq!(text, "\"id\",\"allocated_at\"\n\"1\",\"a\"\n\"2\",\"b\"\n");
        let windows = quoted.replace('\n', "\r\n");
        let text = laid_out(derived.to_owned(), Some(windows.as_bytes()), LegacyFormat::Csv);
        assert_eq!(text, "\"id\",\"allocated_at\"\n\"1\",\"a\"\n\"2\",\"b\"\n");
    }
}
