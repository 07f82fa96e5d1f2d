//! [`RenamePolicy`]: the options of `[rename]`; [`RenameLimits`]: the limits among them.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

/// The options for finding renames and copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RenamePolicy {
    /// The least similarity of a rename in percent; 100 means equal content only, and 0 means 50, as
    /// in git.
    pub similarity: u8,
    /// Whether copies are recognised.
    pub copies: bool,
    /// Up to its square, all pairs are compared; above it, an index finds the same pairs. 0, and more
    /// than the default, mean the default.
    pub limit: usize,
    /// The most files that are looked up in the index.
    pub max_files: usize,
    /// The most bytes that these files may have.
    pub max_bytes: u64,
    /// How long to wait for contents that a partial clone lacks, in seconds.
    pub fetch_timeout: u16,
}

impl RenamePolicy {
    /// Returns how long to wait for contents that a partial clone lacks.
    pub fn fetch_limit(&self) -> Duration {
        Duration::from_secs(self.fetch_timeout.into())
    }

    /// Returns how much is looked up in the index.
    pub fn limits(&self) -> RenameLimits {
        RenameLimits { max_files: self.max_files, max_bytes: self.max_bytes }
    }

    /// Raises the limits to these, where they are lower.
    pub fn raise_to(&mut self, limits: RenameLimits) {
        let mut raised = self.limits();
        raised.raise_to(limits);
        RenameLimits { max_files: self.max_files, max_bytes: self.max_bytes } = raised;
    }

    /// Returns whether so many deleted and new files are few enough to compare all pairs.
    pub fn compares_all(&self, deletions: usize, additions: usize) -> bool {
        // A larger one only takes longer.
        let most = Self::default().limit;
        let limit = if self.limit == 0 { most } else { self.limit.min(most) };
        deletions as u128 * additions as u128 <= (limit as u128).pow(2)
    }
}

/// How much is looked up in the index of renames at most, or would have to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RenameLimits {
    /// The number of deleted and new files.
    pub max_files: usize,
    /// The number of their bytes.
    pub max_bytes: u64,
}

impl RenameLimits {
    /// Limits that raise no others.
    pub const NONE: Self = RenameLimits { max_files: 0, max_bytes: 0 };

    /// Raises each of the limits to the other one, where it is lower.
    pub fn raise_to(&mut self, other: Self) {
        self.max_files = self.max_files.max(other.max_files);
        self.max_bytes = self.max_bytes.max(other.max_bytes);
    }

    /// Returns whether these raise no others.
    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }
}

/// Writes the limits that are set, as in `idhooks.toml`.
impl Display for RenameLimits {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let files = Some(self.max_files).filter(|max| *max > 0);
        let bytes = Some(self.max_bytes).filter(|max| *max > 0);
        let lines =
            [files.map(|n| format!("max_files = {n}")), bytes.map(|n| format!("max_bytes = {n}"))];
        f.write_str(&lines.into_iter().flatten().collect::<Vec<_>>().join(" and "))
    }
}

impl Default for RenamePolicy {
    fn default() -> Self {
        RenamePolicy {
            similarity: 50,
            copies: true,
            limit: 1000,
            max_files: 200_000,
            max_bytes: 1 << 30,
            fetch_timeout: 30,
        }
    }
}
