//! Places where idhooks cannot or need not work: no repository, bare, not installed, detached.

use crate::common::{Repo, Snapshot, for_each_git, on_adopted, text};
use crate::judge;
use crate::reviewed::assert_text;

const COMMANDS: [&str; 10] = [
    "init",
    "install",
    "uninstall",
    "check",
    "list",
    "show a.md",
    "status",
    "allocate a.md",
    "resolve",
    "hook pre-commit",
];

#[test]
fn not_a_repository() {
    for_each_git(|git| {
        let nowhere = Repo::nowhere(git);
        nowhere.write("a.md", text("a"));
        for command in COMMANDS {
            nowhere.idhooks(command).code(2).explains("git repository").done();
        }
        let mut found = std::fs::read_dir(nowhere.path()).expect("a directory is readable");
        assert!(found.next().is_some() && found.next().is_none(), "something was written");
    });
}

#[test]
fn a_directory_that_is_not_there() {
    for_each_git(|git| {
        let nowhere = Repo::nowhere(git);
        for command in COMMANDS {
            let command = format!("-C missing {command}");
            nowhere.idhooks(command.as_str()).code(2).explains("no directory 'missing'").done();
        }
    });
}

#[test]
fn what_git_exports_means_what_it_means_to_git() {
    for_each_git(|git| {
        let outer = Repo::empty(git);
        outer.run("init -q -b main inner");
        let (inner, sub) = (outer.below("inner"), outer.below("inner/sub"));
        inner.stage("sub/a.md", text("a"));
        let there = sub.with("GIT_DIR", "../.git").with("GIT_WORK_TREE", "..");
        there.idhooks("install").ok().done();
        there.idhooks("init --scope 260118").ok().done();
        assert!(inner.exists(".git/hooks/pre-commit") && inner.exists("idhooks.toml"));
        assert!(!outer.exists(".git/hooks/pre-commit") && !outer.exists("idhooks.toml"));
        assert!(!outer.ask("config --local --list").contains("idhooks"));
        inner.commit("adopt");
        let checked = there.idhooks("check").ok();
        assert_text(
            "bad_input-places-what_git_exports_means_what_it_means_to_git",
            &checked.stderr(),
        );
        sub.with("GIT_INDEX_FILE", ".git/index").idhooks("check --strict").ok().done();
        outer.with("GIT_DIR", ".git").idhooks("-C inner check --strict").ok().done();
        there.idhooks("uninstall").ok().done();
        assert!(!inner.exists(".git/hooks/pre-commit"));
        assert!(!inner.ask("config --local --list").contains("idhooks"));
    });
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written() {
    on_adopted(|repo| {
        let binary = env!("CARGO_BIN_EXE_idhooks");
        repo.write("../full.sh", "set -u\n\"$1\" list >/dev/full 2>../said; test $? = 2 && grep -q '^error: cannot write to the standard output: ' ../said");
        repo.script(&repo.root().join("full.sh"), binary);
    });
}

#[test]
fn a_bare_repository() {
    for_each_git(|git| {
        let bare = Repo::empty_with(git, "--bare");
        let config = bare.read("config");
        for command in ["init", "install", "check", "status", "allocate a.md", "resolve"] {
            bare.idhooks(command).code(2).explains("bare").done();
        }
        assert_eq!(bare.read("config"), config);
    });
}

#[test]
fn a_commit_of_a_bare_repository_can_be_checked() {
    on_adopted(|repo| {
        repo.run("clone -q --bare . ../bare");
        let bare = repo.beside("bare");
        assert_eq!(bare.findings("--rev main"), [""; 0]);
    });
}

#[test]
fn an_unborn_head() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.init_and_install("");
        for command in ["check", "status", "list", "install", "init"] {
            repo.idhooks(command).ok().done();
        }
    });
}

#[test]
fn not_installed() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.stage("a.md", text("a"));
        repo.idhooks("init --scope 260118").ok().done();
        repo.commit("adopt");
        assert_eq!(repo.findings(""), [""; 0]);
        repo.idhooks("check").ok().done();
        let status = repo.idhooks("status").ok();
        assert_text("bad_input-places-not_installed", &status.stdout());
        repo.idhooks("install").ok().done();
        let status = repo.idhooks("status").ok();
        assert!(!status.stdout().contains("idhooks install"), "{status}");
        judge::assert_good(&repo);
    });
}

