//! Finds one spelling of references, a text around a placeholder, in a file.

use std::fmt;

use idhooks_core::config::{Placeholder, ReferenceText};
use idhooks_core::plan::second_id::is_doc_id;
use idhooks_core::registry::Id;
use memchr::memmem::Finder;

use super::ReferenceTarget;
use super::ending::ReferenceEnding;
use super::raw_reference::RawReference;
use super::word_bounds::{can_begin_after, can_end_before};

/// The longest second identity that is searched, in bytes. Without this limit, overlapping literals
/// would make the search quadratic.
const LONGEST_SECOND: usize = 200;

/// A spelling, prepared for many files.
pub(super) struct SpelledText<'r> {
    spelling: &'r ReferenceText,
    finder: Finder<'r>,
}

impl<'r> SpelledText<'r> {
    pub(super) fn new(spelling: &'r ReferenceText) -> Self {
        SpelledText { spelling, finder: Finder::new(&spelling.before) }
    }

    /// Returns the text that every reference in this spelling begins with.
    pub(super) fn literal(&self) -> &'r str {
        &self.spelling.before
    }

    pub(super) fn is_in(&self, text: &[u8]) -> bool {
        self.finder.find(text).is_some()
    }

    /// Finds the references in a text, in order.
    pub(super) fn find(&self, text: &str, form: usize, found: &mut Vec<RawReference>) {
        let mut from = 0;
        let mut run = NameRun::default();
        while let Some(at) = self.finder.find(&text.as_bytes()[from..]).map(|at| from + at) {
            let reference = self.parse(text, at, form, &mut run);
            // The literal may overlap itself, as in '[[[', so the search goes on at the next byte.
            from = reference.as_ref().map_or(at + 1, |reference| reference.range.end);
            found.extend(reference);
        }
    }

    /// Parses the reference whose literal is at this position.
    fn parse(&self, text: &str, at: usize, form: usize, run: &mut NameRun) -> Option<RawReference> {
        let ReferenceText { before, placeholder, after } = self.spelling;
        let rest = &text[at + before.len()..];
        let (target, named) = match placeholder {
            Placeholder::Id => leading_id(rest).map(|id| (ReferenceTarget::Id(id), Id::DIGITS))?,
            Placeholder::Second => {
                self.leading_second(rest, run.length(text, at + before.len()))?
            }
        };
        // Only now: this way, the text before each position is read once at most.
        if before.starts_with(|c: char| c.is_alphanumeric()) && !can_begin_after(&text[..at]) {
            return None;
        }
        let (rest, end) = (&rest[named..], at + before.len() + named);
        let ending = match (after.is_empty(), placeholder) {
            (true, _) => ReferenceEnding::parse(rest),
            (false, _) => {
                let rest = rest.strip_prefix(after.as_str())?;
                let is_word = after.ends_with(char::is_alphanumeric);
                if is_word && !can_end_before(rest) {
                    return None;
                }
                ReferenceEnding { length: after.len(), ..ReferenceEnding::default() }
            }
        };
        let ReferenceEnding { stamp, section, length } = ending;
        Some(RawReference { range: at..end + length, target, section, stamp, form })
    }

    /// Returns the second identity at the start of a text, and the length of its text. `run` is the
    /// number of characters of names there.
    fn leading_second(&self, rest: &str, run: usize) -> Option<(ReferenceTarget, usize)> {
        let ReferenceText { before, after, .. } = self.spelling;
        if run > LONGEST_SECOND || !rest.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return None;
        }
        let name = match after.is_empty() {
            // A full stop after it ends a sentence.
            true => rest[..run].trim_end_matches(['.', '-', '_']),
            false => {
                let near = rest.char_indices().nth(LONGEST_SECOND).map_or(rest.len(), |(at, _)| at);
                &rest[..rest[..near].find(after.as_str())?]
            }
        };
        if after.is_empty() && !can_end_before(&rest[run..]) {
            return None;
        }
        // In 'DOC-{second}', the end of the literal is part of the second identity.
        let own = &before[before.trim_end_matches(is_of_name).len()..];
        let whole = format!("{own}{name}");
        let second = [name, &whole].into_iter().find(|name| is_doc_id(name))?;
        Some((ReferenceTarget::Second(second.to_owned()), name.len()))
    }
}

/// The end of the last run of characters of names, so that a long one is read once.
#[derive(Debug, Default)]
struct NameRun {
    start: usize,
    end: usize,
}

impl NameRun {
    /// Returns the number of such characters at a position in the text.
    fn length(&mut self, text: &str, at: usize) -> usize {
        if !(self.start..self.end).contains(&at) {
            let rest = text[at..].bytes();
            let length = rest.take_while(|byte| is_of_name(char::from(*byte))).count();
            (self.start, self.end) = (at, at + length);
        }
        self.end - at
    }
}

/// Returns whether a character can be in a second identity.
fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || "._-".contains(c)
}

impl fmt::Display for SpelledText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.spelling.fmt(f)
    }
}

/// Returns the identity at the start of a text.
pub(super) fn leading_id(text: &str) -> Option<Id> {
    let (digits, rest) = text.split_at_checked(Id::DIGITS)?;
    digits.parse().ok().filter(|_| can_end_before(rest))
}
