//! The words in a record that mean something to idhooks: the keys of its `metadata`, and reasons.

/// The reasons idhooks deprecates records on its own. It also revives such records automatically,
/// unlike records that a command deprecated for any other reason.
pub mod reason {
    /// The file was deleted.
    pub const DELETED: &str = "deleted";
    /// The file was deleted by a merge.
    pub const MERGED: &str = "merged";
    /// The commit that added the file was reverted.
    pub const REVERTED: &str = "reverted";
    /// The file exists, but the configuration no longer tracks it.
    pub const EXCLUDED: &str = "excluded";

    /// All reasons that allow a record to be revived automatically.
    pub const SELF_REVIVING: [&str; 4] = [DELETED, MERGED, REVERTED, EXCLUDED];
}

/// The keys in a record's `metadata` that mean something to idhooks.
pub mod key {
    /// The origin, which identifies the allocation.
    pub const ORIGIN: &str = "origin";
    /// The identity that the record first claimed, if it ended up with another.
    pub const CLAIM: &str = "claim";
    /// The identities that the allocation had before, or has on other branches.
    pub const ALIASES: &str = "aliases";
    /// Marks a record that is written as superseded only because another record holds its path.
    pub const SHADOWED: &str = "shadowed";
    /// The time of deprecation.
    pub const DEPRECATED_AT: &str = "deprecated_at";
    /// The reason for deprecation; see [`super::reason`].
    pub const DEPRECATED_REASON: &str = "deprecated_reason";
    /// The file's blob at the time it was deleted.
    pub const LAST_BLOB: &str = "last_blob";
    /// The web address of a file that left for another repository. It is no key of the status, so that a
    /// merge keeps it where the other side deleted the file.
    pub const MOVED_TO: &str = "moved_to";
    /// The identity that replaced this one.
    pub const SUPERSEDED_BY: &str = "superseded_by";
    /// The identity that this one replaced.
    pub const SUPERSEDES: &str = "supersedes";
    /// The identity of the file that this file was copied from.
    pub const COPIED_FROM: &str = "copied_from";
    /// The origin of the record that held the path before a correction; after several corrections,
    /// a list with the latest one last.
    pub const REASSIGNED_FROM: &str = "reassigned_from";
    /// The record's path in the last commit, if a command moved the record to another file. If a
    /// command revived the record for the file at its path, this is the record's current path.
    pub const MOVED_FROM: &str = "moved_from";
    /// The exact bytes of a path that is not UTF-8, in hexadecimal.
    pub const PATH_HEX: &str = "path_hex";
    /// Marks a record that has been reduced to a tombstone.
    pub const PURGED: &str = "purged";

    /// Another program's spelling of the record or the registry's head, where it differs from ours.
    pub const LEGACY_SPELLING: &str = "legacy_spelling";
    /// The time another program last changed the legacy file; stored in the registry's head.
    pub const LEGACY_CHANGED_AT: &str = "legacy_changed_at";
    /// The highest sequence left to the legacy file's program; stored in the registry's head.
    pub const LEGACY_BOUND: &str = "legacy_bound";
    /// Notes about the legacy file that are in the registry's head, but not in the file itself.
    pub const OF_LEGACY_FILE: [&str; 2] = [LEGACY_CHANGED_AT, LEGACY_BOUND];

    /// The identity that another tool gave the file.
    pub const DOC_ID: &str = "doc_id";
    /// A second identity that the file lost, either to another file or because a merge preferred
    /// another of its own; an ordered list if there are several.
    pub const DISPLACED_DOC_ID: &str = "displaced_doc_id";

    /// Every key that only idhooks writes.
    pub const OWN: [&str; 17] = [
        ORIGIN,
        CLAIM,
        ALIASES,
        SHADOWED,
        DEPRECATED_AT,
        DEPRECATED_REASON,
        LAST_BLOB,
        MOVED_TO,
        SUPERSEDED_BY,
        SUPERSEDES,
        COPIED_FROM,
        REASSIGNED_FROM,
        MOVED_FROM,
        PATH_HEX,
        PURGED,
        LEGACY_SPELLING,
        DISPLACED_DOC_ID,
    ];
    /// The keys whose values identify other records.
    pub const LINKS: [&str; 3] = [SUPERSEDED_BY, SUPERSEDES, COPIED_FROM];
    /// The keys in which commands note how a record got or lost its path.
    pub const OF_EVIDENCE: [&str; 3] = [SUPERSEDED_BY, REASSIGNED_FROM, MOVED_FROM];
    /// The keys that belong to a status.
    pub const OF_STATUS: [&str; 4] = [DEPRECATED_AT, DEPRECATED_REASON, LAST_BLOB, PURGED];
}
