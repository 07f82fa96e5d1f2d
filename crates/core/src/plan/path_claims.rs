//! [`Claims`]: records at paths that no parent gave them.

use std::collections::BTreeMap;

use crate::registry::{Allocation, Origin};

/// How a record came to hold a path that no parent gave it.
#[derive(Debug, Clone)]
pub(super) enum Claim {
    /// Only this clone's registries have the record at this path. Contains the parents' version of
    /// the record, if they have one.
    Staged(Option<Allocation>),
    /// No parent has the record; only the commit itself does, and it already exists.
    Arrived,
    /// A parent has the record at another path, or has it as deprecated because its file was
    /// deleted.
    Moved(Allocation),
    /// A parent has the record at this path, but the file is gone, and its whereabouts are unknown.
    Undecided,
}

/// The records at paths that no parent gave them.
pub(super) type Claims = BTreeMap<Origin, Claim>;
