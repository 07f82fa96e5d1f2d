//! [`Claims`]: the records that hold paths which no parent gave them.

use std::collections::BTreeMap;

use crate::registry::{Allocation, Origin};

/// How a record came to hold a path that no parent gave it.
#[derive(Debug, Clone)]
pub(super) enum Claim {
    /// It is only in registries of this clone, where it was the second value in the parents.
    Staged(Option<Allocation>),
    /// No parent has it, but the commit itself, which is not made now.
    Arrived,
    /// A parent has it at another path, or as that of a deleted file, as this record.
    Moved(Allocation),
    /// A parent has it at the path, whose file has gone, and does not know where that one is.
    Undecided,
}

/// The records that hold paths which no parent gave them.
pub(super) type Claims = BTreeMap<Origin, Claim>;
