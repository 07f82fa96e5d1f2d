//! [`ReferenceEnding`]: what may follow the name of a file in a reference.

use percent_encoding::percent_decode_str;

use super::ContentStamp;
use super::word_bounds::{can_end_before, is_of_slug};

/// The stamp and the section after the name of a file: `@<stamp>`, then `#<section>`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ReferenceEnding {
    pub(super) stamp: Option<ContentStamp>,
    pub(super) section: Option<String>,
    /// The number of bytes.
    pub(super) length: usize,
}

impl ReferenceEnding {
    /// Parses the ending at the start of a text. What is neither a stamp nor a section belongs to
    /// the text around the reference.
    pub(super) fn parse(text: &str) -> Self {
        let stamp = parse_stamp(text);
        let before = if stamp.is_some() { 1 + ContentStamp::DIGITS } else { 0 };
        let section = section_length(&text[before..]);
        let end = before + section;
        let section = (section > 0).then(|| decoded(&text[before + 1..end]));
        ReferenceEnding { stamp, section, length: end }
    }
}

fn parse_stamp(text: &str) -> Option<ContentStamp> {
    let rest = text.strip_prefix('@')?;
    let (digits, rest) = rest.split_at_checked(ContentStamp::DIGITS)?;
    digits.parse().ok().filter(|_| can_end_before(rest))
}

/// Returns the length of `#<section>` at the start of a text, or 0.
fn section_length(text: &str) -> usize {
    let Some(slug) = text.strip_prefix('#') else { return 0 };
    let mut rest = slug;
    loop {
        rest = rest.trim_start_matches(is_of_slug);
        let code = rest.strip_prefix('%').and_then(|code| code.as_bytes().get(..2));
        if !code.is_some_and(|code| code.iter().all(u8::is_ascii_hexdigit)) {
            break;
        }
        rest = &rest[3..];
    }
    let length = slug.len() - rest.len();
    if length == 0 { 0 } else { 1 + length }
}

/// Returns a section as the heading has it: browsers encode letters outside ASCII in addresses.
fn decoded(section: &str) -> String {
    match percent_decode_str(section).decode_utf8() {
        Ok(text) if text.chars().all(is_of_slug) => text.into_owned(),
        _ => section.to_owned(),
    }
}
