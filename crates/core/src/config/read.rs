//! Parses `idhooks.toml`: checks every key and value; every error has its position.

use toml::de::{DeTable, DeValue};

use crate::registry::Namespace;

use super::config_error::ConfigError;
use super::globs::{Globs, MAX_PATTERN_BYTES, is_literal};
use super::read_describe::{DESCRIBE, read_classify};
use super::read_dual_write::read_dual_write;
use super::read_embed::read_embed;
use super::read_identifiers::{read_bridges, read_contexts, read_formats};
use super::read_lint::read_lint;
use super::read_reconcile::read_reconcile;
use super::read_rename::RENAME;
use super::read_watch::WATCH;
use super::rules::{Config, Enforce, ModuleNaming, NameRule, OnNew, Strategy};
use super::value::{ConfigTable, Keys, Value, place, put, read_path};
use super::{read_generators::read_generators, writable::Writable};

/// The maximal size of `idhooks.toml` in bytes. Every commit reads the file, so a larger one, which
/// someone else may have committed, would make every commit slow.
const MAX_CONFIG_BYTES: u64 = 1_000_000;

/// The maximal number of values in the file: globs, rules, extensions and all others.
const MAX_VALUES: usize = 5_000;

/// The forms of a scope, a TYPE, a namespace and a time span.
const SCOPE_FORM: &str = "six digits in quotes, such as \"260118\"";
const TYPE_FORM: &str = "two digits in quotes, such as \"20\"";
const NAMESPACE_FORM: &str = "three digits in quotes, such as \"100\"";
const DAYS_FORM: &str = "a time span in quotes, such as \"90d\"";

/// The keys of the file.
const KEYS: &Keys<Config> = &[
    ("scope", |config, value| put(&mut config.scope, value.parsed(SCOPE_FORM).map(Some))),
    ("legacy_scopes", |config, value| {
        let scopes = value.array()?.into_iter().map(|scope| scope.parsed(SCOPE_FORM));
        put(&mut config.legacy_scopes, scopes.collect())
    }),
    ("requires", |_, value| check_version(value)),
    ("track", |config, value| value.table("track")?.read(config, TRACK)),
    ("embed", |config, value| put(&mut config.embed, read_embed(value))),
    ("default_type", |config, value| put(&mut config.default_type, value.parsed(TYPE_FORM))),
    ("types", |config, value| put(&mut config.types, value.types(TYPE_FORM))),
    ("namespaces", |config, value| {
        config.has_own_namespaces = true;
        put(&mut config.namespaces, read_namespaces(value))
    }),
    ("file_names", |config, value| put(&mut config.file_names, read_file_names(value))),
    ("allocation", |config, value| value.table("allocation")?.read(config, ALLOCATION)),
    ("rename", |config, value| value.table("rename")?.read(&mut config.rename, RENAME)),
    ("hooks", |config, value| value.table("hooks")?.read(config, HOOKS)),
    ("patch", |config, value| value.table("patch")?.read(config, PATCH)),
    ("schedule", |config, value| value.table("schedule")?.read(config, SCHEDULE)),
    ("describe", |config, value| value.table("describe")?.read(&mut config.describe, DESCRIBE)),
    ("classify", |config, value| put(&mut config.classify, read_classify(value))),
    ("generators", |config, value| put(&mut config.generators, read_generators(value))),
    ("formats", |config, value| read_formats(&mut config.identifiers, value)),
    ("contexts", |config, value| read_contexts(&mut config.identifiers, value)),
    ("bridge", |config, value| read_bridges(&mut config.identifiers, value)),
    ("lint", |config, value| read_lint(config.lint.get_or_insert_default(), value)),
    ("dual_write", |config, value| put(&mut config.dual_write, read_dual_write(value))),
    ("reconcile", |config, value| put(&mut config.reconcile, read_reconcile(value))),
    ("watch", |config, value| value.table("watch")?.read(&mut config.watch, WATCH)),
];
const TRACK: &Keys<Config> = &[
    ("include", |config, value| put(&mut config.include, value.globs())),
    ("exclude", |config, value| put(&mut config.exclude, value.globs())),
];
const ALLOCATION: &Keys<Config> = &[
    ("strategy", |config, value| {
        put(&mut config.strategy, value.one_of(&Strategy::ALL, Strategy::as_str))
    }),
    ("on_new", |config, value| put(&mut config.on_new, value.one_of(&OnNew::ALL, OnNew::as_str))),
];
const HOOKS: &Keys<Config> = &[
    ("audit", |config, value| put(&mut config.audits_commits, value.boolean())),
    ("enforce", |config, value| {
        put(&mut config.enforce, value.one_of(&Enforce::ALL, Enforce::as_str))
    }),
];
const PATCH: &Keys<Config> =
    &[("writable", |config, value| put(&mut config.writable, read_writable(value)))];
