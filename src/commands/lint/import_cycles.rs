//! [`ImportCycles`]: which files a module imports when it is imported, so that an import of it in one
//! of them would be circular; and which names are in no module that should have them.

use std::collections::{BTreeSet, HashMap};

use idhooks_core::registry::RepoPath;
use idhooks_identifiers::ImportFault;
use idhooks_python::{PythonFile, Tree, imported_modules};
use idhooks_references::is_standard;

/// The file of a package.
const INIT: &[u8] = b"__init__.py";

/// The files that modules import.
#[derive(Debug, Default)]
pub(super) struct ImportCycles {
    /// What is imported by the module, and, for a relative import, the directory of the file that has
    /// it.
    reached: HashMap<(String, String), Vec<ReachedFiles>>,
    /// What is imported from modules of the project that do not contain it, as above.
    undefined: BTreeSet<(String, String)>,
}

/// The files that the import of a module or of a package around it imports.
#[derive(Debug)]
struct ReachedFiles {
    /// The directory of the package; nothing for the module itself.
    package: Option<String>,
    files: BTreeSet<RepoPath>,
}

/// Finds the files that modules import.
struct ImportGraph<'p> {
    /// The paths of modules by the last part of their names.
    by_name: HashMap<&'p str, Vec<(&'p RepoPath, &'p str)>>,
    read: &'p dyn Fn(&RepoPath) -> Option<Vec<u8>>,
    /// The modules that files import.
    imports: HashMap<&'p RepoPath, Vec<String>>,
}

impl ImportCycles {
    /// Finds what these modules import if files of these directories import them. `paths` are the
    /// Python files of the project, which `read` reads.
    pub(super) fn of(
        modules: &[String],
        dirs: &BTreeSet<String>,
        paths: &BTreeSet<RepoPath>,
        read: &dyn Fn(&RepoPath) -> Option<Vec<u8>>,
    ) -> Self {
        let mut by_name: HashMap<&str, Vec<(&RepoPath, &str)>> = HashMap::new();
        for (path, module) in paths.iter().filter_map(|path| Some((path, module_path(path)?))) {
            by_name.entry(last_part(module)).or_default().push((path, module));
        }
        let mut graph = ImportGraph { by_name, read, imports: HashMap::new() };
        let mut cycles = ImportCycles::default();
        for module in modules {
            let is_relative = module.starts_with('.');
            let dirs = dirs.iter().filter(|_| is_relative).cloned();
            for dir in dirs.chain((!is_relative).then(String::new)) {
                let starts = graph.files(&dir, module).into_iter();
                let reached = starts.map(|(package, path)| ReachedFiles {
                    package: package.map(str::to_owned),
                    files: graph.reached(path),
                });
                let reached = reached.collect();
                if graph.is_undefined(&dir, module) {
                    cycles.undefined.insert((dir.clone(), module.clone()));
                }
                cycles.reached.insert((dir, module.clone()), reached);
            }
        }
        cycles
    }

    /// Returns why an import of a module would fail in a file, if it would.
    pub(super) fn fault(&self, path: &RepoPath, module: &str) -> Option<ImportFault> {
        let dir = if module.starts_with('.') { dir_of(path) } else { "" };
        let key = (dir.to_owned(), module.to_owned());
        match self.undefined.contains(&key) {
            true => Some(ImportFault::Undefined),
            false => self.would_be(path, &key).then_some(ImportFault::Circular),
        }
    }

    /// Returns whether a module imports a file when it is imported, directly or not.
    fn would_be(&self, path: &RepoPath, key: &(String, String)) -> bool {
        let reached = self.reached.get(key);
        reached.into_iter().flatten().any(|reached| {
            let package = reached.package.as_deref();
            !package.is_some_and(|package| is_in(dir_of(path), package))
                && reached.files.contains(path)
        })
    }
}

impl<'p> ImportGraph<'p> {
    /// Returns a file and everything that it imports.
    fn reached(&mut self, start: &'p RepoPath) -> BTreeSet<RepoPath> {
        let (mut reached, mut open) = (BTreeSet::new(), vec![start]);
        while let Some(path) = open.pop() {
            if !reached.insert(path.clone()) {
                continue;
            }
            for module in self.imports(path) {
                // A package of which a module is being imported is known already.
                let dir = dir_of(path);
                let files = self.files(dir, &module).into_iter();
                let new = files.filter(|(package, _)| !package.is_some_and(|one| is_in(dir, one)));
                open.extend(new.map(|(_, path)| path));
            }
        }
        reached
    }

