//! Names, calls and references in Python files.

use super::{CallForm, Imports, PythonFile, SyntaxTree};

/// Describes the uses of `uuid.uuid4` in a text, one per line.
fn uses(text: &str) -> Vec<String> {
    let file = PythonFile::parse(text.as_bytes()).expect("Python");
    let tree = SyntaxTree::of(&file);
    let imports = Imports::of(&tree);
    let is_it = |targets: &[String]| targets.iter().any(|target| target.starts_with("uuid.uuid4"));
    let of_uses = super::uses(&tree, &imports).into_iter().filter(|found| is_it(&found.targets));
    let mut lines: Vec<(usize, String)> = of_uses
        .map(|found| {
            let Some(call) = found.call else {
                return (found.node.range().start, format!("reference {}", found.written));
            };
            let place = if call.is_in_fstring { " in f-string" } else { "" };
            let line = format!("{:?}{place}: {}", call.form, call.whole.source());
            (call.node.range().start, line)
        })
        .collect();
    let dynamic = super::dynamic_names(&tree, &imports);
    let dynamic = dynamic.into_iter().filter(|found| is_it(&found.targets));
    lines.extend(
        dynamic.map(|found| (found.node.range().start, format!("dynamic {}", found.node.source()))),
    );
    lines.sort();
    lines.into_iter().map(|(_, line)| line).collect()
}

#[test]
fn calls_are_found_however_the_name_is_imported() {
    for (import, name) in [
        ("import uuid", "uuid.uuid4"),
        ("import uuid as u", "u.uuid4"),
        ("import os, uuid as u, re", "u.uuid4"),
        ("from uuid import uuid4", "uuid4"),
        ("from uuid import UUID, uuid4 as x", "x"),
        ("from uuid import (\n    uuid1,  # one\n    uuid4 as x,\n)", "x"),
        ("from uuid import *", "uuid4"),
        (
            "try:\n    from fast import uuid4\nexcept ImportError:\n    from uuid import uuid4",
            "uuid4",
        ),
        ("def f():\n    import uuid\nclass C:\n    pass", "uuid.uuid4"),
        ("import uuid", "uuid . \\\n    uuid4 "),
        ("import uuid", "(uuid.uuid4)"),
        ("import uuid", "(uuid).uuid4"),
    ] {
        let text = format!("{import}\nx = {name}()\n");
        assert_eq!(uses(&text), [format!("Bare: {name}()")], "{text}");
    }
    for other in [
        "from .uuid import uuid4\nuuid4()",
        "from . import uuid\nuuid.uuid4()",
        "import uuid2 as uuid\nuuid.uuid4()",
        "uuid.uuid4()",
        "import uuid\nself.uuid.uuid4()",
        "import uuid\nf().uuid.uuid4()",
        "import uuid\n# uuid.uuid4()\n'''uuid.uuid4()'''\nf'uuid.uuid4() {{uuid.uuid4()}}'",
    ] {
        assert!(uses(other).is_empty(), "{other}");
    }
}

