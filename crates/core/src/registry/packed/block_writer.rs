//! [`BlockWriter`]: writes a file in large blocks.

use std::io::{self, Read, Write};

/// The length of a block in bytes. Where the size of a page cache folio depends on the write (ext4
/// since Linux 6.16), this takes less than half the time of unaligned writes of 32 KiB.
const BLOCK: usize = 128 << 10;
/// The most that is read from a source at once, in bytes.
pub(super) const MOST: usize = 64 << 10;

/// Collects bytes, and writes them in blocks that begin at multiples of their length.
#[derive(Debug)]
pub struct BlockWriter<W> {
    out: W,
    buffer: Vec<u8>,
    /// How much of the buffer is yet to be written: less than a block.
    filled: usize,
}

impl<W: Write> BlockWriter<W> {
    /// Returns a writer to `out`, which must be at its beginning.
    pub fn new(out: W) -> Self {
        BlockWriter { out, buffer: Vec::new(), filled: 0 }
    }

    /// Adds the next `length` bytes of a source, and lets `see` have them.
    ///
    /// # Errors
    /// Returns an error if the source has fewer bytes or cannot be read, if `see` returns one, or
    /// if writing fails.
    pub fn copy(
        &mut self,
        source: &mut impl Read,
        length: usize,
        see: impl FnOnce(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let bytes = self.room(length);
        source.read_exact(bytes)?;
        see(bytes)?;
        self.add(length)
    }

    /// Flushes the buffer, and returns the underlying writer.
    ///
    /// # Errors
    /// Returns an error if writing fails.
    pub fn into_inner(mut self) -> io::Result<W> {
        self.flush()?;
        Ok(self.out)
    }

    /// Returns the place in the buffer for the next `length` bytes.
    fn room(&mut self, length: usize) -> &mut [u8] {
        let end = self.filled + length;
        if self.buffer.len() < end {
            self.buffer.reserve_exact((BLOCK + MOST).max(end) - self.buffer.len());
            self.buffer.resize(end, 0);
        }
        &mut self.buffer[self.filled..end]
    }

    /// Counts the next `length` bytes of the buffer as filled, and writes whole blocks.
    fn add(&mut self, length: usize) -> io::Result<()> {
        self.filled += length;
        let whole = self.filled - self.filled % BLOCK;
        if whole > 0 {
            self.out.write_all(&self.buffer[..whole])?;
            self.buffer.copy_within(whole..self.filled, 0);
            self.filled -= whole;
        }
        Ok(())
    }
}

impl<W: Write> Write for BlockWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.filled == 0 && bytes.len() >= BLOCK {
            let whole = bytes.len() - bytes.len() % BLOCK;
            return self.out.write_all(&bytes[..whole]).map(|()| whole);
        }
        let length = bytes.len().min(BLOCK - self.filled);
        self.room(length).copy_from_slice(&bytes[..length]);
        self.add(length).map(|()| length)
    }

    /// Writes the buffered bytes, even if they do not fill a block. Later blocks are not aligned.
    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.buffer[..self.filled])?;
        self.filled = 0;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keeps the length of each write.
    #[derive(Default)]
    struct Writes(Vec<u8>, Vec<usize>);

    impl Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.extend_from_slice(bytes);
            self.1.push(bytes.len());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_is_added_is_written_in_blocks() {
        let text: Vec<u8> = (0..3 * BLOCK + 9).map(|n| (n % 251) as u8).collect();
        let (mut source, mut seen) = (&text[7..], Vec::new());
        let mut out = BlockWriter::new(Writes::default());
        out.write_all(&text[..7]).expect("kept");
        for length in [MOST, 1, MOST, 2 * MOST - 10] {
            let see = |bytes: &[u8]| {
                seen.extend_from_slice(bytes);
                Ok(())
            };
            out.copy(&mut source, length, see).expect("kept");
        }
        out.write_all(&text[text.len() - source.len()..]).expect("kept");
        assert!(text[7..].starts_with(&seen));
        let Writes(written, lengths) = out.into_inner().expect("kept");
        assert_eq!(lengths, [BLOCK, BLOCK, BLOCK, 9]);
        assert!(written == text);
    }

    #[test]
    fn long_texts_are_not_copied_first() {
        let text = vec![7; 2 * BLOCK + 1];
        let mut out = BlockWriter::new(Writes::default());
        out.write_all(&text).expect("kept");
        assert_eq!(out.buffer.len(), 1);
        assert_eq!(out.into_inner().expect("kept").1, [2 * BLOCK, 1]);
        let short = BlockWriter::new(Writes::default()).copy(&mut &b"ab"[..], 3, |_| Ok(()));
        assert!(short.is_err());
    }
}
