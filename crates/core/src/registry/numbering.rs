//! [`Numbering`]: which identities an allocation accepts, and in what order.

use super::{CounterKey, Namespace, Origin, Sequence};

/// The constants that determine which identities an allocation accepts.
///
/// An allocation accepts the sequences in its origin's list, first in one counter, and then, once
/// that counter is full, in the counters that continue it: its chain. All of this is part of the
/// format, a function of the origin and the counter alone, because a merge driver sees no
/// configuration. Only tests use other constants than those in [`Numbering::FORMAT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbering {
    /// The number of blocks in a counter.
    pub blocks: u32,
    /// The distance between two blocks.
    pub block_size: u32,
    /// How many sequences in each block are in a list. A prime, so that every step size visits each
    /// of them exactly once.
    pub listed: u32,
    /// The number of step sizes: one less than the prime.
    pub steps: u32,
    /// The number of namespaces, from 999 downward, in which full counters continue.
    pub shared: u32,
}

/// How many blocks to draw when looking for one above a bound. With a bound of 98,999, only one
/// draw in a hundred succeeds.
const MOST_DRAWS: u64 = 4_000;

impl Numbering {
    /// The constants of the format.
    pub const FORMAT: Numbering =
        Numbering { blocks: 100, block_size: 1000, listed: 997, steps: 996, shared: 20 };

