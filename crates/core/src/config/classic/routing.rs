//! Reads paths and their namespace in every form that classic files use.

use crate::registry::Namespace;

use super::yaml::{What, YamlNode};
use super::{Classic, DEFAULT, NAMESPACE_FORM, is_one};
use crate::config::globs::Globs;

const PATHS: &[&str] = &[
    "path",
    "paths",
    "pattern",
    "patterns",
    "glob",
    "globs",
    "path_glob",
    "path_globs",
    "folder",
    "folders",
    "dir",
    "directory",
    "directories",
    "prefix",
    "match",
];
const CODE: &[&str] = &["code", "ns", "ns_code", "namespace", "namespace_code"];
const METHOD: &[&str] = &["method"];
/// Keys of a rule that are only for readers.
const WORDS: &[&str] = &["name", "description", "label", "comment"];

impl Classic {
    /// Reads `docs/**: "100"`, `docs: {path: docs, code: "100"}`, `"100": [docs]`, a list of rules,
    /// or maps of these.
    pub(super) fn read_namespaces(&mut self, value: &YamlNode) {
        match &value.what {
            What::List(rules) => rules.iter().for_each(|rule| match rule.map() {
                Some([(key, value)]) => self.read_namespace(key, value),
                _ => self.read_rule(rule),
            }),
            What::Map(map) if value.get(CODE).is_none() || value.get(PATHS).is_none() => {
                map.iter().for_each(|(key, value)| self.read_namespace(key, value));
            }
            _ => self.read_rule(value),
        }
    }

    fn read_namespace(&mut self, key: &YamlNode, value: &YamlNode) {
        let Some(name) = key.text() else {
            return self.fault(key.line, format!("expected a path, found {}", key.kind()));
        };
        match &value.what {
            What::Text(_) if is_one(name, DEFAULT) => self.read_other(value),
            What::Text(_) if is_one(name, WORDS) => {}
            What::Text(_) if is_one(name, METHOD) => {
                let known = ["directory_rules_only", "directory_rules", "directory", "path_rules"];
                self.read_method(value, "namespace_routing", &known, "path rules decide");
            }
            What::Text(_) => {
                if let Some(code) = self.code(value, NAMESPACE_FORM) {
                    self.add_path(key.line, name, code);
                }
            }
            What::List(_) => match (name.parse().ok(), value.texts()) {
                (Some(code), Some(texts)) => {
                    self.is_known = true;
                    texts.into_iter().for_each(|(line, text)| self.add_path(line, text, code));
                }
                (None, Some(_)) => {
                    self.fault(
                        key.line,
                        format!("expected {NAMESPACE_FORM} before a list, found '{name}'"),
                    );
                }
                _ => self.read_namespaces(value),
            },
            What::Map(_) if value.get(CODE).is_some() && value.get(PATHS).is_none() => {
                if let Some(code) =
                    value.get(CODE).and_then(|value| self.code(value, NAMESPACE_FORM))
                {
                    self.add_path(key.line, name, code);
                }
            }
            What::Map(_) => match (name.parse().ok(), value.get(PATHS)) {
                (Some(code), Some(of)) if value.get(CODE).is_none() => {
                    self.is_known = true;
                    self.add_paths(of, code);
                }
                _ => self.read_namespaces(value),
            },
        }
    }

    /// Reads `{pattern: docs/**, code: "100"}`.
    fn read_rule(&mut self, rule: &YamlNode) {
        let (Some(of), Some(code)) = (rule.get(PATHS), rule.get(CODE)) else {
            let what = "expected a rule with 'path' and 'code'";
            return self.fault(rule.line, format!("{what}, found {}", rule.kind()));
        };
        if let Some(code) = self.code(code, NAMESPACE_FORM) {
            self.add_paths(of, code);
        }
    }

    fn add_paths(&mut self, of: &YamlNode, code: Namespace) {
        match of.texts() {
            Some(texts) => {
                texts.into_iter().for_each(|(line, text)| self.add_path(line, text, code));
            }
            None => self.fault(of.line, format!("expected paths, found {}", of.kind())),
        }
    }

    fn add_path(&mut self, line: usize, path: &str, code: Namespace) {
        let glob = match glob(path) {
            Ok(glob) => glob,
            Err(why) => return self.fault(line, format!("'{path}' {why}")),
        };
        if glob == "**" {
            self.other = Some(code);
            return;
        }
        match self.namespaces.iter().find(|(known, _)| *known == glob) {
            Some((_, known)) if *known != code => {
                let what = format!("'{path}' already has the namespace {known}, but {code} here");
                self.fault(line, what);
            }
            Some(_) => {}
            None => self.namespaces.push((glob, code)),
        }
    }
}

/// Converts a folder or glob of a classic file, which all begin at the top, to a glob of ours.
fn glob(path: &str) -> Result<String, String> {
    let slashes = path.trim().replace('\\', "/");
    let bare = slashes.trim_start_matches("./").trim_start_matches('/');
    if bare.starts_with('^') || bare.ends_with('$') || bare.contains(".*") {
        return Err("is a regular expression; write a glob such as docs/**".to_owned());
    }
    if bare.starts_with(['!', '#']) || bare.contains(char::is_control) {
        return Err("is not a path; write a glob such as docs/**".to_owned());
    }
    // Another spelling of everything below a folder.
    let bare = bare.strip_suffix("/**/*").map_or(bare.to_owned(), |dir| format!("{dir}/**"));
    let is_folder = bare.ends_with('/');
    let bare = bare.trim_end_matches('/');
    let last = bare.rsplit('/').next().unwrap_or_default();
    let glob = match bare {
        "" | "." | "*" | "**" | "**/*" => return Ok("**".to_owned()),
        _ if bare.split('/').any(|part| part == "..") => {
            return Err("leads out of the repository".to_owned());
        }
        _ if bare.contains(['*', '?', '[', '{']) => bare.to_owned(),
        _ if is_folder || !last.contains('.') => format!("{bare}/**"),
        // A file, or a folder with a dot in its name.
        _ => format!("/{bare}"),
    };
    Globs::new([&*glob]).map_err(|error| format!("is not a glob: {error}"))?;
    Ok(glob)
}
