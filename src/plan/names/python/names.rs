//! Names in the tree of a Python file.

use std::collections::BTreeSet;

use tree_sitter::Node;

use super::super::modules::{Meaning, Modules};
use super::{File, parse};
use crate::plan::names::found::Found;

/// Visits a node and all below it, as long as `visit` wants to see its children.
pub(super) fn each<'t>(root: Node<'t>, visit: &mut dyn FnMut(Node<'t>) -> bool) {
    let mut nodes = vec![root];
    while let Some(node) = nodes.pop() {
        if visit(node) {
            let mut cursor = node.walk();
            nodes.extend(node.named_children(&mut cursor));
        }
    }
}

/// Returns the text of a node.
pub(super) fn text_of<'t>(node: Node<'_>, text: &'t str) -> &'t str {
    text.get(node.byte_range()).unwrap_or_default()
}

/// Returns the parts of a dotted name.
pub(super) fn dotted<'t>(name: Node<'_>, text: &'t str) -> Vec<&'t str> {
    let mut cursor = name.walk();
    name.named_children(&mut cursor).map(|part| text_of(part, text)).collect()
}

/// Returns the identifiers of `a.b.c`; nothing where it begins with something else.
pub(super) fn chain(node: Node<'_>) -> Option<Vec<Node<'_>>> {
    let (mut node, mut parts) = (node, Vec::new());
    loop {
        match node.kind() {
            "attribute" => {
                parts.push(node.child_by_field_name("attribute")?);
                node = node.child_by_field_name("object")?;
            }
            "identifier" => {
                parts.push(node);
                parts.reverse();
                return Some(parts);
            }
            _ => return None,
        }
    }
}

/// Returns the names that a file binds by anything but imports.
pub(super) fn rebound<'t>(root: Node<'_>, text: &'t str) -> BTreeSet<&'t str> {
    let mut names = BTreeSet::new();
    each(root, &mut |node| {
        let targets = match node.kind() {
            "assignment" | "augmented_assignment" | "for_statement" | "for_in_clause" => {
                node.child_by_field_name("left")
            }
            "function_definition" | "class_definition" | "named_expression" => {
                node.child_by_field_name("name")
            }
            "parameters" | "lambda_parameters" | "as_pattern_target" => Some(node),
            _ => None,
        };
        if let Some(targets) = targets {
            targets_in(targets, text, &mut names);
        }
        true
    });
    names
}

/// Collects the names that the targets of an assignment, or parameters, bind.
fn targets_in<'t>(node: Node<'_>, text: &'t str, names: &mut BTreeSet<&'t str>) {
    match node.kind() {
        "identifier" => drop(names.insert(text_of(node, text))),
        // These change what is there, and default values and types bind nothing.
        "attribute" | "subscript" | "type" => {}
        "default_parameter" | "typed_default_parameter" => {
            if let Some(name) = node.child_by_field_name("name") {
                targets_in(name, text, names);
            }
        }
        _ => {
            let mut cursor = node.walk();
            for child in node.named_children(&mut cursor) {
                targets_in(child, text, names);
            }
        }
    }
}

/// Returns the names that a package's `__init__.py`, with this text, binds to something else than
/// the modules of the package.
pub(in super::super) fn bound(modules: &Modules<'_>, dir: &str, text: &str) -> BTreeSet<String> {
    let Some(tree) = parse(text) else { return BTreeSet::new() };
    let mut names = BTreeSet::new();
    let mut nothing = Found::default();
    let packages = std::collections::BTreeMap::new();
    let file = File { modules, dir, text, found: &mut nothing, packages };
    each(tree.root_node(), &mut |node| {
        match node.kind() {
            "function_definition" | "class_definition" => {
                if let Some(name) = node.child_by_field_name("name") {
                    names.insert(text_of(name, text).to_owned());
                }
                return false;
            }
            "assignment" => {
                let mut targets = BTreeSet::new();
                if let Some(left) = node.child_by_field_name("left") {
                    targets_in(left, text, &mut targets);
                }
                names.extend(targets.into_iter().map(str::to_owned));
            }
            "import_from_statement" => names.extend(imported(&file, node)),
            _ => {}
        }
        true
    });
    names
}

/// Returns the names that `from a import b` in a package binds to something else than the modules
/// of that package.
fn imported(file: &File<'_, '_>, node: Node<'_>) -> Vec<String> {
    let Some(module) = node.child_by_field_name("module_name") else { return Vec::new() };
    let meaning = match module.kind() {
        "relative_import" => file.relative(module),
        _ => file.modules.absolute(file.dir, &dotted(module, file.text)),
    };
    let is_own = meaning == Meaning::Package(file.dir.to_owned());
    let mut cursor = node.walk();
    let items = node.children_by_field_name("name", &mut cursor);
    items
        .filter_map(|item| {
            let alias = item.child_by_field_name("alias").unwrap_or(item);
            let name = item.child_by_field_name("name").unwrap_or(item);
            let is_module = is_own
                && matches!(
                    file.modules.within(file.dir, text_of(name, file.text)),
                    Meaning::Module(_) | Meaning::Package(_)
                );
            (!is_module).then(|| text_of(alias, file.text).to_owned())
        })
        .collect()
}
