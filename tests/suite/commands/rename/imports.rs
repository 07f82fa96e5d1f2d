//! Imports whose meaning depends on where Python looks for modules.

use std::process::Command;

use super::{as_shown, prefixed};
use crate::common::{Repo, Snapshot, on_adopted, skip};
use crate::reviewed::assert_text;

const RULE: &str = "[[file_names]]\npath = \"**/*.py\"\n";

/// Returns what a program of the repository prints; nothing where there is no Python.
fn prints(repo: &Repo, arguments: &[&str]) -> Option<String> {
    let mut python = Command::new("python3");
    python.arg("-B").args(arguments).current_dir(repo.path());
    match python.output() {
        Ok(answer) => {
            let said = String::from_utf8_lossy(&answer.stderr);
            assert!(answer.status.success(), "{arguments:?}: {said}");
            Some(String::from_utf8_lossy(&answer.stdout).trim().to_owned())
        }
        Err(error) => {
            skip(&format!("python3: {error}"));
            None
        }
    }
}

/// Commits a package in a tree whose top is a package, too.
fn commit_package(repo: &Repo) {
    repo.configure(RULE);
    for (path, content) in [
        ("__init__.py", ""),
        ("pkg/__init__.py", ""),
        ("pkg/logs.py", "def f():\n    return 'pkg.logs'\n"),
        ("logs.py", "def f():\n    return 'logs'\n"),
        ("tools/__init__.py", ""),
        ("tools/use.py", "from pkg import logs\n\n\ndef g():\n    return logs.f()\n"),
        ("run/main.py", "from pkg.logs import f\nfrom tools.use import g\nprint(f(), g())\n"),
        (
            "run/inside.py",
            "import work.logs\nfrom work.pkg.logs import f\nprint(work.logs.f(), f())\n",
        ),
    ] {
        repo.stage(path, content);
    }
    repo.commit("a package");
}

#[test]
fn the_top_of_the_tree_may_be_a_package() {
    on_adopted(|repo| {
        commit_package(repo);
        let (logs, inner) = (prefixed(repo, "logs.py"), prefixed(repo, "pkg/logs.py"));
        let mains = [prefixed(repo, "run/main.py"), prefixed(repo, "run/inside.py")];
        let runs = |[main, inside]: [&str; 2]| {
            let script =
                "import runpy, sys; sys.path[0] = sys.argv[1]; runpy.run_path(sys.argv[2])";
            let said = prints(repo, &["-c", script, ".", main]);
            assert!(said.is_none_or(|said| said == "pkg.logs pkg.logs"), "{main}");
            // Seen from above, the tree is the package `work`.
            let said = prints(repo, &["-c", script, "..", inside]);
            assert!(said.is_none_or(|said| said == "logs pkg.logs"), "{inside}");
        };
        runs(["run/main.py", "run/inside.py"]);
        as_shown(repo, "rename --to-id-prefix --all");
        assert!(repo.exists(&logs) && repo.exists(&inner));
        runs([&mains[0], &mains[1]]);
        repo.commit("there");
        as_shown(repo, "rename --from-id-prefix --all");
        runs(["run/main.py", "run/inside.py"]);
        repo.commit("back");
        assert_eq!(repo.ask("diff --stat HEAD~2 -- . :!.idhooks"), "");
    });
}

#[test]
fn an_import_that_cannot_be_decided_stops_the_run() {
    on_adopted(|repo| {
        repo.stage("app/__init__.py", "");
        repo.stage("app/helper.py", "def run():\n    return 1\n");
        repo.stage("app/main.py", "import helper\n\nprint(helper.run())\n");
        repo.commit("a script in a package");
        let line = "rename --to-id-prefix app/helper.py";
        let place =
            "app/main.py:1: 'helper' may mean 'app/helper.py', or something outside the repository";
        let before = Snapshot::of(repo);
        let answer = repo.idhooks(line).code(1).explains("1 import is ambiguous");
        let answer = answer.explains(place);
        assert!(answer.stdout().is_empty() && answer.stderr().contains("--force"), "{answer}");
        let answer = repo.idhooks(format!("{line} --dry-run").as_str()).code(1);
        assert!(answer.explains(place).stdout().contains("renamed from app/helper.py"));
        repo.idhooks(format!("{line} --keep-going").as_str()).code(1).done();
        before.assert_same(repo);
        // Relative it can mean one thing only.
        repo.stage("app/main.py", "from . import helper\n\nprint(helper.run())\n");
        as_shown(repo, line);
        repo.idhooks("rename --rollback").ok().done();
        repo.stage("app/main.py", "import helper\n\nprint(helper.run())\n");
        let answer = repo.idhooks(format!("{line} --force").as_str()).ok();
        assert_text(
            "commands-rename-imports-an_import_that_cannot_be_decided_stops_the_run",
            &answer.stderr(),
        );
        assert!(!repo.exists("app/helper.py"));
        assert_eq!(repo.read("app/main.py"), b"import helper\n\nprint(helper.run())\n");
        repo.commit("forced");
    });
}

#[test]
fn what_the_package_uses_by_name_follows() {
    on_adopted(|repo| {
        let init = "from .b import f\n\nx = b.f()\ndel b\n";
        for (path, content) in [
            ("pkg/__init__.py", init),
            (
                "pkg/b.py",
                "def f():\n    \"\"\"Does it.\n\n    >>> from pkg.b import f\n    \"\"\"\n    return 'b'\n",
            ),
            (
                "use.py",
                "from importlib import import_module\n\nimport pkg\n\nprint(pkg.x, import_module('pkg.b').f())\n",
            ),
        ] {
            repo.stage(path, content);
        }
        repo.commit("a package");
        let runs = || {
            let said = prints(repo, &["use.py"]);
            assert!(said.is_none_or(|said| said == "b b"));
        };
        runs();
        let new = prefixed(repo, "pkg/b.py");
        as_shown(repo, "rename --to-id-prefix pkg/b.py");
        let name = new.trim_start_matches("pkg/").trim_end_matches(".py");
        let module = String::from_utf8(repo.read(&new)).expect("text");
        assert!(module.contains(&format!(">>> from pkg.{name} import f")), "{module}");
        runs();
        repo.commit("there");
        as_shown(repo, &format!("rename --from-id-prefix {new}"));
        assert_eq!(repo.read("pkg/__init__.py"), init.as_bytes());
        runs();
        repo.commit("back");
    });
}

#[test]
fn a_file_in_another_encoding_stops_the_run() {
    on_adopted(|repo| {
        repo.configure(RULE);
        repo.stage("app/__init__.py", "");
        repo.stage("app/util.py", "def f():\n    return 1\n");
        repo.stage("main.py", b"# -*- coding: latin-1 -*-\n# \xe9\nfrom app import util\n");
        repo.commit("a program");
        let before = Snapshot::of(repo);
        let refused = repo.idhooks("rename --to-id-prefix app/util.py").code(1);
        let words = "main.py:3: the file is not UTF-8 text, and may import 'app/util.py'";
        refused.complains(words).complains("--force").done();
        before.assert_same(repo);
        repo.idhooks("rename --to-id-prefix app/util.py --force").ok().complains(words).done();
        repo.run("reset -q --hard");
    });
}
