//! [`PythonFile`]: a file that Python can parse, what its imports bind, and where it uses that.

mod dynamic;
mod imports;
#[cfg(test)]
mod tests;
mod uses;

use std::ops::Range;

use idhooks_describe::{PythonText, decode, parse_strictly};
use tree_sitter::{Node, Tree};

pub use dynamic::DynamicName;
pub use imports::{ImportedName, Imports};
pub use uses::{CallForm, NameUse, PythonCall};

/// A Python file that parses.
#[derive(Debug)]
pub struct PythonFile<'b> {
    source: PythonText<'b>,
    tree: Tree,
    /// The places at which the tree is looked at, if not everywhere.
    focus: Option<Vec<usize>>,
}

impl<'b> PythonFile<'b> {
    /// Parses the content of a file, in the encoding that it declares.
    ///
    /// # Errors
    /// Returns the problem if it is not text in its encoding, or if Python refuses it.
    pub fn parse(bytes: &'b [u8]) -> Result<Self, String> {
        let source = decode(bytes)?;
        let tree = parse_strictly(&source.text)?;
        Ok(PythonFile { source, tree, focus: None })
    }

    /// Returns the text, with `\n` at the end of each line. All nodes refer to it.
    pub fn text(&self) -> &str {
        &self.source.text
    }

    /// Returns the root of the syntax tree.
    pub fn root(&self) -> Node<'_> {
        self.tree.root_node()
    }

    /// Returns the text of a node.
    pub fn text_of(&self, node: Node<'_>) -> &str {
        self.source.text.get(node.byte_range()).unwrap_or_default()
    }

    /// Returns where a range of the text is in the bytes of the file.
    pub fn in_bytes(&self, range: Range<usize>) -> Range<usize> {
        self.source.in_bytes(range.start)..self.source.in_bytes(range.end)
    }

    /// Limits what is found later to nodes that contain one of these places, and those beside them.
    pub fn focus_on(&mut self, mut places: Vec<usize>) {
        places.sort_unstable();
        places.dedup();
        self.focus = Some(places);
    }

    /// Visits the nodes in their order. `visit` gets the nodes from the root to the current one.
    pub fn walk<'t>(&'t self, visit: &mut dyn FnMut(&[Node<'t>])) {
        idhooks_describe::walk(&self.tree, self.focus.as_deref(), visit);
    }

    /// Returns the value of an expression that is a string without parts to be computed.
    pub fn string_value(&self, node: Node<'_>) -> Option<String> {
        idhooks_describe::string_value(node, self.text())
    }
}

/// Returns the parts of a dotted name: `a.b.c`, also with parentheses around its beginning. An
/// expression that does not begin with a name has an empty first part.
pub(crate) fn chain<'t>(file: &'t PythonFile<'_>, node: Node<'_>) -> Option<Vec<&'t str>> {
    let (mut node, mut parts) = (node, Vec::new());
    loop {
        match node.kind() {
            "attribute" => {
                parts.push(file.text_of(node.child_by_field_name("attribute")?));
                node = node.child_by_field_name("object")?;
            }
            "parenthesized_expression" => node = inner(node)?,
            "identifier" => {
                parts.push(file.text_of(node));
                break;
            }
            _ if parts.is_empty() => return None,
            _ => {
                parts.push("");
                break;
            }
        }
    }
    parts.reverse();
    Some(parts)
}

/// Returns the expression in parentheses.
pub(crate) fn inner(node: Node<'_>) -> Option<Node<'_>> {
    named_children(node).into_iter().next()
}

/// Returns the named children without comments.
pub(crate) fn named_children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    let children = node.named_children(&mut cursor);
    children.filter(|child| !matches!(child.kind(), "comment" | "line_continuation")).collect()
}
