//! [`RecordField`]: a part of a record that a generator depends on.

use std::{fmt, str::FromStr};

use crate::registry::TextError;

/// A part of a record, as named in a generator's `fields`, `sort` or `output`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordField {
    /// `id`.
    Id,
    /// `file_path`.
    FilePath,
    /// `allocated_at`.
    AllocatedAt,
    /// `status`.
    Status,
    /// `ns`: the identity's namespace.
    Namespace,
    /// `type`: the identity's TYPE.
    Type,
    /// `metadata`: all of the metadata.
    Metadata,
    /// `metadata.<key>`.
    MetadataKey(String),
}

/// The prefix of the names of fields that stand for a metadata key.
const METADATA_KEY: &str = "metadata.";

impl RecordField {
    /// The fields with fixed names.
    const NAMED: [(RecordField, &str); 7] = [
        (RecordField::Id, "id"),
        (RecordField::FilePath, "file_path"),
        (RecordField::AllocatedAt, "allocated_at"),
        (RecordField::Status, "status"),
        (RecordField::Namespace, "ns"),
        (RecordField::Type, "type"),
        (RecordField::Metadata, "metadata"),
    ];

    /// The expected form of a field, as shown in messages.
    pub(super) const FORM: &str = "\"id\", \"file_path\", \"allocated_at\", \"status\", \"ns\", \"type\", \"metadata\" or \
         \"metadata.<key>\"";

    /// Returns whether the field's value can be part of a path.
    pub(super) fn fits_in_path(&self) -> bool {
        !matches!(self, RecordField::FilePath | RecordField::AllocatedAt | RecordField::Metadata)
    }
}

impl FromStr for RecordField {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let key = text.strip_prefix(METADATA_KEY).filter(|key| !key.is_empty());
        let named = || RecordField::NAMED.into_iter().find(|(_, name)| *name == text);
        key.map(|key| RecordField::MetadataKey(key.to_owned()))
            .or_else(|| named().map(|(field, _)| field))
            .ok_or_else(|| TextError::new(text, "a field of a record"))
    }
}

impl fmt::Display for RecordField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordField::MetadataKey(key) => write!(f, "{METADATA_KEY}{key}"),
            named => {
                let found = RecordField::NAMED.iter().find(|(field, _)| field == named);
                f.write_str(found.map_or("", |(_, name)| name))
            }
        }
    }
}
