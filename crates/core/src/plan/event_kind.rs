//! The words for what happens to identities and to the registry: one list for every report, log,
//! document and schema.

use std::fmt;

/// What happened, in one word.
///
/// Every machine format uses these words and no others for events; see [`EventKind::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// A file got an identity.
    Allocated,
    /// A file was renamed or moved, and kept its identity.
    Renamed,
    /// A copy of a file got an identity of its own.
    Copied,
    /// A field of a record that idhooks itself does not use was changed.
    Edited,
    /// An identity was deprecated: its file was deleted, or someone deprecated it.
    Deprecated,
    /// A deprecated identity became active again.
    Revived,
    /// Another identity replaced this one on purpose.
    Superseded,
    /// An old deprecated record was reduced to a tombstone.
    Purged,
    /// A merge or `assign` changed the number of a record, or the file that it belongs to.
    Reassigned,
    /// Another number was found to mean the same record.
    Aliased,
    /// A more senior record has the same path and hides this one.
    Shadowed,
    /// A commit dropped the record from the registry.
    Lost,
    /// A record that was never committed was dropped.
    Discarded,
    /// A number was reserved for a file to come.
    Reserved,
    /// A reserved number was released.
    Released,
    /// A patch from another program was applied.
    Patched,
    /// A lost record came back, or a registry was restored from a backup.
    Restored,
    /// The registry was created, or the part of the history in this clone begins with the record.
    Initialized,
    /// Identities or settings were imported.
    Imported,
    /// An identity was written into its file.
    Injected,
    /// The registry was repaired: after commits made without hooks, a merge without the driver, or
    /// by `fix`.
    Healed,
    /// A command was refused, or a hook stopped a commit; nothing was changed.
    Blocked,
    /// A command ended with findings.
    CheckFailed,
    /// A registry was backed up by `backup create`.
    BackedUp,
}

impl EventKind {
    /// All of them.
    pub const ALL: [EventKind; 24] = [
        EventKind::Allocated,
        EventKind::Renamed,
        EventKind::Copied,
        EventKind::Edited,
        EventKind::Deprecated,
        EventKind::Revived,
        EventKind::Superseded,
        EventKind::Purged,
        EventKind::Reassigned,
        EventKind::Aliased,
        EventKind::Shadowed,
        EventKind::Lost,
        EventKind::Discarded,
        EventKind::Reserved,
        EventKind::Released,
        EventKind::Patched,
        EventKind::Restored,
        EventKind::Initialized,
        EventKind::Imported,
        EventKind::Injected,
        EventKind::Healed,
        EventKind::Blocked,
        EventKind::CheckFailed,
        EventKind::BackedUp,
    ];

    /// Returns the word.
    pub const fn as_str(self) -> &'static str {
        match self {
            EventKind::Allocated => "allocated",
            EventKind::Renamed => "renamed",
            EventKind::Copied => "copied",
            EventKind::Edited => "edited",
            EventKind::Deprecated => "deprecated",
            EventKind::Revived => "revived",
            EventKind::Superseded => "superseded",
            EventKind::Purged => "purged",
            EventKind::Reassigned => "reassigned",
            EventKind::Aliased => "aliased",
            EventKind::Shadowed => "shadowed",
            EventKind::Lost => "lost",
            EventKind::Discarded => "discarded",
            EventKind::Reserved => "reserved",
            EventKind::Released => "released",
            EventKind::Patched => "patched",
            EventKind::Restored => "restored",
            EventKind::Initialized => "initialized",
            EventKind::Imported => "imported",
            EventKind::Injected => "injected",
            EventKind::Healed => "healed",
            EventKind::Blocked => "blocked",
            EventKind::CheckFailed => "check_failed",
            EventKind::BackedUp => "backed_up",
        }
    }

    /// Parses a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
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
