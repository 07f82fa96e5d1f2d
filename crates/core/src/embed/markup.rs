//! Identities in HTML and XML: a comment after the declaration and doctype, which must come first.

use std::ops::Range;

use super::mark::{HeadPlace, Insertion, Mark, value_in};
use super::obstacle::Obstacle;
use super::text::{line_at, line_end, says_generated, says_licence};

const OPEN: &[u8] = b"<!--";
const CLOSE: &[u8] = b"-->";

/// The text before the first element.
struct MarkupHead {
    /// The end of the declaration or the doctype, whichever comes last.
    after_first: usize,
    comments: Vec<Range<usize>>,
    end: usize,
}

/// Returns where the identity in a markup file is or would go.
pub(super) fn place(content: &[u8], begin: usize) -> HeadPlace {
    let head = read(content, begin);
    let marks = head.comments.iter().filter_map(|comment| mark(content, begin, comment)).collect();
    // The generator would remove the identity the next time it runs.
    if says_generated(&content[begin..head.end]) {
        return (marks, Err(Obstacle::Generated));
    }
    let mut at = head.after_first;
    // By convention, licence headers come first.
    for comment in head.comments.iter().filter(|comment| comment.start >= head.after_first) {
        if !says_licence(&content[comment.clone()]) {
            break;
        }
        at = comment.end;
    }
    (marks, Ok(insertion(content, begin, at)))
}

/// Returns the insertion: on its own line if `at` is at the start or end of a line, otherwise
/// inline.
fn insertion(content: &[u8], begin: usize, at: usize) -> Insertion {
    let end = line_end(content);
    let rest = line_at(content, at);
    let has_end = content[rest.clone()].ends_with(b"\n");
    let at_end_of_line = at > begin && content[rest.clone()].trim_ascii().is_empty();
    let (at, before, after) = match (at == begin, at_end_of_line) {
        (true, _) => (at, "", end),
        (false, true) if has_end => (rest.end, "", end),
        (false, true) => (rest.end, end, ""),
        // More text follows on the same line, so the comment goes there too.
        (false, false) => (at, "", ""),
    };
    let before = format!("{before}<!-- doc_id: ").into_bytes();
    Insertion { at, before, after: format!(" -->{after}").into_bytes() }
}

/// Reads the text before the first element.
fn read(content: &[u8], begin: usize) -> MarkupHead {
    let mut head = MarkupHead { after_first: begin, comments: Vec::new(), end: begin };
    loop {
        let rest = &content[head.end..];
        let at = head.end + (rest.len() - rest.trim_ascii_start().len());
        let rest = &content[at..];
        let end_at = |close: &[u8]| memchr::memmem::find(rest, close).map(|n| at + n + close.len());
        let is_doctype = rest.get(..9).is_some_and(|word| word.eq_ignore_ascii_case(b"<!doctype"));
        let end = if rest.starts_with(OPEN) {
            end_at(CLOSE)
        } else if rest.starts_with(b"<?") {
            end_at(b"?>")
        } else if is_doctype {
            end_of_doctype(rest).map(|n| at + n)
        } else {
            None
        };
        let Some(end) = end else { return head };
        if rest.starts_with(OPEN) {
            head.comments.push(at..end);
        // Other processing instructions, such as stylesheets, may come after the comment.
        } else if is_doctype || rest.starts_with(b"<?xml ") {
            head.after_first = end;
        }
        head.end = end;
    }
}

/// Returns the length of a doctype, which may contain quotes and brackets.
fn end_of_doctype(text: &[u8]) -> Option<usize> {
    let (mut quote, mut depth) = (None, 0_usize);
    for (n, byte) in text.iter().enumerate() {
        match (quote, byte) {
            (Some(open), byte) if open == *byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(*byte),
            (None, b'[') => depth += 1,
            (None, b']') => depth = depth.saturating_sub(1),
            (None, b'>') if depth == 0 => return Some(n + 1),
            _ => {}
        }
    }
    None
}

fn mark(content: &[u8], begin: usize, comment: &Range<usize>) -> Option<Mark> {
    let inside = comment.start + OPEN.len()..comment.end - CLOSE.len();
    let value = value_in(content.get(inside.clone())?)?;
    let value = inside.start + value.start..inside.start + value.end;
    Some(Mark::new(content, value, whole(content, begin, comment), false))
}

/// Returns the range to delete when a comment is removed: the whole line, if the comment is alone
/// on it.
fn whole(content: &[u8], begin: usize, comment: &Range<usize>) -> Range<usize> {
    let before = &content[begin..comment.start];
    let line_start = before.iter().rposition(|b| *b == b'\n').map_or(begin, |n| begin + n + 1);
    let line = line_at(content, comment.end);
    let is_alone = content[line_start..comment.start].trim_ascii().is_empty()
        && content[line.clone()].trim_ascii().is_empty();
    match is_alone {
        true => super::text::whole_line(content, line_start..line.end),
        false => comment.clone(),
    }
}
