//! [`Plan`]: the result of planning.

use crate::registry::{CounterKey, Id, Registry, RepoPath};
use crate::rename::Skipped;

/// The registry that a commit must contain.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The registry.
    pub registry: Registry,
    /// Tracked files without an identity, if `allocate` is not set.
    pub missing: Vec<RepoPath>,
    /// Set if renames of similar files were not detected.
    pub skipped: Option<Skipped>,
    /// Identities with manual edits in the staged registry that neither a rule nor a command
    /// explains, and that were undone.
    pub undone: Vec<Undone>,
}

/// The reason why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A counter has no sequence left for this path.
    #[error("no sequence is left in counter {counter} for '{path}'")]
    Capacity {
        /// The counter that is full.
        counter: CounterKey,
        /// The file that needs it.
        path: RepoPath,
    },
}

/// An identity with a manual edit in the staged registry that neither a rule nor a command
/// explains, and that was undone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Undone {
    /// The identity.
    pub id: Id,
    /// Its path.
    pub path: RepoPath,
}
