//! [`ReadError`]: why a text is not a registry.

use crate::registry::json::JsonError;
use crate::registry::{RepoPath, SCHEMA_VERSION};

/// The maximal size of a registry in bytes: about ten million records.
pub(super) const MAX_REGISTRY_BYTES: u64 = 2_000_000_000;

/// The reason why a text is not a registry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It is empty.
    #[error("the file is empty")]
    Empty,
    /// It is a link, a directory or a submodule.
    #[error("it is not a regular file")]
    NotAFile,
    /// It has more than two billion bytes; holds the size.
    #[error("the file has {0} bytes, but the limit is {MAX_REGISTRY_BYTES}")]
    TooLarge(u64),
    /// It is not UTF-8; holds the offset of the first invalid byte.
    #[error("byte {0} is not UTF-8 text")]
    NotText(usize),
    /// It has conflict markers of an unresolved merge; holds the line of the first one.
    #[error("line {0}: conflict marker of an unresolved merge")]
    ConflictMarkers(usize),
    /// It has a later version of the schema, which needs a later idhooks.
    #[error(
        "schema version \"{0}\" is newer than \"{SCHEMA_VERSION}\", the latest that this idhooks supports"
    )]
    Newer(String),
    /// It is not JSON of the schema.
    #[error(transparent)]
    Malformed(#[from] JsonError),
    /// Some records have malformed identities; everything else can be parsed.
    #[error("{}", malformed(.0))]
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

/// Describes the first of some malformed identities.
fn malformed(ids: &[MalformedId]) -> String {
    let (line, first) = ids.first().map_or((0, ""), |m| (m.line, &m.id));
    let more = match ids.len() {
        0 | 1 => String::new(),
        n => format!(" (and {} more)", n - 1),
    };
    format!("line {line}: '{first}' is not an identity{more}")
}
