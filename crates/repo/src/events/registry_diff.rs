//! [`Edit`]: the changes between two states of a registry, consisting of events for identities and
//! changed fields.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use idhooks_core::check::Parent;
use idhooks_core::registry::{
    Allocation, Id, Json, LostDocId, Object, Registry, RepoPath, Status, key,
};
use serde::Serialize;

use super::event_kind::EventKind;

/// A single change to a registry; its JSON form only contains the event for an identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// The event.
    #[serde(rename = "event")]
    pub kind: EventKind,
    /// The identity after the event.
    pub id: Id,
    /// The identity's file, or the file it used to name; `None` for a reservation.
    pub path: Option<RepoPath>,
    /// The old path, if the file was renamed.
    pub from: Option<RepoPath>,
    /// The old identity, if the file was given a new one.
    pub old_id: Option<Id>,
    /// The reason that the identity was deprecated, if known; see
    /// [`idhooks_core::registry::reason`].
    pub reason: Option<String>,
    /// The identity of the original file, if the file is a copy.
    pub copied_from: Option<String>,
    /// The successor, as written in the record; only set by [`Edit::all_between`].
    #[serde(skip)]
    pub by: Option<String>,
    /// The field that was changed.
    #[serde(skip)]
    pub field: Option<FieldChange>,
    /// The second identity that the file lost to another file; [`Edit::all_between`] reports the
    /// changed field instead.
    #[serde(skip)]
    pub lost: Option<LostDocId>,
}

/// A changed record field that idhooks itself does not use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// The field's name, such as `metadata.owner`.
    pub name: String,
    /// The old value.
    pub before: Option<Json>,
    /// The new value.
    pub after: Option<Json>,
}

impl Edit {
    /// Returns the events for identities, record by record in the order of the new identities,
    /// followed by the second identities that were lost.
    pub fn between(before: &Registry, after: &Registry) -> Vec<Edit> {
        Self::events(before, after).chain(Self::lost_since(&[before], after)).collect()
    }

