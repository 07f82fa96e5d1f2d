//! References to files that move, and texts that only look like references.

mod imports;

use std::collections::BTreeSet;

use super::*;

const HEAD: &str = "2099900007260118_";

fn path(text: &str) -> RepoPath {
    RepoPath::new(text.as_bytes().to_vec()).expect("valid")
}

/// Returns the updated text of a file among others, of which `moved` move, and the doubts. Asserts
/// that moving the files back restores the text.
fn rewritten(others: &[&str], moved: &[&str], own: &str, text: &str) -> (String, Vec<String>) {
    let with_texts: Vec<(&str, &str)> = others.iter().map(|other| (*other, "")).collect();
    rewritten_among(&with_texts, moved, own, text)
}

fn rewritten_among(
    others: &[(&str, &str)],
    moved: &[&str],
    own: &str,
    text: &str,
) -> (String, Vec<String>) {
    let (new, doubts) = rewritten_in(None, others, moved, (own, text));
    let doubts = doubts.iter().map(|doubt| format!("{}: {}", doubt.line, doubt.what));
    (new, doubts.collect())
}

/// Does the same as [`rewritten_among`] in a working tree with the given directory name.
fn rewritten_in(
    top_name: Option<&str>,
    others: &[(&str, &str)],
    moved: &[&str],
    (own, text): (&str, &str),
) -> (String, Vec<DoubtfulReference>) {
    let prefixed = |name: &str| {
        let (dir, base) = name
            .rsplit_once('/')
            .map_or((String::new(), name), |(dir, base)| (format!("{dir}/"), base));
        let lead = if name.ends_with(".py") { "P_" } else { "" };
        format!("{dir}{lead}{HEAD}{base}")
    };
    let read = |expected: &RepoPath| {
        let known = others.iter().find(|(name, _)| path(name) == *expected);
        known.map(|(_, text)| text.as_bytes().to_vec())
    };
    let names = others.iter().map(|(name, _)| *name).chain([own]);
    let paths: BTreeSet<RepoPath> = names.clone().map(path).collect();
    let moves: Moves = moved.iter().map(|name| (path(name), path(&prefixed(name)))).collect();
    let found =
        References::new(&paths, &moves, top_name, &read).find_in(&path(own), text.as_bytes());
    let new = String::from_utf8(found.apply(text.as_bytes())).expect("text");
    let back: Moves = moves.iter().map(|(from, to)| (to.clone(), from.clone())).collect();
    let paths: BTreeSet<RepoPath> =
        paths.iter().map(|path| moves.get(path).unwrap_or(path).clone()).collect();
    let returned =
        References::new(&paths, &back, top_name, &read).find_in(&path(own), new.as_bytes());
    let returned = String::from_utf8(returned.apply(new.as_bytes())).expect("text");
    assert_eq!(returned, text, "back from {new:?}");
    (new, found.doubts)
}

/// Asserts the updated text of a Python file in a package, if `pkg/b.py` and `top.py` move; `§`
/// stands for the prefix of their names.
fn python(text: &str, expected: &str) {
    let others = [
        "pkg/__init__.py",
        "pkg/b.py",
        "pkg/sub/__init__.py",
        "pkg/sub/own.py",
        "top.py",
        "app.py",
    ];
    let (new, doubts) = rewritten(&others, &["pkg/b.py", "top.py"], "pkg/sub/here.py", text);
    assert_eq!(new, expected.replace('§', &format!("P_{HEAD}")));
    assert_eq!(doubts, [""; 0], "{text}");
}

