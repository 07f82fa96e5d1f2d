//! [`ImportTime`]: the code that runs when a file is imported.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use ruff_python_ast::{AnyNodeRef, Decorator, Expr, ExprContext, StmtFunctionDef, StmtIf};
use ruff_text_size::Ranged;

use crate::imports::{Imports, modules_of, targets_of};
use crate::tree::{Node, SyntaxTree};
use crate::uses::dotted;

/// What a file imports when it is imported, and when its functions are called.
///
/// A function or class counts as called wherever it is named, since its name may be passed on.
/// Calls made only by a base class, a property or an operator are not found.
#[derive(Debug, Clone, Default)]
pub struct ImportTime {
    /// Keyed by the dotted name of a function or method, or the empty name for the file itself. An
    /// inner function's code belongs to the outer one.
    parts: BTreeMap<String, Executed>,
    /// The names that imports bind, and what they refer to.
    bound: Vec<(String, String)>,
    /// The dotted names of methods, keyed by their last part.
    methods: HashMap<String, Vec<String>>,
}

/// What a file or function imports, and which names it uses, when it runs.
#[derive(Debug, Clone, Default)]
pub struct Executed {
    /// The imported modules; see [`modules_of`].
    pub modules: Vec<String>,
    /// The modules that may be used under any name because they are in a variable.
    pub returned: Vec<String>,
    /// The dotted names that the code reads.
    pub names: BTreeSet<String>,
}

impl ImportTime {
    /// Finds the code that runs when a file is imported.
    pub fn of(tree: &SyntaxTree<'_>) -> Self {
        let names = Imports::of(tree).names;
        let bound = names.iter().map(|name| (name.bound.to_owned(), name.target.clone()));
        let mut time = ImportTime { bound: bound.collect(), ..ImportTime::default() };
        for node in tree.nodes() {
            let (modules, name) = match node.ast() {
                AnyNodeRef::StmtFunctionDef(function) => {
                    let name = function_of(node, true);
                    // A decorator may call the function it decorates.
                    let is_plain = |decorator: &Decorator| {
                        dotted((&decorator.expression).into()).is_some_and(|parts| is_plain(&parts))
                    };
                    let is_called = !function.decorator_list.iter().all(is_plain);
                    time.parts.entry(name.clone()).or_default();
                    (Vec::new(), Some(name).filter(|_| is_called))
                }
                AnyNodeRef::StmtImport(_) | AnyNodeRef::StmtImportFrom(_) => {
                    (modules_of(node), None)
                }
                AnyNodeRef::ExprCall(_) | AnyNodeRef::ExprSubscript(_) => {
                    (Vec::from_iter(returned_module(node, &time.bound)), None)
                }
                AnyNodeRef::ExprName(name) if name.ctx == ExprContext::Load => {
                    let longest = node.ancestors().map_while(|outer| dotted(outer.ast())).last();
                    (
                        Vec::new(),
                        longest.or_else(|| dotted(node.ast())).map(|parts| parts.join(".")),
                    )
                }
                _ => continue,
            };
            if (modules.is_empty() && name.is_none()) || is_never_imported(node) {
                continue;
            }
            let part = time.parts.entry(function_of(node, false)).or_default();
            // Only an expression yields the module as a value.
            if !node.ast().is_statement() {
                part.returned.extend(modules.iter().cloned());
            }
            part.modules.extend(modules);
            part.names.extend(name);
        }
        // A method may be called on a value whose class is unknown.
        for part in time.parts.keys() {
            if let Some((_, method)) = part.rsplit_once('.') {
                time.methods.entry(method.to_owned()).or_default().push(part.clone());
            }
        }
        // Keeping the names of local variables would slow down every later search.
        time.retain_known_names();
        time
    }

