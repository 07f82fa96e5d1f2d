//! The table `[reconcile]`: where the reconciler puts the commit that heals the registry, and who
//! that commit's author is.

use std::fmt;
use std::str::FromStr;

use crate::registry::{RepoPath, TextError};

use super::config_error::ConfigError;
use super::declared_table::settings;
use super::own_files::is_own;
use super::value::{ConfigTable, Value};
use super::value_kinds::{Custom, OneOf, Opt};

/// The default branch for the commit that heals the registry.
const BRANCH: &str = "idhooks/heal";
/// The default author and committer of that commit.
const AUTHOR: [&str; 2] = ["idhooks", "idhooks@localhost"];

/// The expected form of a target, as shown in messages.
const TARGET_FORM: &str =
    "\"none\", \"branch <name>\" or \"patch <name>.patch\", such as \"branch idhooks/heal\"";
/// The expected form of a branch name in a target, as shown in messages.
const BRANCH_FORM: &str = "a name for a branch, without spaces, '..', '~', '^', ':' and 'refs/', such as \"idhooks/heal\"";
/// The expected form of a patch file's name in a target, as shown in messages.
const PATCH_FORM: &str = "a file whose name ends in '.patch', such as \"heal.patch\"";
/// The places where a patch file may be, as shown in messages.
const PLACE_FORM: &str =
    "a place in the working tree outside of '.git' and '.idhooks', such as \"heal.patch\"";
/// The expected form of an author, as shown in messages.
const AUTHOR_FORM: &str = "a name and an address, such as \"Service <service@example.org>\"";

/// The expected form of a remote's name, as shown in messages.
const REMOTE_FORM: &str = "the name of a remote, such as \"origin\"";

crate::words! {
    /// What the hourly job pushes to the remote.
    #[derive(Default)]
    pub enum HealPush {
        /// Nothing.
        #[default]
        None = "none",
        /// The healing commit, pushed to the branch that it heals.
        Current = "current",
        /// The branch that contains the healing commit.
        Branch = "branch",
    }
}

/// The name of a remote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteName(String);

impl RemoteName {
    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RemoteName {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        // The value must be a name rather than a URL, because anyone who commits to the repository
        // could choose the URL.
        match is_branch_name(text) {
            true => Ok(RemoteName(text.to_owned())),
            false => Err(TextError::new(text, REMOTE_FORM)),
        }
    }
}

settings! {
    /// How the reconciler repairs the registry.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ReconcileRules, checked by check_push {
        /// Where [the reconciler](automation.md#scheduled-repair) puts the commit that heals the registry:
        /// `"branch idhooks/heal"`, `"patch heal.patch"` (a file in the working tree that ends in `.patch`, for
        /// `git am`), or `"none"`: it only reports.
        "commit" => pub target: HealTarget, "\"none\"", Custom(
            |value| value.parsed(TARGET_FORM),
            r#""type": "string", "pattern": "^(none|branch +[^ ]+|patch +[^ ].*\\.patch)$""#,
        );
        /// Author and committer of that commit.
        "author" => pub author: CommitAuthor, "\"idhooks <idhooks@localhost>\"", Custom(
            |value| value.parsed(AUTHOR_FORM),
            r#""type": "string", "pattern": "^[^<>]*[^<> ] *<[^<>]+>$""#,
        );
        /// Remote from which [the hourly job](automation.md#a-service-clone-that-pushes) fetches the branch before
        /// healing it.
        "remote" => pub remote: Option<RemoteName>, "none", Opt(Custom(
            |value| value.parsed(REMOTE_FORM),
            r#""type": "string", "pattern": "^[^ :~^?*\\[\\\\-][^ :~^?*\\[\\\\]*$""#,
        ));
        /// What the hourly job pushes there: `"current"`, the healing commit to the branch that it heals; `"branch"`,
        /// the branch in `commit`; or `"none"`.
        "push" => pub push: HealPush, "\"none\"", OneOf;
    }
}

/// Rejects a push without the other key that it requires.
fn check_push(
    rules: &mut ReconcileRules,
    table: &ConfigTable<'_>,
    value: &Value<'_>,
) -> Result<(), ConfigError> {
    let Some(key) = rules.missing_key() else { return Ok(()) };
    let (push, word) = (table.value("push").unwrap_or(*value), rules.push);
    Err(push.error(format!("push = \"{word}\" needs a further key: {key}")))
}

