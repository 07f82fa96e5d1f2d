//! The registry while a patch is applied: all writes of a patch go through this draft.

use std::collections::BTreeMap;

use crate::config::Writable;
use crate::plan::lifecycle::{self, LifecycleRefusal};
use crate::plan::{IdAssigner, PlanError, links};
use crate::registry::{
    Allocation, BlobId, Id, Json, Object, Origin, Registry, RepoPath, Status, Timestamp,
    format_record, json::MAX_DEPTH,
};

use super::encoded;
use super::read::{LARGEST, PatchFault, member, not_writable, unwritable};

/// The largest size of a value in bytes: a value that is copied into itself grows fast.
const MAX_VALUE_SIZE: usize = 1 << 20;
/// The depth of a record's metadata in the registry.
const DEPTH: u32 = 4;

/// The state to which a patch is applied.
pub struct Setting<'a> {
    /// The fields that patches may write.
    pub writable: &'a Writable,
    /// Returns the blob of a file in the index that may have an identity.
    pub blob: &'a dyn Fn(&RepoPath) -> Option<BlobId>,
    /// The registry of the last commit.
    pub committed: Option<&'a Registry>,
    /// The date for deprecations.
    pub now: Timestamp,
}

/// The registry so far, and the faults so far. A place is the index of a record in the registry; a
/// patch never moves or removes one.
pub(super) struct PatchDraft<'a> {
    pub(super) registry: Registry,
    places: BTreeMap<Id, usize>,
    /// The holder of each path.
    held: BTreeMap<RepoPath, Id>,
    /// The files that will get an identity, with their pointer in the patch and their metadata.
    added: BTreeMap<RepoPath, (String, Object)>,
    /// The records of the last commit.
    committed: BTreeMap<Origin, &'a Allocation>,
    setting: &'a Setting<'a>,
    /// The reason for deprecations.
    pub(super) reason: Option<&'a str>,
    /// The number of bytes written into metadata.
    written: usize,
    /// Whether a value or all of them were too large.
    pub(super) is_too_large: bool,
    pub(super) faults: Vec<PatchFault>,
}

impl<'a> PatchDraft<'a> {
    pub(super) fn of(before: &Registry, setting: &'a Setting<'a>, reason: Option<&'a str>) -> Self {
        let registry = before.clone();
        let ids = registry.allocations.iter().enumerate();
        let places = ids.map(|(place, record)| (record.id, place)).collect();
        let held = registry.holders(|path| (setting.blob)(path).is_some()).into_iter();
        let held = held.map(|(path, record)| (path.clone(), record.id)).collect();
        let committed = setting.committed.map(Registry::by_origin).unwrap_or_default();
        let (added, faults) = (BTreeMap::new(), Vec::new());
        PatchDraft {
            registry,
            places,
            held,
            added,
            committed,
            setting,
            reason,
            written: 0,
            is_too_large: false,
            faults,
        }
    }

    /// Adds a fault at a pointer into the patch.
    pub(super) fn fault(&mut self, at: impl Into<String>, message: impl Into<String>) {
        self.faults.push(PatchFault::new(at, message));
    }

    /// Finds the record of an identity; `at` is its pointer in the patch.
    pub(super) fn record(&mut self, id: &str, at: &str) -> Option<usize> {
        let Ok(id) = id.parse::<Id>() else {
            self.fault(at, format!("'{id}' is not an identity of 16 digits"));
            return None;
        };
        if let Some(place) = self.places.get(&id) {
            return Some(*place);
        }
        let mut known = self.registry.allocations.iter();
        let now = known.find(|r| r.claim == id || r.aliases.contains(&id)).map(|r| r.id);
        let message = match now {
            Some(now) => format!("{id} is now {now}; use that identity"),
            None => LifecycleRefusal::Unknown(id).to_string(),
        };
        self.fault(at, message);
        None
    }

    /// Returns a record as JSON.
    pub(super) fn record_json(&self, place: usize) -> Json {
        let text = format_record(&self.registry.allocations[place], None);
        // A formatted record can always be parsed.
        Json::parse(&text).unwrap_or(Json::Null)
    }

    /// Writes fields of a record.
    pub(super) fn write(&mut self, place: usize, fields: &Object, at: &str) {
        if self.refuse_purged(place, at) {
            return;
        }
        for (name, value) in fields {
            let at = member(at, name);
            match (name.as_str(), value) {
                ("file_path", value) => self.set_path(place, value, &at),
                ("status", value) => self.set_status(place, value, &at),
                ("metadata", Json::Object(keys)) => self.merge(place, keys, &at),
                ("metadata", _) => self.fault(at, "must be an object"),
                _ => self.fault(at, unwritable(name)),
            }
        }
    }

