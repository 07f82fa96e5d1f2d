//! The classic format: pretty-printed, with full counters.
//!
//! Other programs of the schema read it, and so does [`Registry::parse`]. It is not committed:
//! branches would conflict in it all the time.

use super::json::{Json, Members, indented, write_value};
use super::{Registry, SCHEMA_VERSION, format_record};

impl Registry {
    /// Returns the classic text.
    pub fn format_classic(&self) -> String {
        let mut out = "{".to_owned();
        let mut top = Members::new(&mut out);
        top.string("schema_version", SCHEMA_VERSION);
        top.string("scope", &self.scope.to_string());
        self.write_tallies(top.key("counters"));
        write_value(top.key("metadata"), &Json::Object(self.metadata.clone()));
        for (name, value) in &self.extra {
            top.member(name, value);
        }
        let texts = self.sorted().into_iter().map(|(record, holder)| format_record(record, holder));
        let texts: Vec<String> = texts.collect();
        let list = top.key("allocations");
        list.push_str(&format!("[{}]", texts.join(",")));
        out.push('}');
        indented(&out)
    }

    fn write_tallies(&self, out: &mut String) {
        out.push('{');
        let mut counters = Members::new(out);
        let number = |n: usize| Json::Number(n.to_string());
        for (name, tally) in self.counter_states() {
            let reserved = tally.reserved.iter().map(|n| number(*n as usize)).collect();
            let out = counters.key(&name.to_string());
            out.push('{');
            let mut members = Members::new(out);
            members.member("current", &number(tally.current as usize));
            members.member("allocated", &number(tally.allocated));
            members.member("reserved", &Json::Array(reserved));
            for (key, value) in self.counters.get(&name).into_iter().flat_map(|kept| &kept.extra) {
                members.member(key, value);
            }
            out.push('}');
        }
        out.push('}');
    }
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
