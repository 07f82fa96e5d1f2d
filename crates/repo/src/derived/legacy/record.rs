//! [`LegacyRecord`]: a record of which the legacy file is to have the text.

use idhooks_core::registry::{Allocation, Id, RecordLine};

/// A record of which the legacy file is to have the text.
pub(super) enum LegacyRecord<'a> {
    /// One in the plainest canonical form: its text on one line, and the values in it.
    Plain(&'a str, &'a RecordLine<'a>),
    /// Another one, and the identity that holds its path, if that is another record.
    Parsed(&'a Allocation, Option<Id>),
}
