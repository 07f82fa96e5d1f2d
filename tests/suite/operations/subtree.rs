//! The files of another repository in a directory of this one.

use super::{Known, heal, on_adopted, on_adopted_but};
use crate::common::{Repo, for_each_git, text};
use crate::merges::on_side;

/// Makes a library beside the repository, which does not use idhooks.
fn library(repo: &Repo) -> Repo {
    let library = repo.beside("library");
    repo.run("init -q -b main ../library");
    library.stage("one.py", text("library one"));
    library.stage("two.py", text("library two"));
    library.commit("begin");
    library
}

/// Later work in the library: a move with an edit, a new file.
fn work(library: &Repo) {
    library.mv("one.py", "core/one.py");
    library.append("core/one.py", "more\n");
    library.stage("three.py", text("library three"));
    library.run("commit -q -a -m work");
}

/// Brings the library in as git's manual says.
fn bring_in(repo: &Repo) {
    repo.run("fetch -q ../library main");
    repo.run("merge -q -s ours --no-commit --allow-unrelated-histories FETCH_HEAD");
    repo.run("read-tree --prefix=lib/ -u FETCH_HEAD");
    repo.commit("bring the library in");
}

#[test]
fn by_read_tree_and_the_strategies() {
    on_adopted(|repo| {
        let library = library(repo);
        bring_in(repo);
        let (one, two) = (repo.id("lib/one.py"), repo.id("lib/two.py"));
        work(&library);
        repo.commit_file("docs/new.md", text("new"));
        repo.run("pull -q --no-rebase --no-edit -s subtree ../library main");
        assert_eq!((repo.id("lib/core/one.py"), repo.id("lib/two.py")), (one, two.clone()));
        let three = repo.id("lib/three.py");
        library.mv("two.py", "core/two.py");
        library.commit("more");
        repo.run("pull -q --no-rebase --no-edit -X subtree=lib ../library main");
        assert_eq!((repo.id("lib/core/two.py"), repo.id("lib/three.py")), (two, three));
    });
}

/// Returns whether this git has the command; it is not part of every installation.
fn has_subtree(repo: &Repo) -> bool {
    !repo.try_git("subtree").stderr().contains("is not a git command")
}

#[test]
fn by_git_subtree() {
    on_adopted_but(|repo| {
        let library = library(repo);
        let mut known = Known::default();
        if !has_subtree(repo) {
            return known;
        }
        repo.run("subtree -q add --prefix=lib ../library main");
        known.untrue.push(repo.rev("HEAD"));
        repo.commit_file("docs/new.md", text("new"));
        known.healing.push(repo.rev("HEAD"));
        let (one, two) = (repo.id("lib/one.py"), repo.id("lib/two.py"));
        work(&library);
        repo.run("subtree -q pull --prefix=lib -m pulled ../library main");
        assert_eq!((repo.id("lib/core/one.py"), repo.id("lib/two.py")), (one.clone(), two));
        repo.mv("lib/core/one.py", "lib/core/first.py");
        repo.commit("move");
        assert_eq!(repo.id("lib/core/first.py"), one);
        repo.run("subtree -q split --prefix=lib -b split");
        assert_eq!(repo.ask("ls-tree -r --name-only split").lines().count(), 3);
        repo.run("branch -q -D split");
        known
    });
}

#[test]
fn squashed_by_git_subtree() {
    on_adopted_but(|repo| {
        let library = library(repo);
        if !has_subtree(repo) {
            return Known::default();
        }
        repo.run("subtree -q add --squash --prefix=lib ../library main");
        let mut known = heal(repo);
        let one = repo.id("lib/one.py");
        work(&library);
        repo.run("subtree -q pull --squash --prefix=lib -m pulled ../library main");
        assert_eq!(repo.id("lib/core/one.py"), one);
        known.healing.push(repo.rev("HEAD"));
        known
    });
}

/// A library that uses idhooks, with a scope of its own.
fn adopted_library(repo: &Repo) -> Repo {
    let library = library(repo);
    library.idhooks("init --scope 991231").ok().done();
    library.idhooks("install").ok().done();
    library.commit("adopt");
    library
}

#[test]
fn of_a_library_that_uses_idhooks_itself() {
    on_adopted(|repo| {
        let library = adopted_library(repo);
        bring_in(repo);
        let one = repo.id("lib/one.py");
        assert!(one.ends_with("260118"));
        work(&library);
        repo.commit_file("docs/new.md", text("new"));
        repo.run("pull -q --no-rebase --no-edit -X subtree=lib ../library main");
        assert_eq!(repo.id("lib/core/one.py"), one);
        repo.commit_file("docs/newer.md", text("newer"));
        assert_eq!(repo.id("lib/core/one.py"), one);
        assert_eq!(repo.findings(""), [""; 0]);
    });
}

#[test]
fn of_such_a_library_on_two_branches() {
    on_adopted(|repo| {
        let library = adopted_library(repo);
        bring_in(repo);
        let one = repo.id("lib/one.py");
        work(&library);
        on_side(repo, |repo| {
            repo.run("pull -q --no-rebase --no-edit -X subtree=lib ../library main");
            repo.commit_file("docs/side.md", text("side"));
        });
        repo.run("pull -q --no-rebase --no-edit -X subtree=lib ../library main");
        repo.commit_file("docs/main.md", text("main"));
        // The base of this merge is a commit of the library.
        repo.run("merge -q --no-edit side");
        assert_eq!(repo.id("lib/core/one.py"), one);
        assert_eq!(repo.id("docs/side.md"), repo.id_in("side", "docs/side.md"));
    });
}

#[test]
fn of_such_a_library_that_no_hook_saw() {
    on_adopted_but(|repo| {
        let library = adopted_library(repo);
        repo.run("fetch -q ../library main");
        repo.run("merge -q -s ours --no-commit --allow-unrelated-histories FETCH_HEAD");
        repo.run("read-tree --prefix=lib/ -u FETCH_HEAD");
        repo.run("commit -q --no-verify -m unseen");
        let known = heal(repo);
        assert!(repo.id("lib/one.py").ends_with("260118"));
        drop(library);
        known
    });
}

#[test]
fn a_second_adoption_is_not_a_library() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.commit_file("old.md", text("old"));
        repo.run("branch early");
        let repo = repo.adopt("");
        repo.run("checkout -q early");
        repo.idhooks("init --force --scope 991231").ok().done();
        repo.commit("adopt again");
        repo.run("checkout -q main");
        repo.try_git("merge -q --no-edit early").refused().done();
        repo.run("checkout -q --ours .");
        repo.run("add -A");
        let blocked = repo.try_git("commit -q --no-edit").refused();
        blocked.complains("two separate adoptions can never be merged").done();
    });
}
