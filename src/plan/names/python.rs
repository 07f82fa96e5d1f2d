//! What names modules in a Python file.

mod names;

use std::collections::{BTreeMap, BTreeSet};

use tree_sitter::{Node, Parser, Tree};

use crate::registry::RepoPath;

use super::found::Found;
use super::heads;
use super::modules::{Meaning, Modules, up};

pub(super) use names::bound;
use names::{chain, dotted, each, rebound, text_of};

/// A Python file that is looked through.
struct File<'a, 'f> {
    modules: &'a Modules<'a>,
    /// Its directory.
    dir: &'a str,
    text: &'a str,
    found: &'f mut Found,
    /// The names it binds to packages, with their directories.
    packages: BTreeMap<&'a str, String>,
}

/// Takes a Python file apart.
fn parse(text: &str) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_python::LANGUAGE.into()).ok()?;
    parser.parse(text, None)
}

/// Looks through a file.
pub(super) fn look(modules: &Modules<'_>, path: &RepoPath, text: &str, found: &mut Found) {
    let Some(dir) = path.as_str().map(up) else { return };
    let Some(tree) = parse(text) else { return };
    let mut file = File { modules, dir, text, found, packages: BTreeMap::new() };
    each(tree.root_node(), &mut |node| {
        match node.kind() {
            "import_statement" => file.import(node),
            "import_from_statement" => file.import_from(node),
            "string_content" => file.string(node),
            "ERROR" => file.error(node),
            _ => {}
        }
        true
    });
    if !file.packages.is_empty() {
        let others = rebound(tree.root_node(), text);
        each(tree.root_node(), &mut |node| file.attribute(node, &others));
    }
}

/// Takes `a` or `a as b`, as an import lists it, apart.
fn name_and_alias(item: Node<'_>) -> (Option<Node<'_>>, Option<Node<'_>>) {
    match item.kind() {
        "aliased_import" => (item.child_by_field_name("name"), item.child_by_field_name("alias")),
        _ => (Some(item), None),
    }
}