impl ReconcileRules {
    /// Returns the key that the rules require but do not contain, if there is one.
    fn missing_key(&self) -> Option<&'static str> {
        match (self.push, &self.remote, &self.target) {
            (HealPush::None, ..) => None,
            (_, None, _) => Some("remote = \"origin\""),
            (_, _, HealTarget::Branch(_)) => None,
            (_, _, HealTarget::Nowhere | HealTarget::Patch(_)) => {
                Some("commit = \"branch idhooks/heal\"")
            }
        }
    }
}

/// Where the reconciler puts the commit that heals the registry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum HealTarget {
    /// Nowhere: the reconciler only reports.
    #[default]
    Nowhere,
    /// On this branch.
    Branch(String),
    /// In this file, for `git am`.
    Patch(RepoPath),
}

impl HealTarget {
    /// Returns the branch to use if none is named.
    pub fn default_branch() -> Self {
        HealTarget::Branch(BRANCH.to_owned())
    }
}

impl fmt::Display for HealTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HealTarget::Nowhere => f.write_str("none"),
            HealTarget::Branch(name) => write!(f, "branch {name}"),
            HealTarget::Patch(file) => write!(f, "patch {file}"),
        }
    }
}

impl FromStr for HealTarget {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        match text.split_once(' ').map(|(kind, name)| (kind, name.trim())) {
            None if text == "none" => Ok(HealTarget::Nowhere),
            Some(("branch", name)) if is_branch_name(name) => {
                Ok(HealTarget::Branch(name.to_owned()))
            }
            Some(("branch", name)) if !name.is_empty() => Err(TextError::new(name, BRANCH_FORM)),
            Some(("patch", name)) if !name.is_empty() => {
                // Anyone who commits to the repository can choose the name, so it must not be the
                // name of a file that some program uses.
                if !name.ends_with(".patch") {
                    return Err(TextError::new(name, PATCH_FORM));
                }
                let file = RepoPath::new(name.as_bytes()).ok().filter(|file| !is_own(file));
                file.map(HealTarget::Patch).ok_or_else(|| TextError::new(name, PLACE_FORM))
            }
            _ => Err(TextError::new(text, TARGET_FORM)),
        }
    }
}

/// Returns whether git accepts the name as a branch name and cannot mistake it for anything else.
fn is_branch_name(name: &str) -> bool {
    let is_bad = |c: char| c.is_ascii_control() || " ~^:?*[\\".contains(c);
    let is_bad_part =
        |part: &str| part.is_empty() || part.starts_with('.') || part.ends_with(".lock");
    let is_other = name == "HEAD" || name == "@" || name.starts_with("refs/");
    !(is_other
        || name.starts_with('-')
        || name.ends_with('.')
        || name.contains("..")
        || name.contains("@{")
        || name.contains(is_bad)
        || name.split('/').any(is_bad_part))
}

/// The author of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitAuthor {
    /// The name.
    pub name: String,
    /// The address.
    pub mail: String,
}

impl Default for CommitAuthor {
    fn default() -> Self {
        let [name, mail] = AUTHOR.map(str::to_owned);
        CommitAuthor { name, mail }
    }
}

impl fmt::Display for CommitAuthor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} <{}>", self.name, self.mail)
    }
}

impl FromStr for CommitAuthor {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let refused = || TextError::new(text, AUTHOR_FORM);
        let (name, mail) = text.split_once('<').ok_or_else(refused)?;
        let (name, mail) = (name.trim(), mail.strip_suffix('>').ok_or_else(refused)?.trim());
        let is_plain = |part: &str| {
            // git strips these characters from the ends of names, so the commit's author would
            // differ from the configured one.
            let is_edge = |c: char| ".,:;<>\"\\'".contains(c) || c.is_whitespace();
            let is_bad = |c: char| c.is_control() || c == '<' || c == '>';
            !part.is_empty() && !part.contains(is_bad) && !part.starts_with(is_edge)
        };
        match is_plain(name) && is_plain(mail) {
            true => Ok(CommitAuthor { name: name.to_owned(), mail: mail.to_owned() }),
            false => Err(refused()),
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
