//! [`LookUpError`]: why a record cannot be shown.

use std::ffi::OsString;
use std::fmt::{self, Display};

use idhooks_core::check::Finding;
use idhooks_core::registry::{Id, RepoPath};

use super::{AtCommit, NotRegular, PathAdvice, Revision};

/// Why a record, or its history, cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum LookUpError {
    /// A text is neither a revision nor a date.
    #[error("'{0}' is neither a revision nor a date")]
    NoMoment(String),
    /// HEAD has no commit. Whether another commit could be named.
    #[error("there is no commit yet, so there is no history")]
    NoCommitYet {
        /// Whether another commit could be named.
        can_name_other: bool,
    },
    /// All commits of HEAD are newer than this date.
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
        /// Where it was searched.
        place: Searched,
        /// Whether a record has it at present.
        is_present: bool,
    },
    /// No record has the path.
    #[error("cannot find an identity of '{path}'{place}")]
    NoIdentity {
        /// The path.
        path: RepoPath,
        /// The path as it was typed.
        typed: OsString,
        /// Where it was searched.
        place: Searched,
        /// Why it has none.
        why: WithoutIdentity,
    },
}

/// Where a record was searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Searched {
    /// In the index or a commit.
    Revision(Revision),
    /// In a commit of the past.
    At(AtCommit),
    /// In the history of this commit.
    History(String),
}

/// Why a path has no identity.
#[derive(Debug)]
pub enum WithoutIdentity {
    /// It is not a regular file.
    NotRegular(NotRegular),
    /// The check has a finding for it.
    Finding(Box<Finding>),
    /// There is no such file; holds the likely meaning of the path.
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
    /// Returns why it failed, if the text of the error does not say it.
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
