//! [`ImportGraph`]: which files of the project run when a module is imported.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use idhooks_core::registry::RepoPath;
use idhooks_python::{ImportTime, PythonFile, Tree, is_standard};

/// The file of a package.
const INIT: &[u8] = b"__init__.py";

/// The files that run when a module, or a package around it, is imported.
#[derive(Debug)]
pub struct ReachedFiles {
    /// The directory of the package; nothing for the module itself.
    package: Option<String>,
    files: BTreeSet<RepoPath>,
}

impl ReachedFiles {
    /// Returns whether a file runs when it imports the module itself, so that the import would be
    /// circular. The packages around a file are imported before it.
    pub fn runs(&self, path: &RepoPath) -> bool {
        let package = self.package.as_deref();
        !package.is_some_and(|package| is_in(dir_of(path), package)) && self.files.contains(path)
    }
}

/// Finds the files that run when modules are imported.
pub struct ImportGraph<'p> {
    /// The paths of modules by the last part of their names.
    by_name: HashMap<&'p str, Vec<(&'p RepoPath, &'p str)>>,
    read: &'p dyn Fn(&RepoPath) -> Option<Vec<u8>>,
    /// What runs when files are imported.
    times: HashMap<&'p RepoPath, Rc<ImportTime>>,
}

impl<'p> ImportGraph<'p> {
    /// Begins with the Python files of the project, which `read` reads.
    pub fn new(
        paths: &'p BTreeSet<RepoPath>,
        read: &'p dyn Fn(&RepoPath) -> Option<Vec<u8>>,
    ) -> Self {
        let mut by_name: HashMap<&str, Vec<(&RepoPath, &str)>> = HashMap::new();
        for (path, module) in paths.iter().filter_map(|path| Some((path, module_path(path)?))) {
            by_name.entry(last_part(module)).or_default().push((path, module));
        }
        ImportGraph { by_name, read, times: HashMap::new() }
    }

    /// Returns the files that run when a file of a directory imports a module.
    pub fn reached(&mut self, dir: &str, module: &str) -> Vec<ReachedFiles> {
        let starts = self.files(dir, module).into_iter();
        let reached = starts.map(|(package, path)| ReachedFiles {
            package: package.map(str::to_owned),
            files: self.reached_by(path),
        });
        reached.collect()
    }

    /// Returns a file and the files that run when it is imported.
    fn reached_by(&mut self, start: &'p RepoPath) -> BTreeSet<RepoPath> {
        // Files with the function that is called; importing the file itself is an empty name.
        let mut known: HashSet<(&RepoPath, String)> = HashSet::new();
        let mut open = vec![(start, String::new())];
        while let Some((path, name)) = open.pop() {
            if !known.insert((path, name.clone())) {
                continue;
            }
            let (time, dir) = (self.time(path), dir_of(path));
            let runs = time.called(&name);
            for module in runs.iter().flat_map(|runs| &runs.modules) {
                // A package of which a module is being imported is known already.
                let files = self.files(dir, module).into_iter();
                let new = files.filter(|(package, _)| !package.is_some_and(|one| is_in(dir, one)));
                open.extend(new.map(|(_, path)| (path, String::new())));
            }
            open.extend(runs.iter().flat_map(|runs| &runs.calls).map(|call| (path, call.clone())));
            if runs.is_empty() {
                let targets = time.targets(&name);
                open.extend(targets.iter().flat_map(|target| self.called(dir, target)));
            }
        }
        known
            .into_iter()
            .filter(|(_, name)| name.is_empty())
            .map(|(path, _)| path.clone())
            .collect()
    }

    /// Returns the files that may contain what a file of a directory calls, with its name there.
    fn called(&self, dir: &str, target: &str) -> Vec<(&'p RepoPath, String)> {
        let ends = target.match_indices('.').map(|(at, _)| at);
        let parts = ends.map(|at| match target[..at].trim_start_matches('.').is_empty() {
            true => (&target[..=at], &target[at + 1..]),
            false => (&target[..at], &target[at + 1..]),
        });
        let named = parts.filter(|(_, name)| !name.starts_with('.')).flat_map(|(module, name)| {
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
            let time = file.map(|file| file.on_stack(|file| ImportTime::of(&Tree::of(file))));
            Rc::new(time.unwrap_or_default())
        });
        Rc::clone(time)
    }

    /// Returns the files of a module that a file of a directory imports.
    fn own(&self, dir: &str, module: &str) -> Vec<&'p RepoPath> {
        let files = self.files(dir, module).into_iter();
        files.filter_map(|(package, path)| package.is_none().then_some(path)).collect()
    }

    /// Returns whether what is imported is no module, and the modules of the project that should define it
    /// do not even mention it.
    pub fn is_undefined(&self, dir: &str, imported: &str) -> bool {
        let Some((module, name)) = imported.rsplit_once('.') else { return false };
        let own = |module: &str| self.own(dir, module);
        let files = if own(imported).is_empty() { own(module) } else { Vec::new() };
        let lacks = |path: &RepoPath| {
            // What these bind is not known.
            let bytes = (self.read)(path).unwrap_or_default();
            let words = [name, "import *", "__getattr__", "globals", "exec", "setattr"];
            !words.iter().any(|word| memchr::memmem::find(&bytes, word.as_bytes()).is_some())
        };
        // A package may have modules that are not among the files, such as excluded ones, and a module of
        // another package may only have the same name.
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

    /// Returns the file of a package in a directory.
    fn package(&self, dir: &str) -> Option<&'p RepoPath> {
        let known = self.by_name.get(last_part(dir)).into_iter().flatten();
        let mut own =
            known.filter(|(path, module)| *module == dir && path.as_bytes().ends_with(INIT));
        own.next().map(|(path, _)| *path)
    }

    /// Returns the files that an import of a module in a directory may execute: its own, and those of
    /// the packages around it, with the directory of the package.
    fn files(&self, dir: &str, module: &str) -> Vec<(Option<&'p str>, &'p RepoPath)> {
        let name = module.trim_start_matches('.');
        let dots = module.len() - name.len();
        let first = name.split('.').next().unwrap_or_default();
        if dots == 0 && is_standard(first) {
            return Vec::new();
        }
        let base = (1..dots).fold(dir, |dir, _| dir.rsplit_once('/').map_or("", |(up, _)| up));
        let parts: Vec<&str> = name.split('.').filter(|part| !part.is_empty()).collect();
        let wanted = parts.join("/");
        let known = parts.last().and_then(|last| self.by_name.get(last));
        // What is before the name: where the names of modules begin.
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
            let Some(root) = root(module) else { continue };
            files.push((None, *path));
            for length in 1..parts.len() {
                let package = format!("{root}{}", parts[..length].join("/"));
                let packages = self.by_name.get(parts[length - 1]).into_iter().flatten();
                let package = packages.filter(|(_, module)| **module == package);
                files.extend(package.map(|(path, module)| (Some(*module), *path)));
            }
        }
        // In `from . import name`, a name that is no module is one of the package.
        if files.is_empty() && dots > 0 && parts.len() == 1 {
            files.extend(self.package(base).map(|path| (None, path)));
        }
        files
    }
}

/// Returns whether a directory is that of a package, or in it.
fn is_in(dir: &str, package: &str) -> bool {
    dir.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Returns the path of a module without its ending; that of a package is its directory.
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
