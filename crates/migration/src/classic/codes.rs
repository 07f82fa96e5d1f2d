//! Reads code tables, both TYPE by extension and namespace by path, in every form that classic
//! files use.

use std::str::FromStr;

use idhooks_core::config::{GlobError, Globs};
use idhooks_core::registry::{Namespace, TypeCode};

use super::yaml::{What, YamlNode};
use super::{Classic, DEFAULT, NAMESPACE_FORM, TYPE_FORM, is_one};

const METHOD: &[&str] = &["method"];
/// Keys in a rule that are meant only for readers.
const WORDS: &[&str] = &["name", "description", "label", "comment"];

/// A kind of code, and the form of tables that contain such codes.
pub(super) trait TableCode: FromStr + Copy {
    /// The valid form of the code.
    const FORM: &str;
    /// The keys in a rule that name the files the code applies to.
    const NAMES: &[&str];
    /// The keys in a rule that contain the code.
    const CODES: &[&str];
    /// Words for error messages: for one file's name, for several, and for a rule's keys.
    const NOUNS: [&str; 3];
    /// The name that stands for all other files, in addition to the usual names.
    const REST: Option<&str>;
    /// Whether a list may contain rules in the form `name: code`.
    const HAS_SHORT_RULES: bool;
    /// The setting that selects a method, the names for the only method in idhooks, and a
    /// description of it.
    const FIXED_METHOD: (&str, &[&str], &str);

    /// Reads the code for all other files.
    fn read_rest(classic: &mut Classic, value: &YamlNode);

    /// Assigns the code to an extension or path.
    fn add(self, classic: &mut Classic, line: usize, name: &str);
}

impl Classic {
    /// Reads `py: "20"`, `python: {extensions: [py], code: "20"}`, `"20": [py]`, a list of rules,
    /// or maps of these.
    pub(super) fn read_codes<T: TableCode>(&mut self, value: &YamlNode) {
        match &value.what {
            What::List(rules) => rules.iter().for_each(|rule| match rule.map() {
                Some([(key, value)]) if T::HAS_SHORT_RULES => self.read_entry::<T>(key, value),
                _ => self.read_rule::<T>(rule),
            }),
            // A map with keys of both kinds is a single rule; otherwise each entry is a rule.
            What::Map(map) if value.get(T::CODES).is_none() || value.get(T::NAMES).is_none() => {
                map.iter().for_each(|(key, value)| self.read_entry::<T>(key, value));
            }
            _ => self.read_rule::<T>(value),
        }
    }

    fn read_entry<T: TableCode>(&mut self, key: &YamlNode, value: &YamlNode) {
        let Some(name) = key.text() else {
            return self.expected(T::NOUNS[0], key);
        };
        let code = name.parse::<T>().ok();
        match &value.what {
            What::Text(_) if is_one(name, DEFAULT) || T::REST == Some(name) => {
                T::read_rest(self, value);
            }
            What::Text(_) if is_one(name, WORDS) => {}
            What::Text(_) if is_one(name, METHOD) => {
                let (setting, known, instead) = T::FIXED_METHOD;
                self.read_method(value, setting, known, instead);
            }
            What::Text(_) => self.add_named::<T>(key.line, name, value),
            // If the key is not a code, a list of strings does not contain a code at all.
            What::List(_) => match (code, value.texts()) {
                (Some(code), Some(_)) => self.add_codes(value, code),
                (None, Some(_)) => self.expected(&format!("{} before a list", T::FORM), key),
                _ => self.read_codes::<T>(value),
            },
            What::Map(_) => match (code, value.get(T::NAMES), value.get(T::CODES)) {
                (_, None, Some(code)) => self.add_named::<T>(key.line, name, code),
                (Some(code), Some(of), None) => self.add_codes(of, code),
                _ => self.read_codes::<T>(value),
            },
        }
    }

    /// Reads `{extensions: [py], code: "20"}`.
    fn read_rule<T: TableCode>(&mut self, rule: &YamlNode) {
        let (Some(of), Some(code)) = (rule.get(T::NAMES), rule.get(T::CODES)) else {
            return self.expected(&format!("a rule with {}", T::NOUNS[2]), rule);
        };
        if T::REST.is_some() && of.text() == T::REST {
            T::read_rest(self, code);
        } else if let Some(code) = self.code::<T>(code, T::FORM) {
            self.add_codes(of, code);
        }
    }

    /// Assigns the code in `value` to one name.
    fn add_named<T: TableCode>(&mut self, line: usize, name: &str, value: &YamlNode) {
        if let Some(code) = self.code::<T>(value, T::FORM) {
            code.add(self, line, name);
        }
    }

    /// Assigns a code to a list of names, or to a single name.
    fn add_codes<T: TableCode>(&mut self, of: &YamlNode, code: T) {
        self.is_known = true;
        match of.texts() {
            Some(texts) => texts.into_iter().for_each(|(line, text)| code.add(self, line, text)),
            None => self.expected(T::NOUNS[1], of),
        }
    }
}

