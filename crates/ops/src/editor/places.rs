//! Places in files that an editor can show.

use std::ops::Range;

use idhooks_core::config::Config;
use idhooks_core::embed;
use idhooks_core::registry::{Id, RepoPath};
use idhooks_references::{IdReference, ReferenceScanner};

use crate::refs::FoundText;

/// A reference in a file: everything on its line that comes before it, and its text, so that its
/// columns can be counted in any unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferencePlace {
    /// The file.
    pub path: RepoPath,
    /// The line, from 0.
    pub line: usize,
    /// The text on this line before the reference.
    pub before: String,
    /// The text of the reference.
    pub text: String,
}

impl ReferencePlace {
    pub(super) fn new(path: &RepoPath, found: &FoundText, content: &[u8]) -> Self {
        let FoundText { reference, text } = found;
        let before = content.get(..reference.range.start).unwrap_or_default();
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let before = String::from_utf8_lossy(&before[start..]).into_owned();
        let line = reference.line.saturating_sub(1);
        ReferencePlace { path: path.clone(), line, before, text: text.clone() }
    }
}

/// An identity at the head of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadIdentity {
    /// Its bytes in the file.
    pub range: Range<usize>,
    /// The identity.
    pub id: Id,
}

impl HeadIdentity {
    pub(super) fn find(path: &RepoPath, text: &str) -> Vec<Self> {
        let marks = embed::read_all(path, text.as_bytes());
        let marks = marks.iter().filter_map(|mark| Some((mark.value_range(), mark.id()?)));
        marks.map(|(range, id)| HeadIdentity { range, id }).collect()
    }
}

/// Returns the references in a text that is in no repository: those in the usual spelling.
pub fn file_references(text: &str) -> Vec<IdReference> {
    let config = Config::default();
    let scanner = ReferenceScanner::new(config.references());
    RepoPath::new(*b"untitled")
        .ok()
        .and_then(|path| scanner.scan(&path, text.as_bytes()).ok())
        .unwrap_or_default()
}
