//! Identities in YAML: a key in the first document.

use super::front_matter::KeyBlock;
use super::mark::HeadPlace;
use super::obstacle::Obstacle;
use super::text::{line_at, whole_line};

/// Returns where the identity's key is or would go. `head` is where a comment would go.
pub(super) fn place(content: &[u8], begin: usize, head: Result<usize, Obstacle>) -> HeadPlace {
    let Some((inside, is_opened)) = start(content, begin) else {
        return (Vec::new(), Err(Obstacle::NoKeys));
    };
    let closes = |text: &[u8]| text.starts_with(b"---") || text == b"...";
    let block = KeyBlock::read(content, inside, b':', &closes);
    let is_fit = match block.first {
        Some((_, bare)) => is_key(bare),
        // An empty document followed by another must stay empty.
        None => block.close.is_none(),
    };
    if !is_fit {
        return (Vec::new(), Err(Obstacle::NoKeys));
    }
    let at = head.map(|head| if is_opened { inside } else { head });
    let insertion = at.map(|at| match at == begin {
        true => block.insertion(at),
        false => block.insertion(at).on_own_line(content),
    });
    (block.marks(&|line| whole_line(content, line)), insertion)
}

/// Returns where the first document's content begins, and whether a `---` line precedes it; `None`
/// if that line itself has content.
fn start(content: &[u8], begin: usize) -> Option<(usize, bool)> {
    let mut at = begin;
    loop {
        let line = line_at(content, at);
        let text = content[line.clone()].trim_ascii_end();
        if let Some(rest) = text.strip_prefix(b"---") {
            let rest = rest.trim_ascii_start();
            return (rest.is_empty() || rest.starts_with(b"#")).then_some((line.end, true));
        }
        let is_before = text.is_empty() || text.starts_with(b"%");
        if line.is_empty() || !(is_before || text.trim_ascii_start().starts_with(b"#")) {
            return Some((begin, false));
        }
        at = line.end;
    }
}

/// Returns whether a line contains a key and a value, so that another key can be inserted before
/// it.
fn is_key(line: &[u8]) -> bool {
    let is_space_at = |at: usize| line.get(at).is_none_or(u8::is_ascii_whitespace);
    let is_colon = |at: usize| line.get(at) == Some(&b':') && is_space_at(at + 1);
    match line {
        [quote @ (b'"' | b'\''), rest @ ..] => {
            let end = rest.iter().position(|byte| byte == quote);
            end.is_some_and(|end| {
                let after = &rest[end + 1..];
                is_colon(line.len() - after.trim_ascii_start().len())
            })
        }
        // These characters start flow style, tags, anchors, block scalars, directives, sequences
        // and complex keys.
        [first, ..] if b"{}[],&*!|>%@`".contains(first) => false,
        [b'-' | b'?', ..] if is_space_at(1) => false,
        _ => (0..line.len()).any(is_colon),
    }
}
