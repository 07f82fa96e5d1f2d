//! [`Slices`]: the records that generators see, and hashes of selected fields in them.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};

use sha2::{Digest, Sha256};

use idhooks_core::config::{Generator, OutputPattern, RecordField, RecordFilter, SortKey};
use idhooks_core::registry::{
    Allocation, Id, Json, Object, Origin, Registry, Status, key, stored_metadata,
};

/// A record, as the registry stores it.
#[derive(Debug, Clone, Copy)]
pub(super) struct SliceRecord<'a> {
    record: &'a Allocation,
    /// The identity that holds the record's path, if this identity belongs to another record.
    holder: Option<Id>,
}

impl SliceRecord<'_> {
    fn status(&self) -> Status {
        if self.holder.is_some() { Status::Superseded } else { self.record.status }
    }

    /// Returns the value of a field, if the record has it.
    pub(super) fn value(&self, field: &RecordField) -> Option<Json> {
        let record = self.record;
        Some(match field {
            RecordField::Id => Json::string(record.id.to_string()),
            RecordField::FilePath => {
                Json::string(String::from_utf8_lossy(record.path.as_bytes()).into_owned())
            }
            RecordField::AllocatedAt => Json::string(record.allocated_at.as_str()),
            RecordField::Status => Json::string(self.status().as_str()),
            RecordField::Namespace => Json::string(record.id.counter().namespace.to_string()),
            RecordField::Type => Json::string(record.id.counter().type_code.to_string()),
            RecordField::Metadata => Json::Object(stored_metadata(record, self.holder)),
            RecordField::MetadataKey(name) => {
                // The keys that belong to idhooks are derived from typed values.
                let is_plain = !key::OWN.contains(&&**name);
                return match is_plain {
                    true => record.metadata.get(name).cloned(),
                    false => stored_metadata(record, self.holder).remove(name),
                };
            }
        })
    }

    /// Returns a field's value as a string, which is empty if the record does not have the field.
    pub(super) fn text(&self, field: &RecordField) -> String {
        match self.value(field) {
            Some(Json::String(text)) => text,
            Some(value) => value.compact(),
            None => String::new(),
        }
    }

    /// Returns the record reduced to these fields, in the form used by the registry.
    pub(super) fn restricted(&self, fields: &[RecordField]) -> Json {
        let mut object = Object::new();
        for field in fields {
            let Some(value) = self.value(field) else { continue };
            match (field, object.get_mut("metadata")) {
                (RecordField::MetadataKey(name), Some(Json::Object(metadata))) => {
                    metadata.insert(name.clone(), value);
                }
                (RecordField::MetadataKey(name), _) => {
                    let metadata = Object::from([(name.clone(), value)]);
                    object.insert("metadata".to_owned(), Json::Object(metadata));
                }
                _ => drop(object.insert(field.to_string(), value)),
            }
        }
        Json::Object(object)
    }

    /// Returns the hash of the values of these fields.
    fn digest(&self, fields: &[RecordField]) -> RecordHash {
        let mut hasher = Sha256::new();
        for field in fields {
            // In compact JSON, line endings only occur in escaped form, so a line ending can
            // separate the values.
            hasher
                .update(self.value(field).map_or_else(|| "-".to_owned(), |value| value.compact()));
            hasher.update(b"\n");
        }
        let mut hash = RecordHash::default();
        hash.copy_from_slice(&hasher.finalize()[..size_of::<RecordHash>()]);
        hash
    }
}

/// The first half of a SHA-256 hash, because most of the time is spent hashing the hashes of all
/// records.
type RecordHash = [u8; 16];

/// A registry's records, as generators see them.
#[derive(Debug)]
pub(super) struct Slices<'a> {
    /// The records, sorted by identity.
    records: Vec<SliceRecord<'a>>,
    /// The records' hashes, for each list of fields requested so far.
    hashes: RefCell<HashMap<Vec<RecordField>, Vec<Option<RecordHash>>>>,
}

impl<'a> Slices<'a> {
    /// Returns a registry's records, leaving out records of outputs.
    pub(super) fn of(registry: &'a Registry, generators: &[Generator]) -> Self {
        let outputs = || generators.iter().flat_map(|generator| &generator.outputs);
        // Plain names are looked up in a set; only outputs with fields need to be matched against
        // each record.
        let plain = outputs().filter(|output| output.is_plain());
        let plain: HashSet<&[u8]> = plain.map(|output| output.as_str().as_bytes()).collect();
        let others: Vec<&OutputPattern> = outputs().filter(|output| !output.is_plain()).collect();
        let is_output =
            |path: &[u8]| plain.contains(path) || others.iter().any(|output| output.matches(path));
        let holders: BTreeMap<Origin, Id> = registry.shadowing();
        let seen = registry.allocations.iter().filter(|record| !is_output(record.path.as_bytes()));
        let with_holder =
            |record| SliceRecord { record, holder: holders.get(&record.origin).copied() };
        let mut records: Vec<SliceRecord<'a>> = seen.map(with_holder).collect();
        records.sort_by_key(|one| (one.record.id, one.record.origin));
        Slices { records, hashes: RefCell::default() }
    }

    /// Returns the positions of the records that pass a filter.
    pub(super) fn filtered(&self, filter: &RecordFilter) -> Vec<usize> {
        let passes = |one: &SliceRecord<'_>| {
            let (record, counter) = (one.record, one.record.id.counter());
            filter.status.as_ref().is_none_or(|all| all.contains(&one.status()))
                && filter.ns.as_ref().is_none_or(|all| all.contains(&counter.namespace))
                && filter.types.as_ref().is_none_or(|all| all.contains(&counter.type_code))
                && filter.ids.as_ref().is_none_or(|all| all.contains(&record.id))
                && filter.path.as_ref().is_none_or(|globs| globs.matches(&record.path))
        };
        (0..self.records.len()).filter(|at| passes(&self.records[*at])).collect()
    }

    /// Returns the record at a position.
    pub(super) fn at(&self, position: usize) -> SliceRecord<'a> {
        self.records[position]
    }

    /// Adds a hash of these records, reduced to these fields, to another hash.
    pub(super) fn hash(&self, positions: &[usize], fields: &[RecordField], into: &mut Sha256) {
        let mut hashes = self.hashes.borrow_mut();
        let hashes = match hashes.get_mut(fields) {
            Some(hashes) => hashes,
            None => hashes.entry(fields.to_vec()).or_insert_with(|| vec![None; self.records.len()]),
        };
        for at in positions {
            let hash = hashes[*at].get_or_insert_with(|| self.records[*at].digest(fields));
            into.update(*hash);
        }
    }

    /// Returns records sorted by these keys, and by identity if the keys are equal.
    pub(super) fn sorted(&self, positions: &[usize], keys: &[SortKey]) -> Vec<SliceRecord<'a>> {
        let texts = |one: &SliceRecord<'_>| -> Vec<String> {
            keys.iter().map(|key| one.text(&key.field)).collect()
        };
        let mut records: Vec<_> = positions.iter().map(|at| (texts(&self.at(*at)), at)).collect();
        // The sort is stable, and the positions are already ordered by identity.
        records.sort_by(|(one, _), (other, _)| {
            let orders = keys.iter().zip(one.iter().zip(other)).map(|(key, (one, other))| {
                let order = one.cmp(other);
                if key.is_descending { order.reverse() } else { order }
            });
            orders.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        });
        records.into_iter().map(|(_, at)| self.at(*at)).collect()
    }
}
