//! [`Sieve`]: a set of numbers with false positives.

/// A multiplier that makes all bits of a number depend on its lower ones: the fraction of the golden
/// ratio.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// A set of numbers that may seem to have others as well (a Bloom filter). It rules out most of what
/// is looked for in a long file faster than a hash set would, and takes much less memory.
#[derive(Debug, Clone)]
pub(crate) struct Sieve(Vec<u64>);

impl Sieve {
    /// Returns an empty set with room for this many numbers: 16 bits for each. When it is full,
    /// about one in a hundred numbers that were not added is a false positive.
    pub(crate) fn with_room(numbers: usize) -> Self {
        Sieve(vec![0; (numbers / 4).next_power_of_two()])
    }

    /// Adds a number.
    pub(crate) fn insert(&mut self, number: u64) {
        let (word, bits) = self.place(number);
        self.0[word] |= bits;
    }

    /// Returns whether the set may have a number; if not, it certainly does not.
    pub(crate) fn may_have(&self, number: u64) -> bool {
        let (word, bits) = self.place(number);
        self.0[word] & bits == bits
    }

    /// Returns the word for a number, and three bits in it.
    fn place(&self, number: u64) -> (usize, u64) {
        let mixed = number.wrapping_mul(SPREAD);
        let mixed = (mixed ^ mixed >> 32).wrapping_mul(SPREAD);
        let bit = |shift: u32| 1 << (mixed >> shift & 63);
        // The number of words is a power of two.
        ((mixed >> 32) as usize & (self.0.len() - 1), bit(14) | bit(20) | bit(26))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_found_and_little_else() {
        for (step, room) in [(1, 1_000), (1 << 20, 1_000), (1 << 40, 50_000), (3, 0)] {
            let mut sieve = Sieve::with_room(room as usize);
            (0..room).for_each(|n| sieve.insert(n * step));
            assert!((0..room).all(|n| sieve.may_have(n * step)));
            let mistakes = (room..room + 10_000).filter(|n| sieve.may_have(n * step)).count();
            assert!(mistakes < 300, "{mistakes} of 10,000 by {step}");
        }
    }
}
