//! [`Registry`]: a registry whose records have all been parsed.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::json::Json;
use super::{
    Allocation, CounterKey, Id, Object, Origin, RepoPath, Scope, Sequence, Timestamp, key,
};

/// The part of a counter's state that cannot be derived from the records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counter {
    /// The reserved sequences.
    pub reserved: BTreeSet<u32>,
    /// The highest sequence that another program may have allocated; 0 if it has not allocated any,
    /// but may do so.
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

/// All identities in a repository.
///
/// The records are in no particular order; the formatted text is sorted by identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registry {
    /// The repository's scope.
    pub scope: Scope,
    /// The counters whose state cannot be derived.
    pub counters: BTreeMap<CounterKey, Counter>,
    /// The registry's metadata, which is for users.
    pub metadata: Object,
    /// Unknown top-level keys.
    pub extra: Object,
    /// All records, whatever their status.
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

    /// Returns the time another program last changed the legacy file, if the registry notes it.
    pub fn legacy_changed_at(&self) -> Option<Timestamp> {
        self.metadata.get(key::LEGACY_CHANGED_AT)?.as_str()?.parse().ok()
    }

    /// Notes the time another program last changed the legacy file.
    pub fn set_legacy_changed_at(&mut self, at: Timestamp) {
        let at = Json::string(at.to_string());
        self.metadata.insert(key::LEGACY_CHANGED_AT.to_owned(), at);
    }

    /// Returns the highest sequence that is left to the legacy file's program in every counter; 0
    /// if no sequences are.
    pub fn legacy_bound(&self) -> u32 {
        let bound = self.metadata.get(key::LEGACY_BOUND);
        let number = bound.and_then(|bound| match bound {
            Json::Number(text) => text.parse().ok(),
            _ => None,
        });
        number.unwrap_or(0)
    }

    /// Leaves sequences up to this one to the legacy file's program. Does nothing if the current
    /// bound is at least as high, or if it cannot be raised.
    pub fn raise_legacy_bound(&mut self, bound: u32) {
        if bound > self.legacy_bound() && self.can_raise_legacy_bound(bound) {
            self.set_legacy_bound(bound);
        }
    }

    /// Returns whether the bound can be raised without changing any number. If a merge has given a
    /// record a number up to the new bound, the next merge would replace that number.
    pub(crate) fn can_raise_legacy_bound(&self, bound: u32) -> bool {
        let lowest = self.legacy_bound();
        let is_displaced = |record: &Allocation| {
            let number = record.id.sequence().get();
            record.id != record.claim && number <= bound && number > lowest
        };
        !self.allocations.iter().any(is_displaced)
    }

    /// Leaves sequences up to this one to the legacy file's program.
    pub(crate) fn set_legacy_bound(&mut self, bound: u32) {
        match bound {
            0 => self.metadata.remove(key::LEGACY_BOUND),
            _ => {
                let bound = Json::Number(bound.to_string());
                self.metadata.insert(key::LEGACY_BOUND.to_owned(), bound)
            }
        };
    }

    /// Replaces the head's notes about the legacy file with another registry's notes.
    pub fn keep_legacy_notes_of(&mut self, other: &Registry) {
        for name in key::OF_LEGACY_FILE {
            match other.metadata.get(name) {
                None => self.metadata.remove(name),
                Some(note) => self.metadata.insert(name.to_owned(), note.clone()),
            };
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

    /// Gives every record that had no origin when it was read the origin that `other` has for the
    /// same identity, unless another record in this registry already has that origin.
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
                // Origins must stay unique, even if a damaged registry has the same identity twice.
                && own.insert(*origin)
            {
                record.origin = *origin;
                record.origin_is_derived = false;
            }
        }
    }

    /// Returns the registry with origins adopted from `other`; borrows the registry if no record
    /// lacks an origin.
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

    /// Copies the legacy file's counters from another registry: how far its program has counted,
    /// and its reservations.
    pub fn take_counters_of(&mut self, other: &Registry) {
        for (key, counter) in &other.counters {
            let own = self.counters.entry(*key).or_default();
            own.floor = own.floor.max(counter.floor);
            own.reserved.extend(&counter.reserved);
            for (name, value) in &counter.extra {
                own.extra.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        self.release_used();
    }

    /// Releases the reserved identities that records have, used to have or claim.
    pub fn release_used(&mut self) {
        if self.counters.values().all(|counter| counter.reserved.is_empty()) {
            return;
        }
        let used: Vec<Id> = self.allocations.iter().flat_map(Allocation::ids).collect();
        for id in used {
            if let Some(counter) = self.counters.get_mut(&id.counter()) {
                counter.reserved.remove(&id.sequence().get());
            }
        }
        self.counters.retain(|_, counter| !counter.is_empty());
    }

    /// Removes an identity from the reservations; returns whether it was reserved.
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

    /// Returns the identities that several records share.
    pub fn duplicate_ids(&self) -> BTreeSet<Id> {
        repeated(self.allocations.iter().map(|a| a.id))
    }

    /// Returns the origins that several records share.
    pub fn duplicate_origins(&self) -> BTreeSet<Origin> {
        repeated(self.allocations.iter().map(|a| a.origin))
    }

    /// Returns whether every identity and every origin is unique.
    pub fn is_consistent(&self) -> bool {
        self.duplicate_ids().is_empty() && self.duplicate_origins().is_empty()
    }

    /// Returns whether the two registries have the same content, regardless of the order and form
    /// in which they were read.
    pub fn says_the_same_as(&self, other: &Registry) -> bool {
        self.head() == other.head() && self.has_records_of(other)
    }

    /// Returns whether the two registries have the same records, regardless of the order and form
    /// in which they were read.
    pub(crate) fn has_records_of(&self, other: &Registry) -> bool {
        let plain = |registry: &'_ Registry| -> BTreeMap<Origin, Allocation> {
            let records = registry.allocations.iter().cloned();
            // These two flags describe how a record was read, not its content.
            let plain = |record| Allocation { shadowed: false, origin_is_derived: false, ..record };
            records.map(|record| (record.origin, plain(record))).collect()
        };
        self.allocations.len() == other.allocations.len() && plain(self) == plain(other)
    }

    /// Returns the holder of each held path: its most senior active record or, failing that, the
    /// most senior record that a command deprecated, provided that its file exists according to
    /// `is_file`.
    pub fn holders(&self, is_file: impl Fn(&RepoPath) -> bool) -> BTreeMap<&RepoPath, &Allocation> {
        let mut holders: BTreeMap<&RepoPath, &Allocation> = BTreeMap::new();
        let by_command = |a: &&Allocation| a.is_deprecated_by_command() && is_file(&a.path);
        let held = self.allocations.iter().filter(|a| a.is_active() || by_command(a));
        for record in held {
            // Active records come first: a record that a command deprecated holds its path only as
            // long as no other record does.
            let rank = |a: &Allocation| (!a.is_active(), a.seniority());
            let holder = holders.entry(&record.path).or_insert(record);
            if rank(record) < rank(holder) {
                *holder = record;
            }
        }
        holders
    }
}

/// Returns the values grouped by key.
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
