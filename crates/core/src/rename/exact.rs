//! Pairs files with equal content.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::spans::MAX_SCORE;
use super::table::{PathTable, TableSide};
use crate::registry::{BlobId, Mode};

/// How many equal sources git examines for one addition.
const ALTERNATIVES: usize = 100;

/// Pairs every addition, in order, with the first equal source with the same basename, otherwise
/// with the first equal source.
pub(super) fn pair_exact(table: &mut PathTable<'_, '_>) {
    let mut equal: HashMap<(Mode, BlobId), Vec<usize>, RandomState> = HashMap::default();
    for source in table.free_sources() {
        equal.entry(key(&table.sources[source])).or_default().push(source);
    }
    for addition in table.open_additions() {
        let Some(sources) = equal.get_mut(&key(&table.additions[addition])) else { continue };
        if let Some(at) = choose(table, sources, addition) {
            let source = sources[at];
            table.record(source, addition, MAX_SCORE);
            if !table.is_free(source) {
                sources.remove(at);
            }
        }
    }
}

/// Returns the key for pairing: the executable bit does not matter, other kinds of entries do.
fn key(side: &TableSide<'_>) -> (Mode, BlobId) {
    let mode = if side.entry.mode.is_file() { Mode::Regular } else { side.entry.mode };
    (mode, side.entry.blob)
}

/// Returns the index in `sources` of the one to take.
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
