//! Finds identifiers in any kind of text, such as logs, dumps and lists of keys.

use super::super::email_address::{is_in_address, is_of_address};
use super::super::format::{FormatPiece, IdFormat, MAX_BYTES};
use super::super::pattern::shortest;
use super::Bridge;

/// The maximum length at which an e-mail address that spans several pieces is recognised.
const LONGEST_ADDRESS: usize = 4 * MAX_BYTES;

/// Finds identifiers in text. The candidates are the longest runs of characters that identifiers
/// can contain, except those that belong to an e-mail address.
///
/// Formats that match any word, such as `{thread}`, are left out.
pub struct Scanner<'b> {
    bridge: &'b Bridge,
    formats: Vec<ScannedFormat<'b>>,
    alphabets: Vec<Alphabet>,
}

/// A format with a quick test that rules out most words.
struct ScannedFormat<'b> {
    format: &'b IdFormat,
    prefix: &'b str,
    shortest: usize,
}

/// Formats whose identifiers can contain the same set of characters.
struct Alphabet {
    is_inside: [bool; 256],
    /// The formats' positions in the list of all formats.
    formats: Vec<usize>,
    is_first: [bool; 256],
    shortest: usize,
}

/// The number of identifiers found in each format.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// The count for each format, in the same order as [`Scanner::formats`]. An identifier that
    /// fits several formats counts for each of them.
    pub by_format: Vec<u64>,
    /// The total number of identifiers.
    pub identifiers: u64,
}

/// Counts the identifiers in text that arrives in pieces.
pub struct TextCounter<'s, 'b> {
    scanner: &'s Scanner<'b>,
    counts: Counts,
    /// For each alphabet, the unfinished last word of the text so far, which the next piece may
    /// continue.
    rests: Vec<Vec<u8>>,
}

impl<'b> Scanner<'b> {
    /// Returns a scanner for a bridge's formats; `None` if there are no formats to look for.
    pub fn new(bridge: &'b Bridge) -> Option<Self> {
        let telling = bridge.formats.all.iter().filter(|format| format.is_telling());
        let formats: Vec<ScannedFormat<'b>> = telling.map(ScannedFormat::new).collect();
        let mut alphabets: Vec<Alphabet> = Vec::new();
        for (at, format) in formats.iter().enumerate() {
            let is_inside = characters(format.format);
            // Formats with the same set of characters share a pass over the text.
            let place = alphabets.iter().position(|one| one.is_inside == is_inside);
            let place = place.unwrap_or_else(|| {
                alphabets.push(Alphabet::new(is_inside));
                alphabets.len() - 1
            });
            alphabets[place].add(at, format);
        }
        (!formats.is_empty()).then_some(Scanner { bridge, formats, alphabets })
    }

    /// Returns the formats to look for.
    pub fn formats(&self) -> impl Iterator<Item = &'b IdFormat> {
        self.formats.iter().map(|scanned| scanned.format)
    }

    /// Returns a counter with all counts set to zero.
    pub fn counter(&self) -> TextCounter<'_, 'b> {
        let counts = Counts { by_format: vec![0; self.formats.len()], identifiers: 0 };
        TextCounter { scanner: self, counts, rests: vec![Vec::new(); self.alphabets.len()] }
    }

    /// Counts the identifiers in text that is split into words by one alphabet.
    fn count(&self, alphabet: &Alphabet, text: &[u8], counts: &mut Counts) {
        let mut at = 0;
        while let Some(start) = text[at..].iter().position(|byte| alphabet.contains(*byte)) {
            let start = at + start;
            let length = text[start..].iter().position(|byte| !alphabet.contains(*byte));
            at = length.map_or(text.len(), |length| start + length);
            let word = &text[start..at];
            if !alphabet.is_candidate(word) {
                continue;
            }
            let fits = |format: &&usize| self.formats[**format].has(word);
            let found: Vec<usize> = alphabet.formats.iter().filter(fits).copied().collect();
            // Part of an e-mail address can look like an identifier.
            if !found.is_empty() && !is_in_address(text, start..at) {
                counts.identifiers += 1;
                found.into_iter().for_each(|format| counts.by_format[format] += 1);
            }
        }
    }

    /// Returns the legacy formats that were found together with their successors.
    pub fn mixed(&self, counts: &Counts) -> Vec<(&'b IdFormat, &'b IdFormat)> {
        let count = |name: &str| {
            let at = self.formats().position(|format| format.name == name)?;
            counts.by_format.get(at).filter(|count| **count > 0).map(|_| self.formats[at].format)
        };
        let links = self.bridge.links.iter();
        links.filter_map(|link| Some((count(&link.from)?, count(&link.to)?))).collect()
    }
}

