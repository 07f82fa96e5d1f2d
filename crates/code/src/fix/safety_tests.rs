//! Codemods that would break a program are not made.

use idhooks_core::config::Config;

use super::Codemods;
use super::tests::{RULE, codemods, fix, fix_file};

#[test]
fn an_import_is_executed_in_time_or_not_added() {
    let rules = codemods(&RULE.replace("user_id", ""));
    let call = "x = str(uuid.uuid4())\n";
    // After an import of the same package, wherever that is.
    let path = "import sys, uuid\nsys.path.insert(0, 'lib')\nfrom app.web import y\n";
    let expected = path.replace(", uuid", "") + "from app.ids import Ids\nx = Ids.make()\n";
    assert_eq!(fix(&rules, &format!("{path}{call}")), (expected, vec![]));
    for (text, reason) in [
        (
            format!("import sys, uuid\nsys.path.insert(0, 'lib')\nimport y\n{call}"),
            "the file changes sys.path, so that its import may fail at the top",
        ),
        (
            format!("import uuid\nfrom sys import path\npath.append('lib')\n{call}"),
            "the file changes sys.path, so that its import may fail at the top",
        ),
        (
            format!("start()\nimport uuid\n{call}"),
            "code stands before the imports, so that its import may fail there",
        ),
        (
            "import sys, uuid\ndef f():\n    return str(uuid.uuid4())\nf()\nsys.path.pop()\nimport app\n".to_owned(),
            "it may be executed before the import that it needs",
        ),
    ] {
        let (same, reasons) = fix(&rules, &text);
        assert_eq!(same, text);
        assert_eq!(reasons.len(), 1, "{text}: {reasons:?}");
        assert!(reasons[0].ends_with(reason), "{text}: {reasons:?}");
    }
    let line = "import uuid; print(str(uuid.uuid4()))\n";
    let expected = "from app.ids import Ids\n\nprint(Ids.make())\n";
    assert_eq!(fix(&rules, line), (expected.to_owned(), vec![]));
    let circular = codemods(&RULE.replace("user_id", "").replace("app.ids", "app.circular"));
    let (_, reasons) = fix(&circular, &format!("import uuid\n{call}"));
    assert!(reasons[0].contains("'app.circular' imports this file"), "{reasons:?}");
}

#[test]
fn what_a_replacement_uses_of_its_import_counts_as_imported() {
    for (import, with, expected) in [
        (
            "from app.ids import Ids",
            "Ids.make()",
            vec!["app.ids", "app.ids.Ids", "app.ids.Ids.make"],
        ),
        ("import app.ids", "str(app.ids.make())", vec!["app.ids", "app.ids.make"]),
        ("from app import ids", "ids.make($x)", vec!["app", "app.ids", "app.ids.make"]),
        ("from .ids import make", "make()", vec![".ids", ".ids.make"]),
    ] {
        let rule =
            format!("[[lint.replace]]\nfind = 'f($x)'\nwith = '{with}'\nimport = '{import}'\n");
        let imported = codemods(&rule).imported();
        assert_eq!(imported.iter().map(|name| &**name).collect::<Vec<_>>(), expected, "{import}");
    }
}

#[test]
fn names_that_may_mean_something_else_are_refused() {
    let rules = codemods(&RULE.replace("user_id", ""));
    for (text, reason) in [
        (
            "import uuid\nuuid = g()\nx = str(uuid.uuid4())\n",
            "'uuid' may mean something else there",
        ),
        ("import uuid\nstr = g()\nx = str(uuid.uuid4())\n", "'str' means something else there"),
        ("from uuid import *\nx = str(uuid4())\n", "'uuid4' may mean something else there"),
        (
            "import uuid\nfrom other import *\nx = str(uuid.uuid4())\n",
            "an import of all names may bind 'Ids'",
        ),
        (
            "import uuid\ndef f():\n    print(locals())\n    return str(uuid.uuid4())\n",
            "'locals()' is called, which",
        ),
        ("import uuid\ndef f(a: g(str(uuid.uuid4()))): pass\n", "it is in a type"),
    ] {
        let (same, reasons) = fix(&rules, text);
        assert_eq!((&*same, reasons.len()), (text, 1), "{text}: {reasons:?}");
        assert!(reasons[0].contains(reason), "{text}: {reasons:?}");
    }
}

