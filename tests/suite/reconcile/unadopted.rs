//! Branches from before the repository was adopted.

use super::rewritten;
use crate::common::{Repo, for_each_git, text};
use crate::judge::{self, View};

/// A branch `old` that renames and edits a file twice, before `main` is adopted.
fn adopted_beside(repo: &Repo) {
    for path in ["README.md", "notes.txt", "docs/guide.md"] {
        repo.stage(path, text(path));
    }
    repo.commit("start");
    repo.run("checkout -q -b old");
    repo.mv("notes.txt", "second.txt");
    repo.write("second.txt", rewritten(&repo.read("second.txt"), 1));
    repo.run("commit -q -a -m one");
    repo.run("checkout -q -b aside");
    repo.commit_file("aside.md", text("aside"));
    repo.run("checkout -q old");
    repo.mv("second.txt", "third.txt");
    repo.write("third.txt", rewritten(&repo.read("third.txt"), 2));
    repo.commit_file("new.md", text("new"));
    repo.run("commit -q -a -m two");
    repo.run("merge -q --no-edit aside");
    repo.mv("third.txt", "fourth.txt");
    repo.write("fourth.txt", rewritten(&repo.read("fourth.txt"), 3));
    repo.run("commit -q -a -m three");
    repo.run("rm -q docs/guide.md");
    repo.commit("four");
    repo.run("checkout -q main");
    repo.init_and_install("");
    repo.commit("adopt");
    repo.run("tag adopted");
}

fn assert_followed(repo: &Repo) {
    assert_eq!(repo.id("fourth.txt"), repo.id_in("adopted", "notes.txt"));
    assert_eq!(repo.id("README.md"), repo.id_in("adopted", "README.md"));
    assert_eq!(repo.record(&repo.id_in("adopted", "docs/guide.md"))["status"], "deprecated");
    let ids = View::of(repo, "HEAD").ids();
    assert!(ids.contains_key(&b"new.md"[..]) && ids.contains_key(&b"aside.md"[..]));
    // The branch has no registry; all that comes later is judged.
    judge::assert_good(repo);
}

#[test]
fn merged_into_the_adopted_one() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        adopted_beside(&repo);
        repo.run("merge -q --no-edit old");
        assert_followed(&repo);
    });
}

#[test]
fn merging_the_adopted_one() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        adopted_beside(&repo);
        repo.run("checkout -q old");
        repo.run("merge -q --no-edit main");
        assert_followed(&repo);
    });
}

#[test]
fn merged_without_hooks_and_healed() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        adopted_beside(&repo);
        repo.with("IDHOOKS", "0").run("merge -q --no-edit old");
        let merge = repo.rev("HEAD");
        repo.commit_file("more.md", text("more"));
        assert_eq!(repo.id("fourth.txt"), repo.id_in("adopted", "notes.txt"));
        judge::assert_consistent_except(&repo, &[&merge]);
        judge::assert_clean(&repo);
    });
}

#[test]
fn rebased_onto_the_adopted_one() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        adopted_beside(&repo);
        repo.run("checkout -q old");
        repo.run("rebase -q main");
        assert_followed(&repo);
    });
}

#[test]
fn a_conflict_on_the_way() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        adopted_beside(&repo);
        repo.write("README.md", text("ours"));
        repo.run("commit -q -a -m ours");
        repo.run("checkout -q old");
        repo.write("README.md", text("theirs"));
        repo.run("commit -q -a -m theirs");
        repo.run("checkout -q main");
        repo.try_git("merge old").code(1).done();
        repo.run("add -A");
        repo.run("commit -q --no-edit");
        assert_followed(&repo);
    });
}
