//! Names in the syntax tree of a Python file.

use std::collections::BTreeSet;

use idhooks_core::registry::RepoPath;
use tree_sitter::{Node, Parser, Tree};

use super::super::modules::{PythonModules, Referent, parent_dir};
use super::super::readings::Reading;

/// Parses a Python file.
pub(super) fn parse(text: &str) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_python::LANGUAGE.into()).ok()?;
    parser.parse(text, None)
}

/// Visits a node and its descendants; `visit` returns whether to visit the children of a node.
pub(super) fn visit_nodes<'t>(root: Node<'t>, visit: &mut dyn FnMut(Node<'t>) -> bool) {
    let mut nodes = vec![root];
    while let Some(node) = nodes.pop() {
        if visit(node) {
            let mut cursor = node.walk();
            nodes.extend(node.named_children(&mut cursor));
        }
    }
}

/// Returns the text of a node.
pub(super) fn text_of<'t>(node: Node<'_>, text: &'t str) -> &'t str {
    text.get(node.byte_range()).unwrap_or_default()
}

/// Returns the parts of a dotted name.
pub(super) fn dotted<'t>(name: Node<'_>, text: &'t str) -> Vec<&'t str> {
    let mut cursor = name.walk();
    name.named_children(&mut cursor).map(|part| text_of(part, text)).collect()
}

/// Returns the identifiers of `a.b.c`; nothing if it begins with something else.
pub(super) fn chain(node: Node<'_>) -> Option<Vec<Node<'_>>> {
    let (mut node, mut parts) = (node, Vec::new());
    loop {
        match node.kind() {
            "attribute" => {
                parts.push(node.child_by_field_name("attribute")?);
                node = node.child_by_field_name("object")?;
            }
            "identifier" => {
                parts.push(node);
                parts.reverse();
                return Some(parts);
            }
            _ => return None,
        }
    }
}

/// Returns the names that a file binds other than by imports.
pub(super) fn rebound<'t>(root: Node<'_>, text: &'t str) -> BTreeSet<&'t str> {
    let mut names = BTreeSet::new();
    visit_nodes(root, &mut |node| {
        targets_of(node, text, &mut names);
        true
    });
    names
}

/// Collects the names that a statement or a part of one binds, except by imports.
pub(super) fn targets_of<'t>(node: Node<'_>, text: &'t str, names: &mut BTreeSet<&'t str>) {
    let targets = match node.kind() {
        "assignment" | "augmented_assignment" | "for_statement" | "for_in_clause" => {
            node.child_by_field_name("left")
        }
        "function_definition" | "class_definition" | "named_expression" => {
            node.child_by_field_name("name")
        }
        "parameters" | "lambda_parameters" | "as_pattern_target" => Some(node),
        _ => None,
    };
    if let Some(targets) = targets {
        targets_in(targets, text, names);
    }
}

/// Collects the names that the targets of an assignment, or parameters, bind.
fn targets_in<'t>(node: Node<'_>, text: &'t str, names: &mut BTreeSet<&'t str>) {
    match node.kind() {
        "identifier" => drop(names.insert(text_of(node, text))),
        // These change existing objects; default values and types bind nothing.
        "attribute" | "subscript" | "type" => {}
        "default_parameter" | "typed_default_parameter" => {
            if let Some(name) = node.child_by_field_name("name") {
                targets_in(name, text, names);
            }
        }
        _ => {
            let mut cursor = node.walk();
            for child in node.named_children(&mut cursor) {
                targets_in(child, text, names);
            }
        }
    }
}

/// Returns the names that a package's `__init__.py`, with this text, binds to something other than
/// the modules of the package.
pub(in super::super) fn bound(
    modules: &PythonModules<'_>,
    init: &RepoPath,
    text: &str,
) -> BTreeSet<String> {
    let Some(dir) = init.as_str().map(parent_dir) else { return BTreeSet::new() };
    let bindings = FileBindings::of(modules, dir, dir, text);
    let mut names = bindings.names;
    for path in bindings.stars {
        let (Some(from), Some(text)) = (path.as_str().map(parent_dir), modules.text(&path)) else {
            continue;
        };
        let all = FileBindings::of(modules, dir, from, &text).names;
        names.extend(all.into_iter().filter(|name| is_exported(&text, name)));
    }
    names
}

/// Returns whether `from a import *` takes a name of the module with this text.
fn is_exported(text: &str, name: &str) -> bool {
    let is_listed = || ["'", "\""].iter().any(|q| text.contains(&format!("{q}{name}{q}")));
    if text.contains("__all__") { is_listed() } else { !name.starts_with('_') }
}

