//! [`ImportTime`]: what runs when a file is imported.

use std::collections::BTreeMap;

use ruff_python_ast::{AnyNodeRef, Expr, StmtFunctionDef, StmtIf};
use ruff_text_size::Ranged;

use crate::imports::{Imports, modules_of};
use crate::tree::{Node, Tree};
use crate::uses::dotted;

/// What a file imports and calls: when it is imported, and when its functions are called.
///
/// Calls are followed by name. A method that a base class, a property or an operator runs is not found.
#[derive(Debug, Clone, Default)]
pub struct ImportTime {
    /// Keyed by the dotted name of a function or method; the key of the module itself is empty. The code of
    /// an inner function belongs to the outer one.
    parts: BTreeMap<String, Executed>,
    /// The names that imports bind, with what they mean.
    bound: Vec<(String, String)>,
}

/// What a file or a function imports and calls when it runs.
#[derive(Debug, Clone, Default)]
pub struct Executed {
    /// The modules; see [`modules_of`].
    pub modules: Vec<String>,
    /// The functions and classes, dotted as the file names them.
    pub calls: Vec<String>,
}

impl ImportTime {
    /// Finds what runs when a file is imported.
    pub fn of(tree: &Tree<'_>) -> Self {
        let names = Imports::of(tree).names;
        let bound = names.iter().map(|name| (name.bound.to_owned(), name.target.clone()));
        let mut time = ImportTime { bound: bound.collect(), ..ImportTime::default() };
        for node in tree.nodes() {
            if let AnyNodeRef::StmtFunctionDef(_) = node.ast() {
                time.parts.entry(function_of(node, true)).or_default();
            }
            let (modules, call) = match node.ast() {
                AnyNodeRef::StmtImport(_) | AnyNodeRef::StmtImportFrom(_) => {
                    (modules_of(node), None)
                }
                AnyNodeRef::ExprCall(call) => {
                    (called_import(node).into_iter().collect(), dotted((&*call.func).into()))
                }
                AnyNodeRef::Decorator(decorator) => {
                    (Vec::new(), dotted((&decorator.expression).into()))
                }
                _ => continue,
            };
            if is_never_imported(node) {
                continue;
            }
            let part = time.parts.entry(function_of(node, false)).or_default();
            part.modules.extend(modules);
            part.calls.extend(call.map(|parts| parts.join(".")));
        }
        time
    }

    /// Returns what runs when something is called, by its dotted name in the file; with an empty name,
    /// what runs when the file is imported.
    pub fn called(&self, name: &str) -> Vec<&Executed> {
        let own = [name.to_owned(), format!("{name}.__init__"), format!("{name}.__new__")];
        let own: Vec<_> = own.iter().filter_map(|name| self.parts.get(name)).collect();
        let Some((first, _)) = name.split_once('.').filter(|_| own.is_empty()) else { return own };
        if self.bound.iter().any(|(bound, _)| bound == first) {
            return own;
        }
        // A method of a value: whose class is not known.
        let (_, method) = name.rsplit_once('.').unwrap_or_default();
        let is_named = |part: &str| part.rsplit_once('.').is_some_and(|(_, last)| last == method);
        self.parts.iter().filter_map(|(part, runs)| is_named(part).then_some(runs)).collect()
    }

    /// Returns what a dotted name of the file may mean by its imports, dotted.
    pub fn targets(&self, name: &str) -> Vec<String> {
        let (first, rest) = name.split_at(name.find('.').unwrap_or(name.len()));
        let targets = self.bound.iter().filter_map(|(bound, target)| match bound {
            bound if bound == first => Some(format!("{target}{rest}")),
            bound if bound == "*" => Some(format!("{target}.{name}")),
            _ => None,
        });
        targets.collect()
    }
}

/// Returns the dotted name of the outermost function whose body contains a node, or that the node
/// defines; an empty string if there is none.
fn function_of(node: Node<'_>, is_definition: bool) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let own = is_definition.then_some(node);
    for outer in own.into_iter().chain(node.ancestors()) {
        match outer.ast() {
            AnyNodeRef::StmtFunctionDef(function)
                if own == Some(outer) || is_in_body(node, function) =>
            {
                parts = vec![function.name.as_str()];
            }
            AnyNodeRef::StmtClassDef(class) if !parts.is_empty() => parts.push(class.name.as_str()),
            _ => {}
        }
    }
    parts.reverse();
    parts.join(".")
}

/// Returns whether a node runs when the function is called: its decorators and defaults do not.
fn is_in_body(node: Node<'_>, function: &StmtFunctionDef) -> bool {
    let start = function.body.first().map(|first| usize::from(first.start()));
    start.is_some_and(|start| node.range().start >= start)
}

/// Returns whether a node is in a branch for programs that check types, or for the main program.
fn is_never_imported(node: Node<'_>) -> bool {
    let mut inner = node;
    node.ancestors().any(|outer| {
        let is_branch = match (outer.ast(), inner.ast()) {
            (AnyNodeRef::StmtIf(_), AnyNodeRef::ElifElseClause(_)) => false,
            (AnyNodeRef::StmtIf(one), _) => is_for_types(&one.test) || is_main(one),
            _ => false,
        };
        inner = outer;
        is_branch
    })
}

/// Returns whether a condition only holds for programs that check types.
fn is_for_types(test: &Expr) -> bool {
    dotted(test.into()).is_some_and(|parts| parts.last() == Some(&"TYPE_CHECKING"))
}

/// Returns whether a condition is `__name__ == "__main__"`.
fn is_main(condition: &StmtIf) -> bool {
    let Expr::Compare(compare) = &*condition.test else { return false };
    matches!(&*compare.ops, [ruff_python_ast::CmpOp::Eq])
        && dotted((&*compare.left).into()).is_some_and(|parts| parts == ["__name__"])
        && matches!(&*compare.comparators, [Expr::StringLiteral(text)] if text.value.to_str() == "__main__")
}

/// Returns the module that a call of `import_module("a.b")` or `__import__("a.b")` imports.
fn called_import(node: Node<'_>) -> Option<String> {
    let AnyNodeRef::ExprCall(call) = node.ast() else { return None };
    let function = dotted((&*call.func).into())?;
    let Some(Expr::StringLiteral(module)) = call.arguments.args.first() else { return None };
    ["import_module", "__import__"]
        .contains(function.last()?)
        .then(|| module.value.to_str().to_owned())
}
