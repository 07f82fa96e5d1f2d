//! The events between two states of a registry: everything that happened to identities, and the
//! fields that changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::registry::{
    Allocation, Id, Json, Object, Origin, Registry, RepoPath, Sequence, Status, key,
};

use super::{Edit, EventKind};

/// One event: something that differs between two states of a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistryEvent {
    /// An edit of an identity.
    Edit(Edit),
    /// An identity was superseded.
    Supersede {
        /// The superseded identity.
        id: Id,
        /// The file it named.
        path: RepoPath,
        /// Its successor, as written in the record.
        by: Option<String>,
    },
    /// A field of a record that idhooks itself does not use was changed.
    FieldChange {
        /// The identity.
        id: Id,
        /// Its file.
        path: RepoPath,
        /// The field, such as `metadata.owner`.
        field: String,
        /// The old value.
        before: Option<Json>,
        /// The new value.
        after: Option<Json>,
    },
    /// A record that was never committed was dropped.
    Discard {
        /// The identity.
        id: Id,
        /// The file it named.
        path: RepoPath,
    },
    /// An identity was reserved for a future file.
    Reserve {
        /// The identity.
        id: Id,
    },
    /// A reserved identity was released.
    Release {
        /// The identity.
        id: Id,
    },
}

impl RegistryEvent {
    /// Returns the differences: first those of the records, in the order of their identities, then
    /// the reservations.
    pub fn between(before: &Registry, after: &Registry) -> Vec<RegistryEvent> {
        let [then, now] = [before, after].map(by_origin);
        let by_id: BTreeMap<Id, &Allocation> =
            now.values().map(|record| (record.id, *record)).collect();
        let edits = Edit::between(before, after).into_iter();
        let mut events: Vec<RegistryEvent> =
            edits.map(|edit| Self::of_edit(edit, &by_id)).collect();
        for record in now.values() {
            let old = then.get(&record.origin);
            // The fields that a purge drops are part of the purge.
            if !(record.is_purged() && old.is_some_and(|old| !old.is_purged())) {
                events.extend(field_changes(old.copied(), record));
            }
        }
        let gone = then.values().filter(|record| !now.contains_key(&record.origin));
        events.extend(
            gone.map(|record| RegistryEvent::Discard { id: record.id, path: record.path.clone() }),
        );
        // Sorting is stable: for each identity the edits come first.
        events.sort_by_key(RegistryEvent::id);
        let [then, now] = [before, after].map(reserved);
        events.extend(now.difference(&then).map(|id| RegistryEvent::Reserve { id: *id }));
        events.extend(then.difference(&now).map(|id| RegistryEvent::Release { id: *id }));
        events
    }

    /// Returns the identity.
    pub fn id(&self) -> Id {
        match self {
            RegistryEvent::Edit(edit) => edit.subject().1,
            RegistryEvent::Supersede { id, .. }
            | RegistryEvent::FieldChange { id, .. }
            | RegistryEvent::Discard { id, .. }
            | RegistryEvent::Reserve { id }
            | RegistryEvent::Release { id } => *id,
        }
    }

    /// Returns the path of the file, if the event concerns one.
    pub fn path(&self) -> Option<&RepoPath> {
        match self {
            RegistryEvent::Edit(edit) => Some(edit.subject().2),
            RegistryEvent::Supersede { path, .. }
            | RegistryEvent::FieldChange { path, .. }
            | RegistryEvent::Discard { path, .. } => Some(path),
            RegistryEvent::Reserve { .. } | RegistryEvent::Release { .. } => None,
        }
    }

    /// Returns the kind of event.
    pub fn kind(&self) -> EventKind {
        match self {
            RegistryEvent::Edit(edit) => edit.subject().0,
            RegistryEvent::Supersede { .. } => EventKind::Superseded,
            RegistryEvent::FieldChange { .. } => EventKind::Edited,
            RegistryEvent::Discard { .. } => EventKind::Discarded,
            RegistryEvent::Reserve { .. } => EventKind::Reserved,
            RegistryEvent::Release { .. } => EventKind::Released,
        }
    }

    /// Returns the details of the event, by name.
    pub fn facts(&self) -> Object {
        let mut facts = Object::new();
        let mut add = |name: &str, value: Option<Json>| {
            facts.extend(value.map(|value| (name.to_owned(), value)));
        };
        add("id", Some(Json::string(self.id().to_string())));
        add("path", self.path().map(|path| Json::string(path.to_string())));
        match self {
            RegistryEvent::Edit(Edit::Allocate { copied_from, .. }) => {
                add("copied_from", copied_from.as_deref().map(Json::string));
            }
            RegistryEvent::Edit(Edit::Rename { from, .. }) => {
                add("from", Some(Json::string(from.to_string())));
            }
            RegistryEvent::Edit(Edit::Retire { reason, .. }) => {
                add("reason", reason.as_deref().map(Json::string));
            }
            RegistryEvent::Edit(Edit::Renumber { old, .. }) => {
                add("old_id", Some(Json::string(old.to_string())));
            }
            RegistryEvent::Supersede { by, .. } => add("by", by.as_deref().map(Json::string)),
            RegistryEvent::FieldChange { field, before, after, .. } => {
                add("field", Some(Json::string(field)));
                add("old", before.clone());
                add("new", after.clone());
            }
            _ => {}
        }
        facts
    }

