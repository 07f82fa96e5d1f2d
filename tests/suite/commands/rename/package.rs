//! A package of many Python modules, whose own tests run all the way.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::process::Command;

use super::said;
use crate::common::{Dice, Repo, gits, is_long, skip};
use crate::judge;

/// How many modules there are by default, and with `IDHOOKS_TEST_ALL=1`.
const MODULES: [usize; 2] = [46, 480];
const PACKAGES: usize = 12;
/// How many scripts there are beside them.
const TOOLS: [usize; 2] = [4, 20];

fn modules() -> usize {
    MODULES[usize::from(is_long())]
}

fn tools() -> usize {
    TOOLS[usize::from(is_long())]
}

/// Where a module is.
fn package(n: usize) -> String {
    match n % PACKAGES {
        0 => "big".to_owned(),
        1 => "big.deep.inner".to_owned(),
        2 => "big.deep".to_owned(),
        other => format!("big.part{other}"),
    }
}

fn path(n: usize) -> String {
    format!("src/{}/m{n}.py", package(n).replace('.', "/"))
}

/// Returns the relative name of one package in another.
fn relative(from: &str, to: &str) -> String {
    let (from, to): (Vec<&str>, Vec<&str>) = (from.split('.').collect(), to.split('.').collect());
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    format!("{}{}", ".".repeat(from.len() - common + 1), to[common..].join("."))
}

/// Returns a module that says its number, and names some with smaller numbers in every form.
fn module(n: usize, dice: &mut Dice) -> String {
    let mut text = format!("\"\"\"Module {n}.\"\"\"\n");
    let mut sum = n.to_string();
    for form in 0..n.min(4) {
        let other = dice.roll(n);
        let (own, there) = (package(n), package(other));
        let near = relative(&own, &there);
        let of = if near.ends_with('.') { String::new() } else { ".".to_owned() };
        let name = format!("n{form}");
        let used = match dice.roll(9) {
            0 => (format!("import {there}.m{other}"), format!("{there}.m{other}.OWN")),
            1 => (format!("import {there}.m{other} as {name}"), format!("{name}.OWN")),
            2 => (format!("from {there} import m{other}"), format!("m{other}.OWN")),
            3 => (format!("from {there}.m{other} import OWN as {name}"), name),
            4 => (format!("from {near} import m{other}"), format!("m{other}.OWN")),
            5 => (format!("from {near}{of}m{other} import OWN as {name}"), name),
            6 => (
                format!("from {near} import (\n    m{other} as {name},  # why\n)"),
                format!("{name}.OWN"),
            ),
            7 => (
                format!("import os, {there}.m{other}"),
                format!(
                    "{there}.m{other}.total() - {there}.m{other}.total() + {there}.m{other}.OWN"
                ),
            ),
            _ => (format!("from {there} import m{other} as m{other}"), format!("m{other}.OWN")),
        };
        let _ = writeln!(text, "{}", used.0);
        let _ = write!(sum, " + {}", used.1);
    }
    let _ = write!(text, "\nOWN = {n}\n\n\ndef total():\n    return {sum}\n");
    text
}

/// Returns the modules' numbers, each with the sum of what it names.
fn tests(texts: &[String]) -> String {
    let mut text = "import unittest\n\nimport big.m0\nfrom big import m12 as first\n".to_owned();
    let mut body = String::new();
    for (n, module) in texts.iter().enumerate() {
        let _ = writeln!(text, "import {}.m{n}", package(n));
        let _ = writeln!(
            body,
            "        self.assertEqual({}.m{n}.total(), {})",
            package(n),
            total(n, module)
        );
    }
    text + "\n\nclass Totals(unittest.TestCase):\n    def test_totals(self):\n        self.assertEqual(first.OWN, big.m12.OWN)\n"
        + &body
}

