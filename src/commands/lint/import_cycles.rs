//! [`ImportCycles`]: which files a module imports when it is imported, so that an import of it in one
//! of them would be circular.

use std::collections::{BTreeSet, HashMap};

use idhooks_core::registry::RepoPath;
use idhooks_python::{PythonFile, Tree, imported_modules};
use idhooks_references::is_standard;

/// The files that modules import.
#[derive(Debug, Default)]
pub(super) struct ImportCycles {
    /// What is imported by the module, and, for a relative import, the directory of the file that has
    /// it.
    reached: HashMap<(String, String), Vec<ReachedFiles>>,
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
                cycles.reached.insert((dir, module.clone()), reached);
            }
        }
        cycles
    }

    /// Returns whether a module imports a file when it is imported, directly or not.
    pub(super) fn would_be(&self, path: &RepoPath, module: &str) -> bool {
        let dir = if module.starts_with('.') { dir_of(path) } else { "" };
        let reached = self.reached.get(&(dir.to_owned(), module.to_owned()));
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
            cycles(&files, module).would_be(&path, module)
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
        assert!(cycles.would_be(&path("main.py"), "app.ids"));
        assert!(!cycles.would_be(&path("app/web.py"), "app.ids"));
    }
}
