//! `CAPACITY`: a counter is nearly used up.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Code, Finding, Severity, Subject};
use crate::config::Strategy;
use crate::registry::{CounterKey, Registry, RepoPath, Sequence};

const HELP: &str = "give these files another namespace or TYPE in idhooks.toml";

/// The number of sequences of a counter: 100 blocks of 997, without 00000.
pub const SEQUENCES: usize = 99_699;
/// The percentage from which a counter is reported.
const NEARLY_FULL: usize = 95;

/// Returns a finding for every counter that is nearly used up.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let full = sequences_used(subject.registry).into_iter().filter(|(_, n)| is_nearly_full(*n));
    let finding = |(counter, used): (CounterKey, usize)| {
        let message = format!("counter {counter} is nearly full: {}", filling(used));
        Finding::new(Code::Capacity, message, HELP)
    };
    full.map(finding).collect()
}

/// Returns how many sequences of each counter are used, reserved or below its floor.
pub fn sequences_used(registry: &Registry) -> BTreeMap<CounterKey, usize> {
    used(registry).into_iter().map(|(counter, sequences)| (counter, sequences.len())).collect()
}

/// Returns how many sequences an unused counter has.
pub fn sequences_of(strategy: Strategy) -> usize {
    match strategy {
        Strategy::Scattered => SEQUENCES,
        Strategy::Sequential => Sequence::MAX as usize,
    }
}

/// Returns how many sequences are left in each counter in use.
pub fn sequences_left(registry: &Registry, strategy: Strategy) -> BTreeMap<CounterKey, usize> {
    let left = |sequences: &BTreeSet<u32>| {
        let gone = match strategy {
            Strategy::Scattered => sequences.len(),
            // Only sequences after the highest are allocated.
            Strategy::Sequential => sequences.last().map_or(0, |last| *last as usize),
        };
        sequences_of(strategy).saturating_sub(gone)
    };
    used(registry).iter().map(|(counter, sequences)| (*counter, left(sequences))).collect()
}

/// Returns the used share of each counter, from 0 to 1.
pub fn capacity_used(registry: &Registry) -> BTreeMap<CounterKey, f64> {
    let used = sequences_used(registry).into_iter();
    used.map(|(counter, used)| (counter, (used as f64 / SEQUENCES as f64).min(1.0))).collect()
}

/// Returns the sequences of each counter that cannot be allocated again.
fn used(registry: &Registry) -> BTreeMap<CounterKey, BTreeSet<u32>> {
    let mut used: BTreeMap<CounterKey, BTreeSet<u32>> = BTreeMap::new();
    for record in &registry.allocations {
        for id in [record.id, record.claim].iter().chain(&record.aliases) {
            used.entry(id.counter()).or_default().insert(id.sequence().get());
        }
    }
    for (counter, held) in &registry.counters {
        let sequences = used.entry(*counter).or_default();
        sequences.extend(&held.reserved);
        sequences.extend(1..=held.floor.unwrap_or(0));
    }
    used
}

/// Returns whether a counter with this many used sequences is reported.
pub(in crate::check) fn is_nearly_full(used: usize) -> bool {
    percent(used) >= NEARLY_FULL
}

fn percent(used: usize) -> usize {
    used * 100 / SEQUENCES
}

/// Returns how full a counter with this many used sequences is, for people, such as
/// `98,500 of 99,699 (98.7 %)`. The share is rounded down: only a full counter has 100 %.
pub fn filling(used: usize) -> String {
    let tenths = (used * 1000 / SEQUENCES).min(1000);
    let (used, all) = (with_commas(used), with_commas(SEQUENCES));
    format!("{used} of {all} ({}.{} %)", tenths / 10, tenths % 10)
}

/// Writes a number of at most six digits with a comma before the last three.
fn with_commas(number: usize) -> String {
    match (number / 1000, number % 1000) {
        (0, rest) => rest.to_string(),
        (thousands, rest) => format!("{thousands},{rest:03}"),
    }
}

/// Returns the finding for a counter that has no sequence left for a file. `rules` are lines for
/// idhooks.toml that make room, and `next` says what to do with them.
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
