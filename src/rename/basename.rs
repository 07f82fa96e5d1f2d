//! Pairs of similar files that alone on their side have a certain basename.
//!
//! git looks for these before it compares everything with everything (since 2.31, and only
//! without copies). It is not a mere shortcut: a file that kept its name wins over one that is
//! more similar.

use std::collections::BTreeMap;

use super::spans::MAX_SCORE;
use super::table::PathTable;

/// Pairs what has the same unique basename and is similar halfway from `minimum` to equal.
pub(super) fn pair_basenames(table: &mut PathTable<'_, '_>, minimum: u32) {
    let minimum = minimum + (MAX_SCORE - minimum) / 2;
    let sources = table.free_sources();
    let additions = table.open_additions();
    let old = unique(sources.iter().map(|s| (table.source(*s).path.basename(), *s)));
    let new = unique(additions.iter().map(|a| (table.addition(*a).path.basename(), *a)));
    let both = old.iter().filter_map(|(name, source)| Some((*source, *new.get(name)?)));
    let scored =
        both.map(|(source, addition)| (source, addition, table.score(source, addition, minimum)));
    let found: Vec<_> = scored.filter(|(_, _, score)| *score >= minimum).collect();
    for (source, addition, score) in found {
        table.record(source, addition, score);
    }
}

/// Returns the names that occur once.
fn unique<'n>(named: impl Iterator<Item = (&'n [u8], usize)>) -> BTreeMap<&'n [u8], usize> {
    let mut places: BTreeMap<&[u8], Option<usize>> = BTreeMap::new();
    for (name, place) in named {
        places.entry(name).and_modify(|known| *known = None).or_insert(Some(place));
    }
    places.into_iter().filter_map(|(name, place)| Some((name, place?))).collect()
}
