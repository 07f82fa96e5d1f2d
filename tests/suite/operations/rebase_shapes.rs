//! Rebases of more than a line of commits, and of more than one branch.

use super::{Known, assert_joined, fork, on_adopted, on_adopted_but};
use crate::common::{Repo, text};
use crate::merges::on_branch;

/// On `side` a merge of two lines of work, and a commit after it.
fn fork_with_a_merge(repo: &Repo) {
    fork(repo);
    repo.run("checkout -q -b topic theirs~1");
    repo.stage("docs/topic.md", text("topic"));
    repo.mv("docs/intro.md", "docs/start.md");
    repo.commit("topic");
    repo.run("checkout -q side");
    repo.run("merge -q --no-edit topic");
    repo.commit_file("docs/last.md", text("last"));
    repo.run("tag before");
}

fn assert_all_there(repo: &Repo) {
    assert_eq!(repo.id("docs/topic.md"), repo.id_in("topic", "docs/topic.md"));
    assert_eq!(repo.id("docs/start.md"), repo.id_in("start", "docs/intro.md"));
    assert_eq!(repo.id("docs/last.md"), repo.id_in("before", "docs/last.md"));
    assert_eq!(repo.id("docs/side.md"), repo.id_in("theirs", "docs/side.md"));
    assert_eq!(repo.id("src/main.py"), repo.id_in("start", "src/app.py"));
    assert_eq!(repo.id("docs/notes.txt"), repo.id_in("start", "notes.txt"));
    super::assert_known(repo, "HEAD", &["ours", "before"]);
}

#[test]
fn merges_are_made_again() {
    on_adopted(|repo| {
        fork_with_a_merge(repo);
        repo.run("rebase -q --rebase-merges main");
        assert_eq!(repo.ask("rev-list --count --merges main..side"), "1");
        assert_all_there(repo);
    });
}

#[test]
fn merges_are_flattened() {
    on_adopted(|repo| {
        fork_with_a_merge(repo);
        repo.run("rebase -q main");
        assert_eq!(repo.ask("rev-list --count --merges main..side"), "0");
        assert_all_there(repo);
    });
}

#[test]
fn a_directory_moves_under_a_merge() {
    on_adopted(|repo| {
        repo.run("checkout -q -b side");
        repo.commit_file("docs/side.md", text("side"));
        on_branch_of_side(repo);
        repo.run("merge -q --no-edit topic");
        repo.run("tag before");
        repo.run("checkout -q main");
        repo.run("mv docs manual");
        repo.commit("move the directory");
        repo.run("checkout -q side");
        repo.run("-c merge.directoryRenames=true rebase -q --rebase-merges main");
        for name in ["side.md", "topic.md", "last.md"] {
            let (old, new) = (format!("docs/{name}"), format!("manual/{name}"));
            assert_eq!(repo.id(&new), repo.id_in("before", &old));
        }
        assert_eq!(repo.ask("rev-list --count --merges main..side"), "1");
    });
}

fn on_branch_of_side(repo: &Repo) {
    repo.run("checkout -q -b topic");
    repo.commit_file("docs/topic.md", text("topic"));
    repo.run("checkout -q side");
    repo.commit_file("docs/last.md", text("last"));
}

#[test]
fn a_stack_of_branches() {
    on_adopted(|repo| {
        fork(repo);
        repo.run("branch lower theirs~1");
        repo.run("checkout -q side");
        repo.run("rebase -q --update-refs main");
        assert_joined(repo, "side");
        assert_eq!(repo.rev("lower"), repo.rev("side~1"));
    });
}

/// git moves the other branches to the commits it made itself, so that those stay as they are.
#[test]
fn a_stack_of_branches_that_a_directory_moves_under() {
    on_adopted_but(|repo| {
        repo.run("checkout -q -b side");
        repo.commit_file("docs/low.md", text("low"));
        repo.run("branch lower");
        repo.commit_file("docs/high.md", text("high"));
        let (low, high) = (repo.id("docs/low.md"), repo.id("docs/high.md"));
        repo.run("checkout -q main");
        repo.run("mv docs manual");
        repo.commit("move the directory");
        repo.run("checkout -q side");
        let rebase = "-c merge.directoryRenames=true rebase -q --update-refs main";
        repo.git(rebase).complains("git also moves other branches to them: lower").done();
        assert_eq!(repo.ask("log -1 --format=%s"), "idhooks: registry of the rebase");
        assert_eq!((repo.id("manual/low.md"), repo.id("manual/high.md")), (low.clone(), high));
        assert_eq!(repo.rev("lower"), repo.rev("side~2"));
        let untrue = vec![repo.rev("side~1"), repo.rev("side~2")];
        let mut healing = vec![repo.rev("side")];
        repo.run("checkout -q lower");
        repo.commit_file("docs/later.md", text("later"));
        assert_eq!(repo.id("manual/low.md"), low);
        healing.push(repo.rev("lower"));
        Known { untrue, healing }
    });
}

/// What was not true before the rebase is made again along with the rest.
#[test]
fn commits_that_were_not_true_before() {
    on_adopted_but(|repo| {
        repo.run("tag start");
        repo.run("checkout -q -b side");
        repo.commit_file("docs/new.md", text("new"));
        let new = repo.id("docs/new.md");
        repo.run("revert --no-edit HEAD");
        repo.mv("notes.txt", "docs/notes.txt");
        repo.run("commit -q --no-verify -m unseen");
        repo.mv("docs/notes.txt", "docs/notes-2.txt");
        repo.stage("docs/last.md", text("last"));
        repo.commit("last");
        repo.run("tag before");
        repo.run("checkout -q main");
        repo.mv("src/app.py", "src/main.py");
        repo.commit("move");
        repo.run("checkout -q side");
        repo.run("rebase -q main");
        assert_eq!(repo.id("docs/notes-2.txt"), repo.id_in("start", "notes.txt"));
        assert_eq!(repo.id_in("HEAD~1", "docs/notes.txt"), repo.id_in("start", "notes.txt"));
        assert_eq!(repo.id("docs/last.md"), repo.id_in("before", "docs/last.md"));
        assert_eq!(repo.record(&new)["metadata"]["deprecated_reason"], "reverted");
        assert_eq!(repo.ask("rev-list --count main..side"), "4");
        Known::default()
    });
}

#[test]
fn from_the_first_commit_on() {
    on_adopted(|repo| {
        fork(repo);
        repo.run("checkout -q side");
        repo.run("rebase -q --root");
        repo.run("rebase -q --root --force-rebase");
        super::assert_known(repo, "HEAD", &["theirs"]);
        assert_eq!(repo.id("src/main.py"), repo.id_in("start", "src/app.py"));
    });
}

#[test]
fn a_branch_from_before_the_adoption() {
    crate::common::for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.commit_file("old.md", text("old"));
        on_branch(&repo, "early", |repo| {
            repo.commit_file("early.md", text("early"));
            repo.mv("early.md", "docs/early.md");
            repo.commit("move");
        });
        let repo = repo.adopt("");
        let id = repo.id("old.md");
        repo.run("rebase -q main early");
        assert_eq!(repo.id("docs/early.md"), repo.id_in("HEAD~1", "early.md"));
        assert_eq!(repo.id("old.md"), id);
        crate::judge::assert_each_by_itself(&repo, &[], &[]);
        crate::judge::assert_clean(&repo);
    });
}
