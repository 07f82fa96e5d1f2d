//! `git cherry-pick`.

use super::{Known, assert_joined, fork, heal, on_adopted, on_adopted_but};
use crate::common::{Repo, Snapshot, for_each_git, text};
use crate::judge;
use crate::merges::{on_branch, on_side, unmerged_paths};

#[test]
fn one_and_a_range() {
    on_adopted(|repo| {
        fork(repo);
        repo.run("cherry-pick theirs~2");
        assert_eq!(repo.id("docs/side.md"), repo.id_in("theirs", "docs/side.md"));
        repo.run("cherry-pick theirs~2..theirs");
        assert_joined(repo, "HEAD");
        repo.run("reset -q --hard ours");
        repo.run("cherry-pick -x start..theirs");
        assert_joined(repo, "HEAD");
        assert_eq!(repo.ask("rev-list --count ours..HEAD"), "3");
        assert!(repo.ask("log -1 --format=%b").contains("cherry picked from"));
        // The branch itself comes later: nothing is there twice.
        repo.run("merge -q --no-edit theirs");
        assert_joined(repo, "HEAD");
    });
}

#[test]
fn into_the_index_only() {
    on_adopted(|repo| {
        fork(repo);
        repo.run("cherry-pick -n start..theirs");
        repo.commit("picked");
        assert_joined(repo, "HEAD");
        repo.run("reset -q --hard ours");
        repo.run("cherry-pick -n theirs~2");
        repo.stage("docs/late.md", text("late"));
        repo.commit("picked");
        assert_eq!(repo.id("docs/side.md"), repo.id_in("theirs", "docs/side.md"));
    });
}

#[test]
fn a_later_commit_alone() {
    on_adopted(|repo| {
        fork(repo);
        repo.run("cherry-pick theirs~1");
        assert_eq!(repo.id("src/main.py"), repo.id_in("start", "src/app.py"));
        // What the pick did not bring along is known, and lives again with its file.
        let left = repo.id_in("theirs", "docs/side.md");
        assert_eq!(repo.record(&left)["status"], "deprecated");
        repo.run("merge -q --no-edit theirs");
        assert_joined(repo, "HEAD");
    });
}

#[test]
fn a_merge() {
    on_adopted(|repo| {
        fork(repo);
        repo.run("merge -q --no-edit side");
        repo.run("tag joined");
        for mainline in ["1", "2"] {
            let onto = if mainline == "1" { "ours" } else { "theirs" };
            repo.run(["reset", "-q", "--hard", onto]);
            repo.commit_file("more.md", text("more"));
            repo.run(["cherry-pick", "-m", mainline, "joined"]);
            let more = repo.id_in("HEAD~1", "more.md");
            assert_eq!(repo.id("more.md"), more);
            repo.run("rm -q more.md");
            repo.run("commit -q --amend --no-edit");
            for path in ["docs/side.md", "docs/main.md", "src/main.py", "docs/notes.txt"] {
                assert_eq!(repo.id(path), repo.id_in("joined", path));
            }
        }
    });
}

/// On `side` a commit in conflict with `main` between two that are not.
fn a_conflict(repo: &Repo) {
    repo.run("tag start");
    on_side(repo, |repo| {
        repo.commit_file("docs/one.md", text("one"));
        repo.stage("README.md", text("theirs"));
        repo.commit_file("docs/two.md", text("two"));
        repo.mv("docs/one.md", "docs/first.md");
        repo.commit("move");
    });
    repo.commit_file("docs/main.md", text("main"));
    repo.commit_file("README.md", text("ours"));
    repo.run("tag before");
}

fn pick_until_conflict(repo: &Repo, what: &str) {
    let answer = repo.try_git(["cherry-pick", what]).code(1);
    assert_eq!(unmerged_paths(repo), ["README.md"], "{answer}");
}

/// Resolves the conflict, adding one file and moving another.
fn resolve(repo: &Repo) {
    repo.stage("README.md", text("resolved"));
    repo.stage("docs/late.md", text("late"));
    repo.mv("docs/two.md", "docs/second.md");
}

fn assert_range_picked(repo: &Repo) {
    assert_eq!(repo.ask("rev-list --count before..HEAD"), "3");
    assert_eq!(repo.id("docs/second.md"), repo.id_in("side", "docs/two.md"));
    assert_eq!(repo.id("docs/first.md"), repo.id_in("side", "docs/first.md"));
    assert_eq!(repo.id("docs/late.md"), repo.id_in("HEAD~1", "docs/late.md"));
    assert_eq!(repo.id("README.md"), repo.id_in("start", "README.md"));
}

#[test]
fn a_conflict_continued() {
    on_adopted(|repo| {
        a_conflict(repo);
        pick_until_conflict(repo, "start..side");
        resolve(repo);
        repo.run("commit -q --no-edit");
        repo.run("cherry-pick --continue");
        assert_range_picked(repo);
        // Without a change of the registry one command is enough.
        repo.run("reset -q --hard before");
        pick_until_conflict(repo, "start..side");
        repo.stage("README.md", text("resolved"));
        repo.run("cherry-pick --continue");
        assert_eq!(repo.id("docs/first.md"), repo.id_in("side", "docs/first.md"));
    });
}

/// git does not read the index again that a pre-commit hook has changed, and asks for the same
/// command once more.
#[test]
fn a_conflict_continued_in_two_steps() {
    on_adopted(|repo| {
        a_conflict(repo);
        pick_until_conflict(repo, "start..side");
        resolve(repo);
        let answer = repo.try_git("cherry-pick --continue").code(128);
        answer.complains("'git cherry-pick --continue' again").done();
        repo.run("cherry-pick --continue");
        assert_range_picked(repo);
    });
}

