//! [`SyntaxTree`]: a file's syntax as a list of nodes that know their parents.

use std::ops::Range;

use ruff_python_ast::AnyNodeRef;
use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, TraversalSignal, walk_node};
use ruff_text_size::Ranged;

use crate::file::{PythonFile, range_of};

/// A file's nodes in text order, each before its children.
#[derive(Debug)]
pub struct SyntaxTree<'t> {
    file: &'t PythonFile<'t>,
    entries: Vec<NodeEntry<'t>>,
}

/// A node and its position among all nodes.
#[derive(Debug)]
struct NodeEntry<'t> {
    ast: AnyNodeRef<'t>,
    parent: Option<usize>,
    /// The index of the first node that is not inside this one.
    end: usize,
}

/// A node in a tree.
#[derive(Debug, Clone, Copy)]
pub struct Node<'t> {
    tree: &'t SyntaxTree<'t>,
    at: usize,
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at && std::ptr::eq(self.tree.file, other.tree.file)
    }
}

impl Eq for Node<'_> {}

impl<'t> SyntaxTree<'t> {
    /// Lists a file's nodes. Call this, and everything that descends into nodes, in
    /// [`PythonFile::on_stack`].
    pub fn of(file: &'t PythonFile<'t>) -> Self {
        // There are about as many nodes as tokens.
        let entries = Vec::with_capacity(file.tokens().len());
        let mut builder = TreeBuilder { entries, open: Vec::new() };
        walk_node(&mut builder, AnyNodeRef::from(file.module()));
        SyntaxTree { file, entries: builder.entries }
    }

    /// Returns the file.
    pub fn file(&self) -> &'t PythonFile<'t> {
        self.file
    }

    /// Returns the module.
    pub fn root(&'t self) -> Node<'t> {
        Node { tree: self, at: 0 }
    }

    /// Returns all nodes, each before its children.
    pub fn nodes(&'t self) -> impl Iterator<Item = Node<'t>> {
        (0..self.entries.len()).map(move |at| Node { tree: self, at })
    }
}

impl<'t> Node<'t> {
    /// Returns the parser's node.
    pub fn ast(self) -> AnyNodeRef<'t> {
        self.tree.entries[self.at].ast
    }

    /// Returns the file.
    pub fn file(self) -> &'t PythonFile<'t> {
        self.tree.file
    }

    /// Returns the node's range in the text.
    pub fn range(self) -> Range<usize> {
        range_of(self.ast().range())
    }

    /// Returns the node's text.
    pub fn source(self) -> &'t str {
        self.tree.file.text_of(self.range())
    }

    /// Returns the node's index among the file's nodes.
    pub fn index(self) -> usize {
        self.at
    }

    /// Returns the node that contains this one.
    pub fn parent(self) -> Option<Self> {
        self.tree.entries[self.at].parent.map(|at| Node { at, ..self })
    }

    /// Returns the nodes around this one, innermost first.
    pub fn ancestors(self) -> impl Iterator<Item = Self> {
        std::iter::successors(self.parent(), |node| node.parent())
    }

    /// Returns the node's children.
    pub fn children(self) -> impl Iterator<Item = Self> {
        let entries = &self.tree.entries;
        let end = entries[self.at].end;
        let first = Some(self.at + 1).filter(|at| *at < end);
        let all = std::iter::successors(first, move |at| {
            Some(entries[*at].end).filter(|next| *next < end)
        });
        all.map(move |at| Node { at, ..self })
    }

    /// Returns this node and everything in it, each node before its children.
    pub fn nodes(self) -> impl Iterator<Item = Self> {
        (self.at..self.tree.entries[self.at].end).map(move |at| Node { at, ..self })
    }

    /// Returns the child node that corresponds to this node from the parser.
    pub fn part<'n>(self, ast: impl Into<AnyNodeRef<'n>>) -> Option<Self> {
        let ast = ast.into();
        self.children().find(|child| child.ast().ptr_eq(ast))
    }

    /// Returns the node's first line, counted from 1.
    pub fn line(self) -> usize {
        self.tree.file.line(self.range().start)
    }

    /// Returns the node's last line.
    pub fn end_line(self) -> usize {
        self.tree.file.line(self.range().end)
    }
}

/// Lists nodes as they are visited.
struct TreeBuilder<'t> {
    entries: Vec<NodeEntry<'t>>,
    /// The indices of the nodes around the next one.
    open: Vec<usize>,
}

impl<'t> SourceOrderVisitor<'t> for TreeBuilder<'t> {
    fn enter_node(&mut self, ast: AnyNodeRef<'t>) -> TraversalSignal {
        let at = self.entries.len();
        self.entries.push(NodeEntry { ast, parent: self.open.last().copied(), end: at + 1 });
        self.open.push(at);
        TraversalSignal::Traverse
    }

    fn leave_node(&mut self, _: AnyNodeRef<'t>) {
        let end = self.entries.len();
        if let Some(entry) = self.open.pop().and_then(|at| self.entries.get_mut(at)) {
            entry.end = end;
        }
    }
}