#[test]
fn every_form_of_import_is_updated() {
    python("import pkg.b\npkg.b.f(pkg.b.g)\n", "import pkg.§b\npkg.§b.f(pkg.§b.g)\n");
    python("import pkg.b as c, os\nc.f()\n", "import pkg.§b as c, os\nc.f()\n");
    python("import top\ntop.f()\n", "import §top as top\ntop.f()\n");
    python("import top as t\n", "import §top as t\n");
    python("import top as top\n", "import §top  as top\n");
    python("import top   as top\n", "import §top    as top\n");
    python("from pkg import b\n", "from pkg import §b as b\n");
    python(
        "from pkg import (\n  sub,\n  b as c,\n)\n",
        "from pkg import (\n  sub,\n  §b as c,\n)\n",
    );
    python("from pkg.b import x, y as z\n", "from pkg.§b import x, y as z\n");
    python("from pkg.b import *\n", "from pkg.§b import *\n");
    python("from .. import b, sub\n", "from .. import §b as b, sub\n");
    python("from ..b import x\n", "from ..§b import x\n");
    python("from ...pkg.b import x\n", "from ...pkg.§b import x\n");
    python("from . import own\nimport pkg.sub.own\n", "from . import own\nimport pkg.sub.own\n");
    python(
        "def f():\n    import pkg\n    return pkg.b.x.y + pkg.sub.own.b\n",
        "def f():\n    import pkg\n    return pkg.§b.x.y + pkg.sub.own.b\n",
    );
    python(
        "from pkg import sub as s\nb = 1\nx.pkg.b\n",
        "from pkg import sub as s\nb = 1\nx.pkg.b\n",
    );
    python(
        "import pkg\ndef f(pkg, x=pkg.b):\n    return pkg.b, [pkg.b for pkg in x]\nclass C:\n    pkg = 1\n    def g(self):\n        return pkg.b\n",
        "import pkg\ndef f(pkg, x=pkg.§b):\n    return pkg.b, [pkg.b for pkg in x]\nclass C:\n    pkg = 1\n    def g(self):\n        return pkg.§b\n",
    );
    python("# import top\n'''\nimport top\n'''\n", "# import top\n'''\nimport top\n'''\n");
}

#[test]
fn source_roots_are_found() {
    let others = ["src/pkg/__init__.py", "src/pkg/b.py", "lib/util.py", "lib/json.py"];
    let moved = ["src/pkg/b.py", "lib/util.py", "lib/json.py"];
    let text = "from pkg.b import x\nimport json\n";
    let (new, doubts) = rewritten(&others, &moved, "tests/t.py", text);
    assert_eq!(new, format!("from pkg.P_{HEAD}b import x\nimport json\n"));
    assert_eq!(doubts, ["2: 'json' may mean 'lib/json.py', or something outside the repository"]);
    let (new, doubts) = rewritten(&others, &moved, "lib/t.py", "import util\n");
    assert_eq!((new, doubts), (format!("import P_{HEAD}util as util\n"), vec![]));
    let (new, doubts) = rewritten(&others, &moved, "t.py", "import util\n");
    assert_eq!((&*new, doubts.len()), ("import util\n", 1));
}

#[test]
fn ambiguous_python_names_are_reported() {
    let others = ["a/x.py", "b/x.py", "pkg/__init__.py", "pkg/b.py"];
    let reports = |own: &str, text: &str, expected: &str| {
        let (new, doubts) = rewritten(&others, &["a/x.py", "pkg/b.py"], own, text);
        assert_eq!(new, text);
        assert!(doubts.len() == 1 && doubts[0].contains(expected), "{doubts:?}");
    };
    reports("c/t.py", "import x\n", "1: 'x' may mean 'a/x.py' or 'b/x.py'");
    reports("t.py", "\nlog('pkg.b.f')\n", "2: the string 'pkg.b.f'");
    reports("t.py", "import pkg\npkg = f()\npkg.b\n", "3: 'pkg' in 'pkg.b' has other meanings");
    reports("pkg/__init__.py", "__all__ = ['b']\n", "1: 'b' in __all__");
    reports("t.py", "from pkg.b import (\n", "not valid Python");
}

#[test]
fn names_bound_by_the_package_are_not_modules() {
    let others = [
        ("pkg/__init__.py", "from .b import b\nfrom . import c\n"),
        ("pkg/b.py", ""),
        ("pkg/c.py", ""),
    ];
    let text = "from pkg import b, c\nimport pkg\npkg.b()\npkg.c.f()\n";
    let (new, _) = rewritten_among(&others, &["pkg/b.py", "pkg/c.py"], "t.py", text);
    let expected = "from pkg import b, §c as c\nimport pkg\npkg.b()\npkg.§c.f()\n";
    assert_eq!(new, expected.replace('§', &format!("P_{HEAD}")));
}

