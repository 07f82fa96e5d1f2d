//! Random numbers that are the same on every run.

/// A deterministic random number generator.
pub(crate) struct Dice(u64);

impl Dice {
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
