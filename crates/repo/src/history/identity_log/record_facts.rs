//! The facts about a record that an identity's log reports, and the differences between two sets of
//! facts. No I/O.

use std::collections::BTreeSet;

use idhooks_core::registry::{Allocation, Id, RepoPath, Status, key};

use crate::events::EventKind;

/// An event in an identity's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentityEvent {
    /// The identity was allocated to a file.
    Allocated {
        /// If this file is a copy, the original file's identity.
        copied_from: Option<String>,
    },
    /// The record already existed at the point where the history in this clone begins.
    Initialized,
    /// The identity was changed because of a collision.
    IdReassigned {
        /// The old identity.
        from: Id,
    },
    /// The record gained an alias.
    Aliased {
        /// The other identity.
        id: Id,
    },
    /// The file was renamed.
    Renamed {
        /// The old path.
        from: RepoPath,
    },
    /// The identity was deprecated.
    Deprecated {
        /// The reason; see [`idhooks_core::registry::reason`].
        reason: Option<String>,
    },
    /// Another identity superseded it.
    Superseded {
        /// The other identity.
        by: Option<String>,
    },
    /// A more senior record also claims the path.
    Shadowed {
        /// The identity of that record.
        by: Option<String>,
    },
    /// The record became active again.
    Revived,
    /// The record took its path over from another record.
    PathReassigned {
        /// That record's origin.
        from: String,
    },
    /// The record was purged.
    Purged,
    /// The record disappeared from the registry.
    Lost,
    /// The record reappeared in the registry.
    Restored,
}

impl IdentityEvent {
    /// Returns the kind of the event.
    pub fn kind(&self) -> EventKind {
        match self {
            IdentityEvent::Allocated { copied_from: None } => EventKind::Allocated,
            IdentityEvent::Allocated { copied_from: Some(_) } => EventKind::Copied,
            IdentityEvent::Initialized => EventKind::Initialized,
            IdentityEvent::IdReassigned { .. } | IdentityEvent::PathReassigned { .. } => {
                EventKind::Reassigned
            }
            IdentityEvent::Aliased { .. } => EventKind::Aliased,
            IdentityEvent::Renamed { .. } => EventKind::Renamed,
            IdentityEvent::Deprecated { .. } => EventKind::Deprecated,
            IdentityEvent::Superseded { .. } => EventKind::Superseded,
            IdentityEvent::Shadowed { .. } => EventKind::Shadowed,
            IdentityEvent::Revived => EventKind::Revived,
            IdentityEvent::Purged => EventKind::Purged,
            IdentityEvent::Lost => EventKind::Lost,
            IdentityEvent::Restored => EventKind::Restored,
        }
    }
}

/// A part of a record that can change independently. Branches that change different parts do not
/// conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aspect {
    Presence,
    Number,
    Path,
    State,
    Holder,
    Purge,
}

impl Aspect {
    /// All aspects, in reporting order.
    pub(super) const ALL: [Aspect; 6] = [
        Aspect::Presence,
        Aspect::Number,
        Aspect::Path,
        Aspect::State,
        Aspect::Holder,
        Aspect::Purge,
    ];
}

/// The facts about a record in a single registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RecordFacts {
    pub(super) id: Id,
    pub(super) path: RepoPath,
    /// Whether the registry has the record. If it does not, the other fields keep their last
    /// values.
    pub(super) is_present: bool,
    aliases: BTreeSet<Id>,
    /// The event that leads to the record's state. For an active record, this is
    /// [`IdentityEvent::Revived`].
    state: IdentityEvent,
    copied_from: Option<String>,
    reassigned_from: Option<String>,
    is_purged: bool,
}

impl RecordFacts {
    /// Returns the facts about a record. `holder` is the record that holds the path, if that is a
    /// different record.
    pub(super) fn of(record: &Allocation, holder: Option<Id>) -> Self {
        let text = |key: &str| record.text(key).map(str::to_owned);
        let state = match (record.status, holder) {
            // A shadowed record is always reported as shadowed, whatever its stored status, because
            // every write determines the holder of a path anew.
            (_, Some(holder)) => IdentityEvent::Shadowed { by: Some(holder.to_string()) },
            (Status::Active, None) => IdentityEvent::Revived,
            (Status::Deprecated, None) => {
                IdentityEvent::Deprecated { reason: text(key::DEPRECATED_REASON) }
            }
            (Status::Superseded, None) => {
                IdentityEvent::Superseded { by: text(key::SUPERSEDED_BY) }
            }
        };
        RecordFacts {
            id: record.id,
            path: record.path.clone(),
            is_present: true,
            aliases: record.aliases.clone(),
            state,
            copied_from: text(key::COPIED_FROM),
            reassigned_from: record.reassigned_from().last().map(|origin| origin.to_string()),
            is_purged: record.is_purged(),
        }
    }

    /// Returns the same facts for a registry that no longer has the record.
    pub(super) fn lost(&self) -> Self {
        RecordFacts { is_present: false, ..self.clone() }
    }

    /// Returns whether two sets of facts agree on an aspect.
    pub(super) fn agrees(&self, other: &RecordFacts, aspect: Aspect) -> bool {
        match aspect {
            Aspect::Presence => self.is_present == other.is_present,
            Aspect::Number => self.id == other.id && self.aliases == other.aliases,
            Aspect::Path => self.path == other.path,
            Aspect::State => self.state == other.state,
            Aspect::Holder => self.reassigned_from == other.reassigned_from,
            Aspect::Purge => self.is_purged == other.is_purged,
        }
    }

    /// Returns the events that lead from `before` to these facts, for a single aspect.
    pub(super) fn since(&self, before: &RecordFacts, aspect: Aspect) -> Vec<IdentityEvent> {
        if self.agrees(before, aspect) {
            return Vec::new();
        }
        let one = match aspect {
            Aspect::Number => return self.id_changes(before),
            Aspect::Presence if self.is_present => Some(IdentityEvent::Restored),
            Aspect::Presence => Some(IdentityEvent::Lost),
            Aspect::Path => Some(IdentityEvent::Renamed { from: before.path.clone() }),
            Aspect::State => Some(self.state.clone()),
            Aspect::Holder => self.reassignment(),
            Aspect::Purge => self.is_purged.then_some(IdentityEvent::Purged),
        };
        one.into_iter().collect()
    }

    /// Returns the first events in the log of a record that starts with these facts.
    pub(super) fn initial_events(&self) -> Vec<IdentityEvent> {
        let mut events = vec![IdentityEvent::Allocated { copied_from: self.copied_from.clone() }];
        events.extend(self.reassignment());
        events.extend((self.state != IdentityEvent::Revived).then(|| self.state.clone()));
        events.extend(self.is_purged.then_some(IdentityEvent::Purged));
        events
    }

    fn reassignment(&self) -> Option<IdentityEvent> {
        self.reassigned_from.clone().map(|from| IdentityEvent::PathReassigned { from })
    }

    /// Returns the events for a changed identity or new aliases. If the record's previous identity
    /// became an alias, this is not reported separately.
    fn id_changes(&self, before: &RecordFacts) -> Vec<IdentityEvent> {
        let mut events = Vec::new();
        if self.id != before.id {
            events.push(IdentityEvent::IdReassigned { from: before.id });
        }
        let new =
            self.aliases.iter().filter(|id| **id != before.id && !before.aliases.contains(id));
        events.extend(new.map(|id| IdentityEvent::Aliased { id: *id }));
        events
    }
}
