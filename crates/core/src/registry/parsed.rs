//! [`Registry`]: a registry of which every record was parsed; [`CounterState`]: the state of its
//! counters that is derived from the records.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::{Allocation, CounterKey, Id, Object, Origin, RepoPath, Scope, Sequence, Status};

/// The state of a counter that cannot be derived from the records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counter {
    /// The reserved sequences.
    pub reserved: BTreeSet<u32>,
    /// The highest sequence that another program may have allocated.
    pub floor: Option<u32>,
    /// Unknown keys.
    pub extra: Object,
}

impl Counter {
    /// Returns whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        *self == Counter::default()
    }
}

/// All identities of a repository.
///
/// Records are in no particular order; the formatted text is sorted by identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registry {
    /// The scope of the repository.
    pub scope: Scope,
    /// The counters with a state that cannot be derived.
    pub counters: BTreeMap<CounterKey, Counter>,
    /// The metadata of the registry, for the user.
    pub metadata: Object,
    /// Unknown top-level keys.
    pub extra: Object,
    /// Every record, with any status.
    pub allocations: Vec<Allocation>,
}

impl Registry {
    /// Returns a registry without records.
    pub fn new(scope: Scope) -> Self {
        Registry {
            scope,
            counters: BTreeMap::new(),
            metadata: Object::new(),
            extra: Object::new(),
            allocations: Vec::new(),
        }
    }

    /// Returns the registry without its records.
    #[must_use]
    pub fn head(&self) -> Self {
        Registry {
            scope: self.scope,
            counters: self.counters.clone(),
            metadata: self.metadata.clone(),
            extra: self.extra.clone(),
            allocations: Vec::new(),
        }
    }

    /// Returns the records by origin.
    pub fn by_origin(&self) -> BTreeMap<Origin, &Allocation> {
        self.allocations.iter().map(|record| (record.origin, record)).collect()
    }

    /// Returns the active records.
    pub fn active(&self) -> impl Iterator<Item = &Allocation> + Clone {
        self.allocations.iter().filter(|record| record.is_active())
    }

    /// Returns the reserved identities.
    pub fn reserved_ids(&self) -> impl Iterator<Item = Id> {
        self.counters.iter().flat_map(|(counter, held)| {
            let sequences = held.reserved.iter().filter_map(|n| Sequence::new(*n));
            sequences.map(|sequence| counter.id(sequence))
        })
    }

    /// Gives every record that was read without an origin the one that `other` has for the same
    /// identity, unless another record in this registry already has it.
    pub fn adopt_origins(&mut self, other: &Registry) {
        if !self.allocations.iter().any(|a| a.origin_is_derived) {
            return;
        }
        let stored = |registry: &'_ Registry| {
            let records = registry.allocations.iter().filter(|a| !a.origin_is_derived);
            records.map(|a| (a.id, a.origin)).collect::<Vec<_>>()
        };
        let known: BTreeMap<Id, Origin> = stored(other).into_iter().collect();
        let mut own: BTreeSet<Origin> =
            stored(self).into_iter().map(|(_, origin)| origin).collect();
        for record in self.allocations.iter_mut().filter(|a| a.origin_is_derived) {
            if let Some(origin) = known.get(&record.id)
                && own.insert(*origin)
            {
                record.origin = *origin;
                record.origin_is_derived = false;
            }
        }
    }

    /// Returns the registry with origins adopted from `other`; borrows it if no record lacks one.
    pub fn with_origins_of(&self, other: Option<&Registry>) -> Cow<'_, Registry> {
        match other.filter(|_| self.allocations.iter().any(|a| a.origin_is_derived)) {
            None => Cow::Borrowed(self),
            Some(other) => {
                let mut registry = self.clone();
                registry.adopt_origins(other);
                Cow::Owned(registry)
            }
        }
    }

    /// Removes an identity from the reserved ones; returns whether it was reserved.
    pub fn release(&mut self, id: Id) -> bool {
        let counter = self.counters.get_mut(&id.counter());
        let was_reserved = counter.is_some_and(|held| held.reserved.remove(&id.sequence().get()));
        self.counters.retain(|_, counter| !counter.is_empty());
        was_reserved
    }

    /// Returns the registry without its active records.
    #[must_use]
    pub fn without_active(&self) -> Registry {
        let kept = self.allocations.iter().filter(|record| !record.is_active());
        Registry { allocations: kept.cloned().collect(), ..self.head() }
    }

    /// Returns the identities of more than one record.
    pub fn duplicate_ids(&self) -> BTreeSet<Id> {
        repeated(self.allocations.iter().map(|a| a.id))
    }

    /// Returns the origins of more than one record.
    pub fn duplicate_origins(&self) -> BTreeSet<Origin> {
        repeated(self.allocations.iter().map(|a| a.origin))
    }

    /// Returns whether no identity and no origin occurs twice.
    pub fn is_consistent(&self) -> bool {
        self.duplicate_ids().is_empty() && self.duplicate_origins().is_empty()
    }

    /// Returns whether both have the same content, in whatever order and form they were read.
    pub fn says_the_same_as(&self, other: &Registry) -> bool {
        let plain = |registry: &'_ Registry| -> BTreeMap<Origin, Allocation> {
            let records = registry.allocations.iter().cloned();
            let plain = |record| Allocation { shadowed: false, origin_is_derived: false, ..record };
            records.map(|record| (record.origin, plain(record))).collect()
        };
        self.head() == other.head()
            && self.allocations.len() == other.allocations.len()
            && plain(self) == plain(other)
    }

    /// Returns the holder of every held path: its most senior active record, otherwise the most
    /// senior one deprecated by command (which holds only if `is_file` says that its file
    /// exists).
    pub fn holders(&self, is_file: impl Fn(&RepoPath) -> bool) -> BTreeMap<&RepoPath, &Allocation> {
        let mut holders: BTreeMap<&RepoPath, &Allocation> = BTreeMap::new();
        let by_command = |a: &&Allocation| a.is_deprecated_by_command() && is_file(&a.path);
        let held = self.allocations.iter().filter(|a| a.is_active() || by_command(a));
        for record in held {
            let rank = |a: &Allocation| (!a.is_active(), a.seniority());
            let holder = holders.entry(&record.path).or_insert(record);
            if rank(record) < rank(holder) {
                *holder = record;
            }
        }
        holders
    }
}

