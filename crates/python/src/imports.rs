//! The names that a file's import statements bind.

use ruff_python_ast::{Alias, AnyNodeRef, StmtImportFrom};

use crate::tree::{Node, SyntaxTree};

/// A name that an import statement binds.
#[derive(Debug, Clone)]
pub struct ImportedName<'t> {
    /// The name in the file; `*` stands for all of the module's names.
    pub bound: &'t str,
    /// The dotted name that it refers to, such as `uuid` or `uuid.uuid4`, prefixed with the dots of
    /// a relative import. For `*`, the module.
    pub target: String,
    /// The statement.
    pub statement: Node<'t>,
    /// The part of the statement that binds this name.
    pub item: Node<'t>,
}

/// All names that a file's import statements bind.
#[derive(Debug, Clone, Default)]
pub struct Imports<'t> {
    /// The names in the order they appear in the file.
    pub names: Vec<ImportedName<'t>>,
}

impl<'t> Imports<'t> {
    /// Returns the names that import statements bind, in any scope.
    pub fn of(tree: &'t SyntaxTree<'t>) -> Self {
        let mut imports = Imports::default();
        for statement in tree.nodes() {
            let (AnyNodeRef::StmtImport(_) | AnyNodeRef::StmtImportFrom(_)) = statement.ast()
            else {
                continue;
            };
            for item in statement.children() {
                let AnyNodeRef::Alias(alias) = item.ast() else { continue };
                let (bound, target) = match statement.ast() {
                    AnyNodeRef::StmtImportFrom(from) => imported_from(from, alias),
                    _ => imported(alias),
                };
                imports.names.push(ImportedName { bound, target, statement, item });
            }
        }
        imports
    }

    /// Returns what a dotted name may refer to, based on the file's imports.
    pub fn targets(&self, chain: &[&str]) -> Vec<String> {
        targets_of(self.names.iter().map(|name| (name.bound, &*name.target)), chain)
    }

    /// Returns whether an import binds, or might bind, a name.
    pub fn may_bind(&self, name: &str) -> bool {
        self.names.iter().any(|imported| imported.bound == name || imported.bound == "*")
    }
}

/// Returns what a dotted name may refer to, given the names that imports bind and what they refer
/// to.
pub(crate) fn targets_of<'n>(
    names: impl Iterator<Item = (&'n str, &'n str)> + Clone,
    chain: &[&str],
) -> Vec<String> {
    let Some((first, rest)) = chain.split_first() else { return Vec::new() };
    let is_bound = names.clone().any(|(bound, _)| bound == *first);
    // Returns the targets of all bindings, since branches may decide which binding takes effect.
    let mut targets = Vec::new();
    for (bound, target) in names {
        let parts: &[&str] = match bound {
            bound if bound == *first => rest,
            // An explicit import is the more likely meaning.
            "*" if !is_bound => chain,
            _ => continue,
        };
        let target = [&[target], parts].concat().join(".");
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    targets
}

/// Returns the dotted names of the modules that an import statement imports, prefixed with the dots
/// of a relative import. A name imported from a module is listed as well, since it may be a module
/// itself.
pub fn modules_of(statement: Node<'_>) -> Vec<String> {
    match statement.ast() {
        AnyNodeRef::StmtImport(import) => {
            import.names.iter().map(|alias| alias.name.to_string()).collect()
        }
        AnyNodeRef::StmtImportFrom(from) => {
            let names = from.names.iter().map(|alias| imported_from(from, alias).1);
            [module_of(from)].into_iter().chain(names).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns the module after `from`, including its dots.
pub fn module_of(from: &StmtImportFrom) -> String {
    let dots = ".".repeat(usize::try_from(from.level).unwrap_or_default());
    format!("{dots}{}", from.module.as_ref().map_or("", |module| module.as_str()))
}

/// Returns the name that a part of `import a.b, c as d` binds, and what it refers to.
pub(crate) fn imported(alias: &Alias) -> (&str, String) {
    let name = alias.name.as_str();
    match &alias.asname {
        Some(bound) => (bound.as_str(), name.to_owned()),
        // Without `as`, only the first part is bound.
        None => {
            let first = name.split('.').next().unwrap_or(name);
            (first, first.to_owned())
        }
    }
}

/// Returns the name that a part of `from a import b, c as d` binds, and what it refers to.
pub(crate) fn imported_from<'t>(from: &StmtImportFrom, alias: &'t Alias) -> (&'t str, String) {
    let (module, bound) = (module_of(from), alias.asname.as_ref().unwrap_or(&alias.name));
    let target = match alias.name.as_str() {
        "*" => module,
        name if module.ends_with('.') => format!("{module}{name}"),
        name => format!("{module}.{name}"),
    };
    (bound.as_str(), target)
}
