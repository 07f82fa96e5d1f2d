//! Finds references to modules in Python files.

mod doctest;
mod implicit;
mod init_names;
mod strings;
mod syntax;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use doctest::Examples;
use idhooks_core::registry::RepoPath;
use idhooks_python::{Node, PythonFile, Scopes, SyntaxTree, range_of};
use ruff_python_ast::{Alias, AnyNodeRef, Expr, Identifier, StmtImport, StmtImportFrom};

use super::modules::{PythonModules, Referent, parent_dir};
use super::readings::{Decision, Reading};
use super::{heads, reference::FoundReference};
pub(super) use init_names::bound;
use syntax::{bound_by, chain, in_tree};

/// Names that are bound to packages, each with its possible readings.
type Packages<'t> = BTreeMap<&'t str, Vec<Reading>>;

/// A Python file being searched. Positions refer to `file`; they differ from positions in `text`
/// where lines end in `\r\n`.
struct SearchedModule<'t, 'f> {
    modules: &'t PythonModules<'t>,
    path: &'t RepoPath,
    /// The file's directory.
    dir: &'t str,
    text: &'t str,
    file: &'t PythonFile<'t>,
    tree: &'t SyntaxTree<'t>,
    found: &'f mut FoundReference,
    /// The names that the file binds to packages.
    packages: Packages<'t>,
    /// The attributes that the file uses, keyed by the name they belong to.
    uses: OnceCell<BTreeMap<&'t str, BTreeSet<&'t str>>>,
    scopes: Scopes<'t>,
}

/// Finds a file's references.
pub(super) fn find_references(
    modules: &PythonModules<'_>,
    path: &RepoPath,
    text: &str,
    found: &mut FoundReference,
) {
    if !modules.any_moves() {
        return;
    }
    in_tree(text, |tree| {
        let packages = find_in_code(modules, path, text, tree, Packages::new(), found);
        // Examples in docstrings are code too, and use the file's imports.
        for examples in Examples::in_strings(text, tree) {
            let mut inner = FoundReference::default();
            in_tree(&examples.code, |tree| {
                find_in_code(modules, path, &examples.code, tree, packages.clone(), &mut inner);
            });
            found.merge_inner(inner, |at| examples.place(at), |line| examples.line(line, text));
        }
    });
}

/// Finds the references in a file's code, given names that are already bound to packages; returns
/// all names that are bound to packages.
fn find_in_code<'t>(
    modules: &'t PythonModules<'t>,
    path: &'t RepoPath,
    text: &'t str,
    tree: &'t SyntaxTree<'t>,
    packages: Packages<'t>,
    found: &mut FoundReference,
) -> Packages<'t> {
    let Some(dir) = path.as_str().map(parent_dir) else { return packages };
    let (file, uses) = (tree.file(), OnceCell::new());
    let scopes = Scopes::of(file);
    let mut search =
        SearchedModule { modules, path, dir, text, file, tree, found, packages, uses, scopes };
    // Nodes are visited last to first: if two imports bind the same name, the earlier import wins.
    let mut nodes: Vec<Node<'_>> = tree.nodes().collect();
    nodes.reverse();
    for node in nodes {
        match node.ast() {
            AnyNodeRef::StmtImport(import) => search.import(import),
            AnyNodeRef::StmtImportFrom(from) => search.import_from(from),
            AnyNodeRef::ExprCall(call) => search.call(call),
            _ => search.string(node),
        }
    }
    file.broken().for_each(|place| search.error(place));
    if !search.packages.is_empty() {
        search.attributes();
    }
    search.implicit_uses();
    search.packages
}

