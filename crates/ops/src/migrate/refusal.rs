//! [`MigrateRefusal`]: why a migration does not go on.

use idhooks_core::config::ReadyRule;
use idhooks_core::plan::migration::{MigrationPhase, QuietTime, StepRefusal};
use idhooks_core::registry::RepoPath;
use idhooks_repo::store::StoreError;

/// Why a migration does not go on. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum MigrateRefusal {
    /// There is no commit.
    #[error("there is no commit to migrate")]
    NoCommit,
    /// The journal of the last step cannot be read.
    #[error(transparent)]
    Journal(StoreError),
    /// The legacy file with this path leads, but dual write was switched off.
    #[error("there is no next step; nothing was changed")]
    StoppedEarly(RepoPath),
    /// Git does not know who makes commits.
    #[error("a step is a commit, and git does not know who makes it")]
    NoCommitter,
    /// The step to this phase was interrupted.
    #[error("the step to '{0}' was interrupted")]
    Interrupted(MigrationPhase),
    /// An environment variable contradicts the rules.
    #[error("{variable} in the environment contradicts enabled = {is_enabled} in [dual_write]")]
    Contradiction {
        /// The variable, with its value.
        variable: String,
        /// What the rules say.
        is_enabled: bool,
    },
    /// Something is staged, or in progress.
    #[error("a step of a migration is a commit of its own")]
    InProgress(String),
    /// Files of the step are not as HEAD has them.
    #[error("a step of a migration changes files that are not as HEAD has them")]
    NotAsInHead {
        /// The files.
        paths: Vec<RepoPath>,
        /// Those of them that HEAD does not have.
        new: Vec<RepoPath>,
    },
    /// The phase has not lasted long enough.
    #[error("it is too early for the step to '{target}'; nothing was changed")]
    TooEarly {
        /// The phase after the step.
        target: MigrationPhase,
        /// How long the present one has lasted, if that is known.
        quiet: Option<QuietTime>,
        /// How long it must last.
        ready: ReadyRule,
        /// The legacy file.
        legacy: RepoPath,
        /// Whether this clone lacks a part of the history.
        is_shallow: bool,
    },
    /// No rules name a legacy file.
    #[error("no legacy file is named: idhooks.toml has no table [dual_write]")]
    NoLegacyFile,
    /// The step to this phase cannot be the next one.
    #[error("the step to '{1}' cannot be made")]
    Step(StepRefusal, MigrationPhase),
    /// This environment variable keeps commits from writing both files.
    #[error("{0} in the environment switches dual write off: there are no two sides to compare")]
    SwitchedOff(String),
    /// Commits do not write both files; how to begin, if there is a registry to take over.
    #[error("dual write is not enabled: there are no two sides to compare")]
    NotEnabled(Option<String>),
}
