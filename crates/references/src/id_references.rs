//! References to identities in text files: `idhooks:0110073814260118#install`, and the other
//! spellings that the rules allow.
//!
//! Every step takes time and memory in proportion to the file, whatever its content.

mod baseline_file;
mod ending;
mod file_lines;
mod front_matter;
mod heading_slugs;
mod insertion;
mod markup_lines;
mod raw_reference;
mod reference_edit;
mod resolved_markdown;
mod scanner;
mod spelled_text;
#[cfg(test)]
mod stamp_tests;
mod stamped_content;
#[cfg(test)]
mod tests;
mod word_bounds;

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use idhooks_core::registry::{Id, TextError};

pub use heading_slugs::{
    NamedHeading, find_heading, first_heading, heading_slugs, is_same_heading, section_start, slug,
};
pub use insertion::{InsertionFault, InsertionPlace, NewReference};
pub use reference_edit::{ReferenceEdit, with_edits};
pub use resolved_markdown::{RelativeLink, resolved_markdown};
pub use scanner::{ReferenceScanner, Unscannable};
pub use stamped_content::{StampableFile, StampedContent, is_markdown};

/// A reference in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdReference {
    /// Its bytes in the file.
    pub range: Range<usize>,
    /// The line on which it begins, from 1.
    pub line: usize,
    /// The character on that line at which it begins, from 1.
    pub column: usize,
    /// The file that it names.
    pub target: ReferenceTarget,
    /// The slug of the heading that it names.
    pub section: Option<String>,
    /// The stamp of the content that its author had read.
    pub stamp: Option<ContentStamp>,
    /// Its spelling: 0 is `idhooks:`, and n the nth rule `[[references.forms]]`.
    pub form: usize,
}

/// What a reference names a file by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReferenceTarget {
    /// An identity.
    Id(Id),
    /// A second identity, such as DOC-0001.
    Second(String),
}

impl fmt::Display for ReferenceTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReferenceTarget::Id(id) => id.fmt(f),
            ReferenceTarget::Second(name) => f.write_str(name),
        }
    }
}

/// A stamp of a file's content: 12 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentStamp(u64);

impl ContentStamp {
    /// The number of digits.
    pub const DIGITS: usize = 12;
}

impl fmt::Display for ContentStamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0width$x}", self.0, width = Self::DIGITS)
    }
}

impl FromStr for ContentStamp {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let refused = || TextError::new(text, "a stamp of 12 hexadecimal digits");
        let is_hex = text.len() == Self::DIGITS && text.bytes().all(|b| b.is_ascii_hexdigit());
        let number = u64::from_str_radix(text, 16).ok().filter(|_| is_hex);
        number.map(ContentStamp).ok_or_else(refused)
    }
}