impl<'b> ScannedFormat<'b> {
    fn new(format: &'b IdFormat) -> Self {
        let prefix = match format.pieces.first() {
            Some(FormatPiece::Literal(text)) => text,
            _ => "",
        };
        ScannedFormat { format, prefix, shortest: shortest(&format.pattern()) }
    }

    /// Returns whether a word matches the format.
    fn has(&self, word: &[u8]) -> bool {
        word.len() >= self.shortest
            && word.starts_with(self.prefix.as_bytes())
            && self.format.regex.is_match(word)
    }
}

impl Alphabet {
    fn new(is_inside: [bool; 256]) -> Self {
        let (formats, is_first) = (Vec::new(), [false; 256]);
        Alphabet { is_inside, formats, is_first, shortest: MAX_BYTES }
    }

    fn add(&mut self, at: usize, scanned: &ScannedFormat<'_>) {
        self.formats.push(at);
        self.shortest = self.shortest.min(scanned.shortest);
        match scanned.prefix.bytes().next() {
            Some(byte) => self.is_first[usize::from(byte)] = true,
            // The format begins with a part, so any character may come first.
            None => self.is_first = [true; 256],
        }
    }

    fn contains(&self, byte: u8) -> bool {
        self.is_inside[usize::from(byte)]
    }

    /// Returns whether a word has the length and first character of an identifier.
    fn is_candidate(&self, word: &[u8]) -> bool {
        (self.shortest..=MAX_BYTES).contains(&word.len())
            && word.first().is_some_and(|first| self.is_first[usize::from(*first)])
    }
}

impl TextCounter<'_, '_> {
    /// Counts the identifiers in the next piece.
    pub fn add(&mut self, piece: &[u8]) {
        for (alphabet, open) in self.scanner.alphabets.iter().zip(&mut self.rests) {
            let Some((first, last)) = ends(alphabet, open.len(), piece) else {
                extend(open, piece);
                continue;
            };
            // The word that the last piece left unfinished ends in this one, so it is now counted
            // as a whole.
            extend(open, &piece[..first]);
            self.scanner.count(alphabet, open, &mut self.counts);
            self.scanner.count(alphabet, &piece[first..last], &mut self.counts);
            open.clear();
            extend(open, &piece[last + 1..]);
        }
    }

    /// Returns the counts once there are no more pieces.
    pub fn finish(mut self) -> Counts {
        for (alphabet, open) in self.scanner.alphabets.iter().zip(&self.rests) {
            self.scanner.count(alphabet, open, &mut self.counts);
        }
        self.counts
    }
}

/// Returns the first and last positions in a piece that are outside any identifier and e-mail
/// address, or merely outside any identifier if the text is too long to be kept. `None` if there
/// are no such positions. `open` is the length of the unfinished text before the piece.
fn ends(alphabet: &Alphabet, open: usize, piece: &[u8]) -> Option<(usize, usize)> {
    let is_end = |byte: &u8| !alphabet.contains(*byte);
    let is_wide_end = |byte: &u8| is_end(byte) && !is_of_address(*byte);
    let head = &piece[..piece.len().min(LONGEST_ADDRESS)];
    let tail = piece.len().saturating_sub(LONGEST_ADDRESS);
    let first = head.iter().position(is_wide_end);
    let last = piece[tail..].iter().rposition(is_wide_end).map(|at| tail + at);
    match (first, last) {
        (Some(first), Some(last)) => Some((first, last)),
        _ if open + piece.len() <= LONGEST_ADDRESS => None,
        _ => Some((
            first.or_else(|| piece.iter().position(is_end))?,
            last.or_else(|| piece.iter().rposition(is_end))?,
        )),
    }
}

/// Extends a word or an address while it is short enough to contain an identifier. The rest of a
/// longer word is dropped, because the word is too long to be an identifier anyway.
fn extend(word: &mut Vec<u8>, more: &[u8]) {
    let room = (2 * LONGEST_ADDRESS).saturating_sub(word.len());
    word.extend_from_slice(&more[..more.len().min(room)]);
}

/// Returns the characters that make up the words that are compared with a format.
fn characters(format: &IdFormat) -> [bool; 256] {
    let mut is_inside = [false; 256];
    for byte in 0..=u8::MAX {
        is_inside[usize::from(byte)] = byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    }
    for piece in &format.pieces {
        // Literals may contain other characters, such as `:`.
        if let FormatPiece::Literal(text) = piece {
            text.bytes().for_each(|byte| is_inside[usize::from(byte)] = true);
        }
    }
    is_inside
}
