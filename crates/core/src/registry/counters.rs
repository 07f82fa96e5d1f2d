//! [`CounterState`]: a counter's state, derived from the registry's records and counters.

use std::collections::{BTreeMap, BTreeSet};

use super::{Allocation, Counter, CounterKey, Id, Registry, Status};

/// A counter's state.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct CounterState {
    /// The highest sequence ever claimed, or the floor if higher.
    pub current: u32,
    /// The number of records, whatever their status.
    pub allocated: usize,
    /// The reserved sequences.
    pub reserved: BTreeSet<u32>,
}

/// Counts records by counter and by status.
#[derive(Debug, Default)]
pub struct RecordCounts {
    counters: BTreeMap<CounterKey, CountedSequences>,
    /// The previous record's counter, which is usually the next record's too.
    last: Option<(CounterKey, CountedSequences)>,
    statuses: [usize; Status::ALL.len()],
}

/// The part of a counter's state that follows from the records.
#[derive(Debug, Clone, Default)]
struct CountedSequences {
    state: CounterState,
    /// The sequences that records have, used to have or claim.
    sequences: Vec<u32>,
}

impl RecordCounts {
    /// Counts a registry's records.
    pub fn of(registry: &Registry) -> Self {
        let mut counts = RecordCounts::default();
        registry.allocations.iter().for_each(|record| counts.add_record(record));
        counts
    }

    /// Counts a record.
    pub fn add_record(&mut self, record: &Allocation) {
        self.add([record.id, record.claim], record.status);
        for alias in &record.aliases {
            self.counter(alias.counter()).sequences.push(alias.sequence().get());
        }
    }

    /// Counts a record that has this identity and claim, but no aliases.
    pub fn add(&mut self, [id, claim]: [Id; 2], status: Status) {
        self.statuses[status as usize] += 1;
        let own = self.counter(id.counter());
        own.state.allocated += 1;
        own.sequences.push(id.sequence().get());
        let claimed = self.counter(claim.counter());
        claimed.state.current = claimed.state.current.max(claim.sequence().get());
        if claim != id {
            claimed.sequences.push(claim.sequence().get());
        }
    }

    fn counter(&mut self, name: CounterKey) -> &mut CountedSequences {
        // Records are sorted by identity, so neighbours share a counter; this saves a map lookup
        // for nearly all of them.
        if self.last.as_ref().is_none_or(|(last, _)| *last != name) {
            let state = self.counters.remove(&name).unwrap_or_default();
            self.counters.extend(self.last.replace((name, state)));
        }
        &mut self.last.get_or_insert_with(|| (name, CountedSequences::default())).1
    }

    /// Returns the number of records with a given status, or with any status.
    pub fn with(&self, status: Option<Status>) -> usize {
        status.map_or(self.statuses.iter().sum(), |status| self.statuses[status as usize])
    }

    /// Returns the state of every counter in use; `known` holds the part of the state that does not
    /// follow from the records.
    pub fn counters(
        &self,
        known: &BTreeMap<CounterKey, Counter>,
    ) -> BTreeMap<CounterKey, CounterState> {
        let counted =
            self.counted().filter(|(_, counted)| counted.state != CounterState::default());
        let mut counters: BTreeMap<CounterKey, CounterState> =
            counted.map(|(name, counted)| (*name, counted.state.clone())).collect();
        for (name, counter) in known {
            let state = counters.entry(*name).or_default();
            state.current = state.current.max(counter.floor.unwrap_or(0));
            state.reserved.clone_from(&counter.reserved);
        }
        counters
    }

    /// Returns the counters for a program that counts up from `current` and skips reserved numbers,
    /// but does not read records. `current` is the floor, and record sequences above it are
    /// reserved. Without a floor, `current` is the highest claim.
    pub fn legacy_counters(
        &self,
        known: &BTreeMap<CounterKey, Counter>,
    ) -> BTreeMap<CounterKey, CounterState> {
        let mut counters = self.counters(known);
        for (name, floor) in known.iter().filter_map(|(name, counter)| Some((name, counter.floor?)))
        {
            let state = counters.entry(*name).or_default();
            state.current = floor;
            let last = self.last.as_ref().filter(|(own, _)| own == name).map(|(_, last)| last);
            let own = last.or_else(|| self.counters.get(name));
            let sequences = own.into_iter().flat_map(|counted| &counted.sequences);
            state.reserved.extend(sequences.filter(|sequence| **sequence > floor));
        }
        counters
    }

    fn counted(&self) -> impl Iterator<Item = (&CounterKey, &CountedSequences)> {
        let last = self.last.iter().map(|(name, counted)| (name, counted));
        self.counters.iter().chain(last)
    }
}

impl Registry {
    /// Returns the state of every counter in use.
    pub fn counter_states(&self) -> BTreeMap<CounterKey, CounterState> {
        RecordCounts::of(self).counters(&self.counters)
    }

    /// Returns the registry with only the floors that `is_kept` selects, given the counter, its
    /// floor, and the highest sequence that a record claims.
    #[must_use]
    pub fn retaining_floors(mut self, is_kept: impl Fn(CounterKey, u32, u32) -> bool) -> Self {
        let counts = RecordCounts::of(&self).counters(&BTreeMap::new());
        for (name, counter) in &mut self.counters {
            let highest = counts.get(name).map_or(0, |state| state.current);
            counter.floor = counter.floor.filter(|floor| is_kept(*name, *floor, highest));
        }
        self.counters.retain(|_, counter| !counter.is_empty());
        self
    }

    /// Returns the state of every counter as written to the legacy file, whose program continues
    /// after `current`.
    pub fn legacy_counters(&self) -> BTreeMap<CounterKey, CounterState> {
        RecordCounts::of(self).legacy_counters(&self.counters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_claims_records_reservations_and_floors() {
        let text = r#"{"schema_version":"1.0","scope":"260118",
            "counters":{"100_01_260118":{"current":9,"reserved":[3]},"200_20_260118":{"floor":4}},
            "allocations":[
            {"id":"0110000005260118","file_path":"a.md","allocated_at":"2026-01-18T22:00:00Z","status":"active","metadata":{"claim":"0110000007260118"}},
            {"id":"2020000006260118","file_path":"b.py","allocated_at":"2026-01-18T22:00:00Z","status":"deprecated"}]}"#;
        let registry = Registry::parse(text.as_bytes()).expect("valid");
        let states: Vec<_> =
            registry.counter_states().into_iter().map(|(name, t)| (name.to_string(), t)).collect();
        let docs = CounterState { current: 9, allocated: 1, reserved: [3].into() };
        let code = CounterState { current: 6, allocated: 1, reserved: BTreeSet::new() };
        assert_eq!(
            states,
            [("100_01_260118".to_owned(), docs), ("200_20_260118".to_owned(), code)]
        );
    }
}
