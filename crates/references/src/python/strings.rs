//! Finds strings in Python files that name modules.

use tree_sitter::Node;

use super::super::modules::{Referent, parent_dir};
use super::super::readings::Decision;
use super::{SearchedModule, heads, names::text_of};

/// Functions that take the dotted name of a module, or of an object in it, as first argument.
const IMPORTERS: [&str; 7] = [
    "__import__",
    "find_spec",
    "import_module",
    "importorskip",
    "patch",
    "resolve_name",
    "run_module",
];

impl SearchedModule<'_, '_> {
    /// Handles a string.
    pub(super) fn string(&mut self, node: Node<'_>) {
        let text = text_of(node, self.text);
        let Some(string) = node.parent() else { return };
        if text.len() < 200 && self.modules.names_moved(text) {
            if self.imported_by(string).is_none() {
                let what = format!("the string '{text}' looks like the name of a module");
                self.found.doubt(self.text, node.start_byte(), what);
            }
            return;
        }
        let assignment = string.parent().and_then(|list| list.parent());
        let target = assignment.and_then(|node| node.child_by_field_name("left"));
        if target.is_some_and(|target| text_of(target, self.text) == "__all__") {
            self.exported_name(node, text);
        }
    }

    /// Handles a name in `__all__`: in a package it may be a module that is not imported.
    fn exported_name(&mut self, node: Node<'_>, name: &str) {
        let place = self.modules.child(self.dir, name);
        let moves =
            matches!(&place, Some(Referent::Module(path)) if self.modules.target(path).is_some());
        let is_bound = self.scopes.bound_in(self.root).imports.contains(name)
            || self.modules.binds(self.dir, name);
        if moves && self.is_init() && !is_bound {
            let what = format!("'{name}' in __all__ is a module that this file does not import");
            self.found.block(self.text, node.start_byte(), what);
        }
    }

    /// Handles a call that imports a module by a string.
    pub(super) fn call(&mut self, call: Node<'_>) {
        let arguments = call.child_by_field_name("arguments");
        let Some(first) = arguments.and_then(|arguments| arguments.named_child(0)) else { return };
        let Some(importer) = self.imported_by(first) else { return };
        let content = first.named_child(1).filter(|content| content.kind() == "string_content");
        let Some(content) =
            content.filter(|_| first.kind() == "string" && first.named_child_count() == 3)
        else {
            if importer == "import_module" || importer == "__import__" {
                let what = format!("'{importer}' gets a name that is computed at run time");
                self.found.doubt(self.text, first.start_byte(), what);
            }
            return;
        };
        let name = text_of(content, self.text);
        let parts: Vec<&str> = name.split('.').collect();
        if name.starts_with('.') {
            if parts.iter().any(|part| self.modules.is_moved_name(part)) {
                let what =
                    format!("'{name}' is relative to a package that is only known at run time");
                self.found.block(self.text, content.start_byte(), what);
            }
            return;
        }
        for length in 1..=parts.len() {
            if !self.modules.is_moved_name(parts[length - 1]) {
                continue;
            }
            let readings = self.modules.absolute(self.dir, &parts[..length]);
            match self.modules.decide(self.path, &readings, &[]) {
                Decision::Module(path) => {
                    let ahead: usize = parts[..length - 1].iter().map(|part| part.len() + 1).sum();
                    let at = content.start_byte() + ahead;
                    let target = self.modules.target(&path);
                    if let Some((old, new)) = target.and_then(|to| heads(&path, to)) {
                        self.found.edit(at..at + old.len(), new);
                    }
                    return;
                }
                decision @ Decision::Undecided { .. } => return self.undecided(content, &decision),
                _ => {}
            }
        }
    }

    /// Returns the importing function of which this is the first argument, if there is one.
    fn imported_by(&self, argument: Node<'_>) -> Option<&'static str> {
        let arguments = argument.parent().filter(|list| list.kind() == "argument_list")?;
        let call = arguments.parent().filter(|call| call.kind() == "call")?;
        let is_first = arguments.named_child(0).is_some_and(|first| first.id() == argument.id());
        let function = call.child_by_field_name("function").filter(|_| is_first)?;
        let name = function.child_by_field_name("attribute").unwrap_or(function);
        let name = text_of(name, self.text);
        IMPORTERS.into_iter().find(|importer| *importer == name)
    }

    /// Returns whether this is the `__init__.py` of a package.
    pub(super) fn is_init(&self) -> bool {
        self.path.as_str().is_some_and(|path| {
            path == super::super::modules::join(parent_dir(path), "__init__.py")
        })
    }
}
