//! Pairs sidecars: a sidecar `<name><suffix>`, such as `a.png.meta`, follows the file `<name>`.
//!
//! Programs generate sidecars beside assets, mostly of the same text. So what a sidecar contains
//! says less about where it came from than where the file beside it came from.

use super::path_table::PathTable;
use super::similarity::MAX_SCORE;

/// Pairs the sidecars of files that are paired, whatever the sidecars contain.
pub(super) fn pair_sidecars(table: &mut PathTable<'_, '_>, minimum: u32) {
    // A path comes after the paths that it begins with, so the sidecar of a sidecar follows, too.
    for addition in table.open_additions() {
        let Some(asset) = table.asset_of(addition) else { continue };
        let Some(from) = table.source_of(asset) else { continue };
        let new = &table.additions[addition];
        let suffix = &new.path.as_bytes()[table.additions[asset].path.as_bytes().len()..];
        let path = [table.sources[from].path.as_bytes(), suffix].concat();
        let source = table.sources.binary_search_by(|side| side.path.as_bytes().cmp(&path));
        let Some(source) = source.ok().filter(|source| table.is_free(*source)) else { continue };
        let old = &table.sources[source];
        if old.entry.mode.is_file() && new.entry.mode.is_file() {
            let is_equal = old.entry.blob == new.entry.blob;
            table.record(source, addition, if is_equal { MAX_SCORE } else { minimum });
        }
    }
}
