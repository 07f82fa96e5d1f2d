//! Codemods: every pair of the fixtures, and what must not change.

use std::path::PathBuf;
use std::{env, fs};

use idhooks_core::config::Config;
use idhooks_core::registry::RepoPath;
use idhooks_python::{PythonError, PythonFile, SyntaxTree};

use super::{Codemods, FixContext, FixError, FixedFile, ImportFault, ImportSection};

const STANDARD: [&str; 8] =
    ["collections", "dataclasses", "json", "os", "sys", "time", "typing", "uuid"];

fn section(module: &str) -> ImportSection {
    match module {
        module if STANDARD.contains(&module) => ImportSection::Standard,
        "app" => ImportSection::FirstParty,
        _ => ImportSection::ThirdParty,
    }
}

pub(super) fn codemods(rules: &str) -> Codemods {
    let config = Config::parse(rules).expect("valid rules");
    Codemods::compile(&config.lint().replace).expect("rules")
}

pub(super) fn fix_file(rules: &Codemods, path: &str, bytes: &[u8]) -> Result<FixedFile, FixError> {
    let is_hardcoded = |_: &str, id: &str| id.starts_with("test-") || id.starts_with("run-");
    let import_fault = |module: &str| (module == "app.circular").then_some(ImportFault::Circular);
    let context = FixContext {
        is_hardcoded: &is_hardcoded,
        section: &section,
        import_fault: &import_fault,
        is_used_outside: &|name| path.starts_with("used_outside") && name == "uuid",
    };
    let path = RepoPath::new(path.as_bytes()).expect("a path");
    let fix = |bytes: &[u8]| {
        let file = PythonFile::parse(bytes)?;
        file.on_stack(|file| rules.fix(&path, bytes, &SyntaxTree::of(file), context))
    };
    let fixed = fix(bytes)?;
    let again = fix(&fixed.bytes)?;
    assert_eq!(again.bytes, fixed.bytes, "a second run changes '{path}'");
    Ok(fixed)
}

/// Returns the changed text, and why code was not replaced.
pub(super) fn fix(rules: &Codemods, text: &str) -> (String, Vec<String>) {
    let fixed = fix_file(rules, "a.py", text.as_bytes()).expect("Python");
    let reason = |place: super::FixPlace| {
        place.outcome.err().map(|reason| format!("{}: {reason}", place.line))
    };
    let reasons = fixed.places.into_iter().filter_map(reason).collect();
    (String::from_utf8(fixed.bytes).expect("text"), reasons)
}

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/lint-fix")
}

#[test]
fn every_pair_is_replaced_as_the_fixtures_show() {
    let rules = fs::read_to_string(fixtures().join("idhooks.toml")).expect("rules");
    let rules = codemods(&rules);
    let mut names: Vec<_> = fs::read_dir(fixtures().join("before"))
        .expect("fixtures")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .collect();
    names.sort();
    let mut reasons = String::new();
    for name in &names {
        let before = fs::read(fixtures().join("before").join(name)).expect("a file");
        let fixed = fix_file(&rules, name, &before).expect("Python");
        let path = fixtures().join("after").join(name);
        if env::var_os("IDHOOKS_BLESS").is_some() {
            fs::write(&path, &fixed.bytes).expect("written");
        }
        let after = fs::read_to_string(&path).expect("a file");
        assert_eq!(String::from_utf8_lossy(&fixed.bytes), after, "{name}");
        for place in &fixed.places {
            if let Err(reason) = &place.outcome {
                reasons.push_str(&format!("{name}:{}: {reason}\n", place.line));
            }
        }
    }
    let path = fixtures().join("refused.txt");
    if env::var_os("IDHOOKS_BLESS").is_some() {
        fs::write(&path, &reasons).expect("written");
    }
    assert_eq!(reasons, fs::read_to_string(&path).expect("a file"));
}

pub(super) const RULE: &str = "[[lint.replace]]\nfind = 'str(uuid.uuid4())'\nwith = 'Ids.make(user_id)'\n\
                    import = 'from app.ids import Ids'\n";