impl<'a> File<'a, '_> {
    /// Looks at `import a.b, c as d`.
    fn import(&mut self, node: Node<'_>) {
        let mut cursor = node.walk();
        for item in node.children_by_field_name("name", &mut cursor) {
            let (Some(name), alias) = name_and_alias(item) else { continue };
            let parts = dotted(name, self.text);
            let meaning = self.modules.absolute(self.dir, &parts);
            match &meaning {
                Meaning::Package(dir) if alias.is_some() => {
                    self.bind(alias, dir.clone());
                }
                Meaning::Module(path) if parts.len() == 1 || alias.is_some() => {
                    self.clause(node, name, alias, path);
                }
                Meaning::Module(path) => self.put(node, name, path),
                Meaning::Several(several) => self.several(name, several),
                Meaning::Package(_) | Meaning::Nothing => {}
            }
            if alias.is_none()
                && let Some(top) = top_of(&meaning, parts.len())
                && let Some(first) = parts.first()
            {
                self.packages.insert(first, top);
            }
        }
    }

    /// Looks at `from a import b, c as d`.
    fn import_from(&mut self, node: Node<'_>) {
        let Some(module) = node.child_by_field_name("module_name") else { return };
        let meaning = match module.kind() {
            "relative_import" => self.relative(module),
            _ => self.modules.absolute(self.dir, &dotted(module, self.text)),
        };
        let package = match meaning {
            Meaning::Module(path) => return self.put(node, module, &path),
            Meaning::Several(several) => return self.several(module, &several),
            Meaning::Nothing => return,
            Meaning::Package(dir) => dir,
        };
        let mut cursor = node.walk();
        for item in node.children_by_field_name("name", &mut cursor) {
            let (Some(name), alias) = name_and_alias(item) else { continue };
            match self.modules.within(&package, text_of(name, self.text)) {
                Meaning::Module(path) => self.clause(node, name, alias, &path),
                Meaning::Package(dir) => self.bind(alias.or(Some(name)), dir),
                Meaning::Nothing | Meaning::Several(_) => {}
            }
        }
    }

    /// Returns what `..a.b` means here.
    fn relative(&self, module: Node<'_>) -> Meaning {
        let mut cursor = module.walk();
        let (mut dots, mut names) = (0, Vec::new());
        for part in module.named_children(&mut cursor) {
            match part.kind() {
                "import_prefix" => dots = text_of(part, self.text).matches('.').count(),
                _ => names = dotted(part, self.text),
            }
        }
        let mut package = self.dir;
        for _ in 1..dots {
            if package.is_empty() {
                return Meaning::Nothing;
            }
            package = up(package);
        }
        self.modules.below(package, &names)
    }

    /// Notes that a name is bound to a package.
    fn bind(&mut self, name: Option<Node<'_>>, dir: String) {
        if let Some(name) = name {
            self.packages.insert(text_of(name, self.text), dir);
        }
    }

    /// Gives the last part of a dotted name, which means a module, its new beginning.
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

    /// Changes a part of an import that binds a module to a name, and leaves that name as it is.
    ///
    /// `import a` becomes `import P_1_a as a`, and back. One that says `a as a` itself gets one
    /// more space before its `as`, to be told apart on the way back.
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

    /// Looks at `a.b.c`, where `a` is bound to a package; returns whether to look at its parts.
    fn attribute(&mut self, node: Node<'_>, others: &BTreeSet<&str>) -> bool {
        if matches!(node.kind(), "import_statement" | "import_from_statement") {
            return false;
        }
        if node.kind() != "attribute" {
            return true;
        }
        let Some(chain) = chain(node) else { return true };
        let [first, rest @ ..] = &chain[..] else { return false };
        let first = text_of(*first, self.text);
        let Some(top) = self.packages.get(first) else { return false };
        let mut meaning = Meaning::Package(top.clone());
        for part in rest {
            let Meaning::Package(dir) = &meaning else { return false };
            meaning = self.modules.within(dir, text_of(*part, self.text));
            let Meaning::Module(path) = &meaning else { continue };
            let Some(to) = self.modules.target(path) else { return false };
            let at = part.start_byte();
            match heads(path, to) {
                Some((old, new)) if !others.contains(first) => {
                    self.found.edit(at..at + old.len(), new);
                }
                _ => {
                    let what = format!(
                        "'{first}' in '{}' has other meanings in this file",
                        text_of(node, self.text)
                    );
                    self.found.doubt(self.text, at, what);
                }
            }
            return false;
        }
        false
    }

    /// Looks at a string.
    fn string(&mut self, node: Node<'_>) {
        let text = text_of(node, self.text);
        if text.len() < 200 && self.modules.names_moved(text) {
            let what = format!("the string '{text}' seems to name a module");
            self.found.doubt(self.text, node.start_byte(), what);
            return;
        }
        let list = node.parent().and_then(|string| string.parent());
        let assignment = list.and_then(|list| list.parent());
        let target = assignment.and_then(|node| node.child_by_field_name("left"));
        if self.modules.is_moved_name(text)
            && target.is_some_and(|target| text_of(target, self.text) == "__all__")
            && matches!(self.modules.within(self.dir, text), Meaning::Module(path) if self.modules.target(&path).is_some())
        {
            self.found.doubt(self.text, node.start_byte(), format!("'{text}' in __all__"));
        }
    }

    /// Looks at what is no valid Python.
    fn error(&mut self, node: Node<'_>) {
        let text = text_of(node, self.text);
        let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        let names_some = words.clone().any(|word| self.modules.is_moved_name(word));
        if names_some && words.any(|word| word == "import") {
            self.unclear(node);
        }
    }

    fn several(&mut self, name: Node<'_>, several: &[String]) {
        if self.modules.concerns(several) {
            let name_text = text_of(name, self.text);
            let what = match several {
                [one] => format!("'{name_text}' may mean '{one}', or something from elsewhere"),
                _ => format!("'{name_text}' may mean '{}'", several.join("' or '")),
            };
            self.found.doubt(self.text, name.start_byte(), what);
        }
    }

    fn unclear(&mut self, name: Node<'_>) {
        let text = text_of(name, self.text).lines().next().unwrap_or_default();
        let what = format!("'{text}' stands where the file is no valid Python");
        self.found.doubt(self.text, name.start_byte(), what);
    }
}

/// Returns the directory of the package with which a dotted name of so many parts begins.
fn top_of(meaning: &Meaning, length: usize) -> Option<String> {
    let mut path = match meaning {
        Meaning::Module(path) if length > 1 => path.as_str()?,
        Meaning::Package(dir) => dir,
        _ => return None,
    };
    for _ in 1..length {
        path = up(path);
    }
    Some(path.to_owned())
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

/// Returns whether between a name and its alias there are only an `as` and spaces.
fn is_plain(between: &str) -> bool {
    between
        .strip_suffix("as ")
        .is_some_and(|spaces| !spaces.is_empty() && spaces.bytes().all(|byte| byte == b' '))
}
