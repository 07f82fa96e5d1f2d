//! Links between records that commands set: both records name each other.

use crate::registry::{Allocation, Json, Origin, Registry, Status, key};

/// Marks one record as superseded by another.
pub(super) fn supersede(registry: &mut Registry, old: Origin, new: Origin) {
    let Some(successor) = find(registry, new).map(|new| new.id) else { return };
    let Some(record) = find(registry, old) else { return };
    let old = record.id;
    record.set_status(Status::Superseded);
    record.set_text(key::SUPERSEDED_BY, successor.to_string());
    if let Some(record) = find(registry, new) {
        add(record, key::SUPERSEDES, &old.to_string());
    }
}

/// Removes the link to a record that is no longer superseded from its successor, one of `records`.
pub(super) fn unlink<'a>(
    records: impl IntoIterator<Item = &'a mut Allocation>,
    record: &Allocation,
) {
    let Some(named) = record.text(key::SUPERSEDED_BY).and_then(|text| text.parse().ok()) else {
        return;
    };
    let own = |link: &Json| {
        let id = link.as_str().and_then(|text| text.parse().ok());
        id.is_some_and(|id| record.answers_to(id))
    };
    for other in records.into_iter().filter(|other| other.answers_to(named)) {
        let mut all = list(other.metadata.remove(key::SUPERSEDES));
        all.retain(|link| !own(link));
        put(other, key::SUPERSEDES, all);
    }
}

/// Adds a link to a record, as the last one.
pub(super) fn add(record: &mut Allocation, key: &str, link: &str) {
    let link = Json::string(link);
    let mut all = list(record.metadata.remove(key));
    all.retain(|known| *known != link);
    all.push(link);
    put(record, key, all);
}

/// Notes the path in the last commit, if a command moved the record away from it.
pub(super) fn note_move(record: &mut Allocation, committed: Option<&Allocation>) {
    record.take_key_of(committed, key::MOVED_FROM);
    if let Some(then) = committed.filter(|then| then.path != record.path) {
        record.set_text(key::MOVED_FROM, then.path.to_string());
    }
}

/// Returns the record of an allocation.
pub(super) fn find(registry: &mut Registry, origin: Origin) -> Option<&mut Allocation> {
    registry.allocations.iter_mut().find(|record| record.origin == origin)
}

fn list(value: Option<Json>) -> Vec<Json> {
    match value {
        Some(Json::Array(all)) => all,
        one => one.into_iter().collect(),
    }
}

/// Writes nothing, one value, or a list.
fn put(record: &mut Allocation, key: &str, mut all: Vec<Json>) {
    let value = match all.len() {
        0 => return drop(record.metadata.remove(key)),
        1 => all.swap_remove(0),
        _ => Json::Array(all),
    };
    record.metadata.insert(key.to_owned(), value);
}