#[test]
fn forms_are_distinguished() {
    let form = |expression: &str| {
        let text = format!("import uuid\nx = {expression}\n");
        let file = PythonFile::parse(text.as_bytes()).expect("Python");
        let tree = SyntaxTree::of(&file);
        let uses = super::uses(&tree, &Imports::of(&tree));
        let call = uses.iter().find(|found| found.written == "uuid.uuid4").expect("a use");
        let call = call.call.expect("a call");
        (call.form, call.is_in_fstring, call.whole.source().to_owned())
    };
    for (expression, expected, whole) in [
        ("uuid.uuid4()", CallForm::Bare, "uuid.uuid4()"),
        ("f(uuid.uuid4(), 1)", CallForm::Bare, "uuid.uuid4()"),
        ("uuid.uuid4().int", CallForm::Bare, "uuid.uuid4()"),
        ("uuid.uuid4().hex", CallForm::Hex, "uuid.uuid4().hex"),
        ("uuid.uuid4().hex.upper()", CallForm::Hex, "uuid.uuid4().hex"),
        ("(uuid.uuid4()).hex[:8]", CallForm::HexSlice, "(uuid.uuid4()).hex[:8]"),
        ("str(\n    uuid.uuid4(),\n)", CallForm::Str, "str(\n    uuid.uuid4(),\n)"),
        ("str(uuid.uuid4())[0:8]", CallForm::StrSlice, "str(uuid.uuid4())[0:8]"),
        ("str(uuid.uuid4()).replace('-', '')", CallForm::Str, "str(uuid.uuid4())"),
        ("str(uuid.uuid4(), 'x')", CallForm::Bare, "uuid.uuid4()"),
        ("my.str(uuid.uuid4())", CallForm::Bare, "uuid.uuid4()"),
        ("str(uuid.uuid4().hex)", CallForm::Hex, "uuid.uuid4().hex"),
    ] {
        assert_eq!(form(expression), (expected, false, whole.to_owned()), "{expression}");
        if !expression.contains(['\'', '\n']) {
            let inside = format!("f'a {{{expression}}} b'");
            assert_eq!(form(&inside), (expected, true, whole.to_owned()), "{inside}");
        }
    }
    assert_eq!(form("f'{x:{uuid.uuid4()}}'").0, CallForm::Bare);
    assert!(form("f\"{f'{uuid.uuid4()!s}'}\"").1);
    assert!(!form("['a', uuid.uuid4()]").1);
}

#[test]
fn references_are_read_and_not_bound() {
    let lines = uses(
        "from uuid import uuid4\nimport uuid\n\
         class C:\n    id: str = field(default_factory=uuid.uuid4)\n    key = uuid4\n\
         @register(uuid4)\ndef f(uuid4, other=uuid.uuid4, uuid5: uuid4 = 1): ...\n\
         uuid4 = 5\nfor uuid4 in x: pass\ng(uuid4=1)\ndel uuid4\na.uuid4\nglobal_uuid4 = 1\n\
         (uuid4, b) = 1, 2\nuuid.uuid4.cache = {}\nlambda uuid4: 1\n",
    );
    assert_eq!(
        lines,
        [
            "reference uuid.uuid4",
            "reference uuid4",
            "reference uuid4",
            "reference uuid.uuid4",
            "reference uuid4",
            "reference uuid.uuid4.cache",
        ]
    );
}

#[test]
fn names_may_be_computed() {
    let lines = uses(
        "import uuid as u, importlib\ngetattr(u, 'uuid4')()\n__import__('uuid').uuid4().hex\n\
         importlib.import_module(\"uuid\").uuid4()\ngetattr(__import__('uuid'), 'uuid4')\n\
         getattr(u, name)\ngetattr(other, 'uuid4')\n",
    );
    assert_eq!(
        lines,
        [
            "dynamic getattr(u, 'uuid4')",
            "dynamic __import__('uuid').uuid4",
            "dynamic importlib.import_module(\"uuid\").uuid4",
            "dynamic getattr(__import__('uuid'), 'uuid4')",
        ]
    );
}

#[test]
fn what_python_refuses_is_not_parsed() {
    for (bytes, problem) in [
        (
            &b"print 'a'\n"[..],
            "line 1: Simple statements must be separated by newlines or semicolons",
        ),
        (b"x = (1\n", "line 1: unexpected EOF while parsing"),
        (b"# coding: ascii\nx = '\xe9'\n", "line 2: byte 0xe9 is not valid in 'ascii'"),
    ] {
        assert_eq!(PythonFile::parse(bytes).expect_err("a problem").to_string(), problem);
    }
    let bytes = b"# coding: latin-1\r\nimport uuid\r\nx = '\xe9', uuid.uuid4()\r\n";
    let file = PythonFile::parse(bytes).expect("Python");
    let tree = SyntaxTree::of(&file);
    let uses = super::uses(&tree, &Imports::of(&tree));
    let range = file.in_bytes(uses[0].call.expect("a call").whole.range());
    assert_eq!(&bytes[range], b"uuid.uuid4()");
}
