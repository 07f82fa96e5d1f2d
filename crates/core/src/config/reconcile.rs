//! The table `[reconcile]`: where the reconciler puts the commit that heals the registry, and who its
//! author is.

use std::fmt;
use std::str::FromStr;

use crate::registry::{RepoPath, TextError};

use super::own_files::is_own;

/// The branch for the healing commit, unless another one is named.
const BRANCH: &str = "idhooks/heal";
/// The author and committer of healing commits, unless another one is named.
const AUTHOR: [&str; 2] = ["idhooks", "idhooks@localhost"];

/// The form of a target.
pub(super) const TARGET_FORM: &str =
    "\"none\", \"branch <name>\" or \"patch <name>.patch\", such as \"branch idhooks/heal\"";
/// The form of the name in a target that is a branch.
const BRANCH_FORM: &str = "a name for a branch, without spaces, '..', '~', '^', ':' and 'refs/', such as \"idhooks/heal\"";
/// The form of the name in a target that is a patch.
const PATCH_FORM: &str = "a file whose name ends in '.patch', such as \"heal.patch\"";
/// Where a patch may be.
const PLACE_FORM: &str =
    "a place in the working tree outside of '.git' and '.idhooks', such as \"heal.patch\"";
/// The form of an author.
pub(super) const AUTHOR_FORM: &str =
    "a name and an address, such as \"Service <service@example.org>\"";

/// The form of the name of a remote.
pub(super) const REMOTE_FORM: &str = "the name of a remote, such as \"origin\"";

crate::words! {
    /// What the hourly job pushes to the remote.
    #[derive(Default)]
    pub enum HealPush {
        /// Nothing.
        #[default]
        None = "none",
        /// The healing commit, onto the branch that it heals.
        Current = "current",
        /// The branch on which the healing commit is put.
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
        // A name, and not an address, which whoever commits to the repository could choose.
        match is_branch_name(text) {
            true => Ok(RemoteName(text.to_owned())),
            false => Err(TextError::new(text, REMOTE_FORM)),
        }
    }
}

/// How the reconciler repairs the registry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReconcileRules {
    /// Where the healing commit is put.
    pub target: HealTarget,
    /// Its author and committer.
    pub author: CommitAuthor,
    /// The remote from which the hourly job fetches the branch first, if it does.
    pub remote: Option<RemoteName>,
    /// What it pushes there.
    pub push: HealPush,
}

impl ReconcileRules {
    /// Returns the key without which the rules make no sense, if it is missing.
    pub(super) fn missing_key(&self) -> Option<&'static str> {
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
    /// Nowhere: it only reports.
    #[default]
    Nowhere,
    /// On this branch.
    Branch(String),
    /// Into this file, for `git am`.
    Patch(RepoPath),
}

impl HealTarget {
    /// Returns the branch that is used where none is named.
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
                // Whoever commits to the repository chooses the name: it cannot be that of a program's file.
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

/// Returns whether git accepts the name for a branch, and no one confuses it with something else.
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
            // What git removes from the ends of names would make another commit than the one asked for.
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
