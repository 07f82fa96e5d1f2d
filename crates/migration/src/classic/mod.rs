//! [`Classic`]: the settings that idhooks shares with a classic identity tool's
//! `IDENTITY_CONFIG.yaml`: scope, TYPE by extension, and namespace by path.
//!
//! These files were written by hand, and no two are alike. Clear settings are imported, invalid
//! values are reported as faults, and settings without a counterpart are left out with a remark.

mod codes;
mod id_regex;
mod yaml;

use idhooks_core::config::TemplateValues;
use idhooks_core::registry::{Namespace, TypeCode};

use id_regex::IdForm;
use yaml::YamlNode;

pub use yaml::Remark;

/// The settings in a classic file.
#[derive(Debug, Default)]
pub struct Classic {
    /// The settings that `idhooks.toml` also has.
    pub template: TemplateValues,
    /// The path of the tool's registry, if given.
    pub registry: Option<String>,
    /// The settings that were left out, sorted by line.
    pub left_out: Vec<Remark>,
    /// The namespace for paths that no glob matches.
    pub(super) other: Option<Namespace>,
    /// Whether any setting was recognized.
    pub(super) is_known: bool,
    pub(super) faults: Vec<Remark>,
}

const SCOPE: &[&str] = &["scope", "scope_code", "scope_id"];
const REGEX: &[&str] = &["id_regex", "id_pattern", "regex"];
const TYPES: &[&str] =
    &["types", "type_codes", "type_classification", "type_table", "type_map", "extensions"];
const NAMESPACES: &[&str] = &[
    "namespaces",
    "namespace_routing",
    "namespace_codes",
    "namespace_map",
    "ns_routing",
    "ns_codes",
    "routing",
];
const DEFAULT: &[&str] = &["default", "_default", "defaults", "fallback", "other"];
/// The required form of a TYPE and a namespace.
const TYPE_FORM: &str = "two digits, such as \"20\"";
const NAMESPACE_FORM: &str = "three digits, such as \"200\"";
/// An identity's segments in order, each with its aliases and its number of digits.
const SEGMENTS: [(&[&str], usize); 4] = [
    (&["type", "tt", "type_code"], 2),
    (&["ns", "namespace", "nnn"], 3),
    (&["seq", "sequence", "sssss", "counter"], 5),
    (&["scope", "cccccc"], 6),
];
/// The names of the segments that make up a counter.
const COUNTER: [&[&str]; 3] = [SEGMENTS[0].0, SEGMENTS[1].0, SEGMENTS[3].0];
/// Settings that contain other settings.
const GROUPS: &[&str] = &["profile", "identity", "allocation"];
/// Settings without a counterpart, each with what idhooks does instead.
const ELSEWHERE: &[(&[&str], &str)] = &[
    (&["lock", "locking"], "commands lock the registry automatically"),
    (
        &["collision_policy", "collisions"],
        "an identity is never allocated twice, and no file is overwritten",
    ),
    (&["hashing", "hashes"], "git's blob ids are the hashes"),
    (&["storage", "paths", "master_registry_path"], "the registry is .idhooks/registry.json"),
];

impl Classic {
    /// Parses the text of a classic file.
    ///
    /// # Errors
    /// Returns all faults, sorted by line.
    pub fn parse(text: &str) -> Result<Self, Vec<Remark>> {
        // Editors on Windows add a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let whole = |message: &str| vec![Remark { line: 1, message: message.to_owned() }];
        let node = yaml::read(text).map_err(|fault| vec![fault])?;
        let node = node.ok_or_else(|| whole("the file is empty"))?;
        let mut classic = Classic::default();
        classic.read_top(&node);
        // This rule goes last because it matches every path, and the first match wins.
        if let Some(other) = classic.other.filter(|other| *other != Namespace::OTHER) {
            classic.template.namespaces.push(("**".to_owned(), other));
        }
        // Without this check, importing the wrong file would succeed without doing anything.
        if classic.faults.is_empty() && !classic.is_known {
            return Err(whole("the file has no scope, types or namespaces"));
        }
        let by_line = |remarks: &mut Vec<Remark>| remarks.sort_by_key(|remark| remark.line);
        by_line(&mut classic.faults);
        by_line(&mut classic.left_out);
        if classic.faults.is_empty() { Ok(classic) } else { Err(classic.faults) }
    }

