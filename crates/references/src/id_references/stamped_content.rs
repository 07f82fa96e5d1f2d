//! [`StampedContent`]: the part of a file's content that a stamp covers, and its stamp.
//!
//! The rule is part of the format and never changes: every stamp in every repository depends on it.
//! docs/references.md describes it for other programs, with examples.

use std::cell::OnceCell;

use idhooks_core::embed;
use idhooks_core::registry::RepoPath;
use memchr::{memchr, memchr_iter};
use sha2::{Digest, Sha256};

use super::ContentStamp;
use super::heading_slugs::SectionNames;
use super::scanner::BINARY_HEAD;

/// The extensions of Markdown files, whose headings references can name.
const MARKDOWN: [&[u8]; 3] = [b"md", b"markdown", b"mdx"];

/// The part of a file's content that a stamp covers: the content as git stores it, without the
/// differences that do not matter to a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StampedContent(Vec<u8>);

impl StampedContent {
    /// Returns the part that a stamp covers: the whole content, or a section of a Markdown file.
    /// `None` if a Markdown file has no such section. Files of other kinds have no sections, so
    /// that all of their content counts.
    ///
    /// Binary content, and text in another encoding than UTF-8, counts byte by byte.
    pub fn of(path: &RepoPath, content: &[u8], section: Option<&str>) -> Option<Self> {
        StampableFile::of(path, content.to_vec()).part(section)
    }

    /// Returns the part of a text, such as a line, that stamps cover.
    pub fn of_text(text: &[u8]) -> Self {
        StampedContent(without_line_ends(&without_stamps(text)))
    }

    /// Returns the stamp: the start of the SHA-256 of this content.
    pub fn stamp(&self) -> ContentStamp {
        let digest = Sha256::digest(&self.0);
        let start = digest.iter().take(ContentStamp::DIGITS / 2);
        ContentStamp(start.fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// Returns the content.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A file of which stamps cover the whole or sections, which are searched only once.
#[derive(Debug)]
pub struct StampableFile {
    /// The content without the file's own identity.
    content: Vec<u8>,
    kind: StampRule,
    sections: OnceCell<SectionNames>,
}

/// How the content of a file counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StampRule {
    /// Byte by byte.
    Bytes,
    Text,
    Markdown,
}

impl StampableFile {
    /// Takes the content of a file as git stores it.
    pub fn of(path: &RepoPath, content: Vec<u8>) -> Self {
        let is_binary = memchr(0, &content[..content.len().min(BINARY_HEAD)]).is_some();
        let is_text = !is_binary && std::str::from_utf8(&content).is_ok();
        let kind = match is_text {
            false => StampRule::Bytes,
            true if is_markdown(path) => StampRule::Markdown,
            true => StampRule::Text,
        };
        // The file's own identity comes first: with it, a front matter may go that has nothing else.
        let rest = is_text.then(|| embed::remove(path, &content, &|_| true)).flatten();
        StampableFile { content: rest.unwrap_or(content), kind, sections: OnceCell::new() }
    }

    /// Returns what a stamp covers; `None` if a Markdown file has no such section.
    pub fn part(&self, section: Option<&str>) -> Option<StampedContent> {
        let text = match self.kind {
            StampRule::Bytes => return Some(StampedContent(self.content.clone())),
            StampRule::Text | StampRule::Markdown => std::str::from_utf8(&self.content).ok()?,
        };
        let section = section.filter(|_| self.kind == StampRule::Markdown);
        let sections = || self.sections.get_or_init(|| SectionNames::of(text));
        let part = match section {
            Some(section) => &text[sections().range(section, text.len())?],
            None => text,
        };
        let StampedContent(mut part) = StampedContent::of_text(part.as_bytes());
        if section.is_some() {
            // The lines between a section and the next one belong to neither, and whether the last
            // line of a file has an end does not matter.
            let end = part.iter().rposition(|byte| *byte != b'\n').map_or(0, |last| last + 1);
            part.truncate(end);
            part.push(b'\n');
        }
        Some(StampedContent(part))
    }

    /// Returns the size of the content in bytes.
    pub fn size(&self) -> usize {
        self.content.len()
    }
}

/// Returns whether a file is Markdown by its name, so that references can name its sections.
pub fn is_markdown(path: &RepoPath) -> bool {
    let extension = path.extension();
    extension.is_some_and(|known| MARKDOWN.iter().any(|one| one.eq_ignore_ascii_case(known)))
}

/// Removes each `@` and 12 hexadecimal digits that directly follow a letter or digit, and that no
/// letter or digit follows. This includes all stamps, in whichever spelling, and needs no rules.
fn without_stamps(text: &[u8]) -> Vec<u8> {
    let (mut kept, mut from) = (Vec::with_capacity(text.len()), 0);
    for at in memchr_iter(b'@', text) {
        let end = at + 1 + ContentStamp::DIGITS;
        let digits = text.get(at + 1..end);
        let is_stamp = digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            && !text.get(end).is_some_and(u8::is_ascii_alphanumeric);
        kept.extend_from_slice(&text[from..at]);
        // A stamp may follow another one, so that what is kept decides.
        let follows = kept.last().is_some_and(u8::is_ascii_alphanumeric);
        from = if is_stamp && follows { end } else { at };
    }
    kept.extend_from_slice(&text[from..]);
    kept
}

/// Replaces CRLF by LF, and removes spaces and tabs at the ends of lines.
fn without_line_ends(text: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let (line, end): (_, &[u8]) = match line.strip_suffix(b"\n") {
            Some(line) => (line.strip_suffix(b"\r").unwrap_or(line), b"\n"),
            None => (line, b""),
        };
        let blank = line.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        kept.extend_from_slice(&line[..line.len() - blank]);
        kept.extend_from_slice(end);
    }
    kept
}
