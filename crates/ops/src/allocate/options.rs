//! The options for allocating identities, and the results.

use std::collections::BTreeMap;
use std::path::PathBuf;

use idhooks_core::plan::Choice;
use idhooks_core::registry::{Id, RepoPath};

use crate::{OpsError, TypedId};

/// The files that get identities, and the parts of the identities that the user chose.
#[derive(Debug, Clone, Default)]
pub struct AllocateOptions {
    /// The files, as typed in the current directory. A file that is named twice counts only once.
    pub files: Vec<PathBuf>,
    /// The TYPE and namespace, where the user overrides the rules.
    pub choice: Choice,
    /// A reserved identity to give to the file, which must be the only one.
    pub reserved: Option<TypedId>,
    /// The maximum number of identities to allocate; any remaining files get none.
    pub limit: Option<usize>,
    /// Whether files that already have an identity are accepted.
    pub if_missing: bool,
    /// Whether to write nothing.
    pub is_dry_run: bool,
}

/// The identities that the files now have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allocated {
    /// The files and their identities.
    pub ids: BTreeMap<RepoPath, Id>,
    /// The number of files left without an identity because of the limit.
    pub left: usize,
}

/// A table of files that get identities.
#[derive(Debug, Clone, Default)]
pub struct AllocateBatch {
    /// The files by row number, as typed in the current directory, each with its TYPE and
    /// namespace.
    pub rows: BTreeMap<usize, (PathBuf, Choice)>,
    /// Whether `scan` listed the files, so that some may already have an identity or not be in the
    /// index.
    pub is_scan: bool,
    /// The maximum number of identities to allocate.
    pub limit: Option<usize>,
    /// Whether files that already have an identity are accepted.
    pub if_missing: bool,
    /// Whether nothing is written if any row is refused.
    pub is_strict: bool,
    /// Whether to write nothing.
    pub is_dry_run: bool,
}

/// The result for one row of a batch.
#[derive(Debug)]
pub enum AllocatedRow {
    /// The file got this identity.
    New(Id),
    /// The file already had this identity.
    Held(Id),
    /// The file got no identity because of the limit.
    OverLimit,
    /// The file got no identity because it is not in the index.
    NotInIndex,
    /// The file cannot get an identity.
    Refused(OpsError),
}

/// The reason a file gets no identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllocateRefusal {
    /// The file already has this identity.
    #[error("'{0}' already has an identity: {1}")]
    HasIdentity(RepoPath, Id),
    /// The file keeps a different identity, or gets an earlier one back.
    #[error("'{path}' gets no new identity: {outcome}")]
    KeepsOther {
        /// The file's path.
        path: RepoPath,
        /// A description of what happens instead.
        outcome: String,
    },
    /// The file is in two rows of a batch.
    #[error("'{0}' is listed twice")]
    ListedTwice(RepoPath),
    /// A reserved identity can only go to a single file.
    #[error("a reserved identity is given to one file only")]
    OneFileOnly,
}
