//! The canonical format: one record per line, sorted by identity. `shadowed` is the only value that
//! is derived when writing.
//!
//! A line's position depends only on its identity, so if two branches allocated the same identity
//! to two files, a plain text merge is bound to conflict.

use std::collections::{BTreeMap, HashSet};

use sha2::{Digest, Sha256};

use super::json::{Json, Members, write_value};
use super::legacy_spelling::Spelling;
use super::{
    Allocation, Counter, CounterKey, Id, Object, Origin, Registry, SCHEMA_VERSION, Status, hex, key,
};

/// The text after the records.
pub(super) const CLOSING: &str = "]}\n";

impl Registry {
    /// Returns the canonical text.
    pub fn format(&self) -> String {
        let mut out = String::with_capacity(256 + self.allocations.len() * 200);
        out.push('{');
        let mut top = Members::new(&mut out);
        top.string("schema_version", SCHEMA_VERSION);
        top.string("scope", &self.scope.to_string());
        write_value(top.key("counters"), &counters(&self.counters));
        write_value(top.key("metadata"), &Json::Object(self.metadata.clone()));
        for (name, value) in &self.extra {
            top.member(name, value);
        }
        top.key("allocations").push_str("[\n");
        let last = self.allocations.len().saturating_sub(1);
        for (n, (record, holder)) in self.sorted().into_iter().enumerate() {
            write_record(&mut out, record, holder);
            out.push_str(if n < last { ",\n" } else { "\n" });
        }
        out.push_str(CLOSING);
        out
    }

    /// Returns the SHA-256 of the canonical text in lowercase hexadecimal; registries with the same
    /// content have the same hash.
    pub fn hash(&self) -> String {
        hex::encode(&Sha256::digest(self.format()))
    }

    /// Returns the records in the order they are written. If another record holds a record's path,
    /// its identity is included.
    pub fn sorted(&self) -> Vec<(&Allocation, Option<Id>)> {
        let holders = self.shadowing();
        let holder = |record: &Allocation| holders.get(&record.origin).copied();
        let mut records: Vec<_> = self.allocations.iter().map(|r| (r, holder(r))).collect();
        records.sort_by_key(|(record, _)| (record.id, record.origin));
        records
    }

    /// Returns the holder's identity for each active record whose path is held by another record.
    pub fn shadowing(&self) -> BTreeMap<Origin, Id> {
        // Normally every path occurs only once; a set shows this without building the ordered map
        // of all holders.
        let mut paths = HashSet::with_capacity(self.allocations.len());
        if self.active().all(|record| paths.insert(&record.path)) {
            return BTreeMap::new();
        }
        let holders = self.holders(|_| false);
        let shadowed = self.active().filter_map(|a| {
            let holder = holders.get(&a.path)?;
            (holder.origin != a.origin).then_some((a.origin, holder.id))
        });
        shadowed.collect()
    }
}

/// Formats one record without a line ending. If another record holds the record's path, `holder` is
/// that record's identity.
pub fn format_record(record: &Allocation, holder: Option<Id>) -> String {
    let mut out = String::new();
    write_record(&mut out, record, holder);
    out
}

/// Returns a record's metadata as stored in the registry.
pub fn stored_metadata(record: &Allocation, holder: Option<Id>) -> Object {
    let mut text = String::new();
    write_metadata(&mut text, record, holder, None);
    // The metadata is written and parsed again, because only the writer knows the computed keys.
    match Json::parse(&text) {
        Ok(Json::Object(metadata)) => metadata,
        _ => Object::new(),
    }
}

/// Appends one record, formatted as in [`format_record`].
pub fn write_record(out: &mut String, record: &Allocation, holder: Option<Id>) {
    write_record_as(out, record, holder, None);
}

/// Appends one record the way the program it was imported from writes it. If another record holds
/// the record's path, `holder` is that record's identity.
pub fn write_legacy_record(out: &mut String, record: &Allocation, holder: Option<Id>) {
    write_record_as(out, record, holder, Some(&Spelling::of(record)));
}