/// Asserts the updated text of a file in `docs`, if `docs/a b.md` and `run.sh` move; `§` stands for
/// the prefix of their names.
fn file(own: &str, text: &str, expected: &str) {
    let others = ["docs/a b.md", "run.sh", "docs/stays.md", "run"];
    let (new, doubts) = rewritten(&others, &["docs/a b.md", "run.sh", "run"], own, text);
    assert_eq!(new, expected.replace('§', HEAD));
    assert_eq!(doubts, [""; 0], "{text}");
}

#[test]
fn links_are_updated() {
    let md = |text: &str, expected: &str| file("docs/own.md", text, expected);
    md("[x](a%20b.md#part) [y](<a b.md>)", "[x](§a%20b.md#part) [y](<§a b.md>)");
    md("![x](./a%20b.md?q=1 \"t\")", "![x](./§a%20b.md?q=1 \"t\")");
    md("[x]\n\n[x]: ../run.sh\n", "[x]\n\n[x]: ../§run.sh\n");
    md("[x](/docs/a%20b.md)", "[x](/docs/§a%20b.md)");
    md("a <img src=\"../run.sh\"> b", "a <img src=\"../§run.sh\"> b");
    md("<p>\n<a href='../run.sh'>x</a>\n</p>\n", "<p>\n<a href='../§run.sh'>x</a>\n</p>\n");
    for same in [
        "`[x](../run.sh)`",
        "```\n[x](../run.sh)\n```\n",
        "[x](stays.md)",
        "[x](http://e.org/run.sh)",
        "../run.sh",
    ] {
        md(same, same);
    }
    file(
        "docs/own.html",
        "<a href=../run.sh>x</a><b title='../run.sh'>",
        "<a href=../§run.sh>x</a><b title='../run.sh'>",
    );
    let (_, doubts) = rewritten(&["run.sh"], &["run.sh"], "docs/own.md", "\n[x](run.sh)");
    assert_eq!(doubts, ["2: 'run.sh' is relative to the top of the repository, not to this file"]);
}

#[test]
fn scripts_are_updated() {
    let sh = |text: &str, expected: &str| file("docs/own.sh", text, expected);
    sh(". ../run.sh\n", ". ../§run.sh\n");
    sh("if x; then source \"../run.sh\" arg; fi\n", "if x; then source \"../§run.sh\" arg; fi\n");
    sh("a=1 . run.sh; . ./run.sh||exit\n", "a=1 . §run.sh; . ./§run.sh||exit\n");
    sh("( . \"$(dirname \"$0\")/../run.sh\" )\n", "( . \"$(dirname \"$0\")/../§run.sh\" )\n");
    sh("source ${BASH_SOURCE%/*}/../run.sh\n", "source ${BASH_SOURCE%/*}/../§run.sh\n");
    for same in [
        "# . ../run.sh\n",
        "echo . ../run.sh\n",
        "cat <<END\n. ../run.sh\nEND\n",
        "'. ../run.sh'\n",
    ] {
        sh(same, same);
    }
    let (_, doubts) = rewritten(&["run.sh"], &["run.sh"], "own.sh", ". \"$LIB/run.sh\"\n");
    assert_eq!(doubts, ["1: '$LIB/run.sh' depends on a variable"]);
}

#[test]
fn values_are_updated() {
    let yaml = "a: run.sh\nb: ['run.sh', \"docs/a b.md\", x run.sh]\nc: {d: ./run.sh} # run.sh\n";
    let expected =
        "a: §run.sh\nb: ['§run.sh', \"docs/§a b.md\", x run.sh]\nc: {d: ./§run.sh} # run.sh\n";
    file("own.yml", yaml, expected);
    let toml = "a = 'run.sh'\nb = [\"docs/a b.md\"]\n[c]\nd.e = { f = '''run.sh''' }\n";
    file(
        "own.toml",
        toml,
        "a = '§run.sh'\nb = [\"docs/§a b.md\"]\n[c]\nd.e = { f = '''§run.sh''' }\n",
    );
    let (_, doubts) = rewritten(
        &["run", "a/m.py"],
        &["run", "a/m.py"],
        "own.yml",
        "x: run\ny: \"\\x72un\"\nz: a.m:main\n",
    );
    assert_eq!(doubts.len(), 3, "{doubts:?}");
    let (_, doubts) = rewritten(&["d/x.c", "x.c"], &["x.c"], "d/own.toml", "a = 'x.c'");
    assert_eq!(doubts, ["1: 'x.c' may mean 'd/x.c' or 'x.c'"]);
}
