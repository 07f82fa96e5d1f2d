//! The identifiers in texts of any kind: logs, dumps, lists of keys.

use regex_automata::meta::Regex;
use regex_automata::{Anchored, Input, PatternSet};

use super::super::format::{FormatPiece, IdFormat, MAX_BYTES};
use super::super::pattern::{shortest, syntax_config};
use super::super::template::PartKind;
use super::Bridge;

/// Finds identifiers in texts: the longest runs of characters that identifiers have.
///
/// Formats that any word would fit, such as `{thread}`, are left out.
pub struct Scanner<'b> {
    bridge: &'b Bridge,
    formats: Vec<&'b IdFormat>,
    set: Regex,
    is_inside: [bool; 256],
    shortest: usize,
}

/// How many identifiers of each format were found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// The number of each format, in the order of [`Scanner::formats`]. An identifier that fits
    /// several formats counts for each of them.
    pub by_format: Vec<u64>,
    /// The number of identifiers.
    pub identifiers: u64,
}

impl<'b> Scanner<'b> {
    /// Returns a scanner for the formats of a bridge; `None` if there is no format to find.
    pub fn new(bridge: &'b Bridge) -> Option<Self> {
        let formats: Vec<&IdFormat> = bridge.formats.all.iter().filter(|f| is_telling(f)).collect();
        let patterns: Vec<String> =
            formats.iter().map(|format| format!("(?:{})\\z", format.pattern())).collect();
        let set = Regex::builder().syntax(syntax_config()).build_many(&patterns).ok()?;
        let mut is_inside = [false; 256];
        for byte in 0..=u8::MAX {
            is_inside[usize::from(byte)] = byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        }
        let literals = formats.iter().flat_map(|format| &format.pieces);
        for piece in literals {
            if let FormatPiece::Literal(text) = piece {
                text.bytes().for_each(|byte| is_inside[usize::from(byte)] = true);
            }
        }
        let shortest = formats.iter().map(|format| shortest(&format.pattern())).min()?;
        Some(Scanner { bridge, formats, set, is_inside, shortest })
    }

    /// Returns the formats that are found.
    pub fn formats(&self) -> impl Iterator<Item = &'b IdFormat> {
        self.formats.iter().copied()
    }

    /// Counts the identifiers of a text.
    pub fn count(&self, text: &[u8], counts: &mut Counts) {
        counts.by_format.resize(self.formats.len(), 0);
        let mut fitting = PatternSet::new(self.formats.len());
        self.each(text, &mut fitting, |_, fitting| {
            counts.identifiers += 1;
            fitting.iter().for_each(|format| counts.by_format[format.as_usize()] += 1);
        });
    }

    /// Calls a function with every identifier of a text and the formats that it fits.
    pub fn identifiers<'t>(
        &self,
        text: &'t [u8],
        mut found: impl FnMut(&'t str, Vec<&'b IdFormat>),
    ) {
        let mut fitting = PatternSet::new(self.formats.len());
        self.each(text, &mut fitting, |word, fitting| {
            let formats = fitting.iter().map(|format| self.formats[format.as_usize()]);
            found(std::str::from_utf8(word).unwrap_or_default(), formats.collect());
        });
    }

    fn each<'t>(
        &self,
        text: &'t [u8],
        fitting: &mut PatternSet,
        mut found: impl FnMut(&'t [u8], &PatternSet),
    ) {
        let mut rest = text;
        while let Some(start) = rest.iter().position(|byte| self.is_inside[usize::from(*byte)]) {
            rest = &rest[start..];
            let end = rest.iter().position(|byte| !self.is_inside[usize::from(*byte)]);
            let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
            rest = after;
            if (self.shortest..=MAX_BYTES).contains(&word.len()) {
                fitting.clear();
                let input = Input::new(word).anchored(Anchored::Yes);
                self.set.which_overlapping_matches(&input, fitting);
                if !fitting.is_empty() {
                    found(word, fitting);
                }
            }
        }
    }

    /// Returns the formats of the past that were found together with what replaces them.
    pub fn mixed(&self, counts: &Counts) -> Vec<(&'b IdFormat, &'b IdFormat)> {
        let count = |name: &str| {
            let at = self.formats.iter().position(|format| format.name == name)?;
            counts.by_format.get(at).filter(|count| **count > 0).map(|_| self.formats[at])
        };
        let links = self.bridge.links.iter();
        links.filter_map(|link| Some((count(&link.from)?, count(&link.to)?))).collect()
    }
}

/// Returns whether a format has something that tells its identifiers from other words.
pub(super) fn is_telling(format: &IdFormat) -> bool {
    format.pieces.iter().any(|piece| match piece {
        FormatPiece::Literal(text) => text.bytes().any(|byte| byte.is_ascii_alphanumeric()),
        FormatPiece::Part(part) => {
            !matches!(part.kind, PartKind::Text | PartKind::First { .. } | PartKind::Counter)
        }
    })
}
