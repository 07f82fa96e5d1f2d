//! The table `[dual_write]`: a legacy registry file that every commit keeps in step with the registry.

use std::collections::BTreeMap;

use crate::registry::{RepoPath, Sequence, excerpt, key};

use super::config_error::ConfigError;
use super::declared_table::{ValueKind, ValueShape, settings};
use super::enforce::Enforce;
use super::own_files::is_own;
use super::value::{ConfigTable, Value};
use super::value_kinds::{BOOLEAN, Count, Custom, Each, OneOf, TableOf, by_name};

/// The expected form of a legacy file's path, as shown in messages.
const PATH_FORM: &str =
    "a path from the root of the repository in quotes, such as \"registry/ID_REGISTRY.json\"";
/// The expected form of an environment variable's name, as shown in messages.
const VARIABLE_FORM: &str =
    "the name of an environment variable in quotes, such as \"MYAPP_ID_DUAL_WRITE\"";

crate::words! {
    /// Which of the two files takes precedence while both are written.
    #[derive(Default)]
    pub enum Leading {
        /// The registry: the legacy file is derived from it, and only idhooks may change the legacy
        /// file.
        #[default]
        Registry = "registry",
        /// The legacy file: changes that other programs make to it are adopted into the registry.
        Legacy = "legacy",
    }
}

crate::words! {
    /// The format of a legacy file.
    #[derive(Default)]
    pub enum LegacyFormat {
        /// One indented JSON document that contains a registry with complete counters.
        #[default]
        Classic = "classic",
        /// A table with a row for each record.
        Csv = "csv",
        /// One record per line, as JSON.
        Jsonl = "jsonl",
        /// One second identity and its path per line.
        IdsMap = "ids-map",
    }
}

impl LegacyFormat {
    /// The formats whose files contain whole records.
    pub const WITH_RECORDS: [Self; 3] = [Self::Classic, Self::Csv, Self::Jsonl];

    /// Returns whether files in this format contain whole records, so that a registry can be read
    /// from them.
    pub fn has_records(self) -> bool {
        Self::WITH_RECORDS.contains(&self)
    }
}

crate::words! {
    /// When commits compare the legacy file with the registry.
    #[derive(Default)]
    pub enum VerifyLegacy {
        /// On every commit that changes one of the two files.
        #[default]
        Commit = "commit",
        /// Never: only 'idhooks check' and 'idhooks migrate verify' compare them.
        Never = "never",
    }
}

crate::words! {
    /// How another program writes a path.
    pub enum PathForm {
        /// As in git.
        Exact = "exact",
        /// In lower case.
        Lower = "lower",
        /// With `\` between directories.
        Windows = "windows",
        /// With `\` between directories and in lower case, as Python's `os.path.normcase` writes it
        /// on Windows.
        WindowsLower = "windows-lower",
    }
}

impl PathForm {
    /// Converts a path to this form; returns `None` if the path is not UTF-8.
    pub fn of(self, path: &RepoPath) -> Option<String> {
        let text = path.as_str()?;
        Some(match self {
            PathForm::Exact => text.to_owned(),
            PathForm::Lower => text.to_lowercase(),
            PathForm::Windows => text.replace('/', "\\"),
            PathForm::WindowsLower => text.to_lowercase().replace('/', "\\"),
        })
    }
}

settings! {
    /// How long a migration must stay in a phase, during which no other program changes the legacy
    /// file, before it may enter the next phase.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct ReadyRule {
        /// How many days a phase of a [migration](migration.md#when-is-it-time-for-the-next-step) must last, without
        /// a change to the legacy file by another program, before the next step.
        "days" => pub days: u32 = 2, "2", COUNT;
        /// How many commits the phase must also last, not counting merges.
        "commits" => pub commits: u32 = 20, "20", COUNT;
    }
}

