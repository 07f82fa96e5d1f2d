//! The properties of a node that codemods compare and write: its tokens, its strings, and its
//! position on the line.

use idhooks_python::{Node, range_of};
use ruff_python_ast::AnyNodeRef;
use ruff_python_ast::token::TokenKind;

/// Part of a string.
#[derive(Debug)]
pub(super) enum Segment<'t> {
    /// Characters.
    Text(String),
    /// An expression in braces, and the text between the expression and the closing brace.
    Value(Node<'t>, &'t str),
}

/// Returns the node's own tokens that affect its meaning, such as operators, keywords, names and
/// numbers. Its child nodes' tokens are excluded.
pub(super) fn own_tokens<'t>(node: Node<'t>) -> Vec<&'t str> {
    let parts: Vec<_> = node.children().map(Node::range).collect();
    let file = node.file();
    // Parentheses and commas affect only the structure, which the nodes already reflect.
    let is_layout = |kind: TokenKind| {
        kind.is_trivia()
            || matches!(
                kind,
                TokenKind::Newline
                    | TokenKind::Indent
                    | TokenKind::Dedent
                    | TokenKind::Lpar
                    | TokenKind::Rpar
                    | TokenKind::Comma
                    | TokenKind::Semi
            )
    };
    let tokens = file.tokens_in(node.range()).filter(|token| !is_layout(token.kind()));
    let ranges = tokens.map(range_of);
    let is_own = |range: &std::ops::Range<usize>| {
        !parts.iter().any(|part| part.start <= range.start && range.end <= part.end)
    };
    ranges.filter(is_own).map(|range| file.text_of(range)).collect()
}

/// Returns whether two pieces of code are the same except for layout.
pub(super) fn is_same(one: Node<'_>, other: Node<'_>) -> bool {
    one.ast().kind() == other.ast().kind()
        && own_tokens(one) == own_tokens(other)
        && one.children().count() == other.children().count()
        && one.children().zip(other.children()).all(|(part, other)| is_same(part, other))
}

/// Returns whether a node contains a comment.
pub(super) fn has_comment(node: Node<'_>) -> bool {
    node.file().comments_in(node.range()).next().is_some()
}

/// Returns the parts of a string, and whether it is a bytes literal; `None` for any other node.
pub(super) fn segments(node: Node<'_>) -> Option<(bool, Vec<Segment<'_>>)> {
    let mut segments = Vec::new();
    match node.ast() {
        AnyNodeRef::ExprStringLiteral(string) => add_text(&mut segments, string.value.to_str()),
        AnyNodeRef::ExprBytesLiteral(bytes) => {
            let text: String = bytes.value.bytes().map(char::from).collect();
            add_text(&mut segments, &text);
            return Some((true, segments));
        }
        AnyNodeRef::ExprFString(_) => {
            for part in node.children() {
                match part.ast() {
                    AnyNodeRef::StringLiteral(literal) => add_text(&mut segments, literal),
                    _ => part.children().for_each(|element| add_element(element, &mut segments)),
                }
            }
        }
        _ => return None,
    }
    Some((false, segments))
}

/// Adds part of an f-string.
fn add_element<'t>(element: Node<'t>, segments: &mut Vec<Segment<'t>>) {
    match element.ast() {
        AnyNodeRef::InterpolatedStringLiteralElement(literal) => add_text(segments, literal),
        _ => {
            if let Some(value) = element.children().next() {
                let rest = value.range().end..element.range().end;
                segments.push(Segment::Value(value, value.file().text_of(rest).trim()));
            }
        }
    }
}

fn add_text(segments: &mut Vec<Segment<'_>>, text: &str) {
    match segments.last_mut() {
        _ if text.is_empty() => {}
        Some(Segment::Text(before)) => before.push_str(text),
        _ => segments.push(Segment::Text(text.to_owned())),
    }
}

/// Returns whether a node is a single string literal or f-string with its own quotes.
pub(super) fn is_quoted(node: Node<'_>) -> bool {
    matches!(
        node.ast(),
        AnyNodeRef::StringLiteral(_) | AnyNodeRef::BytesLiteral(_) | AnyNodeRef::FString(_)
    )
}

/// Returns a literal's prefix: its letters and opening quotes.
pub(super) fn string_start(node: Node<'_>) -> Option<&str> {
    let source = node.source();
    let quote = source.find(['"', '\'']).filter(|_| is_quoted(node))?;
    let is_triple = ["\"\"\"", "'''"].iter().any(|mark| source[quote..].starts_with(mark));
    source.get(..quote + if is_triple && source.len() >= quote + 6 { 3 } else { 1 })
}

/// Returns the text that precedes a node on its line.
pub(super) fn line_start(node: Node<'_>) -> &str {
    let at = node.range().start;
    node.file().text_of(node.file().line_range(at).start..at)
}

/// Returns the spaces and tabs at the start of a node's line.
pub(super) fn indentation(node: Node<'_>) -> String {
    // Python also allows a form feed in the indentation.
    line_start(node).chars().take_while(|c| " \t\u{c}".contains(*c)).collect()
}

/// Returns whether a node is preceded only by white space on its line.
pub(super) fn begins_line(node: Node<'_>) -> bool {
    line_start(node).trim().is_empty()
}
