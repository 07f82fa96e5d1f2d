//! Parses `[describe]` and `[[classify]]`.

use std::time::Duration;

use crate::registry::{RepoPath, excerpt};

use super::config_error::ConfigError;
use super::describe::{ClassRule, ContentKind, DescribeRules, DescriptorKey};
use super::globs::Globs;
use super::value::{Keys, Value, put};

/// The times that the description of a file may take.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(60);

/// The largest number of bytes in the name of a class.
const LONGEST_CLASS: usize = 64;

/// The keys of `[describe]`.
pub(super) const DESCRIBE: &Keys<DescribeRules> = &[
    ("path", |rules, value| put(&mut rules.path, value.globs())),
    ("store", |rules, value| {
        let keys = value.array()?.into_iter().map(|item| read_key(&item));
        put(&mut rules.store, keys.collect())
    }),
    ("output", |rules, value| put(&mut rules.output, read_dir(value))),
    ("roots", |rules, value| {
        let dirs = value.array()?.into_iter().map(|item| read_dir(&item));
        put(&mut rules.roots, dirs.collect())
    }),
    ("timeout", |rules, value| put(&mut rules.timeout, value.time(SHORTEST..=LONGEST))),
];

fn read_key(item: &Value<'_>) -> Result<DescriptorKey, ConfigError> {
    let key = item.one_of(&DescriptorKey::ALL, DescriptorKey::as_str)?;
    if !key.can_be_stored() {
        let mut error = item.error(format!(
            "'{key}' cannot be stored: it differs between clones that have the same commit"
        ));
        error.hint = Some(format!("print it instead: idhooks describe --all ({key})"));
        return Err(error);
    }
    Ok(key)
}

/// Reads a directory of the repository; nothing is the top.
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

/// Reads the rules `[[classify]]`.
pub(super) fn read_classify(value: &Value<'_>) -> Result<Vec<ClassRule>, ConfigError> {
    type Read = (Option<Globs>, Option<String>, Option<ContentKind>);
    const CLASSIFY: &Keys<Read> = &[
        ("path", |rule, value| put(&mut rule.0, value.globs().map(Some))),
        ("class", |rule, value| put(&mut rule.1, read_class(value).map(Some))),
        ("kind", |rule, value| {
            put(&mut rule.2, value.one_of(&ContentKind::ALL, ContentKind::as_str).map(Some))
        }),
    ];
    let rule = |value: Value<'_>| {
        let mut read: Read = (None, None, None);
        value.table("classify")?.read(&mut read, CLASSIFY)?;
        let (globs, class, kind) = read;
        Ok(ClassRule {
            globs: globs.ok_or_else(|| value.lacks("classify", "path"))?,
            class: class.ok_or_else(|| value.lacks("classify", "class"))?,
            kind,
        })
    };
    value.array()?.into_iter().map(rule).collect()
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
        assert!(refusal("[[classify]]\nkind = \"pyton\"").contains("did you mean 'python'?"));
    }
}