settings! {
    /// How a legacy registry file is kept in step with the registry.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct DualWrite, checked by check_sides {
        /// Whether commits also write a [legacy registry file](migration-reference.md#both-files-in-one-commit). If
        /// the table exists, the environment variable `IDHOOKS_DUAL_WRITE` (`1` or `0`) overrides this key; any other
        /// value is ignored with a warning.
        "enabled" => pub enabled: bool, "false", BOOLEAN;
        /// The side whose changes count: `"registry"`, or `"legacy"`: the registry takes the changes made in the
        /// legacy file.
        "leading" => pub leading: Leading, "\"registry\"", OneOf;
        /// Path of the legacy file, which gets no identity.
        "legacy" => pub legacy: RepoPath = RepoPath::constant("registry/ID_REGISTRY.json"),
            "\"registry/ID_REGISTRY.json\"", Custom(read_path, r#""type": "string", "minLength": 1"#);
        /// Format of the legacy file: `"classic"` (JSON), `"csv"`, `"jsonl"` (one record per line) or `"ids-map"`
        /// (second identities).
        "format" => pub format: LegacyFormat, "\"classic\"", OneOf;
        /// Keys of records that repeat the path, such as `{ "metadata.canonical_path" = "exact" }`. They
        /// [follow the file](migration.md#working-with-both-files) and keep their form; if the form of a value is
        /// ambiguous, it gets this one: `"exact"`, `"lower"` (lower case), `"windows"` (with `\`) or
        /// `"windows-lower"`.
        "path_keys" => pub path_keys: BTreeMap<String, PathForm>, "{}", PathKeys;
        /// For a program that allocates numbers in the legacy file without skipping `reserved` ones: numbers up to
        /// this one are left to it, and idhooks allocates higher ones.
        "bound" => pub bound: u32, "0", COUNT;
        /// Conditions for the next step of a migration.
        "ready" => pub ready: ReadyRule, "none", TableOf("dual_write.ready");
        /// Written by the last step of a [migration](migration.md), with `enabled = false`: the legacy file is
        /// removed, and `idhooks check` reports it if it reappears.
        "finished" => pub finished: bool, "false", BOOLEAN;
        /// Names of additional environment variables that turn writing on if they are `1`, and off otherwise.
        "env_alias" => pub env_alias: Vec<String>, "[]", Each(VARIABLE);
        /// `"commit"`: a commit does not overwrite a legacy file that a person or another program changed; `"never"`:
        /// it does, which is not allowed with `leading = "legacy"`.
        "verify" => pub verify: VerifyLegacy, "\"commit\"", OneOf;
        /// What happens to a commit with such a file: `"block"` refuses it; `"warn"` leaves the file unchanged.
        "on_failure" => pub on_failure: Enforce, "\"block\"", OneOf;
    }
    and {
        /// Whether the table names the legacy file. If not, it is the default one.
        pub is_named: bool,
    }
}

/// The allowed range for the number of days or commits that a step has to wait, and for the highest
/// number left to another program.
const COUNT: Count = Count(0..=Sequence::MAX as usize - 1, "a number");

