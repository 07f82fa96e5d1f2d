//! Parses `idhooks.toml` and checks every key and value. Each error has a position.

use toml::de::{DeTable, DeValue};

use super::config_error::ConfigError;
use super::globs::{MAX_PATTERN_BYTES, is_literal};
use super::rules::Config;
use super::value::{ConfigTable, place};

/// The maximum size of `idhooks.toml` in bytes. Every commit reads the file, so a larger file
/// (which anyone may have committed) would slow down every commit.
const MAX_CONFIG_BYTES: u64 = 1_000_000;

/// The maximum number of values in the file, including globs, rules and extensions.
const MAX_VALUES: usize = 5_000;

impl Config {
    /// Rejects a file that is too large.
    ///
    /// # Errors
    /// Returns an error if the file is larger than a million bytes.
    pub fn check_size(bytes: u64) -> Result<(), ConfigError> {
        if bytes <= MAX_CONFIG_BYTES {
            return Ok(());
        }
        let message = format!("the file has {bytes} bytes, but the limit is {MAX_CONFIG_BYTES}");
        Err(too_large(message, "shorten it: a glob such as \"vendor/**\" replaces a list of files"))
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
    /// Returns an error with the line, the column and the nearest valid name if the text is too
    /// large or not TOML, contains an unknown key or an invalid value, or requires a newer version
    /// of idhooks.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        Self::check_size(text.len() as u64)?;
        let table = DeTable::parse(text).map_err(|error| {
            place(text, error.span().unwrap_or(0..0), error.message().to_owned())
        })?;
        let values: usize = table.get_ref().values().map(|value| count(value.get_ref())).sum();
        if values > MAX_VALUES {
            let message = format!("the file has {values} values, but the limit is {MAX_VALUES}");
            let hint = "merge rules: a glob such as \"vendor/**\" replaces a list of files";
            return Err(too_large(message, hint));
        }
        let bytes: usize =
            table.get_ref().values().map(|value| pattern_bytes(value.get_ref())).sum();
        // The length is checked before the globs are compiled, because compiling long globs takes a
        // long time.
        if bytes > MAX_PATTERN_BYTES {
            let message = format!(
                "the globs have {bytes} bytes in total, but the limit is {MAX_PATTERN_BYTES}"
            );
            let hint = "use fewer or simpler ones; the names of files and directories do not count";
            return Err(too_large(message, hint));
        }
        let mut config = Config::default();
        ConfigTable { text, table: table.get_ref(), name: "" }.read(&mut config)?;
        Ok(config)
    }
}

fn too_large(message: String, hint: &str) -> ConfigError {
    ConfigError { hint: Some(hint.to_owned()), ..ConfigError::new(1, 1, message) }
}

/// Returns the number of values nested in a value, including the value itself. The TOML parser
/// limits the depth to 80 levels.
fn count(value: &DeValue<'_>) -> usize {
    let inside: usize = match value {
        DeValue::Array(array) => array.iter().map(|item| count(item.get_ref())).sum(),
        DeValue::Table(table) => table.values().map(|item| count(item.get_ref())).sum(),
        _ => 0,
    };
    1 + inside
}

/// Returns the total length of those globs in a value that have to be compiled.
fn pattern_bytes(value: &DeValue<'_>) -> usize {
    match value {
        DeValue::String(text) if text.contains(['*', '?', '[', '{']) && !is_literal(text) => {
            text.len()
        }
        DeValue::Array(array) => array.iter().map(|item| pattern_bytes(item.get_ref())).sum(),
        DeValue::Table(table) => table.values().map(|item| pattern_bytes(item.get_ref())).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::base_tables::AllocationRules;
    use crate::config::{Enforce, ModuleNaming, OnNew, RenamePolicy, Strategy};
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
        let rule = |file| config.name_rule(&path(file)).map(|rule| (rule.id_prefix, rule.modules));
        assert_eq!(rule("gen/a.py"), Some((false, ModuleNaming::Lead)));
        assert_eq!(rule("src/a.py"), Some((true, ModuleNaming::Refuse)));
        assert_eq!(rule("a.py"), None);
    }

    #[test]
    fn keys_about_rules_are_parsed() {
        let config = Config::parse(EVERY_KEY).expect("valid");
        let AllocationRules { strategy, on_new } = config.allocation;
        assert_eq!((strategy, on_new), (Strategy::Sequential, OnNew::Require));
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
        assert_eq!(config.hooks.enforce, Enforce::Warn);
        let embeds = ["docs/a.md", "docs/old/a.md", "x/a.py", "x/vendor/a.py", "a.md"];
        let embeds = embeds.map(|file| config.embeds(&path(file)));
        assert_eq!(embeds, [true, false, true, false, false]);
        assert!(config.embeds_anything() && !Config::default().embeds_anything());
        let styles = ["docs/a.md", "docs/old/a.md", "a.md"];
        let styles = styles.map(|file| config.embed_style(&path(file)));
        assert_eq!(styles, [Some(Style::Comment), None, None]);
        assert!(config.patch.writable.status && !config.patch.writable.path);
        assert!(config.patch.writable.has_key("owner") && !config.patch.writable.has_key("team"));
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
        // The last key looks as if it had been appended to the file.
        assert_eq!(
            refusal("[types]\nmd = \"01\"\ndebounce = \"3s\""),
            "idhooks.toml:3:12: 'debounce' in [types]: expected two digits in quotes, such as \"20\", found '3s'; the keys of [types] are extensions: put another key above the first table, or below the line '[table]' of its own"
        );
        assert!(refusal("requires = \">=99.0\"").contains("needs idhooks >=99.0"));
        let place = |text: &str| refusal(&format!("scope = \"260118\"\n{text}"));
        assert!(
            place("legacy_scope = []")
                .contains(":2:1: unknown key 'legacy_scope'; did you mean 'legacy_scopes'?")
        );
        assert!(place("[allocation]\non_new = \"requires\"").contains(":3:10: expected"));
        assert!(place("[rename]\nsimilarity = \"50\"").contains(":3:14: expected a percentage"));
        assert!(place("[types]\npy = \"2\"").contains(":3:6: "));
        assert!(place("[[namespaces]]\npath = \"a\"\nns = \"1000\"").contains(":4:6: "));
        assert!(place("[allocation").starts_with("idhooks.toml:2:"));
        assert!(place("[track]\nexclude = [\"[\"]").contains(":3:12: '[' is not a glob"));
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
