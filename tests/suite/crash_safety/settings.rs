//! The same day's work under settings of git that change what merges, renames, indexes and
//! commits look like.

use std::path::Path;
use std::process::Command;

use crate::common::{Git, Repo, for_each_git, skip, text, write_script};
use crate::formats::work;
use crate::judge;

/// Works in a repository with these settings.
fn works(git: &Git, settings: &[&str]) -> Repo {
    let repo = Repo::empty(git);
    for setting in settings {
        repo.run(format!("config {setting}").as_str());
    }
    let repo = repo.adopt("");
    repo.commit_file("docs/naïve \u{e9}.md", text("composed"));
    repo.commit_file("docs/nai\u{308}ve e\u{301}.md", text("decomposed"));
    work(&repo);
    repo
}

#[test]
fn names() {
    for_each_git(|git| {
        let repo = works(git, &["core.ignoreCase true", "core.precomposeUnicode true"]);
        let id = repo.id("README.md");
        repo.mv("README.md", "Readme.md");
        repo.commit("another case");
        assert_eq!(repo.id("Readme.md"), id);
    });
}

#[test]
fn no_renames_in_merges() {
    for_each_git(|git| {
        works(git, &["merge.renames false", "diff.renames false", "core.fileMode false"]);
    });
}

#[test]
fn copies_and_moved_directories() {
    for_each_git(|git| {
        let copies = ["diff.renames copies", "merge.renames copies"];
        let rest = ["merge.directoryRenames true", "merge.ff false", "core.autocrlf input"];
        let repo = works(git, &[&copies[..], &rest].concat());
        repo.run("checkout -q -b late");
        repo.commit_file("docs/late.md", text("late"));
        let late = repo.id("docs/late.md");
        repo.run("checkout -q -b away main");
        repo.run("mv docs manual");
        repo.commit("move the directory");
        repo.run("checkout -q main");
        repo.commit_file("docs/new.md", text("new in docs"));
        let new = repo.id("docs/new.md");
        repo.run("merge -q --no-edit away");
        repo.run("checkout -q late");
        repo.run("rebase -q main");
        assert_eq!([repo.id("manual/new.md"), repo.id("manual/late.md")], [new, late]);
        crate::judge::assert_good(&repo);
    });
}

#[test]
fn a_file_system_monitor() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        let program = repo.root().join("monitor");
        // Says that everything may have changed.
        script(&program, "printf 'token\\0/\\0'; echo asked >>\"$0.log\"");
        repo.run(["config", "core.fsmonitor", &format!("'{}'", program.display())]);
        let repo = repo.adopt("");
        repo.run("update-index --fsmonitor");
        work(&repo);
        assert!(program.with_extension("log").exists(), "nobody asked");
    });
}

fn script(path: &Path, line: &str) {
    write_script(path, &format!("#!/bin/sh\n{line}\n"));
}

#[test]
fn signatures_by_ssh() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        let key = repo.root().join("key");
        let mut made = Command::new("ssh-keygen");
        made.args(["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f"]).arg(&key);
        if !made.status().is_ok_and(|made| made.success()) {
            skip("ssh-keygen is not installed");
            return;
        }
        let public = key.with_extension("pub");
        repo.run("config gpg.format ssh");
        sign(&repo, public.to_str().expect("a plain path"), "SSH");
    });
}

#[test]
fn signatures_by_gpg() {
    for_each_git(|git| {
        let home = tempfile::Builder::new().prefix("gpg").tempdir().expect("a directory");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(home.path(), mode).expect("own directory");
        let gpg = |program: &str, args: &str| {
            let mut command = Command::new(program);
            command.args(args.split(' ')).env("GNUPGHOME", home.path());
            command.output().is_ok_and(|answer| answer.status.success())
        };
        let key = "--batch --passphrase= --quick-gen-key carl@example.org ed25519 sign never";
        if !gpg("gpg", key) {
            skip("gpg is not installed, or makes no keys");
            return;
        }
        let repo = Repo::empty(git).with("GNUPGHOME", home.path().to_str().expect("plain"));
        sign(&repo, "carl@example.org", "PGP");
        gpg("gpgconf", "--kill all");
    });
}

/// Works with every commit signed, merge commits that are completed afterwards too.
fn sign(repo: &Repo, key: &str, kind: &str) {
    repo.run(["config", "user.signingKey", key]);
    repo.run("config commit.gpgSign true");
    repo.run("config merge.directoryRenames true");
    let repo = repo.clone().adopt("");
    work(&repo);
    repo.run("checkout -q main");
    repo.run("branch -q -D side");
    crate::merges::shapes::move_a_directory_against_an_addition(&repo);
    repo.run("merge -q --no-edit side");
    crate::judge::assert_good(&repo);
    for commit in repo.ask("rev-list --branches").lines() {
        let raw = repo.ask(["cat-file", "commit", commit]);
        assert!(raw.contains(&format!("gpgsig -----BEGIN {kind} SIGNATURE-----")), "{raw}");
    }
}

#[test]
fn filters_and_encodings_for_every_json() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.run("config filter.upper.clean false");
        repo.run("config filter.upper.required true");
        repo.stage(".gitattributes", "*.json filter=upper ident working-tree-encoding=UTF-16LE\n");
        let repo = repo.adopt("");
        work(&repo);
        repo.run("clone -q . ../clone");
        let clone = repo.beside("clone");
        assert_eq!(clone.read(".idhooks/registry.json"), clone.registry("HEAD"));
        judge::assert_good(&clone);
    });
}