    fn read_top(&mut self, node: &YamlNode) {
        let Some(map) = node.map() else {
            return self.expected("a map", node);
        };
        for (key, value) in map {
            match key.text() {
                // Some files nest everything under the tool's name.
                Some(name) if map.len() == 1 && value.map().is_some() && !is_setting(name) => {
                    self.read_top(value);
                }
                Some(name) => self.read_setting(key.line, name, name, value),
                None => self.leave_out(key.line, &key.kind(), ""),
            }
        }
    }

    /// Reads one setting; `full` is its name, prefixed with the names of the settings that contain
    /// it.
    fn read_setting(&mut self, line: usize, name: &str, full: &str, value: &YamlNode) {
        match name {
            _ if is_one(name, SCOPE) => self.read_scope(value),
            _ if is_one(name, REGEX) => self.read_regex(full, value),
            _ if is_one(name, TYPES) => self.read_codes::<TypeCode>(value),
            _ if is_one(name, NAMESPACES) => self.read_codes::<Namespace>(value),
            _ if is_one(name, DEFAULT) => self.read_default(value),
            _ if is_one(name, &["id_width", "id_length"]) => self.read_width(value),
            _ if is_one(name, &["alphabet"]) => self.read_alphabet(value),
            _ if is_one(name, &["segments"]) => self.read_segments(value),
            _ if is_one(name, &["counter_key"]) => self.read_counter_key(full, value),
            _ if is_one(name, &["delimiter_after_id"]) => self.read_delimiter(full, value),
            _ if is_one(name, GROUPS) && value.map().is_some() => {
                for (key, value) in value.map().unwrap_or_default() {
                    let name = key.text().unwrap_or_default();
                    self.read_setting(key.line, name, &format!("{full}.{name}"), value);
                }
            }
            _ => {
                let registry = value.get(&["master_registry_path", "registry_path"]);
                let registry = registry.and_then(YamlNode::text).map(str::to_owned);
                self.registry = self.registry.take().or(registry);
                // The remark about what idhooks does instead explains why the setting is not
                // needed.
                let why = ELSEWHERE.iter().find(|(names, _)| is_one(name, names));
                self.leave_out(line, full, why.map_or("", |(_, why)| why));
            }
        }
    }

    fn read_width(&mut self, value: &YamlNode) {
        if value.text().map(str::trim) != Some("16") {
            let what = format!("identities have 16 digits in idhooks, not {}", value.kind());
            self.fault(value.line, what);
        }
    }

    fn read_alphabet(&mut self, value: &YamlNode) {
        let is_digits = |text: &str| is_one(text.trim(), &["numeric", "decimal", "digits"]);
        if !value.text().is_some_and(is_digits) {
            let what = format!("identities consist of digits in idhooks, not {}", value.kind());
            self.fault(value.line, what);
        }
    }

