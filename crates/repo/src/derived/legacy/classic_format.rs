//! The classic format: pretty-printed, with full counters. Other programs that use this schema can
//! read it, and so can [`Registry::parse`].

use std::collections::BTreeMap;

use idhooks_core::registry::json::{Json, Members, indented, write_indented, write_value};
use idhooks_core::registry::{
    CounterKey, CounterState, RecordCounts, Registry, SCHEMA_VERSION, Status, format_record,
};

/// The end of a document in the classic format that has no records.
const END: &str = "]\n}\n";
/// The indentation level of a record.
const DEPTH: usize = 2;

/// A document in the classic format, to which records are appended in identity order.
#[derive(Debug)]
pub(super) struct ClassicText {
    text: String,
    is_empty: bool,
}

impl ClassicText {
    /// Starts the document for a registry with this head and these record counts. A legacy file
    /// keeps the other program's version and dates, and has up-to-date totals.
    pub(super) fn begin(head: &Registry, counts: &RecordCounts, is_legacy: bool) -> Self {
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
        // without a second copy of the whole document.
        text.truncate(text.len() - END.len());
        ClassicText { text, is_empty: true }
    }

    /// Appends a record, given as JSON on a single line.
    pub(super) fn push(&mut self, line: &str) {
        self.text.push_str(if self.is_empty { "\n    " } else { ",\n    " });
        self.is_empty = false;
        write_indented(&mut self.text, line, DEPTH);
    }

    /// Returns the finished document.
    pub(super) fn finish(mut self) -> String {
        self.text.push_str(if self.is_empty { "" } else { "\n  " });
        self.text.push_str(END);
        self.text
    }
}

/// Returns a registry in the classic format: one indented JSON document, with complete counters.
pub fn classic_text(registry: &Registry) -> String {
    let mut text = ClassicText::begin(registry, &RecordCounts::of(registry), false);
    for (record, holder) in registry.sorted() {
        text.push(&format_record(record, holder));
    }
    text.finish()
}

/// Returns a total's value: the number of records with the status in the total's name, or of all
/// records.
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
        // Keys that only the other program knows must survive every rewrite.
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
        let classic = classic_text(&registry);
        assert!(classic.starts_with("{\n  \"schema_version\": \"1.0\",\n  \"scope\": \"260118\",\n  \"counters\": {\n    \"100_01_260118\": {\n      \"current\": 90000,\n      \"allocated\": 1,\n      \"reserved\": [\n        7\n      ],\n      \"x\": 1\n    },\n    \"999_20_260118\": {\n      \"current\": 41877,\n      \"allocated\": 1,\n      \"reserved\": []\n    }\n  },\n"), "{classic}");
        assert!(classic.contains("    {\n      \"id\": \"0110073814260118\",\n      \"file_path\": \"docs/a \\\"b\\\".md\",\n"));
        let again = Registry::parse(classic.as_bytes()).expect("valid");
        assert_eq!(again.format(), registry.format());
        let empty = classic_text(&Registry::new(registry.scope));
        assert!(
            empty.ends_with("\"counters\": {},\n  \"metadata\": {},\n  \"allocations\": []\n}\n")
        );
    }
}
