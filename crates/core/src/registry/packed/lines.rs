//! [`TextLines`] reads a text line by line, in pieces.

use std::io::Read;

use super::reader::Window;

/// The lines of a text.
#[derive(Debug)]
pub(super) struct TextLines<R>(Window<R>);

impl<R: Read> TextLines<R> {
    pub(super) fn of(source: R) -> Self {
        TextLines(Window::of(source))
    }

    /// Returns the position of the next line in the text.
    pub(super) fn at(&self) -> u64 {
        self.0.at()
    }

    /// Returns the next line with its line end; `None` if no complete line is left.
    pub(super) fn peek(&mut self) -> Option<&[u8]> {
        let mut searched = 0;
        let length = loop {
            let rest = &self.0.bytes()[searched..];
            if let Some(n) = memchr::memchr(b'\n', rest) {
                break searched + n + 1;
            }
            searched += rest.len();
            if !self.0.more() {
                return None;
            }
        };
        Some(&self.0.bytes()[..length])
    }

    /// Skips the next line, which has this length.
    pub(super) fn step(&mut self, length: usize) {
        self.0.step(length);
    }

    /// Returns whether the whole text was read.
    pub(super) fn is_over(&mut self) -> bool {
        self.0.is_over()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_may_be_longer_than_a_piece() {
        let long = [&b"x".repeat(300 << 10)[..], b"\n"].concat();
        let text = [b"a\n", &long[..], b"\n", b"b"].concat();
        let mut lines = TextLines::of(&text[..]);
        for (at, wanted) in [(0, &b"a\n"[..]), (2, &long), (2 + long.len(), b"\n")] {
            assert_eq!(lines.at(), at as u64);
            let length = lines.peek().filter(|line| *line == wanted).expect("a line").len();
            lines.step(length);
        }
        assert_eq!(lines.peek(), None);
        assert!(!lines.is_over());
        lines.step(1);
        assert!(lines.is_over());
    }
}