/// The names that a file binds at its top level, except the modules of one package.
struct FileBindings<'a> {
    modules: &'a PythonModules<'a>,
    package: &'a str,
    /// The directory of the file.
    dir: &'a str,
    text: &'a str,
    names: BTreeSet<String>,
    /// The modules from which it imports all names.
    stars: Vec<RepoPath>,
}

impl<'a> FileBindings<'a> {
    /// Collects the bindings of a file in `dir` that are not modules of `package`.
    fn of(modules: &'a PythonModules<'a>, package: &'a str, dir: &'a str, text: &'a str) -> Self {
        let (names, stars) = (BTreeSet::new(), Vec::new());
        let mut bindings = FileBindings { modules, package, dir, text, names, stars };
        let Some(tree) = parse(text) else { return bindings };
        visit_nodes(tree.root_node(), &mut |node| {
            match node.kind() {
                "function_definition" | "class_definition" => {
                    if let Some(name) = node.child_by_field_name("name") {
                        bindings.names.insert(text_of(name, text).to_owned());
                    }
                    return false;
                }
                "assignment" => {
                    let mut targets = BTreeSet::new();
                    if let Some(left) = node.child_by_field_name("left") {
                        targets_in(left, text, &mut targets);
                    }
                    bindings.names.extend(targets.into_iter().map(str::to_owned));
                }
                "import_statement" => bindings.import(node),
                "import_from_statement" => bindings.import_from(node),
                _ => {}
            }
            true
        });
        bindings
    }

    /// Adds the names that `import a.b, c as d` binds.
    fn import(&mut self, node: Node<'_>) {
        let FileBindings { modules, package, dir, text, .. } = *self;
        for (name, alias) in imported(node) {
            let parts = dotted(name, text);
            let Some(first) = parts.first() else { continue };
            let bound = alias.map_or(*first, |alias| text_of(alias, text));
            let meant = if alias.is_some() { &parts[..] } else { &parts[..1] };
            let own = modules.child(package, bound);
            let readings = modules.absolute(dir, meant);
            if !readings.iter().any(|r| r.is_sure() && Some(&r.place) == own.as_ref()) {
                self.names.insert(bound.to_owned());
            }
        }
    }

    /// Adds the names that `from a import b` binds.
    fn import_from(&mut self, node: Node<'_>) {
        let FileBindings { modules, package, dir, text, .. } = *self;
        let Some(module) = node.child_by_field_name("module_name") else { return };
        let readings = named_module(modules, dir, module, text);
        let own = Referent::Package(package.to_owned());
        let is_own = readings.iter().any(|reading| reading.is_sure() && reading.place == own);
        for (name, alias) in imported(node) {
            let (name, bound) = (text_of(name, text), text_of(alias.unwrap_or(name), text));
            let is_module = is_own && bound == name && modules.child(package, name).is_some();
            if !is_module {
                self.names.insert(bound.to_owned());
            }
        }
        if node.named_children(&mut node.walk()).any(|part| part.kind() == "wildcard_import") {
            self.stars.extend(readings.into_iter().filter_map(|reading| match reading.place {
                Referent::Module(path) => Some(path),
                _ => None,
            }));
        }
    }
}

/// Returns the readings of the module after `from` in a file of `dir`.
pub(super) fn named_module(
    modules: &PythonModules<'_>,
    dir: &str,
    module: Node<'_>,
    text: &str,
) -> Vec<Reading> {
    if module.kind() != "relative_import" {
        return modules.absolute(dir, &dotted(module, text));
    }
    let mut cursor = module.walk();
    let (mut dots, mut names) = (0, Vec::new());
    for part in module.named_children(&mut cursor) {
        match part.kind() {
            "import_prefix" => dots = text_of(part, text).matches('.').count(),
            _ => names = dotted(part, text),
        }
    }
    let mut package = dir;
    for step in 1..dots {
        if package.is_empty() {
            return if step + 1 == dots { modules.beyond_top(&names) } else { Vec::new() };
        }
        package = parent_dir(package);
    }
    let start = vec![Reading::relative(package)];
    names.iter().fold(start, |readings, name| modules.submodule(&readings, name))
}

/// Returns the names of an import statement, each with its alias: `a`, or `a as b`.
pub(super) fn imported(statement: Node<'_>) -> Vec<(Node<'_>, Option<Node<'_>>)> {
    let mut cursor = statement.walk();
    let items = statement.children_by_field_name("name", &mut cursor);
    let items = items.filter_map(|item| match item.child_by_field_name("alias") {
        Some(alias) => Some((item.child_by_field_name("name")?, Some(alias))),
        None => Some((item, None)),
    });
    items.collect()
}
