//! `[describe]` and `[[classify]]`: facts about files besides their identity.

use std::time::Duration;

use crate::registry::{RepoPath, excerpt};

use super::config_error::ConfigError;
use super::declared_table::{REQUIRED, ValueKind, ValueShape, settings};
use super::globs::Globs;
use super::value::Value;
use super::value_kinds::{Custom, Each, GLOBS, OneOf, Opt, TIME, one_of};

/// The shortest and longest time limits for describing a file.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(60);

/// The maximum length of a class name in bytes.
const LONGEST_CLASS: usize = 64;

crate::words! {
    /// A key in the descriptor of a Python file.
    pub enum DescriptorKey {
        /// Whether and how well the file could be read.
        ParseStatus = "py_parse_status",
        /// When it was parsed.
        ParsedUtc = "py_parsed_utc",
        /// The parser.
        ParserId = "py_parser_id",
        /// The parser's version.
        ParserVersion = "py_parser_version",
        /// The number of syntax errors.
        ErrorCount = "py_parse_error_count",
        /// The first error.
        ErrorFirst = "py_parse_error_first",
        /// The module's dotted name.
        ModuleQualname = "py_module_qualname",
        /// Whether it is a package's `__init__.py`.
        IsPackageInit = "py_is_package_init",
        /// Whether it has an `if __name__ == "__main__"` block.
        HasMainGuard = "py_has_main_guard",
        /// The function that is called in that block.
        EntrypointSymbol = "py_entrypoint_symbol",
        /// The library that parses the command line.
        CliFramework = "py_cli_framework",
        /// The imported modules that are in the repository.
        ImportsLocal = "py_imports_local",
        /// The other imported modules.
        ImportsExternal = "py_imports_external",
        /// The number of imported modules that are in the repository.
        ImportsLocalCount = "py_imports_local_count",
        /// The number of other imported modules.
        ImportsExternalCount = "py_imports_external_count",
        /// The number of functions, including methods.
        FunctionCount = "py_function_count",
        /// The number of classes.
        ClassCount = "py_class_count",
        /// The first line of the docstring.
        Docstring = "py_docstring_1l",
        /// The path of the full descriptor.
        DescriptorPath = "py_descriptor_path",
        /// The SHA-256 of the full descriptor.
        DescriptorSha256 = "py_descriptor_sha256",
    }
}

impl DescriptorKey {
    /// Returns whether the key's value is the same in every clone of the same commit, so that it
    /// can be stored in the registry.
    pub fn can_be_stored(self) -> bool {
        !matches!(
            self,
            DescriptorKey::ParsedUtc
                | DescriptorKey::ParserId
                | DescriptorKey::ParserVersion
                | DescriptorKey::DescriptorPath
                | DescriptorKey::DescriptorSha256
        )
    }
}

settings! {
    /// What `[describe]` says.
    #[derive(Debug, Clone)]
    pub struct DescribeRules {
        /// Globs: files that [`idhooks describe`](automation.md#facts-about-python-files) describes.
        "path" => pub path: Globs = Globs::new(["**/*.py"]).unwrap_or_default(), "[\"**/*.py\"]", GLOBS, line "";
        /// Facts that commits store in the metadata of the records, such as `"py_docstring_1l"`.
        "store" => pub store: Vec<DescriptorKey>, "[]", Each(StoredKey),
            line "kept in the registry, such as [\"py_docstring_1l\"]";
        /// Directory for full descriptors, one `<id>.v1.json` per file, written by `idhooks describe --all --write`.
        "output" => pub output: Option<RepoPath>, "\"\"", DIRECTORY, line "directory of the full descriptors";
        /// Root directories of module names; those of packages and `src` need not be listed; `"."` is the top of the
        /// repository.
        "roots" => pub roots: Vec<Option<RepoPath>>, "[]", Each(DIRECTORY),
            line "directories at which the names of modules begin";
        /// Time limit per file, from `1ms` to `60s`.
        "timeout" => pub timeout: Duration = Duration::from_secs(2), "\"2s\"",
            Custom(|value| value.time(SHORTEST..=LONGEST), TIME), line "";
    }
}

