//! The names that a package's `__init__.py` binds.

use std::collections::BTreeSet;

use idhooks_core::registry::RepoPath;
use idhooks_python::{Node, Scopes, SyntaxTree};
use ruff_python_ast::{AnyNodeRef, StmtImport, StmtImportFrom};

use super::super::modules::{PythonModules, Referent, parent_dir};
use super::super::readings::Reading;
use super::syntax::{bound_by, in_tree};

/// Returns the names that a package's `__init__.py` with this text binds to something other than
/// the package's modules.
pub(in super::super) fn bound(
    modules: &PythonModules<'_>,
    init: &RepoPath,
    text: &str,
) -> BTreeSet<String> {
    let Some(dir) = init.as_str().map(parent_dir) else { return BTreeSet::new() };
    let bindings = FileBindings::of(modules, dir, dir, text);
    let mut names = bindings.names;
    // `from a import *` binds the names in another file.
    for path in bindings.stars {
        let (Some(from), Some(text)) = (path.as_str().map(parent_dir), modules.text(&path)) else {
            continue;
        };
        let all = FileBindings::of(modules, dir, from, &text).names;
        names.extend(all.into_iter().filter(|name| is_exported(&text, name)));
    }
    names
}

/// Returns whether `from a import *` imports a name from the module with this text.
fn is_exported(text: &str, name: &str) -> bool {
    // `__all__` may be computed, so a quoted name anywhere is taken as a sign that the name is
    // exported.
    let is_listed = || ["'", "\""].iter().any(|q| text.contains(&format!("{q}{name}{q}")));
    if text.contains("__all__") { is_listed() } else { !name.starts_with('_') }
}

/// The names that a file binds at its top level, not counting one package's modules.
struct FileBindings<'a> {
    modules: &'a PythonModules<'a>,
    package: &'a str,
    /// The file's directory.
    dir: &'a str,
    names: BTreeSet<String>,
    /// The modules from which the file imports all names.
    stars: Vec<RepoPath>,
}

impl<'a> FileBindings<'a> {
    /// Collects the names that a file in `dir` binds to something other than modules in `package`.
    fn of(modules: &'a PythonModules<'a>, package: &'a str, dir: &'a str, text: &str) -> Self {
        let (names, stars) = (BTreeSet::new(), Vec::new());
        let mut bindings = FileBindings { modules, package, dir, names, stars };
        in_tree(text, |tree| bindings.collect(tree));
        bindings
    }

    fn collect<'t>(&mut self, tree: &'t SyntaxTree<'t>) {
        self.names.extend(Scopes::of(tree.file()).module_names().map(str::to_owned));
        for node in tree.nodes().filter(|node| is_of_module(*node)) {
            match node.ast() {
                AnyNodeRef::StmtImport(import) => self.import(import),
                AnyNodeRef::StmtImportFrom(from) => self.import_from(from),
                _ => {}
            }
        }
    }

    /// Adds the names that `import a.b, c as d` binds.
    fn import(&mut self, import: &StmtImport) {
        for alias in &import.names {
            let parts: Vec<&str> = alias.name.split('.').collect();
            let (meant, bound) = match &alias.asname {
                Some(bound) => (&parts[..], bound.as_str()),
                None => (&parts[..1], parts[0]),
            };
            let own = self.modules.child(self.package, bound);
            let readings = self.modules.absolute(self.dir, meant);
            // If the import finds the package's own module, it does not change the name's meaning.
            if !readings.iter().any(|r| r.is_sure() && Some(&r.place) == own.as_ref()) {
                self.names.insert(bound.to_owned());
            }
        }
    }

    /// Adds the names that `from a import b` binds.
    fn import_from(&mut self, from: &StmtImportFrom) {
        let readings = self.modules.named_in(self.dir, from);
        let own = Referent::Package(self.package.to_owned());
        let is_own = readings.iter().any(|reading| reading.is_sure() && reading.place == own);
        for alias in &from.names {
            let (name, bound) = (alias.name.as_str(), bound_by(alias));
            if name == "*" {
                self.stars.extend(readings.iter().filter_map(module_of));
                continue;
            }
            // `from . import name` binds a module of the package.
            let is_module =
                is_own && bound == name && self.modules.child(self.package, name).is_some();
            if !is_module {
                self.names.insert(bound.to_owned());
            }
        }
    }
}

/// Returns whether a statement runs in the module itself.
fn is_of_module(node: Node<'_>) -> bool {
    let is_scope = |node: Node<'_>| {
        matches!(node.ast(), AnyNodeRef::StmtFunctionDef(_) | AnyNodeRef::StmtClassDef(_))
    };
    !node.ancestors().any(is_scope)
}

fn module_of(reading: &Reading) -> Option<RepoPath> {
    match &reading.place {
        Referent::Module(path) => Some(path.clone()),
        _ => None,
    }
}
