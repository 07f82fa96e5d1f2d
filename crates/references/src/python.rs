//! Finds references to modules in Python files.

mod doctest;
mod implicit;
mod names;
mod scopes;
mod strings;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use doctest::Examples;
use idhooks_core::registry::RepoPath;
use tree_sitter::{Node, Tree};

use super::modules::{PythonModules, Referent, parent_dir};
use super::readings::{Decision, Reading};
use super::{heads, reference::FoundReference};
pub(super) use names::bound;
use names::{chain, dotted, imported, named_module, parse, rebound, text_of, visit_nodes};
use scopes::{NameMeaning, Scopes};

/// Names that are bound to packages, with the possible readings of each.
type Packages<'a> = BTreeMap<&'a str, Vec<Reading>>;

/// A Python file that is being searched.
struct SearchedModule<'a, 'f> {
    modules: &'a PythonModules<'a>,
    path: &'a RepoPath,
    /// Its directory.
    dir: &'a str,
    text: &'a str,
    root: Node<'a>,
    found: &'f mut FoundReference,
    /// The names that it binds to packages.
    packages: Packages<'a>,
    /// The names that it binds other than by imports.
    rebound: BTreeSet<&'a str>,
    /// The attributes of names that it uses.
    uses: OnceCell<BTreeMap<&'a str, BTreeSet<&'a str>>>,
    scopes: Scopes<'a>,
}

/// Finds the references in a file.
pub(super) fn find_references(
    modules: &PythonModules<'_>,
    path: &RepoPath,
    text: &str,
    found: &mut FoundReference,
) {
    if !modules.any_moves() {
        return;
    }
    let Some(tree) = parse(text) else { return };
    let packages = find_in_code(modules, path, text, &tree, Packages::new(), found);
    for examples in Examples::in_strings(text, &tree) {
        let Some(tree) = parse(&examples.code) else { continue };
        let mut inner = FoundReference::default();
        find_in_code(modules, path, &examples.code, &tree, packages.clone(), &mut inner);
        found.merge_inner(inner, |at| examples.place(at), |line| examples.line(line, text));
    }
}

/// Finds the references in the code of a file, given names that are bound to packages already;
/// returns all names that are bound to packages.
fn find_in_code<'a>(
    modules: &'a PythonModules<'a>,
    path: &'a RepoPath,
    text: &'a str,
    tree: &'a Tree,
    packages: Packages<'a>,
    found: &mut FoundReference,
) -> Packages<'a> {
    let root = tree.root_node();
    let Some(dir) = path.as_str().map(parent_dir) else { return packages };
    let rebound = rebound(root, text);
    let (uses, scopes) = (OnceCell::new(), Scopes::of(text));
    let mut file =
        SearchedModule { modules, path, dir, text, root, found, packages, rebound, uses, scopes };
    visit_nodes(root, &mut |node| {
        match node.kind() {
            "import_statement" => file.import(node),
            "import_from_statement" => file.import_from(node),
            "string_content" => file.string(node),
            "call" => file.call(node),
            "ERROR" => file.error(node),
            _ => {}
        }
        true
    });
    if !file.packages.is_empty() {
        visit_nodes(root, &mut |node| file.attribute(node));
    }
    file.implicit_uses();
    file.packages
}

