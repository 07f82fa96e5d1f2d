//! Compares a registry with what a legacy file says, field by field.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use crate::registry::{Allocation, Id, Json, Registry, Status, key, stored_metadata};

/// The name of the field that stands for a whole record.
const RECORD: &str = "record";

/// A difference between a registry and a legacy file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Discrepancy {
    /// The identity of the record.
    pub id: Id,
    /// The field, such as `file_path` or `metadata.owner`; `record` for a record that only one side
    /// has.
    pub field: String,
    /// What the registry has, if it has the field.
    pub new: Option<String>,
    /// What the legacy file has, if it has the field.
    pub legacy: Option<String>,
}

impl fmt::Display for Discrepancy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Discrepancy { id, field, new, legacy } = self;
        if field == RECORD {
            return match new {
                Some(path) => write!(f, "{id}: only the registry has it, for '{path}'"),
                None => {
                    let path = legacy.as_deref().unwrap_or_default();
                    write!(f, "{id}: only the legacy file has it, for '{path}'")
                }
            };
        }
        let shown = |value: &Option<String>| match value {
            Some(value) => format!("'{value}'"),
            None => "nothing".to_owned(),
        };
        write!(f, "{id}: {field}: {} != {}", shown(new), shown(legacy))
    }
}

/// Returns the differences between the records of a registry and those of a legacy file, in order of
/// their identities. Values that only differ in their spelling are equal.
pub fn discrepancies(registry: &Registry, legacy: &Registry) -> Vec<Discrepancy> {
    let legacy = legacy.with_origins_of(Some(registry));
    let (new, old) = (facts(registry), facts(&legacy));
    let ids: BTreeSet<Id> = new.keys().chain(old.keys()).copied().collect();
    let mut found = Vec::new();
    for id in ids {
        let of = |side: &BTreeMap<Id, Facts>, field: &str| {
            side.get(&id).and_then(|facts| facts.get(field).cloned())
        };
        let mut note = |field: &str, new, legacy| {
            found.push(Discrepancy { id, field: field.to_owned(), new, legacy });
        };
        match (new.get(&id), old.get(&id)) {
            (Some(own), Some(other)) if own == other => {}
            (Some(own), Some(other)) => {
                let fields: BTreeSet<&String> = own.keys().chain(other.keys()).collect();
                let differ =
                    fields.into_iter().filter(|field| own.get(*field) != other.get(*field));
                for field in differ {
                    note(field, own.get(field).cloned(), other.get(field).cloned());
                }
            }
            _ => note(RECORD, of(&new, "file_path"), of(&old, "file_path")),
        }
    }
    found
}

/// The values of a record by field.
type Facts = BTreeMap<String, String>;

fn facts(registry: &Registry) -> BTreeMap<Id, Facts> {
    let holders = registry.shadowing();
    let of = |record: &Allocation| {
        let holder = holders.get(&record.origin).copied();
        let status = if holder.is_some() { Status::Superseded } else { record.status };
        let mut facts = Facts::from([
            ("file_path".to_owned(), record.path.to_string()),
            ("status".to_owned(), status.to_string()),
            ("allocated_at".to_owned(), record.allocated_at.to_string()),
        ]);
        let text = |value: &Json| value.as_str().map_or_else(|| value.compact(), str::to_owned);
        let mut metadata = stored_metadata(record, holder);
        metadata.remove(key::LEGACY_SPELLING);
        facts
            .extend(metadata.iter().map(|(name, value)| (format!("metadata.{name}"), text(value))));
        facts.extend(record.extra.iter().map(|(name, value)| (name.clone(), text(value))));
        (record.id, facts)
    };
    registry.allocations.iter().map(of).collect()
}
