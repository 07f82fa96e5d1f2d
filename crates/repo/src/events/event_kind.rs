//! [`EventKind`]: the words for what happens to identities and the registry, in a single list used
//! by every report, log, document and schema.

idhooks_core::words! {
    /// An event, as a single word.
    ///
    /// Machine-readable formats use only these words for events; see [`EventKind::ALL`].
    pub enum EventKind {
        /// A file was given an identity.
        Allocated = "allocated",
        /// A file was renamed or moved but kept its identity.
        Renamed = "renamed",
        /// A copy of a file was given its own identity.
        Copied = "copied",
        /// A record field that idhooks itself does not use was changed.
        Edited = "edited",
        /// An identity was deprecated: its file was deleted, or someone deprecated it.
        Deprecated = "deprecated",
        /// A deprecated identity became active again.
        Revived = "revived",
        /// Another identity was made to replace this one.
        Superseded = "superseded",
        /// An old deprecated record was reduced to a tombstone.
        Purged = "purged",
        /// A merge or `assign` changed a record's number, or the file it belongs to.
        Reassigned = "reassigned",
        /// Another number was found to refer to the same record.
        Aliased = "aliased",
        /// A more senior record has the same path and shadows this one.
        Shadowed = "shadowed",
        /// A commit dropped the record from the registry.
        Lost = "lost",
        /// A record that was never committed was dropped.
        Discarded = "discarded",
        /// A number was reserved for a future file.
        Reserved = "reserved",
        /// A reserved number was released.
        Released = "released",
        /// A patch from another program was applied.
        Patched = "patched",
        /// A lost record was recovered, or a registry was restored from a backup.
        Restored = "restored",
        /// The registry was created, or the history available in this clone begins with the record.
        Initialized = "initialized",
        /// Identities or settings were imported.
        Imported = "imported",
        /// An identity was written into its file.
        Injected = "injected",
        /// An identity was removed from its file.
        Removed = "removed",
        /// The registry was repaired: after commits made without hooks, after a merge without the
        /// driver, or by `fix`.
        Healed = "healed",
        /// A command was refused, or a hook stopped a commit; nothing was changed in either case.
        Blocked = "blocked",
        /// A command exited with findings.
        CheckFailed = "check_failed",
        /// A registry was backed up by `backup create`.
        BackedUp = "backed_up",
        /// A command's run was undone with `--rollback`.
        RolledBack = "rolled_back",
        /// A commit changed the registry.
        Committed = "committed",
        /// A migration step was taken or undone.
        Migration = "migration",
        /// The legacy file was written along with the registry, or could not be written.
        DualWrite = "dual_write",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_word_parses_to_its_kind() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::parse(kind.as_str()), Some(kind));
            assert_eq!(kind.to_string(), kind.as_str());
            let is_plain = |sign: char| sign.is_ascii_lowercase() || sign == '_';
            assert!(kind.as_str().chars().all(is_plain), "{kind}");
        }
        assert_eq!(BTreeSet::from(EventKind::ALL).len(), EventKind::ALL.len());
        assert_eq!(EventKind::parse("move"), None);
        assert_eq!(EventKind::parse(""), None);
    }
}