#[test]
fn nothing_is_left_unused_and_comments_stay() {
    let rules = codemods(&RULE.replace("user_id", ""));
    for (before, after) in [
        (
            "from uuid import (\n    UUID,  # type: ignore\n    uuid4,  # why\n)\n",
            "from uuid import (\n    UUID,  # type: ignore\n    # why\n)\n\nfrom app.ids import Ids\n",
        ),
        (
            "from uuid import (\n    uuid4,  # one\n    UUID,  # two\n)\n",
            "from uuid import (\n    # one\n    UUID,  # two\n)\n\nfrom app.ids import Ids\n",
        ),
        (
            "from uuid import uuid1, uuid4, UUID\n",
            "from uuid import uuid1, UUID\n\nfrom app.ids import Ids\n",
        ),
    ] {
        let text = before.to_owned() + "x = str(uuid4())\n";
        let (found, reasons) = fix(&rules, &text);
        assert_eq!(
            (&*found, reasons),
            (&*(after.to_owned() + "x = Ids.make()\n"), vec![]),
            "{before}"
        );
    }
    let rules =
        codemods("[[lint.replace]]\nfind = 'f(\"$p\", str(uuid.uuid4()), $x)'\nwith = 'g()'\n");
    let text = "import uuid\ndef g(): pass\ndef h():\n    a = 1\n    return f('b', str(uuid.uuid4()), a)\n";
    let (same, reasons) = fix(&rules, text);
    assert_eq!((&*same, reasons), (text, vec!["5: it would leave 'a' unused".to_owned()]));
    let text = "import uuid\ndef g(): pass\nif g:\n    import uuid\nf('b', str(uuid.uuid4()), 2)\n";
    let expected = "def g(): pass\nif g:\n    pass\ng()\n";
    assert_eq!(fix(&rules, text), (expected.to_owned(), vec![]));
}

#[test]
fn an_import_that_something_else_uses_stays() {
    let rules = codemods(&RULE.replace("user_id", ""));
    for text in [
        // An attribute of a class, the example of doctest, and a name that other files use.
        "class C:\n    import uuid\n    x = str(uuid.uuid4())\n    y = lambda self: self.uuid\n",
        "import uuid\n\n\ndef f():\n    \"\"\"\n    >>> g(uuid.UUID(int=0))\n    \"\"\"\n    return str(uuid.uuid4())\n",
    ] {
        let (fixed, reasons) = fix(&rules, text);
        assert!(fixed.contains("import uuid\n") && fixed.contains("Ids.make()"), "{fixed}");
        assert!(reasons.is_empty(), "{reasons:?}");
    }
    let text = "import uuid\nx = str(uuid.uuid4())\n";
    let fixed = fix_file(&rules, "used_outside.py", text.as_bytes()).expect("Python");
    let expected = "import uuid\n\nfrom app.ids import Ids\nx = Ids.make()\n";
    assert_eq!(String::from_utf8_lossy(&fixed.bytes), expected);
}

#[test]
fn code_that_python_or_its_text_would_notice_is_refused() {
    let rules = codemods(&RULE.replace("user_id", ""));
    for (text, reason) in [
        (
            "from __future__ import annotations; import uuid; print(str(uuid.uuid4()))\n",
            "Python wants 'from __future__' first",
        ),
        ("import uuid\nprint(f'{str(uuid.uuid4())=}')\n", "shows the code itself"),
        (
            "import uuid\ndef f():\n    exec('')\n\n\ndef g():\n    return str(uuid.uuid4())\n",
            "'exec()' is called, which may see or change 'Ids'",
        ),
    ] {
        let (same, reasons) = fix(&rules, text);
        assert_eq!((&*same, reasons.len()), (text, 1), "{text}: {reasons:?}");
        assert!(reasons[0].contains(reason), "{text}: {reasons:?}");
    }
    // With an object, this sees no names of the function.
    let text = "import uuid\ndef f(x): return vars(x), str(uuid.uuid4())\n";
    let (fixed, reasons) = fix(&rules, text);
    assert!(fixed.contains("vars(x), Ids.make()"), "{fixed} {reasons:?}");
}

