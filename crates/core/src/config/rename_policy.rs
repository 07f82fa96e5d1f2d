//! [`RenamePolicy`]: the options of `[rename]`.

use std::time::Duration;

/// The options for finding renames and copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RenamePolicy {
    /// The least similarity of a rename in percent; 100 means equal content only, and 0 means 50, as
    /// in git.
    pub similarity: u8,
    /// Whether copies are recognised.
    pub copies: bool,
    /// Up to its square, all pairs are compared; above it, an index finds the same pairs. 0 means the
    /// default.
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
