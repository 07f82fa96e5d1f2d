//! [`CountedRegistry`]: where the registry that counts in a commit comes from.

use super::CommitId;

/// Where the registry that counts in a commit comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountedRegistry {
    /// There is none: neither the commit nor one before it has a registry, or a migration was
    /// rolled back to its beginning, which removes the registry on purpose.
    None,
    /// This commit has it: the commit itself or, if the commit is in a gap, an earlier one.
    In(CommitId),
    /// The commit is a merge without a registry, and its parents' registries differ. What counts is
    /// their merge, which healing makes.
    OfParents,
}