/// Returns why `user_id` is not in scope where `§` stands, by the rule; nothing if it is.
fn scope_refusal(text: &str) -> Option<String> {
    let text = format!("import uuid\n{}\n", text.replace('§', "str(uuid.uuid4())"));
    let (after, reasons) = fix(&codemods(RULE), &text);
    assert_eq!(after.contains("Ids.make(user_id)"), reasons.is_empty(), "{text}: {reasons:?}");
    reasons.into_iter().next()
}

#[test]
fn a_name_must_certainly_be_in_scope() {
    for text in [
        "def f(user_id): §",
        "def f(*user_id): §",
        "def f(a, *, user_id: str = 1): §",
        "def f(**user_id): §",
        "def f():\n    user_id = 1\n    §",
        "def f():\n    a, (user_id, b) = x\n    if a:\n        §",
        "def f():\n    for user_id in x:\n        §",
        "def f():\n    with x as user_id:\n        §",
        "def f():\n    with x as user_id:\n        pass\n    §",
        "def f():\n    if a:\n        user_id = 1\n    else:\n        raise x\n    §",
        "def f():\n    if a:\n        user_id = 1\n    elif b:\n        user_id = 2\n    else:\n        return\n    §",
        "def f():\n    try:\n        user_id = 1\n    except E:\n        return\n    §",
        "def f():\n    try:\n        user_id = 1\n    finally:\n        b()\n    §",
        "def f():\n    if (user_id := g()):\n        §",
        "def f(user_id):\n    def g():\n        return §",
        "def f(user_id):\n    class C:\n        def m(self): return §",
        "user_id = 1\ndef f(): §",
        "def f(): §\nuser_id = 1",
        "from a import user_id\n§",
        "import b.c as user_id\n§",
        "lambda user_id: §",
        "[§ for user_id in x]",
        "{user_id: § for a, user_id in x if §}",
        "class C:\n    user_id = 1\n    a = §",
        "def f():\n    global user_id\n    §\nuser_id = 1",
        "async def user_id(): pass\n§",
    ] {
        assert_eq!(scope_refusal(text), None, "{text}");
    }
    for text in [
        "def f(): §",
        "def f(a=§, *, user_id): pass",
        "@decorate(§)\ndef f(user_id): pass",
        "def f():\n    §\n    user_id = 1",
        "def f():\n    if a:\n        user_id = 1\n    §",
        "def f():\n    for user_id in x:\n        pass\n    §",
        "def f():\n    while a:\n        user_id = 1\n    §",
        "def f():\n    try:\n        user_id = 1\n    except E:\n        pass\n    §",
        "def f():\n    a and (user_id := 1)\n    §",
        "def f():\n    user_id: str\n    §",
        "def f(user_id):\n    del user_id\n    §",
        "class C:\n    user_id = 1\n    def m(self): §",
        "[x for x in § for user_id in x]",
        "user_id = user_id or §",
        "from a import *\ndef f(): §",
        "user_id = 1\ndef f():\n    §\n    user_id = 2",
        "def f():\n    [user_id for user_id in x]\n    §",
        "x.user_id = 1\nf(user_id=§)",
    ] {
        assert!(scope_refusal(text).is_some(), "{text}");
    }
}

#[test]
fn attributes_of_the_object_are_looked_for_in_its_class() {
    let rules = RULE.replace("Ids.make(user_id)", "Ids.make(self.user_id)");
    let rules = codemods(&(rules + "needs = ['self.user_id']\n"));
    let outcome = |class: &str| {
        let text = format!("import uuid\nclass C:\n{}\n", class.replace('§', "str(uuid.uuid4())"));
        fix(&rules, &text).1
    };
    for class in [
        "    def __init__(self):\n        self.user_id = 1\n        §",
        "    user_id = 1\n    def __init__(self): §",
        "    user_id: str = ''\n    def m(self): §",
        "    @property\n    def user_id(self): pass\n    def m(self): §",
        "    def __init__(self):\n        self.user_id = 1\n    def m(self): §",
        "    def m(self):\n        self.user_id = 1\n        return lambda: §",
    ] {
        assert_eq!(outcome(class), Vec::<String>::new(), "{class}");
    }
    for class in [
        "    def __init__(self):\n        §\n        self.user_id = 1",
        "    def other(self):\n        self.user_id = 1\n    def m(self): §",
        "    def m(cls): §\n    user_id = 1",
        "    pass\ndef m(self): §",
    ] {
        assert_eq!(outcome(class).len(), 1, "{class}");
    }
}

