//! Identities in scripts: a comment at the head, after any lines that must come first.

use std::ops::Range;

use super::mark::{HeadPlace, Insertion, Mark, value_in};
use super::text::{line_at, line_end, says_generated, says_licence, whole_line};
use super::{comment_style::Syntax, obstacle::Obstacle};

/// The text that starts a PowerShell signature block.
const SIGNED: &[u8] = b"# SIG # Begin signature block";

/// Words found in lines that declare an encoding or an editor mode.
const ENCODING: [&str; 4] = ["-*-", "coding:", "coding=", "frozen_string_literal"];

/// A part of the head.
#[derive(Debug, Clone, PartialEq)]
enum HeadPiece {
    /// A line that must come before all comments.
    First,
    Empty,
    /// Comments without a blank line between them.
    Comment,
}

/// A script's head.
struct ScriptHead {
    pieces: Vec<(HeadPiece, Range<usize>)>,
    end: usize,
    marks: Vec<Mark>,
}

/// Returns where the identity in a script is or would go.
pub(super) fn place(content: &[u8], begin: usize, syntax: &Syntax) -> HeadPlace {
    let head = read(content, begin, syntax);
    let insertion = insertion(content, begin, syntax, &head);
    (head.marks, insertion)
}

fn insertion(
    content: &[u8],
    begin: usize,
    syntax: &Syntax,
    head: &ScriptHead,
) -> Result<Insertion, Obstacle> {
    if says_generated(&content[begin..head.end]) {
        return Err(Obstacle::Generated);
    }
    // A signature comes at the end of the file.
    if memchr::memmem::find(content, SIGNED).is_some() {
        return Err(Obstacle::Signed);
    }
    let has_opening = syntax.first.contains(&"<?php");
    if has_opening && !head.pieces.iter().any(|(piece, _)| *piece == HeadPiece::First) {
        return Err(Obstacle::Malformed("it does not begin with '<?php'"));
    }
    let at = after_licence(content, begin, &head.pieces);
    let end = line_end(content);
    // The last line may lack a line ending.
    let is_joined = at > begin && !content[..at].ends_with(b"\n");
    let (open, close) = match (syntax.line.first(), syntax.block.first()) {
        (Some(open), _) => (open.trim_end(), ""),
        (None, Some((open, close))) => (*open, *close),
        (None, None) => return Err(Obstacle::UnknownKind),
    };
    let before = format!("{}{open} {}: ", if is_joined { end } else { "" }, syntax.key);
    let mut after = if close.is_empty() { String::new() } else { format!(" {close}") };
    if !is_joined {
        after.push_str(end);
        if syntax.is_apart {
            after.push_str(end);
        }
    }
    Ok(Insertion { at, before: before.into_bytes(), after: after.into_bytes() })
}

/// Returns where the lines that must come first end; a licence and the blank line after it are
/// included.
fn after_licence(content: &[u8], begin: usize, pieces: &[(HeadPiece, Range<usize>)]) -> usize {
    let mut at = begin;
    let mut rest = pieces.iter().peekable();
    while let Some((HeadPiece::First, line)) = rest.peek() {
        at = line.end;
        rest.next();
    }
    loop {
        let mut ahead = rest.clone();
        while let Some((HeadPiece::Empty, _)) = ahead.peek() {
            ahead.next();
        }
        let Some((HeadPiece::Comment, comment)) = ahead.next() else { return at };
        if !says_licence(&content[comment.clone()]) {
            return at;
        }
        at = comment.end;
        if let Some((HeadPiece::Empty, line)) = ahead.peek() {
            at = line.end;
            ahead.next();
        }
        rest = ahead;
    }
}

