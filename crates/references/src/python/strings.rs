//! Finds strings in Python files that name modules.

use std::ops::Range;

use idhooks_python::{Node, PythonFile, range_of};
use ruff_python_ast::{AnyNodeRef, ArgOrKeyword, Expr, ExprCall};

use super::super::modules::{Referent, parent_dir};
use super::super::readings::Decision;
use super::{SearchedModule, heads};

/// Functions whose first argument is the dotted name of a module, or of an object in a module.
const IMPORTERS: [&str; 7] = [
    "__import__",
    "find_spec",
    "import_module",
    "importorskip",
    "patch",
    "resolve_name",
    "run_module",
];

impl<'t> SearchedModule<'t, '_> {
    /// Handles a string; other nodes are ignored.
    pub(super) fn string(&mut self, node: Node<'t>) {
        let place = match node.ast() {
            AnyNodeRef::StringLiteral(string) => range_of(string.content_range()),
            AnyNodeRef::BytesLiteral(bytes) => range_of(bytes.content_range()),
            AnyNodeRef::InterpolatedStringLiteralElement(_) => node.range(),
            _ => return,
        };
        let text = self.file.text_of(place.clone());
        // A longer string is prose, and checking it would waste time.
        if text.len() < 200 && self.modules.names_moved(text) {
            // If the string is passed to an importing function, the call is handled instead.
            if importer(node).is_none() {
                let what = format!("the string '{text}' looks like the name of a module");
                self.found.doubt(self.text, self.at(place.start), what);
            }
            return;
        }
        if is_exported(self.file, node) {
            self.exported_name(place.start, text);
        }
    }

    /// Handles a name in `__all__`. In a package, this may be a module that has not been imported.
    fn exported_name(&mut self, at: usize, name: &str) {
        let place = self.modules.child(self.dir, name);
        let moves =
            matches!(&place, Some(Referent::Module(path)) if self.modules.target(path).is_some());
        let is_bound = self.scopes.module_imports(name) || self.modules.binds(self.dir, name);
        if moves && self.is_init() && !is_bound {
            let what = format!("'{name}' in __all__ is a module that this file does not import");
            self.found.block(self.text, self.at(at), what);
        }
    }

    /// Handles a call that imports a module whose name is given as a string.
    pub(super) fn call(&mut self, call: &'t ExprCall) {
        let Some(importer) = importer_called(call) else { return };
        let Some(first) = call.arguments.iter_source_order().next() else { return };
        let Some(content) = plain_string(&first) else {
            if importer == "import_module" || importer == "__import__" {
                let what = format!("'{importer}' gets a name that is computed at run time");
                self.found.doubt(self.text, self.at(range_of(first).start), what);
            }
            return;
        };
        let name = self.file.text_of(content.clone());
        let parts: Vec<&str> = name.split('.').collect();
        if name.starts_with('.') {
            if parts.iter().any(|part| self.modules.is_moved_name(part)) {
                let what =
                    format!("'{name}' is relative to a package that is only known at run time");
                self.found.block(self.text, self.at(content.start), what);
            }
            return;
        }
        // The name may also refer to an object in a module.
        for length in 1..=parts.len() {
            if !self.modules.is_moved_name(parts[length - 1]) {
                continue;
            }
            let readings = self.modules.absolute(self.dir, &parts[..length]);
            match self.modules.decide(self.path, &readings, &[]) {
                Decision::Module(path) => {
                    let ahead: usize = parts[..length - 1].iter().map(|part| part.len() + 1).sum();
                    let at = content.start + ahead;
                    let target = self.modules.target(&path);
                    if let Some((old, new)) = target.and_then(|to| heads(&path, to)) {
                        self.edit(at..at + old.len(), new);
                    }
                    return;
                }
                decision @ Decision::Undecided { .. } => return self.undecided(content, &decision),
                _ => {}
            }
        }
    }

    /// Returns whether this is the `__init__.py` of a package.
    pub(super) fn is_init(&self) -> bool {
        self.path.as_str().is_some_and(|path| {
            path == super::super::modules::join(parent_dir(path), "__init__.py")
        })
    }
}

/// Returns the position of a string's content, if it has exactly one part and is not empty.
fn plain_string(argument: &ArgOrKeyword<'_>) -> Option<Range<usize>> {
    let ArgOrKeyword::Arg(Expr::StringLiteral(string)) = argument else { return None };
    let [part] = string.value.as_slice() else { return None };
    Some(range_of(part.content_range())).filter(|content| !content.is_empty())
}

/// Returns the importing function that is called, if any.
fn importer_called(call: &ExprCall) -> Option<&'static str> {
    let name = match &*call.func {
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        Expr::Name(name) => name.id.as_str(),
        _ => return None,
    };
    IMPORTERS.into_iter().find(|importer| *importer == name)
}

/// Returns the importing function to which a string is passed as the first argument, if any.
fn importer(string: Node<'_>) -> Option<&'static str> {
    let argument = string.parent()?;
    let arguments =
        argument.parent().filter(|node| matches!(node.ast(), AnyNodeRef::Arguments(_)))?;
    let AnyNodeRef::ExprCall(call) = arguments.parent()?.ast() else { return None };
    let first = call.arguments.iter_source_order().next()?;
    let is_first = range_of(first).start == argument.range().start && is_alone(argument);
    importer_called(call).filter(|_| is_first)
}

/// Returns whether an expression is a string with a single part.
fn is_alone(argument: Node<'_>) -> bool {
    argument.children().count() == 1
}

/// Returns whether a string is an element of a list or tuple assigned to `__all__`.
fn is_exported(file: &PythonFile<'_>, string: Node<'_>) -> bool {
    let list = string.parent().filter(|argument| is_alone(*argument)).and_then(Node::parent);
    let is_all = |target: &Expr| file.text_of(range_of(target)) == "__all__";
    match list.and_then(Node::parent).map(Node::ast) {
        Some(AnyNodeRef::StmtAssign(assign)) => assign.targets.iter().any(is_all),
        Some(AnyNodeRef::StmtAnnAssign(assign)) => is_all(&assign.target),
        Some(AnyNodeRef::StmtAugAssign(assign)) => is_all(&assign.target),
        _ => false,
    }
}
