//! The changes between two states of a registry, for people.

use std::collections::BTreeMap;
use std::fmt;

use crate::check::Parent;
use crate::registry::{Allocation, Id, Origin, Registry, RepoPath, Status, key};

use super::EventKind;

/// One change of an identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edit {
    /// A file got an identity.
    Allocate {
        /// The identity.
        id: Id,
        /// Its file.
        path: RepoPath,
        /// The identity of the original file.
        copied_from: Option<String>,
    },
    /// An identity followed its file.
    Rename {
        /// The identity.
        id: Id,
        /// The old path.
        from: RepoPath,
        /// The new path.
        to: RepoPath,
    },
    /// A file came back and got its identity back.
    Revive {
        /// The identity.
        id: Id,
        /// Its file.
        path: RepoPath,
    },
    /// An identity was deprecated or superseded.
    Retire {
        /// The identity.
        id: Id,
        /// The file it named.
        path: RepoPath,
        /// The new status: deprecated or superseded.
        status: Status,
        /// The reason, if it is known; see [`crate::registry::reason`].
        reason: Option<String>,
    },
    /// A record was reduced to a tombstone.
    Purge {
        /// The identity.
        id: Id,
        /// The file it named.
        path: RepoPath,
    },
    /// A collision gave a file another identity.
    Renumber {
        /// The old identity.
        old: Id,
        /// The identity now.
        new: Id,
        /// Its file.
        path: RepoPath,
    },
}

impl Edit {
    /// Returns what changed, record by record in the order of the new identities.
    pub fn between(before: &Registry, after: &Registry) -> Vec<Edit> {
        let known: BTreeMap<Origin, &Allocation> =
            before.allocations.iter().map(|a| (a.origin, a)).collect();
        let mut records: Vec<&Allocation> = after.allocations.iter().collect();
        records.sort_by_key(|a| a.id);
        let mut edits = Vec::new();
        for now in records {
            let Some(then) = known.get(&now.origin) else {
                edits.extend(Self::of_new(now));
                continue;
            };
            edits.extend(Self::of_known(then, now));
        }
        edits
    }

    /// Returns which files have another identity than in one of the parents, each once.
    pub fn renumbered(parents: &[Parent<'_>], after: &Registry) -> Vec<Edit> {
        let now: BTreeMap<Origin, &Allocation> =
            after.allocations.iter().map(|a| (a.origin, a)).collect();
        let mut changes = BTreeMap::new();
        for then in parents.iter().flat_map(|parent| &parent.registry.allocations) {
            if let Some(now) = now.get(&then.origin).filter(|now| now.id != then.id) {
                changes.insert((then.id, now.id), now.path.clone());
            }
        }
        let edits = changes.into_iter();
        edits.map(|((old, new), path)| Edit::Renumber { old, new, path }).collect()
    }

    /// Returns what happened, and to which identity and path.
    pub fn subject(&self) -> (EventKind, Id, &RepoPath) {
        match self {
            Edit::Allocate { id, path, copied_from: None } => (EventKind::Allocated, *id, path),
            Edit::Allocate { id, path, copied_from: Some(_) } => (EventKind::Copied, *id, path),
            Edit::Rename { id, to, .. } => (EventKind::Renamed, *id, to),
            Edit::Revive { id, path } => (EventKind::Revived, *id, path),
            Edit::Retire { id, path, status: Status::Superseded, .. } => {
                (EventKind::Superseded, *id, path)
            }
            Edit::Retire { id, path, .. } => (EventKind::Deprecated, *id, path),
            Edit::Purge { id, path } => (EventKind::Purged, *id, path),
            Edit::Renumber { new, path, .. } => (EventKind::Reassigned, *new, path),
        }
    }

    fn of_new(now: &Allocation) -> Option<Edit> {
        let copied_from = now.text(key::COPIED_FROM).map(str::to_owned);
        now.is_active().then(|| Edit::Allocate { id: now.id, path: now.path.clone(), copied_from })
    }

    fn of_known(then: &Allocation, now: &Allocation) -> Vec<Edit> {
        let (id, path) = (now.id, now.path.clone());
        let mut edits = Vec::new();
        if then.id != id {
            edits.push(Edit::Renumber { old: then.id, new: id, path: path.clone() });
        }
        match (then.is_active(), now.is_active()) {
            _ if now.is_purged() && !then.is_purged() => edits.push(Edit::Purge { id, path }),
            (true, true) if then.path != path => {
                edits.push(Edit::Rename { id, from: then.path.clone(), to: path });
            }
            (false, true) => edits.push(Edit::Revive { id, path }),
            // A record deprecated with its file may later be deprecated by a command.
            (was_active, false) if was_active || (then.revives() && !now.revives()) => {
                let reason = now.text(key::DEPRECATED_REASON).map(str::to_owned);
                edits.push(Edit::Retire { id, path, status: now.status, reason });
            }
            _ => {}
        }
        edits
    }
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Edit::Allocate { id, path, copied_from: None } => write!(f, "{id} allocated to {path}"),
            Edit::Allocate { id, path, copied_from: Some(source) } => {
                write!(f, "{id} allocated to {path}, a copy of {source}")
            }
            Edit::Rename { id, from, to } => write!(f, "{id} renamed from {from} to {to}"),
            Edit::Revive { id, path } => write!(f, "{id} revived for {path}"),
            Edit::Retire { id, path, status, reason } => {
                write!(f, "{id} {}: {path}", status.as_str())?;
                reason.iter().try_for_each(|reason| write!(f, " ({reason})"))
            }
            Edit::Purge { id, path } => write!(f, "{id} purged: {path}"),
            Edit::Renumber { old, new, path } => write!(f, "{old} reassigned to {new}: {path}"),
        }
    }
}
