//! Finds modules that a package uses by name without binding the name: importing a module also
//! binds its name in the package, whatever the import statement itself binds.

use std::collections::BTreeMap;

use idhooks_core::registry::RepoPath;
use tree_sitter::Node;

use super::super::modules::Referent;
use super::names::{dotted, imported, named_module, text_of, visit_nodes};
use super::{SearchedModule, heads, scopes::NameMeaning};

impl<'a> SearchedModule<'a, '_> {
    /// Finds the names of modules that an `__init__.py` uses after it imported from them.
    pub(super) fn implicit_uses(&mut self) {
        if !self.is_init() {
            return;
        }
        let modules: BTreeMap<&str, RepoPath> = self
            .imported_modules()
            .into_iter()
            .filter(|(name, _)| {
                !self.scopes.bound_in(self.root).imports.contains(name)
                    && !self.modules.binds(self.dir, name)
            })
            .collect();
        if modules.is_empty() {
            return;
        }
        let mut places: Vec<Node<'a>> = Vec::new();
        let text = self.text;
        visit_nodes(self.root, &mut |node| {
            if matches!(node.kind(), "import_statement" | "import_from_statement") {
                return false;
            }
            if node.kind() == "identifier"
                && modules.contains_key(text_of(node, text))
                && is_use(node)
            {
                places.push(node);
            }
            true
        });
        for place in places {
            let name = text_of(place, text);
            let path = &modules[name];
            let Some(to) = self.modules.target(path) else { continue };
            let at = place.start_byte();
            match (self.scopes.meaning_of(name, place), heads(path, to)) {
                (NameMeaning::Other, _) => {}
                (NameMeaning::Import, Some((old, new))) => self.found.edit(at..at + old.len(), new),
                _ => {
                    let what = format!("'{name}' has other meanings in this file");
                    self.found.block(text, at, what);
                }
            }
        }
    }

    /// Returns the modules of this package, which move, that the file imports or imports from.
    fn imported_modules(&self) -> BTreeMap<&'a str, RepoPath> {
        let mut names: Vec<(&'a str, Referent)> = Vec::new();
        visit_nodes(self.root, &mut |node| {
            match node.kind() {
                "import_from_statement" => {
                    if let Some(module) = node.child_by_field_name("module_name") {
                        let readings = named_module(self.modules, self.dir, module, self.text);
                        let last = super::last_part(module);
                        let last = text_of(last, self.text);
                        names.extend(readings.into_iter().map(|reading| (last, reading.place)));
                    }
                }
                "import_statement" => {
                    for (name, _) in imported(node) {
                        let parts = dotted(name, self.text);
                        let readings = self.modules.absolute(self.dir, &parts);
                        let last = parts.last().copied().unwrap_or_default();
                        names.extend(readings.into_iter().map(|reading| (last, reading.place)));
                    }
                }
                _ => {}
            }
            true
        });
        let own = |(name, place): (&'a str, Referent)| match place {
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

/// Returns whether an identifier is a plain name, not an attribute, argument or parameter.
fn is_use(node: Node<'_>) -> bool {
    let Some(parent) = node.parent() else { return true };
    let is_field = |field: &str| {
        parent.child_by_field_name(field).is_some_and(|child| child.id() == node.id())
    };
    match parent.kind() {
        "attribute" => is_field("object"),
        "keyword_argument" | "default_parameter" | "typed_default_parameter" => is_field("value"),
        "parameters" | "lambda_parameters" | "typed_parameter" => false,
        "list_splat_pattern" | "dictionary_splat_pattern" => false,
        "function_definition" | "class_definition" => !is_field("name"),
        _ => true,
    }
}
