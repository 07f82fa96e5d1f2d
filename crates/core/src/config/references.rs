//! The table `[references]`: how files refer to other files by their identities.

use std::sync::LazyLock;

use crate::registry::{RepoPath, TextError};

use super::config_error::ConfigError;
use super::declared_table::settings;
use super::globs::Globs;
use super::own_files::is_own;
use super::rules::Config;
use super::value::{ConfigTable, Value};
use super::value_kinds::{Custom, GLOBS, OneOf, Opt, Rules};

/// The expected form of a spelling, as shown in messages.
const TEXT_FORM: &str =
    "a text with one {id} or {second} after at least one other sign, such as \"DOC-{id}\"";
/// The expected form of a key, as shown in messages.
const KEY_FORM: &str = "the name of a key in front matter, such as \"related\"";
/// The longest spelling or key in bytes.
const MOST_BYTES: usize = 200;

/// The rules of a configuration without `[references]`. They are created lazily, because every hook
/// reads a configuration, but none lists references.
static NO_REFERENCE_RULES: LazyLock<ReferenceRules> = LazyLock::new(ReferenceRules::default);

crate::words! {
    /// What a spelling has in place of the file's name.
    pub enum Placeholder {
        /// The 16 digits of an identity.
        Id = "{id}",
        /// A second identity, such as DOC-0001.
        Second = "{second}",
    }
}

crate::words! {
    /// The severity of references with a problem of one kind.
    pub enum ReferenceSeverity {
        /// A warning, which fails a check only with `--strict`.
        Warning = "warning",
        /// An error, which fails a check.
        Error = "error",
    }
}

settings! {
    /// How references are found.
    #[derive(Debug, Clone)]
    pub struct ReferenceRules {
        /// Globs: files in which [references](references.md) are not searched.
        "exclude" => pub exclude: Globs = excluded(),
            "[\"*.lock\", \"package-lock.json\", \"npm-shrinkwrap.json\", \"pnpm-lock.yaml\", \"go.sum\", \"*.min.js\", \"*.min.css\", \"*.map\", \"*.svg\", \"node_modules/\", \"vendor/\", \"third_party/\"]",
            GLOBS;
        /// Severity of [suspect references](references.md#stamps) in a check: "warning" or "error".
        "suspect" => pub suspect: ReferenceSeverity = ReferenceSeverity::Warning, "\"warning\"", OneOf;
        /// Severity of references to [unknown identities](references.md#check-references): "warning" or "error".
        "unknown" => pub unknown: ReferenceSeverity = ReferenceSeverity::Warning, "\"warning\"", OneOf;
        /// Rules: [other spellings of references](references.md#other-spellings).
        "forms" => pub forms: Vec<ReferenceForm>, "none", Rules(
            "references.forms",
            r#""oneOf": [{ "required": ["text"] }, { "required": ["key"] }]"#,
        );
    }
}

settings! {
    /// A rule `[[references.forms]]`: another spelling of references.
    #[derive(Debug, Clone)]
    pub struct ReferenceForm, checked by check_form {
        /// Globs: the files in which it counts.
        "path" => pub path: Globs = Globs::everything(), "all files", GLOBS;
        /// The spelling: a text with one `{id}`, an identity, or one `{second}`, a second identity; this or `key` is
        /// required.
        "text" => pub text: Option<ReferenceText>, "none", Opt(Custom(
            |value| value.parsed(TEXT_FORM),
            r#""type": "string", "pattern": "^[^{}]+\\{(id|second)\\}[^{}]*$""#,
        ));
        /// A key in front matter whose values are identities or second identities.
        "key" => pub key: Option<FrontMatterKey>, "none", Opt(Custom(
            |value| value.parsed(KEY_FORM),
            r#""type": "string", "pattern": "^[A-Za-z0-9_.-]+$""#,
        ));
    }
}

/// Returns the files in which references are not searched by default: files of package managers,
/// generated files and other people's code.
fn excluded() -> Globs {
    let globs = [
        "*.lock",
        "package-lock.json",
        "npm-shrinkwrap.json",
        "pnpm-lock.yaml",
        "go.sum",
        "*.min.js",
        "*.min.css",
        "*.map",
        "*.svg",
        "node_modules/",
        "vendor/",
        "third_party/",
    ];
    Globs::new(globs).unwrap_or_default()
}

/// Rejects a rule unless it is either a text or a key.
fn check_form(
    form: &mut ReferenceForm,
    _: &ConfigTable<'_>,
    value: &Value<'_>,
) -> Result<(), ConfigError> {
    match (&form.text, &form.key) {
        (None, None) => Err(value.lacks("references.forms", "text' or 'key")),
        (Some(_), Some(_)) => Err(value.error(
            "this [[references.forms]] rule has both 'text' and 'key': make two rules of it"
                .to_owned(),
        )),
        _ => Ok(()),
    }
}

impl Config {
    /// Returns whether the configuration has rules for references.
    pub fn has_references(&self) -> bool {
        self.references.is_some()
    }

    /// Returns the rules for references, or their defaults.
    pub fn references(&self) -> &ReferenceRules {
        self.references.as_deref().unwrap_or(&NO_REFERENCE_RULES)
    }

