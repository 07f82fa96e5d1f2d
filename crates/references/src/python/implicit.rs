//! Finds modules that a package uses by name although no statement binds the name: importing a
//! module also binds its name in the package, no matter what the import statement itself binds.

use std::collections::BTreeMap;

use idhooks_core::registry::RepoPath;
use ruff_python_ast::AnyNodeRef;

use super::super::modules::Referent;
use super::SearchedModule;

impl<'t> SearchedModule<'t, '_> {
    /// Finds the names of modules that an `__init__.py` uses after importing something from these
    /// modules.
    pub(super) fn implicit_uses(&mut self) {
        if !self.is_init() {
            return;
        }
        let mut modules = self.imported_modules();
        modules.retain(|name, _| {
            // Names that statements bind are found along with those statements.
            !self.scopes.module_imports(name) && !self.modules.binds(self.dir, name)
        });
        if modules.is_empty() {
            return;
        }
        for node in self.tree.nodes() {
            let AnyNodeRef::ExprName(used) = node.ast() else { continue };
            let name = used.id.as_str();
            let Some(path) = modules.get(name) else { continue };
            let meant = self.scopes.binds(&node.range(), name);
            self.rename_use(node.range().start, path, meant, || format!("'{name}'"));
        }
    }

    /// Returns this package's moved modules that the file imports, or from which it imports
    /// something.
    fn imported_modules(&self) -> BTreeMap<&'t str, RepoPath> {
        let mut names: Vec<(&'t str, Referent)> = Vec::new();
        // Importing `a.b.c` binds `c` in the package `a.b`.
        let last = |name: &'t str| name.rsplit('.').next().unwrap_or(name);
        for node in self.tree.nodes() {
            match node.ast() {
                AnyNodeRef::StmtImportFrom(from) => {
                    let Some(module) = &from.module else { continue };
                    let readings = self.modules.named_in(self.dir, from);
                    names.extend(readings.into_iter().map(|reading| (last(module), reading.place)));
                }
                AnyNodeRef::StmtImport(import) => {
                    for alias in &import.names {
                        let parts: Vec<&str> = alias.name.split('.').collect();
                        let readings = self.modules.absolute(self.dir, &parts).into_iter();
                        names.extend(readings.map(|reading| (last(&alias.name), reading.place)));
                    }
                }
                _ => {}
            }
        }
        let own = |(name, place): (&'t str, Referent)| match place {
            Referent::Module(path)
                if self.modules.target(&path).is_some()
                    && self.modules.child(self.dir, name)
                        == Some(Referent::Module(path.clone())) =>
            {
                Some((name, path))
            }
            _ => None,
        };
        names.into_iter().filter_map(own).collect()
    }
}
