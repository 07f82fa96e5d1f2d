//! Pairs files that have equal content, and similar files whose basename is unique on each side.
//!
//! git pairs unique basenames before it compares all files (since 2.31, and only without copies).
//! This is more than a shortcut: a file that kept its name wins over a more similar file.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::RandomState;

use crate::registry::{BlobId, Mode};

use super::path_table::{PathTable, TableSide};
use super::similarity::MAX_SCORE;

/// How many equal sources git considers for one addition; others count only with the same name.
const ALTERNATIVES: usize = 100;

/// What equal entries have in common.
type Key = (Mode, BlobId);
/// The sources with each content.
type Equal = HashMap<Key, Vec<usize>, RandomState>;
/// The sources with each content and basename.
type EqualByName<'a> = HashMap<(Key, &'a [u8]), Vec<usize>, RandomState>;

/// Pairs every addition, in order, with the first equal source that has the same basename or,
/// failing that, with the first equal source. Leaves out sidecars with content that several of the
/// sources or additions have; `sidecars` pairs only those.
pub(super) fn pair_exact(table: &mut PathTable<'_, '_>, sidecars: bool) {
    let mut equal = Equal::default();
    for source in table.free_sources() {
        equal.entry(key(&table.sources[source])).or_default().push(source);
    }
    let mut named = by_name(table, &equal);
    let open = table.open_additions();
    let mut copies: HashMap<Key, u32, RandomState> = HashMap::default();
    for addition in &open {
        *copies.entry(key(&table.additions[*addition])).or_default() += 1;
    }
    for addition in open {
        let (path, key) = (table.additions[addition].path, key(&table.additions[addition]));
        let Some(sources) = equal.get_mut(&key) else { continue };
        let is_ambiguous = sources.len() > 1 || copies[&key] > 1;
        let is_late = (sidecars || is_ambiguous) && table.asset_of(addition).is_some();
        if is_late != sidecars {
            continue;
        }
        let same_name = || {
            let sources = named.get_mut(&(key, path.basename()))?;
            sources.retain(|source| table.is_free(*source));
            sources.first().copied()
        };
        let chosen = choose(table, sources, addition).map(|at| sources[at]).or_else(same_name);
        if let Some(source) = chosen {
            table.record(source, addition, MAX_SCORE);
            if let (false, Ok(at)) = (table.is_free(source), sources.binary_search(&source)) {
                sources.remove(at);
            }
        }
    }
}

/// Returns the sources by content and name, if more of them are equal than are considered.
fn by_name<'a>(table: &PathTable<'a, '_>, equal: &Equal) -> EqualByName<'a> {
    let mut named = EqualByName::default();
    for (key, sources) in equal.iter().filter(|(_, sources)| sources.len() > ALTERNATIVES) {
        for source in sources {
            let name = table.sources[*source].path.basename();
            named.entry((*key, name)).or_default().push(*source);
        }
    }
    named
}

/// Returns the pairing key, which ignores the executable bit but not the kind of entry.
fn key(side: &TableSide<'_>) -> Key {
    let mode = if side.entry.mode.is_file() { Mode::Regular } else { side.entry.mode };
    (mode, side.entry.blob)
}

/// Returns the index of the chosen source in `sources`.
fn choose(table: &PathTable<'_, '_>, sources: &[usize], addition: usize) -> Option<usize> {
    let allowed = sources.iter().enumerate().take(ALTERNATIVES);
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
