//! [`BackupRefusal`]: why backups cannot be made, pushed or restored.

use std::fmt;
use std::path::PathBuf;

use idhooks_core::registry::{BlobId, ReadError, RepoPath, Scope, Timestamp};
use idhooks_repo::git::GitError;

/// Why backups cannot be made, pushed or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupRefusal {
    /// The destination for a copy, as typed, is not a directory.
    #[error("'{}' is not a directory", .0.display())]
    NotADirectory(PathBuf),
    /// There is nothing to push.
    #[error("there is no backup to push")]
    NothingToPush,
    /// No timer pushes backups.
    #[error("no timer pushes the backups of this repository")]
    NoTimer,
    /// Git cannot push.
    #[error("cannot push the backups to '{remote}'")]
    NotPushed {
        /// The remote, without a password.
        remote: String,
        /// The reason, in one line.
        reason: String,
    },
    /// Git cannot fetch.
    #[error("cannot get the backups from '{remote}'")]
    NotFetched {
        /// The remote, without a password.
        remote: String,
        /// The reason, in one line.
        reason: String,
    },
    /// There is nothing to restore.
    #[error("this clone has no backup")]
    NoBackup,
    /// A backup cannot be used.
    #[error(transparent)]
    Unusable(#[from] UnusableBackup),
    /// No backup's id starts with this string.
    #[error("no backup has the id '{0}'")]
    UnknownId(String),
    /// Several backups' ids start with this string.
    #[error("several backup ids begin with '{0}'")]
    AmbiguousId(String),
    /// The argument is neither a time nor an id.
    #[error("'{0}' is neither a time nor an id")]
    NeitherTimeNorId(String),
    /// All backups are newer than the given time.
    #[error("there is no backup from before '{0}'")]
    NoneBefore(String),
    /// The named backup has a different scope than the repository.
    #[error("{0}, but this repository has scope {1}")]
    OtherScope(Box<BackupSummary>, Scope),
    /// No backup has the repository's scope; also holds the backups, which have other scopes.
    #[error("no backup has scope {0}, the scope of this repository")]
    NoneOfScope(Scope, Vec<BackupSummary>),
    /// The repository has no scope, and the backups have more than one.
    #[error("the backups have several scopes: they are of several projects, or adoptions")]
    SeveralScopes(Vec<BackupSummary>),
    /// The latest backup probably belongs to another project.
    #[error("the last backup has no path of a file in the index")]
    OtherProject(Box<BackupSummary>),
    /// An earlier backup has records that the latest one lacks.
    #[error("the last backup lacks {missing} {} of an earlier one", if *.missing == 1 { "record" } else { "records" })]
    LastLacks {
        /// The number of missing records.
        missing: usize,
        /// The latest backup.
        last: Box<BackupSummary>,
        /// The earlier backup.
        earlier: Box<BackupSummary>,
    },
    /// No backup matches the scope of an adoption that has not been committed yet.
    #[error("{refusal}")]
    Uncommitted {
        /// Why.
        refusal: Box<BackupRefusal>,
        /// The scope.
        scope: Scope,
    },
}

/// A backup that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the backup of {at} cannot be used: {fault}")]
pub struct UnusableBackup {
    /// When the backup was made.
    pub at: Timestamp,
    /// Why the backup cannot be used.
    pub fault: BackupFault,
}

/// Why a backup cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BackupFault {
    /// Git cannot read the backup.
    #[error(transparent)]
    Lost(GitError),
    /// Its bytes differ from those that were backed up.
    #[error("its bytes have changed since")]
    Changed,
    /// It was not a registry even at the time of the backup.
    #[error(transparent)]
    NoRegistry(ReadError),
    /// It contained a duplicate identity even at the time of the backup.
    #[error("it contains an identity twice")]
    Duplicates,
}

impl BackupFault {
    /// Returns whether the backup was damaged after it was made.
    pub fn is_damage(&self) -> bool {
        matches!(self, BackupFault::Lost(_) | BackupFault::Changed)
    }
}

/// A summary of a backup, to tell it apart from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupSummary {
    /// When the backup was made.
    pub at: Timestamp,
    /// The registry.
    pub blob: BlobId,
    /// The scope of the registry.
    pub scope: Scope,
    /// The number of records in the registry.
    pub records: usize,
    /// The path of the first record.
    pub first: Option<RepoPath>,
}

impl fmt::Display for BackupSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let BackupSummary { at, scope, records, first, .. } = self;
        let word = if *records == 1 { "record" } else { "records" };
        write!(f, "the backup of {at} has scope {scope} and {records} {word}")?;
        first.iter().try_for_each(|path| write!(f, ", such as that of '{path}'"))
    }
}
