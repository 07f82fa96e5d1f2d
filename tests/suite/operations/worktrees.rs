//! Linked worktrees.

use super::{assert_joined, fork, on_adopted};
use crate::common::text;
use crate::judge;

#[test]
fn added_worked_in_and_removed() {
    on_adopted(|repo| {
        fork(repo);
        repo.run("worktree add -q ../second side");
        let second = repo.beside("second");
        judge::assert_clean(&second);
        second.mv("docs/side.md", "docs/moved.md");
        second.commit("in the worktree");
        second.run("rebase -q main");
        judge::assert_clean(&second);
        assert_eq!(second.id("docs/moved.md"), repo.id_in("theirs", "docs/side.md"));
        repo.run("worktree remove ../second");
        repo.run("worktree prune");
        repo.run("merge -q --ff-only side");
        assert_eq!(repo.id("docs/moved.md"), repo.id_in("theirs", "docs/side.md"));
        assert_joined(repo, "HEAD~1");
    });
}

#[test]
fn a_commit_for_a_branch_that_is_elsewhere() {
    on_adopted(|repo| {
        repo.run("worktree add -q --detach ../second");
        let second = repo.beside("second");
        second.stage("docs/new.md", text("new"));
        repo.stage("docs/other.md", text("other"));
        second.commit("there");
        repo.commit("here");
        second.run("rebase -q main");
        repo.run(["merge", "-q", "--ff-only", &second.rev("HEAD")]);
        assert_eq!(repo.id("docs/new.md"), second.id("docs/new.md"));
        repo.run("worktree remove ../second");
    });
}

#[test]
fn a_rebase_there_whose_commits_are_made_again() {
    on_adopted(|repo| {
        repo.run("worktree add -q -b side ../second");
        let second = repo.beside("second");
        second.commit_file("docs/new.md", text("new"));
        second.commit_file("other.md", text("other"));
        let (new, other) = (second.id("docs/new.md"), second.id("other.md"));
        repo.run("mv docs manual");
        repo.commit("move the directory");
        second.run("-c merge.directoryRenames=true rebase -q main");
        assert_eq!((second.id("manual/new.md"), second.id("other.md")), (new, other));
        judge::assert_clean(&second);
        repo.run("worktree remove ../second");
    });
}
