//! [`Window`]: reads a file piece by piece.

use std::io::{self, ErrorKind, Read};

/// How many bytes to read at once: few enough to fit into the processor's cache, and to cost little
/// memory for a short file.
const PIECE: usize = 32 << 10;

/// The part of a file that is currently in memory, and its position.
#[derive(Debug)]
pub struct Window<R> {
    source: R,
    buffer: Vec<u8>,
    /// Where the unread part of the buffer starts.
    from: usize,
    /// Where the unread part of the buffer ends.
    to: usize,
    /// The unread part's position in the file.
    at: u64,
    is_at_end: bool,
    failure: Option<io::Error>,
}

impl<R: Read> Window<R> {
    /// Returns a window at the beginning of the source.
    pub fn of(source: R) -> Self {
        let buffer = vec![0; PIECE];
        Window { source, buffer, from: 0, to: 0, at: 0, is_at_end: false, failure: None }
    }

    /// Returns the window's position in the file, in bytes.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// Returns the window's content.
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.from..self.to]
    }

    /// Reads more into the window; returns false at the end of the file, or if it cannot be read.
    pub fn more(&mut self) -> bool {
        if self.is_at_end {
            return false;
        }
        self.buffer.copy_within(self.from..self.to, 0);
        self.to -= self.from;
        self.from = 0;
        if self.to == self.buffer.len() {
            // The line is longer than the buffer.
            self.buffer.resize(2 * self.to, 0);
        }
        loop {
            match self.source.read(&mut self.buffer[self.to..]) {
                Ok(count) => {
                    self.to += count;
                    self.is_at_end = count == 0;
                    return count > 0;
                }
                // A signal may interrupt the call before it reads anything.
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    (self.is_at_end, self.failure) = (true, Some(error));
                    return false;
                }
            }
        }
    }

    /// Returns the next line with its line ending; `None` if there is no complete line left.
    pub fn line(&mut self) -> Option<&[u8]> {
        let mut searched = 0;
        let length = loop {
            let rest = &self.bytes()[searched..];
            if let Some(n) = memchr::memchr(b'\n', rest) {
                break searched + n + 1;
            }
            searched += rest.len();
            if !self.more() {
                return None;
            }
        };
        Some(&self.bytes()[..length])
    }

    /// Returns the next `length` bytes, if there are that many.
    pub fn next(&mut self, length: usize) -> Option<&[u8]> {
        while self.to - self.from < length {
            if !self.more() {
                return None;
            }
        }
        Some(&self.buffer[self.from..self.from + length])
    }

    /// Advances by a number of bytes, but not beyond the window.
    pub fn step(&mut self, length: usize) {
        let length = length.min(self.to - self.from);
        self.from += length;
        self.at += length as u64;
    }

    /// Advances to a later position; returns whether the file extends that far.
    pub fn step_to(&mut self, at: u64) -> bool {
        while self.at < at {
            let left = usize::try_from(at - self.at).unwrap_or(usize::MAX);
            self.step(left);
            if self.at < at && !self.more() {
                return false;
            }
        }
        self.at == at
    }

    /// Returns whether the whole file has been read.
    pub fn is_over(&mut self) -> bool {
        // A file that could not be read to the end must not appear complete.
        self.from == self.to && !self.more() && self.failure.is_none()
    }

    /// Returns the error that ended the reading, if there was one.
    ///
    /// # Errors
    /// Returns that error.
    pub fn into_result(self) -> io::Result<()> {
        self.failure.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_grows_and_moves() {
        let text: Vec<u8> = (0..3 * PIECE).map(|n| (n % 251) as u8).collect();
        let mut window = Window::of(&text[..]);
        assert_eq!(window.next(2 * PIECE), Some(&text[..2 * PIECE]));
        window.step(1);
        assert_eq!((window.at(), window.next(2)), (1, Some(&text[1..3])));
        assert!(window.step_to(3 * PIECE as u64 - 2));
        assert_eq!(window.next(2), Some(&text[3 * PIECE - 2..]));
        assert_eq!(window.next(3), None);
        assert!(!window.is_over());
        assert!(!window.step_to(4 * PIECE as u64));
        assert!(window.is_over());
    }

    #[test]
    fn what_cannot_be_read_is_not_over() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(ErrorKind::Other.into())
            }
        }
        let mut window = Window::of(Broken);
        assert_eq!(window.next(1), None);
        assert!(!window.is_over());
    }
}
