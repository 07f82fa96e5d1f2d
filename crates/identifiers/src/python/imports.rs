//! The names that the import statements of a file bind.

use tree_sitter::Node;

use super::{PythonFile, named_children};

/// A name that an import statement binds.
#[derive(Debug, Clone)]
pub struct ImportedName<'t> {
    /// The name in the file; `*` stands for all names of the module.
    pub bound: &'t str,
    /// What it means, dotted: `uuid`, `uuid.uuid4`, with the dots of a relative import in front. For
    /// `*`, the module.
    pub target: String,
    /// The statement.
    pub statement: Node<'t>,
    /// Its part for this name.
    pub item: Node<'t>,
}

/// All names that the import statements of a file bind.
#[derive(Debug, Clone, Default)]
pub struct Imports<'t> {
    /// The names in the order of the file.
    pub names: Vec<ImportedName<'t>>,
}

impl PythonFile<'_> {
    /// Returns the names that import statements bind, whatever their scope.
    pub fn imports(&self) -> Imports<'_> {
        Imports::of(self)
    }
}

impl<'t> Imports<'t> {
    fn of(file: &'t PythonFile<'_>) -> Self {
        let mut imports = Imports::default();
        file.walk(&mut |path| {
            let Some(node) = path.last() else { return };
            match node.kind() {
                "import_statement" => imports.import(file, *node),
                "import_from_statement" => imports.import_from(file, *node),
                _ => {}
            }
        });
        imports
    }

    /// Returns what a dotted name may mean by the imports of the file.
    pub fn targets(&self, chain: &[&str]) -> Vec<String> {
        let Some((first, rest)) = chain.split_first() else { return Vec::new() };
        let is_bound = self.names.iter().any(|name| name.bound == *first);
        let mut targets = Vec::new();
        for name in &self.names {
            let parts: &[&str] = match name.bound {
                bound if bound == *first => rest,
                "*" if !is_bound => chain,
                _ => continue,
            };
            let target = [&[&*name.target], parts].concat().join(".");
            if !targets.contains(&target) {
                targets.push(target);
            }
        }
        targets
    }

    /// Returns whether an import binds a name, or may bind it.
    pub fn may_bind(&self, name: &str) -> bool {
        self.names.iter().any(|imported| imported.bound == name || imported.bound == "*")
    }

    /// Adds the names of `import a.b, c as d`.
    fn import(&mut self, file: &'t PythonFile<'_>, statement: Node<'t>) {
        for item in items(statement) {
            let (name, alias) = with_alias(item);
            let parts = dotted(file, name);
            let (bound, target) = match (alias, parts.first()) {
                (Some(alias), _) => (file.text_of(alias), parts.join(".")),
                (None, Some(first)) => (*first, (*first).to_owned()),
                (None, None) => continue,
            };
            self.names.push(ImportedName { bound, target, statement, item });
        }
    }

    /// Adds the names of `from a import b, c as d`.
    fn import_from(&mut self, file: &'t PythonFile<'_>, statement: Node<'t>) {
        let Some(module) = statement.child_by_field_name("module_name") else { return };
        let module = module_name(file, module);
        for item in items(statement) {
            let (name, alias) = with_alias(item);
            let name = dotted(file, name).join(".");
            let bound = file.text_of(alias.unwrap_or(item));
            let dot = if module.ends_with('.') { "" } else { "." };
            let target = format!("{module}{dot}{name}");
            self.names.push(ImportedName { bound, target, statement, item });
        }
        let star = named_children(statement).into_iter().find(|c| c.kind() == "wildcard_import");
        if let Some(item) = star {
            self.names.push(ImportedName { bound: "*", target: module, statement, item });
        }
    }
}

fn items(statement: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = statement.walk();
    statement.children_by_field_name("name", &mut cursor).collect()
}

fn with_alias(item: Node<'_>) -> (Node<'_>, Option<Node<'_>>) {
    match item.child_by_field_name("alias") {
        Some(alias) => (item.child_by_field_name("name").unwrap_or(item), Some(alias)),
        None => (item, None),
    }
}

fn dotted<'t>(file: &'t PythonFile<'_>, name: Node<'_>) -> Vec<&'t str> {
    let parts = named_children(name).into_iter().filter(|part| part.kind() == "identifier");
    parts.map(|part| file.text_of(part)).collect()
}

/// Returns the module after `from`, with its dots.
fn module_name(file: &PythonFile<'_>, module: Node<'_>) -> String {
    if module.kind() != "relative_import" {
        return dotted(file, module).join(".");
    }
    let mut name = String::new();
    for part in named_children(module) {
        match part.kind() {
            "import_prefix" => name.extend(file.text_of(part).chars().filter(|c| *c == '.')),
            _ => name.push_str(&dotted(file, part).join(".")),
        }
    }
    name
}
