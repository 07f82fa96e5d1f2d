//! [`Claims`]: the records that hold paths which no parent gave them.

use std::collections::BTreeMap;

use crate::registry::{Allocation, Origin};

/// How a record came to hold a path that no parent gave it.
#[derive(Debug, Clone)]
pub(super) enum Claim {
    /// It is only in registries of this clone, where it was the second value in the parents.
    Staged(Option<Allocation>),
    /// No parent has it, only the commit itself, which exists already.
    Arrived,
    /// A parent has it at another path, or deprecated with its file, as this record.
    Moved(Allocation),
    /// A parent has it at the path, whose file is gone, and it is not known where the file went.
    Undecided,
}

/// The records that hold paths which no parent gave them.
pub(super) type Claims = BTreeMap<Origin, Claim>;