#[test]
fn a_place_that_becomes_possible_counts_once_and_where_it_was() {
    let plain = "[[lint.replace]]\nfind = 'uuid.uuid4()'\nwith = 'Ids.plain()'\n";
    let rules = codemods(&format!("{}{plain}", RULE.replace("user_id", "")));
    // The second rule has no import; it can be applied once that of the first one is there.
    let text = "import os\nimport uuid\na = str(uuid.uuid4())\nb = [a, uuid.uuid4()]\n";
    let fixed = fix_file(&rules, "a.py", text.as_bytes()).expect("Python");
    let expected = "import os\nfrom app.ids import Ids\na = Ids.make()\nb = [a, Ids.plain()]\n";
    assert_eq!(String::from_utf8_lossy(&fixed.bytes).replace("\n\n", "\n"), expected);
    let places = fixed.places.iter().map(|place| (place.line, place.column, place.outcome.is_ok()));
    assert_eq!(places.collect::<Vec<_>>(), [(3, 5, true), (4, 9, true)]);
}

#[test]
fn an_import_of_the_package_does_not_load_the_module() {
    let rules = codemods(
        "[[lint.replace]]\nfind = 'str(uuid.uuid4())'\nwith = 'app.ids.make()'\nimport = 'import app.ids'\n",
    );
    let call = "a = str(uuid.uuid4())\n";
    let fixed = "a = app.ids.make()\n";
    for (before, after) in [
        ("import app\n", "import app\nimport app.ids\n"),
        ("import app.web\n", "import app.ids\nimport app.web\n"),
        ("import app.ids\n", "import app.ids\n"),
        ("import app.ids.more\n", "import app.ids.more\n"),
    ] {
        let expected = (format!("{after}{fixed}"), vec![]);
        let (text, reasons) = fix(&rules, &format!("import uuid\n{before}{call}"));
        assert_eq!((text.replace("\n\n", "\n").trim_start().to_owned(), reasons), expected);
    }
}

fn rule(find: &str, with: &str, import: &str) -> String {
    format!("[[lint.replace]]\nfind = '{find}'\nwith = '{with}'\nimport = '{import}'\n")
}

#[test]
fn two_rules_do_not_import_one_name_from_two_modules() {
    let import = |module: &str| format!("from {module} import Ids");
    let rules = codemods(
        &(rule("str(uuid.uuid4())", "Ids.text()", &import("app.ids"))
            + &rule("uuid.uuid4().hex", "Ids.hex()", &import("app.hex"))),
    );
    let (text, reasons) = fix(&rules, "import uuid\na = str(uuid.uuid4())\nb = uuid.uuid4().hex\n");
    assert!(text.contains("a = Ids.text()\nb = uuid.uuid4().hex\n"), "{text}");
    assert_eq!((text.matches("import Ids").count(), reasons.len()), (1, 1), "{text} {reasons:?}");
}

#[test]
fn what_python_refuses_in_some_places_is_not_written_there() {
    let import = "from app.ids import make";
    let [of_await, of_name, of_builtin] = ["await make()", "(q := make())", "make(hex(1))"]
        .map(|with| codemods(&rule("str(uuid.uuid4())", with, import)));
    let call = "str(uuid.uuid4())";
    for (rules, text, reason) in [
        (&of_await, format!("def f():\n    return {call}\n"), "'await' cannot be written there"),
        (&of_await, format!("async def f():\n    return lambda: {call}\n"), "'await' cannot"),
        (&of_await, format!("a = {call}\n"), "'await' cannot be written there"),
        (&of_name, format!("class A:\n    a = [{call} for b in c]\n"), "':=' cannot be written"),
        (&of_builtin, format!("def hex(a): ...\nb = {call}\n"), "'hex' means something else"),
    ] {
        let text = format!("import uuid\n{text}");
        let (same, reasons) = fix(rules, &text);
        assert_eq!((&*same, reasons.len()), (&*text, 1), "{reasons:?}");
        assert!(reasons[0].contains(reason), "{reasons:?}");
    }
    for (rules, text, expected) in [
        (&of_await, format!("async def f():\n    return {call}\n"), "return await make()"),
        (&of_name, format!("def f():\n    g({call})\n"), "g(q := make())"),
        (&of_builtin, format!("b = {call}\n"), "b = make(hex(1))"),
    ] {
        let (fixed, reasons) = fix(rules, &format!("import uuid\n{text}"));
        assert!(fixed.contains(expected), "{fixed} {reasons:?}");
    }
}

