//! Reads the table `[reconcile]`.

use super::config_error::ConfigError;
use super::reconcile::{AUTHOR_FORM, HealPush, REMOTE_FORM, ReconcileRules, TARGET_FORM};
use super::value::{Keys, Value, put};

/// The keys of the table.
const RECONCILE: &Keys<ReconcileRules> = &[
    ("commit", |rules, value| put(&mut rules.target, value.parsed(TARGET_FORM))),
    ("author", |rules, value| put(&mut rules.author, value.parsed(AUTHOR_FORM))),
    ("remote", |rules, value| put(&mut rules.remote, value.parsed(REMOTE_FORM).map(Some))),
    ("push", |rules, value| put(&mut rules.push, value.one_of(&HealPush::ALL, HealPush::as_str))),
];

/// Reads the table.
pub(super) fn read_reconcile(value: &Value<'_>) -> Result<ReconcileRules, ConfigError> {
    let mut rules = ReconcileRules::default();
    let table = value.table("reconcile")?;
    table.read(&mut rules, RECONCILE)?;
    match rules.missing_key() {
        None => Ok(rules),
        Some(key) => {
            let (push, word) = (table.value("push").unwrap_or(*value), rules.push);
            Err(push.error(format!("push = \"{word}\" needs a further key: {key}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, HealTarget};

    fn refusal(text: &str) -> String {
        Config::parse(text).expect_err("refused").to_string()
    }

    #[test]
    fn the_table_is_read() {
        let default = Config::default().reconcile;
        assert_eq!(
            (default.target, default.author.to_string().as_str()),
            (HealTarget::Nowhere, "idhooks <idhooks@localhost>")
        );
        for target in ["none", "branch idhooks/heal", "branch a-b.c", "patch out/heal.patch"] {
            let text = format!(
                "[reconcile]\ncommit = \"{target}\"\nauthor = \"Jörg O'Neil <j@example.org>\""
            );
            let rules = Config::parse(&text).expect("valid").reconcile;
            assert_eq!(rules.target.to_string(), target);
            assert_eq!(rules.author.to_string(), "Jörg O'Neil <j@example.org>");
        }
    }

    #[test]
    fn a_push_needs_a_remote_and_a_branch() {
        let keys = "commit = \"branch heal\"\nremote = \"origin\"\npush = \"current\"";
        let rules = Config::parse(&format!("[reconcile]\n{keys}")).expect("valid").reconcile;
        assert_eq!(rules.remote.as_ref().map(super::super::RemoteName::as_str), Some("origin"));
        assert_eq!(rules.push.as_str(), "current");
        for (text, missing) in [
            ("push = \"branch\"", "needs a further key: remote"),
            ("remote = \"x\"\npush = \"current\"", "needs a further key: commit"),
            (
                "commit = \"patch x.patch\"\nremote = \"x\"\npush = \"branch\"",
                "needs a further key",
            ),
            ("push = \"force\"", "'force'"),
            ("remote = \"https://example.org/x.git\"", "expected the name of a remote"),
            ("remote = \"--upload-pack=x\"", "expected the name of a remote"),
            ("remote = \"\"", "expected the name of a remote"),
        ] {
            let refused = refusal(&format!("[reconcile]\n{text}"));
            assert!(refused.contains(missing), "{text}: {refused}");
        }
    }

    #[test]
    fn errors_name_the_place() {
        assert_eq!(
            refusal("[reconcile]\ncommit = \"branche x\""),
            "idhooks.toml:2:10: expected \"none\", \"branch <name>\" or \"patch <name>.patch\", such as \"branch idhooks/heal\", found 'branche x'"
        );
        assert!(refusal("[reconcile]\ncomit = \"none\"").contains("unknown key 'comit'"));
        assert!(refusal("reconcile = 1").contains("expected a table [reconcile]"));
        assert!(refusal("reconcile.commit = 1").contains("found integer"));
        for name in [
            "",
            " ",
            "-x",
            "HEAD",
            "@",
            "refs/heads/x",
            "a..b",
            "a b",
            "a~1",
            "a^",
            "a:b",
            "a?",
            "*",
            "a//b",
            "/a",
            "a/",
            ".a",
            "a/.b",
            "x.lock",
            "a.",
            "a@{1}",
            "a\\\\b",
            "a\\tb",
        ] {
            let text = format!("reconcile.commit = \"branch {name}\"");
            assert!(refusal(&text).contains("expected \"none\""), "{name}");
        }
        for file in [
            "",
            "/etc/x.patch",
            "../x.patch",
            "x.yml",
            "a/../b.patch",
            ".git/hooks/x.patch",
            ".idhooks/x.patch",
            "idhooks.toml",
            ".idhooks/registry.json",
        ] {
            let text = format!("reconcile.commit = \"patch {file}\"");
            assert!(refusal(&text).contains("expected \"none\""), "{file}");
        }
        for author in ["", "a", "a <b", "<b>", "a <>", "a <b> c", "a\\nb <c>", "a <b<c>", ". <b>"] {
            let text = format!("reconcile.author = \"{author}\"");
            assert!(refusal(&text).contains("expected a name and an address"), "{author}");
        }
    }
}
