//! [`FileFinding`]: a finding at a position in any file.

use idhooks_core::check::Code;
use serde::{Deserialize, Deserializer, Serialize};

/// A finding in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFinding {
    /// The code.
    #[serde(deserialize_with = "code")]
    pub code: Code,
    /// The line, starting at 1.
    pub line: usize,
    /// The column in characters, starting at 1.
    pub column: usize,
    /// The kind of finding, more specific than its code.
    pub kind: String,
    /// The identifier, if it appears literally in the file.
    pub id: Option<String>,
    /// The problem.
    pub message: String,
}

/// The findings in a file.
// Most files have no findings; omitting empty fields keeps their reports in the cache short.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FileReport {
    /// The findings in the order they appear in the file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub spots: Vec<FileFinding>,
    /// The reason the file could not be checked, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

fn code<'d, D: Deserializer<'d>>(from: D) -> Result<Code, D::Error> {
    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
}
