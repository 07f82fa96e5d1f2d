//! [`ReadError`]: why a text is not a registry.

use std::fmt;

use crate::registry::json::JsonError;
use crate::registry::{RepoPath, SCHEMA_VERSION};

/// The maximal size of a registry in bytes: about ten million records.
pub(super) const MAX_REGISTRY_BYTES: u64 = 2_000_000_000;

/// The reason why a text is not a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// It is empty.
    Empty,
    /// It is a link, a directory or a submodule.
    NotAFile,
    /// It has more than two billion bytes; holds the size.
    TooLarge(u64),
    /// It is not UTF-8; holds the offset of the first invalid byte.
    NotText(usize),
    /// It has conflict markers of an unresolved merge; holds the line of the first one.
    ConflictMarkers(usize),
    /// It has a later version of the schema, which needs a later idhooks.
    Newer(String),
    /// It is not JSON of the schema.
    Malformed(JsonError),
    /// Some records have malformed identities; everything else can be parsed.
    Ids(Vec<MalformedId>),
}

/// A record whose `id` is not an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MalformedId {
    /// The value of `id`.
    pub id: String,
    /// The path of the record.
    pub path: RepoPath,
    /// The line on which the record ends, counted from 1.
    pub line: usize,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Empty => f.write_str("the file is empty"),
            ReadError::NotAFile => f.write_str("it is not a regular file"),
            ReadError::TooLarge(bytes) => {
                write!(f, "the file has {bytes} bytes, but the limit is {MAX_REGISTRY_BYTES}")
            }
            ReadError::NotText(at) => write!(f, "byte {at} is not UTF-8 text"),
            ReadError::ConflictMarkers(line) => {
                write!(f, "line {line}: conflict marker of an unresolved merge")
            }
            ReadError::Newer(version) => write!(
                f,
                "schema version \"{version}\" is newer than \"{SCHEMA_VERSION}\", the latest that this idhooks supports"
            ),
            ReadError::Malformed(error) => error.fmt(f),
            ReadError::Ids(ids) => {
                let first = ids.first().map_or("", |m| m.id.as_str());
                let line = ids.first().map_or(0, |m| m.line);
                write!(f, "line {line}: '{first}' is not an identity")?;
                if ids.len() > 1 {
                    write!(f, " (and {} more)", ids.len() - 1)?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for ReadError {}

impl From<JsonError> for ReadError {
    fn from(error: JsonError) -> Self {
        ReadError::Malformed(error)
    }
}
