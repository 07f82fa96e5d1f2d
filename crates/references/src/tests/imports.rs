//! Imports with several possible readings.

use super::*;

/// The files of a repository, with their contents.
struct TestLayout<'a> {
    top_name: Option<&'a str>,
    files: &'a [(&'a str, &'a str)],
    moved: &'a [&'a str],
}

impl TestLayout<'_> {
    fn look(&self, own: &str, text: &str) -> (String, Vec<DoubtfulReference>) {
        let others: Vec<_> = self.files.iter().copied().filter(|(name, _)| *name != own).collect();
        rewritten_in(self.top_name, &others, self.moved, (own, text))
    }

    /// Asserts the updated text of a file; `§` stands for the prefix of the names of modules.
    fn becomes(&self, own: &str, text: &str, expected: &str) {
        let (new, doubts) = self.look(own, text);
        assert_eq!(new, expected.replace('§', &format!("P_{HEAD}")), "{own}");
        assert_eq!(doubts, [], "{own}: {text}");
    }

    /// Asserts that a place is left unchanged and blocks the run.
    fn blocks(&self, own: &str, text: &str, expected: &str) {
        let (new, doubts) = self.look(own, text);
        assert_eq!(new, text, "{own}");
        assert!(doubts.iter().any(|d| d.blocks && d.what.contains(expected)), "{text}: {doubts:?}");
    }

    /// Asserts that a place is left unchanged with a warning.
    fn warns(&self, own: &str, text: &str, expected: &str) {
        let (new, doubts) = self.look(own, text);
        assert_eq!(new, text, "{own}");
        assert!(doubts.iter().any(|d| d.what.contains(expected)), "{text}: {doubts:?}");
        assert!(!doubts.iter().any(|d| d.blocks), "{text}: {doubts:?}");
    }
}

#[test]
fn the_top_may_be_a_package_and_a_source_root() {
    let files = [
        ("__init__.py", ""),
        ("logs.py", "def g(): pass\n"),
        ("pkg/__init__.py", ""),
        ("pkg/logs.py", "def f(): pass\n"),
        ("types.py", ""),
    ];
    let moved = ["logs.py", "pkg/logs.py", "types.py"];
    let layout = TestLayout { top_name: None, files: &files, moved: &moved };
    for own in ["main.py", "pkg/use.py", "tests/t.py"] {
        layout.becomes(own, "from pkg.logs import f\n", "from pkg.§logs import f\n");
        layout.becomes(own, "import pkg.logs\npkg.logs.f\n", "import pkg.§logs\npkg.§logs.f\n");
        layout.becomes(own, "from pkg import logs\n", "from pkg import §logs as logs\n");
    }
    layout.becomes("main.py", "from . import logs\n", "from . import §logs as logs\n");
    layout.blocks(
        "main.py",
        "import logs\nlogs.g()\n",
        "'logs.py', or something outside the repository",
    );
    // A file without the attribute is not meant.
    layout.becomes("main.py", "from logs import other\n", "from logs import other\n");
    layout.becomes("main.py", "import logs\nlogs.other()\n", "import logs\nlogs.other()\n");
    layout.warns("main.py", "import types\n", "'types.py'");
    // The top directory may be a package with any name.
    layout.blocks("tests/t.py", "from tool.logs import g\n", "'logs.py'");
    layout.becomes("tests/t.py", "from tool.logs import h\n", "from tool.logs import h\n");
    layout.blocks("tests/t.py", "from tool import logs\nlogs.g()\n", "'logs.py'");
    layout.blocks("tests/t.py", "import tool as t\nt.logs.g()\n", "'logs.py'");
    layout.becomes("t.py", "import os, numpy\nnumpy.logs.x\n", "import os, numpy\nnumpy.logs.x\n");
}

