//! A clone without hooks.

use std::fs;
use std::os::unix::fs::symlink;

use crate::install::fixture::{EVENTS, Snapshot, World, err, out};
use crate::reviewed::assert_text;

const INSTALLED: &str = "\
pre-commit: installed
post-merge: installed
post-checkout: installed
post-rewrite: installed
merge driver: installed in the local configuration
attributes: installed in '.git/info/attributes'
hint: this repository has no registry yet; to create one: idhooks init
";

const ALREADY: &str = "\
pre-commit: already installed
post-merge: already installed
post-checkout: already installed
post-rewrite: already installed
merge driver: already installed
attributes: already installed
hint: this repository has no registry yet; to create one: idhooks init
";

#[test]
fn installs_once_and_leaves_nothing() {
    World::each(|w| {
        let before = w.snapshot("repo");
        assert_eq!(w.install("repo"), INSTALLED);
        let installed = w.snapshot("repo");
        assert_eq!(w.install("repo"), ALREADY);
        assert_eq!(w.snapshot("repo"), installed, "a second run changes nothing");

        let added: Vec<_> = installed.keys().filter(|k| !before.contains_key(*k)).collect();
        assert_eq!(
            added,
            [
                ".git/hooks/post-checkout",
                ".git/hooks/post-merge",
                ".git/hooks/post-rewrite",
                ".git/hooks/pre-commit",
                ".git/info/attributes"
            ]
        );
        assert_eq!(installed[".git/hooks/pre-commit"].0 & 0o111, 0o111);
        let program = w.program().display().to_string();
        let configured = w.git("repo", &["config", "--local", "--get-regexp", "^merge[.]"]);
        let lines: Vec<&str> = configured.lines().collect();
        assert_eq!(lines.len(), 6, "{configured}");
        let (driver, legacy) = (lines[0], lines[4]);
        let start = |key: &str| {
            format!(
                "merge.{key}.driver idhooks_path='{program}'; idhooks_version={}; ",
                env!("CARGO_PKG_VERSION")
            )
        };
        assert!(driver.starts_with(&start("idhooks")), "{driver}");
        assert!(driver.contains("\"$1\" merge-driver %O %A %B %L %P;"), "{driver}");
        assert!(legacy.starts_with(&start("idhooks-legacy")), "{legacy}");
        assert!(legacy.contains("\"$1\" merge-driver --legacy %O %A %B %L %P;"), "{legacy}");
        assert_eq!(
            [lines[1], lines[5], lines[2], lines[3]],
            [
                "merge.idhooks.name idhooks registry",
                "merge.idhooks-legacy.name idhooks legacy file",
                "merge.idhooks-generated.driver true",
                "merge.idhooks-generated.name idhooks generated files",
            ]
        );
        assert_eq!(
            w.git("repo", &["check-attr", "merge", "eol", "--", ".idhooks/registry.json"]),
            ".idhooks/registry.json: merge: idhooks\n.idhooks/registry.json: eol: lf\n"
        );
        w.uninstall("repo");
        assert_eq!(w.snapshot("repo"), before);
        assert_eq!(
            w.uninstall("repo"),
            INSTALLED
                .lines()
                .filter_map(|line| line.split_once(": inst"))
                .fold(String::new(), |all, (part, _)| all + part + ": not installed\n")
        );
    });
}

#[test]
fn a_dry_run_changes_nothing() {
    World::each(|w| {
        let before = w.snapshot("repo");
        let output = w.idhooks("repo", &["install", "--dry-run"]);
        assert_eq!(
            out(&output),
            INSTALLED.lines().filter_map(|line| line.split_once(": inst")).fold(
                String::new(),
                |all, (part, rest)| all + part + ": would be inst" + rest + "\n"
            )
        );
        assert_eq!(w.snapshot("repo"), before);
        w.install("repo");
        let installed = w.snapshot("repo");
        let output = w.idhooks("repo", &["uninstall", "--dry-run"]);
        assert!(out(&output).starts_with("pre-commit: would be removed\n"));
        assert_eq!(w.snapshot("repo"), installed);
    });
}

#[test]
fn directories_that_were_made_go_again() {
    World::each(|w| {
        fs::remove_dir_all(w.path("repo/.git/hooks")).expect("there");
        fs::remove_dir_all(w.path("repo/.git/info")).expect("there");
        let before = w.snapshot("repo");
        w.install("repo");
        assert!(w.path("repo/.git/hooks/pre-commit").is_file());
        // An update keeps in mind what was made.
        let stub = w.path("repo/.git/hooks/pre-commit");
        let text = fs::read_to_string(&stub).expect("text");
        fs::write(&stub, text.replace("idhooks_code=0", "idhooks_code=00")).expect("writable");
        assert!(w.install("repo").starts_with("pre-commit: updated\n"));
        assert_eq!(fs::read_to_string(&stub).expect("text"), text);
        w.uninstall("repo");
        assert_eq!(w.snapshot("repo"), before);

        fs::create_dir(w.path("repo/.git/hooks")).expect("writable");
        let before = w.snapshot("repo");
        w.install("repo");
        w.uninstall("repo");
        assert_eq!(w.snapshot("repo"), before, "a directory that was there stays");
    });
}

