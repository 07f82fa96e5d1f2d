//! The classic format: pretty-printed, with full counters. Other programs of the schema read it, and so
//! does [`Registry::parse`].

use std::collections::BTreeMap;

use super::counters::RecordCounts;
use super::format::write_record_as;
use super::json::{Json, Members, indented, write_indented, write_value};
use super::spelling::{BESIDE, COUNTED, Spelling};
use super::{
    Allocation, CounterKey, CounterState, Id, Object, Registry, SCHEMA_VERSION, Status, key,
};

/// The end of a text without records.
const END: &str = "]\n}\n";
/// The beginning of the names of totals.
pub(super) const TOTAL: &str = "total";
/// How deep a record is indented.
const DEPTH: usize = 2;

/// A text in the classic format, to which records are added in order of their identities.
#[derive(Debug)]
pub struct ClassicText {
    /// The text so far that was not taken yet.
    pub text: String,
    is_empty: bool,
}

impl ClassicText {
    /// Begins the text of a registry with this head and these records. A legacy file keeps the
    /// other program's version and dates, and has current totals.
    pub fn begin(head: &Registry, counts: &RecordCounts, is_legacy: bool) -> Self {
        let mut out = String::from("{");
        let mut top = Members::new(&mut out);
        top.string("schema_version", SCHEMA_VERSION);
        top.string("scope", &head.scope.to_string());
        let [metadata, extra] = match is_legacy {
            true => head.legacy_head(|name| counted(name, counts)),
            false => [head.metadata.clone(), head.extra.clone()],
        };
        let counters = match is_legacy {
            true => counts.legacy_counters(&head.counters),
            false => counts.counters(&head.counters),
        };
        write_counters(top.key("counters"), head, &counters);
        write_value(top.key("metadata"), &Json::Object(metadata));
        for (name, value) in &extra {
            top.member(name, value);
        }
        top.key("allocations").push_str("[]");
        out.push('}');
        let mut text = indented(&out);
        // The head is formatted with an empty list, so that records can be appended one by one
        // without keeping the whole text twice.
        text.truncate(text.len() - END.len());
        ClassicText { text, is_empty: true }
    }

    /// Adds a record, given its JSON on one line.
    pub fn push(&mut self, line: &str) {
        self.text.push_str(if self.is_empty { "\n    " } else { ",\n    " });
        self.is_empty = false;
        write_indented(&mut self.text, line, DEPTH);
    }

    /// Returns the rest of the text.
    pub fn finish(mut self) -> String {
        self.text.push_str(if self.is_empty { "" } else { "\n  " });
        self.text.push_str(END);
        self.text
    }
}

impl Registry {
    /// Returns the classic text.
    pub fn format_classic(&self) -> String {
        let mut text = ClassicText::begin(self, &RecordCounts::of(self), false);
        let mut line = String::new();
        for (record, holder) in self.sorted() {
            line.clear();
            write_record_as(&mut line, record, holder, None);
            text.push(&line);
        }
        text.finish()
    }

    /// Returns the metadata and the unknown keys of the head as the legacy file has them, with `total` as the
    /// value of each total.
    pub fn legacy_head(&self, total: impl Fn(&str) -> Json) -> [Object; 2] {
        let (mut metadata, mut extra) = (self.metadata.clone(), self.extra.clone());
        // Notes of idhooks about this file mean nothing to its readers.
        metadata.retain(|name, _| !key::OF_LEGACY_FILE.contains(&name.as_str()));
        let kept = metadata.remove(key::LEGACY_SPELLING).map(|kept| kept.expanded().into_owned());
        let Some(Json::Object(kept)) = kept else { return [metadata, extra] };
        for (name, value) in kept {
            match value {
                Json::Array(names) if name == BESIDE => {
                    for name in names.iter().filter_map(Json::as_str) {
                        extra.entry(name.to_owned()).or_insert_with(|| total(name));
                    }
                }
                Json::Array(names) if name == COUNTED => {
                    for name in names.iter().filter_map(Json::as_str) {
                        metadata.entry(name.to_owned()).or_insert_with(|| total(name));
                    }
                }
                // As earlier versions kept a total.
                value => {
                    let value = if is_total(&name, &value) { total(&name) } else { value };
                    metadata.entry(name).or_insert(value);
                }
            }
        }
        [metadata, extra]
    }
}

