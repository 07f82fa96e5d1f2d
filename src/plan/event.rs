//! All that commands do to a registry, fact by fact: what happens to identities, and what is
//! written beside them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::registry::{
    Allocation, Id, Json, Object, Origin, Registry, RepoPath, Sequence, Status, key,
};

use super::{Edit, EventKind};

/// One fact that is different after a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistryEvent {
    /// Something happened to an identity.
    Edit(Edit),
    /// One took the place of another.
    Supersede {
        /// The identity that ended.
        id: Id,
        /// The file it named.
        path: RepoPath,
        /// The one that took its place, as the record names it.
        by: Option<String>,
    },
    /// A record says something else in a field that idhooks has no use for.
    Note {
        /// The identity.
        id: Id,
        /// Its file.
        path: RepoPath,
        /// The field, `metadata.owner` for instance.
        field: String,
        /// What it said before.
        before: Option<Json>,
        /// What it says now.
        after: Option<Json>,
    },
    /// A record that nobody had committed is gone.
    Forget {
        /// The identity.
        id: Id,
        /// The file it named.
        path: RepoPath,
    },
    /// An identity is held back for a file to come.
    Reserve {
        /// The identity.
        id: Id,
    },
    /// One is no longer held back.
    Release {
        /// The identity.
        id: Id,
    },
}

impl RegistryEvent {
    /// Returns what is different, record by record in the order of the identities, then what was
    /// held back.
    pub fn between(before: &Registry, after: &Registry) -> Vec<RegistryEvent> {
        let [then, now] = [before, after].map(by_origin);
        let by_id: BTreeMap<Id, &Allocation> =
            now.values().map(|record| (record.id, *record)).collect();
        let edits = Edit::between(before, after).into_iter();
        let mut deeds: Vec<RegistryEvent> = edits.map(|edit| Self::of_edit(edit, &by_id)).collect();
        for record in now.values() {
            let known = then.get(&record.origin);
            // What a purge drops is told by the purge.
            if !(record.is_purged() && known.is_some_and(|known| !known.is_purged())) {
                deeds.extend(notes(known.copied(), record));
            }
        }
        let gone = then.values().filter(|record| !now.contains_key(&record.origin));
        deeds.extend(
            gone.map(|record| RegistryEvent::Forget { id: record.id, path: record.path.clone() }),
        );
        // Sorting is stable: of one identity the edits come first.
        deeds.sort_by_key(RegistryEvent::id);
        let [then, now] = [before, after].map(reserved);
        deeds.extend(now.difference(&then).map(|id| RegistryEvent::Reserve { id: *id }));
        deeds.extend(then.difference(&now).map(|id| RegistryEvent::Release { id: *id }));
        deeds
    }

    /// Returns the identity it is about.
    pub fn id(&self) -> Id {
        match self {
            RegistryEvent::Edit(edit) => edit.subject().1,
            RegistryEvent::Supersede { id, .. }
            | RegistryEvent::Note { id, .. }
            | RegistryEvent::Forget { id, .. }
            | RegistryEvent::Reserve { id }
            | RegistryEvent::Release { id } => *id,
        }
    }

    /// Returns the path it is about, if it is about a file.
    pub fn path(&self) -> Option<&RepoPath> {
        match self {
            RegistryEvent::Edit(edit) => Some(edit.subject().2),
            RegistryEvent::Supersede { path, .. }
            | RegistryEvent::Note { path, .. }
            | RegistryEvent::Forget { path, .. } => Some(path),
            RegistryEvent::Reserve { .. } | RegistryEvent::Release { .. } => None,
        }
    }

    /// Returns what happened, in a word.
    pub fn kind(&self) -> EventKind {
        match self {
            RegistryEvent::Edit(edit) => edit.subject().0,
            RegistryEvent::Supersede { .. } => EventKind::Superseded,
            RegistryEvent::Note { .. } => EventKind::Edited,
            RegistryEvent::Forget { .. } => EventKind::Discarded,
            RegistryEvent::Reserve { .. } => EventKind::Reserved,
            RegistryEvent::Release { .. } => EventKind::Released,
        }
    }

    /// Returns all that there is to say of it, by name.
    pub fn facts(&self) -> Object {
        let mut facts = Object::new();
        let mut say = |name: &str, value: Option<Json>| {
            facts.extend(value.map(|value| (name.to_owned(), value)));
        };
        say("id", Some(Json::string(self.id().to_string())));
        say("path", self.path().map(|path| Json::string(path.to_string())));
        match self {
            RegistryEvent::Edit(Edit::Allocate { copied_from, .. }) => {
                say("copied_from", copied_from.as_deref().map(Json::string));
            }
            RegistryEvent::Edit(Edit::Rename { from, .. }) => {
                say("from", Some(Json::string(from.to_string())));
            }
            RegistryEvent::Edit(Edit::Retire { reason, .. }) => {
                say("reason", reason.as_deref().map(Json::string));
            }
            RegistryEvent::Edit(Edit::Renumber { old, .. }) => {
                say("old_id", Some(Json::string(old.to_string())));
            }
            RegistryEvent::Supersede { by, .. } => say("by", by.as_deref().map(Json::string)),
            RegistryEvent::Note { field, before, after, .. } => {
                say("field", Some(Json::string(field)));
                say("old", before.clone());
                say("new", after.clone());
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
            RegistryEvent::Note { id, path, field, after: Some(value), .. } => {
                write!(f, "{id} has {field} {}: {path}", value.compact())
            }
            RegistryEvent::Note { id, path, field, after: None, .. } => {
                write!(f, "{id} has no {field} any more: {path}")
            }
            RegistryEvent::Forget { id, path } => write!(f, "{id} discarded: {path}"),
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

/// Returns what a record says in fields that idhooks has no use for, and did not say before.
fn notes(before: Option<&Allocation>, after: &Allocation) -> Vec<RegistryEvent> {
    let is_same =
        |before: &&Allocation| before.metadata == after.metadata && before.extra == after.extra;
    if before.is_some_and(|before| is_same(&before)) {
        return Vec::new();
    }
    let nothing = Object::new();
    let then = before.map_or([&nothing, &nothing], |record| [&record.metadata, &record.extra]);
    let now = [&after.metadata, &after.extra];
    let mut notes = Vec::new();
    for (prefix, (then, now)) in ["metadata.", ""].into_iter().zip(then.into_iter().zip(now)) {
        let names: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
        let is_own = |name: &str| !prefix.is_empty() && key::OWN.contains(&name);
        for name in names.into_iter().filter(|name| !is_own(name)) {
            if then.get(name) != now.get(name) {
                notes.push(RegistryEvent::Note {
                    id: after.id,
                    path: after.path.clone(),
                    field: format!("{prefix}{name}"),
                    before: then.get(name).cloned(),
                    after: now.get(name).cloned(),
                });
            }
        }
    }
    notes
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
    fn tells_every_fact_once() {
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
        let told: Vec<String> =
            RegistryEvent::between(&before, &after).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                r#"0110000001260118 has metadata.owner "b": 1.md"#,
                "0110000001260118 has no metadata.team any more: 1.md",
                "0110000002260118 superseded by 0110000001260118: 2.md",
                "0110000003260118 discarded: 3.md",
                "0110000004260118 purged: 4.md",
                "0110000005260118 allocated to 5.md",
                r#"0110000005260118 has metadata.owner "c": 5.md"#,
                "0110000008260118 reserved",
                "0110000007260118 released",
            ]
        );
        assert_eq!(RegistryEvent::between(&after, &after), []);
    }
}
