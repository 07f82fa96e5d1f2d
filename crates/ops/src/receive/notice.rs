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
    /// The push to a branch is refused.
    Refused {
        /// The branch.
        branch: String,
        /// The number of findings with severity error.
        errors: usize,
    },
    /// Advice on a rejected push.
    Remedy(PushRemedy),
    /// A protected branch must not be deleted because it has a registry.
    DeletionRefused(String),
    /// A registry was pushed, but not checked.
    NotChecked {
        /// Why.
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
    /// A remedy that was verified to work.
    Heal {
        /// The command that heals the pushed commits.
        remedy: Remedy,
        /// Whether the clone probably lacks the preceding commits.
        is_shallow: bool,
    },
    /// Neither another commit nor a rewrite would help.
    Unknown,
}
