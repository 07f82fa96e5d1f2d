//! Three-way merges of single values, objects and counters; counters have reservations and floors.

use std::collections::{BTreeMap, BTreeSet};

use crate::registry::{Counter, CounterKey, Id, Json, Object, Registry, key, values};

/// Merges one value the way git would: takes it from the side that changed it, or calls
/// `both_changed` with our value and theirs if the sides changed it differently.
pub(super) fn three_way<T: PartialEq>(
    base: &T,
    ours: T,
    theirs: T,
    both_changed: impl FnOnce(T, T) -> T,
) -> T {
    if ours == theirs || theirs == *base {
        ours
    } else if ours == *base {
        theirs
    } else {
        both_changed(ours, theirs)
    }
}

/// Merges objects key by key; if the sides changed a key differently, the value with the larger
/// text wins.
pub(super) fn merge_objects(base: &Object, ours: &Object, theirs: &Object) -> Object {
    if ours == theirs {
        return ours.clone();
    }
    // Keys that only the base has were removed on both sides.
    let keys: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    let merged = keys.into_iter().filter_map(|key| {
        let value = three_way(&base.get(key), ours.get(key), theirs.get(key), larger)?;
        Some((key.clone(), value.clone()))
    });
    merged.collect()
}

/// Merges a record's metadata like [`merge_objects`], but keeps both sides' notes about the
/// allocations that the record replaced: without the note, nothing would explain the commit that
/// replaced an allocation.
pub(super) fn merge_metadata(base: &Object, ours: &Object, theirs: &Object) -> Object {
    let mut merged = merge_objects(base, ours, theirs);
    let [old, one, other] = [base, ours, theirs].map(|it| it.get(key::REASSIGNED_FROM));
    // If only one side changed the note, the ordinary merge has already taken the change.
    if one == other || one == old || other == old {
        return merged;
    }
    let [old, one, other] = [old, one, other].map(values);
    // An entry in the base survives only if both sides still have it, so that a removal takes
    // effect.
    let is_kept =
        |value: &&Json| !old.contains(value) || (one.contains(value) && other.contains(value));
    // The entries are sorted, so that the result does not depend on which side is ours.
    let all: BTreeMap<String, &Json> =
        one.iter().chain(other).filter(is_kept).map(|value| (value.compact(), value)).collect();
    let mut all: Vec<Json> = all.into_values().cloned().collect();
    match all.len() {
        0 => merged.remove(key::REASSIGNED_FROM),
        1 => merged.insert(key::REASSIGNED_FROM.to_owned(), all.swap_remove(0)),
        _ => merged.insert(key::REASSIGNED_FROM.to_owned(), Json::Array(all)),
    };
    merged
}

/// Returns the value whose compact JSON is larger; an absent value is the smallest.
fn larger<'a>(one: Option<&'a Json>, other: Option<&'a Json>) -> Option<&'a Json> {
    if one.map(Json::compact) >= other.map(Json::compact) { one } else { other }
}

/// Returns the value whose compact JSON is smaller; an absent value is the smallest.
pub(super) fn smaller<'a>(one: Option<&'a Json>, other: Option<&'a Json>) -> Option<&'a Json> {
    if one.map(Json::compact) <= other.map(Json::compact) { one } else { other }
}

/// Returns the result's counters, given every identity that its records have, had or claim.
pub(super) fn merge_counters(
    base: &Registry,
    ours: &Registry,
    theirs: &Registry,
    ids: impl IntoIterator<Item = Id>,
) -> BTreeMap<CounterKey, Counter> {
    let mut taken: BTreeMap<CounterKey, BTreeSet<u32>> = BTreeMap::new();
    let keys: BTreeSet<CounterKey> =
        ours.counters.keys().chain(theirs.counters.keys()).copied().collect();
    if keys.is_empty() {
        return BTreeMap::new();
    }
    for id in ids {
        taken.entry(id.counter()).or_default().insert(id.sequence().get());
    }
    let empty = Counter::default();
    let none_taken = BTreeSet::new();
    let merge = |key: CounterKey| {
        let of = |side: &Registry| side.counters.get(&key).cloned().unwrap_or_default();
        let base = base.counters.get(&key).unwrap_or(&empty);
        let (ours, theirs) = (of(ours), of(theirs));
        // A record that uses a reserved number releases the reservation. If a side dropped a
        // reservation without using it, the reservation comes back here, which is harmless, unlike
        // losing a reservation that is still needed.
        let held: BTreeSet<u32> = ours.reserved.union(&theirs.reserved).copied().collect();
        let taken = taken.get(&key).unwrap_or(&none_taken);
        let counter = Counter {
            reserved: held.difference(taken).copied().collect(),
            floor: ours.floor.max(theirs.floor),
            extra: merge_objects(&base.extra, &ours.extra, &theirs.extra),
        };
        (key, counter)
    };
    keys.into_iter().map(merge).filter(|(_, counter)| !counter.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(text: &str) -> Object {
        match Json::parse(text) {
            Ok(Json::Object(members)) => members,
            other => unreachable!("{other:?}"),
        }
    }

    fn merged(base: &str, ours: &str, theirs: &str) -> String {
        let forward = merge_objects(&object(base), &object(ours), &object(theirs));
        let reverse = merge_objects(&object(base), &object(theirs), &object(ours));
        assert_eq!(forward, reverse);
        Json::Object(forward).compact()
    }

    #[test]
    fn the_side_that_changed_a_key_wins() {
        assert_eq!(merged(r#"{"a":1,"b":1}"#, r#"{"a":2,"b":1}"#, r#"{"a":1}"#), r#"{"a":2}"#);
        assert_eq!(merged("{}", r#"{"a":1}"#, r#"{"b":[]}"#), r#"{"a":1,"b":[]}"#);
    }

    #[test]
    fn what_either_side_replaced_is_kept() {
        let merged = |values: [&str; 3]| {
            let [base, ours, theirs] =
                values.map(|value| object(&format!(r#"{{"reassigned_from":{value}}}"#)));
            let forward = merge_metadata(&base, &ours, &theirs);
            assert_eq!(forward, merge_metadata(&base, &theirs, &ours));
            forward.get(key::REASSIGNED_FROM).map(Json::compact)
        };
        assert_eq!(merged(["[]", r#""a""#, r#""b""#]).as_deref(), Some(r#"["a","b"]"#));
        assert_eq!(merged([r#""a""#, r#"["a","b"]"#, r#""c""#]).as_deref(), Some(r#"["b","c"]"#));
        assert_eq!(merged([r#"["a","b"]"#, r#""a""#, r#""b""#]), None);
        assert_eq!(merged([r#""a""#, r#""b""#, r#""a""#]).as_deref(), Some(r#""b""#));
    }

    #[test]
    fn the_larger_text_wins_where_both_changed() {
        assert_eq!(merged(r#"{"a":1}"#, r#"{"a":20}"#, r#"{"a":3}"#), r#"{"a":3}"#);
        assert_eq!(merged(r#"{"a":1}"#, "{}", r#"{"a":0}"#), r#"{"a":0}"#);
        assert_eq!(merged("{}", r#"{"a":"x"}"#, r#"{"a":["x"]}"#), r#"{"a":["x"]}"#);
    }
}