    fn events<'r>(
        before: &'r Registry,
        after: &'r Registry,
    ) -> impl Iterator<Item = Edit> + use<'r> {
        let known = before.by_origin();
        let mut records: Vec<&Allocation> = after.allocations.iter().collect();
        records.sort_by_key(|a| a.id);
        records.into_iter().flat_map(move |now| match known.get(&now.origin) {
            None => Vec::from_iter(Self::of_new(now)),
            Some(then) => Self::of_known(then, now),
        })
    }

    /// Returns the files that have lost a second identity they had in one of these registries.
    pub fn lost_since(before: &[&Registry], after: &Registry) -> Vec<Edit> {
        let of_lost = |lost: LostDocId| {
            let path = Some(lost.path.clone());
            Edit { path, lost: Some(lost.clone()), ..Edit::new(EventKind::Edited, lost.id) }
        };
        LostDocId::since(before, after).into_iter().map(of_lost).collect()
    }

    /// Returns the events for identities since `before`, for when the registry between `before` and
    /// `after` cannot be read: records without another event count as restored.
    pub fn restored(before: &Registry, after: &Registry) -> Vec<Edit> {
        let known = before.by_origin();
        let is_known = |record: &&Allocation| {
            let then = known.get(&record.origin);
            record.is_active() && then.is_some_and(|then| Self::of_known(then, record).is_empty())
        };
        let restored = after.allocations.iter().filter(is_known);
        let restored = restored.map(|record| Edit::of(EventKind::Restored, record));
        Self::between(before, after).into_iter().chain(restored).collect()
    }

    /// Returns all differences: first in the records, in identity order, then in the reservations.
    pub fn all_between(before: &Registry, after: &Registry) -> Vec<Edit> {
        let (then, now) = (before.by_origin(), after.by_origin());
        let by_id: BTreeMap<Id, &Allocation> = now.values().map(|r| (r.id, *r)).collect();
        let mut edits: Vec<Edit> = Self::events(before, after).collect();
        for edit in edits.iter_mut().filter(|edit| edit.kind == EventKind::Superseded) {
            let successor = by_id.get(&edit.id).and_then(|record| record.text(key::SUPERSEDED_BY));
            (edit.by, edit.reason) = (successor.map(str::to_owned), None);
        }
        for record in now.values() {
            let old = then.get(&record.origin).copied();
            // The fields dropped by a purge are not reported separately.
            if !(record.is_purged() && old.is_some_and(|old| !old.is_purged())) {
                edits.extend(Self::of_fields(old, record));
            }
        }
        let gone = then.values().filter(|record| !now.contains_key(&record.origin));
        edits.extend(gone.map(|record| Edit::of(EventKind::Discarded, record)));
        // Sorting is stable, so each identity's events come before its changed fields.
        edits.sort_by_key(|edit| edit.id);
        let [then, now] =
            [before, after].map(|registry| registry.reserved_ids().collect::<BTreeSet<Id>>());
        edits.extend(now.difference(&then).map(|id| Edit::new(EventKind::Reserved, *id)));
        edits.extend(then.difference(&now).map(|id| Edit::new(EventKind::Released, *id)));
        edits
    }

    /// Returns the files whose identity differs from their identity in a parent, without
    /// duplicates.
    pub fn renumbered(parents: &[Parent<'_>], after: &Registry) -> Vec<Edit> {
        let now = after.by_origin();
        let mut changes = BTreeMap::new();
        for then in parents.iter().flat_map(|parent| &parent.registry.allocations) {
            let Some(now) = now.get(&then.origin) else { continue };
            if now.id != then.id {
                changes.insert((then.id, now.id), Self::of_number(then.id, now));
            }
        }
        changes.into_values().collect()
    }

    /// Returns the key that sorts a list of events: new files first, then renames and so on, and by
    /// identity within each group.
    pub fn rank(&self) -> impl Ord {
        let group = match self.kind {
            EventKind::Allocated | EventKind::Copied => 0,
            EventKind::Renamed => 1,
            EventKind::Revived | EventKind::Restored => 2,
            EventKind::Deprecated | EventKind::Superseded => 3,
            EventKind::Purged => 4,
            _ => 5,
        };
        let ids = (self.old_id.unwrap_or(self.id), self.id);
        (group, ids, (&self.from, &self.path), &self.copied_from, self.kind, &self.reason)
    }

    /// Returns an edit without details.
    pub fn new(kind: EventKind, id: Id) -> Self {
        let (path, from, old_id, copied_from) = (None, None, None, None);
        let (reason, by, field, lost) = (None, None, None, None);
        Edit { kind, id, path, from, old_id, copied_from, reason, by, field, lost }
    }

    pub(super) fn of(kind: EventKind, record: &Allocation) -> Self {
        Edit { path: Some(record.path.clone()), ..Edit::new(kind, record.id) }
    }

    fn of_number(old: Id, now: &Allocation) -> Self {
        Edit { old_id: Some(old), ..Edit::of(EventKind::Reassigned, now) }
    }

    fn of_new(now: &Allocation) -> Option<Edit> {
        let copied_from = now.text(key::COPIED_FROM).map(str::to_owned);
        let is_copy = copied_from.is_some();
        let kind = if is_copy { EventKind::Copied } else { EventKind::Allocated };
        now.is_active().then(|| Edit { copied_from, ..Edit::of(kind, now) })
    }

    fn of_known(then: &Allocation, now: &Allocation) -> Vec<Edit> {
        let mut edits = Vec::new();
        if then.id != now.id {
            edits.push(Self::of_number(then.id, now));
        }
        match (then.is_active(), now.is_active()) {
            _ if now.is_purged() && !then.is_purged() => {
                edits.push(Edit::of(EventKind::Purged, now));
            }
            (true, true) if then.path != now.path => {
                let from = Some(then.path.clone());
                edits.push(Edit { from, ..Edit::of(EventKind::Renamed, now) });
            }
            (false, true) => edits.push(Edit::of(EventKind::Revived, now)),
            // A record that was deprecated when its file was deleted may later be deprecated by a
            // command.
            (was_active, false) if was_active || (then.revives() && !now.revives()) => {
                let is_replaced = now.status == Status::Superseded;
                let kind = if is_replaced { EventKind::Superseded } else { EventKind::Deprecated };
                let reason = now.text(key::DEPRECATED_REASON).map(str::to_owned);
                edits.push(Edit { reason, ..Edit::of(kind, now) });
            }
            _ => {}
        }
        edits
    }

    /// Returns a record's changed fields, except for fields that idhooks itself uses.
    fn of_fields(before: Option<&Allocation>, after: &Allocation) -> Vec<Edit> {
        let nothing = Object::new();
        let [metadata, extra] = before.map_or([&nothing; 2], |then| [&then.metadata, &then.extra]);
        let mut edits = Vec::new();
        for (prefix, then, now) in
            [("metadata.", metadata, &after.metadata), ("", extra, &after.extra)]
        {
            if then == now {
                continue;
            }
            let names: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
            // Changes to idhooks' own keys are reported as events, not as fields.
            let is_own = |name: &str| !prefix.is_empty() && key::OWN.contains(&name);
            for name in names.into_iter().filter(|name| !is_own(name)) {
                let (before, after_it) = (then.get(name).cloned(), now.get(name).cloned());
                if before != after_it {
                    let name = format!("{prefix}{name}");
                    let field = Some(FieldChange { name, before, after: after_it });
                    edits.push(Edit { field, ..Edit::of(EventKind::Edited, after) });
                }
            }
        }
        edits
    }

    /// Returns the details, keyed by name.
    pub fn facts(&self) -> Object {
        let path = |path: &RepoPath| Json::string(path.to_string());
        let id = |id: Id| Json::string(id.to_string());
        let text = |text: &Option<String>| text.as_ref().map(Json::string);
        let field = self.field.as_ref();
        let facts = [
            ("id", Some(id(self.id))),
            ("path", self.path.as_ref().map(path)),
            ("from", self.from.as_ref().map(path)),
            ("old_id", self.old_id.map(id)),
            ("copied_from", text(&self.copied_from)),
            ("reason", text(&self.reason)),
            ("by", text(&self.by)),
            ("field", field.map(|field| Json::string(&field.name))),
            ("old", field.and_then(|field| field.before.clone())),
            ("new", field.and_then(|field| field.after.clone())),
        ];
        facts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Edit { kind, id, .. } = self;
        let Some(path) = &self.path else { return write!(f, "{id} {kind}") };
        match self {
            Edit { copied_from: Some(source), .. } => {
                write!(f, "{id} allocated to {path}, a copy of {source}")
            }
            Edit { from: Some(from), .. } => write!(f, "{id} renamed from {from} to {path}"),
            Edit { old_id: Some(old), .. } => write!(f, "{old} reassigned to {id}: {path}"),
            Edit { lost: Some(lost), .. } => lost.fmt(f),
            Edit { by: Some(by), .. } => write!(f, "{id} superseded by {by}: {path}"),
            Edit { field: Some(FieldChange { name, after: Some(value), .. }), .. } => {
                write!(f, "{id} {name} set to {}: {path}", value.compact())
            }
            Edit { field: Some(FieldChange { name, .. }), .. } => {
                write!(f, "{id} {name} removed: {path}")
            }
            Edit { kind: EventKind::Allocated, .. } => write!(f, "{id} allocated to {path}"),
            Edit { kind: EventKind::Revived, .. } => write!(f, "{id} revived for {path}"),
            Edit { reason, .. } => {
                write!(f, "{id} {kind}: {path}")?;
                reason.iter().try_for_each(|reason| write!(f, " ({reason})"))
            }
        }
    }
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
            Edit::all_between(&before, &after).iter().map(ToString::to_string).collect();
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
        assert_eq!(Edit::all_between(&after, &after), []);
    }
}
