//! Resolves names in the scopes of a Python file.

use std::collections::{BTreeMap, BTreeSet};

use tree_sitter::Node;

use super::names::{imported, targets_of, text_of, visit_nodes};

/// The names that a scope binds, without those of inner scopes.
#[derive(Debug, Default)]
pub(super) struct ScopeBindings<'a> {
    /// Names bound by imports.
    pub(super) imports: BTreeSet<&'a str>,
    /// Names bound otherwise.
    pub(super) others: BTreeSet<&'a str>,
}

/// The meaning of a name at some place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameMeaning {
    /// An import binds it, or nothing in the file does.
    Import,
    /// Something else.
    Other,
    /// Sometimes the one, sometimes the other.
    Either,
}

/// The scopes of a file.
pub(super) struct Scopes<'a> {
    text: &'a str,
    /// The names that they bind, by their nodes.
    bindings: BTreeMap<usize, ScopeBindings<'a>>,
}

impl<'a> Scopes<'a> {
    /// Returns the scopes of a file with this text.
    pub(super) fn of(text: &'a str) -> Self {
        Scopes { text, bindings: BTreeMap::new() }
    }

    /// Returns the meaning of a name at a place.
    pub(super) fn meaning_of(&mut self, name: &str, place: Node<'a>) -> NameMeaning {
        let (mut inner, mut is_first) = (place, true);
        while let Some(node) = inner.parent() {
            let is_scope = match node.kind() {
                // Functions in a class do not see the names of the class.
                "class_definition" => is_body(node, inner) && is_first,
                "function_definition" | "lambda" => is_body(node, inner),
                kind => is_comprehension(kind) || kind == "module",
            };
            if is_scope {
                let bound = self.bound_in(node);
                match (bound.imports.contains(name), bound.others.contains(name)) {
                    (true, true) => return NameMeaning::Either,
                    (true, false) => return NameMeaning::Import,
                    (false, true) => return NameMeaning::Other,
                    (false, false) => {}
                }
            }
            is_first &= !(is_scope || node.kind() == "class_definition");
            inner = node;
        }
        NameMeaning::Import
    }

    /// Returns the names that a scope binds itself.
    pub(super) fn bound_in(&mut self, scope: Node<'a>) -> &ScopeBindings<'a> {
        let text = self.text;
        self.bindings.entry(scope.id()).or_insert_with(|| ScopeBindings::of(scope, text))
    }
}

impl<'a> ScopeBindings<'a> {
    fn of(scope: Node<'a>, text: &'a str) -> Self {
        let mut bound = ScopeBindings::default();
        visit_nodes(scope, &mut |node| {
            match node.kind() {
                "import_statement" | "import_from_statement" => {
                    let bind = |(name, alias): (Node<'a>, Option<_>)| {
                        alias.or_else(|| name.named_child(0)).map(|name| text_of(name, text))
                    };
                    bound.imports.extend(imported(node).into_iter().filter_map(bind));
                    return false;
                }
                // The name of a function or class belongs to the outer scope.
                "function_definition" | "class_definition" if node.id() == scope.id() => {}
                _ => targets_of(node, text, &mut bound.others),
            }
            let is_other_scope =
                matches!(node.kind(), "function_definition" | "class_definition" | "lambda")
                    || is_comprehension(node.kind());
            node.id() == scope.id() || !is_other_scope
        });
        bound
    }
}

fn is_body(scope: Node<'_>, inner: Node<'_>) -> bool {
    scope.child_by_field_name("body").is_some_and(|body| body.id() == inner.id())
}

fn is_comprehension(kind: &str) -> bool {
    matches!(
        kind,
        "list_comprehension"
            | "set_comprehension"
            | "dictionary_comprehension"
            | "generator_expression"
    )
}
