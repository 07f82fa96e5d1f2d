//! [`CodePiece`]: a node of a syntax tree, with the text that it is a part of.

use std::collections::HashMap;
use std::ops::Range;

use tree_sitter::Node;

/// A node with its text.
#[derive(Debug, Clone, Copy)]
pub(super) struct CodePiece<'t> {
    /// The whole text.
    pub(super) text: &'t str,
    pub(super) node: Node<'t>,
    /// The parents of the nodes of a file, which a tree would have to search for.
    pub(super) parents: Option<&'t Parents<'t>>,
}

/// The parents of nodes, by the numbers of the nodes.
pub(super) type Parents<'t> = HashMap<usize, Node<'t>>;

/// A part of a string.
#[derive(Debug)]
pub(super) enum Segment<'t> {
    /// Characters.
    Text(String),
    /// An expression, and what follows it in the braces.
    Value(CodePiece<'t>, &'t str),
}

impl<'t> CodePiece<'t> {
    pub(super) fn kind(self) -> &'static str {
        self.node.kind()
    }

    pub(super) fn range(self) -> Range<usize> {
        self.node.byte_range()
    }

    /// Returns its own text.
    pub(super) fn source(self) -> &'t str {
        self.text.get(self.range()).unwrap_or_default()
    }

    pub(super) fn at(self, node: Node<'t>) -> Self {
        CodePiece { node, ..self }
    }

    pub(super) fn field(self, name: &str) -> Option<Self> {
        self.node.child_by_field_name(name).map(|node| self.at(node))
    }

    pub(super) fn parent(self) -> Option<Self> {
        let parent = match self.parents {
            Some(parents) => parents.get(&self.node.id()).copied(),
            None => self.node.parent(),
        };
        parent.map(|node| self.at(node))
    }

    /// Returns the pieces around it, the innermost first, each with the piece that it was reached
    /// from.
    pub(super) fn outer(self) -> impl Iterator<Item = (Self, Self)> {
        let above = |(piece, _): &(Self, Self)| piece.parent().map(|parent| (parent, *piece));
        std::iter::successors(above(&(self, self)), above)
    }

    pub(super) fn is_field_of(self, parent: Self, name: &str) -> bool {
        parent.node.child_by_field_name(name) == Some(self.node)
    }

    /// Returns the named children without comments.
    pub(super) fn named(self) -> Vec<Self> {
        crate::python::named_children(self.node).into_iter().map(|node| self.at(node)).collect()
    }

    /// Returns the children on which its meaning depends.
    pub(super) fn children(self) -> Vec<Self> {
        let mut cursor = self.node.walk();
        let children = self.node.children(&mut cursor);
        let is_layout = |node: &Node<'_>| matches!(node.kind(), "comment" | "line_continuation");
        let mut children: Vec<_> =
            children.filter(|node| !is_layout(node)).map(|node| self.at(node)).collect();
        let is_list = matches!(self.kind(), "argument_list" | "list" | "dictionary" | "set");
        if let [.., comma, _] = &children[..]
            && is_list
            && comma.kind() == ","
        {
            children.remove(children.len() - 2);
        }
        children
    }

    /// Returns the expression inside its parentheses.
    pub(super) fn bare(self) -> Self {
        let mut piece = self;
        while piece.kind() == "parenthesized_expression" {
            match piece.named().first() {
                Some(inner) => piece = *inner,
                None => break,
            }
        }
        piece
    }

    /// Visits it and everything in it, in the order of the text.
    pub(super) fn walk(self, visit: &mut dyn FnMut(Self)) {
        visit(self);
        let mut cursor = self.node.walk();
        for child in self.node.children(&mut cursor) {
            self.at(child).walk(visit);
        }
    }

    /// Returns whether it contains a comment.
    pub(super) fn has_comment(self) -> bool {
        let mut has = false;
        self.walk(&mut |piece| has |= piece.kind() == "comment");
        has
    }

    /// Returns what is before the content of a string literal.
    pub(super) fn string_start(self) -> Option<&'t str> {
        let start = self.node.child(0).filter(|_| self.kind() == "string")?;
        Some(self.at(start).source())
    }

    /// Returns the parts of a string, and whether it is bytes; nothing for something else.
    pub(super) fn segments(self) -> Option<(bool, Vec<Segment<'t>>)> {
        let strings = match self.kind() {
            "string" => vec![self],
            "concatenated_string" => self.named(),
            _ => return None,
        };
        let (mut segments, mut is_bytes) = (Vec::new(), false);
        for string in strings {
            let start = string.string_start()?.to_ascii_lowercase();
            if start.contains('t') {
                return None;
            }
            is_bytes = start.contains('b');
            match start.contains('f') {
                true => string.add_template(&mut segments),
                false => {
                    let value = idhooks_describe::string_value(string.node, self.text);
                    add_text(&mut segments, value.as_deref().unwrap_or(string.source()));
                }
            }
        }
        Some((is_bytes, segments))
    }

    /// Adds the parts of an f-string.
    fn add_template(self, segments: &mut Vec<Segment<'t>>) {
        for part in self.named() {
            match part.kind() {
                "string_content" => {
                    // Escapes are compared as they are written.
                    let text = part.source().replace("{{", "{").replace("}}", "}");
                    add_text(segments, &text);
                }
                "interpolation" => {
                    if let Some(value) = part.field("expression") {
                        let rest = &self.text[value.range().end..part.range().end];
                        segments.push(Segment::Value(value, rest.trim()));
                    }
                }
                _ => {}
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
