//! Repositories of other users: git works in none, unless `safe.directory` allows it.

use crate::common::{Repo, Snapshot, for_each_git, quoted_binary, skip, text};
use crate::judge;

const LINES: &[&str] = &[
    "status",
    "check",
    "check --rev HEAD",
    "ci --base HEAD --head HEAD",
    "reserve --ns 100 --type 01",
    "deprecate --reason test docs/guide.md",
    "allocate new.md",
    "inject src/app.py",
    "rename --to-id-prefix src/app.py",
    "mv notes.txt other.txt",
    "show docs/guide.md",
    "list",
    "scan",
    "export --format json",
    "metrics",
    "reconcile",
    "backup create",
    "schedule run nightly",
    "init",
    "install",
    "uninstall",
    "doctor",
    "doctor --fix",
    "hook pre-commit",
];

const HINT: &str = "hint: if you trust its owner: ";

/// Returns what there is in the git directory, with the time of its last change.
fn git_dir(repo: &Repo) -> String {
    repo.sh("find .git -printf '%p %T@ %s\\n' | sort").ok().stdout()
}

/// Asserts that everything is refused with git's remedy, which is returned.
fn refuses(repo: &Repo) -> String {
    repo.try_git("status").refused().complains("dubious ownership").done();
    let before = git_dir(repo);
    let mut remedy = String::new();
    for line in LINES {
        let answer = repo.idhooks(*line).code(2).explains("dubious ownership");
        let stderr = answer.stderr();
        let hint = stderr.lines().find_map(|line| line.strip_prefix(HINT)).unwrap_or_default();
        let command = "git config --global --add safe.directory ";
        assert!(hint.starts_with(command), "{answer}");
        remedy = hint.to_owned();
    }
    assert_eq!(git_dir(repo), before);
    // What comes after the fact never fails.
    repo.idhooks("hook post-merge").ok().complains("dubious ownership").done();
    remedy
}

#[test]
fn what_git_calls_unsafe() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.stage("new.md", text("new"));
        let before = Snapshot::of(&repo);
        let strange = repo.with("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1");
        let remedy = refuses(&strange);
        before.assert_same(&repo);
        repo.sh(&remedy).ok().done();
        strange.idhooks("check --rev HEAD").ok().done();
        strange.idhooks("reserve --ns 100 --type 01").ok().done();
        strange.commit("new");
        judge::assert_good(&repo);
        // As in git, the setting of the repository itself does not count.
        repo.run("config --global --unset-all safe.directory");
        repo.run("config safe.directory *");
        refuses(&strange);
        repo.run("config --global safe.directory *");
        strange.idhooks("status").ok().done();
    });
}

#[test]
fn a_repository_that_belongs_to_another_user() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.stage("new.md", text("new"));
        repo.run("config core.sharedRepository group");
        repo.run("clone -q --bare . ../bare");
        repo.run("worktree add -q ../linked");
        let all = "../work ../bare ../linked";
        if !repo.sh(&format!("chown -R 65533 {all}")).succeeded() {
            skip("files cannot be given to another user here");
            return;
        }
        let remedy = refuses(&repo);
        for (place, line) in [("bare", "check --rev HEAD"), ("linked", "status")] {
            repo.beside(place).idhooks(line).code(2).explains("dubious ownership").done();
        }
        // Only the working tree, only its link to the git directory.
        repo.sh(&format!("chown -R $(id -u) {all}; chown 65533 . ../linked/.git")).ok().done();
        for place in ["work", "linked"] {
            repo.beside(place).idhooks("status").code(2).explains("dubious ownership").done();
        }
        repo.sh(&format!("chown -R 65533 {all}")).ok().done();
        repo.sh(&remedy).ok().done();
        repo.idhooks("status").ok().done();
        repo.idhooks("allocate new.md").ok().done();
        // The settings of the repository count like git's.
        let mode = repo.sh("stat -c %a .git/idhooks/given").ok().stdout();
        assert_eq!(mode.trim(), "660");
        repo.commit("new");
        repo.beside("bare").idhooks("check --rev HEAD").code(2).done();
        repo.run("config --global --add safe.directory *");
        repo.beside("bare").idhooks("check --rev HEAD").ok().done();
        repo.beside("linked").commit_file("more.md", text("more"));
        judge::assert_good(&repo);
        // Whoever owns it needs no leave.
        let program = quoted_binary();
        repo.run("config --global --unset-all safe.directory");
        let owner = "setpriv --reuid=65533 --regid=65533 --clear-groups --";
        repo.sh(&format!("chmod 777 .. && chown -R 65533:65533 {all}")).ok().done();
        let able = repo.sh(&format!("{owner} {program} --version")).succeeded();
        if able {
            repo.sh(&format!("{owner} {program} status")).ok().done();
        }
        repo.sh(&format!("chown -R $(id -u) {all}")).ok().done();
    });
}
