//! [`EditedText`]: a file's content after some changes.

use std::ops::Range;

use idhooks_python::PythonFile;

use super::edits::TextEdit;
use super::fix_error::FixError;

/// Returns `text`, which starts at offset `start`, with changes applied.
pub(super) fn edited(text: &str, start: usize, edits: &[TextEdit]) -> String {
    let (mut out, mut at) = (String::new(), start);
    for edit in edits {
        out.push_str(text.get(at - start..edit.range.start - start).unwrap_or_default());
        out.push_str(&edit.text);
        at = edit.range.end;
    }
    out.push_str(text.get(at - start..).unwrap_or_default());
    out
}

/// A file's content after some changes.
pub(super) struct EditedText {
    pub(super) bytes: Vec<u8>,
    /// The text that the last change, if any, should have produced.
    expected: Option<String>,
    /// For each change, the ranges it replaced in the previous text, and the lengths of their
    /// replacements.
    changes: Vec<Vec<(Range<usize>, usize)>>,
}

impl EditedText {
    /// Returns a file's content before any change.
    pub(super) fn unchanged(bytes: &[u8]) -> Self {
        EditedText { bytes: bytes.to_vec(), expected: None, changes: Vec::new() }
    }

    /// Maps a position in the current text to the original text.
    pub(super) fn original(&self, place: usize) -> usize {
        self.changes.iter().rev().fold(place, |place, change| before(change, place))
    }

    /// Parses the text, and checks the last change.
    ///
    /// # Errors
    /// Returns an error if the text does not parse, or differs from the expected text.
    pub(super) fn parse(&self) -> Result<PythonFile<'_>, FixError> {
        let file = PythonFile::parse(&self.bytes);
        let Some(expected) = &self.expected else { return file.map_err(FixError::NotPython) };
        let file = file.map_err(FixError::Broken)?;
        // The file's declared encoding may not support a character in the new text, in which case
        // the bytes decode to something else.
        match file.text() == expected {
            true => Ok(file),
            false => Err(FixError::Encoding),
        }
    }

    /// Applies changes to the bytes; all other bytes stay the same. `file` is the result of parsing
    /// these bytes.
    ///
    /// # Errors
    /// Returns an error if changes overlap.
    pub(super) fn edit(
        &self,
        file: &PythonFile<'_>,
        mut edits: Vec<TextEdit>,
    ) -> Result<Self, FixError> {
        let bytes = &self.bytes;
        // The bytes are copied in one pass, from the first change to the last.
        edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
        // Replacements use LF, which must be converted if the file has other line endings.
        let newline = match bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            Some(at) if bytes[at..].starts_with(b"\r\n") => "\r\n",
            Some(at) if bytes[at] == b'\r' => "\r",
            _ => "\n",
        };
        let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
        for edit in &edits {
            let range = file.in_bytes(edit.range.clone());
            // The bytes are edited rather than the decoded text, so that the rest of the file keeps
            // its encoding and line endings.
            out.extend_from_slice(bytes.get(at..range.start).ok_or(FixError::Overlap)?);
            out.extend_from_slice(edit.text.replace('\n', newline).as_bytes());
            at = range.end;
        }
        out.extend_from_slice(bytes.get(at..).ok_or(FixError::Overlap)?);
        let mut changes = self.changes.clone();
        changes.push(edits.iter().map(|edit| (edit.range.clone(), edit.text.len())).collect());
        Ok(EditedText { bytes: out, expected: Some(edited(file.text(), 0, &edits)), changes })
    }
}

/// Maps a position after a change to the position before it; a position in new text maps to the
/// start of the range that the new text replaced.
fn before(change: &[(Range<usize>, usize)], place: usize) -> usize {
    // The lengths of the old and new text up to this point, in bytes.
    let (mut old, mut new) = (0, 0);
    for (gone, length) in change {
        let kept = gone.start - old;
        if place < new + kept {
            break;
        }
        (old, new) = (gone.end, new + kept + length);
        if place < new {
            return gone.start;
        }
    }
    old + (place - new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_from_where_it_was_before_all_changes() {
        let mut text = EditedText::unchanged(b"a = f(b)\n");
        let edit = |range: Range<usize>, text: &str| TextEdit { range, text: text.to_owned() };
        let steps = [
            vec![edit(0..0, "import x\n"), edit(4..6, ""), edit(7..8, "")],
            vec![edit(0..8, "import yyy"), edit(13..14, "g(b)")],
        ];
        for edits in steps {
            let file = text.parse().expect("Python");
            let changed = text.edit(&file, edits).expect("apart");
            drop(file);
            text = changed;
        }
        assert_eq!(text.bytes, b"import yyy\na = g(b)\n");
        // These positions are in the statement, in its value, at its end, and in the new import.
        for (now, then) in [(11, 0), (13, 2), (15, 6), (17, 6), (19, 8), (5, 0)] {
            assert_eq!(text.original(now), then, "{now}");
        }
    }
}
