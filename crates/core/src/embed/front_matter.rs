//! Identities in front matter: YAML between `---` lines, TOML between `+++` lines.

use std::ops::Range;

use super::mark::{HeadPlace, Insertion, KEY, Mark};
use super::obstacle::Obstacle;
use super::text::{line_at, line_end};

/// A block of keys, one per line.
pub(super) struct KeyBlock<'c> {
    content: &'c [u8],
    separator: u8,
    /// The first key and the white space before it.
    pub(super) first: Option<(&'c [u8], &'c [u8])>,
    /// The lines that contain the `doc_id` key, each with the range of its value.
    ids: Vec<(Range<usize>, Range<usize>)>,
    /// The line that ends the block; `None` if the block extends to the end of the content.
    pub(super) close: Option<Range<usize>>,
}

impl<'c> KeyBlock<'c> {
    /// Reads the block that starts at `inside` and ends at the first line for which `closes`
    /// returns true.
    pub(super) fn read(
        content: &'c [u8],
        inside: usize,
        separator: u8,
        closes: &dyn Fn(&[u8]) -> bool,
    ) -> Self {
        let (first, ids, close) = (None, Vec::new(), None);
        let mut block = KeyBlock { content, separator, first, ids, close };
        let mut at = inside;
        loop {
            let line = line_at(content, at);
            if line.is_empty() {
                return block;
            }
            at = line.end;
            let text = content[line.clone()].trim_ascii_end();
            if closes(text) {
                block.close = Some(line);
                return block;
            }
            let bare = text.trim_ascii_start();
            let indent = &text[..text.len() - bare.len()];
            if block.first.is_none() && !bare.is_empty() && !bare.starts_with(b"#") {
                block.first = Some((indent, bare));
            }
            // A more deeply indented key belongs to another value.
            if indent.len() == block.indent().len()
                && let Some((from, to)) = value(bare, separator)
            {
                let start = line.start + indent.len();
                block.ids.push((line, start + from..start + to));
            }
        }
    }

    fn indent(&self) -> &'c [u8] {
        self.first.map_or(&[][..], |(indent, _)| indent)
    }

    /// Returns the marks. Given a mark's line, `whole` returns the range to delete when the mark is
    /// removed.
    pub(super) fn marks(&self, whole: &dyn Fn(Range<usize>) -> Range<usize>) -> Vec<Mark> {
        let mark = |(line, value): &(Range<usize>, Range<usize>)| {
            Mark::new(self.content, value.clone(), whole(line.clone()), true)
        };
        self.ids.iter().map(mark).collect()
    }

    /// Returns the insertion that adds the key at `at`.
    pub(super) fn insertion(&self, at: usize) -> Insertion {
        let key = if self.separator == b':' { ": \"" } else { " = \"" };
        let before = [self.indent(), KEY.as_bytes(), key.as_bytes()].concat();
        Insertion { at, before, after: format!("\"{}", line_end(self.content)).into_bytes() }
    }
}

/// Returns where the identity in front matter is or would go, and where the front matter ends;
/// `None` if there is no front matter.
pub(super) fn place(content: &[u8], begin: usize) -> Option<(usize, HeadPlace)> {
    let open = line_at(content, begin);
    // Jekyll accepts trailing white space after the fence.
    let (fence, separator) = match content[open.clone()].trim_ascii_end() {
        b"---" => (&b"---"[..], b':'),
        b"+++" => (&b"+++"[..], b'='),
        _ => return None,
    };
    let closes = |text: &[u8]| text == fence || (fence == b"---" && text == b"...");
    let block = KeyBlock::read(content, open.end, separator, &closes);
    // Without a closing fence, this is a thematic break rather than front matter.
    let close = block.close.clone()?;
    let bare = block.first.map_or(&b""[..], |(_, bare)| bare);
    if bare.starts_with(b"{") || bare.starts_with(b"- ") {
        let what = "its front matter is not a list of keys, one per line";
        return Some((close.end, (block.marks(&|line| line), Err(Obstacle::Malformed(what)))));
    }
    let is_key = bare.contains(&separator) || bare.starts_with(b"[");
    if !bare.is_empty() && !is_key {
        // This is a thematic break followed by a heading.
        return None;
    }
    let is_blank = |range: Range<usize>| content[range].trim_ascii().is_empty();
    // If the front matter contains only the identity, the two were written together, so both are
    // removed; a blank line after the identity shows that the front matter was there first.
    let whole = |line: Range<usize>| {
        let is_only = is_blank(open.end..line.start) && is_blank(line.end..close.start);
        match is_only {
            true if line == (open.end..close.start) => open.start..close.end,
            true => line.start..line_at(content, line.end).end.min(close.start),
            false => line,
        }
    };
    let mut insertion = block.insertion(open.end);
    if bare.is_empty() && is_blank(open.end..close.start) {
        insertion.after.extend_from_slice(line_end(content).as_bytes());
    }
    Some((close.end, (block.marks(&whole), Ok(insertion))))
}

/// Returns the insertion that adds new front matter.
pub(super) fn new(content: &[u8], begin: usize) -> Insertion {
    let end = line_end(content);
    let before = format!("---{end}{KEY}: \"").into_bytes();
    Insertion { at: begin, before, after: format!("\"{end}---{end}").into_bytes() }
}

/// Returns whether the content begins with front matter in a format that cannot hold the key:
/// Hugo's JSON, or Hexo's JSON followed by a `;;;` line.
pub(super) fn is_json(content: &[u8], begin: usize) -> bool {
    let lines = || {
        let mut at = begin;
        std::iter::from_fn(move || {
            let line = line_at(content, at);
            at = line.end;
            (!line.is_empty()).then(|| content[line].trim_ascii_end())
        })
    };
    let first = lines().next().unwrap_or_default();
    let object = first.strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
    let is_object = object.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"\""));
    let is_key = first.starts_with(b"\"") && first.contains(&b':');
    is_object || first == b";;;" || (is_key && lines().any(|line| line == b";;;"))
}

/// Returns the position of the key's value in a line, including its quotes. The key may be quoted
/// too.
fn value(line: &[u8], separator: u8) -> Option<(usize, usize)> {
    let quote = line.first().filter(|byte| matches!(byte, b'"' | b'\''));
    let key = &line[usize::from(quote.is_some())..];
    let rest = key.strip_prefix(KEY.as_bytes())?;
    let rest = quote.map_or(Some(rest), |quote| rest.strip_prefix(&[*quote]))?;
    let rest = rest.trim_ascii_start().strip_prefix(&[separator])?;
    let value = rest.trim_ascii_start();
    let from = line.len() - value.len();
    let length = match value.first()? {
        quote @ (b'"' | b'\'') => 2 + value[1..].iter().position(|b| b == quote)?,
        _ => value.iter().position(|b| *b == b' ' || *b == b'#').unwrap_or(value.len()),
    };
    (length > 0).then_some((from, from + length))
}
