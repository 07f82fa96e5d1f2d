//! A repository's Python modules and packages, keyed by name, as determined from their paths.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use idhooks_core::registry::RepoPath;

use super::{Moves, ReadFile};

/// A repository's modules.
pub(super) struct PythonModules<'a> {
    moves: &'a Moves,
    /// The name of the working tree's directory, which is not part of any path.
    pub(super) top_name: Option<&'a str>,
    read: &'a ReadFile<'a>,
    /// The directories that contain modules, by module name.
    files: HashMap<&'a str, Vec<&'a str>>,
    /// Directories with Python files in or below them, keyed by their last parts.
    dirs: HashMap<&'a str, BTreeSet<&'a str>>,
    /// Directories with an `__init__.py`, each with the path of that file.
    packages: BTreeMap<&'a str, &'a RepoPath>,
    /// Names that a package binds to something other than its modules.
    bound: BTreeMap<&'a str, BTreeSet<String>>,
    /// The last parts of the names of modules being moved.
    moved: BTreeSet<&'a str>,
}

/// What a dotted name refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Referent {
    /// The module in this file.
    Module(RepoPath),
    /// The package in this directory.
    Package(String),
    /// An object that a package binds to the name, rather than one of its modules.
    Other,
}

impl fmt::Display for Referent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Referent::Module(path) => path.fmt(f),
            Referent::Package(dir) if dir.is_empty() => f.write_str("."),
            Referent::Package(dir) => f.write_str(dir),
            Referent::Other => f.write_str("an object of the package"),
        }
    }
}

impl<'a> PythonModules<'a> {
    /// Collects the modules among all tracked paths; `read` is called for packages and for modules
    /// that an import may refer to.
    pub(super) fn new(
        paths: &'a BTreeSet<RepoPath>,
        moves: &'a Moves,
        top_name: Option<&'a str>,
        read: &'a ReadFile<'a>,
    ) -> Self {
        let mut modules = PythonModules {
            moves,
            top_name,
            read,
            files: HashMap::new(),
            dirs: HashMap::new(),
            packages: BTreeMap::new(),
            bound: BTreeMap::new(),
            moved: moves.keys().filter_map(module_name).collect(),
        };
        for path in paths {
            let Some((dir, stem)) = dir_and_stem(path) else { continue };
            if stem == "__init__" {
                modules.packages.insert(dir, path);
            } else {
                let dirs = modules.files.entry(stem).or_default();
                // The paths are sorted, so `name.py` and `name.pyi` are next to each other.
                if dirs.last() != Some(&dir) {
                    dirs.push(dir);
                }
            }
            // A directory without an `__init__.py` may also be a package.
            let mut above = dir;
            while !above.is_empty() {
                modules.dirs.entry(base_name(above)).or_default().insert(above);
                above = parent_dir(above);
            }
        }
        modules
    }

    /// Adds the names that packages bind, using `bound` to find them in the text of an
    /// `__init__.py`.
    pub(super) fn with_bound(
        mut self,
        bound: impl Fn(&Self, &RepoPath, &str) -> BTreeSet<String>,
    ) -> Self {
        // If nothing moves, reading every package would be wasted work.
        if self.any_moves() {
            for (dir, path) in self.packages.clone() {
                let names = self.text(path).map(|text| bound(&self, path, &text));
                self.bound.insert(dir, names.unwrap_or_default());
            }
        }
        self
    }

    /// Returns whether a module being moved has this name in any package.
    pub(super) fn is_moved_name(&self, name: &str) -> bool {
        self.moved.contains(name)
    }

    /// Returns whether any module is being moved.
    pub(super) fn any_moves(&self) -> bool {
        !self.moved.is_empty()
    }

