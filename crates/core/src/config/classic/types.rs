//! Reads extensions and their TYPE in every form that classic files use.

use crate::registry::TypeCode;

use super::yaml::{What, YamlNode};
use super::{Classic, DEFAULT, TYPE_FORM, is_one};

const EXTENSIONS: &[&str] =
    &["extensions", "extension", "ext", "exts", "match", "matches", "pattern", "glob"];
const METHOD: &[&str] = &["method"];
const CODE: &[&str] = &["code", "type_code", "type", "tt"];
/// Keys of a rule that are only for readers.
const WORDS: &[&str] = &["name", "description", "label", "comment"];

impl Classic {
    /// Reads `py: "20"`, `python: {extensions: [py], code: "20"}`, `"20": [py]`, a list of rules,
    /// or maps of these.
    pub(super) fn read_types(&mut self, value: &YamlNode) {
        match &value.what {
            What::List(rules) => rules.iter().for_each(|rule| self.read_type_rule(rule)),
            What::Map(map) if value.get(CODE).is_none() || value.get(EXTENSIONS).is_none() => {
                map.iter().for_each(|(key, value)| self.read_type(key, value));
            }
            _ => self.read_type_rule(value),
        }
    }

    fn read_type(&mut self, key: &YamlNode, value: &YamlNode) {
        let Some(name) = key.text() else {
            return self.fault(key.line, format!("expected an extension, found {}", key.kind()));
        };
        match &value.what {
            What::Text(_) if is_one(name, DEFAULT) || name == "*" => self.read_other_type(value),
            What::Text(_) if is_one(name, WORDS) => {}
            What::Text(_) if is_one(name, METHOD) => {
                let known = ["extension", "by_extension", "file_extension", "extension_table"];
                self.read_method(value, "type_classification", &known, "the extension decides");
            }
            What::Text(_) => {
                if let Some(code) = self.code(value, TYPE_FORM) {
                    self.add_type(key.line, name, code);
                }
            }
            What::List(_) => match (name.parse().ok(), value.texts()) {
                (Some(code), Some(texts)) => {
                    self.is_known = true;
                    texts.into_iter().for_each(|(line, text)| self.add_type(line, text, code));
                }
                (None, Some(_)) => {
                    self.fault(
                        key.line,
                        format!("expected {TYPE_FORM} before a list, found '{name}'"),
                    );
                }
                _ => self.read_types(value),
            },
            What::Map(_) if value.get(CODE).is_some() && value.get(EXTENSIONS).is_none() => {
                if let Some(code) = value.get(CODE).and_then(|value| self.code(value, TYPE_FORM)) {
                    self.add_type(key.line, name, code);
                }
            }
            What::Map(_) => match (name.parse().ok(), value.get(EXTENSIONS)) {
                (Some(code), Some(of)) if value.get(CODE).is_none() => {
                    self.is_known = true;
                    self.add_types(of, code);
                }
                _ => self.read_types(value),
            },
        }
    }

    /// Reads `{extensions: [py], code: "20"}`.
    fn read_type_rule(&mut self, rule: &YamlNode) {
        let (Some(of), Some(code)) = (rule.get(EXTENSIONS), rule.get(CODE)) else {
            let what = "expected a rule with 'extensions' and 'code'";
            return self.fault(rule.line, format!("{what}, found {}", rule.kind()));
        };
        if of.text() == Some("*") {
            self.read_other_type(code);
        } else if let Some(code) = self.code(code, TYPE_FORM) {
            self.add_types(of, code);
        }
    }

    fn add_types(&mut self, of: &YamlNode, code: TypeCode) {
        match of.texts() {
            Some(texts) => {
                texts.into_iter().for_each(|(line, text)| self.add_type(line, text, code));
            }
            None => self.fault(of.line, format!("expected extensions, found {}", of.kind())),
        }
    }

    fn add_type(&mut self, line: usize, extension: &str, code: TypeCode) {
        let name = extension.trim().trim_start_matches('*').trim_start_matches('.');
        if name.is_empty()
            || name.contains(['/', '\\', '*', '?'])
            || name.contains(char::is_control)
        {
            return self.fault(line, format!("'{extension}' is not an extension"));
        }
        if name.contains('.') {
            return self.leave_out(line, extension, "only what follows the last dot counts");
        }
        let name = name.to_ascii_lowercase();
        match self.types.iter().find(|(known, _)| *known == name) {
            Some((_, known)) if *known != code => {
                let what = format!("'{extension}' already has TYPE {known}, but {code} here");
                self.fault(line, what);
            }
            Some(_) => {}
            None => self.types.push((name, code)),
        }
    }
}
