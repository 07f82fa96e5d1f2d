//! How a named record was found, or why it was not.

use std::path::PathBuf;

use idhooks_core::registry::{Id, RepoPath, Status};
use idhooks_repo::git::Repo;

use crate::{current_dir, typed_path};

/// How a record was found if its current identity or path is not the one that was looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FoundNote {
    /// The identity is current, and was also allocated to files that now have these identities.
    AlsoAllocated(Id, Vec<Id>),
    /// The first identity is an alias of the second, which is current.
    Alias(Id, Id),
    /// The first identity is a claim of the second, which is current.
    Claim(Id, Id),
    /// The record holds the path, but the index has no file there.
    NoFile(RepoPath),
    /// There is no longer a file at the path; the last record to have the path has this status.
    Former(RepoPath, Status),
    /// This many older commits are left out because they were not merged into HEAD until later.
    Excluded(usize),
    /// A sentence about the record's past.
    History(String),
}

/// The likely meaning of an argument that is not a file path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathAdvice {
    /// It is one of idhooks' own files, which have no identity.
    OwnFile,
    /// The registry has this similar path, relative to the current directory.
    Near(String),
    /// It may be a new file.
    NewFile,
    /// It is a file in the index, which can be given an identity.
    Allocate,
}

impl PathAdvice {
    /// Returns the advice to name a path of the repository.
    pub(crate) fn near(repo: &Repo) -> impl FnOnce(String) -> Self {
        let here = current_dir(repo);
        move |near| {
            let path = RepoPath::new(near.as_bytes()).map(|path| typed_path(here.as_ref(), &path));
            let typed = path.map(|typed| String::from_utf8_lossy(&typed).into_owned());
            PathAdvice::Near(typed.unwrap_or(near))
        }
    }
}

/// Why a typed path does not name a file in the repository.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It is the root of the working tree.
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
        /// The root of the working tree.
        top: PathBuf,
    },
}

/// Why an argument does not name a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    /// It contains too few digits of an identity.
    #[error("'{digits}' is too short for an identity: at least {least} digits are needed")]
    TooShort {
        /// The digits.
        digits: String,
        /// The minimum number of digits needed.
        least: usize,
    },
    /// Several identities begin with these digits.
    #[error("{} identities begin with '{digits}'", .candidates.len())]
    Ambiguous {
        /// The digits.
        digits: String,
        /// The identities, each with a description.
        candidates: Vec<String>,
    },
    /// No record has this identity.
    #[error("the registry has no identity {0}")]
    UnknownId(Id),
    /// No record has this identity or second identity.
    #[error("no record has the identity '{0}'")]
    NoRecord(String),
    /// No record has this path.
    #[error("'{0}' has no identity")]
    NoIdentity(RepoPath, PathAdvice),
    /// The identity is not reserved.
    #[error("{0} is not reserved")]
    NotReserved(String),
    /// It can only be a path, but it is not a valid one.
    #[error(transparent)]
    Path(#[from] PathError),
}
