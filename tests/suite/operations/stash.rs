//! `git stash`: work put aside comes back, and its commit is what it would have been.

use super::on_adopted;
use crate::common::{Repo, text};
use crate::merges::unmerged_paths;

/// Stages a rename and a new file, edits one file without staging it, and leaves an untracked one.
fn work(repo: &Repo) {
    repo.mv("notes.txt", "docs/notes.txt");
    repo.stage("docs/new.md", text("new"));
    repo.append("README.md", "unstaged\n");
    repo.write("untracked.md", text("untracked"));
}

/// Commits the work of [`work`] and asserts that all of it is what it would have been at once.
fn conclude(repo: &Repo) {
    repo.run("add -A");
    repo.commit("work");
    assert_eq!(repo.id("docs/notes.txt"), repo.id_in("start", "notes.txt"));
    assert_eq!(repo.id("README.md"), repo.id_in("start", "README.md"));
    assert_eq!(repo.id("docs/new.md"), repo.id_in("at-once", "docs/new.md"));
    assert_eq!(repo.id("untracked.md"), repo.id_in("at-once", "untracked.md"));
}

/// Tags the state before and, as `at-once`, a commit of the work without any detour.
fn know_the_outcome(repo: &Repo) {
    repo.run("tag start");
    work(repo);
    repo.run("add -A");
    repo.commit("at once");
    repo.run("tag at-once");
    repo.run("reset -q --hard start");
}

#[test]
fn pushed_and_popped() {
    on_adopted(|repo| {
        know_the_outcome(repo);
        for (push, back) in [
            ("stash push -q -u", "stash pop -q"),
            ("stash push -q -u", "stash pop -q --index"),
            ("stash push -q --all", "stash apply -q --index"),
        ] {
            repo.run("reset -q --hard start");
            work(repo);
            let working = repo.ask("status --porcelain -uall");
            repo.run(push);
            assert_eq!(repo.ask("status --porcelain"), "", "{push}");
            repo.run(back);
            if back.ends_with("--index") {
                assert_eq!(repo.ask("status --porcelain -uall"), working);
            }
            conclude(repo);
        }
        repo.run("stash clear");
    });
}

#[test]
fn popped_on_another_commit() {
    on_adopted(|repo| {
        know_the_outcome(repo);
        work(repo);
        repo.run("stash push -q -u");
        repo.mv("src/app.py", "src/main.py");
        repo.stage("docs/other.md", text("other"));
        repo.commit("meanwhile");
        repo.run("stash pop -q --index");
        conclude(repo);
        assert_eq!(repo.id("docs/other.md"), repo.id_in("HEAD~1", "docs/other.md"));
        assert_eq!(repo.id("src/main.py"), repo.id_in("start", "src/app.py"));
    });
}

/// A commit that its message stops after the registry was staged.
fn aborted_commit(repo: &Repo) {
    repo.try_git(["commit", "-q", "-m", ""]).refused().done();
}

#[test]
fn popped_where_both_sides_changed_the_registry() {
    on_adopted(|repo| {
        know_the_outcome(repo);
        work(repo);
        aborted_commit(repo);
        let staged = repo.ask("diff --cached --name-only");
        assert!(staged.contains(".idhooks/registry.json"), "{staged}");
        repo.run("stash push -q -u");
        repo.stage("docs/other.md", text("other"));
        repo.commit("meanwhile");
        repo.run("stash pop -q");
        conclude(repo);
        assert_eq!(repo.id("docs/other.md"), repo.id_in("HEAD~1", "docs/other.md"));
    });
}

#[test]
fn popped_into_a_conflict() {
    on_adopted(|repo| {
        know_the_outcome(repo);
        work(repo);
        repo.run("stash push -q -u");
        repo.stage("README.md", text("other"));
        repo.mv("notes.txt", "other.txt");
        repo.commit("meanwhile");
        repo.try_git("stash pop -q").code(1).done();
        assert!(unmerged_paths(repo).contains(&"README.md".to_owned()));
        repo.run("rm -q -f --ignore-unmatch notes.txt other.txt");
        repo.run("stash drop -q");
        conclude(repo);
    });
}

#[test]
fn popped_as_a_branch() {
    on_adopted(|repo| {
        know_the_outcome(repo);
        work(repo);
        repo.run("stash push -q -u");
        repo.commit_file("docs/other.md", text("other"));
        repo.run("stash branch later");
        conclude(repo);
        assert_eq!(repo.rev("HEAD~1"), repo.rev("start"));
    });
}

#[test]
fn a_part_of_the_work() {
    on_adopted(|repo| {
        know_the_outcome(repo);
        work(repo);
        repo.run("stash push -q --keep-index");
        repo.commit("staged");
        repo.run("stash pop -q");
        conclude_rest(repo);
        repo.stage("docs/part.md", text("part"));
        repo.append("README.md", "kept\n");
        repo.run("stash push -q -- docs/part.md");
        repo.run("commit -q -a -m kept");
        repo.run("stash pop -q");
        repo.run("add -A");
        repo.commit("part");
    });
}

fn conclude_rest(repo: &Repo) {
    repo.run("add -A");
    repo.commit("rest");
    assert_eq!(repo.id("docs/notes.txt"), repo.id_in("start", "notes.txt"));
    assert_eq!(repo.id("docs/new.md"), repo.id_in("at-once", "docs/new.md"));
    assert_eq!(repo.id("untracked.md"), repo.id_in("at-once", "untracked.md"));
}