/// Appends one record as the program wrote it from which it was imported; `holder` is the identity that
/// holds its path, if that is another record.
pub fn write_legacy_record(out: &mut String, record: &Allocation, holder: Option<Id>) {
    write_record_as(out, record, holder, Some(&Spelling::of(record)));
}

/// Returns whether a member of a head is a total, which is counted when the legacy file is written.
pub fn is_total(name: &str, value: &Json) -> bool {
    name.starts_with(TOTAL) && matches!(value, Json::Number(_))
}

/// Returns the value of a total: the number of records with the status in its name, or of all.
fn counted(name: &str, counts: &RecordCounts) -> Json {
    let status = Status::ALL.into_iter().find(|status| name.contains(status.as_str()));
    Json::Number(counts.with(status).to_string())
}

fn write_counters(out: &mut String, head: &Registry, states: &BTreeMap<CounterKey, CounterState>) {
    out.push('{');
    let mut counters = Members::new(out);
    let number = |n: usize| Json::Number(n.to_string());
    for (name, state) in states {
        let reserved = state.reserved.iter().map(|n| number(*n as usize)).collect();
        let out = counters.key(&name.to_string());
        out.push('{');
        let mut members = Members::new(out);
        members.member("current", &number(state.current as usize));
        members.member("allocated", &number(state.allocated));
        members.member("reserved", &Json::Array(reserved));
        for (key, value) in head.counters.get(name).into_iter().flat_map(|kept| &kept.extra) {
            members.member(key, value);
        }
        out.push('}');
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_same_content_as_the_canonical_form() {
        let text = concat!(
            r#"{"schema_version":"1.0","scope":"260118","counters":{"100_01_260118":{"floor":90000,"x":1,"reserved":[7]}},"metadata":{"a":1},"zeta":[],"allocations":["#,
            r#"{"id":"0110073814260118","file_path":"docs/a \"b\".md","allocated_at":"2026-02-03T10:11:12Z","status":"active","metadata":{"origin":"c122650e81a52c85","aliases":["0110000001260118"]},"allocated_by":"x"},"#,
            r#"{"id":"2099941877260118","file_path":"a\ufffdb","allocated_at":"2026-02-03T10:12:00Z","status":"deprecated","metadata":{"origin":"7d0a75c1e9b04f13","path_hex":"61ff62"}}]}"#
        );
        let registry = Registry::parse(text.as_bytes()).expect("valid");
        let classic = registry.format_classic();
        assert!(classic.starts_with("{\n  \"schema_version\": \"1.0\",\n  \"scope\": \"260118\",\n  \"counters\": {\n    \"100_01_260118\": {\n      \"current\": 90000,\n      \"allocated\": 1,\n      \"reserved\": [\n        7\n      ],\n      \"x\": 1\n    },\n    \"999_20_260118\": {\n      \"current\": 41877,\n      \"allocated\": 1,\n      \"reserved\": []\n    }\n  },\n"), "{classic}");
        assert!(classic.contains("    {\n      \"id\": \"0110073814260118\",\n      \"file_path\": \"docs/a \\\"b\\\".md\",\n"));
        let again = Registry::parse(classic.as_bytes()).expect("valid");
        assert_eq!(again.format(), registry.format());
        let empty = Registry::new(registry.scope).format_classic();
        assert!(
            empty.ends_with("\"counters\": {},\n  \"metadata\": {},\n  \"allocations\": []\n}\n")
        );
    }
}