impl TableCode for TypeCode {
    const FORM: &str = TYPE_FORM;
    const NAMES: &[&str] =
        &["extensions", "extension", "ext", "exts", "match", "matches", "pattern", "glob"];
    const CODES: &[&str] = &["code", "type_code", "type", "tt"];
    const NOUNS: [&str; 3] = ["an extension", "extensions", "'extensions' and 'code'"];
    const REST: Option<&str> = Some("*");
    const HAS_SHORT_RULES: bool = false;
    const FIXED_METHOD: (&str, &[&str], &str) = (
        "type_classification",
        &["extension", "by_extension", "file_extension", "extension_table"],
        "the extension decides",
    );

    fn read_rest(classic: &mut Classic, value: &YamlNode) {
        classic.read_other_type(value);
    }

    fn add(self, classic: &mut Classic, line: usize, extension: &str) {
        // Some files write an extension as `*.py` or `.py`.
        let name = extension.trim().trim_start_matches('*').trim_start_matches('.');
        if name.is_empty()
            || name.contains(['/', '\\', '*', '?'])
            || name.contains(char::is_control)
        {
            return classic.fault(line, format!("'{extension}' is not an extension"));
        }
        if name.contains('.') {
            return classic.leave_out(line, extension, "only what follows the last dot counts");
        }
        // Extensions are compared ignoring case.
        let name = name.to_ascii_lowercase();
        match classic.template.types.iter().find(|(known, _)| *known == name) {
            Some((_, known)) if *known != self => {
                let what = format!("'{extension}' already has TYPE {known}, but {self} here");
                classic.fault(line, what);
            }
            // Repeating the same rule is harmless.
            Some(_) => {}
            None => classic.template.types.push((name, self)),
        }
    }
}

impl TableCode for Namespace {
    const FORM: &str = NAMESPACE_FORM;
    const NAMES: &[&str] = &[
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
    const CODES: &[&str] = &["code", "ns", "ns_code", "namespace", "namespace_code"];
    const NOUNS: [&str; 3] = ["a path", "paths", "'path' and 'code'"];
    const REST: Option<&str> = None;
    const HAS_SHORT_RULES: bool = true;
    const FIXED_METHOD: (&str, &[&str], &str) = (
        "namespace_routing",
        &["directory_rules_only", "directory_rules", "directory", "path_rules"],
        "path rules decide",
    );

    fn read_rest(classic: &mut Classic, value: &YamlNode) {
        classic.read_other(value);
    }

    fn add(self, classic: &mut Classic, line: usize, path: &str) {
        let glob = match glob(path) {
            Ok(glob) => glob,
            Err(why) => return classic.fault(line, format!("'{path}' {why}")),
        };
        // This key is another name for the default namespace.
        if glob == "**" {
            classic.other = Some(self);
            return;
        }
        match classic.template.namespaces.iter().find(|(known, _)| *known == glob) {
            Some((_, known)) if *known != self => {
                let what = format!("'{path}' already has the namespace {known}, but {self} here");
                classic.fault(line, what);
            }
            Some(_) => {}
            None => classic.template.namespaces.push((glob, self)),
        }
    }
}

/// The reason a folder or glob in a classic file cannot be converted to an idhooks glob.
#[derive(Debug, thiserror::Error)]
enum ClassicGlobError {
    #[error("is a regular expression; write a glob such as docs/**")]
    Regex,
    #[error("is not a path; write a glob such as docs/**")]
    NoPath,
    #[error("leads out of the repository")]
    Outside,
    #[error("is not a glob: {0}")]
    Glob(#[from] GlobError),
}

/// Converts a folder or glob to an idhooks glob. In a classic file, all folders and globs are
/// relative to the root.
fn glob(path: &str) -> Result<String, ClassicGlobError> {
    // Some classic files were written on Windows.
    let slashes = path.trim().replace('\\', "/");
    let bare = slashes.trim_start_matches("./").trim_start_matches('/');
    // A glob cannot express these patterns, and would silently match other files.
    if bare.starts_with('^') || bare.ends_with('$') || bare.contains(".*") {
        return Err(ClassicGlobError::Regex);
    }
    // These characters have a different meaning at the start of our globs.
    if bare.starts_with(['!', '#']) || bare.contains(char::is_control) {
        return Err(ClassicGlobError::NoPath);
    }
    // This is another way to match everything below a folder.
    let bare = bare.strip_suffix("/**/*").map_or(bare.to_owned(), |dir| format!("{dir}/**"));
    let is_folder = bare.ends_with('/');
    let bare = bare.trim_end_matches('/');
    let last = bare.rsplit('/').next().unwrap_or_default();
    let glob = match bare {
        "" | "." | "*" | "**" | "**/*" => return Ok("**".to_owned()),
        _ if bare.split('/').any(|part| part == "..") => {
            return Err(ClassicGlobError::Outside);
        }
        _ if bare.contains(['*', '?', '[', '{']) => bare.to_owned(),
        // If the last component has no dot, it is more likely to be a folder than a file.
        _ if is_folder || !last.contains('.') => format!("{bare}/**"),
        // This may be a file, or a folder with a dot in its name.
        _ => format!("/{bare}"),
    };
    Globs::new([&*glob])?;
    Ok(glob)
}
