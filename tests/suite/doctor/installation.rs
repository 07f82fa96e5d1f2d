//! Hooks, merge driver, attributes.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::{assert_says, complaints, said};
use crate::common::{Repo, for_each_git, write_script};

const HOOK: &str = ".git/hooks/pre-commit";

fn make(repo: &Repo, path: &str, text: &str, mode: u32) {
    repo.write(path, text);
    fs::set_permissions(repo.path().join(path), Permissions::from_mode(mode)).expect("own file");
}

#[test]
fn a_clone_in_order_has_no_complaints() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        assert!(complaints(&repo).is_empty(), "{:?}", complaints(&repo));
        let report = repo.idhooks("doctor").ok().complains("0 errors, 0 warnings").stdout();
        assert!(report.lines().all(|line| line.starts_with("ok  ")), "{report}");
        for check in ["git", "repository", "history", "objects", "checkout", "index", "case"] {
            assert_says(&repo, check, "ok", "", "");
        }
        for event in ["pre-commit", "post-merge", "post-checkout", "post-rewrite"] {
            assert_says(&repo, event, "ok", "runs idhooks", "");
        }
        let version = format!("runs idhooks {}", env!("CARGO_PKG_VERSION"));
        assert_says(&repo, "merge-driver", "ok", &version, "");
        assert_says(&repo, "attributes", "ok", "with idhooks", "");
        assert_says(&repo, "gitattributes", "ok", "for every clone", "");
        assert_says(&repo, "hooks-directory", "ok", "'.git/hooks'", "");
    });
}

#[test]
fn what_is_missing_is_an_error_where_the_repository_is_adopted() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.idhooks("uninstall").ok().done();
        let report = repo.idhooks("doctor --format json").code(1).json();
        let lines = report["lines"].as_array().expect("a list");
        let findings = lines.iter().filter(|line| line["finding"]["code"] == "NOT_INSTALLED");
        assert!(findings.clone().all(|line| line["finding"]["severity"] == "error"));
        assert_eq!(findings.count(), 6, "four hooks, driver, attributes");
        assert_says(&repo, "pre-commit", "error", "is not installed", "idhooks install");
        assert_says(&repo, "merge-driver", "error", "is not configured", "idhooks install");
        assert_says(&repo, "attributes", "error", "does not name", "idhooks install");

        let fresh = Repo::empty(git);
        fresh.idhooks("doctor").ok().done();
        assert_says(&fresh, "pre-commit", "note", "is not installed", "idhooks install");
        assert_says(&fresh, "registry", "note", "not adopted", "idhooks init");
        assert_says(&fresh, "gitattributes", "note", "does not name", "");
    });
}

#[test]
fn the_order_of_a_chain_and_its_faults_are_told() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.idhooks("uninstall").ok().done();
        make(&repo, HOOK, "#!/bin/sh\n", 0o755);
        make(&repo, ".git/hooks/post-merge", "#!/usr/bin/env nothing\n", 0o755);
        make(&repo, ".git/hooks/post-checkout", "#!/bin/sh\n", 0o644);
        make(&repo, ".git/hooks/post-rewrite", "#!/nowhere/perl\n", 0o755);
        assert_says(
            &repo,
            "pre-commit",
            "error",
            "does not run idhooks, but the existing hook",
            "install",
        );
        repo.idhooks("install").ok().done();
        assert_says(&repo, "pre-commit", "ok", "runs the existing hook, then idhooks", "");
        let then = "runs post-merge.before-idhooks, then idhooks";
        assert_says(&repo, "post-merge", "ok", then, "");
        assert_says(&repo, "post-checkout", "warning", "is not executable", "");
        assert_says(&repo, "post-rewrite", "warning", "needs '/nowhere/perl'", "");

        make(&repo, ".git/hooks/post-rewrite.before-idhooks", "#!/bin/sh\r\n", 0o755);
        assert_says(&repo, "post-rewrite", "warning", "CRLF", "");
        let stub = String::from_utf8(repo.read(HOOK)).expect("text");
        make(&repo, HOOK, &stub, 0o644);
        assert_says(&repo, "pre-commit", "error", "outdated or not executable", "idhooks install");
        assert_says(&repo, "pre-commit", "warning", "'pre-commit' is not executable", "");
        make(&repo, HOOK, &stub.replace("# <<< idhooks <<<", ""), 0o755);
        assert_says(&repo, "pre-commit", "error", "damaged", "remove the lines of idhooks from");
    });
}

