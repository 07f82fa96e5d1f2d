//! [`SpanIndex`]: finds sources by their spans; [`SourceSearch`]: finds the sources that are
//! similar enough to an addition without comparing it with all of them.
//!
//! An addition's spans are looked up from rarest to most common. At any time, the spans not yet
//! looked up limit how many more bytes any source can share. Once these bytes are too few to reach
//! the threshold, a source that has not been found yet cannot reach it either. So the most common
//! spans, which all files may have, need not be looked up. No pair that reaches the threshold is
//! missed.

use super::path_table::PathTable;
use super::similarity::{HASHES, MAX_SCORE, Spans, may_reach};

/// A source that contains a span.
#[derive(Clone, Copy, Default)]
struct Posting {
    /// The source's index in the list of sources.
    at: u32,
    /// How many bytes of the span the source contains.
    bytes: u32,
}

/// The sources that contain each span.
pub(super) struct SpanIndex {
    /// Where each hash's postings start; the extra last entry is where the last hash's postings
    /// end.
    starts: Vec<usize>,
    postings: Vec<Posting>,
    /// The size of each source; `None` for an entry whose content is never compared.
    sizes: Vec<Option<u64>>,
}

impl SpanIndex {
    /// Reads the contents of all sources.
    pub(super) fn of<'s>(table: &'s PathTable<'_, '_>, sources: &[usize]) -> Self {
        let read = |source: &usize| table.read(&table.sources[*source]);
        let files: Vec<Option<(u64, &Spans)>> = sources.iter().map(read).collect();
        let pieces = |file: &Option<(u64, &'s Spans)>| file.map_or(&[][..], |(_, s)| s.pieces());
        // All postings go into a single vector instead of one for each of the 107,927 hashes:
        // counting first costs a second pass, but saves an allocation per hash.
        let mut starts = vec![0; HASHES as usize + 1];
        for (hash, _) in files.iter().flat_map(pieces) {
            starts[*hash as usize + 1] += 1;
        }
        for hash in 1..starts.len() {
            starts[hash] += starts[hash - 1];
        }
        let mut ends = starts.clone();
        let mut postings = vec![Posting::default(); starts[HASHES as usize]];
        for (at, file) in files.iter().enumerate() {
            for (hash, bytes) in pieces(file) {
                let end = &mut ends[*hash as usize];
                // A git index contains fewer than 2^32 files, and so does this list.
                postings[*end] = Posting { at: at as u32, bytes: *bytes };
                *end += 1;
            }
        }
        let sizes = files.iter().map(|file| file.map(|(size, _)| size)).collect();
        SpanIndex { starts, postings, sizes }
    }

    fn postings(&self, hash: u32) -> &[Posting] {
        &self.postings[self.starts[hash as usize]..self.starts[hash as usize + 1]]
    }
}

/// Searches the index for one addition after another.
pub(super) struct SourceSearch<'i> {
    index: &'i SpanIndex,
    minimum: u32,
    /// The number of bytes counted so far that each source shares with the addition.
    shared: Vec<u64>,
    /// The sources that share any bytes with the addition.
    met: Vec<u32>,
}

/// The sources that an addition may come from.
pub(super) enum FoundSources {
    /// All sources that share spans with the addition, and how many bytes each one shares.
    Counted(Vec<(usize, u64)>),
    /// The sources that still have to be compared with the addition.
    Possible(Vec<usize>),
}

impl<'i> SourceSearch<'i> {
    /// Returns a search for sources that reach `minimum`.
    pub(super) fn new(index: &'i SpanIndex, minimum: u32) -> Self {
        // The vector is reused for every addition: clearing only the touched entries is cheaper
        // than allocating a new one.
        SourceSearch { index, minimum, shared: vec![0; index.sizes.len()], met: Vec::new() }
    }

    /// Finds all sources that reach the threshold, and possibly some others.
    pub(super) fn find(&mut self, spans: &Spans, size: u64) -> FoundSources {
        let index = self.index;
        let mut open: Vec<(&[Posting], u32)> =
            spans.pieces().iter().map(|(hash, bytes)| (index.postings(*hash), *bytes)).collect();
        open.retain(|(postings, _)| !postings.is_empty());
        open.sort_unstable_by_key(|(postings, bytes)| (postings.len(), *bytes));
        let mut left: u64 = open.iter().map(|(_, bytes)| u64::from(*bytes)).sum();
        let mut cost: u64 = open.iter().map(|(postings, _)| postings.len() as u64).sum();
        // Checking which sources are still possible takes a pass over all sources found so far, so
        // it is done only each time the number of remaining bytes has halved.
        let mut pause_at = left;
        for (postings, bytes) in open {
            // A source that has not been found yet shares no more than the remaining bytes.
            if !self.reaches(left, size) && left <= pause_at {
                let possible = self.possible(left, size);
                // Comparing the remaining sources directly costs about two passes over the pieces
                // of each source. Once that is cheaper than the remaining lookups, counting stops.
                if possible.len() as u64 * 2 * (spans.pieces().len() as u64 + 1) <= cost {
                    self.forget();
                    return FoundSources::Possible(possible);
                }
                pause_at = left / 2;
            }
            self.count(postings, bytes);
            left -= u64::from(bytes);
            cost -= postings.len() as u64;
        }
        let met = self.met.iter().map(|at| (*at as usize, self.shared[*at as usize]));
        let counted = met.collect();
        self.forget();
        FoundSources::Counted(counted)
    }

    /// Returns how many bytes each source shares with the addition.
    pub(super) fn count_all(&mut self, spans: &Spans) -> Vec<u64> {
        for (hash, bytes) in spans.pieces() {
            self.count(self.index.postings(*hash), *bytes);
        }
        let counted = self.shared.clone();
        self.forget();
        counted
    }

    fn count(&mut self, postings: &[Posting], bytes: u32) {
        for posting in postings {
            let shared = &mut self.shared[posting.at as usize];
            if *shared == 0 {
                self.met.push(posting.at);
            }
            *shared += u64::from(posting.bytes.min(bytes));
        }
    }

    /// Returns the sources found so far that would reach the threshold if they shared all remaining
    /// bytes.
    fn possible(&self, left: u64, size: u64) -> Vec<usize> {
        let is_possible = |at: &usize| {
            self.index.sizes[*at].is_some_and(|other| {
                may_reach(self.minimum, size, other)
                    && self.reaches(self.shared[*at] + left, size.max(other))
            })
        };
        self.met.iter().map(|at| *at as usize).filter(is_possible).collect()
    }

    /// Returns whether this many shared bytes reach the threshold, given the larger file's size.
    fn reaches(&self, shared: u64, larger: u64) -> bool {
        u128::from(shared) * u128::from(MAX_SCORE) >= u128::from(self.minimum) * u128::from(larger)
    }

    fn forget(&mut self) {
        for at in self.met.drain(..) {
            self.shared[at as usize] = 0;
        }
    }
}
