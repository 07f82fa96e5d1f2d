//! [`OpenDocument`]: a document that is open in the client.

use std::ops::Range as ByteRange;

use idhooks_core::registry::RepoPath;
use lsp_types::{Position, Range, TextDocumentContentChangeEvent, Uri};

use crate::position::{PositionEncoding, TextLines};

/// A document that is open in the client.
#[derive(Debug)]
pub(crate) struct OpenDocument {
    pub(crate) uri: Uri,
    pub(crate) version: i32,
    pub(crate) text: String,
    lines: TextLines,
    /// Where it is, if it is in a repository.
    pub(crate) place: Option<DocumentPlace>,
}

/// The place of a document in a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DocumentPlace {
    /// The repository, by its number.
    pub(crate) repository: usize,
    pub(crate) path: RepoPath,
}

impl OpenDocument {
    pub(crate) fn new(uri: Uri, version: i32, text: String, place: Option<DocumentPlace>) -> Self {
        let lines = TextLines::new(&text);
        OpenDocument { uri, version, text, lines, place }
    }

    /// Applies a change of the client.
    pub(crate) fn apply(
        &mut self,
        change: TextDocumentContentChangeEvent,
        encoding: PositionEncoding,
    ) {
        match change.range {
            None => self.text = change.text,
            Some(range) => {
                let range = self.bytes(range, encoding);
                self.text.replace_range(range, &change.text);
            }
        }
        self.lines = TextLines::new(&self.text);
    }

    /// Returns the byte at a position.
    pub(crate) fn byte(&self, at: Position, encoding: PositionEncoding) -> usize {
        self.lines.byte(&self.text, at, encoding)
    }

    /// Returns the bytes of a range; one with its end before its start counts from there.
    pub(crate) fn bytes(&self, range: Range, encoding: PositionEncoding) -> ByteRange<usize> {
        let [start, end] = [range.start, range.end].map(|at| self.byte(at, encoding));
        start.min(end)..start.max(end)
    }

    /// Returns the range of bytes.
    pub(crate) fn range(&self, bytes: &ByteRange<usize>, encoding: PositionEncoding) -> Range {
        let [start, end] =
            [bytes.start, bytes.end].map(|byte| self.lines.position(&self.text, byte, encoding));
        Range { start, end }
    }
}