#[test]
fn managers_are_named_with_what_to_tell_them() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        make(&repo, HOOK, "#!/bin/sh\ncall_lefthook run pre-commit \"$@\"\n", 0o755);
        assert_says(&repo, "pre-commit", "error", "does not run idhooks, but lefthook", "install");
        assert_says(&repo, "pre-commit", "note", "lefthook rewrites its hooks", "lefthook-local");
        repo.write("lefthook.yml", "pre-commit:\n  run: idhooks hook pre-commit\n");
        assert_says(&repo, "pre-commit", "ok", "idhooks, called by lefthook", "");
        assert_eq!(said(&repo, "pre-commit").len(), 1);

        make(&repo, HOOK, "#!/bin/sh\n# File generated by pre-commit: x\n", 0o755);
        repo.idhooks("install").ok().done();
        assert_says(&repo, "pre-commit", "ok", "runs idhooks, then pre-commit", "");
    });
}

#[test]
fn hooks_directories_elsewhere_are_named() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let shared = repo.root().join("shared");
        repo.run(["config", "--global", "core.hooksPath", shared.to_str().expect("plain")]);
        assert_says(&repo, "hooks-directory", "note", "global configuration); other", "");
        assert_says(&repo, "pre-commit", "error", "is not installed", "");
        fs::write(&shared, "").expect("writable");
        assert_says(&repo, "hooks-directory", "error", "hooks are off", "--show-origin");
        repo.run("config core.hooksPath .husky/_");
        assert_says(&repo, "hooks-directory", "note", "'.husky/_' (core.hooksPath, local", "");
    });
}

#[test]
fn a_driver_that_is_gone_or_another_is_told() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let command = repo.ask("config merge.idhooks.driver");
        let program = env!("CARGO_BIN_EXE_idhooks");
        let other = repo.root().join("other idhooks");
        let with = |path: &str| command.replace(program, path);
        let other = other.to_str().expect("a plain name");
        repo.run(["config", "merge.idhooks.driver", &with(other)]);
        assert_says(&repo, "merge-driver", "error", "other idhooks' does not exist", "install");
        write_script(other.as_ref(), "#!/bin/sh\necho idhooks 0.0.1\n");
        assert_says(&repo, "merge-driver", "warning", "which is 'idhooks 0.0.1'", "install");
        write_script(other.as_ref(), "#!/bin/sh\nexit 3\n");
        assert_says(&repo, "merge-driver", "error", "cannot be run", "install");
        repo.run(["config", "merge.idhooks.driver", &command]);
        let legacy = repo.ask("config merge.idhooks-legacy.driver");
        assert_eq!(legacy, command.replace(" merge-driver ", " merge-driver --legacy "));
        assert_says(&repo, "merge-driver", "ok", "runs idhooks", "");
        repo.run("config --unset merge.idhooks-legacy.driver");
        assert_says(&repo, "merge-driver", "error", "is outdated", "install");
        repo.idhooks("install").ok().done();
        assert_says(&repo, "merge-driver", "ok", "runs idhooks", "");
        repo.run("config merge.idhooks.driver cat");
        assert_says(&repo, "merge-driver", "error", "is outdated", "install");

        let stub = String::from_utf8(repo.read(HOOK)).expect("text").replace(program, "/gone");
        make(&repo, HOOK, &stub, 0o755);
        assert_says(&repo, "pre-commit", "warning", "'/gone' no longer exists", "");
    });
}

#[test]
fn attributes_that_something_overrides_are_told() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.append(".git/info/attributes", "*.json merge=union\n");
        assert_says(
            &repo,
            "attributes",
            "error",
            "with 'union', not with idhooks",
            "remove what follows",
        );

        let repo = Repo::adopted(git);
        repo.run("rm -q --cached .gitattributes");
        let command = &said(&repo, "gitattributes")[0];
        assert_eq!(
            (command.0.as_str(), command.2.as_str()),
            ("warning", "git add :/.gitattributes")
        );
        repo.remove(".gitattributes");
        repo.commit("without");
        assert_says(&repo, "gitattributes", "warning", "for other clones", "echo '");
        repo.below("docs").sh(&said(&repo, "gitattributes")[0].2).ok().done();
        assert_says(&repo, "gitattributes", "warning", "not committed yet", "git commit");
        repo.commit("with");
        assert_says(&repo, "gitattributes", "ok", "every clone", "");
    });
}
