//! The descriptors of files in every form of Python, each reviewed.

use crate::common::{Repo, for_each_git};
use crate::reviewed::assert_text;

/// The name of a file, and its content.
const FILES: [(&str, &[u8]); 37] = [
    ("empty", b""),
    ("blank_lines", b"\n\n\n"),
    ("comment_only", b"#!/usr/bin/env python3\n# nothing else\n"),
    ("docstring", b"\"\"\"\n  First line.\n\n  More.\n\"\"\"\nx = 1\n"),
    ("docstring_joined", b"(\n    'One '  # why\n    \"line\\x21\\u00e9\\n\" r'\\n'\n)\n"),
    ("docstring_none", b"x = 1\n'''no docstring'''\ndef f():\n    b'bytes'\ndef g():\n    f'{x}'\ndef h():\n    'a', 'b'\n"),
    ("functions", b"def f(a, b: int = 1, /, c=2, *args: str, d, e: int = 3, **kw) -> None:\n    \"\"\"Do it.\"\"\"\n\ndef g(*, only): pass\n\nh = lambda x: x\n"),
    ("decorators", b"import functools\n\n@functools.cache\n@app.route(\n    '/a',\n    methods=['GET'],\n)\n# between\n@property\ndef f(): pass\n\n@dataclass(frozen=True)\nclass A: pass\n"),
    ("asynchronous", b"async def f():\n    async with a() as b, c:\n        async for d in e:\n            await d\n    return [x async for x in y]\n"),
    ("type_hints", b"from __future__ import annotations\nfrom typing import TypeAlias\nMAX: int = 3\nmaybe: 'str | None'\nPair: TypeAlias = tuple[int, str]\ndef f(a: dict[str, list[int]] | None = None, *b: int) -> tuple[int, ...]: ...\n"),
    ("type_parameters", b"type Pair[T] = tuple[T, T]\ndef first[T: (int, str)](x: list[T]) -> T: ...\nclass Box[T](Base[T], metaclass=M, **kw): ...\n"),
    ("walrus", b"if (n := len(a)) > 3 and (m := n): print(n)\nwhile chunk := read(): use(chunk)\nprint([y := f(x), y ** 2])\n"),
    ("match_statement", b"match command.split():\n    case ['go', ('north' | 'south') as way]:\n        def inner(): pass\n    case Point(x=0, y=0) | {'a': 1, **rest} if rest: pass\n    case _:\n        import late\nmatch = 1\nprint(match)\n"),
    ("nested", b"class A:\n    \"\"\"Outer.\"\"\"\n    class B(A, object):\n        def f(self):\n            def g():\n                '''Inner.'''\n                class C: pass\n        def h(self): pass\n    if True:\n        def late(self): pass\n"),
    ("one_line", b"class A: x = 1; y = 2\ndef f(): return 1;\nif a: import b; from c import d\nelse: pass\n"),
    ("imports", b"import os, sys as system\nimport os.path\nfrom a . b import (c,\n    d as e,)\nfrom x import *\ntry:\n    import json\nexcept ImportError:\n    json = None\ndef f():\n    from y import z\n"),
    ("relative_imports", b"from . import sibling\nfrom .. import above, gone\nfrom .sibling import name\nfrom ...far.away import it\n"),
    ("main_guard", b"import argparse, sys\n\ndef main(argv): return 0\n\nif __name__ == '__main__':\n    sys.exit(main(sys.argv[1:]))\n"),
    ("main_guard_other", b"import unittest\nif (\"__main__\" == __name__):\n    unittest.main()\n"),
    ("main_guard_not", b"if __name__ != '__main__': f()\nif __name__ == 'main': f()\ndef f():\n    if __name__ == '__main__': f()\n"),
    ("cli_click", b"import argparse\nimport click\n@click.command()\ndef cli(): pass\nif __name__ == '__main__': cli()\n"),
    ("cli_typer", b"from typer import Typer\napp = Typer()\nif __name__ == '__main__': app()\n"),
    ("cli_fire", b"import fire\nfire.Fire()\n"),
    ("cli_docopt", b"from docopt import docopt\nargs = docopt(__doc__)\n"),
    ("cli_unknown", b"import sys\nprint(sys.argv)\n"),
    ("fstrings", b"a = f'{x!r:>{width}} {{}} {\"nested\"}' f\"\"\"{\n    y\n}\"\"\"\nb = rb'\\x' Rb'\\d'\nc = f'{x:#{n}0x}'\n"),
    ("formfeed_continuation", b"x = 1 + \\\n    2\n\x0c\ndef f(a, \\\n      b): pass\n"),
    ("python2", b"import urllib2\nclass Old:\n    def f(self, (a, b)):\n        print 'x', a\n        exec 'code' in ns\n        raise E, 'msg'\ntry:\n    x = 0777 + 10L <> ur'a'\nexcept IOError, e:\n    print >>sys.stderr, `e`\n"),
    ("unbalanced", b"def f(:\n    return (1, 2\n\ndef g(): pass\n"),
    ("wrong_indentation", b"def f():\n    a = 1\n      b = 2\n  c = 3\nif x:\nd = 4\n"),
    ("mixed_tabs", b"if x:\n        a = 1\n\tb = 2\n"),
    ("tabs", b"class A:\n\tdef f(self):\n\t\tif x:\n\t\t\tpass\n"),
    ("bom", b"\xef\xbb\xbf'''With a mark.'''\n"),
    ("latin_1", b"# -*- coding: latin-1 -*-\n'''Gr\xfc\xdfe'''\n"),
    ("wrong_encoding", b"'''Gr\xfc\xdfe'''\n"),
    ("crlf", b"'''One.\r\n\r\nTwo.'''\r\ndef f():\r\n    '''In f.'''\r\n    x = '''a\r\n    b'''\r\n"),
    ("binary", b"\x7fELF\x02\x01\x01\x00\x00\xff\xfe\n\x00"),
];

