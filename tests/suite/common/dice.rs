//! Random numbers that are the same on every run.

use std::panic::Location;

use super::record::test_name;
use super::{hash, is_long, number};

/// A deterministic random number generator.
pub(crate) struct Dice(u64);

/// Returns the number that the choices of a run begin with: `IDHOOKS_SEED`.
fn seed() -> u64 {
    number("IDHOOKS_SEED").unwrap_or(1)
}

/// Returns which of so many points or combinations this run takes: a third, chosen by [`Dice::of_test`], or all
/// with `IDHOOKS_TEST_ALL=1`.
#[track_caller]
#[expect(clippy::print_stderr, reason = "shown where a test fails: what was tried")]
pub(crate) fn sample(count: usize) -> Vec<usize> {
    let taken = if is_long() { (0..count).collect() } else { third(count, &mut Dice::of_test()) };
    eprintln!("=== {taken:?} of {count} (IDHOOKS_SEED={})", seed());
    taken
}

/// Returns a [`sample`] of these.
#[track_caller]
pub(crate) fn sample_of<T>(all: &[T]) -> Vec<&T> {
    sample(all.len()).into_iter().map(|number| &all[number]).collect()
}

/// Returns one of each three in a row.
fn third(count: usize, dice: &mut Dice) -> Vec<usize> {
    (0..count).step_by(3).map(|first| first + dice.roll(3.min(count - first))).collect()
}

impl Dice {
    /// Returns dice that follow from the name of the test and [`seed`].
    #[track_caller]
    pub(crate) fn of_test() -> Dice {
        let place = Location::caller();
        let name = test_name().unwrap_or_else(|| place.file().to_owned());
        Dice::of_name(&name)
    }

    /// Returns dice that follow from a name and [`seed`].
    pub(super) fn of_name(name: &str) -> Dice {
        Dice::new(seed() ^ hash(name.as_bytes()))
    }

    /// Returns dice that always roll the same for a seed.
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Returns a number below `sides`.
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let sides = u64::try_from(sides).expect("a small number");
        usize::try_from((self.0 >> 11) % sides).expect("a small number")
    }

    /// Returns one of the items.
    pub(crate) fn choose<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.roll(items.len())]
    }
}

#[test]
fn dice_are_deterministic_and_reach_every_side() {
    let rolls = |seed| {
        let mut dice = Dice::new(seed);
        (0..200).map(|_| dice.roll(6)).collect::<Vec<_>>()
    };
    assert_eq!(rolls(1), rolls(1));
    assert_ne!(rolls(1), rolls(2));
    assert!((0..6).all(|side| rolls(1).contains(&side)));
}

#[test]
fn a_sample_is_a_third_and_some_seed_takes_each() {
    for count in 1..20 {
        let mut taken = std::collections::BTreeSet::new();
        for seed in 0..100 {
            let sample = third(count, &mut Dice::new(seed));
            assert_eq!(sample, third(count, &mut Dice::new(seed)));
            assert_eq!(sample.len(), count.div_ceil(3));
            taken.extend(sample);
        }
        assert!(taken.into_iter().eq(0..count), "{count}");
    }
}
