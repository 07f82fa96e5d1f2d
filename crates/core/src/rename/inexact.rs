//! Pairs similar files: compares every addition with all sources, or with those that an index
//! finds, and pairs the best matches first.

use std::cmp::Reverse;

use crate::config::RenamePolicy;

use super::path_table::{NEAR, Pair, PathTable};
use super::sidecars::pair_sidecars;
use super::similarity::{may_reach, score};
use super::span_index::{FoundSources, SourceSearch, SpanIndex};

/// How many candidate sources git keeps for one addition.
const CANDIDATES: usize = 4;

/// A possible source for an addition, with its score.
#[derive(Clone, Copy)]
struct SourceCandidate {
    source: usize,
    addition: usize,
    score: u32,
    same_basename: bool,
}

impl SourceCandidate {
    /// Returns the candidate's rank; larger is better.
    fn rank(&self) -> (u32, bool) {
        (self.score, self.same_basename)
    }
}

/// Pairs files that reach `minimum`: most similar first, and equal basenames before others. Returns
/// the remaining deletions and additions that almost reach `minimum`. If the policy does not allow
/// that many comparisons, compares nothing and returns `None`.
pub(super) fn pair_similar(
    table: &mut PathTable<'_, '_>,
    minimum: u32,
    policy: &RenamePolicy,
) -> Option<Vec<Pair>> {
    let sources = table.free_sources();
    let additions = table.open_additions();
    // Like git, this limits the product of the two numbers; with git's own limit, the pairs are the
    // same as from `git diff -M`.
    if !policy.compares_all(sources.len(), additions.len()) {
        return None;
    }
    // Candidates below the threshold become hints for users, not renames.
    let least = minimum.min(NEAR);
    let rows = additions.iter().filter(|a| table.additions[**a].entry.mode.is_file());
    let candidates = rows
        .flat_map(|addition| {
            let compared = sources.iter().map(|source| SourceCandidate {
                source: *source,
                addition: *addition,
                score: table.score(*source, *addition, minimum),
                same_basename: table.same_basename(*source, *addition),
            });
            best(compared)
        })
        .filter(|candidate| candidate.score >= least);
    let candidates = candidates.collect();
    Some(record_best(table, minimum, candidates))
}

/// Pairs files like [`pair_similar`], but without a limit. Candidates come from an index, so not
/// every pair is compared.
pub(super) fn pair_indexed(table: &mut PathTable<'_, '_>, minimum: u32) {
    let (sources, additions) = table.without_common();
    let index = SpanIndex::of(table, &sources);
    let mut search = SourceSearch::new(&index, minimum);
    let mut candidates = Vec::new();
    for addition in additions {
        let Some((size, spans)) = table.read(&table.additions[addition]) else { continue };
        let row = IndexRow { table, sources: &sources, addition, minimum, size };
        let mut found = row.candidates(search.find(spans, size));
        found.sort_by_key(|candidate| Reverse(candidate.rank()));
        let is_tie = |pair: &[SourceCandidate]| pair[0].rank() == pair[1].rank();
        if found.iter().take(CANDIDATES + 1).copied().collect::<Vec<_>>().windows(2).any(is_tie) {
            // Which of several tied candidates git keeps, and in what order, depends on all the
            // others.
            found = best(row.compare_all(&search.count_all(spans)));
        }
        found.truncate(CANDIDATES);
        candidates.extend(found.into_iter().filter(|candidate| candidate.score >= minimum));
    }
    record_best(table, minimum, candidates);
}

/// An addition to be compared with sources from the index.
struct IndexRow<'t, 'a, 'c> {
    table: &'t PathTable<'a, 'c>,
    sources: &'t [usize],
    addition: usize,
    minimum: u32,
    size: u64,
}

