//! [`NewReference`]: a reference to write into a file, at a line or at a character of it.

use std::fmt;
use std::ops::Range;

use idhooks_core::embed::{self, Mark};
use idhooks_core::registry::{Id, RepoPath};

use super::file_lines::{BYTE_ORDER_MARK, ignored_lines};
use super::markup_lines::is_markup_line;
use super::scanner::{ReferenceScanner, Unscannable, readable_text};
use super::word_bounds::{can_begin_after, can_end_before};
use super::{ContentStamp, IdReference, ReferenceTarget, is_markdown};

/// A reference to write into a file, in the spelling that counts everywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReference {
    /// The identity that it names.
    pub id: Id,
    /// The stamp of the content that its author has read.
    pub stamp: Option<ContentStamp>,
    /// The slug of the heading that it names.
    pub section: Option<String>,
}

impl fmt::Display for NewReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "idhooks:{}", self.id)?;
        if let Some(stamp) = self.stamp {
            write!(f, "@{stamp}")?;
        }
        self.section.iter().try_for_each(|section| write!(f, "#{section}"))
    }
}

/// Where to write a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InsertionPlace {
    /// The line, from 1.
    pub line: usize,
    /// The character before which it is written, from 1; the end of the line by default.
    pub column: Option<usize>,
}

/// Why no reference can be written at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InsertionFault {
    /// The file has only so many lines.
    NoLine(usize),
    /// The line has only so many characters.
    NoColumn(usize),
    /// The line contains `idhooks: ignore`.
    Ignored,
    /// The line contains the identity that the file carries itself.
    OwnIdentity,
    /// The line is markup of a Markdown file that would no longer be read as such: a fence of code,
    /// the underline of a heading, the delimiter of a table or of the front matter.
    Markup,
    /// The text there would not be read as a reference, or another one would no longer be.
    NotRead,
    /// The file has no references.
    Unscannable(Unscannable),
}

impl NewReference {
    /// Returns the content with this reference, and the reference as it is found there. It is
    /// separated by spaces from text that would join it.
    ///
    /// # Errors
    /// Returns the reason if nothing can be written there.
    pub fn insert(
        &self,
        scanner: &ReferenceScanner<'_>,
        path: &RepoPath,
        content: &[u8],
        place: InsertionPlace,
    ) -> Result<(Vec<u8>, IdReference), InsertionFault> {
        let text = readable_text(content).map_err(InsertionFault::Unscannable)?;
        let line = line_range(text, place.line)?;
        if ignored_lines(text)
            .iter()
            .any(|ignored| ignored.start <= line.end && line.start <= ignored.end)
        {
            return Err(InsertionFault::Ignored);
        }
        // Other programs read that line, too.
        let is_own = |mark: &Mark| {
            mark.value_range().start < line.end && line.start <= mark.value_range().start
        };
        if embed::read_all(path, content).iter().any(is_own) {
            return Err(InsertionFault::OwnIdentity);
        }
        if is_markdown(path) && is_markup_line(text, &line) {
            return Err(InsertionFault::Markup);
        }
        let at = line.start + offset(&text[line.clone()], place.column)?;
        let (before, after) = (&text[line.start..at], &text[at..line.end]);
        let lead = if is_joined(before, place.column.is_none()) { " " } else { "" };
        let former = scanner.scan(path, content).map_err(InsertionFault::Unscannable)?;
        // What follows may read as a stamp or a section, so that it needs a space as well.
        let trails = [" ", ""].into_iter().skip(usize::from(can_end_before(after)));
        for trail in trails.chain([" "]) {
            let written = format!("{}{lead}{self}{trail}{}", &text[..at], &text[at..]);
            let start = at + lead.len();
            let found = scanner.scan(path, written.as_bytes()).unwrap_or_default();
            if let Some(own) = self.found_at(start, &found, &former) {
                return Ok((written.into_bytes(), own));
            }
        }
        Err(InsertionFault::NotRead)
    }

    /// Returns the reference in a file where it was written, if all others are as they were.
    fn found_at(
        &self,
        start: usize,
        found: &[IdReference],
        former: &[IdReference],
    ) -> Option<IdReference> {
        let is_own = |one: &&IdReference| {
            one.range == (start..start + self.to_string().len())
                && one.target == ReferenceTarget::Id(self.id)
                && (one.stamp, &one.section) == (self.stamp, &self.section)
        };
        let own = found.iter().find(is_own)?;
        let others = found.iter().filter(|one| one.range.start != start);
        let names = |one: &IdReference| (one.target.clone(), one.stamp, one.section.clone());
        others.map(names).eq(former.iter().map(names)).then(|| own.clone())
    }
}

