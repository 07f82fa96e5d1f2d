//! Kinds of repositories, and where there is none.

use super::{assert_says, complaints, said};
use crate::common::{Repo, for_each_git, text};

#[test]
fn the_git_directory_is_an_error_of_the_environment() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.below(".git").idhooks("doctor").code(2).explains("git directory").done();
        repo.idhooks("doctor --dry-run").code(2).done();
    });
}

#[test]
fn a_bare_repository_says_what_is_meaningless() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("clone -q --bare . ../bare");
        let bare = repo.beside("bare");
        bare.idhooks("doctor").ok().done();
        assert_says(&bare, "repository", "note", "bare: nothing is committed here", "");
        assert_says(&bare, "registry", "ok", "7 identities", "");
        assert_says(&bare, "HEAD", "ok", "is consistent", "");
        assert!(said(&bare, "pre-commit").is_empty());
        bare.idhooks("doctor --fix").ok().done();
        assert!(!bare.exists("hooks/pre-commit"));

        repo.run("init -q --bare ../none");
        assert_says(&repo.beside("none"), "registry", "note", "no commit yet", "");
    });
}

#[test]
fn an_unborn_head_a_subdirectory_and_a_linked_working_tree() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.stage("docs/a.md", text("a"));
        repo.init_and_install("");
        assert_says(&repo, "HEAD", "ok", "no commit yet", "");
        repo.idhooks("doctor").ok().done();
        repo.commit("adopt");
        assert!(
            complaints(&repo.below("docs")).is_empty(),
            "{:?}",
            complaints(&repo.below("docs"))
        );
        repo.run("worktree add -q ../linked");
        let linked = repo.beside("linked");
        assert!(complaints(&linked).is_empty(), "{:?}", complaints(&linked));
        assert_says(&linked, "repository", "ok", "linked working tree", "");
        // A lock of the other working tree is its own affair.
        repo.write(".git/index.lock", "");
        repo.sh("touch -d '1 hour ago' .git/index.lock").ok().done();
        assert_says(&linked, "leftovers", "warning", "index.lock", "rm ");
    });
}
