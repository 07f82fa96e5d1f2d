//! Counter floors: the last number that another program gave out in each counter.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::{Config, DualWrite, Leading, LegacyFormat};
use crate::registry::{Allocation, CounterKey, Registry};

/// Returns whether, under these rules, the legacy file's program still allocates numbers, so that
/// each counter needs a floor.
pub fn needs_floors(rules: Option<&DualWrite>) -> bool {
    let counts = |rules: &DualWrite| {
        rules.enabled && rules.leading == Leading::Legacy && rules.format == LegacyFormat::Classic
    };
    rules.is_some_and(counts)
}

/// Returns the highest number that these rules leave to the legacy file's program; 0 if they leave
/// no numbers to it.
pub fn legacy_bound(config: &Config) -> u32 {
    config
        .dual_write
        .as_deref()
        .filter(|rules| needs_floors(Some(rules)))
        .map_or(0, |rules| rules.bound)
}

/// Returns whether any record's counter lacks a floor.
pub fn lacks_floor(registry: &Registry) -> bool {
    let has_floor = |counter: CounterKey| {
        registry.counters.get(&counter).is_some_and(|counter| counter.floor.is_some())
    };
    !counters_of(registry).all(has_floor)
}

/// Returns the counters of the records' claims and identities, with repetitions: a merge may have
/// displaced a record to another counter than that of its claim.
fn counters_of(registry: &Registry) -> impl Iterator<Item = CounterKey> {
    registry.allocations.iter().flat_map(|record| [record.claim.counter(), record.id.counter()])
}

/// Gives each record's counter a floor, if it has none and the legacy file's program needs one: the
/// highest sequence in the legacy file. Numbers given out by idhooks do not count.
pub fn begin_floors(registry: &mut Registry, file: &Registry, rules: &DualWrite) {
    if !needs_floors(Some(rules)) {
        return;
    }
    let mut highest: BTreeMap<CounterKey, u32> = BTreeMap::new();
    for id in file.allocations.iter().flat_map(Allocation::ids) {
        let number = highest.entry(id.counter()).or_default();
        *number = (*number).max(id.sequence().get());
    }
    let counters: BTreeSet<CounterKey> = counters_of(registry).collect();
    for counter in counters {
        // Counters that are missing from the file start at 0.
        let floor = highest.get(&counter).copied().unwrap_or(0);
        registry.counters.entry(counter).or_default().floor.get_or_insert(floor);
    }
}

/// Gives each record's counter a floor, if it has none. If the other program is only starting to
/// count now, the floor is the highest sequence in `before`, because the program may have given it
/// out. Otherwise, the floor is 0, because a new counter arrives together with the program's
/// numbers. Numbers given out by idhooks do not change a floor.
pub fn set_floors(registry: &mut Registry, before: &[&Registry]) {
    let mut floors: BTreeMap<CounterKey, u32> = BTreeMap::new();
    for counter in counters_of(registry) {
        let has_floor = registry.counters.get(&counter).is_some_and(|one| one.floor.is_some());
        if !has_floor {
            floors.insert(counter, 0);
        }
    }
    if floors.is_empty() {
        return;
    }
    let has_floors =
        |one: &&&Registry| one.counters.values().any(|counter| counter.floor.is_some());
    let is_first = !before.iter().any(|one| has_floors(&one));
    let given = before.iter().filter(|_| is_first).flat_map(|one| &one.allocations);
    for id in given.flat_map(Allocation::ids) {
        if let Some(floor) = floors.get_mut(&id.counter()) {
            *floor = (*floor).max(id.sequence().get());
        }
    }
    for (counter, floor) in floors {
        registry.counters.entry(counter).or_default().floor = Some(floor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{Origin, RepoPath, Timestamp};

    #[test]
    fn a_counter_goes_on_where_the_other_program_was() {
        let mut registry = Registry::new("260118".parse().expect("valid"));
        let add = |registry: &mut Registry, id: &str| {
            let path = RepoPath::new(id.as_bytes()).expect("a path");
            let id = id.parse().expect("an identity");
            let origin = Origin::of_addition(id, Timestamp::EPOCH, &path, 0);
            registry.allocations.push(Allocation::new(id, path, Timestamp::EPOCH, origin));
        };
        add(&mut registry, "0110000007260118");
        let before = registry.clone();
        add(&mut registry, "0110093000260118");
        add(&mut registry, "2099941877260118");
        assert!(lacks_floor(&registry));
        set_floors(&mut registry, &[&before]);
        assert!(!lacks_floor(&registry));
        let floors: Vec<_> = registry.counters.values().map(|counter| counter.floor).collect();
        assert_eq!(floors, [Some(7), Some(0)]);
        // The floor stays the same; in a counter added later, all numbers belong to the other
        // program.
        let later = registry.clone();
        add(&mut registry, "0199941877260118");
        set_floors(&mut registry, &[&later]);
        assert_eq!(
            registry.counters.values().map(|one| one.floor).collect::<Vec<_>>(),
            [Some(7), Some(0), Some(0)]
        );
        registry = later;
        let states: Vec<_> = registry.legacy_counters().into_values().collect();
        let reserved: Vec<Vec<u32>> =
            states.iter().map(|state| state.reserved.iter().copied().collect()).collect();
        assert_eq!(states.iter().map(|state| state.current).collect::<Vec<_>>(), [7, 0]);
        assert_eq!(reserved, [[93_000], [41_877]]);
    }
}
