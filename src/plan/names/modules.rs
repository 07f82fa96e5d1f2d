//! Python modules and packages by their names, as far as paths tell.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::registry::RepoPath;

use super::{Moves, python, stdlib};

/// The modules of a repository.
pub(super) struct Modules<'a> {
    moves: &'a Moves,
    /// The directories of modules, by the names of the modules.
    files: HashMap<&'a str, Vec<&'a str>>,
    /// Directories with Python files in or below them, by their last parts.
    dirs: HashMap<&'a str, BTreeSet<&'a str>>,
    /// Directories with an `__init__.py`.
    packages: BTreeSet<&'a str>,
    /// Names that a package binds to something else than its modules.
    bound: BTreeMap<&'a str, BTreeSet<String>>,
    /// The last parts of the names of modules that move.
    moved: BTreeSet<&'a str>,
}

/// What a dotted name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Nothing of this repository.
    Nothing,
    /// The module in this file.
    Module(RepoPath),
    /// The package in this directory.
    Package(String),
    /// One of these files or directories.
    Several(Vec<String>),
}

impl<'a> Modules<'a> {
    /// Takes up the modules among all tracked paths; `read` is asked for packages.
    pub(super) fn new(
        paths: &'a BTreeSet<RepoPath>,
        moves: &'a Moves,
        read: &dyn Fn(&RepoPath) -> Option<Vec<u8>>,
    ) -> Self {
        let mut modules = Modules {
            moves,
            files: HashMap::new(),
            dirs: HashMap::new(),
            packages: BTreeSet::new(),
            bound: BTreeMap::new(),
            moved: moves.keys().filter_map(|path| parts(path)).map(|(_, stem)| stem).collect(),
        };
        let mut inits = Vec::new();
        for path in paths {
            let Some((dir, stem)) = parts(path) else { continue };
            if stem == "__init__" {
                modules.packages.insert(dir);
                inits.push((dir, path));
            } else {
                let dirs = modules.files.entry(stem).or_default();
                if dirs.last() != Some(&dir) {
                    dirs.push(dir);
                }
            }
            let mut above = dir;
            while !above.is_empty() {
                modules.dirs.entry(last(above)).or_default().insert(above);
                above = up(above);
            }
        }
        if modules.moved.is_empty() {
            return modules;
        }
        for (dir, path) in inits {
            let bytes = read(path);
            let text = bytes.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok());
            let bound = text.map(|text| python::bound(&modules, dir, text)).unwrap_or_default();
            modules.bound.insert(dir, bound);
        }
        modules
    }

    /// Returns whether some module that moves is called so, whatever it is in.
    pub(super) fn is_moved_name(&self, name: &str) -> bool {
        self.moved.contains(name)
    }

    /// Returns where a module that moves goes.
    pub(super) fn target(&self, path: &RepoPath) -> Option<&'a RepoPath> {
        self.moves.get(path)
    }

    /// Returns what a name means within a package.
    pub(super) fn within(&self, package: &str, name: &str) -> Meaning {
        if self.bound.get(package).is_some_and(|bound| bound.contains(name)) {
            return Meaning::Nothing;
        }
        let below = join(package, name);
        let is_dir = self.dirs.get(name).is_some_and(|dirs| dirs.contains(&*below));
        if self.packages.contains(&*below) {
            return Meaning::Package(below);
        }
        if self.files.get(name).is_some_and(|dirs| dirs.contains(&package)) {
            return module(package, name);
        }
        if is_dir { Meaning::Package(below) } else { Meaning::Nothing }
    }

    /// Returns what a dotted name means below a package.
    pub(super) fn below(&self, package: &str, names: &[&str]) -> Meaning {
        let mut meaning = Meaning::Package(package.to_owned());
        for name in names {
            let Meaning::Package(dir) = &meaning else { return Meaning::Nothing };
            meaning = self.within(dir, name);
        }
        meaning
    }

    /// Returns what the dotted name of an import means in a file of `dir`.
    ///
    /// Directories that are no packages themselves may be where imports begin. One above the file
    /// comes before any other; one that is elsewhere counts for packages only.
    pub(super) fn absolute(&self, dir: &str, names: &[&str]) -> Meaning {
        let Some((first, rest)) = names.split_first() else { return Meaning::Nothing };
        let tops = self.files.get(first).into_iter().flatten().copied();
        let dirs = self.dirs.get(first).into_iter().flatten();
        let roots: BTreeSet<&str> = tops.chain(dirs.map(|dir| up(dir))).collect();
        let mut above = Vec::new();
        let mut elsewhere = Vec::new();
        for root in roots.into_iter().filter(|root| !self.packages.contains(root)) {
            let meaning = match self.within(root, first) {
                Meaning::Package(package) => self.below(&package, rest),
                meaning if rest.is_empty() => meaning,
                _ => Meaning::Nothing,
            };
            if meaning == Meaning::Nothing {
                continue;
            }
            let is_above = root.is_empty() || dir == root || dir.starts_with(&format!("{root}/"));
            let is_package = self.packages.contains(&*join(root, first));
            let is_sure = match is_above {
                true => dir == root || !stdlib::has(first),
                false => is_package && !stdlib::has(first),
            };
            if is_above { &mut above } else { &mut elsewhere }.push((meaning, is_sure));
        }
        let found = if above.is_empty() { elsewhere } else { above };
        match <[_; 1]>::try_from(found) {
            Ok([(meaning, true)]) => meaning,
            Ok([(meaning, false)]) => Meaning::Several(vec![meaning.shown()]),
            Err(found) if found.is_empty() => Meaning::Nothing,
            Err(found) => Meaning::Several(found.iter().map(|(m, _)| m.shown()).collect()),
        }
    }

    /// Returns whether one of the things a name may mean moves, or has such a module below it.
    pub(super) fn concerns(&self, meanings: &[String]) -> bool {
        let hit = |path: &RepoPath| {
            let text = path.as_str().unwrap_or_default();
            meanings.iter().any(|m| m == text || text.starts_with(&format!("{m}/")))
        };
        self.moves.keys().any(hit)
    }

    /// Returns whether a string is the dotted name of a module that moves, or of something in it.
    pub(super) fn names_moved(&self, text: &str) -> bool {
        let name = text.split(':').next().unwrap_or_default();
        let parts: Vec<&str> = name.split('.').collect();
        let is_name =
            |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
        if parts.len() < 2 || !parts.iter().all(is_name) {
            return false;
        }
        (2..=parts.len()).any(|length| {
            self.moved.contains(parts[length - 1])
                && match self.absolute("", &parts[..length]) {
                    Meaning::Module(path) => self.moves.contains_key(&path),
                    Meaning::Several(meanings) => self.concerns(&meanings),
                    _ => false,
                }
        })
    }
}

impl Meaning {
    fn shown(&self) -> String {
        match self {
            Meaning::Module(path) => path.to_string(),
            Meaning::Package(dir) => dir.clone(),
            Meaning::Nothing | Meaning::Several(_) => String::new(),
        }
    }
}

/// Returns the directory and the module name of a Python file.
fn parts(path: &RepoPath) -> Option<(&str, &str)> {
    let text = path.as_str()?;
    let stem = text.strip_suffix(".py").or_else(|| text.strip_suffix(".pyi"))?;
    Some((up(stem), last(stem)))
}

fn module(dir: &str, name: &str) -> Meaning {
    let path = RepoPath::new(format!("{}.py", join(dir, name)).into_bytes());
    path.map_or(Meaning::Nothing, Meaning::Module)
}

/// Returns the directory that something is in; the top is empty.
pub(super) fn up(path: &str) -> &str {
    path.rfind('/').map_or("", |slash| &path[..slash])
}

fn last(path: &str) -> &str {
    path.rfind('/').map_or(path, |slash| &path[slash + 1..])
}

fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }
}
