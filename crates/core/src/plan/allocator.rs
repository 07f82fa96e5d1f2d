//! [`Allocator`]: chooses free identities.

use std::collections::{BTreeMap, HashSet};

use foldhash::fast::RandomState;

use crate::config::{Config, Strategy};
use crate::registry::{
    CounterKey, FreeIds, FreeSequences, Id, Numbering, Origin, Preference, Records, Registry,
    Timestamp,
};

use super::{AllocationLog, counter_floors::legacy_bound};

/// How many new identities are in another counter than the one named for their files, because that
/// counter is full; by this counter and the one they are in.
pub type Continued = BTreeMap<[CounterKey; 2], usize>;

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
    /// The identities that are free for every origin.
    free: FreeSequences,
    /// The chosen identities that are in another counter than asked for.
    pub continued: Continued,
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
            free: FreeSequences::new(Numbering::FORMAT),
            continued: Continued::new(),
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

    /// Returns the allocator with other constants than the format's.
    #[must_use]
    pub fn numbered(mut self, numbering: Numbering) -> Self {
        self.free = FreeSequences::new(numbering);
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
        self.free.take(id);
        let top = self.highest.entry(id.counter()).or_default();
        *top = (*top).max(id.sequence().get());
    }

    /// Returns whether neither a record nor another program has `id`.
    pub(super) fn is_unused(&self, id: Id) -> bool {
        let floor = self.floors.get(&id.counter()).copied().unwrap_or(0);
        id.sequence().get() > floor.max(self.bound)
            && !self.taken.contains(&id)
            && !self.unread.is_some_and(|unread| unread.has(id))
    }

    /// Returns whether `id` can be allocated to `origin`.
    fn is_free(&self, id: Id, origin: Origin) -> bool {
        self.is_unused(id)
            && !self.is_carried_elsewhere(id, origin)
            && !self.log.is_some_and(|log| log.is_taken(id, origin))
    }

    /// Returns whether `id` can be allocated to every origin.
    fn is_free_for_all(&self, id: Id) -> bool {
        self.is_unused(id)
            && self.carried.binary_search_by_key(&id, |(carried, _)| *carried).is_err()
            && !self.log.is_some_and(|log| log.has(id))
    }

    /// Chooses an identity for `origin` and marks it as taken: in `counter` or, if that is full, in
    /// the first counter of its chain that is not. The date is `now`, unless this clone has
    /// allocated an identity to the origin before.
    ///
    /// Returns `None` if the whole chain is full.
    pub fn choose(
        &mut self,
        counter: CounterKey,
        origin: Origin,
        now: Timestamp,
    ) -> Option<(Id, Timestamp)> {
        let known = self.log.and_then(|log| log.find(origin));
        let earlier = known.map(|(id, _)| id).filter(|id| self.is_free(*id, origin));
        let (numbering, strategy) = (self.free.numbering, self.strategy);
        let list = Preference::List(origin, self.bound);
        let mut first = |preference: &dyn Fn(&Self, CounterKey) -> Preference| {
            numbering.chain(counter).find_map(|counter| {
                // What this clone allocated to the origin before, it allocates again.
                let again = earlier.filter(|id| id.counter() == counter);
                again.or_else(|| self.first_free(counter, origin, preference(self, counter)))
            })
        };
        let chosen = match strategy {
            Strategy::Scattered => first(&|_, _| list),
            Strategy::Sequential => {
                first(&|own, counter| Preference::Ascending(own.highest(counter)))
                    // Once every counter has reached its end, the gaps are used.
                    .or_else(|| first(&|_, _| Preference::Ascending(0)))
            }
        }?;
        self.mark_taken(chosen);
        if chosen.counter() != counter {
            *self.continued.entry([counter, chosen.counter()]).or_default() += 1;
        }
        // The date is kept even if the number has been taken since then, because seniority depends
        // on it.
        Some((chosen, known.map_or(now, |(_, at)| at)))
    }

    /// Returns the first free identity in a counter.
    fn first_free(
        &mut self,
        counter: CounterKey,
        origin: Origin,
        preference: Preference,
    ) -> Option<Id> {
        let none = FreeSequences::new(self.free.numbering);
        let mut free = std::mem::replace(&mut self.free, none);
        let ids = FreeIds {
            is_free: &|id| self.is_free(id, origin),
            is_free_for_all: &|id| self.is_free_for_all(id),
            each_taken: &|counter, see| {
                self.unread.iter().for_each(|unread| unread.each_in(counter, see));
            },
        };
        let id = free.first(counter, preference, &ids);
        self.free = free;
        id
    }

    /// Returns the highest sequence claimed in a counter, or left to another program.
    fn highest(&self, counter: CounterKey) -> u32 {
        let claimed = self.highest.get(&counter).copied().unwrap_or(0);
        claimed.max(self.bound).max(self.unread.map_or(0, |unread| unread.highest(counter)))
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
    }

    #[test]
    fn a_full_counter_goes_on_in_the_next() {
        let (mut registry, counter, origin, now) = fixture();
        let none = AllocationLog::default();
        let floor = |floor| Counter { floor: Some(floor), ..Counter::default() };
        let chain: Vec<CounterKey> = Numbering::FORMAT.chain(counter).collect();
        for full in chain.iter().copied() {
            registry.counters.insert(full, floor(99_998));
            let config = config(Strategy::Sequential, "");
            let mut allocator = Allocator::new(&config, &registry, Some(&none), None);
            let first = allocator.choose(counter, origin, now).map(|(id, _)| id);
            assert_eq!(first.map(|id| (id.counter(), id.sequence().get())), Some((full, 99_999)));
            registry.counters.insert(full, floor(99_999));
            let next = chain.iter().copied().find(|one| !registry.counters.contains_key(one));
            for strategy in [Strategy::Scattered, Strategy::Sequential] {
                let mut allocator =
                    Allocator::new(&self::config(strategy, ""), &registry, Some(&none), None);
                let id = allocator.choose(counter, origin, now).map(|(id, _)| id);
                assert_eq!(id.map(Id::counter), next);
                let number = if strategy == Strategy::Scattered { 73_814 } else { 1 };
                assert!(id.is_none_or(|id| id.sequence().get() == number));
            }
        }
    }

    #[test]
    fn sequential_uses_the_gaps_only_at_the_end() {
        let numbering = Numbering { blocks: 4, block_size: 2, listed: 2, steps: 1, shared: 3 };
        let (mut registry, counter, origin, now) = fixture();
        for claim in ["0110000002260118", "0110000007260118", "0199900006260118"] {
            registry.allocations.push(record(claim, "0000000000000001"));
        }
        let config = config(Strategy::Sequential, "");
        let mut allocator = Allocator::new(&config, &registry, None, None).numbered(numbering);
        let ids = std::iter::from_fn(|| allocator.choose(counter, origin, now));
        let ids: Vec<String> = ids.map(|(id, _)| id.to_string()[2..10].to_owned()).collect();
        let of = |namespace: u32, numbers: &[u32]| -> Vec<String> {
            numbers.iter().map(|n| format!("{namespace}{n:05}")).collect()
        };
        let expected = [
            of(999, &[7]),
            of(998, &[1, 2, 3, 4, 5, 6, 7]),
            of(997, &[1, 2, 3, 4, 5, 6, 7]),
            of(100, &[1, 3, 4, 5, 6]),
            of(999, &[1, 2, 3, 4, 5]),
        ];
        assert_eq!(ids, expected.concat());
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
    fn what_this_clone_gave_before_comes_after_a_counter_with_room() {
        let (mut registry, counter, origin, now) = fixture();
        let log = AllocationLog::parse(b"c122650e81a52c85 0199800042260118 2025-12-31T00:00:00Z\n");
        let config = config(Strategy::Scattered, "");
        for (full, expected) in [
            (None, "0110073814260118"),
            (Some("100"), "0199973814260118"),
            (Some("999"), "0199800042260118"),
        ] {
            if let Some(namespace) = full {
                let counter =
                    CounterKey { namespace: namespace.parse().expect("valid"), ..counter };
                let floor = Counter { floor: Some(99_999), ..Counter::default() };
                registry.counters.insert(counter, floor);
            }
            let mut allocator = Allocator::new(&config, &registry, Some(&log), None);
            let (id, at) = allocator.choose(counter, origin, now).expect("free");
            assert_eq!((id.to_string().as_str(), at.as_str()), (expected, "2025-12-31T00:00:00Z"));
        }
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