    /// Returns the new path of a module if it is being moved.
    pub(super) fn target(&self, path: &RepoPath) -> Option<&'a RepoPath> {
        self.moves.get(path)
    }

    /// Returns whether a directory is a package with an `__init__.py`.
    pub(super) fn is_package(&self, dir: &str) -> bool {
        self.packages.contains_key(dir)
    }

    /// Returns whether a package binds a name to something other than the module with that name.
    pub(super) fn binds(&self, dir: &str, name: &str) -> bool {
        self.bound.get(dir).is_some_and(|bound| bound.contains(name))
    }

    /// Returns the directories that contain a module or a package with this name.
    pub(super) fn roots(&self, name: &str) -> BTreeSet<&str> {
        let files = self.files.get(name).into_iter().flatten().copied();
        let dirs = self.dirs.get(name).into_iter().flatten();
        files.chain(dirs.map(|dir| parent_dir(dir))).collect()
    }

    /// Returns the module or package with this name in a directory.
    pub(super) fn child(&self, dir: &str, name: &str) -> Option<Referent> {
        let below = join(dir, name);
        // Python prefers a package to a module with the same name, and a module to a directory
        // without an `__init__.py`.
        if self.is_package(&below) {
            return Some(Referent::Package(below));
        }
        if self.files.get(name).is_some_and(|dirs| dirs.contains(&dir)) {
            // A `.pyi` file keeps its name, so only the module can be moved.
            let path = RepoPath::new(format!("{below}.py").into_bytes());
            return path.ok().map(Referent::Module);
        }
        let is_dir = self.dirs.get(name).is_some_and(|dirs| dirs.contains(&*below));
        is_dir.then_some(Referent::Package(below))
    }

    /// Returns whether this module is being moved, or this package contains a module that is.
    pub(super) fn concerns(&self, place: &Referent) -> bool {
        match place {
            Referent::Module(path) => self.moves.contains_key(path),
            Referent::Package(dir) => {
                let top = join(dir, "");
                self.moves.keys().any(|path| path.as_bytes().starts_with(top.as_bytes()))
            }
            Referent::Other => false,
        }
    }

    /// Returns whether a module or package may have all of these names, based on its text.
    pub(super) fn may_have(&self, place: &Referent, names: &[&str]) -> bool {
        // Python itself defines these names in every module.
        let names = names.iter().filter(|name| !name.starts_with("__"));
        let (file, names): (_, Vec<_>) = match place {
            Referent::Other => return true,
            Referent::Module(path) => (Some(path), names.collect()),
            Referent::Package(dir) => {
                // A package's modules are imported by name, which need not occur in the package's
                // text.
                let others = names.filter(|name| self.child(dir, name).is_none());
                (self.packages.get(&**dir).copied(), others.collect())
            }
        };
        if names.is_empty() {
            return true;
        }
        let has_all = |text: String| {
            may_make_names(&text) || names.iter().all(|name| find_word(&text, name).is_some())
        };
        // A file that cannot be read may contain anything.
        file.is_some_and(|file| self.text(file).is_none_or(has_all))
    }

    /// Returns a file's text.
    pub(super) fn text(&self, path: &RepoPath) -> Option<String> {
        String::from_utf8((self.read)(path)?).ok()
    }
}

/// Returns whether a module may define names that do not occur in its text.
fn may_make_names(text: &str) -> bool {
    let makers =
        ["import *", "__getattr__", "__dict__", "globals", "locals", "vars", "exec", "setattr"];
    makers.iter().any(|maker| text.contains(maker))
}

/// Returns the offset of a name's first occurrence as a whole word in `text`.
pub(super) fn find_word(text: &str, name: &str) -> Option<usize> {
    // Python allows letters from any script in names.
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let places = text.match_indices(name).map(|(at, _)| at);
    places
        .into_iter()
        .find(|at| !text[..*at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part))
}

/// Returns the name of the module in a Python file.
pub(super) fn module_name(path: &RepoPath) -> Option<&str> {
    dir_and_stem(path).map(|(_, name)| name)
}

/// Returns a Python file's directory and module name.
pub(super) fn dir_and_stem(path: &RepoPath) -> Option<(&str, &str)> {
    let text = path.as_str()?;
    let stem = text.strip_suffix(".py").or_else(|| text.strip_suffix(".pyi"))?;
    Some((parent_dir(stem), base_name(stem)))
}

/// Returns a path's parent directory; it is empty for the root.
pub(super) fn parent_dir(path: &str) -> &str {
    path.rfind('/').map_or("", |slash| &path[..slash])
}

/// Returns the last part of a path.
pub(super) fn base_name(path: &str) -> &str {
    path.rfind('/').map_or(path, |slash| &path[slash + 1..])
}

/// Returns the path of a name in a directory.
pub(super) fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }
}
