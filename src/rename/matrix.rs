//! Pairs of similar files: everything compared with everything, best first.

use std::cmp::Reverse;

use super::Skipped;
use super::table::PathTable;

/// How many sources git remembers for one addition.
const CANDIDATES: usize = 4;

/// A source that an addition may come from.
#[derive(Clone, Copy)]
struct SourceCandidate {
    source: usize,
    addition: usize,
    score: u32,
    same_basename: bool,
}

impl SourceCandidate {
    /// The larger, the better.
    fn rank(&self) -> (u32, bool) {
        (self.score, self.same_basename)
    }
}

/// Pairs what reaches `minimum`, the most similar first, equal basenames before others.
///
/// # Errors
/// More than `limit` × `limit` comparisons: nothing is compared. A limit of 0 is none.
pub(super) fn pair_similar(
    table: &mut PathTable<'_, '_>,
    minimum: u32,
    limit: usize,
) -> Result<(), Skipped> {
    let sources = table.free_sources();
    let additions = table.open_additions();
    if limit > 0 && sources.len() as u128 * additions.len() as u128 > (limit as u128).pow(2) {
        return Err(Skipped { additions: additions.len(), deletions: sources.len() });
    }
    let rows = additions.iter().filter(|a| table.addition(**a).entry.mode.is_file());
    let mut candidates: Vec<SourceCandidate> = rows
        .flat_map(|addition| best(table, &sources, *addition, minimum))
        .filter(|candidate| candidate.score >= minimum)
        .collect();
    // Stable: what is equal stays in the order of additions and, within one, of `best`.
    candidates.sort_by_key(|candidate| Reverse(candidate.rank()));
    for SourceCandidate { source, addition, score, .. } in candidates {
        if table.is_open(addition) && table.is_free(source) {
            table.record(source, addition, score);
        }
    }
    Ok(())
}

/// Returns the best sources of one addition, in git's order.
///
/// A better one takes the place of the worst so far. Those places decide between equals later,
/// so sources without any similarity take theirs too.
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
        // Of several equally bad ones the first.
        if let Some(worst) = kept.iter_mut().min_by_key(|kept| kept.rank())
            && candidate.rank() > worst.rank()
        {
            *worst = candidate;
        }
    }
    kept
}
