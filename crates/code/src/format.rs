//! [`IdFormat`]: one form of identifiers, compiled.

use std::time::Duration;

use regex_automata::meta::Regex;

use super::pattern::{escaped, whole};
use super::template::PartKind;

/// The maximum length of an identifier in bytes.
pub const MAX_BYTES: usize = 1_024;

/// A form of identifiers.
#[derive(Debug, Clone)]
pub struct IdFormat {
    /// The name.
    pub name: String,
    /// The template, as configured.
    pub template: String,
    /// The pieces in order; no string has two readings.
    pub pieces: Vec<FormatPiece>,
    /// The fields that are a part of the identifier, each with the name of that part.
    pub derives: Vec<(String, String)>,
    /// The parts by which identifiers of the same thing are matched.
    pub key: Vec<String>,
    /// The format whose counter and random part it takes when both are minted together.
    pub shares: Option<String>,
    /// The maximum age of a valid identifier.
    pub max_age: Option<Duration>,
    /// How far the time of a valid identifier may be in the future.
    pub max_future: Option<Duration>,
    /// Whether it is a legacy format.
    pub is_legacy: bool,
    /// The format that replaces it.
    pub successor: Option<String>,
    pub(crate) regex: Regex,
}

/// A piece of a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormatPiece {
    /// Text that every identifier has here.
    Literal(String),
    /// Text that differs.
    Part(Part),
}

/// A part of a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The name, as in the template.
    pub name: String,
    /// Its content.
    pub kind: PartKind,
    /// The regex of exactly its values, without groups that capture. Rust, Python and ECMAScript
    /// read it in the same way.
    pub pattern: String,
}

/// An identifier with its parts.
#[derive(Debug, Clone)]
pub struct IdReading<'f, 'i> {
    /// The format.
    pub format: &'f IdFormat,
    /// The values of the parts, in their order.
    pub values: Vec<(&'f Part, &'i str)>,
}

/// Why an identifier is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// It has no characters.
    #[error("it is empty")]
    Empty,
    /// It has more than [`MAX_BYTES`] bytes.
    #[error("it is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// It does not have the form.
    #[error("does not match the format")]
    Form,
    /// It is older than the format allows.
    #[error("it is older than max_age allows")]
    TooOld,
    /// Its time is further in the future than the format allows.
    #[error("its time is further in the future than max_future allows")]
    InFuture,
}

/// Returns the pattern of pieces in which each part is a group that captures.
pub(crate) fn capturing(pieces: &[FormatPiece]) -> String {
    let piece = |piece: &FormatPiece| match piece {
        FormatPiece::Literal(_) => piece.pattern(),
        FormatPiece::Part(_) => format!("({})", piece.pattern()),
    };
    pieces.iter().map(piece).collect()
}

impl IdFormat {
    /// Returns the parts in their order.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.pieces.iter().filter_map(|piece| match piece {
            FormatPiece::Part(part) => Some(part),
            FormatPiece::Literal(_) => None,
        })
    }

    /// Returns the part with a name.
    pub fn part(&self, name: &str) -> Option<&Part> {
        self.parts().find(|part| part.name == name)
    }

    /// Returns whether its identifiers differ from other words; those of `{thread}` do not.
    pub fn is_telling(&self) -> bool {
        self.pieces.iter().any(|piece| match piece {
            FormatPiece::Literal(text) => text.bytes().any(|byte| byte.is_ascii_alphanumeric()),
            FormatPiece::Part(part) => {
                // Almost any word has the form of these.
                !matches!(part.kind, PartKind::Text | PartKind::First { .. } | PartKind::Counter)
            }
        })
    }

    /// Returns the regex of exactly its identifiers, without anchors; each part is a group that
    /// captures.
    pub fn pattern(&self) -> String {
        capturing(&self.pieces)
    }

    /// Returns the parts of an identifier, if it has the form of this format.
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

    /// Returns the parts of an identifier that is valid now.
    ///
    /// # Errors
    /// Returns an error if it does not have the form, is too old or from the future.
    pub fn validate<'i>(&self, id: &'i str, now: u64) -> Result<IdReading<'_, 'i>, Invalid> {
        // `read` refuses the next two as well, but without a reason.
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
    /// Returns the regex of exactly this piece, without anchors and groups that capture.
    pub fn pattern(&self) -> String {
        match self {
            FormatPiece::Literal(text) => escaped(text),
            FormatPiece::Part(part) => part.pattern.clone(),
        }
    }
}

impl Part {
    /// Returns whether a value has the form of this part.
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

    /// Returns when the identifier was made, in milliseconds since 1970. It is not known if the
    /// format has no time, and for identifiers that were translated from a format without one,
    /// which have the time 0.
    pub fn made_at(&self) -> Option<u64> {
        let (part, value) = self.values.iter().find(|(part, _)| part.kind.is_dated())?;
        part.kind.millis(value).filter(|millis| *millis > 0)
    }
}