    /// Deprecates a record, because records are never removed.
    pub(super) fn deprecate(&mut self, place: usize, at: &str) {
        if !self.refuse_purged(place, at) {
            self.set_status(place, &Json::string(Status::Deprecated.as_str()), at);
        }
    }

    fn refuse_purged(&mut self, place: usize, at: &str) -> bool {
        let record = &self.registry.allocations[place];
        let is_purged = record.is_purged();
        if is_purged {
            let what = format!("{} is purged and cannot be changed", record.id);
            self.fault(at, what);
        }
        is_purged
    }

    /// Merges metadata according to RFC 7386.
    fn merge(&mut self, place: usize, keys: &Object, at: &str) {
        for (name, patch) in keys {
            let value = match patch {
                Json::Null => None,
                patch => {
                    let before = self.registry.allocations[place].metadata.get(name);
                    Some(encoded::merged(before, patch))
                }
            };
            self.set_key(place, name, value, &member(at, name));
        }
    }

    /// Sets a key of the metadata, or removes it.
    pub(super) fn set_key(&mut self, place: usize, name: &str, value: Option<Json>, at: &str) {
        if !self.may_write_key(name, at) {
            return;
        }
        if value.as_ref().is_some_and(|value| !self.is_within_limits(value, at)) {
            return;
        }
        let metadata = &mut self.registry.allocations[place].metadata;
        match value {
            Some(value) => drop(metadata.insert(name.to_owned(), value)),
            None => drop(metadata.remove(name)),
        }
    }

    /// Returns whether a value is within the limits, so that the registry can be read again and
    /// stays small.
    fn is_within_limits(&mut self, value: &Json, at: &str) -> bool {
        if depth(value) > MAX_DEPTH - DEPTH {
            let limit = MAX_DEPTH - DEPTH;
            self.fault(at, format!("nested deeper than {limit}"));
            return false;
        }
        let length = value.compact().len();
        let (what, limit) = match self.written + length {
            _ if length > MAX_VALUE_SIZE => ("larger", MAX_VALUE_SIZE),
            all if all > LARGEST => ("the patch writes more", LARGEST),
            all => {
                self.written = all;
                return true;
            }
        };
        self.is_too_large = true;
        self.fault(at, format!("{what} than {} MiB", limit >> 20));
        false
    }

    fn may_write_key(&mut self, name: &str, at: &str) -> bool {
        if self.setting.writable.has_key(name) {
            return true;
        }
        let message = match Writable::is_own_key(name) {
            true => format!("only idhooks writes '{name}'"),
            false => not_writable(&format!("metadata.{name}")),
        };
        self.fault(at, message);
        false
    }

    /// Moves a record to another file, if the tree confirms it.
    pub(super) fn set_path(&mut self, place: usize, value: &Json, at: &str) {
        if !self.setting.writable.path {
            return self.fault(at, not_writable("file_path"));
        }
        let Some(path) = self.path(value, at) else { return };
        let record = &self.registry.allocations[place];
        let (id, old) = (record.id, record.path.clone());
        if path == old {
            return;
        }
        let is_there = |path: &RepoPath| (self.setting.blob)(path).is_some();
        let holds_old = self.held.get(&old) == Some(&id) && is_there(&old);
        let refused = if !(record.is_active() || record.revives()) {
            Some(format!("{id} is {}", record.status.as_str()))
        } else if !is_there(&path) {
            Some(missing_file(&path))
        } else if self.held.contains_key(&path) || self.added.contains_key(&path) {
            Some(format!("'{path}' has another identity"))
        } else if holds_old {
            Some(format!("the file of {id} is still at '{old}'"))
        } else {
            None
        };
        if let Some(why) = refused {
            return self.fault(at, why);
        }
        if self.held.get(&old) == Some(&id) {
            self.held.remove(&old);
        }
        self.held.insert(path.clone(), id);
        let record = &mut self.registry.allocations[place];
        record.follow(path);
        links::note_move(record, self.committed.get(&record.origin).copied());
    }

    /// Deprecates or revives a record, as the commands with these names do.
    pub(super) fn set_status(&mut self, place: usize, value: &Json, at: &str) {
        if !self.setting.writable.status {
            return self.fault(at, not_writable("status"));
        }
        let record = &self.registry.allocations[place];
        let (id, now) = (record.id, record.status);
        let requested = value.as_str().and_then(Status::parse);
        let done = match requested {
            Some(requested) if requested == now => Ok(()),
            Some(Status::Active) => {
                let has_file = |path: &RepoPath| (self.setting.blob)(path).is_some();
                let holder = self.held.get(&record.path).copied();
                lifecycle::revive_at(&mut self.registry, id, &has_file, holder)
            }
            Some(Status::Deprecated) => {
                let Some(why) = self.reason else {
                    return self.fault(at, "needs a 'reason' in the patch");
                };
                lifecycle::deprecate(&mut self.registry, id, why, self.setting.now)
            }
            Some(Status::Superseded) => {
                let what = "a patch cannot supersede an identity; use 'idhooks supersede'";
                return self.fault(at, what);
            }
            None => return self.fault(at, "must be one of: active, deprecated"),
        };
        match done {
            Err(refusal) => self.fault(at, refusal.to_string()),
            Ok(()) if requested == Some(Status::Active) => {
                let record = &self.registry.allocations[place];
                self.held.insert(record.path.clone(), id);
            }
            Ok(()) => {}
        }
    }

