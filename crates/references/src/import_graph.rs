//! [`ImportGraph`]: which project files run when a module is imported.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use idhooks_core::registry::RepoPath;
use idhooks_python::{ImportTime, PythonFile, SyntaxTree, is_standard};

/// Stands for all of a file's functions, when the file itself is referred to by name.
const ALL: &str = "*";
/// The file that makes a directory a package.
const INIT: &[u8] = b"__init__.py";

/// The files that run when a module, or a package around it, is imported.
#[derive(Debug)]
pub struct ReachedFiles {
    /// The directory of the package that the files belong to; `None` for the module itself.
    package: Option<String>,
    files: BTreeSet<RepoPath>,
    /// Whether the module is part of an import cycle, which may only work if started from one end.
    is_in_circle: bool,
}

impl ReachedFiles {
    /// Returns whether importing the module would run the importing file itself, making the import
    /// circular. The packages around a file are imported before it: they may import modules in an
    /// order that avoids the cycle, while the file does not.
    pub fn runs(&self, path: &RepoPath) -> bool {
        let package = self.package.as_deref();
        let is_begun = package.is_some_and(|package| is_in(dir_of(path), package));
        // By then the package is in `sys.modules`, so Python does not run it again.
        (!is_begun || self.is_in_circle) && self.files.contains(path)
    }
}

/// Finds the files that run when modules are imported.
pub struct ImportGraph<'p> {
    /// The module paths, keyed by the last part of the module name.
    by_name: HashMap<&'p str, Vec<(&'p RepoPath, &'p str)>>,
    read: &'p dyn Fn(&RepoPath) -> Option<Vec<u8>>,
    /// The code that runs when files are imported.
    times: HashMap<&'p RepoPath, Rc<ImportTime>>,
    /// Additional modules that files are about to import, keyed by file.
    added: HashMap<&'p RepoPath, &'p [String]>,
}

impl<'p> ImportGraph<'p> {
    /// Creates the graph for the project's Python files, which are read using `read`. `added` lists
    /// modules that files are about to import as well.
    pub fn new(
        paths: &'p BTreeSet<RepoPath>,
        added: HashMap<&'p RepoPath, &'p [String]>,
        read: &'p dyn Fn(&RepoPath) -> Option<Vec<u8>>,
    ) -> Self {
        let mut by_name: HashMap<&str, Vec<(&RepoPath, &str)>> = HashMap::new();
        for (path, module) in paths.iter().filter_map(|path| Some((path, module_path(path)?))) {
            by_name.entry(last_part(module)).or_default().push((path, module));
        }
        ImportGraph { by_name, read, times: HashMap::new(), added }
    }

    /// Returns the files that run when a file in a directory imports a module, or something from a
    /// module, and uses it.
    pub fn reached(&mut self, dir: &str, module: &str) -> Vec<ReachedFiles> {
        let mut starts = self.files(dir, module);
        if module.starts_with('.') && !starts.is_empty() {
            // For a relative import, Python first runs the packages around the file.
            starts.extend(self.packages_around(dir));
        }
        let reach = |(package, path): (Option<&str>, &'p RepoPath)| {
            let (files, is_in_circle) = self.reached_by(vec![(path, String::new())]);
            (package.map(str::to_owned), files, is_in_circle)
        };
        let mut found: Vec<_> = starts.into_iter().map(reach).collect();
        let is_in_circle = found.iter().any(|(package, _, is_one)| package.is_none() && *is_one);
        found.push((None, self.reached_by(self.named(dir, module, module.len())).0, false));
        let reached = found.into_iter();
        reached.map(|(package, files, _)| ReachedFiles { package, files, is_in_circle }).collect()
    }

