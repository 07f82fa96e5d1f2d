//! [`HistoryCommit`]: a commit of a history.

use super::losses::Loss;
use super::names::IdBinding;
use crate::check::finding::{Finding, Related};

/// A commit of a history; commits are numbered, parents before their children.
#[derive(Debug, Clone)]
pub struct HistoryCommit {
    /// The commit's id.
    pub commit: String,
    /// The shortest unique form of the id.
    pub short: String,
    /// The numbers of its parents that are in this history.
    pub parents: Vec<usize>,
    /// Its state.
    pub state: HistoryState,
    /// Findings for identities of exactly renamed files that it changed, and warnings for those
    /// that it gave to unrelated files.
    pub changed: Vec<Finding>,
    /// The bindings of identities that are new in it.
    pub names: Vec<IdBinding>,
}

/// The state of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryState {
    /// It has no registry and needs none: idhooks is not adopted yet, or was removed.
    Unadopted,
    /// Its registry is not in the clone, so it is not checked.
    Unchecked,
    /// It is consistent.
    Consistent {
        /// What it lacks or changes, compared with its healed ancestors.
        losses: Vec<Loss>,
    },
    /// It is inconsistent, for these reasons.
    Inconsistent(Vec<Finding>),
}

impl HistoryCommit {
    /// Returns the numbers of the parents whose identities it has to keep; none if idhooks is not
    /// adopted in it, so that no line of descent crosses commits without idhooks.
    pub fn inherits_from(&self) -> &[usize] {
        match self.state {
            HistoryState::Unadopted => &[],
            _ => &self.parents,
        }
    }
}

/// Returns a commit as a related place.
pub(super) fn related(step: &HistoryCommit) -> Related {
    Related { path: None, id: None, commit: Some(step.commit.clone()) }
}
