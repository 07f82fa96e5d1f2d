//! `CAPACITY`: a counter and those in which it continues are nearly used up.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::check::{Code, Finding, Severity, Subject};
use crate::config::{Config, Strategy};
use crate::registry::{CounterKey, Namespace, Numbering, Registry, RepoPath};

const HELP: &str = "give these files another namespace or TYPE in idhooks.toml";

/// A chain is reported once this percentage of its sequences is in use.
const NEARLY_FULL: usize = 95;
const NUMBERING: Numbering = Numbering::FORMAT;

/// Returns a finding for every chain that is nearly used up, and a note if rules give namespaces in
/// which full counters continue.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let used = sequences_used(subject.registry, subject.config.allocation.strategy);
    let nearly_full = used.chains().into_iter().filter(|(_, used)| used.is_nearly_full());
    let finding = |(counter, used): (CounterKey, SequencesUsed)| {
        let message = format!("{} are nearly full: {used}", chain_of(counter));
        Finding::new(Code::Capacity, message, HELP)
    };
    nearly_full.map(finding).chain(shared_by_rule(subject.config)).collect()
}

/// Returns whether any rule has a namespace in which full counters continue, other than 999, which is
/// usual for files that no other rule matches.
pub fn has_shared_rule(config: &Config) -> bool {
    config.namespaces().any(is_shared)
}

fn is_shared(namespace: Namespace) -> bool {
    namespace != Namespace::OTHER && NUMBERING.is_shared(namespace)
}

/// Returns a note on the rules whose namespace is one in which full counters continue.
fn shared_by_rule(config: &Config) -> Option<Finding> {
    let shared = config.namespaces().filter(|namespace| is_shared(*namespace));
    let shared: BTreeSet<String> = shared.map(|namespace| namespace.to_string()).collect();
    let list = shared.into_iter().collect::<Vec<_>>().join(", ");
    let message = format!(
        "[[namespaces]] rules give {list}, where identities from full counters are allocated, too"
    );
    let help = "to keep these files apart, use a namespace below 980 for new files";
    let note = Finding::new(Code::Capacity, message, help).at(&RepoPath::config());
    (!list.is_empty()).then_some(Finding { severity: Severity::Info, ..note })
}

/// Describes a counter and those in which it continues.
fn chain_of(counter: CounterKey) -> String {
    let others: Vec<CounterKey> = NUMBERING.chain(counter).skip(1).collect();
    match (others.first(), others.last()) {
        (Some(first), Some(last)) => {
            format!("counter {counter} and those it continues in ({first} to {last})")
        }
        _ => format!("counter {counter}"),
    }
}

/// How many of a counter's sequences can no longer be allocated, and how many there are in total.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SequencesUsed {
    /// The number of sequences that can no longer be allocated.
    pub used: usize,
    /// The total number of sequences.
    pub capacity: usize,
}

impl SequencesUsed {
    /// Returns the number of sequences left.
    pub fn left(self) -> usize {
        self.capacity.saturating_sub(self.used)
    }

    /// Returns the share in use, from 0 to 1.
    pub fn share(self) -> f64 {
        (self.used as f64 / self.capacity as f64).min(1.0)
    }

    /// Returns whether the counter, or the chain, is reported.
    pub fn is_nearly_full(self) -> bool {
        self.used * 100 / self.capacity >= NEARLY_FULL
    }
}

/// Formats the numbers for humans, as in `98,500 of 99,699 (98.7 %)`. The percentage is rounded
/// down, so that only a full counter shows 100 %.
impl fmt::Display for SequencesUsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (self.used * 1000 / self.capacity).min(1000);
        let (used, all) = (with_commas(self.used), with_commas(self.capacity));
        write!(f, "{used} of {all} ({}.{} %)", tenths / 10, tenths % 10)
    }
}

/// How much of each counter is used.
#[derive(Debug, Clone)]
pub struct CountersUsed {
    /// The counters in use.
    pub counters: BTreeMap<CounterKey, SequencesUsed>,
    strategy: Strategy,
}

impl CountersUsed {
    /// Returns how much of a counter is used.
    pub fn of(&self, counter: CounterKey) -> SequencesUsed {
        let unused = SequencesUsed { used: 0, capacity: sequences_of(self.strategy) };
        self.counters.get(&counter).copied().unwrap_or(unused)
    }

    /// Returns how much of a counter and of those in which it continues is used.
    pub fn of_chain(&self, counter: CounterKey) -> SequencesUsed {
        let chain = NUMBERING.chain(counter).map(|counter| self.of(counter));
        let add = |sum: SequencesUsed, one: SequencesUsed| SequencesUsed {
            used: sum.used + one.used,
            capacity: sum.capacity + one.capacity,
        };
        chain.fold(SequencesUsed { used: 0, capacity: 0 }, add)
    }

    /// Returns how much of the chain of each counter in use is used. All counters in which others
    /// continue have the same chain, which is under the first of them.
    pub fn chains(&self) -> BTreeMap<CounterKey, SequencesUsed> {
        let first = |counter: &CounterKey| match NUMBERING.is_shared(counter.namespace) {
            true => CounterKey { namespace: Namespace::OTHER, ..*counter },
            false => *counter,
        };
        let first: BTreeSet<CounterKey> = self.counters.keys().map(first).collect();
        first.into_iter().map(|counter| (counter, self.of_chain(counter))).collect()
    }
}