#[test]
fn attributes_that_were_there_come_back() {
    World::each(|w| {
        for original in [&b"* text=auto"[..], b"*.png -diff\r\n", b"", b"\xff binary\n\n"] {
            fs::write(w.path("repo/.git/info/attributes"), original).expect("writable");
            let before = w.snapshot("repo");
            w.install("repo");
            let set = w.git("repo", &["check-attr", "merge", "--", ".idhooks/registry.json"]);
            assert_eq!(set, ".idhooks/registry.json: merge: idhooks\n");
            w.uninstall("repo");
            assert_eq!(w.snapshot("repo"), before);
        }
    });
}

#[test]
fn an_edited_stub_keeps_the_edit() {
    World::each(|w| {
        w.install("repo");
        let stub = w.path("repo/.git/hooks/post-merge");
        let mut text = fs::read_to_string(&stub).expect("text");
        text.push_str("make all\n");
        fs::write(&stub, text).expect("writable");
        assert!(w.install("repo").contains("post-merge: already installed\n"));
        let said = w.uninstall("repo");
        assert_text("install-fresh-an_edited_stub_keeps_the_edit", &said);
        assert_eq!(fs::read_to_string(&stub).expect("text"), "#!/bin/sh\nmake all\n");
        for event in ["pre-commit", "post-checkout"] {
            assert!(!w.path("repo/.git/hooks").join(event).exists());
        }
    });
}

#[test]
fn all_events_call_the_program() {
    World::each(|w| {
        w.install("repo");
        w.record_calls(0);
        assert!(w.commit("repo", "a").status.success());
        assert_eq!(w.calls(), ["idhooks hook pre-commit"]);
        w.git("repo", &["checkout", "-q", "-b", "side"]);
        let head = w.git("repo", &["rev-parse", "HEAD"]);
        let head = head.trim();
        assert_eq!(w.calls(), [format!("idhooks hook post-checkout {head} {head} 1")]);
        assert!(w.commit("repo", "b").status.success());
        w.git("repo", &["checkout", "-q", "main"]);
        w.calls();
        w.git("repo", &["merge", "-q", "side"]);
        assert_eq!(w.calls(), ["idhooks hook post-merge 0"]);

        // A failing program stops a commit and nothing else.
        w.record_calls(7);
        assert_eq!(w.commit("repo", "c").status.code(), Some(1));
        assert_eq!(w.try_git("repo", &["checkout", "-q", "side"]).status.code(), Some(0));
        assert_eq!(w.calls().len(), 2);
    });
}

#[test]
fn hints_at_attributes_that_are_not_staged() {
    World::each(|w| {
        w.commit_registry("repo");
        let line = ".idhooks/registry.json merge=idhooks text eol=lf -filter -ident !working-tree-encoding linguist-generated\n";
        fs::write(w.path("repo/.gitattributes"), line).expect("writable");
        let said = w.install("repo");
        assert_text("install-fresh-hints_at_attributes_that_are_not_staged", &said);
        fs::remove_file(w.path("repo/.gitattributes")).expect("there");
        let said = w.install("repo");
        assert_text("install-fresh-hints_at_attributes_that_are_not_staged-2", &said);
        fs::write(w.path("repo/.gitattributes"), line).expect("writable");
        w.git("repo", &["add", "-A"]);
        let said = w.install("repo");
        assert!(!said.contains("hint:"), "{said}");
        assert_eq!(EVENTS.len() + 2, said.lines().count());
    });
}

#[test]
fn another_program_updates_everything_whatever_its_path() {
    World::each(|w| {
        let before = w.snapshot("repo");
        w.install("repo");
        let other = w.path("it's 100% \\o'ther %A/idhooks");
        fs::create_dir(other.parent().expect("has one")).expect("writable");
        symlink(env!("CARGO_BIN_EXE_idhooks"), &other).expect("writable");
        let install = || err(&w.command(&other, "repo", &["install"]).output().expect("runs"));
        let said = install();
        assert!(said.starts_with("pre-commit: updated\n"), "{said}");
        assert_text("install-fresh-another_program_updates_everything_whatever_its_path", &said);
        let said = install();
        assert!(said.starts_with("pre-commit: already installed\n"), "{said}");
        assert_text("install-fresh-another_program_updates_everything_whatever_its_path-2", &said);

        fs::remove_file(w.program()).expect("there");
        w.record_calls_at(&other, 0);
        w.commit_registry("repo");
        for (branch, text) in [("a", "1\n"), ("b", "2\n")] {
            w.git("repo", &["checkout", "-q", "-b", branch, "main"]);
            fs::write(w.path("repo/.idhooks/registry.json"), text).expect("writable");
            assert!(w.commit("repo", branch).status.success());
        }
        w.calls();
        w.git("repo", &["merge", "-q", "-m", "merge", "a"]);
        let calls = w.calls();
        assert!(calls[0].starts_with("idhooks merge-driver .merge_file_"), "{calls:?}");
        assert!(calls[0].ends_with(" 7 .idhooks/registry.json"), "{calls:?}");
        assert_eq!(calls[1..], ["idhooks hook post-merge 0"]);

        fs::remove_file(&other).expect("there");
        symlink(env!("CARGO_BIN_EXE_idhooks"), w.program()).expect("writable");
        w.uninstall("repo");
        let after = w.snapshot("repo");
        for name in [".git/hooks", ".git/config", ".git/info"] {
            let of = |all: &Snapshot| -> Snapshot {
                all.iter()
                    .filter(|(k, _)| k.starts_with(name))
                    .map(|(k, v)| (k.clone(), v.clone()))
                    .collect()
            };
            assert_eq!(of(&after), of(&before));
        }
    });
}
