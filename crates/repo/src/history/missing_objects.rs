//! [`MissingObjects`]: the reasons why something cannot be decided. All strings about missing commits and
//! contents, and about the limits in `[rename]`, are defined here.

use std::borrow::Cow;

use idhooks_core::config::RenameLimits;
use idhooks_core::plan::Undecided;

use crate::git::Repo;

/// Why the expected content of a commit is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MissingObjects {
    /// The clone is shallow, so commits are missing.
    Commits,
    /// The clone is partial, so contents are missing.
    Contents,
    /// A limit in `[rename]` is too low. The value is the limit that is needed.
    Limits(RenameLimits),
}

impl MissingObjects {
    /// Returns what is missing to decide the rest, or `None` if nothing is undecided.
    pub fn to_decide(repo: &Repo, undecided: &Undecided) -> Option<Self> {
        match undecided.needed {
            _ if undecided.is_empty() => None,
            RenameLimits::NONE => Some(MissingObjects::of(repo)),
            needed => Some(MissingObjects::Limits(needed)),
        }
    }

    /// Returns what this clone lacks. If all commits are in it, contents are missing.
    pub fn of(repo: &Repo) -> Self {
        // A shallow clone may also be partial, but there is no way to know which contents the
        // missing commits have.
        match repo.is_shallow() {
            Ok(true) => MissingObjects::Commits,
            _ => MissingObjects::Contents,
        }
    }

    /// Returns a description of what is missing.
    pub fn what(self) -> &'static str {
        match self {
            MissingObjects::Commits => "the clone is shallow",
            MissingObjects::Contents => "contents are not in this clone",
            MissingObjects::Limits(_) => {
                "more files were added and deleted than may be compared (max_files, max_bytes in [rename] of idhooks.toml)"
            }
        }
    }

    /// Returns the reason that files cannot be matched with identities.
    pub fn reason(self) -> &'static str {
        match self {
            MissingObjects::Commits | MissingObjects::Contents => {
                "this clone does not show which belong together"
            }
            MissingObjects::Limits(_) => "they were not compared",
        }
    }

    /// Returns the help text for an undecided finding.
    pub fn help(self) -> String {
        let (what, command) = (self.what(), self.command());
        match self {
            MissingObjects::Commits | MissingObjects::Contents => format!(
                "{what}, so no commit in this clone can heal it: run '{command}', then 'idhooks reconcile'"
            ),
            MissingObjects::Limits(_) => format!("{what}, so no commit heals it: {command}"),
        }
    }

    /// Returns advice on how to proceed.
    pub fn hint(self) -> String {
        let command = self.command();
        match self {
            MissingObjects::Commits | MissingObjects::Contents => {
                format!("fetch the rest, then heal them: {command}")
            }
            MissingObjects::Limits(_) => format!("to heal them, {command}"),
        }
    }

    /// Returns a description of what can be done about an inconsistent commit.
    pub fn outlook(self) -> String {
        let command = self.command();
        match self {
            MissingObjects::Commits => {
                format!(
                    "this clone is shallow and cannot heal all of it; fetch the rest: {command}"
                )
            }
            MissingObjects::Contents => format!(
                "the next commit heals it if it can fetch the contents that this clone lacks; to fetch all: {command}"
            ),
            MissingObjects::Limits(_) => {
                format!("{}, so that no commit heals all of it; to heal it, {command}", self.what())
            }
        }
    }

    /// Returns the command that fetches what is missing, or instructions for raising the limit.
    pub fn command(self) -> Cow<'static, str> {
        match self {
            MissingObjects::Commits | MissingObjects::Contents => {
                self.fetch().unwrap_or_default().into()
            }
            MissingObjects::Limits(needed) => {
                format!("set {needed} in [rename] of idhooks.toml and commit it").into()
            }
        }
    }

    /// Returns the command that fetches what the clone lacks, if it lacks anything.
    pub fn fetch(self) -> Option<&'static str> {
        match self {
            MissingObjects::Commits => Some("git fetch --unshallow"),
            // A plain fetch would not get the objects that a filter left out.
            MissingObjects::Contents => Some("git fetch --refetch --no-filter"),
            MissingObjects::Limits(_) => None,
        }
    }
}