/// Returns the range of a line, without its line ending and without a byte order mark.
fn line_range(text: &str, line: usize) -> Result<Range<usize>, InsertionFault> {
    let mut start = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    let mut lines =
        text[start..].split_inclusive('\n').chain(text[start..].is_empty().then_some(""));
    for _ in 1..line {
        let Some(passed) = lines.next() else { break };
        start += passed.len();
    }
    let Some(found) = lines.next() else {
        return Err(InsertionFault::NoLine(text.lines().count().max(1)));
    };
    let found = found.strip_suffix('\n').unwrap_or(found);
    let found = found.strip_suffix('\r').unwrap_or(found);
    Ok(start..start + found.len())
}

/// Returns where a character begins in a line.
fn offset(line: &str, column: Option<usize>) -> Result<usize, InsertionFault> {
    let Some(column) = column else { return Ok(line.len()) };
    let mut starts = line.char_indices().map(|(at, _)| at).chain([line.len()]);
    let place = starts.nth(column.saturating_sub(1));
    place.ok_or_else(|| InsertionFault::NoColumn(line.chars().count()))
}

/// Returns whether a reference needs a space after this text. At the end of a line, it is a word of
/// its own, unless something opens before it.
fn is_joined(before: &str, is_line_end: bool) -> bool {
    let opens = |c: char| c.is_whitespace() || "([{<\"'`*_~".contains(c);
    let is_word = is_line_end && before.chars().next_back().is_some_and(|last| !opens(last));
    is_word || !can_begin_after(before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use idhooks_core::config::Config;

    const ID: &str = "idhooks:0110073814260118";

    fn insert(text: &str, line: usize, column: Option<usize>) -> Result<String, InsertionFault> {
        let config = Config::parse("[[references.forms]]\ntext = 'x{id}'\n").expect("valid rules");
        let id = "0110073814260118".parse().expect("an identity");
        let reference = NewReference { id, stamp: None, section: None };
        let path = RepoPath::new(*b"a.md").expect("a path");
        let scanner = ReferenceScanner::new(config.references());
        let place = InsertionPlace { line, column };
        let (content, found) = reference.insert(&scanner, &path, text.as_bytes(), place)?;
        assert_eq!(&content[found.range.clone()], ID.as_bytes());
        assert_eq!(found.line, line);
        Ok(String::from_utf8(content).expect("text").replace(ID, "R"))
    }

    #[test]
    fn a_reference_stands_at_its_place() {
        for (text, line, column, expected) in [
            ("", 1, None, "R"),
            ("a", 1, None, "a R"),
            ("a\r\nb.\r\n", 2, None, "a\r\nb. R\r\n"),
            ("a \nb", 1, None, "a R\nb"),
            ("see (", 1, None, "see (R"),
            ("see ()", 1, Some(6), "see (R)"),
            ("ab", 1, Some(2), "a R b"),
            ("\u{feff}ü:", 1, Some(2), "\u{feff}ü R:"),
            ("\u{feff}b", 1, Some(1), "\u{feff}R b"),
            ("a #b", 1, Some(3), "a R #b"),
            ("a @0123456789ab", 1, Some(3), "a R @0123456789ab"),
            ("x\n\ny", 2, None, "x\nR\ny"),
            ("a😀b", 1, Some(3), "a😀R b"),
            ("a _b_", 1, Some(4), "a _R b_"),
        ] {
            assert_eq!(insert(text, line, column).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_place_without_a_reference_is_refused() {
        for (text, line, column, fault) in [
            ("a\n", 2, None, InsertionFault::NoLine(1)),
            ("", 2, None, InsertionFault::NoLine(1)),
            ("a\nb", 3, None, InsertionFault::NoLine(2)),
            ("ab\r\n", 1, Some(4), InsertionFault::NoColumn(2)),
            ("a # idhooks: ignore", 1, None, InsertionFault::Ignored),
            ("# idhooks: ignore", 1, Some(1), InsertionFault::Ignored),
            ("a\0", 1, None, InsertionFault::Unscannable(Unscannable::Binary)),
            // The other reference would no longer be one.
            ("x0110073814260118", 1, Some(5), InsertionFault::NotRead),
            ("---\ndoc_id: 0110073814260119\n---\n", 2, None, InsertionFault::OwnIdentity),
            ("---\na: b\n---\n", 1, None, InsertionFault::Markup),
            ("a\n```sh\nb\n```\n", 2, None, InsertionFault::Markup),
            ("a\n```sh\nb\n```\n", 4, None, InsertionFault::Markup),
            ("Title\n===\n", 2, None, InsertionFault::Markup),
            ("|a|\n|-|\n|b|\n", 2, None, InsertionFault::Markup),
        ] {
            assert_eq!(insert(text, line, column), Err(fault), "{text}");
        }
    }
}
