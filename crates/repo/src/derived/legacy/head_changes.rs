//! The changes to the parts of a legacy file's head that the registry keeps.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::registry::{Allocation, Json, Registry, is_total};

use super::LegacyChange;
use super::registry_table::ORDER;

/// Returns the changes to the head of the legacy file when its registry is replaced by another: the
/// version and dates, keys that only the other program knows, and numbers that the records do not
/// explain. Totals and other counter values are derived.
pub(super) fn head_changes(before: &Registry, after: &Registry) -> Vec<LegacyChange> {
    let [old, new] = [before, after].map(head_texts);
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let differ = names.into_iter().filter(|name| old.get(*name) != new.get(*name));
    let change = |name: &String| LegacyChange {
        field: name.clone(),
        from: old.get(name).cloned(),
        to: new.get(name).cloned(),
    };
    let mut changes: Vec<LegacyChange> = differ.map(change).collect();
    changes.extend(counter_changes(before, after));
    changes
}

/// Returns the head's members by name, leaving out derived values.
fn head_texts(registry: &Registry) -> BTreeMap<String, String> {
    let [metadata, extra] = registry.legacy_head(|_| Json::Number("0".to_owned()));
    let metadata = metadata.iter().map(|(name, value)| (format!("metadata.{name}"), name, value));
    let extra = extra.iter().map(|(name, value)| (name.clone(), name, value));
    // The column order is not part of the head.
    let is_kept = |name: &str, value: &Json| !is_total(name, value) && name != ORDER;
    let kept = metadata.chain(extra).filter(|(_, name, value)| is_kept(name, value));
    kept.map(|(field, _, value)| (field, value.to_text())).collect()
}

/// Returns the changes to counters that the records do not explain: reserved numbers, and a current
/// number that no record has.
fn counter_changes(before: &Registry, after: &Registry) -> Vec<LegacyChange> {
    let (old, new) = (before.legacy_counters(), after.legacy_counters());
    let mut changes = Vec::new();
    let names: BTreeSet<_> = before.counters.keys().chain(after.counters.keys()).collect();
    for name in names {
        let [held, will_hold] = [before, after].map(|registry| registry.counters.get(name));
        let states = [&old, &new].map(|states| states.get(name).cloned().unwrap_or_default());
        let mut add = |field: &str, [from, to]: [String; 2]| {
            let field = format!("counters.{name}.{field}");
            let change = LegacyChange { field, from: Some(from), to: Some(to) };
            changes.extend(Some(change).filter(|change| change.from != change.to));
        };
        let floor = will_hold.and_then(|counter| counter.floor);
        let is_given = |floor: u32| {
            let mut ids = after.allocations.iter().flat_map(Allocation::ids);
            ids.any(|id| id.counter() == *name && id.sequence().get() == floor)
        };
        let is_changed = held.and_then(|counter| counter.floor) != floor;
        // If a record has the floor's number, the change follows from that record.
        if is_changed && floor.is_some_and(|floor| !is_given(floor)) {
            add("current", states.each_ref().map(|state| state.current.to_string()));
        }
        let reserved = [held, will_hold].map(|one| one.map(|one| &one.reserved));
        add(
            "reserved",
            reserved.map(|one| format!("{:?}", Vec::from_iter(one.into_iter().flatten()))),
        );
    }
    changes
}