#[test]
fn the_top_may_be_the_package_itself() {
    let files = [("__init__.py", ""), ("logs.py", "def f(): pass\n"), ("sub/__init__.py", "")];
    let layout = TestLayout { top_name: Some("tool"), files: &files, moved: &["logs.py"] };
    for own in ["use.py", "sub/use.py", "tests/t.py"] {
        layout.becomes(own, "from tool.logs import f\n", "from tool.§logs import f\n");
        layout.becomes(own, "from tool import logs\n", "from tool import §logs as logs\n");
        layout.becomes(own, "import tool\ntool.logs.f()\n", "import tool\ntool.§logs.f()\n");
    }
    layout.becomes("use.py", "from ..tool.logs import f\n", "from ..tool.§logs import f\n");
    layout.becomes("use.py", "from other.logs import h\n", "from other.logs import h\n");
    layout.blocks("use.py", "from other.logs import f\n", "'logs.py'");
    // With both readings the import is ambiguous.
    let files =
        [("__init__.py", ""), ("logs.py", ""), ("tool/__init__.py", ""), ("tool/logs.py", "")];
    let layout = TestLayout { top_name: Some("tool"), files: &files, moved: &["logs.py"] };
    layout.blocks("t.py", "import tool.logs\n", "'tool/logs.py' or 'logs.py'");
    layout.blocks("t.py", "import tool\ntool.logs.f()\n", "'tool/logs.py' or 'logs.py'");
}

#[test]
fn a_directory_of_tests_may_mirror_the_package() {
    let files = [
        ("src/pkg/__init__.py", ""),
        ("src/pkg/a.py", ""),
        ("tests/pkg/test_a.py", ""),
        ("src/__init__.py", ""),
    ];
    let layout = TestLayout { top_name: None, files: &files, moved: &["src/pkg/a.py"] };
    for own in ["tests/pkg/test_b.py", "tests/t.py", "src/pkg/use.py"] {
        layout.becomes(own, "from pkg import a\n", "from pkg import §a as a\n");
        layout.becomes(own, "import pkg.a as x\n", "import pkg.§a as x\n");
        layout.becomes(own, "import src.pkg.a\n", "import src.pkg.§a\n");
    }
}

#[test]
fn a_script_in_a_package_may_import_its_siblings() {
    let files = [
        ("app/__init__.py", ""),
        ("app/helper.py", "def run(): pass\n"),
        ("app/json.py", ""),
        ("app/core/__init__.py", ""),
        ("app/core/x.py", "def f(): pass\n"),
    ];
    let moved = ["app/helper.py", "app/json.py", "app/core/x.py"];
    let layout = TestLayout { top_name: None, files: &files, moved: &moved };
    layout.blocks("app/main.py", "import helper\nhelper.run()\n", "'app/helper.py', or something");
    layout.blocks("app/main.py", "from core.x import f\n", "'app/core/x.py', or something");
    for foreign in ["import helper\nhelper.walk()\n", "from helper import walk\n", "import json\n"]
    {
        layout.becomes("app/main.py", foreign, foreign);
    }
    layout.becomes("app/helper.py", "import helper\n", "import helper\n");
    layout.becomes("lib.py", "import helper\n", "import helper\n");
}

#[test]
fn modules_are_found_despite_other_bindings_of_the_package() {
    let files = [
        ("pkg/__init__.py", "from .b import b\nimport json\nfrom .c import *\n"),
        ("pkg/b.py", ""),
        ("pkg/c.py", "def d(): pass\n"),
        ("pkg/d.py", ""),
        ("pkg/json.py", ""),
    ];
    let moved = ["pkg/b.py", "pkg/c.py", "pkg/d.py", "pkg/json.py"];
    let layout = TestLayout { top_name: None, files: &files, moved: &moved };
    layout.becomes("t.py", "from pkg.b import x\n", "from pkg.§b import x\n");
    layout.becomes("t.py", "from pkg import b, c, d\n", "from pkg import b, §c as c, d\n");
    layout.becomes("t.py", "from pkg import json\n", "from pkg import json\n");
    layout.becomes("t.py", "import pkg.json as j\n", "import pkg.§json as j\n");
}

