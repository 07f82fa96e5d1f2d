//! Reads the table `[dual_write]`.

use std::collections::BTreeMap;

use crate::registry::{RepoPath, Sequence, excerpt, key};

use super::config_error::ConfigError;
use super::dual_write::{DualWrite, Leading, LegacyFormat, PathForm, ReadyRule, VerifyLegacy};
use super::own_files::is_own;
use super::rules::Enforce;
use super::value::{Keys, Value, put};

/// The form of the path of a legacy file.
const PATH_FORM: &str =
    "a path from the root of the repository in quotes, such as \"registry/ID_REGISTRY.json\"";
/// The form of the name of an environment variable.
const VARIABLE_FORM: &str =
    "the name of an environment variable in quotes, such as \"MYAPP_ID_DUAL_WRITE\"";

/// The most days and commits for which a step can have to wait, and the highest bound of numbers.
const MOST: usize = Sequence::MAX as usize - 1;

/// The keys of the table.
pub(super) const DUAL_WRITE: &Keys<DualWrite> = &[
    ("enabled", |rules, value| put(&mut rules.enabled, value.boolean())),
    ("leading", |rules, value| {
        put(&mut rules.leading, value.one_of(&Leading::ALL, Leading::as_str))
    }),
    ("legacy", |rules, value| {
        rules.is_named = true;
        put(&mut rules.legacy, read_path(value))
    }),
    ("format", |rules, value| {
        put(&mut rules.format, value.one_of(&LegacyFormat::ALL, LegacyFormat::as_str))
    }),
    ("path_keys", |rules, value| put(&mut rules.path_keys, read_path_keys(value))),
    ("bound", |rules, value| put(&mut rules.bound, read_count(value))),
    ("ready", |rules, value| value.table("dual_write.ready")?.read(&mut rules.ready, READY)),
    ("finished", |rules, value| put(&mut rules.finished, value.boolean())),
    ("env_alias", |rules, value| {
        let names = value.array()?.into_iter().map(|name| read_variable(&name));
        put(&mut rules.env_alias, names.collect())
    }),
    ("verify", |rules, value| {
        put(&mut rules.verify, value.one_of(&VerifyLegacy::ALL, VerifyLegacy::as_str))
    }),
    ("on_failure", |rules, value| {
        put(&mut rules.on_failure, value.one_of(&Enforce::ALL, Enforce::as_str))
    }),
];

/// The keys of `ready`.
const READY: &Keys<ReadyRule> = &[
    ("days", |rule, value| put(&mut rule.days, read_count(value))),
    ("commits", |rule, value| put(&mut rule.commits, read_count(value))),
];

/// Reads the table, and refuses values that do not go together.
pub(super) fn read_dual_write(value: &Value<'_>) -> Result<Option<Box<DualWrite>>, ConfigError> {
    let mut rules = DualWrite::default();
    let table = value.table("dual_write")?;
    table.read(&mut rules, DUAL_WRITE)?;
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
    Ok(Some(Box::new(rules)))
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

fn read_path_keys(value: &Value<'_>) -> Result<BTreeMap<String, PathForm>, ConfigError> {
    let read = |(name, form): (&str, Value<'_>)| {
        let own = name.strip_prefix("metadata.").filter(|own| key::OWN.contains(own));
        if own.is_some() {
            return Err(
                form.error(format!("'{name}' is a key of idhooks itself; name another one"))
            );
        }
        Ok((name.to_owned(), form.one_of(&PathForm::ALL, PathForm::as_str)?))
    };
    let form = "a table of keys, such as { \"metadata.path\" = \"exact\" }";
    value.members(form)?.into_iter().map(read).collect()
}

fn read_count(value: &Value<'_>) -> Result<u32, ConfigError> {
    let number = value.number(0..MOST + 1, &format!("a number from 0 to {MOST}"))?;
    Ok(u32::try_from(number).unwrap_or(u32::MAX))
}

fn read_variable(value: &Value<'_>) -> Result<String, ConfigError> {
    let name = value.string(VARIABLE_FORM)?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_name = name.chars().all(is_plain) && name.starts_with(|c: char| !c.is_ascii_digit());
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