    fn of_edit(edit: Edit, now: &BTreeMap<Id, &Allocation>) -> RegistryEvent {
        match (&edit, now.get(&edit.subject().1)) {
            (Edit::Retire { id, path, status: Status::Superseded, .. }, Some(record)) => {
                let by = record.text(key::SUPERSEDED_BY).map(str::to_owned);
                RegistryEvent::Supersede { id: *id, path: path.clone(), by }
            }
            _ => RegistryEvent::Edit(edit),
        }
    }
}

impl fmt::Display for RegistryEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RegistryEvent::Edit(edit) => edit.fmt(f),
            RegistryEvent::Supersede { id, path, by: Some(by) } => {
                write!(f, "{id} superseded by {by}: {path}")
            }
            RegistryEvent::Supersede { id, path, by: None } => write!(f, "{id} superseded: {path}"),
            RegistryEvent::FieldChange { id, path, field, after: Some(value), .. } => {
                write!(f, "{id} {field} set to {}: {path}", value.compact())
            }
            RegistryEvent::FieldChange { id, path, field, after: None, .. } => {
                write!(f, "{id} {field} removed: {path}")
            }
            RegistryEvent::Discard { id, path } => write!(f, "{id} discarded: {path}"),
            RegistryEvent::Reserve { id } => write!(f, "{id} reserved"),
            RegistryEvent::Release { id } => write!(f, "{id} released"),
        }
    }
}

fn by_origin(registry: &Registry) -> BTreeMap<Origin, &Allocation> {
    registry.allocations.iter().map(|record| (record.origin, record)).collect()
}

fn reserved(registry: &Registry) -> BTreeSet<Id> {
    let counters = registry.counters.iter();
    let ids = counters.flat_map(|(counter, held)| {
        let sequences = held.reserved.iter().filter_map(|number| Sequence::new(*number));
        sequences.map(|sequence| counter.id(sequence))
    });
    ids.collect()
}

/// Returns the changed fields of a record, without those that idhooks itself uses.
fn field_changes(before: Option<&Allocation>, after: &Allocation) -> Vec<RegistryEvent> {
    let is_same =
        |before: &&Allocation| before.metadata == after.metadata && before.extra == after.extra;
    if before.is_some_and(|before| is_same(&before)) {
        return Vec::new();
    }
    let nothing = Object::new();
    let then = before.map_or([&nothing, &nothing], |record| [&record.metadata, &record.extra]);
    let now = [&after.metadata, &after.extra];
    let mut changes = Vec::new();
    for (prefix, (then, now)) in ["metadata.", ""].into_iter().zip(then.into_iter().zip(now)) {
        let names: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
        let is_own = |name: &str| !prefix.is_empty() && key::OWN.contains(&name);
        for name in names.into_iter().filter(|name| !is_own(name)) {
            if then.get(name) != now.get(name) {
                changes.push(RegistryEvent::FieldChange {
                    id: after.id,
                    path: after.path.clone(),
                    field: format!("{prefix}{name}"),
                    before: then.get(name).cloned(),
                    after: now.get(name).cloned(),
                });
            }
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry(records: &str, counters: &str) -> Registry {
        let text = format!(
            r#"{{"schema_version":"1.0","scope":"260118","counters":{{{counters}}},"allocations":[{records}]}}"#
        );
        Registry::parse(text.as_bytes()).expect("valid")
    }

    fn record(n: u8, status: &str, metadata: &str) -> String {
        format!(
            r#"{{"id":"011000000{n}260118","file_path":"{n}.md","allocated_at":"2026-01-18T22:00:00Z","status":"{status}","metadata":{{"origin":"000000000000000{n}"{metadata}}}}}"#
        )
    }

    #[test]
    fn every_difference_is_reported_once() {
        let then = [
            record(1, "active", r#","owner":"a","team":1"#),
            record(2, "active", ""),
            record(3, "active", ""),
            record(4, "deprecated", r#","deprecated_reason":"old","x":1"#),
        ];
        let now = [
            record(1, "active", r#","owner":"b""#),
            record(2, "superseded", r#","superseded_by":"0110000001260118""#),
            record(4, "deprecated", r#","purged":true"#),
            record(5, "active", r#","owner":"c""#),
        ];
        let before = registry(&then.join(","), r#""100_01_260118":{"reserved":[7]}"#);
        let after = registry(&now.join(","), r#""100_01_260118":{"reserved":[8]}"#);
        let reported: Vec<String> =
            RegistryEvent::between(&before, &after).iter().map(ToString::to_string).collect();
        assert_eq!(
            reported,
            [
                r#"0110000001260118 metadata.owner set to "b": 1.md"#,
                "0110000001260118 metadata.team removed: 1.md",
                "0110000002260118 superseded by 0110000001260118: 2.md",
                "0110000003260118 discarded: 3.md",
                "0110000004260118 purged: 4.md",
                "0110000005260118 allocated to 5.md",
                r#"0110000005260118 metadata.owner set to "c": 5.md"#,
                "0110000008260118 reserved",
                "0110000007260118 released",
            ]
        );
        assert_eq!(RegistryEvent::between(&after, &after), []);
    }
}
