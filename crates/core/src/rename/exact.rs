//! Pairs files that have equal content, and similar files whose basename is unique on each side.
//!
//! git pairs unique basenames before it compares all files (since 2.31, and only without copies).
//! This is more than a shortcut: a file that kept its name wins over a more similar file.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::RandomState;

use crate::registry::{BlobId, Mode};

use super::path_table::{PathTable, TableSide};
use super::similarity::MAX_SCORE;

/// How many equal sources git considers for one addition.
const ALTERNATIVES: usize = 100;
/// How many names of equal sources are compared with that of one addition.
const NAMES: usize = 1_000;

/// Pairs every addition, in order, with the first equal source that has the same basename or,
/// failing that, with the first equal source. Without `ambiguous_sidecars`, leaves out sidecars
/// with content that several of the sources or additions have.
pub(super) fn pair_exact(table: &mut PathTable<'_, '_>, ambiguous_sidecars: bool) {
    let mut equal: HashMap<(Mode, BlobId), Vec<usize>, RandomState> = HashMap::default();
    for source in table.free_sources() {
        equal.entry(key(&table.sources[source])).or_default().push(source);
    }
    let open = table.open_additions();
    let mut copies: HashMap<(Mode, BlobId), u32, RandomState> = HashMap::default();
    for addition in &open {
        *copies.entry(key(&table.additions[*addition])).or_default() += 1;
    }
    for addition in open {
        let key = key(&table.additions[addition]);
        let Some(sources) = equal.get_mut(&key) else { continue };
        let is_ambiguous = sources.len() > 1 || copies[&key] > 1;
        if is_ambiguous && !ambiguous_sidecars && table.asset_of(addition).is_some() {
            continue;
        }
        if let Some(at) = choose(table, sources, addition) {
            let source = sources[at];
            table.record(source, addition, MAX_SCORE);
            if !table.is_free(source) {
                sources.remove(at);
            }
        }
    }
}

/// Returns the pairing key, which ignores the executable bit but not the kind of entry.
fn key(side: &TableSide<'_>) -> (Mode, BlobId) {
    let mode = if side.entry.mode.is_file() { Mode::Regular } else { side.entry.mode };
    (mode, side.entry.blob)
}

/// Returns the index of the chosen source in `sources`.
fn choose(table: &PathTable<'_, '_>, sources: &[usize], addition: usize) -> Option<usize> {
    let allowed = sources.iter().enumerate().take(NAMES);
    let allowed = allowed.filter(|(_, source)| table.names_allow(**source, addition));
    let mut first = None;
    for (at, source) in allowed.take(ALTERNATIVES) {
        if table.same_basename(*source, addition) {
            return Some(at);
        }
        first = first.or(Some(at));
    }
    first
}

/// Pairs files that have the same unique basename and whose similarity is at least halfway between
/// `minimum` and equality.
pub(super) fn pair_basenames(table: &mut PathTable<'_, '_>, minimum: u32) {
    // git's own threshold for unique basenames.
    let minimum = minimum + (MAX_SCORE - minimum) / 2;
    let sources = table.free_sources();
    let additions = table.open_additions();
    let old = unique(sources.iter().map(|s| (table.sources[*s].path.basename(), *s)));
    let new = unique(additions.iter().map(|a| (table.additions[*a].path.basename(), *a)));
    let candidates = old.iter().filter_map(|(name, source)| Some((*source, *new.get(name)?)));
    let scored = candidates
        .map(|(source, addition)| (source, addition, table.score(source, addition, minimum)));
    let found: Vec<_> = scored.filter(|(_, _, score)| *score >= minimum).collect();
    for (source, addition, score) in found {
        table.record(source, addition, score);
    }
}

/// Returns the index for each name that occurs exactly once.
fn unique<'n>(named: impl Iterator<Item = (&'n [u8], usize)>) -> BTreeMap<&'n [u8], usize> {
    let mut indexes: BTreeMap<&[u8], Option<usize>> = BTreeMap::new();
    for (name, index) in named {
        indexes.entry(name).and_modify(|known| *known = None).or_insert(Some(index));
    }
    indexes.into_iter().filter_map(|(name, index)| Some((name, index?))).collect()
}
