//! [`CounterState`]: the state of counters that is derived from the records.

use std::collections::{BTreeMap, BTreeSet};

use super::{CounterKey, Registry};

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

impl Registry {
    /// Returns the state of every counter that is in use.
    pub fn counter_states(&self) -> BTreeMap<CounterKey, CounterState> {
        let mut states: BTreeMap<CounterKey, CounterState> = BTreeMap::new();
        for record in &self.allocations {
            states.entry(record.id.counter()).or_default().allocated += 1;
            let claimed = states.entry(record.claim.counter()).or_default();
            claimed.current = claimed.current.max(record.claim.sequence().get());
        }
        for (name, counter) in &self.counters {
            let tally = states.entry(*name).or_default();
            tally.current = tally.current.max(counter.floor.unwrap_or(0));
            tally.reserved.clone_from(&counter.reserved);
        }
        states
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
