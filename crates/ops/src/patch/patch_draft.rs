//! The registry while a patch is being applied; everything that the patch writes goes through this
//! draft.

use std::collections::BTreeMap;

use idhooks_core::config::Writable;
use idhooks_core::plan::{IdAssigner, PlanError, record_links};
use idhooks_core::registry::{
    Allocation, BlobId, Id, Json, Object, Origin, Registry, RepoPath, Status, Timestamp,
};

use super::read::{Patch, PatchFault, PatchTarget, member, not_writable, unwritable};
use crate::lifecycle::{self, LifecycleRefusal};

/// The maximum size of a metadata value, in bytes.
const MAX_VALUE_SIZE: usize = 1 << 20;

/// The circumstances in which a patch is applied.
pub struct Setting<'a> {
    /// The fields that patches may write.
    pub writable: &'a Writable,
    /// Returns whether the index has a file that may have an identity.
    pub has_file: &'a dyn Fn(&RepoPath) -> bool,
    /// Returns the blob of a file in the index.
    pub blob: &'a dyn Fn(&RepoPath) -> Option<BlobId>,
    /// The last commit's registry.
    pub committed: Option<&'a Registry>,
    /// The date to note for deprecations.
    pub now: Timestamp,
}

impl Patch {
    /// Applies the patch and returns the new registry, all or nothing.
    ///
    /// # Errors
    /// Returns all faults in the patch.
    pub fn apply(
        &self,
        before: &Registry,
        setting: &Setting<'_>,
        assigner: &mut IdAssigner<'_>,
    ) -> Result<Registry, Vec<PatchFault>> {
        let mut draft = PatchDraft::new(before, setting);
        for change in &self.changes {
            draft.reason = change.reason.as_deref().or(self.reason.as_deref());
            match &change.target {
                // An unknown identity is already a fault; the later changes are still checked for
                // other faults.
                PatchTarget::Record(id, at) => {
                    if let Some(record) = draft.record(id, at) {
                        draft.write(record, &change.fields, &change.at);
                    }
                }
                target => draft.write_file(target, &change.fields, &change.at),
            }
        }
        if draft.faults.is_empty() {
            draft.allocate(assigner);
        }
        if draft.faults.is_empty() { Ok(draft.registry) } else { Err(draft.faults) }
    }
}

/// The registry so far, and the faults found. A place is a record's index in the registry; no record
/// is moved or removed, and new ones are added last.
pub(super) struct PatchDraft<'a> {
    pub(super) registry: Registry,
    places: BTreeMap<Id, usize>,
    /// Each path's holder.
    held: BTreeMap<RepoPath, Id>,
    /// The files that will get an identity, each with the pointer to its path and its metadata.
    added: BTreeMap<RepoPath, (String, Object)>,
    /// The records in the last commit.
    committed: BTreeMap<Origin, &'a Allocation>,
    setting: &'a Setting<'a>,
    /// The reason to note for deprecations.
    reason: Option<&'a str>,
    pub(super) faults: Vec<PatchFault>,
}

impl<'a> PatchDraft<'a> {
    pub(super) fn new(before: &Registry, setting: &'a Setting<'a>) -> Self {
        let registry = before.clone();
        let ids = registry.allocations.iter().enumerate();
        let places = ids.map(|(place, record)| (record.id, place)).collect();
        let held = registry.holders(setting.has_file).into_iter();
        let held = held.map(|(path, record)| (path.clone(), record.id)).collect();
        let committed = setting.committed.map(Registry::by_origin).unwrap_or_default();
        let (added, reason, faults) = (BTreeMap::new(), None, Vec::new());
        PatchDraft { registry, places, held, added, committed, setting, reason, faults }
    }

    /// Adds a fault at a place, which is given as a pointer into the patch.
    fn fault(&mut self, at: impl Into<String>, message: impl Into<String>) {
        self.faults.push(PatchFault::new(at, message));
    }

    /// Finds the record with an identity; `at` points to the identity in the patch.
    pub(super) fn record(&mut self, id: &str, at: &str) -> Option<usize> {
        let Ok(id) = id.parse::<Id>() else {
            self.fault(at, format!("'{id}' is not an identity of 16 digits"));
            return None;
        };
        if let Some(place) = self.places.get(&id) {
            return Some(*place);
        }
        // If another program stored the identity before a merge changed it, tell that program the
        // current one.
        let mut known = self.registry.allocations.iter();
        let now = known.find(|r| r.claim == id || r.aliases.contains(&id)).map(|r| r.id);
        let message = match now {
            Some(now) => format!("{id} is now {now}; use that identity"),
            None => LifecycleRefusal::Unknown(id).to_string(),
        };
        self.fault(at, message);
        None
    }