    /// Returns the counter, followed by the counters in which it continues once it is full: the
    /// namespaces 999, 998, … 980 of the same TYPE and scope.
    ///
    /// ```
    /// use idhooks_core::registry::{CounterKey, Numbering};
    ///
    /// let chain = |counter: CounterKey| -> Vec<String> {
    ///     Numbering::FORMAT.chain(counter).map(|counter| counter.to_string()).collect()
    /// };
    /// let docs = chain("100_01_260118".parse()?);
    /// assert_eq!(docs[..3], ["100_01_260118", "999_01_260118", "998_01_260118"]);
    /// assert_eq!((docs.len(), docs[20].as_str()), (21, "980_01_260118"));
    /// let shared = chain("985_01_260118".parse()?);
    /// assert_eq!((shared.len(), &*shared[0], &*shared[1]), (20, "985_01_260118", "999_01_260118"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn chain(self, counter: CounterKey) -> impl Iterator<Item = CounterKey> {
        let shared = (0..self.shared).filter_map(|n| Namespace::new(Namespace::OTHER.get() - n));
        let next = shared.filter(move |namespace| *namespace != counter.namespace);
        std::iter::once(counter)
            .chain(next.map(move |namespace| CounterKey { namespace, ..counter }))
    }

    /// Returns whether full counters continue in this namespace.
    pub fn is_shared(self, namespace: Namespace) -> bool {
        namespace.get() + self.shared > Namespace::OTHER.get()
    }

    /// Returns every sequence in the origin's list, in order of preference; the list is the same in
    /// every counter.
    ///
    /// The sequences above `bound` come first, scattered over the blocks above it. If the bound is
    /// raised but the first sequence is still above it, that sequence stays first. Within these two
    /// parts, the list exhausts one block before it continues with the next one.
    pub fn sequences(self, origin: Origin, bound: u32) -> impl Iterator<Item = Sequence> {
        self.sequences_in(origin, bound, |_| true)
    }

    /// Like [`Numbering::sequences`], but only the sequences in blocks for which `has_any` returns
    /// true.
    pub(super) fn sequences_in(
        self,
        origin: Origin,
        bound: u32,
        has_any: impl Fn(u32) -> bool + Copy,
    ) -> impl Iterator<Item = Sequence> {
        // If all lists were simply cut off at the bound, those that start in a block below it would
        // all continue in the same block, where they collide; drawing another block scatters them
        // again. The draws do not depend on the bound, so raising the bound does not affect numbers
        // that are still above it.
        let lowest = bound / self.block_size;
        let mut draws = (0..MOST_DRAWS).map(|n| self.block(origin, n));
        let block = draws.find(|block| *block >= lowest).unwrap_or(lowest);
        let from = move |block| self.sequences_from(origin, block, has_any);
        let above = from(block).filter(move |one| one.get() > bound);
        let rest = (bound > 0).then(|| from(self.block(origin, 0)));
        above.chain(rest.into_iter().flatten().filter(move |one| one.get() <= bound))
    }

    /// Returns the block for a draw; draw 0 is the block where the list normally starts.
    fn block(self, origin: Origin, draw: u64) -> u32 {
        let origin = origin.number();
        // This is SplitMix64's mixing function.
        let mixed = match draw {
            0 => origin,
            _ => {
                let z = origin.wrapping_add(draw.wrapping_mul(0x9e37_79b9_7f4a_7c15));
                let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                z ^ (z >> 31)
            }
        };
        (mixed % u64::from(self.blocks)) as u32
    }

    /// Returns every sequence in the list, starting with those in this block, and without the blocks
    /// for which `has_any` returns false.
    fn sequences_from(
        self,
        origin: Origin,
        block: u32,
        has_any: impl Fn(u32) -> bool + Copy,
    ) -> impl Iterator<Item = Sequence> {
        let Numbering { blocks, block_size, listed, steps, .. } = self;
        let rest = origin.number() / u64::from(blocks);
        let start = (rest % u64::from(listed)) as u32;
        let step = 1 + (rest / u64::from(listed) % u64::from(steps)) as u32;
        // Neither is larger than `listed`. A division takes ten times as long as a comparison.
        let next = move |place: &u32| match place + step {
            next if next < listed => Some(next),
            next => Some(next - listed),
        };
        let in_order = (0..blocks).map(move |n| (block + n) % blocks);
        in_order.filter(move |block| has_any(*block)).flat_map(move |block| {
            let first = block_size * block;
            let places = std::iter::successors(Some(start), next).take(listed as usize);
            places.filter_map(move |place| Sequence::new(first + place))
        })
    }

    /// Returns all sequences after this one in ascending order, without the blocks for which
    /// `has_any` returns false.
    pub(super) fn ascending_in(
        self,
        after: u32,
        has_any: impl Fn(u32) -> bool,
    ) -> impl Iterator<Item = Sequence> {
        let Numbering { blocks, block_size, .. } = self;
        let first = after + 1;
        let in_order = (first / block_size..blocks).filter(move |block| has_any(*block));
        in_order.flat_map(move |block| {
            let start = block_size * block;
            (first.max(start)..start + block_size).filter_map(Sequence::new)
        })
    }

    /// Returns the last sequence in a counter.
    pub fn last_sequence(self) -> u32 {
        self.blocks * self.block_size - 1
    }

    /// Returns the number of sequences up to this one that are in a list.
    pub fn listed_up_to(self, sequence: u32) -> usize {
        let (block, place) = (sequence / self.block_size, sequence % self.block_size);
        // Sequence 0 is in no list.
        (block * self.listed + self.listed.min(place + 1) - 1) as usize
    }

    /// Returns whether a sequence is in the lists.
    pub fn is_listed(self, sequence: u32) -> bool {
        sequence % self.block_size < self.listed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Counters of seven numbers, with a gap after each block.
    const SMALL: Numbering = Numbering { blocks: 4, block_size: 3, listed: 2, steps: 1, shared: 3 };

    fn origin(text: &str) -> Origin {
        text.parse().expect("valid")
    }

    fn list(origin: Origin, count: usize) -> Vec<u32> {
        Numbering::FORMAT.sequences(origin, 0).take(count).map(Sequence::get).collect()
    }

    /// Test vectors from the design: some origins and the first entries in their lists.
    #[test]
    fn agrees_with_the_published_vectors() {
        for (text, sequences) in [
            ("c122650e81a52c85", [73814, 73107, 73397, 73687]),
            ("70e665bf65a8d535", [69654, 69428, 69202, 69973]),
            ("77a46822e6f990ab", [15828, 15639, 15450, 15261]),
        ] {
            assert_eq!(list(origin(text), 4), sequences);
        }
    }

    #[test]
    fn a_list_names_each_of_its_sequences_once() {
        for numbering in [Numbering::FORMAT, SMALL] {
            for text in ["c122650e81a52c85", "0000000000000000", "ffffffffffffffff"] {
                let bounds =
                    [0, 50_000, 99_500].map(|bound| bound % (numbering.last_sequence() + 1));
                for bound in bounds {
                    let all: Vec<_> = numbering.sequences(origin(text), bound).collect();
                    let distinct: BTreeSet<_> = all.iter().collect();
                    assert_eq!(all.len(), numbering.listed_up_to(numbering.last_sequence()));
                    assert_eq!(distinct.len(), all.len());
                    assert!(all.iter().all(|one| numbering.is_listed(one.get())));
                }
            }
        }
        assert_eq!(Numbering::FORMAT.sequences(origin("c122650e81a52c85"), 0).count(), 99_699);
        assert_eq!(SMALL.sequences(origin("c122650e81a52c85"), 0).count(), 7);
    }

    #[test]
    fn a_list_exhausts_a_block_before_the_next() {
        let all = list(origin("c122650e81a52c85"), 996);
        assert!(all.iter().all(|one| one / 1000 == all[0] / 1000));
    }

    #[test]
    fn raising_a_bound_leaves_what_is_above_it() {
        let mut blocks = BTreeSet::new();
        for n in 1..500_u64 {
            let origin = origin(&format!("{:016x}", n.wrapping_mul(0xd134_2543_de82_ef95)));
            let mut first = 0;
            for bound in [0, 7, 20_000, 30_500, 60_000, 90_000, 98_000] {
                let mut list = Numbering::FORMAT.sequences(origin, bound);
                let next = list.next().expect("one").get();
                assert!(next > bound);
                assert!(
                    first <= bound || first == next,
                    "{origin}: {first}, then {next} above {bound}"
                );
                first = next;
                blocks.extend((bound == 60_000).then_some(next / 1000));
            }
        }
        assert_eq!(blocks, (60..100).collect());
    }

    #[test]
    fn counts_the_listed_sequences() {
        for numbering in [Numbering::FORMAT, SMALL] {
            let mut listed = 0;
            for sequence in 1..=numbering.last_sequence().min(5_000) {
                listed += usize::from(numbering.is_listed(sequence));
                assert_eq!(numbering.listed_up_to(sequence), listed);
            }
            assert_eq!(numbering.listed_up_to(0), 0);
        }
    }

    #[test]
    fn a_chain_leaves_out_its_own_namespace() {
        for (counter, others) in [
            ("980_20_260118", ["999", "998", "997"]),
            ("998_20_260118", ["999", "997", ""]),
            ("999_20_260118", ["998", "997", ""]),
        ] {
            let counter: CounterKey = counter.parse().expect("valid");
            let chain: Vec<String> =
                SMALL.chain(counter).map(|one| one.namespace.to_string()).collect();
            let others: Vec<&str> = others.into_iter().filter(|one| !one.is_empty()).collect();
            assert_eq!(chain[1..], others);
            assert_eq!(SMALL.is_shared(counter.namespace), others.len() == 2);
        }
        let scope = SMALL.chain("100_20_260118".parse().expect("valid"));
        assert!(scope.into_iter().all(|one| one.to_string().ends_with("_20_260118")));
    }
}
