//! Records that are added to a registry but no longer name a file.

use std::collections::BTreeMap;

use idhooks_core::registry::{Allocation, Registry, Status, key};

use super::{event_kind::EventKind, registry_diff::Edit};

impl Edit {
    /// Returns everything that is recorded about a change, in identity order.
    pub fn recorded(before: &Registry, after: &Registry) -> Vec<Edit> {
        let mut edits = Edit::all_between(before, after);
        let arrived = Edit::arrived(before, after);
        if !arrived.is_empty() {
            edits.extend(arrived);
            edits.sort_by_key(|edit| edit.id);
        }
        edits
    }

    /// Counts the edits returned by [`Edit::recorded`], by kind.
    pub fn counts(before: &Registry, after: &Registry) -> BTreeMap<EventKind, usize> {
        let mut counts = BTreeMap::new();
        for edit in Edit::recorded(&before.with_origins_of(Some(after)), after) {
            *counts.entry(edit.kind).or_default() += 1;
        }
        counts
    }

    /// Returns the records that are new in `after` and already deprecated or superseded, as after
    /// an import. Nothing happened to them here, so [`Edit::all_between`] leaves them out, but the
    /// import log includes them.
    pub fn arrived(before: &Registry, after: &Registry) -> Vec<Edit> {
        let known = before.by_origin();
        let is_new = |record: &&Allocation| !known.contains_key(&record.origin);
        let edits = after.allocations.iter().filter(is_new).filter_map(|record| {
            let text = |name| record.text(name).map(str::to_owned);
            Some(match record.status {
                Status::Active => return None,
                Status::Deprecated => {
                    let reason = text(key::DEPRECATED_REASON);
                    Edit { reason, ..Edit::of(EventKind::Deprecated, record) }
                }
                Status::Superseded => {
                    let by = text(key::SUPERSEDED_BY);
                    Edit { by, ..Edit::of(EventKind::Superseded, record) }
                }
            })
        });
        edits.collect()
    }
}
