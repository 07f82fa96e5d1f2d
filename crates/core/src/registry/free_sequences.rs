//! [`FreeSequences`]: finds free sequences, also in counters that are nearly full.

use std::collections::BTreeMap;

use super::{CounterKey, Id, Sequence};

/// How many sequences to look up one by one before noting which of a counter's sequences are free.
const LOOKUPS: usize = 1_000;

/// The free sequences of the counters in which they are rare.
///
/// In any other counter, one of the first sequences in a list is free. In a full counter, however,
/// every list would have to be looked up from beginning to end.
#[derive(Debug, Clone, Default)]
pub(crate) struct FreeSequences {
    counters: BTreeMap<CounterKey, Bitmap>,
}

/// The free sequences of a counter: one bit each.
#[derive(Debug, Clone)]
struct Bitmap {
    words: Vec<u64>,
    count: usize,
}

impl FreeSequences {
    /// Returns the first identity in a counter that is free, given the sequences in order of
    /// preference and the counter's last sequence.
    ///
    /// Where free sequences are rare, only those that are free for all callers are found; which
    /// ones these are may only change by [`FreeSequences::take`].
    pub(crate) fn first(
        &mut self,
        counter: CounterKey,
        mut sequences: impl Iterator<Item = Sequence>,
        last: u32,
        [is_free, is_free_for_all]: [&dyn Fn(Id) -> bool; 2],
    ) -> Option<Id> {
        if !self.counters.contains_key(&counter) {
            let mut first = sequences.by_ref().take(LOOKUPS).map(|sequence| counter.id(sequence));
            if let Some(id) = first.find(|id| is_free(*id)) {
                return Some(id);
            }
        }
        let mut rest = std::iter::once(sequences.next()?).chain(sequences);
        let bitmap = self.counters.entry(counter).or_insert_with(|| {
            let all = (1..=last).filter_map(Sequence::new);
            Bitmap::of(last, all.filter(|sequence| is_free_for_all(counter.id(*sequence))))
        });
        if bitmap.count == 0 {
            return None;
        }
        rest.find(|sequence| bitmap.has(*sequence)).map(|sequence| counter.id(sequence))
    }

    /// Notes that an identity is no longer free.
    pub(crate) fn take(&mut self, id: Id) {
        if let Some(bitmap) = self.counters.get_mut(&id.counter()) {
            bitmap.remove(id.sequence());
        }
    }
}

impl Bitmap {
    fn of(last: u32, sequences: impl Iterator<Item = Sequence>) -> Self {
        let mut bitmap = Bitmap { words: vec![0; last as usize / 64 + 1], count: 0 };
        for sequence in sequences {
            let (word, bit) = place(sequence);
            bitmap.words[word] |= bit;
            bitmap.count += 1;
        }
        bitmap
    }

    fn has(&self, sequence: Sequence) -> bool {
        let (word, bit) = place(sequence);
        self.words.get(word).is_some_and(|word| word & bit != 0)
    }

    fn remove(&mut self, sequence: Sequence) {
        let (word, bit) = place(sequence);
        if let Some(word) = self.words.get_mut(word).filter(|word| **word & bit != 0) {
            *word &= !bit;
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
    use crate::registry::{Numbering, Origin};
    use std::collections::BTreeSet;

    /// A tenth of a counter.
    const TENTH: Numbering = Numbering { blocks: 10, ..Numbering::FORMAT };

    #[test]
    fn every_sequence_of_a_counter_is_found_once() {
        let counter: CounterKey = "999_20_260118".parse().expect("valid");
        let (mut free, mut taken) = (FreeSequences::default(), BTreeSet::new());
        for n in 0..10_100_u64 {
            let origin: Origin =
                format!("{:016x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15)).parse().expect("valid");
            let list = || TENTH.sequences(origin, 0);
            let is_free = |id: Id| !taken.contains(&id);
            let id = free.first(counter, list(), TENTH.last_sequence(), [&is_free, &is_free]);
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
