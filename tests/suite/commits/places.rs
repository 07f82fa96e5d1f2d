//! Commits made from unusual places: unborn HEAD, subdirectory, linked worktree, detached HEAD,
//! another hooks directory, beside another hook.

use super::{assert_each_kind, stage_each_kind};
use crate::common::{Repo, for_each_git, on_adopted, text, write_script};
use crate::judge;

#[test]
fn the_first_commit_of_an_empty_repository() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.init_and_install("");
        repo.stage("first.md", text("first"));
        repo.commit("first");
        assert_eq!(repo.id("first.md").len(), 16);
        judge::assert_good(&repo);
    });
}

#[test]
fn adoption_of_a_repository_with_a_history() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.commit_file("old.md", text("old"));
        repo.commit_file("older.md", text("older"));
        repo.init_and_install("");
        repo.commit("adopt");
        repo.mv("old.md", "new.md");
        repo.commit("rename");
        assert_eq!(repo.id("new.md"), repo.id_in("HEAD~1", "old.md"));
        judge::assert_good(&repo);
    });
}

#[test]
fn the_first_commit_of_an_orphan_branch() {
    on_adopted(|repo| {
        repo.run("checkout -q --orphan fresh");
        repo.stage("new.md", text("new"));
        repo.commit("first of the orphan");
        assert_eq!(repo.id("notes.txt"), repo.id_in("main", "notes.txt"));
    });
}

#[test]
fn from_a_subdirectory() {
    on_adopted(|repo| {
        stage_each_kind(repo);
        repo.below("docs/manual").commit("from below");
        assert_each_kind(repo, "HEAD~1");
    });
}

#[test]
fn with_a_ceiling_that_is_elsewhere() {
    on_adopted(|repo| {
        stage_each_kind(repo);
        let repo = repo.with("GIT_CEILING_DIRECTORIES", "/nowhere");
        repo.below("docs/manual").commit("from below");
        assert_each_kind(&repo, "HEAD~1");
    });
}

#[test]
fn in_a_linked_worktree() {
    on_adopted(|repo| {
        repo.run("worktree add -q -b side ../linked");
        let linked = repo.beside("linked");
        stage_each_kind(&linked);
        linked.commit("in the linked worktree");
        assert_each_kind(&linked, "main");
        linked.append("notes.txt", "more\n");
        linked.remove("copy.md");
        linked.run("commit -q -a -m all");
        linked.stage("staged.md", text("staged"));
        linked.stage("new.md", text("new"));
        linked.run("commit -q -m partial new.md");
        linked.commit("rest");
        judge::assert_good(&linked);
    });
}

#[test]
fn two_worktrees_in_turn() {
    on_adopted(|repo| {
        repo.run("worktree add -q -b side ../linked");
        let linked = repo.beside("linked");
        repo.stage("main.md", text("main"));
        linked.stage("side.md", text("side"));
        linked.commit("side");
        repo.commit("main");
        repo.run("merge -q --no-edit side");
        assert_eq!(repo.id("side.md"), linked.id("side.md"));
        judge::assert_good(&linked);
    });
}

#[test]
fn on_a_detached_head() {
    on_adopted(|repo| {
        repo.run("checkout -q --detach");
        stage_each_kind(repo);
        repo.commit("detached");
        assert_each_kind(repo, "main");
    });
}

#[test]
fn with_another_hooks_directory() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        let hooks = repo.root().join("hooks");
        repo.run(["config", "core.hooksPath", hooks.to_str().expect("a plain path")]);
        let repo = repo.adopt("");
        assert!(hooks.join("pre-commit").is_file() && !repo.exists(".git/hooks/pre-commit"));
        stage_each_kind(&repo);
        repo.commit("each kind");
        assert_each_kind(&repo, "HEAD~1");
        judge::assert_good(&repo);
    });
}

#[test]
fn beside_a_hook_that_was_there() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        let hook = repo.path().join(".git/hooks/pre-commit");
        write_script(&hook, "#!/bin/sh\necho ran >>../ran\n");
        let repo = repo.adopt("");
        repo.commit_file("new.md", text("new"));
        assert_eq!(repo.read("../ran"), b"ran\nran\n");
        judge::assert_good(&repo);
    });
}

#[test]
fn below_a_path_with_spaces_and_quotes() {
    for_each_git(|git| {
        let odd = Repo::nowhere(git).beside("it's a \"place\" $HOME %L é");
        std::fs::create_dir(odd.path()).expect("a directory can be made");
        odd.run("init -q -b main");
        let repo = odd.adopt("");
        repo.run("checkout -q -b side");
        repo.commit_file("side.md", text("side"));
        repo.run("checkout -q main");
        repo.commit_file("main.md", text("main"));
        repo.run("merge -q --no-edit side");
        judge::assert_good(&repo);
    });
}

#[test]
fn in_a_submodule() {
    on_adopted(|repo| {
        let outer = repo.beside("outer");
        std::fs::create_dir(outer.path()).expect("a directory can be made");
        outer.run("init -q -b main");
        outer.run("-c protocol.file.allow=always submodule --quiet add ../work inner");
        let inner = outer.below("inner");
        inner.idhooks("install").ok().done();
        stage_each_kind(&inner);
        inner.commit("inside");
        assert_each_kind(&inner, "HEAD~1");
        judge::assert_good(&inner);
    });
}
