//! The order of the records in a legacy file.

use idhooks_core::registry::Timestamp;

/// The order of the records in a file. Every clone finds the same order, because it only depends on
/// the version before a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RecordOrder {
    /// Sorted by identity. Two new records are rarely adjacent, so a forge can merge two branches
    /// that both added records, even though it has no merge driver.
    ById,
    /// The other program's order: new records come after all others, in the order they were
    /// allocated.
    AsWritten,
}

/// A record's sort key: its position in the earlier version, or else its allocation time or its
/// identity.
pub(super) type Place<T> = (usize, Option<Timestamp>, Option<T>);

impl RecordOrder {
    /// Returns the order of the records with these identities.
    pub(super) fn of<T: PartialOrd>(ids: impl IntoIterator<Item = T>) -> RecordOrder {
        if ids.into_iter().is_sorted() { RecordOrder::ById } else { RecordOrder::AsWritten }
    }

    /// Returns a record's sort key, given its position in the earlier version, if it has one.
    pub(super) fn place<T: AsRef<str>>(
        self,
        before: Option<usize>,
        allocated_at: impl FnOnce() -> T,
        id: Option<T>,
    ) -> Place<T> {
        match (self, before) {
            (RecordOrder::ById, _) => (0, None, id),
            (RecordOrder::AsWritten, Some(place)) => (place, None, id),
            (RecordOrder::AsWritten, None) => {
                (usize::MAX, Timestamp::read_loosely(allocated_at().as_ref()).ok(), id)
            }
        }
    }
}
