//! What names mean at a place, and whether they are bound there.

use super::{Doubt, Meaning, PythonFile, Scopes};

/// Calls a function with the scopes of a text and the place of `here`.
fn at_here<R>(text: &str, look: impl FnOnce(&Scopes<'_>, &std::ops::Range<usize>) -> R) -> R {
    let file = PythonFile::parse(text.as_bytes()).expect("Python");
    let at = text.find("here").expect("a place");
    file.on_stack(|file| look(&Scopes::of(file), &(at..at + 4)))
}

fn is_bound(text: &str) -> bool {
    at_here(text, |scopes, place| scopes.check_name(place, "x").is_ok())
}

#[test]
fn a_name_is_bound_on_every_way_to_a_place() {
    for text in [
        "x = 1\nhere",
        "if a: x = 1\nelse: x = 2\nhere",
        "match a:\n  case [x]: here",
        "match a:\n  case 1: x = 1\n  case _: x = 2\nhere",
        "try: a()\nexcept E as e: x = 1\nelse: x = 2\nhere",
        "try: pass\nfinally: x = 1\nhere",
        "while True:\n  x = 1\n  if a: break\nhere",
        "for x in a: here",
        "with open(a) as f: x = 1\nhere",
        "with a as x: pass\nhere",
        "(x := 1) and here",
        "f = lambda x: here",
        "def f():\n  x = 1\n  class C:\n    a = here",
        "def f():\n  x = 1\n  return [here for a in b]",
        "def f[x](): here",
        "def f(): here\nx = 1",
        "def f():\n  global x\n  here\nx = 1",
        "[here for x in a]",
        "[a for x in b for c in here]",
    ] {
        assert!(is_bound(text), "{text}");
    }
    for text in [
        "here\nx = 1",
        "if a: x = 1\nhere",
        "match a:\n  case [x]: pass\n  case _: here",
        "match a:\n  case [x]: pass\nhere",
        "try: x = 1\nexcept E: pass\nhere",
        "try: a()\nexcept E as x: pass\nhere",
        "x = 1\ntry: a()\nexcept E as x: pass\nhere",
        "try: x = 1\nfinally: here",
        "while a: x = 1\nhere",
        "while True:\n  if a: break\n  x = 1\nhere",
        "x = 1\nfor a in b:\n  here\n  del x",
        "with a: x = 1\nhere",
        "a and (x := 1)\nhere",
        "class C:\n  x = 1\n  a = lambda: here",
        "class C:\n  x = 1\n  a = [here for b in c]",
        "class C:\n  x = 1\n  def m(self): here",
        "def f(): here\nf()\nx = 1",
        "x = 1\ndef f(): here\ndel x",
        "x = 1\ndef f():\n  global x\n  del x\nhere",
        "def f():\n  x = 1\n  def g():\n    nonlocal x\n    del x\n  here",
        "x: int\nhere",
        "x = 1\ndef f(a: here): pass",
        "assert (x := 1)\nhere",
        "[x for a in here for x in a]",
    ] {
        assert!(!is_bound(text), "{text}");
    }
}

#[test]
fn names_are_not_certain_where_code_sees_all_of_them() {
    let doubt = |text: &str| at_here(text, |scopes, place| scopes.check_name(place, "x"));
    for function in ["exec(a)", "eval(a)", "globals()"] {
        let text = format!("x = 1\ndef f(): {function}\nhere");
        assert!(matches!(doubt(&text), Err(Doubt::Dynamic(..))), "{text}");
    }
    for function in ["locals()", "vars()"] {
        assert!(doubt(&format!("x = 1\ndef f(): {function}\nhere")).is_ok());
        let text = format!("def f(x):\n  {function}\n  here");
        assert!(matches!(doubt(&text), Err(Doubt::Dynamic(..))), "{text}");
    }
}

#[test]
fn the_scope_that_binds_a_name_says_what_it_means() {
    let meaning = |text: &str| at_here(text, |scopes, place| scopes.meaning(place, "x"));
    let imported = |name: &str| Meaning::Imported(vec![name.to_owned()]);
    assert_eq!(meaning("import x\nhere"), imported("x"));
    assert_eq!(meaning("from . import x\ndef f(): here"), imported(".x"));
    assert_eq!(meaning("import x\nx = 1\nhere"), Meaning::Rebound(vec!["x".to_owned()]));
    assert_eq!(meaning("import x\nx = 1\ndef f(): import a.b as x; here"), imported("a.b"));
    assert_eq!(meaning("import x\ndef f(x): here"), Meaning::Own);
    assert_eq!(
        meaning("import x\ndef f():\n  global x\n  x = 1\nhere"),
        Meaning::Rebound(vec!["x".to_owned()])
    );
    assert_eq!(meaning("import x\nclass C:\n  x = 1\n  def m(self): here"), imported("x"));
    assert_eq!(meaning("import x\n[here for x in a]"), Meaning::Own);
    assert_eq!(meaning("from a import *\nhere"), Meaning::Unbound);
}

#[test]
fn code_may_be_nested_deeply() {
    let text = format!("x = 1\ny = {}here\n", "x + ".repeat(3_000));
    assert!(is_bound(&text));
    let deep = format!("{}1", "-".repeat(100_000));
    let error = PythonFile::parse(deep.as_bytes()).expect_err("too deep");
    assert!(error.to_string().contains("levels deep"), "{error}");
}