    /// Reads `[{name: TYPE, width: 2}, …]`: some of an identity's segments, in order.
    fn read_segments(&mut self, value: &YamlNode) {
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
            // Only the order is checked, because a file may omit some segments.
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

    fn read_counter_key(&mut self, name: &str, value: &YamlNode) {
        let texts = value.texts().unwrap_or_default();
        let has = |names: &[&str]| texts.iter().any(|(_, text)| is_one(text, names));
        // The order of the segments that make up a counter does not matter.
        if texts.len() != COUNTER.len() || !COUNTER.iter().all(|names| has(names)) {
            self.leave_out(value.line, name, "sequences are counted by NS, TYPE and SCOPE");
        }
    }

    fn read_delimiter(&mut self, name: &str, value: &YamlNode) {
        if value.text() != Some("_") {
            self.leave_out(value.line, name, "'_' separates an identity from a name");
        }
    }

    fn read_scope(&mut self, value: &YamlNode) {
        let read = self.code(value, "six digits, such as \"260118\"");
        self.template.scope = read.or(self.template.scope);
    }

    fn read_regex(&mut self, full: &str, value: &YamlNode) {
        match value.text().map(IdForm::parse) {
            Some(IdForm::SixteenDigits) => {}
            Some(IdForm::Other(why)) => {
                let what = value.kind();
                self.fault(value.line, format!("{what} must describe 16 digits, but {why}"));
            }
            // The pattern may be correct, so this is only a remark.
            Some(IdForm::Unknown) => {
                let instead = "identities have 16 digits; this pattern was not checked";
                self.leave_out(value.line, full, instead);
            }
            None => self.expected("a regular expression", value),
        }
    }

    /// Reads the default for extensions or for paths; the number of digits tells them apart.
    fn read_default(&mut self, value: &YamlNode) {
        if let Some(map) = value.map() {
            for (key, value) in map {
                match key.text() {
                    Some("type" | "types" | "type_code") => self.read_other_type(value),
                    Some("ns" | "namespace" | "namespaces" | "ns_code") => self.read_other(value),
                    Some(name) if is_one(name, SCOPE) => self.read_scope(value),
                    name => self.leave_out(key.line, name.unwrap_or_default(), ""),
                }
            }
        // Two digits are a TYPE, three digits are a namespace.
        } else if value.text().is_some_and(|text| text.len() == 2) {
            self.read_other_type(value);
        } else {
            self.read_other(value);
        }
    }

    /// Reads the default namespace.
    fn read_other(&mut self, value: &YamlNode) {
        let read = self.code(value, NAMESPACE_FORM);
        self.other = read.or(self.other);
    }

    /// Reads the default TYPE.
    fn read_other_type(&mut self, value: &YamlNode) {
        if let Some(code) = self.code(value, TYPE_FORM) {
            // idhooks' own default need not be written to the file.
            self.template.default_type = Some(code).filter(|code| *code != TypeCode::OTHER);
        }
    }

    /// Reads digits.
    fn code<T: std::str::FromStr>(&mut self, value: &YamlNode, form: &str) -> Option<T> {
        let code = value.text().and_then(|text| text.trim().parse().ok());
        // A single valid code is enough to recognize this kind of file.
        self.is_known |= code.is_some();
        if code.is_none() {
            self.expected(form, value);
        }
        code
    }

    fn fault(&mut self, line: usize, message: String) {
        self.faults.push(Remark { line, message });
    }

    /// Adds a fault: the value is not in the expected form.
    fn expected(&mut self, form: &str, found: &YamlNode) {
        self.fault(found.line, format!("expected {form}, found {}", found.kind()));
    }

    /// Notes a setting that has no counterpart, and what idhooks does instead.
    fn leave_out(&mut self, line: usize, name: &str, instead: &str) {
        let colon = if instead.is_empty() { "" } else { ": " };
        let message = format!("'{name}' has no counterpart in idhooks.toml{colon}{instead}");
        self.left_out.push(Remark { line, message });
    }

    /// Reads the setting for how the TYPE or namespace is determined; in idhooks, the method is
    /// fixed.
    fn read_method(&mut self, value: &YamlNode, setting: &str, known: &[&str], instead: &str) {
        if !value.text().is_some_and(|method| is_one(method, known)) {
            self.leave_out(value.line, &format!("{setting}.method"), instead);
        }
    }
}

/// Returns whether this is the name of a known setting.
fn is_setting(name: &str) -> bool {
    [SCOPE, REGEX, TYPES, NAMESPACES, DEFAULT, GROUPS].iter().any(|names| is_one(name, names))
}

/// Returns whether the key is one of `names`, in any spelling.
fn is_one(name: &str, names: &[&str]) -> bool {
    let name = name.to_ascii_lowercase().replace('-', "_");
    names.contains(&&*name)
}

#[cfg(test)]
mod tests;
