//! [`RenamePolicy`]: the options in `[rename]`; [`RenameLimits`]: the limits among them.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use super::declared_table::settings;
use super::value_kinds::{BOOLEAN, Count, Custom};

settings! {
    /// The options for finding renames and copies.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct RenamePolicy {
        /// Minimum similarity of a rename in percent, as for `git diff -M`.
        "similarity" => pub similarity: u8 = 50, "50", Count(1..=100, "a percentage"),
            line "percent, as git diff -M";
        /// Recognise copies.
        "copies" => pub copies: bool = true, "true", BOOLEAN, line "";
        /// Like `diff.renameLimit`: up to this limit, every deleted file is compared with every new one; above it, an
        /// index finds the same renames as `git diff -M -l0`. Values above 1,000 count as 1,000.
        "limit" => pub limit: usize = 1000, "1000", LIMIT,
            line "as diff.renameLimit; above it, an index finds the same renames";
        /// Maximum number of deleted and new files that the index compares; above it, only exact matches and unique
        /// names count, and a commit with identities at stake is blocked
        /// ([RENAME_LIMIT](troubleshooting.md#rename_limit)). Healing uses the largest limit of the healed commit, of
        /// HEAD and of `idhooks.toml` in the index.
        "max_files" => pub max_files: usize = 200_000, "200000", Count(0..=10_000_000, "a number"),
            line "the most files that the index compares, and the most bytes of them";
        /// The same limit for the total size of these files, in bytes.
        "max_bytes" => pub max_bytes: u64 = 1 << 30, "1073741824",
            Count(0..=1_000_000_000_000, "a number of bytes"), line "";
        /// How many seconds a commit waits for
        /// [contents missing from a partial clone](limits.md#partial-and-shallow-clones) that renames depend on; 1 to
        /// 3600.
        "fetch_timeout" => pub fetch_timeout: u16 = 30, "30", Count(1..=3600, "a number of seconds");
    }
}

/// A limit, where 0 means the default.
const LIMIT: Custom<usize> = Custom(
    |value| value.number(0..100_001, "a number from 0 (the default) to 100000"),
    r#""type": "integer", "minimum": 0, "maximum": 100000"#,
);

impl RenamePolicy {
    /// Returns how long to wait for contents that are missing from a partial clone.
    pub fn fetch_limit(&self) -> Duration {
        Duration::from_secs(self.fetch_timeout.into())
    }

    /// Returns the limits of the rename index.
    pub fn limits(&self) -> RenameLimits {
        RenameLimits { max_files: self.max_files, max_bytes: self.max_bytes }
    }

    /// Raises each limit to the given one, unless it is already higher.
    pub fn raise_to(&mut self, limits: RenameLimits) {
        let mut raised = self.limits();
        raised.raise_to(limits);
        RenameLimits { max_files: self.max_files, max_bytes: self.max_bytes } = raised;
    }

    /// Returns whether every pair is compared, given the numbers of deleted and new files.
    pub fn compares_all(&self, deletions: usize, additions: usize) -> bool {
        // A limit above the default would make this slower without finding more renames.
        let most = Self::default().limit;
        let limit = if self.limit == 0 { most } else { self.limit.min(most) };
        deletions as u128 * additions as u128 <= (limit as u128).pow(2)
    }
}

/// The limits of the rename index, or the limits it would need for some files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RenameLimits {
    /// The number of deleted and new files.
    pub max_files: usize,
    /// The total size of these files in bytes.
    pub max_bytes: u64,
}

impl RenameLimits {
    /// The lowest limits, which raise no other limits.
    pub const NONE: Self = RenameLimits { max_files: 0, max_bytes: 0 };

    /// Raises each limit to the corresponding limit in `other`, unless it is already higher.
    pub fn raise_to(&mut self, other: Self) {
        self.max_files = self.max_files.max(other.max_files);
        self.max_bytes = self.max_bytes.max(other.max_bytes);
    }

    /// Returns whether these limits raise no other limits.
    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }
}

/// Formats the limits that are not 0 the way `idhooks.toml` contains them.
impl Display for RenameLimits {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let files = Some(self.max_files).filter(|max| *max > 0);
        let bytes = Some(self.max_bytes).filter(|max| *max > 0);
        let lines =
            [files.map(|n| format!("max_files = {n}")), bytes.map(|n| format!("max_bytes = {n}"))];
        f.write_str(&lines.into_iter().flatten().collect::<Vec<_>>().join(" and "))
    }
}