/// Returns what a module's sum must be: its number and those of the modules it names.
fn total(n: usize, text: &str) -> usize {
    let imports = text.lines().filter(|line| {
        line.starts_with("import ") || line.starts_with("from ") || line.starts_with("    m")
    });
    let number = |line: &str| {
        let words = line.split(|c: char| !c.is_alphanumeric());
        let mut numbers = words.filter_map(|word| word.strip_prefix('m')?.parse::<usize>().ok());
        numbers.next().unwrap_or(0)
    };
    n + imports.map(number).sum::<usize>()
}

fn write_package(repo: &Repo) {
    let mut dice = Dice::new(5);
    let texts: Vec<String> = (0..modules()).map(|n| module(n, &mut dice)).collect();
    for (n, text) in texts.iter().enumerate() {
        repo.write(path(n), text);
        let mut dir = package(n).replace('.', "/");
        loop {
            repo.write(format!("src/{dir}/__init__.py"), "");
            match dir.rsplit_once('/') {
                Some((above, _)) => dir = above.to_owned(),
                None => break,
            }
        }
    }
    for n in 0..tools() {
        // Scripts beside each other.
        let other = (n + 1) % tools();
        repo.write(
            format!("tools/tool{n}.py"),
            format!(
                "import tool{other}\nOWN = {n}\n\n\ndef next_one():\n    return tool{other}.OWN\n"
            ),
        );
    }
    repo.write("tests/test_big.py", tests(&texts));
    repo.write("tests/test_tools.py", "import sys, unittest\n\nsys.path.insert(0, 'tools')\n");
    repo.write("docs/map.md", "[first](../src/big/m0.py), [tool](../tools/tool3.py#L2)\n");
    repo.run("add .");
}

/// Runs the tests of the package, with a Python that leaves nothing behind.
fn runs(repo: &Repo) {
    let mut python = Command::new("python3");
    python.args(["-B", "-m", "unittest", "discover", "-s", "tests"]);
    python.current_dir(repo.path()).env("PYTHONPATH", "src");
    match python.output() {
        Err(error) => skip(&format!("python3: {error}")),
        Ok(answer) => {
            let said = String::from_utf8_lossy(&answer.stderr);
            assert!(answer.status.success() && said.contains("Ran 1 test"), "{said}");
        }
    }
}

fn tracked(repo: &Repo) -> BTreeMap<String, Vec<u8>> {
    let list = repo.ask("ls-files");
    list.lines()
        .filter(|path| !path.starts_with(".idhooks"))
        .map(|path| (path.to_owned(), repo.read(path)))
        .collect()
}

/// Returns the identities of the modules, which are at these paths.
fn ids(repo: &Repo, path: impl Fn(usize) -> String) -> Vec<String> {
    let ids = judge::View::of(repo, "HEAD").ids();
    (0..modules()).map(|n| ids[path(n).as_bytes()].clone()).collect()
}

#[test]
fn a_package_goes_there_and_back() {
    let repo = Repo::adopted(&gits()[0]);
    write_package(&repo);
    repo.configure("[[file_names]]\npath = [\"src/big/\", \"tools/\"]\n");
    let files = tracked(&repo);
    let ids = ids(&repo, path);
    runs(&repo);
    let told = repo.idhooks("rename --to-id-prefix --all").ok();
    let renamed = format!("renamed {} files", modules() + tools());
    assert!(told.stderr().contains(&renamed), "{told}");
    assert!(!told.stderr().contains("warning"), "{told}");
    assert_eq!(repo.ask("diff --name-only"), "");
    runs(&repo);
    repo.commit("there");
    let prefixed = |n: usize| {
        let old = path(n);
        let (dir, name) = old.rsplit_once('/').expect("in a directory");
        format!("{dir}/P_{}_{name}", ids[n])
    };
    assert_eq!(self::ids(&repo, prefixed), ids);
    assert!(repo.findings("--strict").is_empty());
    said(&repo, "rename --from-id-prefix --all");
    assert_eq!(tracked(&repo), files);
    runs(&repo);
    repo.commit("back");
    assert_eq!(self::ids(&repo, path), ids);
    assert!(repo.findings("--strict").is_empty());
    judge::assert_all_consistent(&repo);
    judge::assert_status(&repo, "");
}
