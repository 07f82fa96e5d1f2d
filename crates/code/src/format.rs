//! [`IdFormat`]: a compiled identifier format.

use std::time::Duration;

use regex_automata::meta::Regex;

use super::pattern::{escaped, whole};
use super::template::PartKind;

/// The maximum length of an identifier in bytes.
pub const MAX_BYTES: usize = 1_024;

/// An identifier format.
#[derive(Debug, Clone)]
pub struct IdFormat {
    /// The name.
    pub name: String,
    /// The template, as configured.
    pub template: String,
    /// The pieces, in order. They cannot read any string in two ways.
    pub pieces: Vec<FormatPiece>,
    /// The fields that are part of the identifier, each with the name of its part.
    pub derives: Vec<(String, String)>,
    /// The parts that are equal in all identifiers for the same thing.
    pub key: Vec<String>,
    /// The format whose counter and random part are copied when an identifier in this format is
    /// minted along with it.
    pub shares: Option<String>,
    /// The maximum age of a valid identifier.
    pub max_age: Option<Duration>,
    /// How far a valid identifier's time may lie in the future.
    pub max_future: Option<Duration>,
    /// Whether the format is a legacy format.
    pub is_legacy: bool,
    /// The format that replaces this one.
    pub successor: Option<String>,
    pub(crate) regex: Regex,
}

/// A piece of a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormatPiece {
    /// Fixed text that appears at this position in every identifier.
    Literal(String),
    /// Text that differs.
    Part(Part),
}

/// A part of a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The name, as given in the template.
    pub name: String,
    /// Its content.
    pub kind: PartKind,
    /// A regex without capture groups that matches exactly the part's values. Rust, Python and
    /// ECMAScript interpret it the same way.
    pub pattern: String,
}

/// An identifier split into its parts.
#[derive(Debug, Clone)]
pub struct IdReading<'f, 'i> {
    /// The format.
    pub format: &'f IdFormat,
    /// The values of the parts, in order.
    pub values: Vec<(&'f Part, &'i str)>,
}

/// Why an identifier is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// It is empty.
    #[error("it is empty")]
    Empty,
    /// The identifier is longer than [`MAX_BYTES`] bytes.
    #[error("it is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// The identifier does not match the format.
    #[error("does not match the format")]
    Form,
    /// The identifier is older than the format allows.
    #[error("it is older than max_age allows")]
    TooOld,
    /// The identifier's time lies further in the future than the format allows.
    #[error("its time is further in the future than max_future allows")]
    InFuture,
}

/// Returns the pattern for a sequence of pieces, with a capture group for each part.
pub(crate) fn capturing(pieces: &[FormatPiece]) -> String {
    let piece = |piece: &FormatPiece| match piece {
        FormatPiece::Literal(_) => piece.pattern(),
        FormatPiece::Part(_) => format!("({})", piece.pattern()),
    };
    pieces.iter().map(piece).collect()
}

impl IdFormat {
    /// Returns the parts in order.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.pieces.iter().filter_map(|piece| match piece {
            FormatPiece::Part(part) => Some(part),
            FormatPiece::Literal(_) => None,
        })
    }

    /// Returns the part with the given name.
    pub fn part(&self, name: &str) -> Option<&Part> {
        self.parts().find(|part| part.name == name)
    }

    /// Returns whether the format's identifiers can be distinguished from ordinary words. For
    /// example, identifiers in the format `{thread}` cannot.
    pub fn is_telling(&self) -> bool {
        self.pieces.iter().any(|piece| match piece {
            FormatPiece::Literal(text) => text.bytes().any(|byte| byte.is_ascii_alphanumeric()),
            FormatPiece::Part(part) => {
                // Almost any word matches such parts.
                !matches!(part.kind, PartKind::Text | PartKind::First { .. } | PartKind::Counter)
            }
        })
    }

    /// Returns the regex that matches exactly the format's identifiers, without anchors and with a
    /// capture group for each part.
    pub fn pattern(&self) -> String {
        capturing(&self.pieces)
    }

    /// Returns an identifier's parts, if it matches this format.
    pub fn read<'i>(&self, id: &'i str) -> Option<IdReading<'_, 'i>> {
        if id.is_empty() || id.len() > MAX_BYTES {
            return None;
        }
        let mut captures = self.regex.create_captures();
        self.regex.captures(id, &mut captures);
        captures.is_match().then_some(())?;
        let value = |(at, part)| Some((part, &id[captures.get_group(at + 1)?.range()]));
        let values = self.parts().enumerate().map(value).collect::<Option<_>>()?;
        Some(IdReading { format: self, values })
    }

    /// Returns an identifier's parts, if it is currently valid.
    ///
    /// # Errors
    /// Returns an error if the identifier does not match the format, is too old, or lies in the
    /// future.
    pub fn validate<'i>(&self, id: &'i str, now: u64) -> Result<IdReading<'_, 'i>, Invalid> {
        // `read` also rejects identifiers that are empty or too long, but does not give a reason.
        if id.is_empty() {
            return Err(Invalid::Empty);
        }
        if id.len() > MAX_BYTES {
            return Err(Invalid::TooLong);
        }
        let reading = self.read(id).ok_or(Invalid::Form)?;
        if let Some(made) = reading.made_at() {
            let exceeds = |limit: Option<Duration>, millis: u64| {
                limit.is_some_and(|limit| u128::from(millis) > limit.as_millis())
            };
            if exceeds(self.max_age, now.saturating_sub(made)) {
                return Err(Invalid::TooOld);
            }
            if exceeds(self.max_future, made.saturating_sub(now)) {
                return Err(Invalid::InFuture);
            }
        }
        Ok(reading)
    }
}

impl FormatPiece {
    /// Returns the regex that matches exactly this piece, without anchors or capture groups.
    pub fn pattern(&self) -> String {
        match self {
            FormatPiece::Literal(text) => escaped(text),
            FormatPiece::Part(part) => part.pattern.clone(),
        }
    }
}

impl Part {
    /// Returns whether a value matches this part's pattern.
    pub fn fits(&self, value: &str) -> bool {
        whole(&self.pattern).is_ok_and(|regex| regex.is_match(value))
    }
}

impl<'i> IdReading<'_, 'i> {
    /// Returns the value of a part, or of a field that is a part.
    pub fn value(&self, name: &str) -> Option<&'i str> {
        let derived = self.format.derives.iter().find(|(field, _)| field == name);
        let name = derived.map_or(name, |(_, part)| part);
        self.values.iter().find(|(part, _)| part.name == name).map(|(_, value)| *value)
    }

    /// Returns when the identifier was made, in milliseconds since the Unix epoch; `None` if the
    /// format has no time, or if the time is 0 because the identifier was translated from a format
    /// without one.
    pub fn made_at(&self) -> Option<u64> {
        let (part, value) = self.values.iter().find(|(part, _)| part.kind.is_dated())?;
        part.kind.millis(value).filter(|millis| *millis > 0)
    }
}