/// Returns the values by key.
pub fn grouped<K: Ord, V>(pairs: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, Vec<V>> {
    let mut groups: BTreeMap<K, Vec<V>> = BTreeMap::new();
    for (key, value) in pairs {
        groups.entry(key).or_default().push(value);
    }
    groups
}

fn repeated<T: Ord + Copy>(items: impl Iterator<Item = T>) -> BTreeSet<T> {
    let mut seen = BTreeSet::new();
    items.filter(|item| !seen.insert(*item)).collect()
}

/// The state of a counter.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct CounterState {
    /// The highest sequence ever claimed, or the floor if that is higher.
    pub current: u32,
    /// The number of records with any status.
    pub allocated: usize,
    /// The reserved sequences.
    pub reserved: BTreeSet<u32>,
}

/// Counts records by counter and by status.
#[derive(Debug, Default)]
pub(crate) struct RecordCounts {
    counters: BTreeMap<CounterKey, CounterState>,
    /// The counter of the last record: that of the next one, too, in most sorted registries.
    last: Option<(CounterKey, CounterState)>,
    statuses: [usize; Status::ALL.len()],
}

impl RecordCounts {
    /// Counts the records of a registry.
    pub(crate) fn of(registry: &Registry) -> Self {
        let mut counts = RecordCounts::default();
        for record in &registry.allocations {
            counts.add([record.id, record.claim], record.status);
        }
        counts
    }

    /// Counts a record with this identity and claim.
    pub(crate) fn add(&mut self, [id, claim]: [Id; 2], status: Status) {
        self.statuses[status as usize] += 1;
        self.counter(id.counter()).allocated += 1;
        let claimed = self.counter(claim.counter());
        claimed.current = claimed.current.max(claim.sequence().get());
    }

    fn counter(&mut self, name: CounterKey) -> &mut CounterState {
        if self.last.as_ref().is_none_or(|(last, _)| *last != name) {
            let state = self.counters.remove(&name).unwrap_or_default();
            self.counters.extend(self.last.replace((name, state)));
        }
        &mut self.last.get_or_insert_with(|| (name, CounterState::default())).1
    }

    /// Returns the number of records with a status, or of all.
    pub(super) fn with(&self, status: Option<Status>) -> usize {
        status.map_or(self.statuses.iter().sum(), |status| self.statuses[status as usize])
    }

    /// Returns the state of every counter that is in use; `known` is what records do not say.
    pub(super) fn counters(
        &self,
        known: &BTreeMap<CounterKey, Counter>,
    ) -> BTreeMap<CounterKey, CounterState> {
        let mut counters = self.counters.clone();
        counters.extend(self.last.clone());
        for (name, counter) in known {
            let state = counters.entry(*name).or_default();
            state.current = state.current.max(counter.floor.unwrap_or(0));
            state.reserved.clone_from(&counter.reserved);
        }
        counters
    }
}

impl Registry {
    /// Returns the state of every counter that is in use.
    pub fn counter_states(&self) -> BTreeMap<CounterKey, CounterState> {
        RecordCounts::of(self).counters(&self.counters)
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
