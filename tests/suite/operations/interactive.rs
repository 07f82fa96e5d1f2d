//! `git rebase -i` with every word of the instruction sheet.

use super::{on_adopted, with_todo};
use crate::common::{Repo, text};

/// Four commits after the tag `start`: `one` adds a file, `two` moves one, `three` retires one and
/// `four` moves the added file.
fn four_commits(repo: &Repo) {
    repo.run("tag start");
    repo.stage("docs/new.md", text("new"));
    commit_as(repo, "one");
    repo.mv("src/app.py", "src/main.py");
    repo.append("src/main.py", "more\n");
    repo.run("add -A");
    commit_as(repo, "two");
    repo.run("rm -q data/table.csv");
    commit_as(repo, "three");
    repo.mv("docs/new.md", "docs/newer.md");
    commit_as(repo, "four");
}

fn commit_as(repo: &Repo, name: &str) {
    repo.commit(name);
    repo.run(["tag", name]);
}

/// Asserts that every file of [`four_commits`] has the identity it always had.
fn assert_kept(repo: &Repo) {
    assert_eq!(repo.id("docs/newer.md"), repo.id_in("one", "docs/new.md"));
    assert_eq!(repo.id("src/main.py"), repo.id_in("start", "src/app.py"));
    let retired = repo.record(&repo.id_in("start", "data/table.csv"));
    assert_eq!(retired["status"], "deprecated");
    super::assert_known(repo, "HEAD", &["four"]);
}

/// Rebases by the instruction sheet and returns the subjects since `start`, the oldest first.
fn rebased(repo: &Repo, lines: &[(&str, &str)]) -> Vec<String> {
    with_todo(repo, lines).run("rebase -q -i start");
    subjects(repo)
}

fn subjects(repo: &Repo) -> Vec<String> {
    let log = repo.ask("log --reverse --format=%s start..HEAD");
    log.lines().map(str::to_owned).collect()
}

#[test]
fn squash_and_fixup() {
    on_adopted(|repo| {
        four_commits(repo);
        let words = ["squash", "fixup", "fixup -C"];
        for word in words {
            repo.run("reset -q --hard four");
            let lines = [("pick", "one"), (word, "two"), ("pick", "three"), (word, "four")];
            assert_eq!(rebased(repo, &lines).len(), 2, "{word}");
            assert_kept(repo);
            assert_eq!(repo.id_in("HEAD~1", "docs/new.md"), repo.id_in("one", "docs/new.md"));
        }
        repo.run("reset -q --hard four");
        let all = [("pick", "one"), ("fixup", "two"), ("fixup", "three"), ("squash", "four")];
        assert_eq!(rebased(repo, &all).len(), 1);
        assert_kept(repo);
    });
}

#[test]
fn reword() {
    on_adopted(|repo| {
        four_commits(repo);
        let repo = repo.with("GIT_EDITOR", "f() { echo reworded >\"$1\"; }; f");
        let lines = [("reword", "one"), ("pick", "two"), ("reword", "three"), ("pick", "four")];
        assert_eq!(rebased(&repo, &lines), ["reworded", "two", "reworded", "four"]);
        assert_kept(&repo);
    });
}

#[test]
fn reorder() {
    on_adopted(|repo| {
        four_commits(repo);
        let lines = [("pick", "three"), ("pick", "one"), ("pick", "four"), ("pick", "two")];
        assert_eq!(rebased(repo, &lines), ["three", "one", "four", "two"]);
        assert_kept(repo);
        assert_eq!(repo.id_in("HEAD~2", "docs/new.md"), repo.id_in("one", "docs/new.md"));
        assert_eq!(repo.id_in("HEAD~1", "src/app.py"), repo.id_in("start", "src/app.py"));
    });
}

#[test]
fn drop() {
    on_adopted(|repo| {
        four_commits(repo);
        let lines = [("pick", "one"), ("drop", "two"), ("drop", "three"), ("pick", "four")];
        assert_eq!(rebased(repo, &lines), ["one", "four"]);
        assert_eq!(repo.id("docs/newer.md"), repo.id_in("one", "docs/new.md"));
        assert_eq!(repo.id("src/app.py"), repo.id_in("start", "src/app.py"));
        assert_eq!(repo.id("data/table.csv"), repo.id_in("start", "data/table.csv"));
    });
}

#[test]
fn drop_the_commit_that_added_a_file() {
    on_adopted(|repo| {
        repo.run("tag start");
        repo.stage("docs/new.md", text("new"));
        commit_as(repo, "one");
        repo.mv("src/app.py", "src/main.py");
        commit_as(repo, "two");
        repo.commit_file("notes.md", text("notes"));
        repo.run("tag three");
        let ids = (repo.id("src/main.py"), repo.id("notes.md"));
        let lines = [("drop", "one"), ("pick", "two"), ("pick", "three")];
        assert_eq!(rebased(repo, &lines).len(), 2);
        assert_eq!((repo.id("src/main.py"), repo.id("notes.md")), ids);
        assert!(!repo.exists("docs/new.md"));
        assert_eq!(repo.record(&repo.id_in("one", "docs/new.md"))["status"], "deprecated");
    });
}

#[test]
fn edit_by_amending() {
    on_adopted(|repo| {
        four_commits(repo);
        let lines = [("edit", "one"), ("pick", "two"), ("pick", "three"), ("pick", "four")];
        with_todo(repo, &lines).run("rebase -q -i start");
        repo.stage("docs/late.md", text("late"));
        repo.mv("notes.txt", "docs/notes.txt");
        repo.run("commit -q --amend --no-edit");
        let late = repo.id("docs/late.md");
        repo.run("rebase --continue");
        assert_eq!(subjects(repo), ["one", "two", "three", "four"]);
        assert_eq!(repo.id("docs/notes.txt"), repo.id_in("start", "notes.txt"));
        assert_eq!(
            (repo.id("docs/late.md"), repo.id_in("HEAD~3", "docs/late.md")),
            (late.clone(), late)
        );
        assert_eq!(repo.id("docs/newer.md"), repo.id_in("one", "docs/new.md"));
    });
}

#[test]
fn edit_by_splitting() {
    on_adopted(|repo| {
        four_commits(repo);
        let lines =
            [("pick", "one"), ("edit", "two"), ("break", ""), ("pick", "three"), ("pick", "four")];
        with_todo(repo, &lines).run("rebase -q -i start");
        repo.run("reset -q --soft HEAD~1");
        repo.run("restore --staged --worktree README.md");
        repo.stage("docs/late.md", text("late"));
        repo.run("commit -q -m split -- docs/late.md");
        repo.commit("two again");
        repo.run("rebase --continue");
        repo.run("rebase --continue");
        assert_eq!(subjects(repo), ["one", "split", "two again", "three", "four"]);
        assert_eq!(repo.id("src/main.py"), repo.id_in("start", "src/app.py"));
        assert_eq!(repo.id("docs/newer.md"), repo.id_in("one", "docs/new.md"));
    });
}

#[test]
fn abort() {
    on_adopted(|repo| {
        four_commits(repo);
        let before = crate::common::Snapshot::of(repo);
        let lines = [("pick", "three"), ("edit", "one")];
        with_todo(repo, &lines).run("rebase -q -i start");
        repo.stage("docs/late.md", text("late"));
        repo.run("commit -q --amend --no-edit");
        repo.run("rebase --abort");
        before.assert_same(repo);
    });
}