/// Reads the head: lines that must come first, comments and blank lines.
fn read(content: &[u8], begin: usize, syntax: &Syntax) -> ScriptHead {
    let mut head = ScriptHead { pieces: Vec::new(), end: begin, marks: Vec::new() };
    // The string that closes the current block comment, and the head before that comment.
    let mut open: Option<&str> = None;
    let mut before = (head.pieces.clone(), head.end);
    while head.end < content.len() {
        let line = line_at(content, head.end);
        let text = content[line.clone()].trim_ascii();
        let is_at_first = head.pieces.iter().all(|(piece, _)| *piece == HeadPiece::First);
        let piece = if let Some(close) = open {
            if memchr::memmem::find(text, close.as_bytes()).is_some() {
                open = None;
            }
            HeadPiece::Comment
        } else if text.is_empty() {
            HeadPiece::Empty
        } else if is_at_first && comes_first(text, head.pieces.len(), syntax) {
            HeadPiece::First
        } else if let Some((from, close)) = opened_block(text, syntax) {
            match memchr::memmem::find(&text[from..], close.as_bytes()) {
                Some(end) if from + end + close.len() == text.len() => {
                    head.note(content, &line, text, from..from + end, syntax);
                }
                // Code after the comment ends the head.
                Some(_) => break,
                None => {
                    open = Some(close);
                    before = (head.pieces.clone(), head.end);
                }
            }
            HeadPiece::Comment
        } else if let Some(from) = opened_line(text, syntax) {
            head.note(content, &line, text, from..text.len(), syntax);
            HeadPiece::Comment
        } else {
            break;
        };
        head.push(piece, line);
    }
    if open.is_some() {
        // An unclosed comment is ignored; otherwise it would hide the rest of the file.
        (head.pieces, head.end) = before;
    }
    head
}

impl ScriptHead {
    fn push(&mut self, piece: HeadPiece, line: Range<usize>) {
        self.end = line.end;
        match (self.pieces.last_mut(), &piece) {
            (Some((HeadPiece::Comment, known)), HeadPiece::Comment) => known.end = line.end,
            _ => self.pieces.push((piece, line)),
        }
    }

    /// Records a `doc_id` found in a comment in `line`.
    fn note(
        &mut self,
        content: &[u8],
        line: &Range<usize>,
        text: &[u8],
        inside: Range<usize>,
        syntax: &Syntax,
    ) {
        let Some(value) = value_in(&text[inside.clone()]) else { return };
        let raw = &content[line.clone()];
        let start = line.start + (raw.len() - raw.trim_ascii_start().len()) + inside.start;
        let mut whole = whole_line(content, line.clone());
        let next = line_at(content, line.end);
        if syntax.is_apart && !next.is_empty() && content[next.clone()].trim_ascii().is_empty() {
            whole.end = next.end;
        }
        let value = start + value.start..start + value.end;
        self.marks.push(Mark::new(content, value, whole, false));
    }
}

/// Returns whether a line must come before any comment; `n` is the number of lines before it.
fn comes_first(text: &[u8], n: usize, syntax: &Syntax) -> bool {
    let is_shebang = n == 0 && text.starts_with(b"#!") && !text.starts_with(b"#![");
    let lower = text.to_ascii_lowercase();
    // Only the first two lines may declare the encoding or the editor mode.
    let has = |word: &&str| memchr::memmem::find(&lower, word.as_bytes()).is_some();
    let is_coding = n < 2 && opened_line(text, syntax).is_some() && ENCODING.iter().any(has);
    is_shebang || is_coding || syntax.first.iter().any(|word| lower.starts_with(word.as_bytes()))
}

/// Returns where a line comment's text begins.
fn opened_line(text: &[u8], syntax: &Syntax) -> Option<usize> {
    let opened =
        |open: &&&str| text.starts_with(open.as_bytes()) || text == open.trim_end().as_bytes();
    let open = syntax.line.iter().find(opened)?;
    Some(open.len().min(text.len()))
}

/// Returns where a block comment's text begins, and the string that closes the comment.
fn opened_block(text: &[u8], syntax: &Syntax) -> Option<(usize, &'static str)> {
    let (open, close) = syntax.block.iter().find(|(open, _)| text.starts_with(open.as_bytes()))?;
    Some((open.len(), close))
}
