//! [`FreeSequences`]: finds free sequences, also in counters that are nearly full.

use std::collections::BTreeMap;

use super::{CounterKey, Id, Numbering, Origin, Sequence};

/// How many sequences to look up one by one before noting which of a counter's sequences are free.
const LOOKUPS: usize = 100;

/// The order in which an allocation tries the sequences in a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Preference {
    /// The list of this origin, starting with the sequences above a bound.
    List(Origin, u32),
    /// The sequences after this one, in ascending order.
    Ascending(u32),
}

/// Which identities are free.
pub(crate) struct FreeIds<'f> {
    /// Returns whether an identity is free for the caller.
    pub(crate) is_free: &'f dyn Fn(Id) -> bool,
    /// Returns whether an identity is free for all callers.
    pub(crate) is_free_for_all: &'f dyn Fn(Id) -> bool,
    /// Calls a function with some sequences in a counter that are not free: those that need not be
    /// looked up one by one.
    pub(crate) each_taken: &'f EachTaken<'f>,
}

/// Calls a function with sequences in a counter.
type EachTaken<'f> = dyn Fn(CounterKey, &mut dyn FnMut(Sequence)) + 'f;

/// The free sequences of the counters in which they are rare.
///
/// In any other counter, one of the first sequences in a list is free. In a full counter, however,
/// every list would have to be looked up from beginning to end.
#[derive(Debug, Clone)]
pub(crate) struct FreeSequences {
    pub(crate) numbering: Numbering,
    counters: BTreeMap<CounterKey, Bitmap>,
}

/// The free sequences of a counter: one bit each.
#[derive(Debug, Clone)]
struct Bitmap {
    words: Vec<u64>,
    /// How many of them are in each block.
    blocks: Vec<u32>,
    count: usize,
}

impl FreeSequences {
    pub(crate) fn new(numbering: Numbering) -> Self {
        FreeSequences { numbering, counters: BTreeMap::new() }
    }

    /// Returns the first identity in a counter that is free.
    ///
    /// Where free sequences are rare, only those that are free for all callers are found; which
    /// ones these are may only change by [`FreeSequences::take`].
    pub(crate) fn first(
        &mut self,
        counter: CounterKey,
        preference: Preference,
        ids: &FreeIds<'_>,
    ) -> Option<Id> {
        let numbering = self.numbering;
        if !self.counters.contains_key(&counter) {
            let mut rest = numbering.preferred(preference, &|_| true);
            let mut first = rest.by_ref().take(LOOKUPS).map(|sequence| counter.id(sequence));
            if let Some(id) = first.find(|id| (ids.is_free)(*id)) {
                return Some(id);
            }
            rest.next()?;
        }
        let bitmap = self.counters.entry(counter).or_insert_with(|| {
            let is_in_lists = |sequence: &Sequence| match preference {
                Preference::List(..) => numbering.is_listed(sequence.get()),
                Preference::Ascending(_) => true,
            };
            let all = numbering.ascending_in(0, |_| true).filter(is_in_lists);
            let mut taken = Bitmap::empty(numbering);
            (ids.each_taken)(counter, &mut |sequence| taken.insert(sequence, numbering));
            let mut free = Bitmap::empty(numbering);
            all.filter(|one| !taken.has(*one) && (ids.is_free_for_all)(counter.id(*one)))
                .for_each(|sequence| free.insert(sequence, numbering));
            free
        });
        if bitmap.count == 0 {
            return None;
        }
        let has_any = |block| bitmap.has_any(block);
        let mut rest = numbering.preferred(preference, &has_any);
        rest.find(|sequence| bitmap.has(*sequence)).map(|sequence| counter.id(sequence))
    }

    /// Notes that an identity is no longer free.
    pub(crate) fn take(&mut self, id: Id) {
        if let Some(bitmap) = self.counters.get_mut(&id.counter()) {
            bitmap.remove(id.sequence(), self.numbering);
        }
    }
}

impl Numbering {
    /// Returns the sequences in order of preference, without the blocks for which `has_any` returns
    /// false.
    fn preferred<'b>(
        self,
        preference: Preference,
        has_any: &'b dyn Fn(u32) -> bool,
    ) -> Box<dyn Iterator<Item = Sequence> + 'b> {
        match preference {
            Preference::List(origin, bound) => Box::new(self.sequences_in(origin, bound, has_any)),
            Preference::Ascending(after) => Box::new(self.ascending_in(after, has_any)),
        }
    }
}

impl Bitmap {
    fn empty(numbering: Numbering) -> Self {
        let words = vec![0; numbering.last_sequence() as usize / 64 + 1];
        Bitmap { words, blocks: vec![0; numbering.blocks as usize], count: 0 }
    }

    fn has(&self, sequence: Sequence) -> bool {
        let (word, bit) = place(sequence);
        self.words.get(word).is_some_and(|word| word & bit != 0)
    }

    /// Returns whether any sequence in a block is free.
    fn has_any(&self, block: u32) -> bool {
        self.blocks.get(block as usize).is_some_and(|count| *count > 0)
    }

    /// Adds a sequence, unless it is above the last one that is allocated.
    fn insert(&mut self, sequence: Sequence, numbering: Numbering) {
        let (word, bit) = place(sequence);
        if sequence.get() <= numbering.last_sequence() && self.words[word] & bit == 0 {
            self.words[word] |= bit;
            self.blocks[(sequence.get() / numbering.block_size) as usize] += 1;
            self.count += 1;
        }
    }

    fn remove(&mut self, sequence: Sequence, numbering: Numbering) {
        let (word, bit) = place(sequence);
        if let Some(word) = self.words.get_mut(word).filter(|word| **word & bit != 0) {
            *word &= !bit;
            self.blocks[(sequence.get() / numbering.block_size) as usize] -= 1;
            self.count -= 1;
        }
    }
}

/// Returns a sequence's word and its bit there.
fn place(sequence: Sequence) -> (usize, u64) {
    (sequence.get() as usize / 64, 1 << (sequence.get() % 64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// A tenth of a counter.
    const TENTH: Numbering = Numbering { blocks: 10, ..Numbering::FORMAT };

    #[test]
    fn every_sequence_of_a_counter_is_found_once() {
        let counter: CounterKey = "999_20_260118".parse().expect("valid");
        let (mut free, mut taken) = (FreeSequences::new(TENTH), BTreeSet::new());
        for n in 0..10_100_u64 {
            let origin: Origin =
                format!("{:016x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15)).parse().expect("valid");
            let list = || TENTH.sequences(origin, 0);
            let is_free = |id: Id| !taken.contains(&id);
            let each_taken = |_, see: &mut dyn FnMut(Sequence)| {
                taken.iter().filter(|_| n % 2 == 0).for_each(|id: &Id| see(id.sequence()));
            };
            let ids =
                FreeIds { is_free: &is_free, is_free_for_all: &is_free, each_taken: &each_taken };
            let id = free.first(counter, Preference::List(origin, 0), &ids);
            // Only now and then, because this is slow.
            if n.is_multiple_of(97) {
                assert_eq!(id, list().map(|one| counter.id(one)).find(|id| is_free(*id)));
            }
            assert_eq!(id.is_some(), n < 9_969);
            id.into_iter().for_each(|id| {
                free.take(id);
                taken.insert(id);
            });
        }
    }
}
