//! [`Discrepancy`]: a field in which two registries, or two forms of a record, differ.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use super::{Allocation, Id, Json, Registry, Status, key, stored_metadata};

/// The name of the pseudo-field that stands for a whole record.
const RECORD: &str = "record";

/// A difference between a registry and a legacy file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Discrepancy {
    /// The record's identity.
    pub id: Id,
    /// The field, such as `file_path` or `metadata.owner`; `record` if only one side has the
    /// record.
    pub field: String,
    /// The value in the registry, if it has this field.
    pub new: Option<String>,
    /// The value in the legacy file, if it has this field.
    pub legacy: Option<String>,
}

impl Discrepancy {
    /// Returns whether only one side has the record.
    pub fn is_of_record(&self) -> bool {
        self.field == RECORD
    }

    /// Returns the record's identity and the field in which the sides differ.
    pub fn place(&self) -> (Id, &str) {
        (self.id, &self.field)
    }
}

impl fmt::Display for Discrepancy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Discrepancy { id, field, new, legacy } = self;
        if self.is_of_record() {
            return match new {
                Some(path) => write!(f, "{id}: only the registry has it, for '{path}'"),
                None => {
                    let path = legacy.as_deref().unwrap_or_default();
                    write!(f, "{id}: only the legacy file has it, for '{path}'")
                }
            };
        }
        write!(f, "{id}: {field}: {} != {}", shown(new), shown(legacy))
    }
}

impl Discrepancy {
    /// Returns a human-readable line that describes how the record changes if it takes the legacy
    /// file's value.
    pub fn as_change(&self) -> String {
        let Discrepancy { id, field, new, legacy } = self;
        match (new, legacy) {
            (None, Some(path)) if self.is_of_record() => format!("{id}: added, for '{path}'"),
            (Some(path), None) if self.is_of_record() => format!("{id}: removed, for '{path}'"),
            _ => format!("{id}: {field}: {} -> {}", shown(new), shown(legacy)),
        }
    }
}

fn shown(value: &Option<String>) -> String {
    value.as_ref().map_or_else(|| "nothing".to_owned(), |value| format!("'{value}'"))
}

/// Returns the differences between a registry's records and a legacy file's, sorted by identity.
/// Values that differ only in spelling count as equal. If two active records have the same path,
/// the registry treats one of them as superseded, but the legacy file is taken literally.
pub fn discrepancies(registry: &Registry, legacy: &Registry) -> Vec<Discrepancy> {
    // A legacy file has no origins, so it borrows the registry's; otherwise every record would
    // differ.
    let legacy = legacy.with_origins_of(Some(registry));
    let new = records(registry, |_| true);
    let old = records(&legacy, |record| record.shadowed);
    let ids: BTreeSet<Id> = new.keys().chain(old.keys()).copied().collect();
    let mut found = Vec::new();
    for id in ids {
        match (new.get(&id), old.get(&id)) {
            // Nearly all records are equal.
            (Some(own), Some(other)) if own == other => {}
            (Some((own, holder)), Some((other, other_holder))) => {
                let [own, other] = [facts_of(own, *holder), facts_of(other, *other_holder)];
                found.extend(field_discrepancies(id, &own, &other));
            }
            (own, other) => {
                let path = |record: &(&Allocation, _)| record.0.path.to_string();
                let (new, legacy) = (own.map(path), other.map(path));
                found.push(Discrepancy { id, field: RECORD.to_owned(), new, legacy });
            }
        }
    }
    found
}

/// Returns the differences between two forms of a record, sorted by field.
pub fn record_discrepancies(own: &Allocation, legacy: &Allocation) -> Vec<Discrepancy> {
    field_discrepancies(own.id, &facts_of(own, None), &facts_of(legacy, None)).collect()
}

fn field_discrepancies<'a>(
    id: Id,
    own: &'a Facts,
    other: &'a Facts,
) -> impl Iterator<Item = Discrepancy> + 'a {
    let fields: BTreeSet<&String> = own.keys().chain(other.keys()).collect();
    let differ = fields.into_iter().filter(|field| own.get(*field) != other.get(*field));
    differ.map(move |field| {
        let [new, legacy] = differing_texts([own, other].map(|facts| facts.get(field)));
        Discrepancy { id, field: field.clone(), new, legacy }
    })
}

/// A record's values, by field.
type Facts = BTreeMap<String, Json>;

/// Maps each identity to its record. If another record holds the record's path and `may_yield`
/// selects the record, also returns the identity that supersedes it.
fn records(
    registry: &Registry,
    may_yield: impl Fn(&Allocation) -> bool,
) -> BTreeMap<Id, (&Allocation, Option<Id>)> {
    let holders = registry.shadowing();
    let holder = |record: &Allocation| holders.get(&record.origin).copied();
    let of = |record| (record, holder(record).filter(|_| may_yield(record)));
    registry.allocations.iter().map(|record| (record.id, of(record))).collect()
}

/// Returns a record's values by field. If another record holds the record's path, `holder` is that
/// record's identity.
fn facts_of(record: &Allocation, holder: Option<Id>) -> Facts {
    let status = if holder.is_some() { Status::Superseded } else { record.status };
    let mut facts: Facts = [
        ("file_path", record.path.to_string()),
        ("status", status.to_string()),
        ("allocated_at", record.allocated_at.to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), Json::string(value)))
    .into();
    let mut metadata = stored_metadata(record, holder);
    // Two spellings of the same value do not count as a difference.
    metadata.remove(key::LEGACY_SPELLING);
    facts.extend(metadata.into_iter().map(|(name, value)| (format!("metadata.{name}"), value)));
    facts.extend(record.extra.iter().map(|(name, value)| (name.clone(), value.clone())));
    facts
}

/// Formats two different values as different strings: strings lose their quotes, unless only the
/// quotes distinguish a string from a number.
pub fn differing_texts(values: [Option<&Json>; 2]) -> [Option<String>; 2] {
    let texts = values.map(|value| value.map(Json::to_text));
    match &texts {
        [Some(one), Some(other)] if one == other => values.map(|value| value.map(Json::compact)),
        _ => texts,
    }
}
