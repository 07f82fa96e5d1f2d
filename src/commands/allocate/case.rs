//! What `idhooks allocate` does for a file.

use idhooks_core::plan::Choice;
use idhooks_core::registry::{Id, RepoPath};

/// A file, and what to do for it.
pub(super) struct AllocateCase {
    pub(super) path: RepoPath,
    pub(super) choice: Choice,
    pub(super) step: AllocateStep,
}

/// What to do for a file that has an identity.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum IfHeld {
    /// Stop.
    Refuse,
    /// Print the identity if it is in no commit: another process carried this out.
    PrintNew,
    /// Print the identity.
    Print,
}

#[derive(PartialEq, Eq)]
pub(super) enum AllocateStep {
    /// It gets a new identity.
    Open,
    /// It already has one.
    Held(Id),
    /// A scan lists it, but it is not in the index.
    Loose,
}