#[test]
fn names_mean_what_the_file_says() {
    let rules = codemods(&RULE.replace("user_id", ""));
    let after = |text: &str| fix(&rules, text);
    // What is not the module of Python stays.
    for text in [
        "def f(uuid):\n    return str(uuid.uuid4())\n",
        "import fast as uuid\nstr(uuid.uuid4())\n",
        "from uuid import uuid1 as uuid4\nstr(uuid4())\n",
        "str(uuid.uuid4())\n",
        "import uuid\n'str(uuid.uuid4())'\n\"\"\"str(uuid.uuid4())\"\"\"\n# str(uuid.uuid4())\n",
        "import uuid\ndef f():\n    uuid = g()\n    return str(uuid.uuid4())\n",
        "import uuid\nmy.str(uuid.uuid4())\nstr(uuid.uuid4(), 'x')\nstr(uuid.uuid4)\n",
    ] {
        assert_eq!(after(text), (text.to_owned(), vec![]), "{text}");
    }
    // The name of the import may be taken.
    for text in [
        "import uuid\nclass Ids: pass\nstr(uuid.uuid4())\n",
        "import uuid\nfrom other import Ids\nstr(uuid.uuid4())\n",
        "import uuid\ndef f(Ids): return str(uuid.uuid4())\n",
    ] {
        let (same, reasons) = after(text);
        assert_eq!((&*same, reasons.len()), (text, 1), "{text}");
        assert!(reasons[0].ends_with("'Ids' means something else there"), "{reasons:?}");
    }
    let text = "from app.ids import Ids\nimport uuid, os\ndef f():\n    return str(uuid.uuid4())\n";
    let expected = "from app.ids import Ids\nimport os\ndef f():\n    return Ids.make()\n";
    assert_eq!(after(text), (expected.to_owned(), vec![]));
}

#[test]
fn an_import_is_added_where_isort_would_put_it() {
    let rules = codemods(&RULE.replace("user_id", ""));
    for (before, after) in [
        ("import uuid\n", "from app.ids import Ids\n"),
        ("\"\"\"Doc.\"\"\"\nimport uuid\n", "\"\"\"Doc.\"\"\"\n\nfrom app.ids import Ids\n"),
        (
            "from __future__ import annotations\nimport uuid\n",
            "from __future__ import annotations\n\nfrom app.ids import Ids\n",
        ),
        ("import os, uuid\n", "import os\n\nfrom app.ids import Ids\n"),
        (
            "import uuid\nimport os\nfrom . import x\n",
            "import os\n\nfrom app.ids import Ids\n\nfrom . import x\n",
        ),
        (
            "import os\nimport uuid\nimport django\n\nfrom app import z\n",
            "import os\nimport django\n\nfrom app import z\nfrom app.ids import Ids\n",
        ),
        (
            "import app\nfrom app.web import x\nimport uuid\n",
            "import app\nfrom app.ids import Ids\nfrom app.web import x\n",
        ),
        ("from app.ids import A, b\nimport uuid\n", "from app.ids import A, Ids, b\n"),
        (
            "from app.ids import (\n    A,\n    b,\n)\nimport uuid\n",
            "from app.ids import (\n    A,\n    Ids,\n    b,\n)\n",
        ),
        ("import uuid; import os\n", "import os\n\nfrom app.ids import Ids\n"),
        ("import uuid  # noqa: F401\n", "import uuid  # noqa: F401\n\nfrom app.ids import Ids\n"),
        (
            "import uuid\n__all__ = ['uuid']\n",
            "import uuid\n\nfrom app.ids import Ids\n__all__ = ['uuid']\n",
        ),
        (
            "import uuid\nx: 'uuid.UUID'\n",
            "import uuid\n\nfrom app.ids import Ids\nx: 'uuid.UUID'\n",
        ),
        ("import uuid\nx = {'uuid': 1}\n", "from app.ids import Ids\nx = {'uuid': 1}\n"),
        ("from uuid import UUID, uuid4\n", "from uuid import UUID\n\nfrom app.ids import Ids\n"),
        (
            "from uuid import (\n    UUID,\n    uuid4,\n)\n",
            "from uuid import (\n    UUID,\n)\n\nfrom app.ids import Ids\n",
        ),
    ] {
        let call = if before.contains("uuid4") { "str(uuid4())" } else { "str(uuid.uuid4())" };
        let (found, reasons) = fix(&rules, &format!("{before}\n\ny = {call}\n"));
        assert_eq!(found, format!("{after}\n\ny = Ids.make()\n"), "{before}");
        assert_eq!(reasons, Vec::<String>::new());
    }
    let inside = "def f():\n    import uuid\n\n    return str(uuid.uuid4())\n";
    let expected = "from app.ids import Ids\n\ndef f():\n    return Ids.make()\n";
    assert_eq!(fix(&rules, inside), (expected.to_owned(), vec![]));
    let header =
        "#!/usr/bin/python\n# Licence\ndef f():\n    import uuid\n    return str(uuid.uuid4())\n";
    let expected = "#!/usr/bin/python\n# Licence\nfrom app.ids import Ids\n\ndef f():\n    return Ids.make()\n";
    assert_eq!(fix(&rules, header).0, expected);
    let only = "def f():\n    from uuid import uuid4\ng(lambda: str(uuid.uuid4()))\n";
    assert_eq!(fix(&rules, only).0, only);
}