impl<'t> SearchedModule<'t, '_> {
    /// Handles `import a.b, c as d`.
    fn import(&mut self, import: &'t StmtImport) {
        let statement = range_of(import);
        for alias in &import.names {
            let parts: Vec<&str> = alias.name.split('.').collect();
            let readings = self.modules.absolute(self.dir, &parts);
            let is_bound = parts.len() == 1 || alias.asname.is_some();
            // `import a.b` binds `a`, and the attributes of `a` say nothing about `b`.
            let used = if is_bound { self.used_of(bound_by(alias)) } else { Vec::new() };
            let mut tops = Vec::new();
            match self.modules.decide(self.path, &readings, &used) {
                Decision::Package(packages) => match &alias.asname {
                    Some(bound) => self.bind(bound, packages),
                    None => tops = packages,
                },
                Decision::Module(path) if is_bound => self.clause(&statement, alias, &path),
                Decision::Module(path) => {
                    self.put(&statement, &alias.name, &path);
                    let is_it =
                        |reading: &&Reading| reading.place == Referent::Module(path.clone());
                    tops = readings.iter().filter(is_it).cloned().collect();
                }
                decision => self.undecided(range_of(&alias.name), &decision),
            }
            if alias.asname.is_none()
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
    fn import_from(&mut self, from: &'t StmtImportFrom) {
        let statement = range_of(from);
        let readings = self.modules.named_in(self.dir, from);
        let names: Vec<&str> = from.names.iter().map(|alias| alias.name.as_str()).collect();
        let packages = match self.modules.decide(self.path, &readings, &names) {
            Decision::Module(path) => {
                if let Some(module) = &from.module {
                    self.put(&statement, module, &path);
                }
                return;
            }
            Decision::Package(packages) => packages,
            decision => return self.undecided(self.module_place(from), &decision),
        };
        for alias in from.names.iter().filter(|alias| alias.name.as_str() != "*") {
            let meant = self.modules.member(&packages, alias.name.as_str());
            let used = self.used_of(bound_by(alias));
            match self.modules.decide(self.path, &meant, &used) {
                Decision::Module(path) => self.clause(&statement, alias, &path),
                Decision::Package(packages) => self.bind(bound_by(alias), packages),
                decision => self.undecided(range_of(&alias.name), &decision),
            }
        }
    }

    /// Returns the position of the module after `from`, including its dots.
    fn module_place(&self, from: &StmtImportFrom) -> Range<usize> {
        let statement = range_of(from);
        let text = self.file.text_of(statement.clone());
        let start = text.find("from").map_or(0, |at| at + "from".len());
        let dots = text[start..].len() - text[start..].trim_start().len();
        let end = match &from.module {
            Some(module) => range_of(module).end,
            None => {
                let last_dot = text.find("import").and_then(|at| text[..at].rfind('.'));
                statement.start + last_dot.map_or(start, |at| at + 1)
            }
        };
        statement.start + start + dots..end
    }

    /// Returns the attributes of an imported name that the file uses.
    fn used_of(&self, name: &str) -> Vec<&'t str> {
        // If something else binds the name too, some of these attributes may not be the import's.
        if self.scopes.is_rebound(name) {
            return Vec::new();
        }
        let uses = self.uses.get_or_init(|| {
            let mut uses: BTreeMap<&'t str, BTreeSet<&'t str>> = BTreeMap::new();
            for node in self.tree.nodes() {
                if let AnyNodeRef::ExprAttribute(attribute) = node.ast()
                    && let Expr::Name(object) = &*attribute.value
                {
                    uses.entry(object.id.as_str()).or_default().insert(attribute.attr.as_str());
                }
            }
            uses
        });
        uses.get(name).into_iter().flatten().copied().collect()
    }

    /// Records that a name is bound to a package.
    fn bind(&mut self, name: &'t str, packages: Vec<Reading>) {
        self.packages.insert(name, packages);
    }

    /// Returns a position in the file's bytes.
    fn at(&self, place: usize) -> usize {
        self.file.in_bytes(place..place).start
    }

    /// Replaces part of the file.
    fn edit(&mut self, place: Range<usize>, text: impl Into<String>) {
        self.found.edit(self.file.in_bytes(place), text);
    }

    /// Replaces the start of the last part in a dotted name that refers to a module.
    fn put(&mut self, statement: &Range<usize>, name: &Identifier, path: &RepoPath) {
        let Some(to) = self.modules.target(path) else { return };
        match heads(path, to) {
            Some((old, new)) if !self.file.is_broken(statement) => {
                let at = self.last_part(name).start;
                self.edit(at..at + old.len(), new);
            }
            _ => self.unclear(range_of(name)),
        }
    }

    /// Updates the part of an import that binds a module to a name, leaving the bound name
    /// unchanged.
    ///
    /// `import a` becomes `import P_1_a as a`, and vice versa. An existing `a as a` gets an extra
    /// space before its `as`, so that it can be told apart when converting back.
    fn clause(&mut self, statement: &Range<usize>, alias: &'t Alias, path: &RepoPath) {
        let Some(to) = self.modules.target(path) else { return };
        self.put(statement, &alias.name, path);
        let heads = heads(path, to).filter(|_| !self.file.is_broken(statement));
        let Some((old, new)) = heads else { return };
        let (file, name, last) = (self.file, range_of(&alias.name), self.last_part(&alias.name));
        let now = file.text_of(last.clone());
        let will = format!("{new}{}", &now[old.len().min(now.len())..]);
        let Some(bound) = &alias.asname else {
            return self.edit(last, format!("{will} as {now}"));
        };
        let alias = range_of(bound);
        let between = file.text_of(name.end..alias.start);
        if bound.as_str() == now && *bound.as_str() != *will && is_plain(between) {
            self.edit(last.start..name.end, format!("{will} "));
        } else if bound.as_str() == will && between == " as " {
            self.edit(last.start..alias.end, will);
        } else if bound.as_str() == will && is_plain(between) {
            self.edit(last.start..name.end + 1, will);
        }
    }

    /// Handles expressions such as `a.b.c` where `a` is bound to a package.
    fn attributes(&mut self) {
        let mut end = 0;
        for node in self.tree.nodes() {
            // Nested attributes have been handled along with the outermost one.
            if node.index() < end {
                continue;
            }
            if let Some(chain) = chain(node.ast()) {
                end = node.index() + node.nodes().count();
                self.attribute(node, &chain);
            }
        }
    }

    /// Handles one such expression, given its parts.
    fn attribute(&mut self, node: Node<'t>, chain: &[(&'t str, Range<usize>)]) {
        let [(first, _), rest @ ..] = chain else { return };
        let Some(mut readings) = self.packages.get(first).cloned() else { return };
        let meant = self.scopes.binds(&node.range(), first);
        if meant == (false, true) {
            return;
        }
        for (n, (part, place)) in rest.iter().enumerate() {
            let members = self.modules.member(&readings, part);
            let used: Vec<&str> = rest.get(n + 1).map(|(part, _)| *part).into_iter().collect();
            let path = match self.modules.decide(self.path, &members, &used) {
                Decision::Package(packages) => {
                    readings = packages;
                    continue;
                }
                Decision::Module(path) => path,
                decision => return self.undecided(place.clone(), &decision),
            };
            let what = || format!("'{first}' in '{}'", node.source());
            return self.rename_use(place.start, &path, meant, what);
        }
    }

    /// Replaces the start of a name that is used where it refers to a module, unless it means, or
    /// may mean, something else there. `meant` tells whether imports bind the name, and whether
    /// anything else does.
    fn rename_use(
        &mut self,
        at: usize,
        path: &RepoPath,
        meant: (bool, bool),
        what: impl FnOnce() -> String,
    ) {
        let Some(to) = self.modules.target(path) else { return };
        match (meant, heads(path, to)) {
            ((false, true), _) => {}
            ((_, false), Some((old, new))) => self.edit(at..at + old.len(), new),
            _ => {
                let what = format!("{} has other meanings in this file", what());
                self.found.block(self.text, self.at(at), what);
            }
        }
    }

    /// Handles code that is not valid Python.
    fn error(&mut self, place: Range<usize>) {
        let text = self.file.text_of(place.clone());
        let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        let names_some = words.clone().any(|word| self.modules.is_moved_name(word));
        if names_some && words.any(|word| word == "import") {
            self.unclear(place);
        }
    }

    /// Reports an ambiguous name.
    fn undecided(&mut self, name: Range<usize>, decision: &Decision) {
        let Decision::Undecided { meanings, is_unlikely } = decision else { return };
        let (at, name) = (self.at(name.start), self.file.text_of(name));
        let what = match &meanings[..] {
            [one] => format!("'{name}' may mean '{one}', or something outside the repository"),
            _ => format!("'{name}' may mean '{}'", meanings.join("' or '")),
        };
        match is_unlikely {
            true => self.found.doubt(self.text, at, what),
            false => self.found.block(self.text, at, what),
        }
    }

    fn unclear(&mut self, name: Range<usize>) {
        let at = self.at(name.start);
        let text = self.file.text_of(name).lines().next().unwrap_or_default().trim();
        let what = format!("'{text}' is in a part of the file that is not valid Python");
        self.found.block(self.text, at, what);
    }

    /// Returns the position of the last part of a dotted name.
    fn last_part(&self, name: &Identifier) -> Range<usize> {
        let place = range_of(name);
        let text = self.file.text_of(place.clone());
        let last = text.rfind('.').map_or(text, |dot| text[dot + 1..].trim_start());
        place.end - last.len()..place.end
    }
}

impl PythonModules<'_> {
    /// Returns the readings of the module after `from` in a file in `dir`.
    fn named_in(&self, dir: &str, from: &StmtImportFrom) -> Vec<Reading> {
        let names: Vec<&str> =
            from.module.iter().flat_map(|module| module.as_str().split('.')).collect();
        if from.level == 0 {
            return self.absolute(dir, &names);
        }
        let mut package = dir;
        for step in 1..from.level {
            if package.is_empty() {
                return if step + 1 == from.level { self.beyond_top(&names) } else { Vec::new() };
            }
            package = parent_dir(package);
        }
        let start = vec![Reading::relative(package)];
        names.iter().fold(start, |readings, name| self.submodule(&readings, name))
    }
}

/// Returns whether only spaces and `as` come between a name and its alias.
fn is_plain(between: &str) -> bool {
    let spaces = between.strip_suffix("as ");
    spaces.is_some_and(|spaces| !spaces.is_empty() && spaces.bytes().all(|byte| byte == b' '))
}
