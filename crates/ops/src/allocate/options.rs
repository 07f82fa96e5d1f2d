//! Options and reports of allocating.

use std::collections::BTreeMap;
use std::path::PathBuf;

use idhooks_core::plan::Choice;
use idhooks_core::registry::{Id, RepoPath};

use crate::{OpsError, TypedId};

/// Which files get an identity, and which one.
#[derive(Debug, Clone, Default)]
pub struct AllocateOptions {
    /// The files, as typed in the current directory. One that is named twice counts once.
    pub files: Vec<PathBuf>,
    /// The TYPE and the namespace, where the rules do not decide.
    pub choice: Choice,
    /// A reserved identity for the only file.
    pub reserved: Option<TypedId>,
    /// How many identities are allocated at most; the other files stay without one.
    pub limit: Option<usize>,
    /// Whether files may have an identity already.
    pub if_missing: bool,
    /// Whether nothing is written.
    pub is_dry_run: bool,
}

/// The identities of files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allocated {
    /// The files with their identities.
    pub ids: BTreeMap<RepoPath, Id>,
    /// The number of files that stay without one because of the limit.
    pub left: usize,
}

/// The rows of a table of files, by their number.
#[derive(Debug, Clone, Default)]
pub struct AllocateBatch {
    /// The files, as typed in the current directory, each with its TYPE and namespace.
    pub rows: BTreeMap<usize, (PathBuf, Choice)>,
    /// Whether `scan` listed them: files may have an identity, or not be in the index.
    pub is_scan: bool,
    /// How many identities are allocated at most.
    pub limit: Option<usize>,
    /// Whether files may have an identity already.
    pub if_missing: bool,
    /// Whether refused rows keep the others from being written.
    pub is_strict: bool,
    /// Whether nothing is written.
    pub is_dry_run: bool,
}

/// The result of a row of a batch.
#[derive(Debug)]
pub enum AllocatedRow {
    /// The file has this identity now.
    New(Id),
    /// The file had this identity.
    Held(Id),
    /// The file stays without one because of the limit.
    OverLimit,
    /// The file stays without one because it is not in the index.
    NotInIndex,
    /// The file cannot get one.
    Refused(OpsError),
}

/// Why a file gets no identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllocateRefusal {
    /// It has this one.
    #[error("'{0}' already has an identity: {1}")]
    HasIdentity(RepoPath, Id),
    /// It keeps or gets back another one.
    #[error("'{path}' gets no new identity: {outcome}")]
    KeepsOther {
        /// Its path.
        path: RepoPath,
        /// Which one, in words.
        outcome: String,
    },
    /// It is in two rows of a batch.
    #[error("'{0}' is listed twice")]
    ListedTwice(RepoPath),
    /// A reserved identity is for one file.
    #[error("a reserved identity is given to one file only")]
    OneFileOnly,
}