    /// Returns the files that run when these names in files are used; an empty name means that the
    /// file is imported. Also returns whether one of these files imports the first file again.
    fn reached_by(&mut self, starts: Vec<(&'p RepoPath, String)>) -> (BTreeSet<RepoPath>, bool) {
        let first = starts.first().map(|(path, _)| *path);
        let mut known: HashSet<(&RepoPath, String)> = HashSet::new();
        let mut open = starts;
        let mut is_in_circle = false;
        while let Some((path, name)) = open.pop() {
            // Imports may form cycles, so anything already visited is skipped.
            if !known.insert((path, name.clone())) {
                continue;
            }
            let (time, dir) = (self.time(path), dir_of(path));
            let runs = if name == ALL { time.all() } else { time.runs(&name) };
            let added = self.added.get(path).filter(|_| name.is_empty());
            let modules = runs.iter().flat_map(|runs| &runs.modules);
            for module in modules.chain(added.copied().into_iter().flatten()) {
                // The packages around a file have already been imported.
                let files = self.files(dir, module).into_iter();
                let new = files.filter(|(package, _)| !package.is_some_and(|one| is_in(dir, one)));
                let new: Vec<_> = new.map(|(_, path)| (path, String::new())).collect();
                is_in_circle |=
                    new.iter().any(|(file, _)| Some(*file) == first && Some(path) != first);
                open.extend(new);
            }
            open.extend(runs.iter().flat_map(|runs| &runs.names).map(|used| (path, used.clone())));
            // Using the returned module object may call any function in that module.
            for module in runs.iter().flat_map(|runs| &runs.returned) {
                open.extend(self.own(dir, module).into_iter().map(|path| (path, ALL.to_owned())));
            }
            let length = name.split('.').count();
            // An empty name stands for the import itself, which names no object.
            for target in time.targets(&name).iter().filter(|_| !name.is_empty()) {
                open.extend(self.named(dir, target, length));
                open.extend(self.own(dir, target).into_iter().map(|path| (path, ALL.to_owned())));
            }
        }
        let files = known.into_iter().filter(|(_, name)| name.is_empty());
        (files.map(|(path, _)| path.clone()).collect(), is_in_circle)
    }

    /// Returns the packages around a directory, each with its `__init__.py`.
    fn packages_around(&self, dir: &str) -> impl Iterator<Item = (Option<&'p str>, &'p RepoPath)> {
        let ends = dir.match_indices('/').map(|(at, _)| at).chain([dir.len()]);
        let found: Vec<_> = ends.filter_map(|end| self.package(&dir[..end])).collect();
        found.into_iter().map(|path| (module_path(path), path))
    }

    /// Returns the files that may define a name used by a file in a directory, along with the name
    /// as defined in each file. This name has at most `length` parts: since an import's module is
    /// known, following it never makes a name longer.
    fn named(&self, dir: &str, target: &str, length: usize) -> Vec<(&'p RepoPath, String)> {
        let ends = target.rmatch_indices('.').map(|(at, _)| at).take(length);
        let parts = ends.map(|at| match target[..at].trim_start_matches('.').is_empty() {
            true => (&target[..=at], &target[at + 1..]),
            false => (&target[..at], &target[at + 1..]),
        });
        let named =
            parts.take_while(|(_, name)| !name.starts_with('.')).flat_map(|(module, name)| {
                self.own(dir, module).into_iter().map(move |path| (path, name.to_owned()))
            });
        named.collect()
    }

    /// Returns what runs when a file is imported.
    fn time(&mut self, path: &'p RepoPath) -> Rc<ImportTime> {
        let read = self.read;
        let time = self.times.entry(path).or_insert_with(|| {
            let bytes = read(path).unwrap_or_default();
            let file = PythonFile::parse(&bytes).ok();
            // A file that is not valid Python fails when it is imported, so it does not matter what
            // it would run.
            let time = file.map(|file| file.on_stack(|file| ImportTime::of(&SyntaxTree::of(file))));
            Rc::new(time.unwrap_or_default())
        });
        Rc::clone(time)
    }

    /// Returns a module's files, as imported from a file in a directory.
    fn own(&self, dir: &str, module: &str) -> Vec<&'p RepoPath> {
        let files = self.files(dir, module).into_iter();
        files.filter_map(|(package, path)| package.is_none().then_some(path)).collect()
    }

