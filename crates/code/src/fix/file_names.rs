//! [`FileNames`]: what the names in a file refer to, computed on demand.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use idhooks_python::{Imports, Node, Scopes, SyntaxTree, dotted};
use ruff_python_ast::{AnyNodeRef, ExprContext};

/// A file's syntax tree, and what its names refer to.
pub(super) struct FileNames<'t> {
    pub(super) tree: &'t SyntaxTree<'t>,
    pub(super) imports: Imports<'t>,
    /// Scopes are computed only for replacements: for most names, the imports are enough.
    scopes: OnceCell<Scopes<'t>>,
    changes_path: OnceCell<bool>,
    /// The attributes that the file assigns, as dotted names.
    assigned: OnceCell<BTreeSet<String>>,
}

impl<'t> FileNames<'t> {
    pub(super) fn of(tree: &'t SyntaxTree<'t>) -> Self {
        FileNames {
            tree,
            imports: Imports::of(tree),
            scopes: OnceCell::new(),
            changes_path: OnceCell::new(),
            assigned: OnceCell::new(),
        }
    }

    /// Returns the file's scopes.
    pub(super) fn scopes(&self) -> &Scopes<'t> {
        self.scopes.get_or_init(|| Scopes::of(self.tree.file()))
    }

    /// Returns whether the file changes Python's search path.
    pub(super) fn changes_path(&self) -> bool {
        let find = || changes_path(&self.imports, self.tree.root());
        *self.changes_path.get_or_init(find)
    }

    /// Returns whether the file assigns or deletes an attribute with this dotted name, as a mock
    /// does.
    pub(super) fn assigns(&self, name: &str) -> bool {
        let attribute = |node: Node<'_>| match node.ast() {
            AnyNodeRef::ExprAttribute(found) if found.ctx != ExprContext::Load => {
                dotted(node.ast()).map(|parts| parts.join("."))
            }
            _ => None,
        };
        let find = || self.tree.nodes().filter_map(attribute).collect();
        self.assigned.get_or_init(find).contains(name)
    }
}

/// Returns whether a file changes Python's search path.
fn changes_path(imports: &Imports<'_>, module: Node<'_>) -> bool {
    let is_path = |name: &str| matches!(name, "sys.path" | "site.addsitedir");
    let may_name = |target: &str| is_path(target) || matches!(target, "sys" | "site");
    // Most files import neither module, so the nodes need not be visited.
    if !imports.names.iter().any(|name| may_name(&name.target)) {
        return false;
    }
    module.nodes().any(|node| match node.ast() {
        AnyNodeRef::ExprAttribute(_) | AnyNodeRef::ExprName(_) => {
            dotted(node.ast()).is_some_and(|parts| {
                is_path(&parts.join("."))
                    || imports.targets(&parts).iter().any(|target| is_path(target))
            })
        }
        _ => false,
    })
}
