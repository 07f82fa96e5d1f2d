//! Checks that the form of identities in a classic file is that of idhooks.

use super::{Classic, is_one, yaml::YamlNode};

/// The parts of an identity in order, with their number of digits and their other names.
const SEGMENTS: [(&[&str], usize); 4] = [
    (&["type", "tt", "type_code"], 2),
    (&["ns", "namespace", "nnn"], 3),
    (&["seq", "sequence", "sssss", "counter"], 5),
    (&["scope", "cccccc"], 6),
];
/// The names of the parts that form a counter.
const COUNTER: [&[&str]; 3] = [SEGMENTS[0].0, SEGMENTS[1].0, SEGMENTS[3].0];

impl Classic {
    pub(super) fn read_width(&mut self, value: &YamlNode) {
        if value.text().map(str::trim) != Some("16") {
            let what = format!("identities have 16 digits in idhooks, not {}", value.kind());
            self.fault(value.line, what);
        }
    }

    pub(super) fn read_alphabet(&mut self, value: &YamlNode) {
        let is_digits = |text: &str| is_one(text.trim(), &["numeric", "decimal", "digits"]);
        if !value.text().is_some_and(is_digits) {
            let what = format!("identities consist of digits in idhooks, not {}", value.kind());
            self.fault(value.line, what);
        }
    }

    /// Reads `[{name: TYPE, width: 2}, …]`: some parts of an identity, in order.
    pub(super) fn read_segments(&mut self, value: &YamlNode) {
        let Some(list) = value.list() else {
            return self.expected("a list of segments", value);
        };
        let mut next = 0;
        for segment in list {
            let name = segment.get(&["name", "segment", "id"]).and_then(YamlNode::text);
            let Some(name) = name else {
                self.expected("a segment with 'name'", segment);
                continue;
            };
            let Some(at) = SEGMENTS.iter().position(|(names, _)| is_one(name, names)) else {
                let what =
                    format!("'{name}' is not a segment; the segments are TYPE, NS, SEQ and SCOPE");
                self.fault(segment.line, what);
                continue;
            };
            let (digits, is_late) = (SEGMENTS[at].1, at < next);
            next = at + 1;
            let width = segment.get(&["width", "digits", "length"]).and_then(YamlNode::text);
            if is_late {
                let what = "the segments must be TYPE, NS, SEQ and SCOPE, in this order";
                self.fault(segment.line, what.to_owned());
            } else if let Some(width) = width.filter(|width| width.trim() != digits.to_string()) {
                let what = format!("'{name}' has {digits} digits in idhooks, not {width}");
                self.fault(segment.line, what);
            }
        }
    }

    pub(super) fn read_counter_key(&mut self, name: &str, value: &YamlNode) {
        let texts = value.texts().unwrap_or_default();
        let has = |names: &[&str]| texts.iter().any(|(_, text)| is_one(text, names));
        if texts.len() != COUNTER.len() || !COUNTER.iter().all(|names| has(names)) {
            self.leave_out(value.line, name, "sequences are counted by NS, TYPE and SCOPE");
        }
    }

    pub(super) fn read_delimiter(&mut self, name: &str, value: &YamlNode) {
        if value.text() != Some("_") {
            self.leave_out(value.line, name, "'_' separates an identity from a name");
        }
    }
}