    /// Returns whether a dotted name is not a module and does not occur in the project modules that
    /// should define it.
    pub fn is_undefined(&self, dir: &str, imported: &str) -> bool {
        let Some((module, name)) = imported.rsplit_once('.') else { return false };
        let own = |module: &str| self.own(dir, module);
        let files = if own(imported).is_empty() { own(module) } else { Vec::new() };
        let lacks = |path: &RepoPath| {
            // Some of these words bind unknown names.
            let bytes = (self.read)(path).unwrap_or_default();
            let words = [name, "import *", "__getattr__", "globals", "exec", "setattr"];
            !words.iter().any(|word| memchr::memmem::find(&bytes, word.as_bytes()).is_some())
        };
        // A package may have modules that are not among the files, such as excluded ones, and
        // another package may have a module with the same name.
        let wanted = module.replace('.', "/");
        let is_certain = |path: &&RepoPath| {
            let plain = module_path(path).filter(|_| !path.as_bytes().ends_with(INIT));
            let root = plain.and_then(|plain| plain.strip_suffix(&*wanted));
            module.starts_with('.') && plain.is_some()
                || root.is_some_and(|root| !self.is_package(root.trim_end_matches('/')))
        };
        !files.is_empty() && files.iter().all(is_certain) && files.into_iter().all(lacks)
    }

    fn is_package(&self, dir: &str) -> bool {
        self.package(dir).is_some()
    }

    /// Returns the `__init__.py` of the package in this directory.
    fn package(&self, dir: &str) -> Option<&'p RepoPath> {
        let known = self.by_name.get(last_part(dir)).into_iter().flatten();
        let mut own =
            known.filter(|(path, module)| *module == dir && path.as_bytes().ends_with(INIT));
        own.next().map(|(path, _)| *path)
    }

    /// Returns the files that may run when a file in a directory imports a module: the module's own
    /// files and the files of the packages around it, along with each package's directory.
    fn files(&self, dir: &str, module: &str) -> Vec<(Option<&'p str>, &'p RepoPath)> {
        let name = module.trim_start_matches('.');
        let dots = module.len() - name.len();
        let first = name.split('.').next().unwrap_or_default();
        // Python finds the standard library's module first, no matter what the project contains.
        if dots == 0 && is_standard(first) {
            return Vec::new();
        }
        // The first dot stands for the package itself, and each further dot for the package above
        // it.
        let base = (1..dots).fold(dir, |dir, _| dir.rsplit_once('/').map_or("", |(up, _)| up));
        let parts: Vec<&str> = name.split('.').filter(|part| !part.is_empty()).collect();
        let wanted = parts.join("/");
        let known = parts.last().and_then(|last| self.by_name.get(last));
        // The directory that module names are relative to.
        let root = |module: &'p str| match dots {
            0 if module == wanted => Some(""),
            0 => module.strip_suffix(&*wanted).filter(|root| root.ends_with('/')),
            _ => {
                let root = module.strip_suffix(&*wanted)?;
                (root.trim_end_matches('/') == base).then_some(root)
            }
        };
        let mut files = Vec::new();
        for (path, module) in known.into_iter().flatten() {
            // An absolute name may be relative to any directory: it depends on `sys.path`, which is
            // not visible in any file.
            let Some(root) = root(module) else { continue };
            files.push((None, *path));
            for length in 1..parts.len() {
                let package = format!("{root}{}", parts[..length].join("/"));
                let packages = self.by_name.get(parts[length - 1]).into_iter().flatten();
                let package = packages.filter(|(_, module)| **module == package);
                files.extend(package.map(|(path, module)| (Some(*module), *path)));
            }
        }
        // In `from . import name`, a name that is not a module belongs to the package.
        if files.is_empty() && dots > 0 && parts.len() == 1 {
            files.extend(self.package(base).map(|path| (None, path)));
        }
        files
    }
}

/// Returns whether a directory is a package or is inside it.
fn is_in(dir: &str, package: &str) -> bool {
    dir.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Returns a module's path without its extension, or a package's directory.
fn module_path(path: &RepoPath) -> Option<&str> {
    let module = path.as_str()?.strip_suffix(".py")?;
    Some(module.strip_suffix("/__init__").unwrap_or(module))
}

fn last_part(module: &str) -> &str {
    module.rsplit('/').next().unwrap_or(module)
}

fn dir_of(path: &RepoPath) -> &str {
    path.as_str().and_then(|path| path.rsplit_once('/')).map_or("", |(dir, _)| dir)
}
