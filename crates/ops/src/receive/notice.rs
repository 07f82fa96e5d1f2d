//! [`ReceiveNotice`]: messages of the check of a push to the user who pushes.

use idhooks_core::check::Finding;
use idhooks_repo::transaction::Remedy;

/// A message of the check of a push to the user who pushes.
#[derive(Debug)]
pub enum ReceiveNotice {
    /// The findings in the new state of a branch.
    Findings {
        /// All of them.
        findings: Vec<Finding>,
        /// How many are shown at most.
        most: usize,
    },
    /// The push to a branch is refused.
    Refused {
        /// The branch.
        branch: String,
        /// The number of findings with severity error.
        errors: usize,
    },
    /// Advice on a refused push.
    Remedy(PushRemedy),
    /// The deletion of a protected branch is refused, since it has a registry.
    DeletionRefused(String),
    /// A registry was pushed, but not checked.
    NotChecked {
        /// Why.
        why: String,
        /// How an administrator protects it.
        advice: String,
    },
}

/// Advice on a refused push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushRemedy {
    /// The push would remove commits: keep these.
    KeepCommits,
    /// A remedy that was verified.
    Heal {
        /// The command that heals the pushed commits.
        remedy: Remedy,
        /// Whether the clone probably lacks the commits before them.
        is_shallow: bool,
    },
    /// Neither a further commit nor a rewrite helps.
    Unknown,
}