    /// Returns whether references are searched in a file at this path. The registry and the rules
    /// name identities for other reasons.
    pub fn may_refer(&self, path: &RepoPath) -> bool {
        !is_own(path) && !self.is_legacy_file(path) && !self.references().exclude.matches(path)
    }
}

/// A spelling of references: a text around one placeholder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceText {
    /// The text before the placeholder.
    pub before: String,
    /// The placeholder.
    pub placeholder: Placeholder,
    /// The text after it.
    pub after: String,
}

impl std::fmt::Display for ReferenceText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}{}", self.before, self.placeholder, self.after)
    }
}

impl std::str::FromStr for ReferenceText {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let refused = || TextError::new(text, TEXT_FORM);
        let split = |place: &Placeholder| Some((*place, text.split_once(place.as_str())?));
        let placed = Placeholder::ALL.iter().find_map(split);
        let (placeholder, (before, after)) = placed.ok_or_else(refused)?;
        // A bare number is never a reference, so the text before it must tell it from one.
        let is_marked = before.chars().any(|c| !c.is_whitespace() && !c.is_numeric());
        let is_odd = |c: char| c.is_control() || "{}".contains(c);
        let is_plain =
            text.len() <= MOST_BYTES && ![before, after].iter().any(|s| s.contains(is_odd));
        match is_marked && is_plain {
            true => {
                let [before, after] = [before, after].map(str::to_owned);
                Ok(ReferenceText { before, placeholder, after })
            }
            false => Err(refused()),
        }
    }
}

/// The name of a key in front matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrontMatterKey(String);

impl FrontMatterKey {
    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for FrontMatterKey {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let is_of_name = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
        // That key is the file's own identity.
        let is_own = text.eq_ignore_ascii_case("doc_id");
        let is_name = (1..=MOST_BYTES).contains(&text.len()) && text.bytes().all(is_of_name);
        match is_name && !is_own {
            true => Ok(FrontMatterKey(text.to_owned())),
            false => Err(TextError::new(text, KEY_FORM)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text.as_bytes()).expect("a path")
    }

    #[test]
    fn the_table_is_read() {
        let config = Config::default();
        assert!(!config.has_references() && config.references().forms.is_empty());
        for (file, is_searched) in [
            ("docs/a.md", true),
            ("Cargo.lock", false),
            ("web/node_modules/a/README.md", false),
            ("vendor/x.py", false),
            (".idhooks/registry.json", false),
            ("idhooks.toml", false),
        ] {
            assert_eq!(config.may_refer(&path(file)), is_searched, "{file}");
        }
        let config = Config::parse(
            "[references]\nexclude = 'old/**'\n[[references.forms]]\npath = 'docs/**'\ntext = '[[doc:{second}]]'\n\
            [[references.forms]]\nkey = 'related'",
        );
        let config = config.expect("valid");
        assert!(config.has_references() && config.may_refer(&path("vendor/x.py")));
        assert!(!config.may_refer(&path("old/a.md")));
        let forms = &config.references().forms;
        let (text, key) = (&forms[0], &forms[1]);
        assert!(text.path.matches(&path("docs/a")) && !text.path.matches(&path("a")));
        let spelling = text.text.as_ref().expect("a text");
        assert_eq!((&*spelling.before, &*spelling.after), ("[[doc:", "]]"));
        assert_eq!(spelling.placeholder, Placeholder::Second);
        assert_eq!(spelling.to_string(), "[[doc:{second}]]");
        assert!(key.path.matches(&path("a")));
        assert_eq!(key.key.as_ref().map(FrontMatterKey::as_str), Some("related"));
    }

    #[test]
    fn what_no_spelling_can_be_is_refused() {
        for (keys, message) in [
            ("path = 'docs/**'", "lacks the key 'text' or 'key'"),
            ("text = 'DOC-{id}'\nkey = 'related'", "both 'text' and 'key'"),
            ("text = 'DOC-'", "found 'DOC-'"),
            ("text = ''", "expected a text"),
            ("text = '{id}'", "found '{id}'"),
            ("text = ' 7{id}'", "found ' 7{id}'"),
            ("text = '{second}.md'", "found '{second}.md'"),
            ("text = 'a{id}{second}'", "expected a text"),
            ("text = 'a{id}{id}'", "expected a text"),
            ("text = 'a{path}'", "expected a text"),
            ("text = \"a\\n{id}\"", "expected a text"),
            ("text = 1", "expected a text"),
            ("key = ''", "expected the name of a key"),
            ("key = 'a b'", "expected the name of a key"),
            ("key = 'Doc_ID'", "expected the name of a key"),
            ("pattern = 'x'", "unknown key 'pattern' in [references.forms]"),
        ] {
            let error = Config::parse(&format!("[[references.forms]]\n{keys}")).expect_err(keys);
            assert!(error.to_string().contains(message), "{keys}: {error}");
        }
        let long = format!("[[references.forms]]\ntext = '{}{{id}}'", "x".repeat(MOST_BYTES));
        assert!(Config::parse(&long).is_err());
    }
}
