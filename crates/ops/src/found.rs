//! How a record that someone named was found, or why it was not.

use std::path::PathBuf;

use idhooks_core::registry::{Id, RepoPath, Status};

/// How a record was found whose current identity or path differs from the one that was looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FoundNote {
    /// The identity is current, and was also allocated to files that have these identities now.
    AlsoAllocated(Id, Vec<Id>),
    /// The first identity is an alias of the second, which is current.
    Alias(Id, Id),
    /// The first identity is a claim of the second, which is current.
    Claim(Id, Id),
    /// The record holds the path, but the index has no file there.
    NoFile(RepoPath),
    /// No file is at the path any more; the record that had it last has this status.
    Former(RepoPath, Status),
    /// This many older commits are not included, since they were merged later.
    Excluded(usize),
    /// A sentence about an earlier state of the record.
    History(String),
}

/// The likely meaning of an argument that is not the path of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathAdvice {
    /// It is a file of idhooks itself, which has no identity.
    OwnFile,
    /// A path of the registry is similar.
    Near(String),
    /// Perhaps a new file.
    NewFile,
    /// It is a file of the index, which can get an identity.
    Allocate,
}

/// Why a typed path is not the path of a file in the repository.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It is the top of the repository.
    #[error("'{}' is the top of the repository, not a file", .0.display())]
    Top(PathBuf),
    /// It is a directory.
    #[error("'{}' is a directory; name files", .0.display())]
    Directory(PathBuf),
    /// It is outside the repository.
    #[error("'{}' is outside the repository", .typed.display())]
    Outside {
        /// The path.
        typed: PathBuf,
        /// The top of the repository.
        top: PathBuf,
    },
}

/// Why an argument names no record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    /// It has too few digits of an identity.
    #[error("'{digits}' is too short for an identity: at least {least} digits are needed")]
    TooShort {
        /// The digits.
        digits: String,
        /// The number of digits that are needed.
        least: usize,
    },
    /// Several identities begin with its digits.
    #[error("{} identities begin with '{digits}'", .candidates.len())]
    Ambiguous {
        /// The digits.
        digits: String,
        /// The identities, each with a description.
        candidates: Vec<String>,
    },
    /// No record has the identity.
    #[error("the registry has no identity {0}")]
    UnknownId(Id),
    /// No record has an identity or a second identity like this.
    #[error("no record has the identity '{0}'")]
    NoRecord(String),
    /// No record has the path.
    #[error("'{0}' has no identity")]
    NoIdentity(RepoPath, PathAdvice),
    /// The identity is not reserved.
    #[error("{0} is not reserved")]
    NotReserved(String),
    /// It can only be a path, but is not a valid one.
    #[error(transparent)]
    Path(#[from] PathError),
}
