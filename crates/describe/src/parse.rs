//! Parses a Python file and collects the facts about it.

use std::ops::ControlFlow;

use idhooks_python::decode;
use tree_sitter::{Node, ParseOptions, Parser, Tree};

use crate::facts::{ParseStatus, PythonFacts};
use crate::outline::Outline;
use crate::strict::Strict;

/// The parser, as descriptors name it.
pub const PARSER_ID: &str = "tree-sitter-python";
/// Its version.
pub const PARSER_VERSION: &str = "0.25.0";

/// How many nodes are visited before the time is looked at again.
const NODES_BETWEEN: usize = 10_000;

/// Describes the content of a Python file. `is_over` returns whether the time for that has passed.
pub fn describe(bytes: &[u8], is_over: &mut dyn FnMut() -> bool) -> PythonFacts {
    let text = match decode(bytes) {
        Ok(python) => python.text,
        Err(error) => return PythonFacts::unread(ParseStatus::EncodingError, Some(error)),
    };
    let facts = parse(&text, is_over).and_then(|tree| collect(&text, &tree, is_over));
    facts.unwrap_or_else(|| {
        PythonFacts::unread(ParseStatus::Timeout, Some("the time limit was reached".to_owned()))
    })
}

/// Parses a text; returns nothing if the time has passed.
fn parse(text: &str, is_over: &mut dyn FnMut() -> bool) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_python::LANGUAGE.into()).ok()?;
    let mut stop = |_: &_| match is_over() {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    };
    let options = ParseOptions::new().progress_callback(&mut stop);
    let bytes = text.as_bytes();
    let mut read = |at: usize, _| bytes.get(at..).unwrap_or_default();
    parser.parse_with_options(&mut read, None, Some(options))
}

/// Collects the facts of a tree; returns nothing if the time has passed.
fn collect<'t>(
    text: &'t str,
    tree: &'t Tree,
    is_over: &mut dyn FnMut() -> bool,
) -> Option<PythonFacts> {
    let mut outline = Outline::of(text, tree.root_node());
    let mut enter = |path: &[Node<'t>]| match path {
        [.., node] if node.is_named() && path.len() > 1 => outline.enter(*node, path.len() - 1),
        _ => {}
    };
    let strict = check(text, tree, &mut enter, is_over)?;
    let mut facts = outline.finish();
    (facts.error_count, facts.error_first) = (strict.count, strict.first);
    facts.status = match facts.error_count {
        0 => ParseStatus::Ok,
        _ => ParseStatus::SyntaxError,
    };
    Some(facts)
}

/// Finds what Python refuses in a text, and visits its nodes; returns nothing if the time has passed.
fn check<'t>(
    text: &'t str,
    tree: &'t Tree,
    visit: &mut dyn FnMut(&[Node<'t>]),
    is_over: &mut dyn FnMut() -> bool,
) -> Option<Strict<'t>> {
    let root = tree.root_node();
    let mut strict = Strict::of(text);
    let mut cursor = root.walk();
    // The nodes from the root to the current one.
    let mut path: Vec<Node<'_>> = vec![root];
    let mut visited = 0;
    strict.enter(root, None);
    while step(&mut cursor, &mut path) {
        visited += 1;
        if visited % NODES_BETWEEN == 0 && is_over() {
            return None;
        }
        let [.., parent, node] = &path[..] else { break };
        strict.enter(*node, Some(*parent));
        visit(&path);
    }
    if text.contains('\0') {
        strict.count += 1;
        strict.first.get_or_insert_with(|| "source code cannot contain null bytes".to_owned());
    }
    Some(strict)
}

/// Moves to the next node in the order of the text; returns whether there is one.
fn step<'t>(cursor: &mut tree_sitter::TreeCursor<'t>, path: &mut Vec<Node<'t>>) -> bool {
    if cursor.goto_first_child() {
        path.push(cursor.node());
        return true;
    }
    next_after(cursor, path)
}

/// Moves to the next node that is not below the current one; returns whether there is one.
fn next_after<'t>(cursor: &mut tree_sitter::TreeCursor<'t>, path: &mut Vec<Node<'t>>) -> bool {
    loop {
        path.pop();
        if cursor.goto_next_sibling() {
            path.push(cursor.node());
            return true;
        }
        if !cursor.goto_parent() {
            return false;
        }
    }
}
