//! [`IdAssigner`]: allocates an identity for a single file; [`Allocator`] chooses the identity.

use std::collections::{BTreeMap, HashSet};

use foldhash::fast::RandomState;

use crate::config::{Config, Strategy};
use crate::registry::{
    Allocation, BlobId, CounterKey, Id, Namespace, Origin, Records, Registry, RepoPath, Scope,
    Sequence, Timestamp, TypeCode, key,
};
use crate::rename::Blobs;

use super::{
    AllocationLog, counter_floors::legacy_bound, ids_in_files::origin_blob, plan_input::PlanError,
};

/// Allocates identities for files that have none, one at a time.
pub struct IdAssigner<'a> {
    /// The rules.
    pub config: &'a Config,
    /// The repository's scope: six digits.
    pub scope: Scope,
    /// The date for new records.
    pub now: Timestamp,
    /// Chooses free identities.
    pub allocator: Allocator<'a>,
    /// The parts of the identity that the user specified.
    pub choice: Choice,
    /// The contents of the files.
    pub blobs: &'a dyn Blobs,
}

/// The parts of a new identity that the user specified; the rules determine the rest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Choice {
    /// The TYPE.
    pub type_code: Option<TypeCode>,
    /// The namespace.
    pub namespace: Option<Namespace>,
}

/// The identity that a file has been given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewId {
    /// The file's identity.
    pub id: Id,
    /// The origin of the allocation.
    pub origin: Origin,
}

impl IdAssigner<'_> {
    /// Adds an identity for the file at `path` with `blob` to `records`: either a new one, or a
    /// deprecated record's identity if it is the same allocation.
    ///
    /// # Errors
    /// Returns an error if a counter is full.
    pub fn give(
        &mut self,
        records: &mut BTreeMap<Origin, Allocation>,
        path: &RepoPath,
        blob: BlobId,
        copied_from: Option<Id>,
    ) -> Result<NewId, PlanError> {
        let blob = origin_blob(self.config, self.blobs, path, blob);
        let mut generation = 0;
        let origin = loop {
            let origin = Origin::of_file(path, blob, generation);
            match records.get_mut(&origin) {
                None => break origin,
                // The same content at the same path is the same allocation.
                Some(record) if record.revives() => {
                    record.activate(path.clone());
                    return Ok(NewId { id: record.id, origin });
                }
                // That allocation is in use or has ended for good, so this file needs an allocation
                // of its own.
                Some(_) => generation += 1,
            }
        };
        let (id, at) = self.choose(path, origin)?;
        let mut record = Allocation::new(id, path.clone(), at, origin);
        if let Some(source) = copied_from {
            record.set_text(key::COPIED_FROM, source.to_string());
        }
        records.insert(origin, record);
        Ok(NewId { id, origin })
    }

    /// Gives exactly this identity, which must be free, to the file at `path` with `blob`.
    pub fn give_this(
        &mut self,
        records: &mut BTreeMap<Origin, Allocation>,
        path: &RepoPath,
        blob: BlobId,
        id: Id,
    ) -> NewId {
        let blob = origin_blob(self.config, self.blobs, path, blob);
        let mut origins = (0..).map(|generation| Origin::of_file(path, blob, generation));
        let origin = origins.find(|origin| !records.contains_key(origin));
        let origin = origin.unwrap_or_else(|| Origin::of_file(path, blob, 0));
        self.allocator.mark_taken(id);
        records.insert(origin, Allocation::new(id, path.clone(), self.now, origin));
        NewId { id, origin }
    }

    /// Chooses an identity and date for a new allocation.
    ///
    /// # Errors
    /// Returns an error if a counter is full.
    pub fn choose(
        &mut self,
        path: &RepoPath,
        origin: Origin,
    ) -> Result<(Id, Timestamp), PlanError> {
        let counter = CounterKey {
            namespace: self.choice.namespace.unwrap_or_else(|| self.config.namespace_of(path)),
            type_code: self.choice.type_code.unwrap_or_else(|| self.config.type_of(path)),
            scope: self.scope,
        };
        let chosen = self.allocator.choose(counter, origin, self.now);
        chosen.ok_or_else(|| PlanError::Capacity { counter, path: path.clone() })
    }
}