    /// Returns the code that may run when the function or class with this dotted name is used: its
    /// own code and the code inside it. For an empty name, returns the code that runs when the file
    /// is imported.
    pub fn runs(&self, name: &str) -> Vec<&Executed> {
        if name.is_empty() {
            return self.parts.get("").into_iter().collect();
        }
        let first = name.split('.').next().unwrap_or(name);
        let own =
            self.parts.range(first.to_owned()..).take_while(|(part, _)| part.starts_with(first));
        let is_in = |part: &str| matches!(part.as_bytes().get(first.len()), None | Some(b'.'));
        let own = own.filter(|(part, _)| is_in(part)).map(|(_, runs)| runs);
        // This may be a method called on a variable whose class is unknown.
        let method =
            name.rsplit_once('.').filter(|_| !self.bound.iter().any(|(bound, _)| bound == first));
        let parts = method.and_then(|(_, method)| self.methods.get(method)).into_iter().flatten();
        own.chain(parts.filter_map(|part| self.parts.get(part))).collect()
    }

    /// Drops names that have no meaning here: local variables and builtins.
    fn retain_known_names(&mut self) {
        let mut known: HashSet<&str> = self.bound.iter().map(|(bound, _)| bound.as_str()).collect();
        let firsts = self.parts.keys().filter_map(|part| part.split('.').next());
        known.extend(firsts.filter(|first| !first.is_empty()));
        // `import *` may bind any name.
        let is_known = |name: &String| {
            known.contains("*")
                || name.split('.').next().is_some_and(|first| known.contains(first))
                || name
                    .rsplit_once('.')
                    .is_some_and(|(_, method)| self.methods.contains_key(method))
        };
        let mut kept: Vec<BTreeSet<String>> = Vec::new();
        for runs in self.parts.values() {
            kept.push(runs.names.iter().filter(|name| is_known(name)).cloned().collect());
        }
        for (runs, names) in self.parts.values_mut().zip(kept) {
            runs.names = names;
        }
    }

    /// Returns everything that the file's functions may run.
    pub fn all(&self) -> Vec<&Executed> {
        self.parts.values().collect()
    }

    /// Returns the dotted names that a dotted name in the file may refer to, based on the file's
    /// imports.
    pub fn targets(&self, name: &str) -> Vec<String> {
        let names = self.bound.iter().map(|(bound, target)| (&**bound, &**target));
        targets_of(names, &name.split('.').collect::<Vec<_>>())
    }
}

/// Returns the dotted name of the outermost function that has a node in its body or that the node
/// defines. The name is empty if there is none.
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

/// Returns whether a node runs when the function is called, as opposed to the function's decorators
/// and defaults.
fn is_in_body(node: Node<'_>, function: &StmtFunctionDef) -> bool {
    let start = function.body.first().map(|first| usize::from(first.start()));
    start.is_some_and(|start| node.range().start >= start)
}

/// Returns whether a node is in a branch that only type checkers read or that only runs when the
/// file is the main program.
fn is_never_imported(node: Node<'_>) -> bool {
    let mut inner = node;
    node.ancestors().any(|outer| {
        let is_branch = match (outer.ast(), inner.ast()) {
            // An `else` runs in the opposite case.
            (AnyNodeRef::StmtIf(_), AnyNodeRef::ElifElseClause(_)) => false,
            (AnyNodeRef::StmtIf(one), _) => is_for_types(&one.test) || is_main(one),
            _ => false,
        };
        inner = outer;
        is_branch
    })
}

/// Returns whether a condition only holds for type checkers.
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

/// Returns the module that `import_module("a.b")`, `__import__("a.b")` or `sys.modules["a.b"]`
/// returns.
fn returned_module(node: Node<'_>, bound: &[(String, String)]) -> Option<String> {
    let (function, text) = match node.ast() {
        AnyNodeRef::ExprCall(call) => (&*call.func, call.arguments.args.first()?),
        AnyNodeRef::ExprSubscript(item) => (&*item.value, &*item.slice),
        _ => return None,
    };
    let function = *dotted(function.into())?.last()?;
    let Expr::StringLiteral(module) = text else { return None };
    let target = bound.iter().find(|(bound, _)| bound == function);
    let target = target.map_or(function, |(_, target)| target);
    let is_module =
        ["import_module", "__import__", "modules"].iter().any(|name| target.ends_with(name));
    is_module.then(|| module.value.to_str().to_owned())
}

/// Returns whether a decorator with this dotted name leaves the function uncalled.
fn is_plain(decorator: &[&str]) -> bool {
    let last = decorator.last().copied().unwrap_or_default();
    ["property", "staticmethod", "classmethod", "setter", "getter", "deleter", "abstractmethod"]
        .contains(&last)
}