const SCHEDULE: &Keys<Config> =
    &[("purge", |config, value| put(&mut config.purge, value.parsed(DAYS_FORM).map(Some)))];

impl Config {
    /// Refuses a file of this size if it is too large.
    ///
    /// # Errors
    /// Returns an error if it has more than a million.
    pub fn check_size(bytes: u64) -> Result<(), ConfigError> {
        if bytes <= MAX_CONFIG_BYTES {
            return Ok(());
        }
        let message = format!("the file has {bytes} bytes, but the limit is {MAX_CONFIG_BYTES}");
        let hint = "shorten it: a glob such as \"vendor/**\" replaces a list of files".to_owned();
        Err(ConfigError { line: 1, column: 1, message, hint: Some(hint) })
    }

    /// Parses the text of `idhooks.toml`.
    ///
    /// ```
    /// use idhooks_core::config::Config;
    /// use idhooks_core::registry::RepoPath;
    ///
    /// let config = Config::parse("track.exclude = ['vendor/**']\ntypes.rs = '23'")?;
    /// let path = RepoPath::new(*b"src/main.rs")?;
    /// assert!(config.tracks(&path));
    /// assert_eq!(config.type_of(&path).to_string(), "23");
    /// assert!(!config.tracks(&RepoPath::new(*b"vendor/lib.rs")?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error with line, column and the nearest valid name if the text is too large or
    /// not TOML, has an unknown key or a wrong value, or needs a newer idhooks.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        Self::check_size(text.len() as u64)?;
        let table = DeTable::parse(text).map_err(|error| {
            place(text, error.span().unwrap_or(0..0), error.message().to_owned())
        })?;
        let values: usize = table.get_ref().values().map(|value| count(value.get_ref())).sum();
        if values > MAX_VALUES {
            let message = format!("the file has {values} values, but the limit is {MAX_VALUES}");
            let hint = "merge rules: a glob such as \"vendor/**\" replaces a list of files";
            return Err(ConfigError { line: 1, column: 1, message, hint: Some(hint.to_owned()) });
        }
        let bytes: usize =
            table.get_ref().values().map(|value| pattern_bytes(value.get_ref())).sum();
        if bytes > MAX_PATTERN_BYTES {
            let message = format!(
                "the globs have {bytes} bytes in total, but the limit is {MAX_PATTERN_BYTES}"
            );
            let hint = "use fewer or simpler ones; the names of files and directories do not count";
            return Err(ConfigError { line: 1, column: 1, message, hint: Some(hint.to_owned()) });
        }
        let mut config = Config::default();
        ConfigTable { text, table: table.get_ref(), name: "" }.read(&mut config, KEYS)?;
        Ok(config)
    }
}

/// Returns the number of values in a value, including itself. The TOML parser limits the depth to
/// 80 levels.
fn count(value: &DeValue<'_>) -> usize {
    let inside: usize = match value {
        DeValue::Array(array) => array.iter().map(|item| count(item.get_ref())).sum(),
        DeValue::Table(table) => table.values().map(|item| count(item.get_ref())).sum(),
        _ => 0,
    };
    1 + inside
}

/// Returns the length of all globs in a value that must be compiled.
fn pattern_bytes(value: &DeValue<'_>) -> usize {
    match value {
        DeValue::String(text) if text.contains(['*', '?', '[', '{']) => {
            if is_literal(text) {
                0
            } else {
                text.len()
            }
        }
        DeValue::Array(array) => array.iter().map(|item| pattern_bytes(item.get_ref())).sum(),
        DeValue::Table(table) => table.values().map(|item| pattern_bytes(item.get_ref())).sum(),
        _ => 0,
    }
}

fn read_namespaces(value: &Value<'_>) -> Result<Vec<(Globs, Namespace)>, ConfigError> {
    const NAMESPACES: &Keys<(Option<Globs>, Option<Namespace>)> = &[
        ("path", read_path),
        ("ns", |rule, value| put(&mut rule.1, value.parsed(NAMESPACE_FORM).map(Some))),
    ];
    value.rules("namespaces", None, NAMESPACES, |globs, ns, rule| {
        Ok((globs, ns.ok_or_else(|| rule.lacks("namespaces", "ns"))?))
    })
}

