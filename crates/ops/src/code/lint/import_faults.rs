//! [`ImportFaults`]: imports that would be circular in a file, and imports of names that a module
//! does not define.

use std::collections::{BTreeSet, HashMap};

use idhooks_code::ImportFault;
use idhooks_core::registry::RepoPath;
use idhooks_references::{ImportGraph, ReachedFiles};

/// The imports that would fail in some files.
#[derive(Debug, Default)]
pub(super) struct ImportFaults {
    /// The files that an import reaches. The key is the importing file's directory (empty for an
    /// absolute import) and the module.
    reached: HashMap<(String, String), Vec<ReachedFiles>>,
    /// Imports of names that the project's module does not define, keyed in the same way.
    undefined: BTreeSet<(String, String)>,
}

impl ImportFaults {
    /// Finds which imports of these modules would fail in which files, if each file imported all of
    /// them. `paths` are the project's Python files; `read` reads them.
    pub(super) fn find(
        modules: &[String],
        files: &BTreeSet<&RepoPath>,
        paths: &BTreeSet<RepoPath>,
        read: &dyn Fn(&RepoPath) -> Option<Vec<u8>>,
    ) -> Self {
        let dir = |path: &&RepoPath| path.parent().map(|dir| dir.to_string()).unwrap_or_default();
        let dirs: BTreeSet<String> = files.iter().map(dir).collect();
        // The new imports may form a cycle among themselves.
        let added = paths.iter().filter(|path| files.contains(path)).map(|path| (path, modules));
        let mut graph = ImportGraph::new(paths, added.collect(), read);
        let mut faults = ImportFaults::default();
        for module in modules {
            // An absolute import reaches the same module from every file; for a relative import,
            // the module depends on the directory.
            let is_relative = module.starts_with('.');
            let dirs = dirs.iter().filter(|_| is_relative).cloned();
            for dir in dirs.chain((!is_relative).then(String::new)) {
                let reached = graph.reached(&dir, module);
                if graph.is_undefined(&dir, module) {
                    faults.undefined.insert((dir.clone(), module.clone()));
                }
                faults.reached.insert((dir, module.clone()), reached);
            }
        }
        faults
    }

