//! [`Filling`]: how full a counter and those in which it continues are, and when they will be full.

use std::collections::BTreeMap;

use idhooks_core::check::{SequencesUsed, sequences_used};
use idhooks_core::config::Strategy;
use idhooks_core::registry::{CounterKey, Numbering, Registry, Timestamp};

/// The number of days over which growth is measured.
const DAYS: i64 = 90;

/// How much of a counter, and of those in which it continues once it is full, has been used.
#[derive(Debug, Clone, PartialEq)]
pub struct Filling {
    /// The counter.
    pub counter: CounterKey,
    /// The number of sequences that can no longer be allocated.
    pub used: SequencesUsed,
    /// The number of recent allocations per day.
    pub per_day: f64,
    /// The day the last of these counters will be full at this rate.
    pub full_on: Option<String>,
}

/// Returns how full each counter is, with those in which it continues, and when they will be full.
/// Allocations made on the first day, for example by an adoption, do not count towards the rate.
pub fn fillings(registry: &Registry, strategy: Strategy, now: Timestamp) -> Vec<Filling> {
    let days = || registry.allocations.iter().map(|record| record.allocated_at.day());
    let first = days().min().unwrap_or_default().max(now.day() - DAYS);
    let span = usize::try_from(now.day() - first).unwrap_or(0);
    let mut lately: BTreeMap<CounterKey, usize> = BTreeMap::new();
    // Allocations dated in the future do not count either, because they mean the clock was wrong.
    let is_late = |day: i64| day > first && day <= now.day();
    for record in registry.allocations.iter().filter(|r| is_late(r.allocated_at.day())) {
        *lately.entry(record.id.counter()).or_default() += 1;
    }
    let all = sequences_used(registry, strategy);
    let filling = |counter: CounterKey| {
        let used = all.of_chain(counter);
        let chain = Numbering::FORMAT.chain(counter);
        let given: usize = chain.filter_map(|counter| lately.get(&counter)).sum();
        let per_day = given as f64 / span.max(1) as f64;
        // Counters without recent allocations will never fill up.
        let days =
            (used.left() * span).checked_div(given).and_then(|days| i64::try_from(days).ok());
        let day = days.map(|days| now.day() + days);
        // A date beyond the end of the calendar is as good as never.
        let at = day.and_then(|day| Timestamp::from_unix(day.checked_mul(86_400)?).ok());
        let full_on = at.map(|at| at.date().to_owned());
        Filling { counter, used, per_day, full_on }
    };
    all.counters.keys().copied().map(filling).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_is_that_after_the_first_day() {
        let record = |sequence: &str, day: &str| {
            format!(
                r#"{{"id":"0198000{sequence}260118","file_path":"{sequence}","allocated_at":"{day}T22:00:00Z","status":"active"}}"#
            )
        };
        let records =
            [record("005", "2026-01-18"), record("006", "2026-01-18"), record("007", "2026-01-28")];
        // Only the last counter of the chain has room.
        let full =
            (981..1000).chain([100]).map(|ns| format!(r#""{ns}_01_260118":{{"floor":99999}}"#));
        let text = format!(
            r#"{{"schema_version":"1.0","scope":"260118","counters":{{{}}},"allocations":[{}]}}"#,
            full.collect::<Vec<_>>().join(","),
            records.join(",")
        );
        let registry = Registry::parse(text.as_bytes()).expect("valid");
        let fillings = |day: &str| {
            let now = format!("{day}T23:00:00Z").parse().expect("valid");
            super::fillings(&registry, Strategy::Scattered, now)
        };
        let of = |filled: Vec<Filling>| -> Filling {
            let is_it = |one: &Filling| one.counter.to_string() == "980_01_260118";
            filled.into_iter().find(is_it).expect("a counter with records")
        };
        let filled = of(fillings("2026-01-28"));
        assert_eq!(filled.used.used, 19 * 99_699 + 3);
        assert!((filled.per_day - 0.1).abs() < 1e-9);
        // 99,696 sequences remain, and one is used every ten days.
        assert_eq!(filled.full_on.as_deref(), Some("4755-08-30"));
        assert_eq!(of(fillings("2026-01-18")).full_on, None);
    }
}