/// Returns the number of sequences in each counter that can no longer be allocated: those that are
/// used, reserved or below the counter's floor. Scattered allocation uses only listed sequences.
pub fn sequences_used(registry: &Registry, strategy: Strategy) -> CountersUsed {
    let capacity = sequences_of(strategy);
    let is_counted = |sequence: u32| match strategy {
        Strategy::Scattered => NUMBERING.is_listed(sequence),
        Strategy::Sequential => true,
    };
    let of = |counter: CounterKey, sequences: &BTreeSet<u32>| {
        // A floor may have five digits, and a check runs on every commit, so the numbers up to the
        // floor are counted rather than listed.
        let floor = registry.counters.get(&counter).and_then(|held| held.floor).unwrap_or(0);
        let below = match strategy {
            Strategy::Scattered => NUMBERING.listed_up_to(floor),
            Strategy::Sequential => floor as usize,
        };
        let above = sequences.range(floor + 1..).filter(|sequence| is_counted(**sequence));
        SequencesUsed { used: below + above.count(), capacity }
    };
    let listed = listed_in(registry);
    let counters = listed.iter().map(|(counter, sequences)| (*counter, of(*counter, sequences)));
    CountersUsed { counters: counters.collect(), strategy }
}

/// Returns the number of sequences in an unused counter.
pub fn sequences_of(strategy: Strategy) -> usize {
    let last = NUMBERING.last_sequence();
    match strategy {
        Strategy::Scattered => NUMBERING.listed_up_to(last),
        Strategy::Sequential => last as usize,
    }
}

/// Returns the used and reserved sequences of each counter, ignoring the floor.
fn listed_in(registry: &Registry) -> BTreeMap<CounterKey, BTreeSet<u32>> {
    let mut used: BTreeMap<CounterKey, BTreeSet<u32>> = BTreeMap::new();
    for record in &registry.allocations {
        for id in [record.id, record.claim].iter().chain(&record.aliases) {
            used.entry(id.counter()).or_default().insert(id.sequence().get());
        }
    }
    for (counter, held) in &registry.counters {
        used.entry(*counter).or_default().extend(&held.reserved);
    }
    used
}

/// Formats a number with a comma before every three digits.
fn with_commas(number: usize) -> String {
    match (number / 1000, number % 1000) {
        (0, rest) => rest.to_string(),
        (thousands, rest) => format!("{},{rest:03}", with_commas(thousands)),
    }
}

/// Returns the finding for a counter whose chain has no sequence left for a file. `rules` contains lines
/// for idhooks.toml that make more sequences available, and `next` tells the user what to do with
/// them.
pub fn full(counter: CounterKey, path: &RepoPath, rules: Vec<String>, next: &str) -> Finding {
    let message = format!("no sequence is left for '{path}' in {}", chain_of(counter));
    let help = if rules.is_empty() { HELP } else { next };
    let finding = too_few_left(counter);
    Finding { message, help: help.to_owned(), paste: rules, ..finding }.at(path)
}

/// Returns the finding for a counter whose chain has fewer sequences left than requested.
pub fn too_few_left(counter: CounterKey) -> Finding {
    let message = format!("too few sequences are left in {}", chain_of(counter));
    Finding { severity: Severity::Error, ..Finding::new(Code::Capacity, message, HELP) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry(counters: &[(u32, u32)]) -> Registry {
        let floor = |(ns, floor): &(u32, u32)| format!(r#""{ns}_01_260118":{{"floor":{floor}}}"#);
        let floors: Vec<String> = counters.iter().map(floor).collect();
        let head = r#"{"schema_version":"1.0","scope":"260118","allocations":[],"counters":"#;
        Registry::parse(format!("{head}{{{}}}}}", floors.join(",")).as_bytes()).expect("valid")
    }

    #[test]
    fn no_more_is_used_than_there_is() {
        for (floor, used) in [(0, "0 of 99,699 (0.0 %)"), (99_849, "99,552 of 99,699 (99.8 %)")] {
            let all = sequences_used(&registry(&[(100, floor)]), Strategy::Scattered);
            let [own, chain] = all.chains().into_iter().next().map_or_else(
                || unreachable!("the counter has a floor"),
                |(counter, chain)| [all.of(counter), chain],
            );
            assert_eq!(own.to_string(), used);
            assert_eq!((chain.used, chain.capacity), (own.used, 21 * 99_699));
        }
        let full = sequences_used(&registry(&[(100, 99_999)]), Strategy::Scattered);
        assert!(full.counters.values().all(|used| used.left() == 0 && used.used == 99_699));
    }

    #[test]
    fn a_chain_is_reported_once() {
        let shared: Vec<(u32, u32)> = (980..1000).map(|ns| (ns, 99_999)).collect();
        let of = |counters: &[(u32, u32)]| -> Vec<String> {
            let used = sequences_used(&registry(counters), Strategy::Scattered);
            let full = used.chains().into_iter().filter(|(_, used)| used.is_nearly_full());
            full.map(|(counter, _)| counter.to_string()).collect()
        };
        assert_eq!(of(&[(100, 99_999)]), [""; 0]);
        assert_eq!(of(&shared[..18]), [""; 0]);
        assert_eq!(of(&shared[..19]), ["999_01_260118"]);
        assert_eq!(of(&shared), ["999_01_260118"]);
        // An empty counter is a twenty-first.
        let with = [&shared[..], &[(100, 0), (200, 99_999)]].concat();
        assert_eq!(of(&with), ["100_01_260118", "200_01_260118", "999_01_260118"]);
    }
}
