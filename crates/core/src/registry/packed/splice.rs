//! [`Splice`]: a text assembled from pieces, mostly copied from another text.

use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use super::block_writer::{BlockWriter, MOST};

/// The ranges to copy from a source, and the text to insert between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Splice(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Copied(Range<u64>),
    New(Vec<u8>),
}

impl Splice {
    /// Returns a splice that consists of `text` alone and copies nothing.
    pub fn from_text(text: impl Into<Vec<u8>>) -> Self {
        Splice(vec![Piece::New(text.into())])
    }

    /// Appends a range from the source.
    pub fn copy(&mut self, range: Range<u64>) {
        self.0.push(Piece::Copied(range));
    }

    /// Appends new bytes.
    pub fn write(&mut self, bytes: impl Into<Vec<u8>>) {
        self.0.push(Piece::New(bytes.into()));
    }

    /// Returns the total length in bytes.
    pub fn length(&self) -> u64 {
        let length = |piece: &Piece| match piece {
            Piece::Copied(range) => range.end.saturating_sub(range.start),
            Piece::New(bytes) => bytes.len() as u64,
        };
        self.0.iter().map(length).sum()
    }

    /// Writes all pieces to `out`.
    ///
    /// # Errors
    /// Returns an error if the source cannot be read or has become shorter, or if writing to `out`
    /// fails.
    pub fn put(&self, source: impl Read + Seek, out: impl Write) -> io::Result<()> {
        self.put_seen(source, out, &[], |_, _| Ok(()))
    }

    /// Writes all pieces to `out`, and calls `see` with every chunk of the text, in order. A copied
    /// chunk comes with its position in the source. It ends at the next of these `ends` (sorted
    /// positions in the source), or after 64 KiB.
    ///
    /// # Errors
    /// Returns an error in the same cases as [`Splice::put`]; also returns any error from `see`.
    pub fn put_seen(
        &self,
        mut source: impl Read + Seek,
        out: impl Write,
        ends: &[u64],
        mut see: impl FnMut(Option<u64>, &[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        // The ranges are copied in chunks: a registry with 100,000 records takes about 15 MB,
        // nearly all of it unchanged.
        let mut out = BlockWriter::new(out);
        for piece in &self.0 {
            let range = match piece {
                Piece::Copied(range) => range,
                Piece::New(bytes) => {
                    see(None, bytes)?;
                    out.write_all(bytes)?;
                    continue;
                }
            };
            source.seek(SeekFrom::Start(range.start))?;
            let mut at = range.start;
            while at < range.end {
                let next = ends.get(ends.partition_point(|end| *end <= at));
                let end = next.map_or(range.end, |next| range.end.min(*next));
                let length = usize::try_from(end - at).map_or(MOST, |length| length.min(MOST));
                out.copy(&mut source, length, |bytes| see(Some(at), bytes))?;
                at += length as u64;
            }
        }
        out.flush()
    }

    /// Returns the whole text, given the source; `None` if the source is too short.
    pub fn over(&self, source: &[u8]) -> Option<Vec<u8>> {
        let mut whole = Vec::new();
        self.put(Cursor::new(source), &mut whole).ok().map(|()| whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_put_together() {
        let source: Vec<u8> = (0..2 * MOST).map(|n| (n % 251) as u8).collect();
        let mut pieces = Splice::default();
        pieces.copy(5..source.len() as u64);
        pieces.write(*b"new");
        pieces.copy(0..2);
        let wanted = [&source[5..], b"new", &source[..2]].concat();
        assert_eq!(pieces.over(&source), Some(wanted.clone()));
        assert_eq!(pieces.length(), wanted.len() as u64);
        assert_eq!(pieces.over(&source[1..]), None);
        // Each chunk stops at the next of the given ends.
        let ends = [1, 4, 5, 9, 2 * MOST as u64];
        let (mut text, mut seen, mut starts) = (Vec::new(), Vec::new(), Vec::new());
        let see = |at: Option<u64>, bytes: &[u8]| {
            starts.push((at, bytes.len()));
            seen.extend_from_slice(bytes);
            Ok(())
        };
        pieces.put_seen(Cursor::new(&source), &mut text, &ends, see).expect("readable");
        assert_eq!([text, seen], [&wanted[..], &wanted]);
        assert_eq!(
            starts,
            [
                (Some(5), 4),
                (Some(9), MOST),
                (Some(9 + MOST as u64), MOST - 9),
                (None, 3),
                (Some(0), 1),
                (Some(1), 1)
            ]
        );
    }
}