impl<'t> IndexRow<'t, '_, '_> {
    /// Returns the candidates that reach the threshold.
    fn candidates(&self, found: FoundSources) -> Vec<SourceCandidate> {
        let candidates: Vec<SourceCandidate> = match found {
            FoundSources::Counted(all) => {
                all.into_iter().map(|(at, shared)| self.counted(at, shared)).collect()
            }
            FoundSources::Possible(all) => {
                let score =
                    |at: usize| self.table.score(self.sources[at], self.addition, self.minimum);
                all.into_iter().map(|at| self.candidate(at, score(at))).collect()
            }
        };
        candidates.into_iter().filter(|candidate| candidate.score >= self.minimum).collect()
    }

    /// Returns all sources as candidates, in order, given how many bytes each of them shares.
    fn compare_all(&self, shared: &[u64]) -> impl Iterator<Item = SourceCandidate> {
        shared.iter().enumerate().map(|(at, shared)| self.counted(at, *shared))
    }

    fn counted(&self, at: usize, shared: u64) -> SourceCandidate {
        let score = if shared == 0 { 0 } else { self.score(self.sources[at], shared) };
        self.candidate(at, score)
    }

    fn score(&self, source: usize, shared: u64) -> u32 {
        let size = self.table.size(&self.table.sources[source]);
        let other = size.filter(|other| may_reach(self.minimum, self.size, *other));
        let other = other.filter(|_| self.table.names_allow(source, self.addition));
        other.map_or(0, |other| score(shared, other.max(self.size)))
    }

    fn candidate(&self, at: usize, score: u32) -> SourceCandidate {
        let (source, addition) = (self.sources[at], self.addition);
        let same_basename = self.table.same_basename(source, addition);
        SourceCandidate { source, addition, score, same_basename }
    }
}

/// Pairs the best candidates first, sidecars after all others; candidates for the same addition
/// must be in git's order. Returns the pairs that almost reach `minimum`.
fn record_best(
    table: &mut PathTable<'_, '_>,
    minimum: u32,
    mut candidates: Vec<SourceCandidate>,
) -> Vec<Pair> {
    // The sort is stable: equal candidates stay in the order of their additions and, for the same
    // addition, in the order that `best` returns.
    candidates.sort_by_key(|candidate| Reverse(candidate.rank()));
    let is_sidecar = |one: &SourceCandidate| table.asset_of(one.addition).is_some();
    let (sidecars, others): (Vec<_>, Vec<_>) = candidates.into_iter().partition(is_sidecar);
    let assets = others.len();
    let mut near: Vec<SourceCandidate> = Vec::new();
    for (number, candidate) in others.into_iter().chain(sidecars).enumerate() {
        if number == assets {
            pair_sidecars(table, minimum);
        }
        let SourceCandidate { source, addition, score, same_basename } = candidate;
        if !table.is_open(addition) || !table.is_free(source) {
            continue;
        }
        if score >= minimum && !table.is_boilerplate(source, addition, score, minimum) {
            table.record(source, addition, score);
        } else if (same_basename || table.same_directory(source, addition))
            && near.iter().all(|other| other.source != source && other.addition != addition)
        {
            near.push(candidate);
        }
    }
    let pair =
        |one: &SourceCandidate| table.pair(one.source, &table.additions[one.addition], one.score);
    near.iter().map(pair).collect()
}

/// Returns the best sources for one addition, in git's order.
///
/// A better source replaces the worst one so far. The resulting order later decides between equal
/// sources, so even sources without any similarity take part.
fn best(sources: impl Iterator<Item = SourceCandidate>) -> Vec<SourceCandidate> {
    let mut kept: Vec<SourceCandidate> = Vec::with_capacity(CANDIDATES);
    for candidate in sources {
        if kept.len() < CANDIDATES {
            kept.push(candidate);
            continue;
        }
        // The first of several equally bad candidates is replaced.
        if let Some(worst) = kept.iter_mut().min_by_key(|kept| kept.rank())
            && candidate.rank() > worst.rank()
        {
            *worst = candidate;
        }
    }
    kept
}
