//! [`ReadError`]: the reason a file is not a valid registry. Also checks a registry's schema
//! version.

use crate::registry::json::{Json, JsonError, Parser};
use crate::registry::{RepoPath, TextError, excerpt};

/// The maximum size of a registry in bytes, enough for about ten million records.
pub(super) const MAX_REGISTRY_BYTES: u64 = 2_000_000_000;

/// The reason a file is not a valid registry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The file is empty.
    #[error("the file is empty")]
    Empty,
    /// The file is a symlink, a directory or a submodule.
    #[error("it is not a regular file")]
    NotAFile,
    /// The file is larger than two billion bytes; holds its size.
    #[error("the file has {0} bytes, but the limit is {MAX_REGISTRY_BYTES}")]
    TooLarge(u64),
    /// The file is not UTF-8; holds the offset of the first invalid byte.
    #[error("byte {0} is not UTF-8 text")]
    NotText(usize),
    /// The file contains conflict markers from an unresolved merge; holds the line of the first
    /// one.
    #[error("line {0}: conflict marker of an unresolved merge")]
    ConflictMarkers(usize),
    /// The file has a newer schema version, which requires a newer idhooks.
    #[error(
        "schema version \"{}\" is newer than \"{SCHEMA_VERSION}\", the latest that this idhooks supports",
        excerpt(.0)
    )]
    Newer(String),
    /// The file is not JSON that follows the schema.
    #[error(transparent)]
    Malformed(#[from] JsonError),
    /// Some records have malformed identities; everything else can be parsed.
    #[error("{}", malformed(.0))]
    Ids(Vec<MalformedId>),
}

/// A record whose `id` is not a valid identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: '{}' is not an identity", excerpt(.id))]
pub struct MalformedId {
    /// The value of `id`.
    pub id: String,
    /// The record's path.
    pub path: RepoPath,
    /// The line where the record ends, counted from 1.
    pub line: usize,
}

/// The reason a record cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum RecordError {
    /// The record does not follow the schema.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// Only the record's identity is malformed.
    #[error(transparent)]
    Id(#[from] MalformedId),
}

/// The reason a record has no valid path.
#[derive(Debug, thiserror::Error)]
pub(super) enum RecordPathError {
    /// The text is not a valid path in the repository.
    #[error(transparent)]
    Path(#[from] TextError),
    #[error("path_hex is not lowercase hexadecimal")]
    Hex,
    /// `path_hex` holds a different path from `file_path`.
    #[error("file_path '{}' and path_hex name different paths", excerpt(.file_path))]
    Different { file_path: String },
}

/// Describes the first of several malformed identities.
fn malformed(ids: &[MalformedId]) -> String {
    match ids {
        [] => String::new(),
        [one] => one.to_string(),
        [first, more @ ..] => format!("{first} (and {} more)", more.len()),
    }
}

/// The schema version that this program reads and writes.
pub const SCHEMA_VERSION: &str = "1.0";

/// Reads the version at the current position, and checks that it is supported.
///
/// # Errors
/// Returns an error for any other version.
pub(super) fn schema_version(p: &mut Parser<'_>) -> Result<bool, JsonError> {
    let version = p.string("the schema version as a string")?;
    if version == SCHEMA_VERSION {
        return Ok(true);
    }
    let version = excerpt(&version);
    Err(p.error(format!(
        "schema version \"{version}\" is not \"{SCHEMA_VERSION}\", the one this idhooks understands"
    )))
}

/// Returns the schema version that the text states, if it is newer than ours. The rest of the text
/// may be in an unknown format.
pub(super) fn newer_version(text: &str) -> Option<String> {
    let numbers = |version: &str| -> Option<(u32, u32)> {
        let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
        Some((major.parse().ok()?, minor.parse().ok()?))
    };
    let mut parser = Parser::new(text);
    // The version may be the last key, so the whole object is read.
    let mut found = None;
    let read = parser.object(|p, name| {
        if let ("schema_version", Json::String(version)) = (name, p.value()?) {
            found = Some(version);
        }
        Ok(())
    });
    let version = found.filter(|_| read.is_ok())?;
    (numbers(&version)? > numbers(SCHEMA_VERSION)?).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_version_is_recognized_by_its_number() {
        let named = |version: &str| {
            // The keys before the version may be unknown too.
            newer_version(&format!("{{\"allocations\":7,\"schema_version\":{version}}}"))
        };
        for version in ["2.0", "1.1", "1.10", "3"] {
            assert_eq!(named(&format!("\"{version}\"")).as_deref(), Some(version));
        }
        for version in ["\"1.0\"", "\"0.9\"", "\"1\"", "\"x.y\"", "\"\"", "2", "\"2.0\",\"x\""] {
            assert_eq!(named(version), None, "{version}");
        }
        assert_eq!(newer_version("{\"schema_version\":\"2.0\""), None);
    }
}
