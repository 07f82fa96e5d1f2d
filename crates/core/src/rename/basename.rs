//! Pairs similar files with a basename that is unique on each side.
//!
//! git tries these pairs before it compares all files (since 2.31, and only without copies). This
//! is more than a shortcut: a file that kept its name wins over a more similar one.

use std::collections::BTreeMap;

use super::spans::MAX_SCORE;
use super::table::PathTable;

/// Pairs files with the same unique basename that are at least halfway between `minimum` and equal.
pub(super) fn pair_basenames(table: &mut PathTable<'_, '_>, minimum: u32) {
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

/// Returns the index of each name that occurs once.
fn unique<'n>(named: impl Iterator<Item = (&'n [u8], usize)>) -> BTreeMap<&'n [u8], usize> {
    let mut indexes: BTreeMap<&[u8], Option<usize>> = BTreeMap::new();
    for (name, index) in named {
        indexes.entry(name).and_modify(|known| *known = None).or_insert(Some(index));
    }
    indexes.into_iter().filter_map(|(name, index)| Some((name, index?))).collect()
}
