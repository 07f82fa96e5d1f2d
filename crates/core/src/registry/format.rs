//! The canonical format: one record per line, sorted by identity; only `shadowed` is derived.
//!
//! The position of a line depends only on its identity, so a plain text merge of two branches that
//! allocated one identity to two files must conflict.

use std::collections::{BTreeMap, HashSet};

use sha2::{Digest, Sha256};

use super::json::{Json, Members, write_value};
use super::{
    Allocation, Counter, Id, Origin, Registry, RepoPath, SCHEMA_VERSION, Status, hex, key,
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
        write_counters(top.key("counters"), self);
        write_value(top.key("metadata"), &Json::Object(self.metadata.clone()));
        for (name, value) in &self.extra {
            top.member(name, value);
        }
        top.key("allocations").push_str("[\n");
        self.write_records(&mut out);
        out.push_str(CLOSING);
        out
    }

    /// Returns the SHA-256 of the canonical text in lowercase hexadecimal: registries with the same
    /// content have the same hash.
    pub fn hash(&self) -> String {
        hex::encode(&Sha256::digest(self.format()))
    }

    fn write_records(&self, out: &mut String) {
        let last = self.allocations.len().saturating_sub(1);
        for (n, (record, holder)) in self.sorted().into_iter().enumerate() {
            write_record(out, record, holder);
            out.push_str(if n < last { ",\n" } else { "\n" });
        }
    }

    /// Returns the records in the order in which they are written, each with the identity that
    /// holds its path, if that is another record.
    pub(super) fn sorted(&self) -> Vec<(&Allocation, Option<Id>)> {
        let holders = self.shadowing();
        let holder = |record: &Allocation| holders.get(&record.origin).copied();
        let mut records: Vec<_> = self.allocations.iter().map(|r| (r, holder(r))).collect();
        records.sort_by_key(|(record, _)| (record.id, record.origin));
        records
    }

    /// Returns for each active record whose path another one holds the identity of the holder.
    pub fn shadowing(&self) -> BTreeMap<Origin, Id> {
        let mut paths = HashSet::with_capacity(self.allocations.len());
        if self.active().all(|record| paths.insert(&record.path)) {
            return BTreeMap::new();
        }
        let mut holders: BTreeMap<&RepoPath, &Allocation> = BTreeMap::new();
        for record in self.active() {
            let holder = holders.entry(&record.path).or_insert(record);
            if record.seniority() < holder.seniority() {
                *holder = record;
            }
        }
        let shadowed = self.active().filter_map(|a| {
            let holder = holders.get(&a.path)?;
            (holder.origin != a.origin).then_some((a.origin, holder.id))
        });
        shadowed.collect()
    }
}

/// Formats one record, without the line end; `holder` is the identity that holds its path, if that
/// is another record.
pub fn format_record(record: &Allocation, holder: Option<Id>) -> String {
    let mut out = String::new();
    write_record(&mut out, record, holder);
    out
}

fn write_record(out: &mut String, record: &Allocation, holder: Option<Id>) {
    let status = if holder.is_some() { Status::Superseded } else { record.status };
    out.push('{');
    let mut members = Members::new(out);
    members.string("id", &record.id.to_string());
    members.string("file_path", &String::from_utf8_lossy(record.path.as_bytes()));
    members.string("allocated_at", record.allocated_at.as_str());
    members.string("status", status.as_str());
    write_metadata(members.key("metadata"), record, holder);
    for (name, value) in &record.extra {
        members.member(name, value);
    }
    out.push('}');
}

fn write_metadata(out: &mut String, record: &Allocation, holder: Option<Id>) {
    out.push('{');
    let mut members = Members::new(out);
    members.string(key::ORIGIN, &record.origin.to_string());
    // Add typed and derived keys to the rest, so that all keys are in one order.
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
    for (name, value) in all {
        members.member(name, value);
    }
    out.push('}');
}

fn write_counters(out: &mut String, registry: &Registry) {
    out.push('{');
    let mut counters = Members::new(out);
    for (name, counter) in registry.counters.iter().filter(|(_, c)| !c.is_empty()) {
        write_counter(counters.key(&name.to_string()), counter);
    }
    out.push('}');
}

fn write_counter(out: &mut String, counter: &Counter) {
    let mut all = counter.extra.clone();
    if let Some(floor) = counter.floor {
        all.insert("floor".to_owned(), Json::Number(floor.to_string()));
    }
    if !counter.reserved.is_empty() {
        let numbers = counter.reserved.iter().map(|n| Json::Number(n.to_string()));
        all.insert("reserved".to_owned(), Json::Array(numbers.collect()));
    }
    write_value(out, &Json::Object(all));
}