/// Chooses free identities, given the ones already taken.
pub struct Allocator<'a> {
    strategy: Strategy,
    log: Option<&'a AllocationLog>,
    unread: Option<&'a dyn Records>,
    /// The identities that files carry, sorted, each with the origin of the file's allocation.
    carried: Vec<(Id, Origin)>,
    taken: HashSet<Id, RandomState>,
    floors: BTreeMap<CounterKey, u32>,
    /// Sequences up to this one are left to a legacy file's program.
    bound: u32,
    highest: BTreeMap<CounterKey, u32>,
}

impl<'a> Allocator<'a> {
    /// Collects the identities that are taken: the identities in `registry`, whatever their
    /// records' status, with aliases, reservations and floors; the identities in `unread`, which
    /// includes all of `registry`; and the identities that this clone has allocated before,
    /// according to `log`. An identity in `log` remains free for the origin it was allocated to.
    pub fn new(
        config: &Config,
        registry: &Registry,
        log: Option<&'a AllocationLog>,
        unread: Option<&'a dyn Records>,
    ) -> Self {
        let mut allocator = Allocator {
            strategy: config.allocation.strategy,
            log,
            unread,
            carried: Vec::new(),
            taken: HashSet::default(),
            floors: BTreeMap::new(),
            bound: legacy_bound(config).max(registry.legacy_bound()),
            highest: BTreeMap::new(),
        };
        for record in &registry.allocations {
            // A displaced record has a different identity from the one it claims; it must not raise
            // the sequence.
            allocator.taken.insert(record.id);
            allocator.mark_taken(record.claim);
            allocator.taken.extend(&record.aliases);
        }
        allocator.taken.extend(registry.reserved_ids());
        for (counter, held) in &registry.counters {
            if let Some(floor) = held.floor {
                allocator.floors.insert(*counter, floor);
                let top = allocator.highest.entry(*counter).or_default();
                *top = (*top).max(floor);
            }
        }
        allocator
    }

    /// Returns the allocator, restricted so that it gives each of these identities only to the
    /// allocation listed with it.
    #[must_use]
    pub fn sparing(mut self, mut carried: Vec<(Id, Origin)>) -> Self {
        carried.sort_unstable();
        self.carried = carried;
        self
    }

    /// Returns whether other files carry `id`, but the file with `origin` does not.
    fn is_carried_elsewhere(&self, id: Id, origin: Origin) -> bool {
        let first = self.carried.partition_point(|(carried, _)| *carried < id);
        let mut files = self.carried[first..].iter().take_while(|(carried, _)| *carried == id);
        files.clone().next().is_some() && !files.any(|(_, file)| *file == origin)
    }

    /// Marks an identity as taken.
    pub(super) fn mark_taken(&mut self, id: Id) {
        self.taken.insert(id);
        let top = self.highest.entry(id.counter()).or_default();
        *top = (*top).max(id.sequence().get());
    }

    /// Returns whether `id` can be allocated to `origin`.
    fn is_free(&self, id: Id, origin: Origin) -> bool {
        let floor = self.floors.get(&id.counter()).copied().unwrap_or(0);
        id.sequence().get() > floor.max(self.bound)
            && !self.taken.contains(&id)
            && !self.is_carried_elsewhere(id, origin)
            && !self.unread.is_some_and(|unread| unread.has(id))
            && !self.log.is_some_and(|log| log.is_taken(id, origin))
    }

    /// Chooses an identity in `counter` for `origin` and marks it as taken. Its date is `now`,
    /// unless this clone has allocated it before.
    ///
    /// Returns `None` if the counter is full.
    pub fn choose(
        &mut self,
        counter: CounterKey,
        origin: Origin,
        now: Timestamp,
    ) -> Option<(Id, Timestamp)> {
        let known = self.log.and_then(|log| log.find(origin));
        let earlier = known.filter(|(id, _)| id.counter() == counter && self.is_free(*id, origin));
        // The date is kept even if the number has been taken since then, because seniority depends
        // on it.
        let date = known.map_or(now, |(_, at)| at);
        let chosen = match earlier {
            Some((id, _)) => id,
            None => self.first_free(counter, origin)?,
        };
        self.mark_taken(chosen);
        Some((chosen, date))
    }

