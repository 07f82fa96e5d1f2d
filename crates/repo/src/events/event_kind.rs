//! [`EventKind`]: the words for events of identities and of the registry, one list for every
//! report, log, document and schema.

idhooks_core::words! {
    /// An event, in one word.
    ///
    /// Every machine format uses these words and no others for events; see [`EventKind::ALL`].
    pub enum EventKind {
        /// A file got an identity.
        Allocated = "allocated",
        /// A file was renamed or moved, and kept its identity.
        Renamed = "renamed",
        /// A copy of a file got an identity of its own.
        Copied = "copied",
        /// A field of a record that idhooks itself does not use was changed.
        Edited = "edited",
        /// An identity was deprecated: its file was deleted, or someone deprecated it.
        Deprecated = "deprecated",
        /// A deprecated identity became active again.
        Revived = "revived",
        /// Another identity replaced this one on purpose.
        Superseded = "superseded",
        /// An old deprecated record was reduced to a tombstone.
        Purged = "purged",
        /// A merge or `assign` changed the number of a record, or the file that it belongs to.
        Reassigned = "reassigned",
        /// Another number was found to mean the same record.
        Aliased = "aliased",
        /// A more senior record has the same path and hides this one.
        Shadowed = "shadowed",
        /// A commit dropped the record from the registry.
        Lost = "lost",
        /// A record that was never committed was dropped.
        Discarded = "discarded",
        /// A number was reserved for a file to come.
        Reserved = "reserved",
        /// A reserved number was released.
        Released = "released",
        /// A patch from another program was applied.
        Patched = "patched",
        /// A lost record came back, or a registry was restored from a backup.
        Restored = "restored",
        /// The registry was created, or the part of the history in this clone begins with the record.
        Initialized = "initialized",
        /// Identities or settings were imported.
        Imported = "imported",
        /// An identity was written into its file.
        Injected = "injected",
        /// An identity was removed from its file.
        Removed = "removed",
        /// The registry was repaired: after commits made without hooks, a merge without the driver, or
        /// by `fix`.
        Healed = "healed",
        /// A command was refused, or a hook stopped a commit; nothing was changed.
        Blocked = "blocked",
        /// A command ended with findings.
        CheckFailed = "check_failed",
        /// A registry was backed up by `backup create`.
        BackedUp = "backed_up",
        /// A run of a command was undone with `--rollback`.
        RolledBack = "rolled_back",
        /// A commit changed the registry.
        Committed = "committed",
        /// A step of a migration was made or undone.
        Migration = "migration",
        /// The legacy file was written with the registry, or could not be written.
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