/// Appends one record, spelled our way or another program's.
fn write_record_as(
    out: &mut String,
    record: &Allocation,
    holder: Option<Id>,
    spelling: Option<&Spelling>,
) {
    let status = if holder.is_some() { Status::Superseded } else { record.status };
    let path = spelling.and_then(|spelling| spelling.path(&record.path));
    let at = spelling.and_then(|spelling| spelling.instant(record.allocated_at));
    out.push('{');
    let mut members = Members::new(out);
    members.string("id", &record.id.to_string());
    match path {
        Some(path) => members.string("file_path", path),
        // `path_hex` holds the exact bytes of a path that is not UTF-8.
        None => members.string("file_path", &String::from_utf8_lossy(record.path.as_bytes())),
    }
    members.string("allocated_at", at.unwrap_or(record.allocated_at.as_str()));
    members.string("status", status.as_str());
    write_metadata(members.key("metadata"), record, holder, spelling);
    match spelling.filter(|spelling| !spelling.beside.is_empty()) {
        None => record.extra.iter().for_each(|(name, value)| members.member(name, value)),
        Some(spelling) => {
            let mut extra: BTreeMap<&str, &Json> =
                record.extra.iter().map(|(name, value)| (name.as_str(), value)).collect();
            let holder = holder.map(|holder| Json::string(holder.to_string()));
            let value = |name: &str| match &holder {
                Some(holder) if name == key::SUPERSEDED_BY => holder,
                _ => record.metadata.get(name).unwrap_or(&Json::Null),
            };
            extra.extend(spelling.beside.iter().map(|name| (name.as_str(), value(name))));
            for (name, value) in extra {
                members.member(name, value);
            }
        }
    }
    out.push('}');
}

fn write_metadata(
    out: &mut String,
    record: &Allocation,
    holder: Option<Id>,
    spelling: Option<&Spelling>,
) {
    out.push('{');
    let mut members = Members::new(out);
    members.string(key::ORIGIN, &record.origin.to_string());
    // Typed and derived keys are merged into the remaining keys, so that all keys are sorted
    // together.
    let mut computed = Vec::new();
    if record.claim != record.id {
        computed.push((key::CLAIM, Json::string(record.claim.to_string())));
    }
    if !record.aliases.is_empty() {
        let aliases = record.aliases.iter().map(|id| Json::string(id.to_string()));
        computed.push((key::ALIASES, Json::Array(aliases.collect())));
    }
    if record.path.as_str().is_none() {
        computed.push((key::PATH_HEX, Json::string(hex::encode(record.path.as_bytes()))));
    }
    if let Some(holder) = holder {
        computed.push((key::SHADOWED, Json::Bool(true)));
        computed.push((key::SUPERSEDED_BY, Json::string(holder.to_string())));
    }
    let mut all: BTreeMap<&str, &Json> =
        record.metadata.iter().map(|(name, value)| (name.as_str(), value)).collect();
    all.extend(computed.iter().map(|(name, value)| (*name, value)));
    if let Some(spelling) = spelling {
        all.remove(key::LEGACY_SPELLING);
        all.retain(|name, _| !spelling.beside.iter().any(|beside| beside == name));
    }
    for (name, value) in all {
        members.member(name, value);
    }
    out.push('}');
}

/// Returns the counters whose state cannot be derived.
fn counters(counters: &BTreeMap<CounterKey, Counter>) -> Json {
    let number = |n: &u32| Json::Number(n.to_string());
    let members = counters.iter().filter(|(_, c)| !c.is_empty()).map(|(name, counter)| {
        let mut all = counter.extra.clone();
        all.extend(counter.floor.map(|floor| ("floor".to_owned(), number(&floor))));
        if !counter.reserved.is_empty() {
            let numbers = counter.reserved.iter().map(number).collect();
            all.insert("reserved".to_owned(), Json::Array(numbers));
        }
        (name.to_string(), Json::Object(all))
    });
    Json::Object(members.collect())
}
