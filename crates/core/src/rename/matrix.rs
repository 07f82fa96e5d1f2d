//! Pairs similar files: compares all sources with all additions, and pairs the best first.

use std::cmp::Reverse;

use super::table::{NEAR, Pair, PathTable};

/// How many candidate sources git keeps for one addition.
const CANDIDATES: usize = 4;

/// The number of files that were not compared because of the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skipped {
    /// Additions without an equal deletion.
    pub additions: usize,
    /// Deletions without an equal addition.
    pub deletions: usize,
}

/// A possible source of an addition, with its score.
#[derive(Clone, Copy)]
struct SourceCandidate {
    source: usize,
    addition: usize,
    score: u32,
    same_basename: bool,
}

impl SourceCandidate {
    /// Returns the rank; larger is better.
    fn rank(&self) -> (u32, bool) {
        (self.score, self.same_basename)
    }
}

/// Pairs files that reach `minimum`, the most similar first, equal basenames before others. Returns
/// the deletions and additions that are left and only nearly reach it.
///
/// # Errors
/// Returns an error if there are more than `limit` × `limit` comparisons; then none is made. A
/// limit of 0 means no limit.
pub(super) fn pair_similar(
    table: &mut PathTable<'_, '_>,
    minimum: u32,
    limit: usize,
) -> Result<Vec<Pair>, Skipped> {
    let sources = table.free_sources();
    let additions = table.open_additions();
    if limit > 0 && sources.len() as u128 * additions.len() as u128 > (limit as u128).pow(2) {
        return Err(Skipped { additions: additions.len(), deletions: sources.len() });
    }
    let least = minimum.min(NEAR);
    let rows = additions.iter().filter(|a| table.additions[**a].entry.mode.is_file());
    let mut candidates: Vec<SourceCandidate> = rows
        .flat_map(|addition| best(table, &sources, *addition, minimum))
        .filter(|candidate| candidate.score >= least)
        .collect();
    // The sort is stable: equal candidates keep the order of additions and, within one, of `best`.
    candidates.sort_by_key(|candidate| Reverse(candidate.rank()));
    let mut near: Vec<SourceCandidate> = Vec::new();
    for candidate in candidates {
        let SourceCandidate { source, addition, score, same_basename } = candidate;
        if !table.is_open(addition) || !table.is_free(source) {
            continue;
        }
        if score >= minimum {
            table.record(source, addition, score);
        } else if (same_basename || table.same_directory(source, addition))
            && near.iter().all(|other| other.source != source && other.addition != addition)
        {
            near.push(candidate);
        }
    }
    let pair =
        |one: &SourceCandidate| table.pair(one.source, &table.additions[one.addition], one.score);
    Ok(near.iter().map(pair).collect())
}

/// Returns the best sources of one addition, in git's order.
///
/// A better source replaces the worst so far. The resulting order decides between equal ones
/// later, so sources without any similarity take part too.
fn best(
    table: &PathTable<'_, '_>,
    sources: &[usize],
    addition: usize,
    minimum: u32,
) -> Vec<SourceCandidate> {
    let mut kept: Vec<SourceCandidate> = Vec::with_capacity(CANDIDATES);
    for source in sources.iter().copied() {
        let score = table.score(source, addition, minimum);
        let same_basename = table.same_basename(source, addition);
        let candidate = SourceCandidate { source, addition, score, same_basename };
        if kept.len() < CANDIDATES {
            kept.push(candidate);
            continue;
        }
        // Of several equally bad ones, replace the first.
        if let Some(worst) = kept.iter_mut().min_by_key(|kept| kept.rank())
            && candidate.rank() > worst.rank()
        {
            *worst = candidate;
        }
    }
    kept
}
