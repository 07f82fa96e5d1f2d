//! References in Markdown and HTML: relative links.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag};
use tree_sitter::Node;

use super::tracked_paths::{Base, TextSearch};

/// The HTML attributes that contain a single address.
const ADDRESSES: [&str; 8] =
    ["href", "src", "action", "data", "poster", "cite", "longdesc", "formaction"];

/// Finds the references in a Markdown file's links, images, link definitions and HTML.
pub(super) fn markdown(search: &mut TextSearch<'_>) {
    let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_GFM;
    // Front matter is not Markdown.
    let options = options | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let parser = Parser::new_ext(search.text, options);
    // The parser reports no events for link definitions.
    for (_, definition) in parser.reference_definitions().iter() {
        link(search, &definition.dest, definition.span.start);
    }
    for (event, range) in parser.into_offset_iter() {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                link(search, &dest_url, range.start);
            }
            Event::Html(_) | Event::InlineHtml(_) => html(search, range),
            _ => {}
        }
    }
}

/// Checks a link's destination; `near` is the link's offset.
fn link(search: &mut TextSearch<'_>, destination: &str, near: usize) {
    match offset_in(search.text, destination) {
        Some(at) => address(search, at, destination),
        // The destination contains escapes, so it does not occur verbatim in the text.
        None => search.check_escaped(near, destination, |inner| address(inner, 0, destination)),
    }
}

/// Returns a slice's offset in the string it was taken from.
fn offset_in(text: &str, part: &str) -> Option<usize> {
    let at = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    // The difference between the addresses alone proves nothing: the part may be elsewhere in
    // memory.
    (text.get(at..at + part.len()) == Some(part)).then_some(at)
}

/// Finds the references in HTML, which may be only part of the text.
pub(super) fn html(search: &mut TextSearch<'_>, part: Range<usize>) {
    let mut parser = tree_sitter::Parser::new();
    // This only fails if the grammar and library versions are incompatible.
    if parser.set_language(&tree_sitter_html::LANGUAGE.into()).is_err() {
        return;
    }
    let Some(tree) = parser.parse(&search.text[part.clone()], None) else { return };
    let mut nodes = vec![tree.root_node()];
    while let Some(node) = nodes.pop() {
        if node.kind() == "attribute" {
            attribute(search, part.start, node);
        }
        let mut cursor = node.walk();
        nodes.extend(node.named_children(&mut cursor));
    }
}

/// Checks an HTML attribute that begins at an offset.
fn attribute(search: &mut TextSearch<'_>, from: usize, node: Node<'_>) {
    let (Some(name), Some(value)) = (node.named_child(0), node.named_child(1)) else { return };
    let text = search.text;
    let text_of = |node: Node<'_>| &text[from + node.start_byte()..from + node.end_byte()];
    if !ADDRESSES.iter().any(|known| known.eq_ignore_ascii_case(text_of(name))) {
        return;
    }
    let value = match value.kind() {
        "quoted_attribute_value" => value.named_child(0),
        _ => Some(value),
    };
    // An empty quoted value has no text node.
    if let Some(value) = value {
        address(search, from + value.start_byte(), text_of(value));
    }
}

/// Checks the address `written` at an offset. Addresses with a scheme or a host are ignored, and a
/// fragment or query is left unchanged.
fn address(search: &mut TextSearch<'_>, at: usize, written: &str) {
    let end = written.find(['#', '?']).unwrap_or(written.len());
    let written = &written[..end];
    let scheme = written.split(['/', ':']).next().unwrap_or_default();
    // A colon after a slash is part of a name, not the end of a scheme.
    if written.starts_with("//") || written[scheme.len()..].starts_with(':') {
        return;
    }
    let plain = decoded(written);
    if let Some(rest) = plain.strip_prefix(b"/") {
        // The path is relative to the root of the repository, as forges interpret it.
        if let Some(file) = search.tracked.resolve(b"", rest) {
            search.replace_name(&file, at, written);
        }
        return;
    }
    search.check_path(Base::File, at, written, &plain);
}

/// Decodes `%20` and other percent escapes in an address.
fn decoded(text: &str) -> Vec<u8> {
    let (bytes, mut plain, mut at) = (text.as_bytes(), Vec::new(), 0);
    while at < bytes.len() {
        let digits = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                plain.push(byte);
                at += 3;
            }
            // A percent sign that does not start an escape stands for itself.
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    plain
}
