//! [`Spans`]: how much content two blobs share, counted the way git does.
//!
//! A blob is cut after every LF, and after every 64 bytes without an LF; two blobs share the bytes
//! of the pieces found in both, wherever they are. Pieces are compared using git's own small hash,
//! including its collisions: another hash would score some pairs differently.

/// The score for equal contents; one percent is 600.
pub(super) const MAX_SCORE: u32 = 60_000;

/// How many leading bytes determine whether a blob is binary.
const SNIFFED: usize = 8000;
/// The maximum length of a piece in bytes.
const PIECE: u32 = 64;
/// The exclusive upper bound of a piece's hash.
pub(super) const HASHES: u32 = 107_927;

/// The pieces of one blob: their hashes in ascending order, each with its number of bytes.
#[derive(Debug)]
pub(super) struct Spans(Vec<(u32, u32)>);

impl Spans {
    /// Cuts a blob into its pieces.
    ///
    /// A final piece without LF counts too, as it has since git 2.44.
    pub(super) fn of(data: &[u8]) -> Self {
        let is_text = !data[..data.len().min(SNIFFED)].contains(&0);
        let mut pieces = Vec::with_capacity(data.len() / 32 + 1);
        let mut piece = SpanPiece::default();
        for (at, byte) in data.iter().enumerate() {
            // In text, git skips the CR in CR LF, so that changing line endings preserves the
            // similarity.
            if is_text && *byte == b'\r' && data.get(at + 1) == Some(&b'\n') {
                continue;
            }
            piece.push(*byte);
            if *byte == b'\n' || piece.len == PIECE {
                pieces.push(piece.take());
            }
        }
        if piece.len > 0 {
            pieces.push(piece.take());
        }
        pieces.sort_unstable();
        pieces.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 = kept.1.saturating_add(next.1);
            }
            same
        });
        // The capacity was an estimate, and the pieces stay in memory until all files are paired.
        pieces.shrink_to_fit();
        Spans(pieces)
    }

    /// Returns the hashes in ascending order, each with its number of bytes.
    pub(super) fn pieces(&self) -> &[(u32, u32)] {
        &self.0
    }

    /// Returns how many bytes the two blobs share.
    fn shared(&self, other: &Spans) -> u64 {
        let mut theirs = other.0.iter().peekable();
        let mut shared = 0;
        for (hash, bytes) in &self.0 {
            // Both lists are sorted, so one pass over them is enough.
            while theirs.next_if(|(other, _)| other < hash).is_some() {}
            if let Some((_, other)) = theirs.next_if(|(other, _)| other == hash) {
                shared += u64::from(*bytes.min(other));
            }
        }
        shared
    }

    /// Returns the similarity of two blobs, from 0 to [`MAX_SCORE`]; `larger` is the larger blob's
    /// size in bytes.
    pub(super) fn score(&self, other: &Spans, larger: u64) -> u32 {
        score(self.shared(other), larger)
    }
}

/// Returns the similarity of two blobs that share this many bytes.
pub(super) fn score(shared: u64, larger: u64) -> u32 {
    // 128 bits are used because 2^50 bytes times the maximum score would overflow 64 bits.
    let score = u128::from(shared) * u128::from(MAX_SCORE);
    let score = score.checked_div(u128::from(larger)).unwrap_or(0);
    u32::try_from(score).map_or(MAX_SCORE, |score| score.min(MAX_SCORE))
}

/// Returns whether blobs of these sizes can reach `minimum`, without reading the blobs.
pub(super) fn may_reach(minimum: u32, a: u64, b: u64) -> bool {
    let (larger, difference) = (u128::from(a.max(b)), u128::from(a.abs_diff(b)));
    let missing = u128::from(MAX_SCORE.saturating_sub(minimum));
    larger * missing >= difference * u128::from(MAX_SCORE)
}

/// The piece being read.
#[derive(Default)]
struct SpanPiece {
    low: u32,
    high: u32,
    len: u32,
}

impl SpanPiece {
    fn push(&mut self, byte: u8) {
        // This is the hash from git's diffcore-delta, bit for bit.
        let low = self.low;
        self.low = ((low << 7) ^ (self.high >> 25)).wrapping_add(u32::from(byte));
        self.high = (self.high << 7) ^ (low >> 25);
        self.len += 1;
    }

    /// Returns the piece's hash and length, and starts the next piece.
    fn take(&mut self) -> (u32, u32) {
        let piece = std::mem::take(self);
        // The multiplier and the modulus are also git's.
        (piece.low.wrapping_add(piece.high.wrapping_mul(0x61)) % HASHES, piece.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(a: &[u8], b: &[u8]) -> u32 {
        Spans::of(a).score(&Spans::of(b), a.len().max(b.len()) as u64)
    }

    #[test]
    fn counts_shared_lines_in_any_order() {
        assert_eq!(score(b"one\ntwo\nsix\n", b"six\none\ntwo\n"), MAX_SCORE);
        assert_eq!(score(b"one\ntwo\nsix\n", b"one\nxxx\nsix\n"), MAX_SCORE * 2 / 3);
        assert_eq!(score(b"one\n", b"one\none\n"), MAX_SCORE / 2);
        assert_eq!(score(b"", b""), 0);
    }

    #[test]
    fn counts_the_last_line_without_lf() {
        assert_eq!(score(b"one\ntwo", b"one\ntwo"), MAX_SCORE);
        assert_eq!(score(b"two", b"two\n"), 0);
    }

    #[test]
    fn ignores_cr_before_lf_in_text_only() {
        assert_eq!(score(b"one\r\ntwo\r\n", b"one\ntwo\n"), MAX_SCORE * 8 / 10);
        assert_eq!(score(b"\0ne\r\n", b"\0ne\n"), 0);
        assert_eq!(score(b"a\rb\n", b"ab\n"), 0);
    }

    #[test]
    fn cuts_long_lines() {
        let long = [b"x".repeat(64), b"y".repeat(64)].concat();
        assert_eq!(score(&long, &b"y".repeat(64)), MAX_SCORE / 2);
    }

    #[test]
    fn sizes_alone_can_rule_a_pair_out() {
        assert!(may_reach(30_000, 100, 50));
        assert!(!may_reach(30_000, 100, 49));
        assert!(!may_reach(30_000, 100, 0));
        assert!(may_reach(30_000, u64::MAX, u64::MAX));
    }
}
