//! [`BridgeRefusal`]: why identifiers cannot be translated.

use std::io;
use std::path::PathBuf;

use idhooks_code::UnknownFormat;
use idhooks_code::bridge::MapError;

use crate::{OpsError, PartRefusal};

/// Why identifiers cannot be translated, or a map cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BridgeRefusal {
    /// No format has this name.
    #[error(transparent)]
    Unknown(#[from] UnknownFormat),
    /// No format has a part with this name; also lists the names of all existing parts.
    #[error("no format has a part '{0}'")]
    NoPart(String, Vec<String>),
    /// The map cannot be read.
    #[error("cannot read the map '{}'", .0.display())]
    Unreadable(PathBuf, #[source] io::Error),
    /// The map cannot be written.
    #[error("cannot write the map '{}'", .0.display())]
    Unwritable(PathBuf, #[source] io::Error),
    /// The last line of the map, at this position, has no line ending.
    #[error("{0}: the last line has no end")]
    Incomplete(String),
    /// The line at this position is not a pair.
    #[error("{0}: not a pair of identifiers")]
    NoPair(String, #[source] serde_json::Error),
    /// The pair at this position contradicts another.
    #[error("{0}: {1}")]
    Contradiction(String, Box<MapError>),
    /// A new pair contradicts one in the map.
    #[error("cannot add to '{}': {}", .0.display(), .1)]
    NotAdded(PathBuf, Box<MapError>),
}

impl From<BridgeRefusal> for OpsError {
    fn from(refusal: BridgeRefusal) -> Self {
        OpsError::Part(PartRefusal::Bridge(refusal))
    }
}
