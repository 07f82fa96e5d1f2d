//! [`MigrateRefusal`]: why a migration cannot continue.

use super::dual_write_text::DualWriteTableError;
use idhooks_core::check::Finding;
use idhooks_core::config::{ATTRIBUTES_PATH, CONFIG_PATH, MigrationPhase, ReadyRule};
use idhooks_core::registry::{Id, RepoPath};
use idhooks_migration::{QuietTime, StepRefusal};
use idhooks_repo::derived::legacy::LegacyError;
use idhooks_repo::git::CommitId;
use idhooks_repo::store::StoreError;

use super::verification::MigrationVerification;
use crate::dual_write::LegacyFault;
use crate::{OpsError, PartRefusal};

/// Why a migration cannot continue. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum MigrateRefusal {
    /// There is no commit.
    #[error("there is no commit to migrate")]
    NoCommit,
    /// The last step's journal cannot be read.
    #[error(transparent)]
    Journal(StoreError),
    /// The legacy file with this path leads, but dual write was switched off.
    #[error("there is no next step; nothing was changed")]
    StoppedEarly(RepoPath),
    /// git does not know which author to use for commits.
    #[error("a step is a commit, and git does not know who makes it")]
    NoCommitter,
    /// The step that leads to this phase was interrupted.
    #[error("the step to '{0}' was interrupted")]
    Interrupted(MigrationPhase),
    /// An environment variable contradicts the rules.
    #[error("{variable} in the environment contradicts enabled = {is_enabled} in [dual_write]")]
    Contradiction {
        /// The variable and its value.
        variable: String,
        /// The value in the rules.
        is_enabled: bool,
    },
    /// Something is staged or in progress.
    #[error("a step of a migration is a commit of its own")]
    InProgress(String),
    /// Files that the step changes differ from HEAD.
    #[error("a step of a migration changes files that differ from HEAD")]
    NotAsInHead {
        /// The files.
        paths: Vec<RepoPath>,
        /// The changed files that are not in HEAD.
        new: Vec<RepoPath>,
    },
    /// The phase has not lasted long enough.
    #[error("it is too early for the step to '{target}'; nothing was changed")]
    TooEarly {
        /// The phase that the step would lead to.
        target: MigrationPhase,
        /// How long the current phase has lasted, if known.
        quiet: Option<QuietTime>,
        /// How long the phase has to last.
        ready: ReadyRule,
        /// The legacy file.
        legacy: RepoPath,
        /// Whether this clone lacks part of the history.
        is_shallow: bool,
    },
    /// The rules do not name a legacy file.
    #[error("no legacy file is named: idhooks.toml has no table [dual_write]")]
    NoLegacyFile,
    /// The step to this phase is not the next step.
    #[error("the step to '{1}' cannot be made")]
    Step(StepRefusal, MigrationPhase),
    /// This environment variable prevents commits from writing both files.
    #[error("{0} in the environment switches dual write off: there are no two sides to compare")]
    SwitchedOff(String),
    /// Commits do not write both files; holds how to start if there is a registry to take over.
    #[error("dual write is not enabled: there are no two sides to compare")]
    NotEnabled(Option<String>),
    /// A counter has too few numbers left for the files.
    #[error("{}", .0.message)]
    CounterFull(Box<Finding>),
    /// The legacy file cannot be compared with its new version, which is an internal error.
    #[error("the legacy file cannot be compared")]
    NotComparable(#[source] LegacyError),
    /// The rules for the legacy file cannot be added to `idhooks.toml`.
    #[error("the table [dual_write] of {CONFIG_PATH} has another form, or a key that does not fit")]
    OtherTable(#[source] DualWriteTableError),
    /// Something other than a file exists at the path of `.gitattributes`.
    #[error("'{ATTRIBUTES_PATH}' is not a regular file")]
    NoAttributesFile,
    /// There is no interrupted step.
    #[error("there is nothing to resume: no step was interrupted")]
    NothingToResume,
    /// HEAD has moved since the step that leads to this phase was interrupted.
    #[error("HEAD has moved since the step to '{0}' was interrupted")]
    HeadMoved(MigrationPhase),
    /// Files changed by an interrupted step have been changed again in the meantime.
    #[error("files of the step to '{to}' changed since it was interrupted")]
    ChangedSince {
        /// The phase that the step would lead to.
        to: MigrationPhase,
        /// The files.
        paths: Vec<RepoPath>,
        /// Whether the step was to be completed rather than undone.
        resumes: bool,
    },
    /// A later step requires the two files to be in step.
    #[error("the step to '{target}' needs both files in step; nothing was changed")]
    NotInStep {
        /// The phase that the step would lead to.
        target: MigrationPhase,
        /// The phase now.
        phase: MigrationPhase,
        /// How the two files differ.
        both: Box<MigrationVerification>,
    },
    /// These findings prevent the step to this phase.
    #[error("the step to '{0}' cannot be made with these findings; nothing was changed")]
    Faults(MigrationPhase, Vec<Finding>),
    /// A step's commit was not created.
    #[error("{error}")]
    NotMade {
        /// Why.
        error: Box<OpsError>,
        /// Whether the step can be completed.
        is_unfinished: bool,
    },
    /// There is no migration to finish.
    #[error("there is no migration to finish")]
    NothingToFinish,
    /// Both files are written in this phase.
    #[error("the legacy file cannot be removed while dual write is enabled")]
    StillWritten(MigrationPhase),
    /// HEAD's registry cannot be read.
    #[error("the registry of HEAD cannot be read")]
    HeadUnreadable,
    /// The legacy file has data that the registry may lack.
    #[error("'{legacy}' is not as idhooks wrote it")]
    NotDerived {
        /// The legacy file.
        legacy: RepoPath,
        /// The data.
        fault: LegacyFault,
        /// The last step's commit.
        last_step: Option<CommitId>,
    },
    /// The registry cannot be rebuilt because the legacy file is not kept in step.
    #[error(
        "'{legacy}' is not kept in step in the phase '{phase}', so the registry cannot be rebuilt from it"
    )]
    NotWritten {
        /// The legacy file.
        legacy: RepoPath,
        /// The phase.
        phase: MigrationPhase,
    },
    /// The legacy file lacks records that are in the registry.
    #[error("'{legacy}' has not all records of the registry")]
    RecordsLost {
        /// The legacy file.
        legacy: RepoPath,
        /// The records.
        records: Vec<(Id, RepoPath)>,
    },
    /// HEAD has no legacy file.
    #[error("HEAD has no legacy file '{0}'")]
    NotInHead(RepoPath),
    /// The legacy file cannot be read.
    #[error("the legacy file '{0}' cannot be read")]
    LegacyUnreadable(RepoPath, #[source] LegacyError),
}

impl From<MigrateRefusal> for OpsError {
    fn from(refusal: MigrateRefusal) -> Self {
        OpsError::Part(PartRefusal::Migrate(refusal))
    }
}
