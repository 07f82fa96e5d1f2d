//! What is Python 3, and what is not.

use crate::describe::{ParseStatus, describe};

fn is_python(text: &str) -> bool {
    describe(text.as_bytes(), &mut || false).status == ParseStatus::Ok
}

#[test]
fn python_3_is_accepted() {
    for text in [
        "",
        "\n",
        "print >>f, 'x'\n",
        "exec('x')",
        "f(*a, b=1, *c, **d)\n",
        "def f(a=1, *, b, **c): pass",
        "def f(a, /, b=1, *args, c): pass",
        "lambda x, y=1: (z := x)",
        "if (n := a and b) or c: pass",
        "print(*a or b)",
        "with (a as b, c): pass",
        "try: pass\nexcept* (A, B) as e: pass\nelse: pass\nfinally: pass\n",
        "x = 00 + 0o7 + 0x_ff + 1_000 + 0777.5 + 09j\n",
        "if x:\n\ty\nelse:\n        z\n",
        "x = (1\n + 2)\ny = 1 \\\n + 2\n",
        "x = 1 # a\n# b\nif x: # c\n  # d\n  y # e\n",
        "@a\n\n# b\n@c\ndef f(): pass\n",
    ] {
        assert!(is_python(text), "{text}");
    }
}

#[test]
fn what_python_3_refuses_is_refused() {
    let texts = [
        "print 'x'",
        "exec 'x' in y",
        "a <> b",
        "raise A, 'b'",
        "try: pass\nexcept A, b as c: pass",
        "try: pass\n",
        "def f((a, b)): pass",
        "def f(a=1, b): pass",
        "def f(*): pass",
        "def f(*a, *b): pass",
        "def f(**a, b): pass",
        "def f(a, /, b, /): pass",
        "f(a=1, b)",
        "f(**a, *b)",
        "import a,",
        "x = 0777",
        "x = 10L",
        "x = 1__0",
        "ur'a'",
        "'\\x4'",
        "'C:\\Users'",
        "b'\u{e9}'",
        "'a' b'b'",
        "x = 1 +\ny = 2\n",
        "x := 1",
        "f(a and b := c)",
        "x = a as b",
        "async = 1",
        "if x:\npass\n",
        "x = 1\n  y = 2\n",
        "if x:\n    a\n  b\n",
        "if x:\n        a\n\tb\n",
        "x\u{a0}= 1",
        "x = '\0'\n",
        "class A\n  pass",
    ];
    let accepted: Vec<&str> = texts.into_iter().filter(|text| is_python(text)).collect();
    assert_eq!(accepted, [""; 0]);
}
