//! [`Claims`]: records that hold paths which no parent gave them.

use std::collections::BTreeMap;

use crate::registry::{Allocation, Origin};

/// How a record came to hold a path that no parent gave it.
#[derive(Debug, Clone)]
pub(super) enum Claim {
    /// Only this clone's registries have the record at the path; holds the record as it was in the
    /// parents, if any parent has it.
    Staged(Option<Allocation>),
    /// No parent has the record, only the commit itself, which already exists.
    Arrived,
    /// A parent has this record at another path, or deprecated along with its file.
    Moved(Allocation),
    /// A parent has the record at the path, but its file is gone and it is unknown where it went.
    Undecided,
}

/// Records that hold paths which no parent gave them.
pub(super) type Claims = BTreeMap<Origin, Claim>;