#[test]
fn an_import_binds_its_module_in_the_package() {
    let files = [("pkg/__init__.py", ""), ("pkg/b.py", ""), ("pkg/c.py", "")];
    let layout = TestLayout { top_name: None, files: &files, moved: &["pkg/b.py", "pkg/c.py"] };
    let init = |text: &str, expected: &str| layout.becomes("pkg/__init__.py", text, expected);
    init("from .b import f\nb.g(b=x.b)\ndel b\n", "from .§b import f\n§b.g(b=x.b)\ndel §b\n");
    init("from pkg.b import *\nx = b.g\n", "from pkg.§b import *\nx = §b.g\n");
    init(
        "from . import b\nfrom .b import f\nb.g\n",
        "from . import §b as b\nfrom .§b import f\nb.g\n",
    );
    init("from .b import b\nb()\n", "from .§b import b\nb()\n");
    init("from .b import f\nc.g\n", "from .§b import f\nc.g\n");
    init("from . import b\n__all__ = ['b']\n", "from . import §b as b\n__all__ = ['b']\n");
    layout.blocks("pkg/__init__.py", "__all__ = ['b']\n", "'b' in __all__");
    let (_, doubts) = layout.look("pkg/__init__.py", "from .b import f\n__all__ = ['b', 'f']\n");
    assert!(doubts.len() == 1 && doubts[0].blocks, "{doubts:?}");
    layout.becomes("pkg/use.py", "from .b import f\nb.g\n", "from .§b import f\nb.g\n");
    init("from .b import f\ndef g(b):\n  return b\n", "from .§b import f\ndef g(b):\n  return b\n");
    init(
        "from .b import f\ndef g():\n  b = 1\n  b.x\n",
        "from .§b import f\ndef g():\n  b = 1\n  b.x\n",
    );
}

#[test]
fn strings_that_import_modules_are_updated() {
    let files =
        [("pkg/__init__.py", ""), ("pkg/b.py", ""), ("top.py", ""), ("lib/__init__.py", "")];
    let layout = TestLayout { top_name: None, files: &files, moved: &["pkg/b.py", "top.py"] };
    let same = |text: &str, expected: &str| layout.becomes("t.py", text, expected);
    same("import_module('pkg.b')\n", "import_module('pkg.§b')\n");
    same("importlib.import_module(\"top\", x)\n", "importlib.import_module(\"§top\", x)\n");
    same("@mock.patch('pkg.b.f')\ndef g(): pass\n", "@mock.patch('pkg.§b.f')\ndef g(): pass\n");
    same("import_module('pkg.c')\n", "import_module('pkg.c')\n");
    layout.blocks("t.py", "import_module('.b', 'pkg')\n", "relative");
    layout.warns("t.py", "import_module(name)\n", "computed at run time");
    layout.warns("t.py", "log('pkg.b')\n", "the string 'pkg.b'");
}

#[test]
fn examples_in_docstrings_are_updated() {
    let files = [("pkg/__init__.py", ""), ("pkg/b.py", ""), ("lib/__init__.py", "")];
    let layout = TestLayout { top_name: None, files: &files, moved: &["pkg/b.py"] };
    let text = "import pkg\ndef f():\n    \"\"\"Does it.\n\n    >>> from pkg.b import (x,\n    ...     y)\n    >>> pkg.b.f(x)\n    from pkg.b import z\n    >>> from pkg import b\n    \"\"\"\n";
    let expected = text
        .replace("from pkg.b import (", "from pkg.§b import (")
        .replace("pkg.b.f", "pkg.§b.f")
        .replace("pkg import b", "pkg import §b as b");
    layout.becomes("pkg/b.py", text, &expected);
    layout.becomes("t.py", "x = '>>> import pkg.b'\n", "x = '>>> import pkg.b'\n");
}
