//! [`TextLines`]: converts between positions of the protocol and bytes of a text.

use std::ops::Range;

use lsp_types::{Position, PositionEncodingKind};

/// The unit in which a client counts characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum PositionEncoding {
    /// Bytes.
    Utf8,
    /// UTF-16 code units, which every client knows.
    #[default]
    Utf16,
}

impl PositionEncoding {
    /// Chooses a unit among those that a client offers.
    pub(crate) fn choose(offered: Option<&[PositionEncodingKind]>) -> Self {
        match offered.is_some_and(|offered| offered.contains(&PositionEncodingKind::UTF8)) {
            true => PositionEncoding::Utf8,
            false => PositionEncoding::Utf16,
        }
    }

    pub(crate) fn kind(self) -> PositionEncodingKind {
        match self {
            PositionEncoding::Utf8 => PositionEncodingKind::UTF8,
            PositionEncoding::Utf16 => PositionEncodingKind::UTF16,
        }
    }

    /// Returns the length of a text in this unit.
    pub(crate) fn length(self, text: &str) -> u32 {
        let length = match self {
            PositionEncoding::Utf8 => text.len(),
            PositionEncoding::Utf16 => text.encode_utf16().count(),
        };
        u32::try_from(length).unwrap_or(u32::MAX)
    }

    /// Returns the byte of a text at which so many units end. A position inside a character is at
    /// its start, and one behind the end is at the end.
    fn byte(self, text: &str, units: u32) -> usize {
        let (mut left, mut at) = (units as usize, 0);
        for character in text.chars() {
            let length = match self {
                PositionEncoding::Utf8 => character.len_utf8(),
                PositionEncoding::Utf16 => character.len_utf16(),
            };
            if length > left {
                break;
            }
            left -= length;
            at += character.len_utf8();
        }
        at
    }
}

/// Where the lines of a text begin.
#[derive(Debug, Clone)]
pub(crate) struct TextLines(Vec<usize>);

impl TextLines {
    pub(crate) fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (at, byte) in bytes.iter().enumerate() {
            // LF, CRLF and CR each end a line.
            if *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
                starts.push(at + 1);
            }
        }
        TextLines(starts)
    }

    /// Returns the bytes of a line without its end.
    fn line(&self, text: &str, line: usize) -> Range<usize> {
        let start = self.0[line];
        let end = self.0.get(line + 1).copied().unwrap_or(text.len());
        let content = text[start..end].trim_end_matches(['\r', '\n']);
        start..start + content.len()
    }

    /// Returns the byte at a position. One outside of the text is at the next place inside.
    pub(crate) fn byte(&self, text: &str, at: Position, encoding: PositionEncoding) -> usize {
        let line = at.line as usize;
        if line >= self.0.len() {
            return text.len();
        }
        let range = self.line(text, line);
        range.start + encoding.byte(&text[range], at.character)
    }

    /// Returns the position of a byte.
    pub(crate) fn position(&self, text: &str, byte: usize, encoding: PositionEncoding) -> Position {
        let line = self.0.partition_point(|start| *start <= byte).saturating_sub(1);
        let before = text.get(self.0[line]..byte).unwrap_or_default();
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        Position { line, character: encoding.length(before) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PositionEncoding::{Utf8, Utf16};

    #[test]
    fn positions_count_in_the_chosen_unit() {
        let text = "a😀b\r\nä\rc\nlast";
        let lines = TextLines::new(text);
        let at = |line, character| Position { line, character };
        for (byte, utf8, utf16) in [
            (0, at(0, 0), at(0, 0)),
            (5, at(0, 5), at(0, 3)),
            (8, at(1, 0), at(1, 0)),
            (10, at(1, 2), at(1, 1)),
            (11, at(2, 0), at(2, 0)),
            (17, at(3, 4), at(3, 4)),
        ] {
            assert_eq!(lines.position(text, byte, Utf8), utf8, "{byte}");
            assert_eq!(lines.position(text, byte, Utf16), utf16, "{byte}");
            assert_eq!(lines.byte(text, utf8, Utf8), byte);
            assert_eq!(lines.byte(text, utf16, Utf16), byte);
        }
    }

    #[test]
    fn positions_outside_are_moved_inside() {
        let text = "😀\r\nb";
        let lines = TextLines::new(text);
        let byte = |line, character| lines.byte(text, Position { line, character }, Utf16);
        assert_eq!([byte(0, 1), byte(0, 9), byte(1, 9), byte(7, 0)], [0, 4, 7, 7]);
        assert_eq!(TextLines::new("").byte("", Position::new(3, 3), Utf8), 0);
    }
}