#[test]
fn a_conflict_skipped_and_given_up() {
    on_adopted(|repo| {
        a_conflict(repo);
        let before = Snapshot::of(repo);
        pick_until_conflict(repo, "start..side");
        repo.run("cherry-pick --abort");
        before.assert_same(repo);
        pick_until_conflict(repo, "start..side");
        repo.run("cherry-pick --skip");
        assert_eq!(repo.id("docs/first.md"), repo.id_in("side", "docs/first.md"));
        assert_eq!(repo.id("docs/main.md"), repo.id_in("before", "docs/main.md"));
        assert!(!repo.exists("docs/two.md"));
        pick_until_conflict(repo, "side~1");
        repo.run("cherry-pick --quit");
        repo.run("reset -q --hard");
    });
}

#[test]
fn an_addition_where_the_path_is_taken() {
    on_adopted(|repo| {
        on_side(repo, |repo| repo.commit_file("new.md", text("theirs")));
        repo.commit_file("new.md", text("ours"));
        let id = repo.id("new.md");
        let _ = repo.try_git("cherry-pick side").code(1);
        repo.stage("new.md", text("resolved"));
        repo.run("cherry-pick --continue");
        assert_eq!(repo.id("new.md"), id);
    });
}

#[test]
fn a_file_moved_along_with_its_directory() {
    on_adopted_but(|repo| {
        on_side(repo, |repo| repo.commit_file("docs/new.md", text("new")));
        repo.run("mv docs manual");
        repo.commit("move the directory");
        repo.run("-c merge.directoryRenames=true cherry-pick side");
        let known = heal(repo);
        assert_eq!(repo.id("manual/new.md"), repo.id_in("side", "docs/new.md"));
        known
    });
}

#[test]
fn a_commit_that_no_hook_saw() {
    on_adopted_but(|repo| {
        on_side(repo, |repo| {
            repo.stage("new.md", text("new"));
            repo.mv("notes.txt", "docs/notes.txt");
            repo.run("commit -q --no-verify -m unseen");
        });
        let id = repo.id("notes.txt");
        repo.commit_file("main.md", text("main"));
        repo.run("cherry-pick side");
        let mut known = heal(repo);
        assert_eq!(repo.id("docs/notes.txt"), id);
        // Whoever heals the original agrees.
        let picked = repo.id("new.md");
        known.untrue.push(repo.rev("side"));
        repo.run("checkout -q side");
        repo.commit_file("after-2.md", text("after 2"));
        known.healing.push(repo.rev("HEAD"));
        assert_eq!(repo.id("docs/notes.txt"), id);
        assert_eq!(repo.id("new.md"), picked);
        known
    });
}

#[test]
fn a_commit_from_before_the_adoption() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.commit_file("old.md", text("old"));
        on_branch(&repo, "early", |repo| repo.commit_file("early.md", text("early")));
        let repo = repo.adopt("");
        repo.run("cherry-pick early");
        let known: Known = heal(&repo);
        assert_eq!(repo.id("early.md").len(), 16);
        judge::assert_consistent_except(&repo, &[&known.untrue[0]]);
        judge::assert_clean(&repo);
    });
}

#[test]
fn a_commit_that_is_there_already() {
    on_adopted(|repo| {
        on_side(repo, |repo| repo.commit_file("new.md", text("new")));
        repo.run("cherry-pick --ff side");
        assert_eq!(repo.rev("HEAD"), repo.rev("side"));
        let registry = repo.registry("HEAD");
        repo.run("cherry-pick --keep-redundant-commits side");
        assert_eq!(repo.registry("HEAD"), registry);
    });
}

#[test]
fn an_edit_of_a_file_that_was_moved() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        on_side(repo, |repo| {
            repo.append("notes.txt", "more\n");
            repo.stage("docs/side.md", text("side"));
            repo.run("commit -q -a -m edit");
        });
        repo.mv("notes.txt", "docs/notes.txt");
        repo.commit("move");
        repo.run("cherry-pick side");
        assert_eq!(repo.id("docs/notes.txt"), id);
        assert_eq!(repo.id("docs/side.md"), repo.id_in("side", "docs/side.md"));
    });
}

#[test]
fn moves_of_what_was_moved_or_deleted_here() {
    on_adopted(|repo| {
        let (notes, util) = (repo.id("notes.txt"), repo.id("src/util.py"));
        on_side(repo, |repo| {
            repo.mv("notes.txt", "docs/notes.txt");
            repo.append("docs/notes.txt", "more\n");
            repo.run("commit -q -a -m move");
            repo.run("rm -q src/util.py");
            repo.commit("delete");
        });
        repo.mv("src/util.py", "src/tools.py");
        repo.run("rm -q notes.txt");
        repo.commit("the other way round");
        repo.try_git("cherry-pick side~1").code(1).done();
        repo.run("add docs/notes.txt");
        repo.run("cherry-pick --continue");
        assert_eq!(repo.id("docs/notes.txt"), notes);
        // git sees that the deleted file is the one that was moved here.
        repo.try_git("cherry-pick side").code(1).done();
        repo.run("rm -q src/tools.py");
        repo.run("cherry-pick --continue");
        assert_eq!(repo.record(&util)["status"], "deprecated");
        assert_eq!(repo.id("docs/notes.txt"), notes);
    });
}