    /// Adds a file that will get an identity; with `is_upsert` its record is changed if it already
    /// has one.
    pub(super) fn add(&mut self, fields: &Object, at: &str, is_upsert: bool) {
        let at_path = member(at, "file_path");
        let Some(value) = fields.get("file_path") else {
            return self.fault(at, "'file_path' is missing");
        };
        let Some(path) = self.path(value, &at_path) else { return };
        let holder = self.held.get(&path).and_then(|id| self.places.get(id)).copied();
        if let Some(place) = holder {
            if is_upsert {
                let mut others = fields.clone();
                others.remove("file_path");
                return self.write(place, &others, at);
            }
            let id = self.registry.allocations[place].id;
            return self.fault(at_path, format!("'{path}' already has an identity: {id}"));
        }
        if (self.setting.blob)(&path).is_none() {
            return self.fault(at_path, missing_file(&path));
        }
        if self.added.contains_key(&path) {
            return self.fault(at_path, format!("'{path}' is added twice"));
        }
        let metadata = self.new_metadata(fields, at);
        self.added.insert(path, (at_path, metadata));
    }

    /// Returns the metadata of a new record; besides the path, a patch can set nothing else.
    fn new_metadata(&mut self, fields: &Object, at: &str) -> Object {
        let mut metadata = Object::new();
        for (name, value) in fields.iter().filter(|(name, _)| *name != "file_path") {
            let at = member(at, name);
            match (name.as_str(), value) {
                ("metadata", Json::Object(keys)) => {
                    for (key, value) in keys.iter().filter(|(_, value)| **value != Json::Null) {
                        let at = member(&at, key);
                        let value = encoded::merged(None, value);
                        if self.may_write_key(key, &at) && self.is_within_limits(&value, &at) {
                            metadata.insert(key.clone(), value);
                        }
                    }
                }
                ("metadata", _) => self.fault(at, "must be an object"),
                ("id" | "status", _) => {
                    self.fault(at, "idhooks sets this field; leave it out");
                }
                _ => self.fault(at, unwritable(name)),
            }
        }
        metadata
    }

    fn path(&mut self, value: &Json, at: &str) -> Option<RepoPath> {
        let path = value.as_str().ok_or_else(|| "must be a string".to_owned());
        let path =
            path.and_then(|text| RepoPath::new(text.as_bytes()).map_err(|error| error.to_string()));
        path.map_err(|why| self.fault(at, why)).ok()
    }

    /// Allocates identities for the new files and returns the registry, unless there are faults.
    pub(super) fn finish(
        mut self,
        assigner: &mut IdAssigner<'_>,
    ) -> Result<Registry, Vec<PatchFault>> {
        if !self.faults.is_empty() {
            return Err(self.faults);
        }
        let records = std::mem::take(&mut self.registry.allocations).into_iter();
        let mut records: BTreeMap<Origin, Allocation> = records.map(|r| (r.origin, r)).collect();
        for (path, (at, metadata)) in std::mem::take(&mut self.added) {
            let Some(blob) = (self.setting.blob)(&path) else { continue };
            match assigner.give(&mut records, &path, blob, None) {
                Ok(new_id) => {
                    if let Some(record) = records.get_mut(&new_id.origin) {
                        record.metadata.extend(metadata);
                    }
                }
                Err(PlanError::Capacity { counter, .. }) => {
                    let what = format!("no sequence is left in counter {counter}");
                    self.fault(at, what);
                }
            }
        }
        self.registry.allocations = records.into_values().collect();
        if self.faults.is_empty() { Ok(self.registry) } else { Err(self.faults) }
    }
}

fn missing_file(path: &RepoPath) -> String {
    format!("the index has no file '{path}' that the rules track")
}

fn depth(value: &Json) -> u32 {
    match value {
        Json::Array(elements) => 1 + elements.iter().map(depth).max().unwrap_or_default(),
        Json::Object(members) => 1 + members.values().map(depth).max().unwrap_or_default(),
        Json::Compact(_) => depth(&value.expanded()),
        _ => 0,
    }
}