    /// Returns the reason that importing a module in a file would fail, if it would.
    pub(super) fn fault(&self, path: &RepoPath, module: &str) -> Option<ImportFault> {
        let dir = path.parent().filter(|_| module.starts_with('.'));
        let key = (dir.map(|dir| dir.to_string()).unwrap_or_default(), module.to_owned());
        match self.undefined.contains(&key) {
            true => Some(ImportFault::Undefined),
            false => {
                let mut reached = self.reached.get(&key).into_iter().flatten();
                reached.any(|reached| reached.runs(path)).then_some(ImportFault::Circular)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(files: &[(&str, &str)], module: &str) -> ImportFaults {
        faults_of(files, &[module], &["app/other.py", "other.py"])
    }

    fn faults_of(files: &[(&str, &str)], modules: &[&str], changed: &[&str]) -> ImportFaults {
        let path = |path: &str| RepoPath::new(path.as_bytes()).expect("a path");
        let paths = files.iter().map(|(name, _)| path(name)).collect();
        let read = |wanted: &RepoPath| {
            let found = files.iter().find(|(name, _)| path(name) == *wanted);
            found.map(|(_, text)| text.as_bytes().to_vec())
        };
        let modules: Vec<String> = modules.iter().map(|module| (*module).to_owned()).collect();
        let changed: Vec<RepoPath> = changed.iter().map(|name| path(name)).collect();
        ImportFaults::find(&modules, &changed.iter().collect(), &paths, &read)
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
            faults(&files, module).fault(&path, module) == Some(ImportFault::Circular)
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
        let faults = faults(&files, "app.ids");
        assert!(faults.fault(&path("main.py"), "app.ids").is_some());
        assert!(faults.fault(&path("app/web.py"), "app.ids").is_none());
    }

    #[test]
    fn a_name_of_the_package_is_where_the_package_imports_the_file() {
        let files = [
            ("app/__init__.py", "from app import web\n"),
            ("app/ids.py", "from . import made\n"),
            ("app/others.py", "from . import ids\n"),
            ("app/plain.py", "from . import web\n"),
            ("app/web.py", ""),
        ];
        let path = RepoPath::new(*b"app/web.py").expect("a path");
        let fault = |module: &str| faults(&files, module).fault(&path, module);
        for module in ["app.ids", ".ids", ".others", ".made"] {
            assert_eq!(fault(module), Some(ImportFault::Circular), "{module}");
        }
        // Not circular: `app.web` is the module itself, and the package is imported before it.
        let path = RepoPath::new(*b"app/start.py").expect("a path");
        assert_eq!(faults(&files, "app.plain").fault(&path, "app.plain"), None);
    }

    #[test]
    fn an_import_in_a_function_counts_if_the_function_is_called() {
        let lazy = "def f():\n    from main import x\n";
        let class = "class A:\n    def __init__(self):\n        self.f()\n    def f(self):\n        import main\n";
        for (code, is_circular) in [
            (lazy.to_owned(), false),
            (format!("{lazy}f()\n"), true),
            (format!("{lazy}@f\ndef g(): ...\n"), true),
            (format!("{lazy}def g(x=f()): ...\n"), true),
            (format!("{lazy}def g():\n    f()\n"), false),
            (format!("{lazy}def g():\n    f()\nX = [g()]\n"), true),
            (format!("{lazy}if __name__ == '__main__':\n    f()\n"), false),
            (format!("{lazy}if TYPE_CHECKING:\n    f()\nelse:\n    f()\n"), true),
            (class.to_owned(), false),
            (format!("{class}A()\n"), true),
            (format!("{class}def make(a): a.f()\nmake(None)\n"), true),
        ] {
            let files = [
                ("app/__init__.py", "from .lazy import f as named, A\n"),
                ("app/lazy.py", &*code),
                ("app/ids.py", "from .lazy import *\n"),
                ("app/far.py", "from app import named\nimport app as other\nother.named()\n"),
                ("main.py", ""),
            ];
            let path = RepoPath::new(*b"main.py").expect("a path");
            let fault = |module: &str| faults(&files, module).fault(&path, module);
            assert_eq!(fault("app.ids").is_some(), is_circular, "{code}");
            assert_eq!(
                fault("app.far").is_some(),
                is_circular || code.starts_with("def f"),
                "{code}"
            );
        }
    }

    #[test]
    fn a_function_that_is_named_while_importing_may_run() {
        let lazy = "def g():\n    from main import x\n";
        for code in [
            "h = g\nh()\n",
            "for f in [g]: f()\n",
            "{'a': g}['a']()\n",
            "list(map(g, []))\n",
            "def run(f): return f()\n@run\ndef k():\n    import main\n",
            "def make(): return g\nmake()()\n",
            "from importlib import import_module as im\nim('main')\n",
            "class A:\n    x: str = field(default_factory=g)\n",
            "import sys\nsys.modules['lazy'].run()\n",
            "from importlib import import_module as im\nlazy = im('lazy')\nlazy.run()\n",
        ] {
            let files = [
                ("ids.py", &*format!("{lazy}{code}")),
                ("lazy.py", "def run():\n    import main\n"),
                ("main.py", ""),
            ];
            let path = RepoPath::new(*b"main.py").expect("a path");
            assert!(faults(&files, "ids").fault(&path, "ids").is_some(), "{code}");
        }
        let plain = format!("{lazy}class A:\n    @property\n    def x(self): return g()\n");
        let files = [("ids.py", &*plain), ("main.py", "")];
        let path = RepoPath::new(*b"main.py").expect("a path");
        assert!(faults(&files, "ids").fault(&path, "ids").is_none());
    }

    #[test]
    fn what_the_imported_function_imports_counts() {
        let files = [
            ("ids.py", "def make():\n    from main import x\ndef other():\n    import web\n"),
            ("main.py", ""),
            ("web.py", ""),
        ];
        let is_circular = |name: &[u8]| {
            let path = RepoPath::new(name).expect("a path");
            faults(&files, "ids.make").fault(&path, "ids.make") == Some(ImportFault::Circular)
        };
        assert!(is_circular(b"main.py") && !is_circular(b"web.py"));
    }

    #[test]
    fn changes_to_two_files_make_no_circle() {
        let path = |name: &str| RepoPath::new(name.as_bytes()).expect("a path");
        let files = [("ids.py", ""), ("gen.py", ""), ("main.py", "")];
        let changed = ["ids.py", "gen.py", "main.py"];
        let faults = faults_of(&files, &["ids", "gen"], &changed);
        assert!(faults.fault(&path("gen.py"), "ids").is_some());
        assert!(faults.fault(&path("ids.py"), "gen").is_some());
        assert!(faults.fault(&path("main.py"), "ids").is_none());
        let files = [
            ("app/ids.py", "from lib.x import x\n"),
            ("lib/ids.py", "from app.y import y\n"),
            ("lib/x.py", ""),
            ("app/y.py", ""),
        ];
        let faults = faults_of(&files, &[".ids"], &["lib/x.py", "app/y.py"]);
        assert!(faults.fault(&path("lib/x.py"), ".ids").is_some());
    }

    #[test]
    fn a_circle_that_the_package_begins_is_not_entered_elsewhere() {
        let files = [
            ("app/__init__.py", "from app.first import f\nfrom app.sub import s\n"),
            ("app/first.py", ""),
            ("app/later.py", ""),
            ("app/sub.py", "def s(): ...\nfrom app.ids import make\n"),
            ("app/ids.py", "from app.sub import s\n"),
            ("main.py", "import app\n"),
        ];
        let fault = |name: &str, module: &str| {
            let path = RepoPath::new(name.as_bytes()).expect("a path");
            faults_of(&files, &[module], &[name]).fault(&path, module).is_some()
        };
        for module in ["app.ids", ".ids"] {
            assert!(fault("app/__init__.py", module) && fault("app/first.py", module), "{module}");
            assert!(!fault("app/later.py", module), "{module}");
        }
        assert!(!fault("main.py", "app.ids"));
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
        let fault = |module: &str| faults(&files, module).fault(&path, module);
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
