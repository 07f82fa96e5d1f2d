//! The settings of a classic identity tool (`IDENTITY_CONFIG.yaml`), as far as they are rules of
//! ours: scope, extensions and their TYPE, paths and their namespace.
//!
//! Such files were written by hand, and no two are alike. What is plain is taken, a wrong value is
//! a fault, and what says nothing to us is told.

mod id_regex;
mod routing;
mod types;
mod yaml;

use std::fmt;

use crate::registry::{Namespace, Scope, TypeCode};

use yaml::Node;

/// What is to be said of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Line, counted from 1.
    pub line: usize,
    /// What there is to say.
    pub message: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

/// What a classic file says.
#[derive(Debug, Default)]
pub struct Classic {
    /// The last six digits of every identity.
    pub scope: Option<Scope>,
    /// Extensions and their TYPE; empty where the file says nothing of it.
    pub types: Vec<(String, TypeCode)>,
    /// The TYPE of other extensions, where it is not 00.
    pub default_type: Option<TypeCode>,
    /// Globs and their namespace, the first match wins; empty as above.
    pub namespaces: Vec<(String, Namespace)>,
    /// What was left out, by lines.
    pub left_out: Vec<Remark>,
    /// The namespace of what no glob matches, which comes last.
    other: Option<Namespace>,
    /// Whether anything was understood.
    is_known: bool,
    faults: Vec<Remark>,
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

impl Classic {
    /// Reads the text of such a file.
    ///
    /// # Errors
    /// Everything that is wrong in it, by lines.
    pub fn parse(text: &str) -> Result<Self, Vec<Remark>> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let whole = |message: &str| vec![Remark { line: 1, message: message.to_owned() }];
        let node = yaml::read(text).map_err(|fault| vec![fault])?;
        let node = node.ok_or_else(|| whole("the file is empty"))?;
        let mut classic = Classic::default();
        classic.read_top(&node);
        if let Some(other) = classic.other.filter(|other| *other != Namespace::OTHER) {
            classic.namespaces.push(("**".to_owned(), other));
        }
        if classic.faults.is_empty() && !classic.is_known {
            return Err(whole("no scope, no types and no namespaces are in it"));
        }
        let by_line = |remarks: &mut Vec<Remark>| remarks.sort_by_key(|remark| remark.line);
        by_line(&mut classic.faults);
        by_line(&mut classic.left_out);
        match classic.faults.is_empty() {
            true => Ok(classic),
            false => Err(classic.faults),
        }
    }

    fn read_top(&mut self, node: &Node) {
        let Some(map) = node.map() else {
            return self.fault(node.line, format!("expected a map, found {}", node.kind()));
        };
        for (key, value) in map {
            match key.text() {
                Some(name) if is_one(name, SCOPE) => self.read_scope(value),
                Some(name) if is_one(name, REGEX) => self.read_regex(value),
                Some(name) if is_one(name, TYPES) => self.read_types(value),
                Some(name) if is_one(name, NAMESPACES) => self.read_namespaces(value),
                Some(name) if is_one(name, DEFAULT) => self.read_default(value),
                // Some put all of it below the name of the tool.
                _ if map.len() == 1 && value.map().is_some() => self.read_top(value),
                _ => self.leave_out(key.line, format!("{} is no setting of idhooks", key.kind())),
            }
        }
    }

    fn read_scope(&mut self, value: &Node) {
        let read = self.code(value, "six digits, as \"260118\"");
        self.scope = read.or(self.scope);
    }

    fn read_regex(&mut self, value: &Node) {
        match value.text().map(id_regex::fault) {
            Some(None) => {}
            Some(Some(why)) => {
                let what = value.kind();
                self.fault(value.line, format!("{what} has to describe 16 digits, but {why}"));
            }
            None => self.fault(
                value.line,
                format!("expected a regular expression, found {}", value.kind()),
            ),
        }
    }

    /// Reads what all other extensions or paths have: the number of digits tells which is meant.
    fn read_default(&mut self, value: &Node) {
        if let Some(map) = value.map() {
            for (key, value) in map {
                match key.text() {
                    Some("type" | "types" | "type_code") => self.read_other_type(value),
                    Some("ns" | "namespace" | "namespaces" | "ns_code") => self.read_other(value),
                    Some(name) if is_one(name, SCOPE) => self.read_scope(value),
                    _ => {
                        self.leave_out(
                            key.line,
                            format!("{} is no setting of idhooks", key.kind()),
                        );
                    }
                }
            }
        } else if value.text().is_some_and(|text| text.len() == 2) {
            self.read_other_type(value);
        } else {
            self.read_other(value);
        }
    }

    /// Reads the namespace of what nothing else matches.
    fn read_other(&mut self, value: &Node) {
        let read = self.code(value, routing::FORM);
        self.other = read.or(self.other);
    }

    /// Reads the TYPE of extensions that are not named.
    fn read_other_type(&mut self, value: &Node) {
        if let Some(code) = self.code(value, types::FORM) {
            self.default_type = Some(code).filter(|code| *code != TypeCode::OTHER);
        }
    }

    /// Reads digits.
    fn code<T: std::str::FromStr>(&mut self, value: &Node, form: &str) -> Option<T> {
        let code = value.text().and_then(|text| text.trim().parse().ok());
        match code.is_some() {
            true => self.is_known = true,
            false => self.fault(value.line, format!("expected {form}, found {}", value.kind())),
        }
        code
    }

    fn fault(&mut self, line: usize, message: String) {
        self.faults.push(Remark { line, message });
    }

    fn leave_out(&mut self, line: usize, message: String) {
        self.left_out.push(Remark { line, message });
    }
}

/// Returns whether a key is one of these, however it is written.
fn is_one(name: &str, names: &[&str]) -> bool {
    let name = name.to_ascii_lowercase().replace('-', "_");
    names.contains(&&*name)
}

#[cfg(test)]
mod tests;