/// A directory in the repository; `None` means the root.
const DIRECTORY: Custom<Option<RepoPath>> = Custom(read_dir, r#""type": "string""#);

/// A descriptor key that can be stored in the registry.
struct StoredKey;

impl ValueKind<DescriptorKey> for StoredKey {
    fn read(&self, value: &Value<'_>) -> Result<DescriptorKey, ConfigError> {
        let key = value.one_of::<DescriptorKey>()?;
        if !key.can_be_stored() {
            let mut error = value.error(format!(
                "'{key}' cannot be stored: it differs between clones that have the same commit"
            ));
            error.hint = Some(format!("print it instead: idhooks describe --all ({key})"));
            return Err(error);
        }
        Ok(key)
    }

    fn shape(&self) -> ValueShape {
        let stored = DescriptorKey::ALL.into_iter().filter(|key| key.can_be_stored());
        one_of(stored.map(DescriptorKey::as_str))
    }
}

impl DescribeRules {
    /// Returns the path to an identity's full descriptor, if full descriptors are kept.
    pub fn descriptor_path(&self, id: &str) -> Option<RepoPath> {
        let file = RepoPath::new(format!("{id}.v1.json").into_bytes()).ok()?;
        self.output.as_ref().map(|dir| dir.join(&file))
    }
}

crate::words! {
    /// The kind of content in a file.
    #[derive(Default)]
    pub enum ContentKind {
        /// Python code.
        Python = "python",
        /// A configuration file in YAML, JSON or TOML.
        Config = "config",
        /// Documentation in Markdown, reStructuredText or plain text.
        Doc = "doc",
        /// Anything else.
        #[default]
        Other = "other",
    }
}

impl ContentKind {
    /// Returns the kind of a file, judging by its extension.
    pub(super) fn of(path: &RepoPath) -> Self {
        match path.extension().map(<[u8]>::to_ascii_lowercase).as_deref() {
            Some(b"py") => ContentKind::Python,
            Some(b"yml" | b"yaml" | b"json" | b"toml") => ContentKind::Config,
            Some(b"md" | b"rst" | b"txt") => ContentKind::Doc,
            _ => ContentKind::Other,
        }
    }
}

settings! {
    /// A rule `[[classify]]`.
    #[derive(Debug, Clone)]
    pub(super) struct ClassRule {
        /// Globs of the rule.
        "path" => pub(super) globs: Globs, REQUIRED, GLOBS, line "\"src/**\"", "";
        /// Class of these files: a word of your choice.
        "class" => pub(super) class: String, REQUIRED, CLASS, line "\"governed\"", "";
        /// Kind of these files: `"python"`, `"config"`, `"doc"` or `"other"`.
        "kind" => pub(super) kind: Option<ContentKind>, "by extension", Opt(OneOf),
            line "\"python\"", "or \"config\", \"doc\", \"other\"; default: by extension";
    }
}

const CLASS: Custom<String> =
    Custom(read_class, r#""type": "string", "pattern": "^[A-Za-z0-9_.-]{1,64}$""#);

/// A file's class and kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct FileClass<'c> {
    /// The class, from the first rule that matches the path.
    pub class: Option<&'c str>,
    /// The kind, from that rule or, if it sets none, from the file's extension.
    pub kind: ContentKind,
}

/// Parses a directory in the repository; `None` means the root.
fn read_dir(value: &Value<'_>) -> Result<Option<RepoPath>, ConfigError> {
    let form = "a directory of the repository in quotes, such as \"docs/descriptors\"";
    let text = value.string(form)?;
    let dir = text.strip_suffix('/').unwrap_or(text);
    if matches!(dir, "" | ".") {
        return Ok(None);
    }
    let refused = || value.error(format!("expected {form}, found '{}'", excerpt(text)));
    let dir = RepoPath::new(dir.as_bytes()).map_err(|_| refused())?;
    let is_own = dir.as_bytes().split(|byte| *byte == b'/').next() == Some(b".idhooks");
    if is_own { Err(refused()) } else { Ok(Some(dir)) }
}

fn read_class(value: &Value<'_>) -> Result<String, ConfigError> {
    let form = "a word of letters, digits, '-', '_' and '.', such as \"governed\"";
    let text = value.string(form)?;
    let is_word = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if text.is_empty() || text.len() > LONGEST_CLASS || !text.chars().all(is_word) {
        return Err(value.error(format!("expected {form}, found '{}'", excerpt(text))));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, FileClass};

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text.as_bytes()).expect("valid")
    }

    fn refusal(text: &str) -> String {
        let error = Config::parse(text).expect_err("must be refused");
        format!("{error}; {}", error.hint.clone().unwrap_or_default())
    }

    #[test]
    fn the_first_class_that_matches_counts() {
        let config = Config::parse(
            "[[classify]]\npath = \"src/gen/**\"\nclass = \"generated\"\nkind = \"other\"\n\
             [[classify]]\npath = [\"src/**\", \"*.toml\"]\nclass = \"governed\"",
        )
        .expect("valid");
        let of = |text: &str| {
            let path = path(text);
            let FileClass { class, kind } = config.classify(&path);
            format!("{} {kind}", class.unwrap_or("-"))
        };
        assert_eq!(of("src/gen/a.py"), "generated other");
        assert_eq!(of("src/a.PY"), "governed python");
        assert_eq!(of("a/b.toml"), "governed config");
        assert_eq!(of("README.rst"), "- doc");
        assert_eq!(of("Makefile"), "- other");
    }

    #[test]
    fn describe_is_read_and_has_defaults() {
        let rules = Config::default().describe;
        assert!(rules.path.matches(&path("a/b.py")) && rules.path.matches(&path("b.py")));
        assert!(!rules.path.matches(&path("b.pyi")) && rules.store.is_empty());
        assert_eq!(rules.descriptor_path("1"), None);
        let config = Config::parse(
            "[describe]\npath = \"src/**\"\nstore = [\"py_docstring_1l\"]\noutput = \"docs/d/\"\n\
             roots = [\"lib\", \".\"]\ntimeout = \"500ms\"",
        )
        .expect("valid");
        let rules = &config.describe;
        assert_eq!(rules.store, [DescriptorKey::Docstring]);
        assert_eq!(rules.descriptor_path("1"), Some(path("docs/d/1.v1.json")));
        assert_eq!(rules.roots, [Some(path("lib")), None]);
        assert_eq!(rules.timeout, Duration::from_millis(500));
        assert!(config.stores_facts_of(&path("src/a")) && !config.stores_facts_of(&path("a")));
    }

    #[test]
    fn errors_name_the_place() {
        assert_eq!(
            refusal("[describe]\nstore = [\"py_parsed_utc\"]"),
            "idhooks.toml:2:10: 'py_parsed_utc' cannot be stored: it differs between clones that have the same commit; print it instead: idhooks describe --all (py_parsed_utc)"
        );
        for key in DescriptorKey::ALL.into_iter().filter(|key| !key.can_be_stored()) {
            assert!(refusal(&format!("describe.store = [\"{key}\"]")).contains("cannot be stored"));
        }
        assert!(refusal("describe.store = [\"py_docstring\"]").contains("'py_docstring_1l'?"));
        assert!(refusal("describe.stores = []").contains("did you mean 'store'?"));
        assert!(refusal("describe.timeout = 2").starts_with("idhooks.toml:1:20: expected a time"));
        for time in ["0s", "61s", "2m", "-1s", "+5s", "s", ""] {
            assert!(refusal(&format!("describe.timeout = \"{time}\"")).contains("found '"));
        }
        for dir in ["../x", "/x", "a//b", ".idhooks/x", ".git"] {
            assert!(refusal(&format!("describe.output = \"{dir}\"")).contains("expected a dir"));
        }
        assert!(refusal("[[classify]]\npath = \"a\"").contains("lacks the key 'class'"));
        assert!(refusal("[[classify]]\nclass = \"a\"").contains("lacks the key 'path'"));
        assert!(refusal("[[classify]]\npath = \"a\"\nclass = \"a b\"").contains("'a b'"));
        assert!(refusal("describe = []").contains("[describe]"));
        assert!(refusal("[describe]\nstore = \"py_docstring_1l\"").contains("expected an array"));
        assert!(refusal("[[classify]]\npaht = \"a\"").contains("did you mean 'path'?"));
        assert!(refusal("[[classify]]\npath = 3\nclass = \"a\"").contains("globs"));
        assert!(refusal("[classify]\npath = \"a\"").contains("expected an array"));
        assert!(refusal("[[classify]]\nkind = \"pyton\"").contains("did you mean 'python'?"));
    }
}
