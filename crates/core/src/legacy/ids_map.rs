//! The legacy file that maps second identities to paths.

use std::collections::BTreeMap;

use crate::registry::{Registry, key};

/// Returns the second identities of the files, as [`crate::plan::ids_map`] reads them: a line with the
/// identity and the path for each, sorted by identity.
pub fn format_ids_map(registry: &Registry) -> String {
    let lines = second_ids(registry).into_iter();
    lines.map(|(id, path)| format!("{id} {path}\n")).collect()
}

/// Returns the paths of the files by second identity.
pub(super) fn second_ids(registry: &Registry) -> BTreeMap<String, String> {
    let active = registry
        .active()
        .filter_map(|record| Some((record.text(key::DOC_ID)?.to_owned(), record.path.to_string())));
    active.collect()
}
