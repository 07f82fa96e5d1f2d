//! References in Markdown and HTML: relative links.

use idhooks_core::registry::RepoPath;
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag};
use tree_sitter::Node;

use super::reference::FoundReference;
use super::tracked_paths::{Base, PathSpot, TrackedPaths};

/// The attributes of HTML that contain one address.
const ADDRESSES: [&str; 8] =
    ["href", "src", "action", "data", "poster", "cite", "longdesc", "formaction"];

/// Finds the references in links, images, link definitions and HTML of a Markdown file.
pub(super) fn markdown(
    tracked: &TrackedPaths<'_>,
    path: &RepoPath,
    text: &str,
    found: &mut FoundReference,
) {
    let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_GFM;
    let options = options | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let parser = Parser::new_ext(text, options);
    for (_, definition) in parser.reference_definitions().iter() {
        let at = definition.span.clone();
        link(tracked, path, text, (&definition.dest, at.start), found);
    }
    for (event, range) in parser.into_offset_iter() {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                link(tracked, path, text, (&dest_url, range.start), found);
            }
            Event::Html(_) | Event::InlineHtml(_) => {
                html(tracked, path, &text[..range.end], range.start, found);
            }
            _ => {}
        }
    }
}

/// Checks the destination of a link; `near` is the offset of the link.
fn link(
    tracked: &TrackedPaths<'_>,
    path: &RepoPath,
    text: &str,
    (destination, near): (&CowStr<'_>, usize),
    found: &mut FoundReference,
) {
    match offset_in(text, destination) {
        Some(at) => {
            let written = &text[at..at + destination.len()];
            address(tracked, path, &PathSpot { text, at, written }, found);
        }
        None => {
            // The destination contains escapes, so the text does not contain it verbatim.
            let mut inner = FoundReference::default();
            let spot = PathSpot { text: destination, at: 0, written: destination };
            address(tracked, path, &spot, &mut inner);
            if !inner.is_unchanged() || !inner.doubts.is_empty() {
                found.doubt(text, near, format!("'{destination}' contains escapes"));
            }
        }
    }
}

/// Returns the offset of a text that was sliced from another one.
fn offset_in(text: &str, part: &str) -> Option<usize> {
    let at = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    (text.get(at..at + part.len()) == Some(part)).then_some(at)
}

/// Finds the references in HTML, which is the part of `text` from an offset to its end.
pub(super) fn html(
    tracked: &TrackedPaths<'_>,
    path: &RepoPath,
    text: &str,
    from: usize,
    found: &mut FoundReference,
) {
    let mut parser = tree_sitter::Parser::new();
    if parser.set_language(&tree_sitter_html::LANGUAGE.into()).is_err() {
        return;
    }
    let Some(tree) = parser.parse(&text[from..], None) else { return };
    let mut nodes = vec![tree.root_node()];
    while let Some(node) = nodes.pop() {
        if node.kind() == "attribute" {
            attribute(tracked, path, (text, from), node, found);
        }
        let mut cursor = node.walk();
        nodes.extend(node.named_children(&mut cursor));
    }
}

fn attribute(
    tracked: &TrackedPaths<'_>,
    path: &RepoPath,
    (text, from): (&str, usize),
    node: Node<'_>,
    found: &mut FoundReference,
) {
    let (Some(name), Some(value)) = (node.named_child(0), node.named_child(1)) else { return };
    let name = &text[from + name.start_byte()..from + name.end_byte()];
    if !ADDRESSES.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return;
    }
    let value = match value.kind() {
        "quoted_attribute_value" => value.named_child(0),
        _ => Some(value),
    };
    if let Some(value) = value {
        let at = from + value.start_byte();
        let written = &text[at..from + value.end_byte()];
        address(tracked, path, &PathSpot { text, at, written }, found);
    }
}

/// Checks one address: addresses with a scheme or a host are ignored; fragment and query are kept.
fn address(
    tracked: &TrackedPaths<'_>,
    path: &RepoPath,
    spot: &PathSpot<'_>,
    found: &mut FoundReference,
) {
    let end = spot.written.find(['#', '?']).unwrap_or(spot.written.len());
    let written = &spot.written[..end];
    let scheme = written.split(['/', ':']).next().unwrap_or_default();
    if written.starts_with("//") || written[scheme.len()..].starts_with(':') {
        return;
    }
    let spot = PathSpot { text: spot.text, at: spot.at, written };
    let plain = decoded(written);
    if let Some(rest) = plain.strip_prefix(b"/") {
        // Relative to the top, as forges interpret it.
        if let Some(file) = tracked.resolve(b"", rest) {
            tracked.replace_name(&file, &spot, found);
        }
        return;
    }
    tracked.check_path(path, Base::File, &spot, &plain, found);
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
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    plain
}
