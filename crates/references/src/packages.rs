//! The dotted names of Python modules, and the modules that import statements refer to.

use std::collections::BTreeSet;

use idhooks_core::registry::RepoPath;

use super::Moves;
use super::modules::{PythonModules, dir_and_stem, join, parent_dir};
use super::readings::Reading;

/// The directory that contains the packages in a `src` layout.
const SRC: &str = "src";

// The module search requires a list of moves, which is empty here.
static NO_MOVES: Moves = Moves::new();

/// A repository's packages.
pub struct PythonPackages<'a> {
    modules: PythonModules<'a>,
    /// The directories where module names start, longest first.
    roots: Vec<&'a str>,
}

/// A module that an import statement refers to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImportedModule {
    /// The module's dotted name.
    pub name: String,
    /// Whether this is one of the repository's own modules.
    pub is_local: bool,
}

impl<'a> PythonPackages<'a> {
    /// Returns the packages in these files. `roots` are further directories where module names
    /// start (`None` is the root of the repository), and `top_name` is the name of the repository's
    /// directory.
    pub fn new(
        paths: &'a BTreeSet<RepoPath>,
        roots: &'a [Option<RepoPath>],
        top_name: Option<&'a str>,
    ) -> Self {
        let modules = PythonModules::new(paths, &NO_MOVES, top_name, &|_| None);
        let root = |root: &'a Option<RepoPath>| root.as_ref().map_or(Some(""), RepoPath::as_str);
        let mut roots: Vec<&str> = roots.iter().filter_map(root).collect();
        // A root may be inside another one.
        roots.sort_by_key(|root| std::cmp::Reverse(root.len()));
        PythonPackages { modules, roots }
    }

    /// Returns the dotted name of a file's module; `None` if no import statement can name it.
    pub fn qualified_name(&self, path: &RepoPath) -> Option<String> {
        let (dir, stem) = dir_and_stem(path)?;
        let mut parts = self.package_parts(dir)?;
        if stem != "__init__" {
            parts.push(stem);
        }
        // An import statement cannot name `my-script.py`.
        let is_name = |part: &&str| {
            let is_of_name = |c: char| c.is_alphanumeric() || c == '_';
            part.chars().all(is_of_name) && !part.starts_with(|c: char| c.is_numeric())
        };
        (!parts.is_empty() && parts.iter().all(is_name)).then(|| parts.join("."))
    }

    /// Returns the modules that an import statement in a file refers to. A relative import always
    /// refers to a module in the repository.
    pub fn imported(
        &self,
        path: &RepoPath,
        module: &str,
        level: usize,
        names: &[String],
    ) -> Vec<ImportedModule> {
        let dir = path.as_str().map_or("", parent_dir);
        let parts: Vec<&str> = module.split('.').filter(|part| !part.is_empty()).collect();
        let (name, readings) = match level {
            0 => (module.to_owned(), self.absolute(dir, &parts)),
            _ => self.relative(dir, level, &parts),
        };
        let is_local = level > 0 || readings.iter().any(Reading::is_sure);
        let submodule = |item: &String| {
            let found = self.modules.submodule(&readings, item);
            let dot = if name.is_empty() { "" } else { "." };
            found.iter().any(Reading::is_sure).then(|| format!("{name}{dot}{item}"))
        };
        let mut meant: BTreeSet<String> = names.iter().filter_map(submodule).collect();
        // Some of the names are objects in the module itself.
        if meant.len() < names.len() || names.is_empty() {
            meant.insert(if name.is_empty() { ".".repeat(level) } else { name.clone() });
        }
        meant.into_iter().map(|name| ImportedModule { name, is_local }).collect()
    }

    /// Returns the possible meanings of an absolute name. A name found in one of the roots
    /// certainly refers to the module there.
    fn absolute(&self, dir: &str, parts: &[&str]) -> Vec<Reading> {
        let below = |root: &&str| {
            let start = vec![Reading::relative(root)];
            parts.iter().fold(start, |found, name| self.modules.submodule(&found, name))
        };
        let mut readings: Vec<Reading> = self.roots.iter().chain([&SRC]).flat_map(below).collect();
        readings.extend(self.modules.absolute(dir, parts));
        readings
    }

    /// Returns a relative name as an absolute one, along with its possible meanings.
    fn relative(&self, dir: &str, level: usize, parts: &[&str]) -> (String, Vec<Reading>) {
        let mut package = Some(dir);
        for _ in 1..level {
            package = package.filter(|dir| !dir.is_empty()).map(parent_dir);
        }
        let written = || format!("{}{}", ".".repeat(level), parts.join("."));
        let Some(package) = package else { return (written(), Vec::new()) };
        let start = vec![Reading::relative(package)];
        let readings = parts.iter().fold(start, |found, name| self.modules.submodule(&found, name));
        // Directly under a root, the package's name is empty.
        let above = self.package_parts(package);
        let name = above.map_or_else(written, |above| [&above, parts].concat().join("."));
        (name, readings)
    }

