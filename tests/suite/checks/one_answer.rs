//! A rename that no hook saw: whoever is asked says the same, and 'idhooks reconcile' does it.

use super::commit_unseen;
use crate::common::{Repo, Snapshot, for_each_git, text};
use crate::reviewed::assert_text;

/// What must not be said of a file that was renamed.
const WRONG: [&str; 4] = ["retire", "deprecates", "allocates one", "allocate memo.txt"];

/// Moves a file, and returns what everybody must say of it.
fn moved(repo: &Repo) -> String {
    let id = repo.id("notes.txt");
    repo.mv("notes.txt", "memo.txt");
    format!("{id} moves from 'notes.txt' to 'memo.txt'")
}

/// Asserts that each of the commands says it, of the file and of the identity.
fn assert_one_answer(repo: &Repo, answer: &str, code: i32) {
    for line in [
        "check",
        "check --format github",
        "check --format json",
        "check --format sarif",
        "check --format markdown",
        "drift",
        "drift --format json",
    ] {
        let said = repo.idhooks(line).code(code).stdout();
        // The rules of SARIF come first.
        let said = said.rsplit("\"results\":").next().unwrap_or_default();
        let times = said.matches(&answer.replace('\'', "")).count() + said.matches(answer).count();
        assert!(times >= 2, "{line}: {said}");
        assert!(WRONG.iter().all(|wrong| !said.contains(wrong)), "{line}: {said}");
        let is_named = said.contains("idhooks reconcile --dry-run") || line.starts_with("drift");
        assert!(is_named, "{line}: {said}");
    }
    refuses_to_allocate(repo, answer);
    let shown = repo.idhooks("show memo.txt").code(2).complains(answer).stderr();
    assert!(WRONG.iter().all(|wrong| !shown.contains(wrong)), "{shown}");
    let status = repo.idhooks("status --format json").ok().json();
    let errors = if code == 0 { 0 } else { 2 };
    assert_eq!(status["index"]["error"], errors, "{status}");
    let reconciled = repo.idhooks("reconcile --dry-run").ok().stdout();
    // Step by step, where a commit moved it first.
    assert!(
        reconciled.contains("renamed from ") && reconciled.contains(" to memo.txt"),
        "{reconciled}"
    );
}

fn refuses_to_allocate(repo: &Repo, answer: &str) {
    let before = Snapshot::of(repo);
    let said = repo.idhooks("allocate memo.txt").code(2);
    let error = format!("error: 'memo.txt' gets no new identity: {answer}\nhint: ");
    assert!(said.stderr().starts_with(&error), "{said}");
    said.complains("idhooks reconcile --dry-run").done();
    repo.write("../wanted.csv", "path\nmemo.txt\n");
    repo.idhooks("allocate --batch ../wanted.csv").code(2).complains(answer).done();
    before.assert_same(repo);
}

#[test]
fn staged() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let answer = moved(&repo);
        assert_one_answer(&repo, &answer, 0);
        let id = answer.split(' ').next().expect("an identity");
        let kept = repo.idhooks("allocate --if-missing memo.txt").ok().stdout();
        assert_eq!(kept, format!("{id} memo.txt\n"));
        repo.commit("moved");
        assert_eq!(repo.id("memo.txt"), id);
    });
}

#[test]
fn committed_without_hooks() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("tag before");
        let answer = moved(&repo);
        repo.append("memo.txt", "and an edit\n");
        repo.run("commit -q -a --no-verify -m unseen");
        assert_one_answer(&repo, &answer, 1);
        for line in [
            "check --rev HEAD",
            "drift --rev HEAD",
            "ci --base before --head HEAD",
            "ci --base before --head HEAD --format github",
        ] {
            let said = repo.idhooks(line).code(1).stdout();
            assert_eq!(said.matches(&answer).count(), 2, "{line}: {said}");
            assert!(WRONG.iter().all(|wrong| !said.contains(wrong)), "{line}: {said}");
        }
        // The way that was named leads out.
        let said = repo.idhooks("check").code(1).stdout();
        assert_text("checks-one_answer-committed_without_hooks", &said);
        repo.idhooks("reconcile").ok().done();
        repo.commit("Heal the registry");
        assert_eq!(repo.findings("--strict"), [""; 0]);
        assert_eq!(repo.id("memo.txt"), answer[..16]);
    });
}

#[test]
fn moved_on_after_a_commit_without_hooks() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let id = repo.id("notes.txt");
        repo.mv("notes.txt", "between.txt");
        repo.run("commit -q --no-verify -m unseen");
        repo.mv("between.txt", "memo.txt");
        // Half of it is committed, and both halves are one thing.
        assert_one_answer(&repo, &format!("{id} moves from 'notes.txt' to 'memo.txt'"), 1);
        repo.commit("moved");
        assert_eq!(repo.id("memo.txt"), id);
    });
}

#[test]
fn in_a_change_that_is_to_be_merged() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("checkout -q -b change");
        let answer = moved(&repo);
        repo.run("commit -q --no-verify -m unseen");
        commit_unseen(&repo, "new.md");
        repo.run("checkout -q main");
        repo.commit_file("other.md", text("other"));
        let said = repo.idhooks("ci --base main --head change --format github").code(1).stdout();
        assert_eq!(said.matches(&answer).count(), 2, "{said}");
        assert_eq!(said.lines().filter(|line| line.starts_with("::error ")).count(), 3, "{said}");
    });
}

#[test]
fn without_a_rename_it_is_a_removal_and_a_new_file() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("rm -q notes.txt");
        repo.stage("memo.txt", text("something else altogether"));
        repo.run("commit -q --no-verify -m unseen");
        let said = repo.idhooks("check").code(1).stdout();
        assert!(!said.contains(" moves from "), "{said}");
        let id = repo.idhooks("allocate memo.txt").ok().stdout();
        assert_eq!(id.split(' ').nth(1), Some("memo.txt\n"));
        repo.commit("given");
        assert_eq!(repo.findings("--strict"), [""; 0]);
    });
}

/// The index has what a revert of the healing commit left, and so no difference from HEAD.
#[test]
fn of_a_reverted_healing() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        for (from, to) in [("notes.txt", "t"), ("README.md", "notes.txt"), ("t", "README.md")] {
            repo.mv(from, to);
            repo.run("commit -q --no-verify -m unseen");
        }
        repo.append("src/app.py", "# more\n");
        repo.run("commit -q -a -m healed");
        repo.run("revert --no-edit HEAD");
        let findings = repo.findings("");
        assert_eq!(findings.len(), 2, "{findings:?}");
        assert_eq!(findings, repo.findings("--rev HEAD"));
        repo.commit_file("after.md", text("after"));
        assert_eq!(repo.findings("--strict"), [""; 0]);
    });
}

/// A path at which two files were, one after the other, is named once, with an identity that it had.
#[test]
fn of_a_path_that_became_another_file() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let held = repo.id("notes.txt");
        for (from, to) in [("notes.txt", "moved.txt"), ("README.md", "notes.txt")] {
            repo.mv(from, to);
            repo.run("commit -q --no-verify -m unseen");
        }
        let said = repo.idhooks("check --rev HEAD").code(1).stdout();
        let still = format!("but still has {held}");
        assert_eq!(said.matches("'notes.txt' became another file").count(), 1, "{said}");
        assert!(said.contains(&still) && !said.contains("'notes.txt' had "), "{said}");
    });
}
