//! What the life of an identity is told of: the facts of a record, and what changed between two
//! states of it. No I/O.

use std::collections::BTreeSet;

use crate::plan::EventKind;
use crate::registry::{Allocation, Id, RepoPath, Status, key};

/// What happened to a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// A file got the identity.
    Allocated {
        /// The identity of the file it is a copy of.
        copied_from: Option<String>,
    },
    /// The record is there where the history at hand begins.
    AtHand,
    /// A collision gave the record another identity.
    Renumbered {
        /// The identity before.
        from: Id,
    },
    /// Another identity was found to mean this record, too.
    Alias {
        /// That identity.
        id: Id,
    },
    /// The identity followed its file.
    Moved {
        /// The path before.
        from: RepoPath,
    },
    /// The identity was retired.
    Deprecated {
        /// Why; see [`crate::registry::reason`].
        reason: Option<String>,
    },
    /// Another identity took its place on purpose.
    Superseded {
        /// That identity.
        by: Option<String>,
    },
    /// A more senior record holds the path, too.
    Shadowed {
        /// Its identity.
        by: Option<String>,
    },
    /// The record is active again.
    Revived,
    /// The record took its path over from another one.
    Reassigned {
        /// The origin of that one.
        from: String,
    },
    /// The record was shortened for good.
    Purged,
    /// The registry lacks the record.
    Lost,
    /// The registry has the record again.
    Restored,
}

impl Happening {
    /// Returns the word for it.
    pub fn kind(&self) -> EventKind {
        match self {
            Happening::Allocated { copied_from: None } => EventKind::Allocated,
            Happening::Allocated { copied_from: Some(_) } => EventKind::Copied,
            Happening::AtHand => EventKind::Initialized,
            Happening::Renumbered { .. } | Happening::Reassigned { .. } => EventKind::Reassigned,
            Happening::Alias { .. } => EventKind::Aliased,
            Happening::Moved { .. } => EventKind::Renamed,
            Happening::Deprecated { .. } => EventKind::Deprecated,
            Happening::Superseded { .. } => EventKind::Superseded,
            Happening::Shadowed { .. } => EventKind::Shadowed,
            Happening::Revived => EventKind::Revived,
            Happening::Purged => EventKind::Purged,
            Happening::Lost => EventKind::Lost,
            Happening::Restored => EventKind::Restored,
        }
    }
}

/// The state of a record, with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum RecordState {
    Active,
    Shadowed(Option<String>),
    Deprecated(Option<String>),
    Superseded(Option<String>),
}

/// What can change by itself; branches that change different things do not contradict each
/// other.
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
    /// All of them, in the order in which they are told.
    pub(super) const ALL: [Aspect; 6] = [
        Aspect::Presence,
        Aspect::Number,
        Aspect::Path,
        Aspect::State,
        Aspect::Holder,
        Aspect::Purge,
    ];
}

/// The facts of a record in one registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RecordFacts {
    pub(super) id: Id,
    pub(super) path: RepoPath,
    /// Whether the registry has the record; if not, the rest is what it was before.
    pub(super) is_there: bool,
    aliases: BTreeSet<Id>,
    state: RecordState,
    copied_from: Option<String>,
    reassigned_from: Option<String>,
    is_purged: bool,
}

impl RecordFacts {
    /// Returns the facts of a record, of which `holder` holds the path if that is another one.
    pub(super) fn of(record: &Allocation, holder: Option<Id>) -> Self {
        let text = |key: &str| record.text(key).map(str::to_owned);
        let state = match (record.status, holder) {
            (_, Some(holder)) => RecordState::Shadowed(Some(holder.to_string())),
            (Status::Active, None) => RecordState::Active,
            (Status::Deprecated, None) => RecordState::Deprecated(text(key::DEPRECATED_REASON)),
            (Status::Superseded, None) => RecordState::Superseded(text(key::SUPERSEDED_BY)),
        };
        RecordFacts {
            id: record.id,
            path: record.path.clone(),
            is_there: true,
            aliases: record.aliases.clone(),
            state,
            copied_from: text(key::COPIED_FROM),
            reassigned_from: record.reassigned_from().last().map(|origin| origin.to_string()),
            is_purged: record.is_purged(),
        }
    }

    /// Returns the same facts where the registry lacks the record.
    pub(super) fn lost(&self) -> Self {
        RecordFacts { is_there: false, ..self.clone() }
    }

    /// Returns whether both agree on one aspect.
    pub(super) fn agrees(&self, other: &RecordFacts, aspect: Aspect) -> bool {
        match aspect {
            Aspect::Presence => self.is_there == other.is_there,
            Aspect::Number => self.id == other.id && self.aliases == other.aliases,
            Aspect::Path => self.path == other.path,
            Aspect::State => self.state == other.state,
            Aspect::Holder => self.reassigned_from == other.reassigned_from,
            Aspect::Purge => self.is_purged == other.is_purged,
        }
    }

    /// Returns what led from `before` to these facts in one aspect.
    pub(super) fn since(&self, before: &RecordFacts, aspect: Aspect) -> Vec<Happening> {
        if self.agrees(before, aspect) {
            return Vec::new();
        }
        let one = match aspect {
            Aspect::Number => return self.renumbered(before),
            Aspect::Presence if self.is_there => Some(Happening::Restored),
            Aspect::Presence => Some(Happening::Lost),
            Aspect::Path => Some(Happening::Moved { from: before.path.clone() }),
            Aspect::State => Some(self.state.reached()),
            Aspect::Holder => self.reassignment(),
            Aspect::Purge => self.is_purged.then_some(Happening::Purged),
        };
        one.into_iter().collect()
    }

    /// Returns how a record comes into being with these facts.
    pub(super) fn birth(&self) -> Vec<Happening> {
        let mut told = vec![Happening::Allocated { copied_from: self.copied_from.clone() }];
        told.extend(self.reassignment());
        told.extend((self.state != RecordState::Active).then(|| self.state.reached()));
        told.extend(self.is_purged.then_some(Happening::Purged));
        told
    }

    fn reassignment(&self) -> Option<Happening> {
        self.reassigned_from.clone().map(|from| Happening::Reassigned { from })
    }

    /// What was a number of the record before needs no word when it becomes an alias.
    fn renumbered(&self, before: &RecordFacts) -> Vec<Happening> {
        let mut told = Vec::new();
        if self.id != before.id {
            told.push(Happening::Renumbered { from: before.id });
        }
        let new =
            self.aliases.iter().filter(|id| **id != before.id && !before.aliases.contains(id));
        told.extend(new.map(|id| Happening::Alias { id: *id }));
        told
    }
}

impl RecordState {
    fn reached(&self) -> Happening {
        match self {
            RecordState::Active => Happening::Revived,
            RecordState::Shadowed(by) => Happening::Shadowed { by: by.clone() },
            RecordState::Deprecated(reason) => Happening::Deprecated { reason: reason.clone() },
            RecordState::Superseded(by) => Happening::Superseded { by: by.clone() },
        }
    }
}