    /// Writes a record's fields.
    pub(super) fn write(&mut self, place: usize, fields: &Object, at: &str) {
        let record = &self.registry.allocations[place];
        if record.is_purged() {
            let what = format!("{} is purged and cannot be changed", record.id);
            return self.fault(at, what);
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

    /// Merges metadata of a record.
    fn merge(&mut self, place: usize, keys: &Object, at: &str) {
        let mut metadata = std::mem::take(&mut self.registry.allocations[place].metadata);
        self.merge_into(&mut metadata, keys, at);
        self.registry.allocations[place].metadata = metadata;
    }

    /// Merges metadata; `null` removes a key.
    fn merge_into(&mut self, metadata: &mut Object, keys: &Object, at: &str) {
        for (name, patch) in keys {
            let at = member(at, name);
            if !self.may_write_key(name, &at) {
                continue;
            }
            if *patch == Json::Null {
                metadata.remove(name);
                continue;
            }
            let value = merged(metadata.get(name), patch);
            // The size is checked after merging, because many small patches could make a value grow
            // without bound.
            if value.compact().len() > MAX_VALUE_SIZE {
                self.fault(at, format!("larger than {} MiB", MAX_VALUE_SIZE >> 20));
            } else {
                metadata.insert(name.clone(), value);
            }
        }
    }

    /// Writes the record of the file that the fields name, or notes that it gets an identity.
    fn write_file(&mut self, target: &PatchTarget, fields: &Object, at: &str) {
        let at_path = member(at, "file_path");
        let Some(value) = fields.get("file_path") else {
            return self.fault(at, "'file_path' is missing");
        };
        let Some(path) = self.path(value, &at_path) else { return };
        let holder = self.held.get(&path).and_then(|id| self.places.get(id)).copied();
        if let Some(place) = holder {
            if *target == PatchTarget::File {
                let mut others = fields.clone();
                others.remove("file_path");
                return self.write(place, &others, at);
            }
            let id = self.registry.allocations[place].id;
            return self.fault(at_path, format!("'{path}' has the identity {id}"));
        }
        if !(self.setting.has_file)(&path) {
            return self.fault(at_path, missing_file(&path));
        }
        if self.added.contains_key(&path) {
            return self.fault(at_path, format!("'{path}' is added twice"));
        }
        let mut metadata = Object::new();
        for (name, value) in fields.iter().filter(|(name, _)| *name != "file_path") {
            let at = member(at, name);
            match (name.as_str(), value) {
                ("metadata", Json::Object(keys)) => self.merge_into(&mut metadata, keys, &at),
                ("metadata", _) => self.fault(at, "must be an object"),
                ("status", value) if value.as_str() == Some(Status::Active.as_str()) => {}
                ("status", _) => self.fault(at, "a new record is active"),
                _ => self.fault(at, unwritable(name)),
            }
        }
        self.added.insert(path, (at_path, metadata));
    }

    /// Gives the new files their identities.
    fn allocate(&mut self, assigner: &mut IdAssigner<'_>) {
        let added = std::mem::take(&mut self.added);
        if added.is_empty() {
            return;
        }
        let records = self.registry.allocations.drain(..);
        let mut records: BTreeMap<Origin, Allocation> =
            records.map(|record| (record.origin, record)).collect();
        for (path, (at, metadata)) in added {
            let Some(blob) = (self.setting.blob)(&path) else {
                self.fault(at, missing_file(&path));
                continue;
            };
            match assigner.give(&mut records, &path, blob, None) {
                Ok(new) => {
                    if let Some(record) = records.get_mut(&new.origin) {
                        record.metadata.extend(metadata);
                    }
                }
                Err(PlanError::Capacity { counter, .. }) => {
                    self.fault(at, format!("no number is left in the counter {counter}"));
                }
            }
        }
        self.registry.allocations = records.into_values().collect();
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

    /// Moves a record to another file, provided that the index confirms the move.
    fn set_path(&mut self, place: usize, value: &Json, at: &str) {
        if !self.setting.writable.path {
            return self.fault(at, not_writable("file_path"));
        }
        let Some(path) = self.path(value, at) else { return };
        let record = &self.registry.allocations[place];
        let (id, old) = (record.id, record.path.clone());
        // Applying the same patch again changes nothing.
        if path == old {
            return;
        }
        let is_there = self.setting.has_file;
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
        // Another record may hold the old path by now.
        if self.held.get(&old) == Some(&id) {
            self.held.remove(&old);
        }
        self.held.insert(path.clone(), id);
        let record = &mut self.registry.allocations[place];
        record.follow(path);
        record_links::note_move(record, self.committed.get(&record.origin).copied());
    }

    /// Deprecates or revives a record, like the commands with the same names.
    fn set_status(&mut self, place: usize, value: &Json, at: &str) {
        if !self.setting.writable.status {
            return self.fault(at, not_writable("status"));
        }
        let record = &self.registry.allocations[place];
        let (id, now) = (record.id, record.status);
        let requested = value.as_str().and_then(Status::parse);
        let done = match requested {
            Some(requested) if requested == now => Ok(()),
            Some(Status::Active) => {
                let holder = self.held.get(&record.path).copied();
                lifecycle::revive_at(&mut self.registry, id, self.setting.has_file, holder)
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

    fn path(&mut self, value: &Json, at: &str) -> Option<RepoPath> {
        let path = value.as_str().ok_or_else(|| "must be a string".to_owned());
        let path =
            path.and_then(|text| RepoPath::new(text.as_bytes()).map_err(|error| error.to_string()));
        path.map_err(|why| self.fault(at, why)).ok()
    }
}

fn missing_file(path: &RepoPath) -> String {
    format!("the index has no file '{path}' that the rules track")
}

/// Returns a value with a merge patch applied (RFC 7386).
pub(super) fn merged(value: Option<&Json>, patch: &Json) -> Json {
    let Json::Object(patches) = patch else { return patch.clone() };
    let mut members = match value.map(|value| value.expanded().into_owned()) {
        Some(Json::Object(members)) => members,
        _ => Object::new(),
    };
    for (name, patch) in patches {
        match patch {
            Json::Null => drop(members.remove(name)),
            patch => {
                let value = merged(members.get(name), patch);
                members.insert(name.clone(), value);
            }
        }
    }
    Json::Object(members)
}
