//! Links between records that commands set: the two records name each other.

use crate::registry::{Allocation, Origin, Registry, Status, key};

/// Marks a record as superseded by another.
pub fn supersede(registry: &mut Registry, old: Origin, new: Origin) {
    let Some(successor) = find(registry, new).map(|new| new.id) else { return };
    let Some(record) = find(registry, old) else { return };
    let old = record.id;
    record.set_status(Status::Superseded);
    record.set_text(key::SUPERSEDED_BY, successor.to_string());
    if let Some(record) = find(registry, new) {
        record.add_link(key::SUPERSEDES, &old.to_string());
    }
}

/// Removes a successor's link to a record that is no longer superseded. The successor is in
/// `records`.
pub fn unlink<'a>(records: impl IntoIterator<Item = &'a mut Allocation>, record: &Allocation) {
    let Some(named) = record.text(key::SUPERSEDED_BY).and_then(|text| text.parse().ok()) else {
        return;
    };
    for other in records.into_iter().filter(|other| other.answers_to(named)) {
        other.remove_superseded(record);
    }
}

/// If a command moved the record away from its path in the last commit, notes that path.
pub fn note_move(record: &mut Allocation, committed: Option<&Allocation>) {
    record.take_key_of(committed, key::MOVED_FROM);
    if let Some(then) = committed.filter(|then| then.path != record.path) {
        record.set_text(key::MOVED_FROM, then.path.to_string());
    }
}

/// Returns an allocation's record.
pub fn find(registry: &mut Registry, origin: Origin) -> Option<&mut Allocation> {
    registry.allocations.iter_mut().find(|record| record.origin == origin)
}