    /// Returns the parts of a package's dotted name.
    fn package_parts<'d>(&self, dir: &'d str) -> Option<Vec<&'d str>>
    where
        'a: 'd,
    {
        let is_below =
            |root: &str| root.is_empty() || dir == root || dir.starts_with(&join(root, ""));
        let mut first = None;
        let root = match self.roots.iter().find(|root| is_below(root)) {
            Some(root) => root,
            None if self.modules.is_package(dir) => {
                let mut root = dir;
                while !root.is_empty() && self.modules.is_package(root) {
                    root = parent_dir(root);
                }
                if self.modules.is_package(root) {
                    // The root of the repository is itself a package, but its name is not part of
                    // any path.
                    first = Some(self.modules.top_name?);
                }
                root
            }
            None if is_below(SRC) => SRC,
            None => "",
        };
        let below = dir.get(root.len()..)?.trim_start_matches('/');
        Some(first.into_iter().chain(below.split('/').filter(|part| !part.is_empty())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(texts: &[&str]) -> BTreeSet<RepoPath> {
        texts.iter().map(|text| RepoPath::new(text.as_bytes()).expect("valid")).collect()
    }

    fn name(files: &[&str], roots: &[&str], path: &str) -> Option<String> {
        let roots: Vec<_> = roots.iter().map(|root| RepoPath::new(root.as_bytes()).ok()).collect();
        let path = RepoPath::new(path.as_bytes()).expect("valid");
        let files = paths(files);
        PythonPackages::new(&files, &roots, Some("top")).qualified_name(&path)
    }

    #[test]
    fn names_begin_at_the_root_of_the_package() {
        let files = ["lib/app/__init__.py", "lib/app/db/__init__.py", "lib/app/db/pool.py"];
        let of = |path: &str| name(&files, &[], path);
        assert_eq!(of("lib/app/db/pool.py").as_deref(), Some("app.db.pool"));
        assert_eq!(of("lib/app/db/__init__.py").as_deref(), Some("app.db"));
        assert_eq!(of("src/ns/a.py").as_deref(), Some("ns.a"));
        assert_eq!(of("tools/gen.py").as_deref(), Some("tools.gen"));
        assert_eq!(of("run.py").as_deref(), Some("run"));
        for path in ["run-it.py", "my-tools/gen.py", "2026.py", "__init__.py", "a.txt"] {
            assert_eq!(of(path), None, "{path}");
        }
        let roots = ["lib/app", "lib"];
        assert_eq!(name(&files, &roots, "lib/app/db/pool.py").as_deref(), Some("db.pool"));
        assert_eq!(name(&files, &roots, "lib/x/y.py").as_deref(), Some("x.y"));
        let top = ["__init__.py", "a/__init__.py"];
        assert_eq!(name(&top, &[], "a/b.py").as_deref(), Some("top.a.b"));
        assert_eq!(name(&top, &[], "__init__.py").as_deref(), Some("top"));
    }

    #[test]
    fn imports_are_local_if_they_mean_a_file_of_the_repository() {
        let files = paths(&[
            "src/app/__init__.py",
            "src/app/db.py",
            "src/app/web/__init__.py",
            "src/app/web/views.py",
            "src/ns/part.py",
            "tests/test_app.py",
            "tests/helper.py",
        ]);
        let packages = PythonPackages::new(&files, &[], None);
        let of = |path: &str, module: &str, level, names: &[&str]| {
            let path = RepoPath::new(path.as_bytes()).expect("valid");
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let found = packages.imported(&path, module, level, &names);
            let shown =
                |m: &ImportedModule| format!("{}{}", m.name, if m.is_local { "" } else { "?" });
            found.iter().map(shown).collect::<Vec<_>>().join(" ")
        };
        let (views, test) = ("src/app/web/views.py", "tests/test_app.py");
        assert_eq!(of(views, "", 2, &["db", "web", "x"]), "app app.db app.web");
        assert_eq!(of(views, "db", 2, &["connect"]), "app.db");
        assert_eq!(of(views, "gone", 1, &["x"]), "app.web.gone");
        assert_eq!(of(views, "x", 9, &["y"]), ".........x");
        assert_eq!(of("src/app/db.py", "", 2, &["ns", "x"]), ".. ns");
        assert_eq!(of(test, "app", 0, &["db"]), "app.db");
        assert_eq!(of(test, "app.web.views", 0, &[]), "app.web.views");
        assert_eq!(of(test, "helper", 0, &["*"]), "helper");
        assert_eq!(of(test, "ns.part", 0, &["x"]), "ns.part");
        assert_eq!(of(test, "os.path", 0, &["join"]), "os.path?");
        assert_eq!(of(test, "app.gone", 0, &[]), "app.gone?");
    }
}
