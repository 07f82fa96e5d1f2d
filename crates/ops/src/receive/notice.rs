//! [`ReceiveNotice`]: messages from checking a push, for the user who is pushing.

use idhooks_core::check::Finding;
use idhooks_repo::transaction::Remedy;

/// A message from checking a push, for the user who is pushing.
#[derive(Debug)]
pub enum ReceiveNotice {
    /// The findings in a branch's new state.
    Findings {
        /// All findings.
        findings: Vec<Finding>,
        /// The maximum number of findings to show.
        most: usize,
    },
    /// A push to a branch is rejected.
    Refused {
        /// The branch.
        branch: String,
        /// The number of findings with severity error.
        errors: usize,
    },
    /// Advice on a rejected push.
    Remedy(PushRemedy),
    /// A push tries to delete a protected branch that has a registry, which is refused.
    DeletionRefused(String),
    /// A registry was pushed, but not checked.
    NotChecked {
        /// The reason.
        why: String,
        /// How an administrator can protect the registry's branch.
        advice: String,
    },
}

/// Advice on a rejected push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushRemedy {
    /// The push would remove commits that should be kept.
    KeepCommits,
    /// A remedy that has been verified to work.
    Heal {
        /// The command that heals the pushed commits.
        remedy: Remedy,
        /// Whether the clone probably lacks the preceding commits.
        is_shallow: bool,
    },
    /// Neither another commit nor a rewrite would help.
    Unknown,
}