#[test]
fn a_clone_that_never_installed_is_healed() {
    on_adopted(|repo| {
        repo.run("clone -q . ../other");
        let other = repo.beside("other");
        other.mv("notes.txt", "docs/notes.txt");
        other.commit_file("other.md", text("other"));
        let (id, bad) = (repo.id("notes.txt"), other.rev("HEAD"));
        other.idhooks("install").ok().done();
        other.commit_file("healing.md", text("healing"));
        assert_eq!(other.id("docs/notes.txt"), id);
        judge::assert_consistent_except(&other, &[&bad]);
        judge::assert_clean(&other);
    });
}

#[test]
fn a_detached_head() {
    on_adopted(|repo| {
        repo.run("checkout -q --detach");
        assert_eq!(repo.findings(""), [""; 0]);
        for command in ["status", "list", "install", "init", "resolve"] {
            repo.idhooks(command).ok().done();
        }
        repo.commit_file("new.md", text("new"));
        judge::assert_good(repo);
    });
}

#[test]
fn installing_twice_and_uninstalling() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        let hook = "#!/bin/sh\n# theirs, without a final line end\ntrue";
        repo.write(".git/hooks/post-merge", hook);
        repo.write(".git/info/attributes", "*.bin -text\n");
        let before = (repo.read(".git/config"), git_files(&repo));
        repo.init_and_install("");
        let installed = (repo.read(".git/config"), git_files(&repo));
        repo.idhooks("install").ok().done();
        assert_eq!((repo.read(".git/config"), git_files(&repo)), installed);
        repo.idhooks("uninstall").ok().done();
        assert_eq!((repo.read(".git/config"), git_files(&repo)), before);
        repo.idhooks("uninstall").ok().done();
    });
}

/// Returns names and contents of the hooks and of `info/attributes`.
fn git_files(repo: &Repo) -> Vec<(std::ffi::OsString, Vec<u8>)> {
    let hooks = std::fs::read_dir(repo.path().join(".git/hooks")).expect("there are hooks");
    let mut files: Vec<_> = hooks
        .map(|entry| entry.expect("an entry is readable"))
        .map(|entry| (entry.file_name(), std::fs::read(entry.path()).expect("a hook is readable")))
        .collect();
    files.sort();
    files.push(("attributes".into(), repo.read(".git/info/attributes")));
    files
}

#[test]
fn adopting_twice_changes_nothing() {
    on_adopted(|repo| {
        let before = Snapshot::of(repo);
        repo.idhooks("init").ok().done();
        before.assert_same(repo);
    });
}

#[test]
fn a_dry_run_changes_nothing() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.stage("a.md", text("a"));
        let (before, config) = (Snapshot::of(&repo), repo.read(".git/config"));
        repo.idhooks("init --dry-run").ok().done();
        repo.idhooks("install --dry-run").ok().done();
        before.assert_same(&repo);
        assert_eq!(repo.read(".git/config"), config);
    });
}

#[test]
fn attributes_that_were_there_are_kept() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.commit_file(".gitattributes", "*.png binary");
        repo.append(".gitattributes", "\n*.jpg binary\n");
        repo.init_and_install("");
        repo.commit("adopt");
        let committed = repo.ask("show HEAD:.gitattributes");
        assert!(
            committed.starts_with("*.png binary\n") && !committed.contains("jpg"),
            "{committed}"
        );
        assert!(committed.lines().skip(1).all(|line| line.contains("idhooks")), "{committed}");
        judge::assert_status(&repo, " M .gitattributes\n");
        let working = String::from_utf8(repo.read(".gitattributes")).expect("plain text");
        assert!(working.contains("jpg") && working.contains("idhooks"), "{working}");
    });
}

#[test]
fn ignore_rules_do_not_hide_the_registry() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.stage(".gitignore", "*\n");
        let repo = repo.adopt("");
        repo.stage("new.md", text("new"));
        repo.commit("new");
        assert_eq!(repo.id("new.md").len(), 16);
        judge::assert_good(&repo);
    });
}

#[test]
fn every_code_is_explained() {
    for_each_git(|git| {
        let nowhere = Repo::nowhere(git);
        for code in ["DUPLICATE_ID", "MISSING_ID", "STALE_PATH", "REGISTRY_CORRUPT", "CAPACITY"] {
            let answer = nowhere.idhooks(["explain", code]).ok();
            assert!(answer.stdout().contains(code), "{answer}");
        }
    });
}

#[test]
fn within_the_git_directory() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let inside = repo.below(".git");
        for command in ["status", "check", "reconcile", "doctor", "install"] {
            let answer = inside.idhooks(command).code(2);
            assert!(answer.stderr().contains("inside a git directory"), "{answer}");
            answer.done();
        }
        let answer = repo.idhooks("show .").code(2);
        assert_text("bad_input-places-within_the_git_directory", &answer.stderr());
        answer.done();
    });
}
