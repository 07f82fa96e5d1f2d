//! `CAPACITY`: a counter is nearly used up.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::check::{Code, Finding, Severity, Subject};
use crate::config::Strategy;
use crate::registry::{CounterKey, Registry, RepoPath, Sequence};

const HELP: &str = "give these files another namespace or TYPE in idhooks.toml";

/// The number of sequences in a counter with scattered allocation: 100 blocks of 997, without
/// 00000.
const SCATTERED: usize = 99_699;
/// A counter is reported once this percentage of its sequences is in use.
const NEARLY_FULL: usize = 95;

/// Returns a finding for every counter that is nearly used up.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let all = sequences_used(subject.registry, subject.config.allocation.strategy).into_iter();
    let finding = |(counter, used): (CounterKey, SequencesUsed)| {
        let message = format!("counter {counter} is nearly full: {used}");
        Finding::new(Code::Capacity, message, HELP)
    };
    all.filter(|(_, used)| used.is_nearly_full()).map(finding).collect()
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

    /// Returns whether the counter is reported.
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

/// Returns the number of sequences in each counter that can no longer be allocated: those that are
/// used, reserved or below the counter's floor or, with sequential allocation, all sequences up to
/// the highest of these.
pub fn sequences_used(
    registry: &Registry,
    strategy: Strategy,
) -> BTreeMap<CounterKey, SequencesUsed> {
    let capacity = sequences_of(strategy);
    let of = |counter: CounterKey, sequences: &BTreeSet<u32>| {
        // A floor may have five digits, and a check runs on every commit, so the numbers up to the
        // floor are counted rather than listed.
        let floor = registry.counters.get(&counter).and_then(|held| held.floor).unwrap_or(0);
        let mut above = sequences.range(floor + 1..);
        let used = match strategy {
            Strategy::Scattered => floor as usize + above.count(),
            // Sequential allocation never fills gaps, so only the highest sequence matters.
            Strategy::Sequential => above.next_back().copied().unwrap_or(floor) as usize,
        };
        SequencesUsed { used, capacity }
    };
    let listed = listed_in(registry);
    listed.iter().map(|(counter, sequences)| (*counter, of(*counter, sequences))).collect()
}

/// Returns the number of sequences in an unused counter.
pub fn sequences_of(strategy: Strategy) -> usize {
    match strategy {
        Strategy::Scattered => SCATTERED,
        Strategy::Sequential => Sequence::MAX as usize,
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

/// Formats a number of up to six digits with a comma before the last three.
fn with_commas(number: usize) -> String {
    match (number / 1000, number % 1000) {
        (0, rest) => rest.to_string(),
        (thousands, rest) => format!("{thousands},{rest:03}"),
    }
}

/// Returns the finding for a counter that has no sequence left for a file. `rules` contains lines
/// for idhooks.toml that make more sequences available, and `next` tells the user what to do with
/// them.
pub fn full(counter: CounterKey, path: &RepoPath, rules: Vec<String>, next: &str) -> Finding {
    let message = format!("no sequence is left in counter {counter} for '{path}'");
    let help = if rules.is_empty() { HELP } else { next };
    let finding = too_few_left(counter);
    Finding { message, help: help.to_owned(), paste: rules, ..finding }.at(path)
}

/// Returns the finding for a counter that has fewer sequences left than requested.
pub fn too_few_left(counter: CounterKey) -> Finding {
    let message = format!("too few sequences are left in counter {counter}");
    Finding { severity: Severity::Error, ..Finding::new(Code::Capacity, message, HELP) }
}
