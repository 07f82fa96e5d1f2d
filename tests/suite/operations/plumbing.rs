//! Commits that no porcelain made: `merge-tree`, `replay`, `commit-tree`, `filter-branch`.

use super::{Known, assert_joined, fork, heal, on_adopted, on_adopted_but};
use crate::common::text;
use crate::judge;

#[test]
fn merge_tree() {
    on_adopted(|repo| {
        fork(repo);
        repo.run("checkout -q --detach");
        let tree = repo.ask("merge-tree --write-tree ours theirs");
        let commit = repo.ask(["commit-tree", "-p", "ours", "-p", "theirs", "-m", "joined", &tree]);
        repo.run(["update-ref", "refs/heads/joined", &commit]);
        assert_joined(repo, "joined");
        repo.run("checkout -q main");
        repo.run("merge -q --no-edit side");
        assert_eq!(repo.registry("joined"), repo.registry("main"));
    });
}

#[test]
fn replay() {
    on_adopted(|repo| {
        fork(repo);
        let answer = repo.try_git("replay --onto main main..side");
        if answer.stderr().contains("is not a git command") {
            return;
        }
        let updates = answer.ok().bytes();
        repo.try_git_with("update-ref --stdin", &updates).ok().done();
        assert_joined(repo, "side");
        assert_eq!(repo.ask("rev-list --count main..side"), "3");
    });
}

#[test]
fn a_history_written_anew() {
    on_adopted_but(|repo| {
        fork(repo);
        repo.run("checkout -q side");
        let filter = "git rm -q --cached --ignore-unmatch README.md";
        let repo = &repo.with("FILTER_BRANCH_SQUELCH_WARNING", "1");
        repo.git(["filter-branch", "--index-filter", filter, "start..side"]).done();
        let untrue = repo.ask("rev-list start..side");
        repo.commit_file("docs/after.md", text("after"));
        for (path, before) in [("docs/side.md", "docs/side.md"), ("src/main.py", "src/main.py")] {
            assert_eq!(repo.id(path), repo.id_in("theirs", before));
        }
        let gone = repo.record(&repo.id_in("start", "README.md"));
        assert_eq!(gone["status"], "deprecated");
        let healing = vec![repo.rev("HEAD")];
        Known { untrue: untrue.lines().map(str::to_owned).collect(), healing }
    });
}

#[test]
fn a_commit_of_a_tree() {
    on_adopted_but(|repo| {
        let id = repo.id("notes.txt");
        repo.mv("notes.txt", "docs/notes.txt");
        let tree = repo.ask("write-tree");
        let commit = repo.ask(["commit-tree", "-p", "HEAD", "-m", "unseen", &tree]);
        repo.run(["reset", "-q", "--hard", &commit]);
        let known = heal(repo);
        assert_eq!(repo.id("docs/notes.txt"), id);
        judge::assert_clean(repo);
        known
    });
}