fn read_file_names(value: &Value<'_>) -> Result<Vec<(Globs, NameRule)>, ConfigError> {
    const FILE_NAMES: &Keys<(Option<Globs>, NameRule)> = &[
        ("path", read_path),
        ("id_prefix", |rule, value| put(&mut rule.1.id_prefix, value.boolean())),
        ("modules", |rule, value| {
            put(&mut rule.1.modules, value.one_of(&ModuleNaming::ALL, ModuleNaming::as_str))
        }),
    ];
    let default = NameRule { id_prefix: true, modules: ModuleNaming::default() };
    value.rules("file_names", default, FILE_NAMES, |globs, rule, _| Ok((globs, rule)))
}

fn read_writable(value: &Value<'_>) -> Result<Writable, ConfigError> {
    let mut writable = Writable::nothing();
    for item in value.array()? {
        let name = item.string("the name of a field in quotes, such as \"metadata\"")?;
        writable.allow(name).map_err(|why| item.error(why.to_string()))?;
    }
    Ok(writable)
}

/// Refuses a file that requires a newer idhooks.
fn check_version(value: &Value<'_>) -> Result<(), ConfigError> {
    let form = "a version such as \">=0.1\"";
    let text = value.string(form)?;
    let required = text.strip_prefix(">=").map(str::trim).and_then(version);
    let required = required.ok_or_else(|| value.error(format!("expected {form}")))?;
    let own = env!("CARGO_PKG_VERSION");
    if version(own).is_some_and(|own| own < required) {
        let mut error = value.error(format!("this file needs idhooks {text}, but this is {own}"));
        error.hint = Some("install a newer idhooks".to_owned());
        return Err(error);
    }
    Ok(())
}

