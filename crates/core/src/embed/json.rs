//! Identities in JSON: the first key in an object.

use serde::de::IgnoredAny;

use super::mark::{HeadPlace, Insertion, KEY, Mark};
use super::obstacle::Obstacle;

/// Returns where the identity in a JSON object is or would go.
pub(super) fn place(content: &[u8], begin: usize) -> HeadPlace {
    let text = &content[begin..];
    // The code below finds positions without parsing again, which is safe only for valid JSON. This
    // check also excludes files with comments.
    if serde_json::from_slice::<IgnoredAny>(text).is_err() {
        return (Vec::new(), Err(Obstacle::Malformed("it is not JSON")));
    }
    let open = begin + (text.len() - text.trim_ascii_start().len());
    if content[open] != b'{' {
        return (Vec::new(), Err(Obstacle::Malformed("it is JSON, but not an object")));
    }
    let marks = find(content, open + 1);
    let inside = open + 1;
    let first = skip_space(content, inside);
    let space = &content[inside..first];
    let mut before = Vec::new();
    let mut after = b"\"".to_vec();
    if content.get(first) == Some(&b'}') {
        before.extend_from_slice(format!("\"{KEY}\": \"").as_bytes());
    } else {
        let colon = skip_space(content, skip_value(content, first));
        // The new key is formatted like the file's first key, so that a formatter leaves it alone.
        let wide = content.get(colon + 1).is_some_and(u8::is_ascii_whitespace);
        before.extend_from_slice(space);
        before.extend_from_slice(format!("\"{KEY}\":{}\"", if wide { " " } else { "" }).as_bytes());
        after.push(b',');
        if space.is_empty() && wide {
            after.push(b' ');
        }
    }
    (marks, Ok(Insertion { at: inside, before, after }))
}

/// Finds every occurrence of the key in the object whose content starts at `inside`.
fn find(content: &[u8], inside: usize) -> Vec<Mark> {
    let mut marks = Vec::new();
    let mut at = inside;
    let mut before = None;
    loop {
        let key = skip_space(content, at);
        if content.get(key) != Some(&b'"') {
            return marks;
        }
        let key_end = skip_value(content, key);
        let colon = skip_space(content, key_end);
        let value = skip_space(content, colon + 1);
        let value_end = skip_value(content, value);
        let next = skip_space(content, value_end);
        let is_last = content.get(next) != Some(&b',');
        if content.get(key + 1..key_end.saturating_sub(1)) == Some(KEY.as_bytes()) {
            let whole = match (before, is_last) {
                // The comma and the white space after the key are removed along with it.
                (None, false) => {
                    let space =
                        if key == inside { skip_space(content, next + 1) } else { next + 1 };
                    inside..space
                }
                (None, true) => key..value_end,
                (Some(comma), true) => comma..value_end,
                (Some(_), false) => at..next + 1,
            };
            marks.push(Mark::new(content, value..value_end, whole, true));
        }
        if is_last {
            return marks;
        }
        before = Some(next);
        at = next + 1;
    }
}

fn skip_space(content: &[u8], from: usize) -> usize {
    let rest = content.get(from..).unwrap_or_default();
    from + (rest.len() - rest.trim_ascii_start().len())
}

/// Returns the end of the value that starts at `from`, in text known to be JSON.
fn skip_value(content: &[u8], from: usize) -> usize {
    let (mut depth, mut at) = (0_usize, from);
    while let Some(byte) = content.get(at) {
        match byte {
            b'"' => {
                at += 1;
                while content.get(at).is_some_and(|b| *b != b'"') {
                    at += if content[at] == b'\\' { 2 } else { 1 };
                }
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth > 0 => depth -= 1,
            // A number or a literal word ends at the next delimiter or white space.
            b'}' | b']' | b',' | b':' if depth == 0 => return at,
            byte if depth == 0 && byte.is_ascii_whitespace() => return at,
            _ => {}
        }
        at += 1;
        let is_closed = matches!(content.get(at - 1), Some(b'"' | b'}' | b']'));
        if depth == 0 && is_closed {
            return at;
        }
    }
    at
}