const VARIABLE: Custom<String> =
    Custom(read_variable, r#""type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$""#);

/// Rejects values that contradict each other.
fn check_sides(
    rules: &mut DualWrite,
    table: &ConfigTable<'_>,
    value: &Value<'_>,
) -> Result<(), ConfigError> {
    rules.is_named = table.value("legacy").is_some();
    if rules.leading == Leading::Legacy && !rules.format.has_records() {
        let format = rules.format;
        return Err(value.error(format!(
            "a legacy file in the format \"{format}\" has no records, so it cannot lead; \
             set leading = \"registry\""
        )));
    }
    if rules.finished && rules.enabled {
        let finished = table.value("finished").unwrap_or(*value);
        return Err(finished.error(
            "a migration that is finished writes no legacy file; remove 'finished', or set enabled = false"
                .to_owned(),
        ));
    }
    if rules.leading == Leading::Legacy && rules.verify == VerifyLegacy::Never {
        let verify = table.value("verify").unwrap_or(*value);
        return Err(verify.error(
            "with verify = \"never\", commits overwrite what other programs change in the legacy file, so it \
             cannot lead; remove 'verify', or set leading = \"registry\""
                .to_owned(),
        ));
    }
    Ok(())
}

fn read_path(value: &Value<'_>) -> Result<RepoPath, ConfigError> {
    let text = value.string(PATH_FORM)?;
    let path = RepoPath::new(text.as_bytes()).ok();
    let refused = || value.error(format!("expected {PATH_FORM}, found '{}'", excerpt(text)));
    let path = path.ok_or_else(refused)?;
    match is_own(&path) || path.as_bytes().ends_with(b"/") {
        true => Err(value
            .error(format!("'{}' is a file of idhooks itself; name another one", excerpt(text)))),
        false => Ok(path),
    }
}

/// Keys of records that store a path, each with the form of that path.
struct PathKeys;

impl ValueKind<BTreeMap<String, PathForm>> for PathKeys {
    fn read(&self, value: &Value<'_>) -> Result<BTreeMap<String, PathForm>, ConfigError> {
        let read = |(name, form): (&str, Value<'_>)| {
            let own = name.strip_prefix("metadata.").filter(|own| key::OWN.contains(own));
            if own.is_some() {
                return Err(
                    form.error(format!("'{name}' is a key of idhooks itself; name another one"))
                );
            }
            Ok((name.to_owned(), form.one_of()?))
        };
        let form = "a table of keys, such as { \"metadata.path\" = \"exact\" }";
        value.members(form)?.into_iter().map(read).collect()
    }

    fn shape(&self) -> ValueShape {
        by_name(&ValueKind::<PathForm>::shape(&OneOf))
    }
}

fn read_variable(value: &Value<'_>) -> Result<String, ConfigError> {
    let name = value.string(VARIABLE_FORM)?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_name = name.chars().all(is_plain) && name.starts_with(|c: char| !c.is_ascii_digit());
    // Names with these prefixes have a special meaning for idhooks or git.
    match is_name && !name.starts_with("IDHOOKS") && !name.starts_with("GIT_") {
        true => Ok(name.to_owned()),
        false => Err(value.error(format!("expected {VARIABLE_FORM}, found '{name}'"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn read(table: &str) -> DualWrite {
        let config = Config::parse(&format!("[dual_write]\n{table}")).expect("valid");
        config.dual_write.as_deref().cloned().expect("the table")
    }

    fn refusal(table: &str) -> String {
        let read = Config::parse(&format!("[dual_write]\n{table}"));
        read.expect_err("refused").to_string()
    }

    #[test]
    fn the_table_is_read() {
        assert!(Config::default().dual_write.is_none());
        assert_eq!(read(""), DualWrite::default());
        assert_eq!(read("").legacy.to_string(), "registry/ID_REGISTRY.json");
        let all = read(
            "enabled = true\nleading = 'legacy'\nlegacy = 'ids.jsonl'\nformat = 'jsonl'\n\
             path_keys = { 'metadata.canonical_path' = 'lower' }\nbound = 50000\nready = { days = 5 }\n\
             env_alias = ['MYAPP_ID_DUAL_WRITE']\nverify = 'commit'\non_failure = 'warn'",
        );
        let expected = DualWrite {
            enabled: true,
            leading: Leading::Legacy,
            legacy: RepoPath::constant("ids.jsonl"),
            is_named: true,
            format: LegacyFormat::Jsonl,
            path_keys: [("metadata.canonical_path".to_owned(), PathForm::Lower)].into(),
            bound: 50_000,
            ready: ReadyRule { days: 5, commits: 20 },
            finished: false,
            env_alias: vec!["MYAPP_ID_DUAL_WRITE".to_owned()],
            verify: VerifyLegacy::Commit,
            on_failure: Enforce::Warn,
        };
        assert_eq!(all, expected);
        assert_eq!(read("verify = 'never'").verify, VerifyLegacy::Never);
    }

    #[test]
    fn the_legacy_file_gets_no_identity() {
        let config = Config::parse("[dual_write]\nlegacy = 'old/ids.csv'\nformat = 'csv'");
        let config = config.expect("valid");
        assert!(!config.tracks(&RepoPath::constant("old/ids.csv")));
        assert!(config.tracks(&RepoPath::constant("old/other.csv")));
        assert!(!config.tracks_everything());
    }

    #[test]
    fn errors_name_the_place() {
        assert_eq!(
            refusal("enabled = 1"),
            "idhooks.toml:2:11: expected true or false, found integer"
        );
        assert!(refusal("leadin = 'legacy'").contains("unknown key 'leadin' in [dual_write]"));
        for path in ["", "/etc/x", "../x", ".idhooks/registry.json", "idhooks.toml", "a/../b"] {
            let message = refusal(&format!("legacy = '{path}'"));
            assert!(message.starts_with("idhooks.toml:2:10: "), "{path}: {message}");
        }
        let message = refusal("path_keys = ['path']");
        assert!(message.contains("expected a table of keys"), "{message}");
        let message = refusal("path_keys = { path = 'upper' }");
        assert!(message.contains("\"windows-lower\""), "{message}");
        let message = refusal("ready = { days = -1 }");
        assert!(message.contains("a number from 0 to 99998"), "{message}");
        let message = refusal("ready = { weeks = 1 }");
        assert!(message.contains("unknown key 'weeks' in [dual_write.ready]"), "{message}");
        for name in ["", "1X", "A-B", "GIT_DIR", "IDHOOKS", "A=1"] {
            let message = refusal(&format!("env_alias = ['{name}']"));
            assert!(message.contains("the name of an environment variable"), "{name}");
        }
        assert!(read("finished = true").finished);
        let message = refusal("enabled = true\nfinished = true");
        assert!(
            message.starts_with("idhooks.toml:3:12: a migration that is finished"),
            "{message}"
        );
        let message = refusal("leading = 'legacy'\nformat = 'ids-map'");
        assert!(message.contains("it cannot lead"), "{message}");
        for table in
            ["leading = 'legacy'\nverify = 'never'", "verify = 'never'\nleading = 'legacy'"]
        {
            let message = refusal(table);
            let line = 2 + table.lines().position(|line| line.starts_with("verify")).unwrap_or(0);
            assert!(
                message.starts_with(&format!("idhooks.toml:{line}:10: with verify = \"never\""))
            );
            assert!(message.contains("remove 'verify', or set leading"), "{message}");
        }
    }
}