fn version(text: &str) -> Option<[u64; 3]> {
    let mut parts = [0; 3];
    for (n, part) in text.split('.').enumerate() {
        *parts.get_mut(n)? = part.parse().ok()?;
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::rename_policy::RenamePolicy;
    use crate::embed::Style;
    use crate::registry::RepoPath;

    fn refusal(text: &str) -> String {
        let error = Config::parse(text).expect_err("must be refused");
        format!("{error}; {}", error.hint.clone().unwrap_or_default())
    }

    const EVERY_KEY: &str = r#"
scope = "260118"
legacy_scopes = ["250101"]
requires = ">=0.1"
default_type = "05"
[track]
include = ["**"]
exclude = ["vendor/", "*.tmp"]
[types]
py = "21"
[[namespaces]]
path = "src/**"
ns = "123"
[[file_names]]
path = "gen/**"
id_prefix = false
[[file_names]]
path = ["src/**", "gen/**"]
modules = "refuse"
[allocation]
strategy = "sequential"
on_new = "require"
[[embed]]
path = "docs/old/**"
embed = false
[[embed]]
path = ["docs/**", "*.py"]
style = "comment"
[rename]
similarity = 60
copies = false
limit = 0
fetch_timeout = 5
[hooks]
enforce = "warn"
[patch]
writable = ["status", "metadata.owner"]
"#;

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text.as_bytes().to_vec()).expect("valid")
    }

    #[test]
    fn keys_about_files_are_parsed() {
        let config = Config::parse(EVERY_KEY).expect("valid");
        assert_eq!(config.scope.map(|s| s.to_string()).as_deref(), Some("260118"));
        assert_eq!(config.legacy_scopes.len(), 1);
        assert!(config.tracks(&path("a.py")) && !config.tracks(&path("x/vendor/a.py")));
        assert_eq!(config.type_of(&path("a.py")).to_string(), "21");
        assert_eq!(config.type_of(&path("a.md")).to_string(), "05");
        assert_eq!(config.type_of(&path("Makefile")).to_string(), "05");
        assert_eq!(config.namespace_of(&path("src/a")).to_string(), "123");
        assert_eq!(config.namespace_of(&path("docs/a")).to_string(), "999");
        let rule = |id_prefix, modules| Some(NameRule { id_prefix, modules });
        assert_eq!(config.name_rule(&path("gen/a.py")), rule(false, ModuleNaming::Lead));
        assert_eq!(config.name_rule(&path("src/a.py")), rule(true, ModuleNaming::Refuse));
        assert_eq!(config.name_rule(&path("a.py")), None);
    }

    #[test]
    fn keys_about_rules_are_parsed() {
        let config = Config::parse(EVERY_KEY).expect("valid");
        assert_eq!((config.strategy, config.on_new), (Strategy::Sequential, OnNew::Require));
        assert_eq!(
            config.rename,
            RenamePolicy {
                similarity: 60,
                copies: false,
                limit: 0,
                fetch_timeout: 5,
                ..Default::default()
            }
        );
        assert_eq!(config.enforce, Enforce::Warn);
        let embeds = ["docs/a.md", "docs/old/a.md", "x/a.py", "x/vendor/a.py", "a.md"];
        let embeds = embeds.map(|file| config.embeds(&path(file)));
        assert_eq!(embeds, [true, false, true, false, false]);
        assert!(config.embeds_anything() && !Config::default().embeds_anything());
        let styles = ["docs/a.md", "docs/old/a.md", "a.md"];
        let styles = styles.map(|file| config.embed_style(&path(file)));
        assert_eq!(styles, [Some(Style::Comment), None, None]);
        assert!(config.writable.status && !config.writable.path);
        assert!(config.writable.has_key("owner") && !config.writable.has_key("team"));
    }

    #[test]
    fn errors_of_policies_have_a_position_and_the_nearest_name() {
        assert_eq!(
            refusal("scope = \"260118\"\n[alocation]\n"),
            "idhooks.toml:2:2: unknown key 'alocation'; did you mean 'allocation'?"
        );
        assert_eq!(
            refusal("[allocation]\n  strategi = \"scattered\"\n"),
            "idhooks.toml:2:3: unknown key 'strategi' in [allocation]; did you mean 'strategy'?"
        );
        assert_eq!(
            refusal("[allocation]\nstrategy = \"scatered\"\n"),
            "idhooks.toml:2:12: expected \"scattered\" or \"sequential\", found 'scatered'; did you mean 'scattered'?"
        );
        assert_eq!(
            refusal("scope = 260118"),
            "idhooks.toml:1:9: expected six digits in quotes, such as \"260118\", found integer; "
        );
        assert_eq!(
            refusal("[rename]\nsimilarity = 101"),
            "idhooks.toml:2:14: expected a percentage from 1 to 100, found 101; "
        );
        assert_eq!(
            refusal("[hooks]\nzzz = 1"),
            "idhooks.toml:2:1: unknown key 'zzz' in [hooks]; the valid names are: audit, enforce"
        );
        assert_eq!(
            refusal("[patch]\nwritable = [\"metadata.origin\"]"),
            "idhooks.toml:2:13: only idhooks writes 'metadata.origin'; "
        );
        assert!(refusal("[patch]\nwritable = [\"id\"]").contains("a patch cannot write 'id'"));
        // As if someone had appended it to the file.
        assert_eq!(
            refusal("[types]\nmd = \"01\"\ndebounce = \"3s\""),
            "idhooks.toml:3:12: 'debounce' in [types]: expected two digits in quotes, such as \"20\", found '3s'; the keys of [types] are extensions: put another key above the first table, or below the line '[table]' of its own"
        );
        assert!(refusal("requires = \">=99.0\"").contains("needs idhooks >=99.0"));
        assert!(refusal("scope = ").starts_with("idhooks.toml:1:9: "));
        assert!(refusal("[[namespaces]]\npath = \"a\"").contains("lacks the key 'ns'"));
        assert!(refusal("[[embed]]\nembed = true").contains("lacks the key 'path'"));
        assert!(refusal("[embed]\npath = \"a\"").contains("expected an array, found table"));
    }

    #[test]
    fn errors_of_rules_have_a_position_and_the_nearest_name() {
        assert_eq!(
            refusal("[[file_names]]\npath = \"**\"\nid_prefx = true"),
            "idhooks.toml:3:1: unknown key 'id_prefx' in [file_names]; did you mean 'id_prefix'?"
        );
        assert_eq!(
            refusal("[[file_names]]\npath = \"**\"\nmodules = \"lad\""),
            "idhooks.toml:3:11: expected \"lead\" or \"refuse\", found 'lad'; did you mean 'lead'?"
        );
        assert_eq!(
            refusal("[[file_names]]\npath = \"**\"\nid_prefix = \"yes\""),
            "idhooks.toml:3:13: expected true or false, found string; "
        );
        assert!(refusal("[[file_names]]\nid_prefix = true").contains("lacks the key 'path'"));
        assert_eq!(
            refusal(
                "[[embed]]\npath = [\"docs/**\", \"!b.json\", \"data/*.json\"]\nstyle = \"comment\""
            ),
            "idhooks.toml:2:31: this [[embed]] rule has style \"comment\", which files that match 'data/*.json' cannot have; they can have \"key\""
        );
        assert_eq!(
            refusal("[[embed]]\nstyle = \"key\"\npath = \"*.md\""),
            "idhooks.toml:3:8: this [[embed]] rule has style \"key\", which files that match '*.md' cannot have; they can have \"comment\" or \"front-matter\""
        );
        assert_eq!(
            refusal("[[embed]]\npath = \"**\"\nstyle = \"frontmatter\""),
            "idhooks.toml:3:9: expected \"front-matter\" or \"comment\" or \"key\", found 'frontmatter'; did you mean 'front-matter'?"
        );
        assert!(refusal("[track]\ninclude = [\"a[z-a]\"]").contains("'a[z-a]' is not a glob"));
    }
}