#[test]
fn every_other_byte_stays() {
    let rules = codemods(&RULE.replace("user_id", ""));
    for (before, after) in [
        (
            &b"\xef\xbb\xbfimport os\r\nimport uuid\r\nx = '\xc3\xa9', str(uuid.uuid4())\r\n"[..],
            &b"\xef\xbb\xbfimport os\r\n\r\nfrom app.ids import Ids\r\nx = '\xc3\xa9', Ids.make()\r\n"[..],
        ),
        (
            b"# coding: latin-1\nimport uuid\nx = '\xe9', str(uuid.uuid4())",
            b"# coding: latin-1\n\nfrom app.ids import Ids\nx = '\xe9', Ids.make()",
        ),
        (
            b"import uuid\nif x:\n\ty = str(\n\t\tuuid . uuid4 ( )  ,\n\t)   \n\x0c\n",
            b"from app.ids import Ids\nif x:\n\ty = Ids.make()   \n\x0c\n",
        ),
    ] {
        let fixed = fix_file(&rules, "a.py", before).expect("Python");
        assert_eq!(fixed.bytes.escape_ascii().to_string(), after.escape_ascii().to_string());
    }
    let problem =
        fix_file(&rules, "a.py", b"import uuid\nstr(uuid.uuid4()\n").expect_err("refused");
    assert!(problem.to_string().starts_with("line 2: "), "{problem}");
    assert!(matches!(problem, FixError::NotPython(PythonError { line: Some(2), .. })));
    let wide = codemods(&RULE.replace("user_id", "\"é\""));
    let problem = fix_file(&wide, "a.py", b"# coding: latin-1\nimport uuid\nstr(uuid.uuid4())\n");
    assert_eq!(problem.expect_err("refused"), FixError::Encoding);
}

#[test]
fn a_rule_that_cannot_be_applied_is_refused_with_its_place() {
    let error = |keys: &str| {
        let config = Config::parse(&format!("[[lint.replace]]\n{keys}\n")).expect("valid");
        Codemods::compile(&config.lint().replace).expect_err(keys).to_string()
    };
    for (keys, message) in [
        ("find = 'f('\nwith = 'g()'", ":2:8: 'find' is not Python"),
        ("find = 'f()'\nwith = 'g('", ":3:8: 'with' is not Python"),
        ("find = 'f()'\nwith = 'x = 1'", "must be an expression"),
        ("find = 'f()'\nwith = 'g($a)'", "uses $a: 'find' does not contain it"),
        ("find = 'f($A)'\nwith = 'g()'", "a placeholder is '$' and lower-case letters"),
        ("find = '$a'\nwith = 'g()'", "finds everything"),
        ("find = 'f\"$a$b{c}\"'\nwith = 'g()'", "ambiguous"),
        ("find = 'f()'\nwith = 'g(f())'", "a second run would change it again"),
        ("find = 'f()'\nwith = 'g()'\nimport = 'x = 1'", "'import' must be one import statement"),
        ("find = 'f()'\nwith = 'g()'\nimport = 'from a import *'", "'import' must be"),
        ("field = 'run_id'\nwith = 'g($name)'", "a field has $word and $value"),
    ] {
        let found = error(keys);
        assert!(found.contains(message), "{keys}: {found}");
    }
}

