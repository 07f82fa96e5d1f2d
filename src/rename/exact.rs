//! Pairs of equal content.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::spans::MAX_SCORE;
use super::table::{PathTable, TableSide};
use crate::registry::{BlobId, Mode};

/// How many equal sources git looks at for one addition before it takes what it has.
const ALTERNATIVES: usize = 100;

/// Gives every addition, in order, the first equal source with the same basename, else the
/// first equal one.
pub(super) fn pair_exact(table: &mut PathTable<'_, '_>) {
    let mut equal: HashMap<(Mode, BlobId), Vec<usize>, RandomState> = HashMap::default();
    for source in table.free_sources() {
        equal.entry(key(table.source(source))).or_default().push(source);
    }
    for addition in table.open_additions() {
        let Some(sources) = equal.get_mut(&key(table.addition(addition))) else { continue };
        if let Some(at) = choose(table, sources, addition) {
            let source = sources[at];
            table.record(source, addition, MAX_SCORE);
            if !table.is_free(source) {
                sources.remove(at);
            }
        }
    }
}

/// Files pair whatever their executable bit; anything else only with its own kind.
fn key(side: &TableSide<'_>) -> (Mode, BlobId) {
    let mode = if side.entry.mode.is_file() { Mode::Regular } else { side.entry.mode };
    (mode, side.entry.blob)
}

/// Returns the place within `sources` of the one to take.
fn choose(table: &PathTable<'_, '_>, sources: &[usize], addition: usize) -> Option<usize> {
    let allowed = sources.iter().enumerate().filter(|(_, s)| table.names_allow(**s, addition));
    let mut first = None;
    for (at, source) in allowed.take(ALTERNATIVES) {
        if table.same_basename(*source, addition) {
            return Some(at);
        }
        first = first.or(Some(at));
    }
    first
}
