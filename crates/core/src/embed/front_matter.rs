//! Identities in front matter: YAML between lines of `---`, TOML between lines of `+++`.

use super::mark::{HeadPlace, Insertion, KEY, Mark};
use super::obstacle::Obstacle;
use super::text::{line_at, line_end};

/// Returns where the identity in front matter is, or would be; `None` without front matter.
pub(super) fn place(content: &[u8], begin: usize) -> Option<HeadPlace> {
    let first = line_at(content, begin);
    let (fence, separator) = match content[first.clone()].trim_ascii_end() {
        b"---" => (&b"---"[..], b':'),
        b"+++" => (&b"+++"[..], b'='),
        _ => return None,
    };
    let inside = first.end;
    let mut indent: Option<&[u8]> = None;
    let (mut at, mut marks, mut is_mapping) = (inside, Vec::new(), true);
    loop {
        let line = line_at(content, at);
        if line.is_empty() {
            // Without a closing fence it is not front matter, but a thematic break.
            return None;
        }
        let text = content[line.clone()].trim_ascii_end();
        if text == fence || (fence == b"---" && text == b"...") {
            break;
        }
        let bare = text.trim_ascii_start();
        if indent.is_none() && !bare.is_empty() && !bare.starts_with(b"#") {
            indent = Some(&text[..text.len() - bare.len()]);
            is_mapping = !bare.starts_with(b"{") && !bare.starts_with(b"- ");
            let is_key = bare.contains(&separator) || bare.starts_with(b"[");
            if is_mapping && !is_key {
                // A thematic break and a heading.
                return None;
            }
        }
        if text.len() - bare.len() == indent.map_or(0, <[u8]>::len) {
            marks.extend(value(bare, separator).map(|(from, to)| {
                let start = line.start + (text.len() - bare.len());
                Mark::new(content, start + from..start + to, line.clone(), true)
            }));
        }
        at = line.end;
    }
    if !is_mapping {
        let what = "its front matter is not a list of keys, one per line";
        return Some((marks, Err(Obstacle::Malformed(what))));
    }
    let indent = indent.unwrap_or_default();
    let key = if separator == b':' { format!("{KEY}: \"") } else { format!("{KEY} = \"") };
    let before = [indent, key.as_bytes()].concat();
    let after = format!("\"{}", line_end(content)).into_bytes();
    Some((marks, Ok(Insertion { at: inside, before, after })))
}

/// Returns where the value of the key is in a line, with its quotes.
fn value(line: &[u8], separator: u8) -> Option<(usize, usize)> {
    let rest = line.strip_prefix(KEY.as_bytes())?.trim_ascii_start();
    let rest = rest.strip_prefix(&[separator])?;
    let value = rest.trim_ascii_start();
    let from = line.len() - value.len();
    let length = match value.first()? {
        quote @ (b'"' | b'\'') => 2 + value[1..].iter().position(|b| b == quote)?,
        _ => value.iter().position(|b| *b == b' ' || *b == b'#').unwrap_or(value.len()),
    };
    (length > 0).then_some((from, from + length))
}