    /// Returns the modules that a file imports when it is imported.
    fn imports(&mut self, path: &'p RepoPath) -> Vec<String> {
        let read = self.read;
        let modules = self.imports.entry(path).or_insert_with(|| {
            let bytes = read(path).unwrap_or_default();
            let file = PythonFile::parse(&bytes).ok();
            file.map(|file| file.on_stack(|file| imported_modules(&Tree::of(file))))
                .unwrap_or_default()
        });
        modules.clone()
    }

    /// Returns whether what is imported is no module, and the modules of the project that should define it
    /// do not even mention it.
    fn is_undefined(&self, dir: &str, imported: &str) -> bool {
        let own = |module: &str| {
            let files = self.files(dir, module).into_iter();
            files
                .filter_map(|(package, path)| package.is_none().then_some(path))
                .collect::<Vec<_>>()
        };
        let Some((module, name)) = imported.rsplit_once('.') else { return false };
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
        let known = self.by_name.get(last_part(dir)).into_iter().flatten();
        known.into_iter().any(|(path, module)| *module == dir && path.as_bytes().ends_with(INIT))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn cycles(files: &[(&str, &str)], module: &str) -> ImportCycles {
        let path = |path: &str| RepoPath::new(path.as_bytes()).expect("a path");
        let paths = files.iter().map(|(name, _)| path(name)).collect();
        let read = |wanted: &RepoPath| {
            let found = files.iter().find(|(name, _)| path(name) == *wanted);
            found.map(|(_, text)| text.as_bytes().to_vec())
        };
        let dirs = ["app".to_owned(), String::new()].into();
        ImportCycles::of(&[module.to_owned()], &dirs, &paths, &read)
    }

    #[test]
    fn what_a_module_imports_is_followed() {
        let files = [
            ("app/__init__.py", "import app.start\n"),
            ("app/start.py", ""),
            ("app/ids.py", "import os\nfrom . import base\ndef f():\n    import app.web\n"),
            ("app/base.py", "if x:\n    from app.deep.last import y\n"),
            ("app/deep/__init__.py", ""),
            (
                "app/deep/last.py",
                "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import main\n",
            ),
            ("app/web.py", ""),
            ("main.py", ""),
            ("os.py", "import app.web"),
        ];
        let is_circular = |module: &str, name: &str| {
            let path = RepoPath::new(name.as_bytes()).expect("a path");
            cycles(&files, module).fault(&path, module) == Some(ImportFault::Circular)
        };
        for name in ["app/ids.py", "app/base.py", "app/deep/last.py", "app/deep/__init__.py"] {
            assert!(is_circular("app.ids", name), "{name}");
        }
        for name in ["app/web.py", "app/start.py", "app/__init__.py", "main.py", "os.py"] {
            assert!(!is_circular("app.ids", name), "{name}");
        }
        assert!(is_circular(".ids", "app/base.py") && !is_circular(".ids", "main.py"));
    }

    #[test]
    fn a_package_that_imports_the_file_is_circular_outside_of_it() {
        let files =
            [("app/__init__.py", "import main, app.web\n"), ("app/ids.py", ""), ("main.py", "")];
        let path = |path: &str| RepoPath::new(path.as_bytes()).expect("a path");
        let cycles = cycles(&files, "app.ids");
        assert!(cycles.fault(&path("main.py"), "app.ids").is_some());
        assert!(cycles.fault(&path("app/web.py"), "app.ids").is_none());
    }

    #[test]
    fn a_name_that_the_module_does_not_mention_is_undefined() {
        let files = [
            ("app/__init__.py", ""),
            ("app/ids.py", "class Ids: ...\n"),
            ("app/any.py", "from x import *\n"),
            ("web/__init__.py", ""),
            ("web/other.py", ""),
        ];
        let path = RepoPath::new(*b"app/web.py").expect("a path");
        let fault = |module: &str| cycles(&files, module).fault(&path, module);
        for module in ["app.ids.Nope", ".ids.Nope"] {
            assert_eq!(fault(module), Some(ImportFault::Undefined), "{module}");
        }
        for module in [
            "app.ids.Ids",
            "app.ids",
            ".ids.Ids",
            "app.any.Nope",
            "app.more",
            "other.ids",
            "web.more",
        ] {
            assert_eq!(fault(module), None, "{module}");
        }
    }
}
