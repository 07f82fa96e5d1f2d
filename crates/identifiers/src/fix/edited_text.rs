//! [`EditedText`]: the content of a file after some changes.

use idhooks_python::{PythonError, PythonFile};

use super::edits::TextEdit;

/// Returns a part of a text, which begins at `start`, with changes.
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

/// The content of a file after some changes.
pub(super) struct EditedText {
    pub(super) bytes: Vec<u8>,
    /// The text that it must be after the last change, if there was one.
    pub(super) expected: Option<String>,
}

impl EditedText {
    /// Parses it, and checks the last change.
    ///
    /// # Errors
    /// Returns the problem if it does not parse, or is not what it should be.
    pub(super) fn parse(&self) -> Result<PythonFile<'_>, String> {
        let file = PythonFile::parse(&self.bytes);
        let problem = |error: PythonError| error.to_string();
        let Some(expected) = &self.expected else { return file.map_err(problem) };
        let file = file
            .map_err(|problem| format!("after the changes, Python would refuse it: {problem}"))?;
        match file.text() == expected {
            true => Ok(file),
            false => Err("the changes cannot be written in the encoding of the file".to_owned()),
        }
    }

    /// Applies changes to the bytes, of which `file` is what was parsed; every other byte stays.
    ///
    /// # Errors
    /// Returns the problem if changes overlap.
    pub(super) fn edit(
        &self,
        file: &PythonFile<'_>,
        mut edits: Vec<TextEdit>,
    ) -> Result<Self, String> {
        let bytes = &self.bytes;
        edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
        let newline = match bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            Some(at) if bytes[at..].starts_with(b"\r\n") => "\r\n",
            Some(at) if bytes[at] == b'\r' => "\r",
            _ => "\n",
        };
        let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
        for edit in &edits {
            let range = file.in_bytes(edit.range.clone());
            out.extend_from_slice(bytes.get(at..range.start).ok_or("changes overlap")?);
            out.extend_from_slice(edit.text.replace('\n', newline).as_bytes());
            at = range.end;
        }
        out.extend_from_slice(bytes.get(at..).ok_or("changes overlap")?);
        Ok(EditedText { bytes: out, expected: Some(edited(file.text(), 0, &edits)) })
    }
}