impl<'a> SearchedModule<'a, '_> {
    /// Handles `import a.b, c as d`.
    fn import(&mut self, node: Node<'a>) {
        for (name, alias) in imported(node) {
            let parts = dotted(name, self.text);
            let readings = self.modules.absolute(self.dir, &parts);
            let is_bound = parts.len() == 1 || alias.is_some();
            let used = match is_bound {
                true => self.used_of(text_of(alias.unwrap_or(name), self.text)),
                false => Vec::new(),
            };
            let mut tops = Vec::new();
            match self.modules.decide(self.path, &readings, &used) {
                Decision::Package(packages) => match alias {
                    Some(alias) => self.bind(alias, packages),
                    None => tops = packages,
                },
                Decision::Module(path) if is_bound => self.clause(node, name, alias, &path),
                Decision::Module(path) => {
                    self.put(node, name, &path);
                    let is_it =
                        |reading: &&Reading| reading.place == Referent::Module(path.clone());
                    tops = readings.iter().filter(is_it).cloned().collect();
                }
                decision => self.undecided(name, &decision),
            }
            if alias.is_none()
                && let Some(first) = parts.first()
            {
                let tops = tops.iter().filter_map(|reading| reading.above(parts.len() - 1));
                let bound = self.packages.entry(first).or_default();
                tops.for_each(|top| {
                    if !bound.contains(&top) {
                        bound.push(top);
                    }
                });
            }
        }
    }

    /// Handles `from a import b, c as d`.
    fn import_from(&mut self, node: Node<'a>) {
        let Some(module) = node.child_by_field_name("module_name") else { return };
        let readings = named_module(self.modules, self.dir, module, self.text);
        let items = imported(node);
        let names: Vec<&str> = items.iter().map(|(name, _)| text_of(*name, self.text)).collect();
        let packages = match self.modules.decide(self.path, &readings, &names) {
            Decision::Module(path) => return self.put(node, module, &path),
            Decision::Package(packages) => packages,
            decision => return self.undecided(module, &decision),
        };
        for (name, alias) in items {
            let meant = self.modules.member(&packages, text_of(name, self.text));
            let used = self.used_of(text_of(alias.unwrap_or(name), self.text));
            match self.modules.decide(self.path, &meant, &used) {
                Decision::Module(path) => self.clause(node, name, alias, &path),
                Decision::Package(packages) => self.bind(alias.unwrap_or(name), packages),
                decision => self.undecided(name, &decision),
            }
        }
    }

    /// Returns the attributes that the file uses of an imported name.
    fn used_of(&self, name: &str) -> Vec<&'a str> {
        if self.rebound.contains(name) {
            return Vec::new();
        }
        let uses = self.uses.get_or_init(|| {
            let mut uses: BTreeMap<&'a str, BTreeSet<&'a str>> = BTreeMap::new();
            visit_nodes(self.root, &mut |node| {
                if node.kind() == "attribute"
                    && let Some(object) = node.child_by_field_name("object")
                    && let Some(attribute) = node.child_by_field_name("attribute")
                    && object.kind() == "identifier"
                {
                    let used = uses.entry(text_of(object, self.text)).or_default();
                    used.insert(text_of(attribute, self.text));
                }
                true
            });
            uses
        });
        uses.get(name).into_iter().flatten().copied().collect()
    }

    /// Records that a name is bound to a package.
    fn bind(&mut self, name: Node<'a>, packages: Vec<Reading>) {
        self.packages.insert(text_of(name, self.text), packages);
    }

    /// Replaces the beginning of the last part of a dotted name, which refers to a module.
    fn put(&mut self, statement: Node<'_>, name: Node<'_>, path: &RepoPath) {
        let Some(to) = self.modules.target(path) else { return };
        let at = last_part(name).start_byte();
        match heads(path, to) {
            Some((old, new)) if !statement.has_error() => {
                self.found.edit(at..at + old.len(), new);
            }
            _ => self.unclear(name),
        }
    }

    /// Updates a part of an import that binds a module to a name, and keeps that name.
    ///
    /// `import a` becomes `import P_1_a as a`, and back. An original `a as a` gets one more space
    /// before its `as`, so that the way back can distinguish it.
    fn clause(
        &mut self,
        statement: Node<'_>,
        name: Node<'_>,
        alias: Option<Node<'_>>,
        path: &RepoPath,
    ) {
        let Some(to) = self.modules.target(path) else { return };
        self.put(statement, name, path);
        let (Some((old, new)), false) = (heads(path, to), statement.has_error()) else { return };
        let last = last_part(name);
        let now = text_of(last, self.text);
        let will = format!("{new}{}", &now[old.len().min(now.len())..]);
        let start = last.start_byte();
        let Some(alias) = alias else {
            return self.found.edit(start..last.end_byte(), format!("{will} as {now}"));
        };
        let bound = text_of(alias, self.text);
        let between = &self.text[name.end_byte()..alias.start_byte()];
        if bound == now && bound != will && is_plain(between) {
            self.found.edit(start..name.end_byte(), format!("{will} "));
        } else if bound == will && between == " as " {
            self.found.edit(start..alias.end_byte(), will);
        } else if bound == will && is_plain(between) {
            self.found.edit(start..name.end_byte() + 1, will);
        }
    }

    /// Handles `a.b.c`, where `a` is bound to a package; returns whether to visit its parts.
    fn attribute(&mut self, node: Node<'a>) -> bool {
        if matches!(node.kind(), "import_statement" | "import_from_statement") {
            return false;
        }
        if node.kind() != "attribute" {
            return true;
        }
        let Some(chain) = chain(node) else { return true };
        let [first, rest @ ..] = &chain[..] else { return false };
        let first = text_of(*first, self.text);
        let Some(mut readings) = self.packages.get(first).cloned() else { return false };
        let meant = self.scopes.meaning_of(first, node);
        if meant == NameMeaning::Other {
            return false;
        }
        for (n, part) in rest.iter().enumerate() {
            let members = self.modules.member(&readings, text_of(*part, self.text));
            let used: Vec<&str> =
                rest.get(n + 1).map(|part| text_of(*part, self.text)).into_iter().collect();
            let path = match self.modules.decide(self.path, &members, &used) {
                Decision::Package(packages) => {
                    readings = packages;
                    continue;
                }
                Decision::Module(path) => path,
                decision => {
                    self.undecided(*part, &decision);
                    return false;
                }
            };
            let Some(to) = self.modules.target(&path) else { return false };
            let at = part.start_byte();
            match heads(&path, to) {
                Some((old, new)) if meant == NameMeaning::Import => {
                    self.found.edit(at..at + old.len(), new);
                }
                _ => {
                    let what = format!(
                        "'{first}' in '{}' has other meanings in this file",
                        text_of(node, self.text)
                    );
                    self.found.block(self.text, at, what);
                }
            }
            return false;
        }
        false
    }

    /// Handles code that is not valid Python.
    fn error(&mut self, node: Node<'_>) {
        let text = text_of(node, self.text);
        let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        let names_some = words.clone().any(|word| self.modules.is_moved_name(word));
        if names_some && words.any(|word| word == "import") {
            self.unclear(node);
        }
    }

    /// Reports a name that is ambiguous.
    fn undecided(&mut self, name: Node<'_>, decision: &Decision) {
        let Decision::Undecided { meanings, is_unlikely } = decision else { return };
        let name_text = text_of(name, self.text);
        let what = match &meanings[..] {
            [one] => format!("'{name_text}' may mean '{one}', or something outside the repository"),
            _ => format!("'{name_text}' may mean '{}'", meanings.join("' or '")),
        };
        match is_unlikely {
            true => self.found.doubt(self.text, name.start_byte(), what),
            false => self.found.block(self.text, name.start_byte(), what),
        }
    }

    fn unclear(&mut self, name: Node<'_>) {
        let text = text_of(name, self.text).lines().next().unwrap_or_default();
        let what = format!("'{text}' is in a part of the file that is not valid Python");
        self.found.block(self.text, name.start_byte(), what);
    }
}

/// Returns the last identifier of a dotted name.
fn last_part(name: Node<'_>) -> Node<'_> {
    let count = u32::try_from(name.named_child_count()).unwrap_or_default();
    match name.kind() {
        "dotted_name" | "relative_import" if count > 0 => {
            name.named_child(count - 1).map_or(name, last_part)
        }
        _ => name,
    }
}

/// Returns whether there are only an `as` and spaces between a name and its alias.
fn is_plain(between: &str) -> bool {
    let spaces = between.strip_suffix("as ");
    spaces.is_some_and(|spaces| !spaces.is_empty() && spaces.bytes().all(|byte| byte == b' '))
}