    fn first_free(&self, counter: CounterKey, origin: Origin) -> Option<Id> {
        let free = |sequence| {
            let id = counter.id(sequence);
            self.is_free(id, origin).then_some(id)
        };
        match self.strategy {
            Strategy::Scattered => origin.sequences_above(self.bound).find_map(free),
            Strategy::Sequential => {
                let claimed = self.highest.get(&counter).copied().unwrap_or(0);
                let top = claimed
                    .max(self.bound)
                    .max(self.unread.map_or(0, |unread| unread.highest(counter)));
                (top + 1..=Sequence::MAX).filter_map(Sequence::new).find_map(free)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{Allocation, Counter, RepoPath};

    fn fixture() -> (Registry, CounterKey, Origin, Timestamp) {
        let registry = Registry::new("260118".parse().expect("valid"));
        (
            registry,
            "100_01_260118".parse().expect("valid"),
            "c122650e81a52c85".parse().expect("valid"),
            "2026-01-01T00:00:00Z".parse().expect("valid"),
        )
    }

    fn record(id: &str, origin: &str) -> Allocation {
        let path = RepoPath::new(*b"x").expect("valid");
        let at = "2026-01-01T00:00:00Z".parse().expect("valid");
        Allocation::new(id.parse().expect("valid"), path, at, origin.parse().expect("valid"))
    }

    fn chosen(strategy: Strategy, registry: &Registry, log: &AllocationLog) -> Option<u32> {
        let (_, counter, origin, now) = fixture();
        let config = config(strategy, "");
        let mut allocator = Allocator::new(&config, registry, Some(log), None);
        allocator.choose(counter, origin, now).map(|(id, _)| id.sequence().get())
    }

    /// Returns rules for use alongside another program, with this line in `[dual_write]`.
    fn config(strategy: Strategy, line: &str) -> Config {
        let table = format!("[dual_write]\nenabled = true\nleading = 'legacy'\n{line}");
        let mut config = Config::parse(&table).expect("valid");
        config.allocation.strategy = strategy;
        config
    }

    #[test]
    fn the_band_of_another_program_is_left_to_it() {
        let (registry, counter, origin, at) = fixture();
        for strategy in [Strategy::Scattered, Strategy::Sequential] {
            let bounded = config(strategy, "bound = 90000");
            let mut allocator = Allocator::new(&bounded, &registry, None, None);
            let (id, _) = allocator.choose(counter, origin, at).expect("there is room");
            assert!(id.sequence().get() > 90_000);
            let free = config(strategy, "");
            let mut allocator = Allocator::new(&free, &registry, None, None);
            let (id, _) = allocator.choose(counter, origin, at).expect("there is room");
            assert!(id.sequence().get() < 90_000);
        }
    }

    #[test]
    fn scattered_takes_the_first_free_of_its_list() {
        let (mut registry, counter, ..) = fixture();
        let none = AllocationLog::default();
        assert_eq!(chosen(Strategy::Scattered, &registry, &none), Some(73814));
        let mut other = record("0110073814260118", "0000000000000001");
        other.aliases.insert("0110073107260118".parse().expect("valid"));
        registry.allocations.push(other);
        registry
            .counters
            .insert(counter, Counter { reserved: [73397].into(), ..Counter::default() });
        assert_eq!(chosen(Strategy::Scattered, &registry, &none), Some(73687));
        let log = AllocationLog::parse(b"0000000000000002 0110073687260118 2026-01-01T00:00:00Z\n");
        assert!(chosen(Strategy::Scattered, &registry, &log) != Some(73687));
        registry.counters.insert(counter, Counter { floor: Some(99_999), ..Counter::default() });
        assert_eq!(chosen(Strategy::Scattered, &registry, &none), None);
    }

    #[test]
    fn sequential_goes_on_after_the_highest_claim() {
        let (mut registry, counter, ..) = fixture();
        let none = AllocationLog::default();
        assert_eq!(chosen(Strategy::Sequential, &registry, &none), Some(1));
        let mut displaced = record("0110050000260118", "0000000000000001");
        displaced.claim = "0110000007260118".parse().expect("valid");
        registry.allocations.push(displaced);
        registry.counters.insert(
            counter,
            Counter { floor: Some(9), reserved: [10].into(), ..Counter::default() },
        );
        assert_eq!(chosen(Strategy::Sequential, &registry, &none), Some(11));
    }

    #[test]
    fn what_this_clone_gave_before_is_given_again() {
        let (registry, counter, origin, now) = fixture();
        let log = AllocationLog::parse(b"c122650e81a52c85 0110000042260118 2025-12-31T00:00:00Z\n");
        let config = config(Strategy::Scattered, "");
        let mut allocator = Allocator::new(&config, &registry, Some(&log), None);
        let (id, at) = allocator.choose(counter, origin, now).expect("free");
        assert_eq!(
            (id.to_string().as_str(), at.as_str()),
            ("0110000042260118", "2025-12-31T00:00:00Z")
        );
    }
}