#[test]
fn placeholders_stand_for_code_and_for_parts_of_strings() {
    for (find, with, before, after) in [
        ("f($a, $b)", "g($b, $a)", "f(x + 1, 'y')", "g('y', x + 1)"),
        ("f($a, $a)", "g($a)", "f(x, y); f(z, (z))", "f(x, y); g(z)"),
        ("f($a)", "$a.b * 2", "not f(x or y)", "not ((x or y).b * 2)"),
        ("f($a)", "$a.b", "f(x)", "x.b"),
        ("f'run_$p{x}'", "g(\"$p\")", "f\"run_a-b_{x}\", f'run_{x}'", "g(\"a-b_\"), f'run_{x}'"),
        ("x = f($a)", "y = 1\nx = g(y, $a)", "if z:\n  x = f(2)", "if z:\n  y = 1\n  x = g(y, 2)"),
        ("x = f($a)", "y = 1\nx = g(y, $a)", "z(); x = f(2)", "z(); y = 1; x = g(y, 2)"),
        ("f($a)", "g($a)", "f(f(f(1)))", "g(g(g(1)))"),
        ("a + b", "c", "(a + b) * (a\n + b)", "(c) * (c)"),
        ("x = f()\ny = f()", "x, y = g()", "x = f()\n\ny = f()", "x, y = g()"),
        ("f(\"$$\")", "g()", "f('$')", "g()"),
    ] {
        let rule = |text: &str| toml_text(text);
        let names = "a = b = c = g = z = f = 1\n";
        let rules = format!("[[lint.replace]]\nfind = {}\nwith = {}\n", rule(find), rule(with));
        let (found, reasons) = fix(&codemods(&rules), &format!("{names}{before}\n"));
        assert_eq!((&*found, reasons), (&*format!("{names}{after}\n"), vec![]), "{find}");
    }
}

/// Returns a text as TOML writes it.
fn toml_text(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}

#[test]
fn code_that_cannot_be_replaced_is_listed_with_the_reason() {
    let rules = codemods(&RULE.replace("user_id", ""));
    let (same, reasons) = fix(&rules, "import uuid\nstr(  # why\n    uuid.uuid4())\n");
    assert!(same.contains("str(  # why"), "{same}");
    assert_eq!(reasons, ["2: a comment in it would be lost"]);
    let rules = "[[lint.replace]]\nfind = 'x = str(uuid.uuid4())'\nwith = '''\nboth = g()\nx = both[0]'''\n";
    let text = "import uuid\ndef g(): pass\ndef f(both):\n    x = str(uuid.uuid4())\n";
    let (same, reasons) = fix(&codemods(rules), text);
    assert_eq!(same, text);
    assert_eq!(reasons, ["4: 'both', which the replacement assigns, is already used there"]);
}

#[test]
fn imports_are_decided_by_what_the_code_becomes() {
    let rules = codemods(
        "[[lint.replace]]\nfind = 'str(uuid.uuid4())'\nwith = 'Ids.make(\"uuid\")'\nimport = 'from app.ids import Ids'\n\
         [[lint.replace]]\nfind = 'uuid.uuid1()'\nwith = 'clock(uuid)'\nimport = 'from app.time import clock'\n",
    );
    for (before, after) in [
        // The name of the module is only a text afterwards.
        ("str(uuid.uuid4())\n", "from app.ids import Ids\n\nIds.make(\"uuid\")\n"),
        // The replacement uses the module itself.
        ("uuid.uuid1()\n", "import uuid\n\nfrom app.time import clock\n\nclock(uuid)\n"),
        (
            "str(uuid.uuid4())\nuuid.uuid1()\n",
            "import uuid\n\nfrom app.ids import Ids\nfrom app.time import clock\n\n\
             Ids.make(\"uuid\")\nclock(uuid)\n",
        ),
    ] {
        let before = format!("import uuid\n\n{before}");
        assert_eq!(fix(&rules, &before), (after.to_owned(), vec![]), "{before}");
    }
}