/// A file with twice as many open brackets as Python allows.
fn brackets(depth: usize) -> String {
    format!("x = {}1{}\ndef f(): pass\n", "(".repeat(depth), ")".repeat(depth))
}

/// Blocks in blocks.
fn blocks(depth: usize) -> String {
    let block = |level: usize| format!("{}if x:\n", " ".repeat(level));
    (0..depth).map(block).chain([format!("{}pass\n", " ".repeat(depth))]).collect()
}

#[test]
fn every_form_of_python() {
    let mut names: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("config core.autocrlf false");
        for (name, bytes) in FILES {
            repo.write(format!("src/forms/{name}.py"), bytes);
        }
        for other in ["src/forms/sibling.py", "src/above.py"] {
            repo.write(other, "");
        }
        repo.run("add .");
        repo.commit("forms");
        let lines = repo.idhooks("describe --all --format jsonl").ok().stdout();
        let document = |name: &str| {
            let path = format!("\"path\":\"src/forms/{name}.py\"");
            lines.lines().find(|line| line.contains(&path)).expect("described").to_owned()
        };
        for (name, _) in FILES {
            let mut value: serde_json::Value = serde_json::from_str(&document(name)).expect("JSON");
            assert!(value["python"]["py_parsed_utc"].take().is_string());
            let text = serde_json::to_string_pretty(&value["python"]).expect("JSON");
            assert_text(&format!("describe-{name}"), &text);
        }
    });
    names.dedup();
    assert_eq!(names.len(), FILES.len());
}

#[test]
fn deep_and_large_files() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let large = format!("'''Large.\n{}'''\ndef f(): pass\n", "é\n".repeat(5_000_000 / 3));
        repo.configure("[describe]\ntimeout = \"60s\"\n");
        repo.write("large.py", large);
        repo.write("deep.py", brackets(100_000));
        repo.write("allowed.py", brackets(199));
        repo.write("blocks.py", blocks(150));
        repo.write("deeper.py", blocks(5_000));
        repo.write("chain.py", format!("x = {}1\ndef f(): pass\n", "not ".repeat(20_000)));
        repo.run("add .");
        let json = repo.idhooks("describe --all --format json").ok().json();
        let of = |path: &str| {
            let all = json["descriptors"].as_array().expect("a list").iter();
            let file = all.clone().find(|file| file["path"] == path).expect("described");
            let python = &file["python"];
            format!(
                "{} {} {} {}",
                python["py_parse_status"].as_str().expect("a word"),
                python["py_function_count"],
                python["py_docstring_1l"],
                python["py_parse_error_first"]
            )
        };
        assert_eq!(of("large.py"), "ok 1 \"Large.\" null");
        assert_eq!(of("allowed.py"), "ok 1 null null");
        // The limits of CPython's own parser are not those of the language.
        assert_eq!(of("deep.py"), "ok 1 null null");
        assert_eq!(of("blocks.py"), "ok 0 null null");
        let nested = "syntax_error 0 null \"it is nested more than 5000 levels deep\"";
        assert_eq!(of("chain.py"), nested);
        assert_eq!(of("deeper.py"), nested);
    });
}