#[test]
fn an_attribute_of_the_object_needs_an_object_that_has_it() {
    let rules = codemods(
        "[[lint.replace]]\nfind = 'str(uuid.uuid4())'\nwith = 'f\"{self.user_id}\"'\nneeds = ['self.user_id']\n",
    );
    let method = "    def make(self):\n        return str(uuid.uuid4())\n";
    let value = "    user_id = 'a'\n";
    for class in [
        format!("class A:\n{value}    @classmethod\n{method}"),
        format!("class A:\n{value}    @staticmethod\n{method}"),
        format!("class A:\n    user_id: str\n{method}"),
        format!("class A:\n{value}{method}    def drop(self):\n        del self.user_id\n"),
        format!("class A:\n    @property\n{}", method.replace("make", "user_id")),
    ] {
        let text = format!("import uuid\n{class}");
        let (same, reasons) = fix(&rules, &text);
        assert_eq!((&*same, reasons.len()), (&*text, 1), "{reasons:?}");
    }
    for class in [
        format!("class A:\n{value}{method}"),
        format!("@dataclass\nclass A:\n    user_id: str\n{method}"),
        format!("class A(Model):\n    user_id: str\n{method}"),
    ] {
        let (fixed, reasons) = fix(&rules, &format!("import uuid\n{class}"));
        assert!(fixed.contains("{self.user_id}"), "{fixed} {reasons:?}");
    }
}

#[test]
fn a_function_that_the_file_replaces_is_left_alone() {
    let rules = codemods(&RULE.replace("user_id", ""));
    let text = "import uuid\nuuid.uuid4 = lambda: 3\na = str(uuid.uuid4())\n";
    let (same, reasons) = fix(&rules, text);
    assert_eq!((&*same, &*reasons), (text, &["3: the file assigns 'uuid.uuid4'".to_owned()][..]));
}

#[test]
fn a_name_that_is_used_elsewhere_stays_assigned() {
    let rules = codemods(
        "[[lint.replace]]\nfind = \"a = uuid.uuid4()\\nb = str(a)\"\nwith = \"b = make()\"\nimport = 'from app.ids import make'\n",
    );
    let code = |indent: &str| format!("{indent}a = uuid.uuid4()\n{indent}b = str(a)\n");
    for text in [
        format!("def f():\n{}    return b, a\n", code("    ")),
        format!("def f():\n{}    return lambda: a\n", code("    ")),
        format!("def f():\n    global a\n{}    return b\n", code("    ")),
        code(""),
        format!("class A:\n{}", code("    ")),
    ] {
        let text = format!("import uuid\n{text}");
        let (same, reasons) = fix(&rules, &text);
        assert_eq!((&*same, reasons.len()), (&*text, 1), "{reasons:?}");
        assert!(reasons[0].contains("no longer assigns 'a'"), "{reasons:?}");
    }
    let text = format!("import uuid\ndef f():\n{}    return b\n", code("    "));
    let (fixed, reasons) = fix(&rules, &text);
    assert!(fixed.contains("def f():\n    b = make()\n    return b\n"), "{fixed} {reasons:?}");
}

#[test]
fn code_that_cannot_be_written_there_is_refused() {
    for (rules, code, reason) in [
        (
            "find = 'f($a)'\nwith = \"g('\\\\n', $a)\"",
            "x = f\"{f(1)}\"",
            "it cannot be written in an f-string",
        ),
        ("find = 'f($a)'\nwith = '$a.b'", "f(*x)", "'$a' stands for several values there"),
    ] {
        let rules = codemods(&format!("[[lint.replace]]\n{rules}\n"));
        let (_, reasons) = fix(&rules, &format!("f = g = x = 1\n{code}\n"));
        assert_eq!(reasons, [format!("2: {reason}")], "{code}");
    }
}

#[test]
fn code_that_is_not_certainly_found_is_no_rule() {
    for (find, why) in [
        ("\n", "'find' is not Python: there is no code"),
        (
            "f($A)",
            "'find' is not Python: a placeholder is '$' and lower-case letters and digits, such as \
             $prefix; '$$' is a dollar sign",
        ),
        ("f(  # why\n)", "'find': a comment is never found"),
        ("f('$a$b')", "'find': two placeholders in one part of a string are ambiguous"),
        ("$a", "'find': a placeholder alone finds everything"),
    ] {
        let rules = format!("[[lint.replace]]\nfind = \"\"\"{find}\"\"\"\nwith = 'g()'\n");
        let config = Config::parse(&rules).expect("valid");
        let error = Codemods::compile(&config.lint().replace).expect_err(find);
        assert_eq!(error.message, why);
    }
}
