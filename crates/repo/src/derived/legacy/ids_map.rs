//! The kind of legacy file that maps second identities to paths.

use std::collections::BTreeMap;

use idhooks_core::registry::{Registry, format_map_path, key};

/// Returns the files' second identities, in the format that `idhooks import --ids-map` reads: one
/// line for each identity with its path, sorted by identity.
pub(super) fn ids_map(registry: &Registry) -> String {
    let records = registry.sorted().into_iter().map(|(record, _)| record);
    let active = records.filter(|record| record.is_active());
    let paths: BTreeMap<&str, String> = active
        .filter_map(|record| {
            Some((record.text(key::DOC_ID)?, format_map_path(record.path.as_bytes())))
        })
        .collect();
    paths.iter().map(|(id, path)| format!("{id} {path}\n")).collect()
}
