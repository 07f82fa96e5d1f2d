//! [`LookUpError`]: why a record cannot be shown.

use std::ffi::OsString;
use std::fmt::{self, Display};

use idhooks_core::check::Finding;
use idhooks_core::registry::{Id, RepoPath};

use super::{AtCommit, NotRegular, PathAdvice, Revision};

/// Why a record or its history cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum LookUpError {
    /// The argument is neither a revision nor a date.
    #[error("'{0}' is neither a revision nor a date")]
    NoMoment(String),
    /// HEAD has no commit.
    #[error("there is no commit yet, so there is no history")]
    NoCommitYet {
        /// Whether the user had the option to name another commit.
        can_name_other: bool,
    },
    /// All commits in HEAD's history are newer than this date.
    #[error("no commit of HEAD is as old as '{0}'")]
    NoneAsOld(String),
    /// A past commit has no registry.
    #[error("cannot find a registry in {0}")]
    NotAdoptedThen(AtCommit),
    /// No record has the identity.
    #[error("cannot find a record of {id}{place}")]
    NoRecord {
        /// The identity.
        id: Id,
        /// Where the record was looked for.
        place: Searched,
        /// Whether a record has the identity now.
        is_present: bool,
    },
    /// No record has the path.
    #[error("cannot find an identity of '{path}'{place}")]
    NoIdentity {
        /// The path.
        path: RepoPath,
        /// The path as typed.
        typed: OsString,
        /// Where the path was looked for.
        place: Searched,
        /// Why the path has no identity.
        why: WithoutIdentity,
    },
}

/// Where a record was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Searched {
    /// In the index or a commit.
    Revision(Revision),
    /// In a past commit.
    At(AtCommit),
    /// In the history of this commit.
    History(String),
}

/// Why a path has no identity.
#[derive(Debug)]
pub enum WithoutIdentity {
    /// It is not a regular file.
    NotRegular(NotRegular),
    /// A check reports this finding about it.
    Finding(Box<Finding>),
    /// The file does not exist; holds what the path probably means.
    Unknown(PathAdvice),
}

impl Display for Searched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Searched::Revision(_) => Ok(()),
            Searched::At(at) => write!(f, " in {at}"),
            Searched::History(rev) => write!(f, " in the history of '{rev}'"),
        }
    }
}

impl LookUpError {
    /// Returns the cause of the failure if the error's own message does not include it.
    pub fn cause(&self) -> Option<String> {
        match self {
            LookUpError::NotAdoptedThen(_) => Some("idhooks was not adopted there yet".to_owned()),
            LookUpError::NoIdentity { path, why: WithoutIdentity::NotRegular(what), .. } => {
                Some(what.describe(path))
            }
            LookUpError::NoIdentity {
                place: Searched::Revision(_),
                why: WithoutIdentity::Finding(finding),
                ..
            } => Some(finding.message.clone()),
            _ => None,
        }
    }
}
