//! The numbers left to the legacy file's program; see `bound` in `[dual_write]`.

use idhooks_core::config::{DualWrite, LegacyFormat};
use idhooks_core::registry::{CounterKey, Registry, Sequence};

use super::plan::{MigrationConflict, MigrationNote};

/// A suggested bound leaves at least `ROOM` sequences to the other program and is rounded up to a
/// multiple of `ROUND`.
const ROOM: u32 = 20_000;
const ROUND: u32 = 10_000;
/// The highest bound that is still a multiple of `ROUND`.
const MOST: u32 = 90_000;

/// Returns the counter in which the other program has advanced furthest, and the number that it has
/// reached.
fn furthest(source: &Registry) -> Option<(CounterKey, u32)> {
    let counters = source.counters.iter();
    let reached = counters.filter_map(|(key, counter)| Some((*key, counter.floor?)));
    reached.max_by_key(|(_, number)| *number)
}

/// Returns the conflict if a legacy file cannot be taken over because its program is already beyond
/// the bound in these rules.
pub(super) fn beyond_bound(source: &Registry, rules: &DualWrite) -> Option<MigrationConflict> {
    let (counter, number) = furthest(source).filter(|_| rules.bound > 0)?;
    let (bound, suggestion) = (rules.bound, suggestion(number));
    let conflict = MigrationConflict::BeyondBound { counter, number, bound, suggestion };
    (number > bound).then_some(conflict)
}

/// Returns a note for the user about the numbers left to the other program.
pub(super) fn about_bound(source: &Registry, rules: &DualWrite) -> Option<MigrationNote> {
    if matches!(rules.format, LegacyFormat::Csv | LegacyFormat::Jsonl) {
        return Some(MigrationNote::NoCounters { format: rules.format, bound: rules.bound });
    }
    let counts = rules.bound == 0 && rules.format == LegacyFormat::Classic;
    let (_, number) = furthest(source).filter(|_| counts)?;
    Some(MigrationNote::NoBound { suggestion: suggestion(number) })
}

/// Returns a bound to suggest if the other program has reached this number.
fn suggestion(number: u32) -> u32 {
    let round = number.saturating_add(ROOM).div_ceil(ROUND) * ROUND;
    // Some numbers must be left above the bound as well.
    if round <= MOST { round } else { number + (Sequence::MAX - number) / 2 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use idhooks_core::registry::Scope;

    fn at(number: u32) -> Registry {
        let mut source = Registry::new("250101".parse::<Scope>().expect("valid"));
        let key = "100_01_250101".parse().expect("valid");
        source.counters.entry(key).or_default().floor = Some(number);
        source
    }

    #[test]
    fn a_bound_leaves_room_on_both_sides() {
        for (number, bound) in [(0, 20_000), (549, 30_000), (60_000, 80_000), (85_000, 92_499)] {
            let note = about_bound(&at(number), &DualWrite::default());
            assert_eq!(note, Some(MigrationNote::NoBound { suggestion: bound }));
            let rules = DualWrite { bound: 10_000, ..DualWrite::default() };
            assert_eq!(about_bound(&at(number), &rules), None);
            assert_eq!(beyond_bound(&at(number), &rules).is_some(), number > 10_000);
            assert_eq!(beyond_bound(&at(number), &DualWrite::default()), None);
        }
    }
}
