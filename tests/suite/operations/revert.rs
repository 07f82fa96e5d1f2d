//! `git revert`. A clean revert asks no hook: where it takes back the very commit that HEAD is on,
//! git restores the old registry as a text, and the record of an added file is gone until the
//! next commit brings it back, retired.

use super::{assert_known, fork, heal, on_adopted, on_adopted_but};
use crate::common::{Repo, Snapshot, text};
use crate::merges::unmerged_paths;

#[test]
fn of_a_deletion() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        repo.run("rm -q notes.txt");
        repo.commit("delete");
        repo.run("tag deleted");
        repo.run("revert --no-edit HEAD");
        assert_eq!(repo.id("notes.txt"), id);
        repo.run("reset -q --hard deleted");
        repo.commit_file("docs/new.md", text("new"));
        repo.mv("src/app.py", "src/main.py");
        repo.commit("more");
        repo.run("revert --no-edit deleted");
        assert_eq!(repo.id("notes.txt"), id);
        assert_known(repo, "HEAD", &["HEAD~1"]);
    });
}

#[test]
fn of_a_rename() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        repo.mv("notes.txt", "docs/notes.txt");
        repo.append("docs/notes.txt", "more\n");
        repo.run("commit -q -a -m move");
        repo.run("tag moved");
        repo.run("revert --no-edit HEAD");
        assert_eq!(repo.id("notes.txt"), id);
        repo.run("revert --no-edit HEAD");
        assert_eq!(repo.id("docs/notes.txt"), id);
        repo.commit_file("docs/new.md", text("new"));
        repo.run("revert --no-edit moved");
        assert_eq!(repo.id("notes.txt"), id);
    });
}

#[test]
fn of_an_addition() {
    on_adopted(|repo| {
        repo.commit_file("docs/new.md", text("new"));
        repo.run("tag added");
        let id = repo.id("docs/new.md");
        repo.commit_file("docs/later.md", text("later"));
        repo.run("revert --no-edit added");
        let record = repo.record(&id);
        assert_eq!(record["status"], "deprecated");
        assert_eq!(record["metadata"]["deprecated_reason"], "reverted");
        repo.run("revert --no-edit HEAD");
        assert_eq!(repo.id("docs/new.md"), id);
    });
}

#[test]
fn of_the_addition_just_made() {
    on_adopted_but(|repo| {
        repo.commit_file("docs/new.md", text("new"));
        let (id, known) = (repo.id("docs/new.md"), repo.rev("HEAD"));
        repo.run("revert --no-edit HEAD");
        let healed = heal(repo);
        assert_known(repo, "HEAD", &[&known, "HEAD"]);
        assert_eq!(repo.record(&id)["metadata"]["deprecated_reason"], "reverted");
        healed
    });
}

#[test]
fn of_a_merge() {
    on_adopted(|repo| {
        fork(repo);
        repo.run("merge -q --no-edit side");
        repo.run("tag joined");
        repo.commit_file("docs/later.md", text("later"));
        repo.run("revert --no-edit -m 1 joined");
        assert_eq!(repo.id("src/app.py"), repo.id_in("start", "src/app.py"));
        assert_eq!(repo.id("data/table.csv"), repo.id_in("start", "data/table.csv"));
        assert_eq!(repo.id("docs/notes.txt"), repo.id_in("start", "notes.txt"));
        let gone = repo.record(&repo.id_in("theirs", "docs/side.md"));
        assert_eq!(gone["status"], "deprecated");
        assert_known(repo, "HEAD", &["HEAD~1"]);
        repo.run("revert --no-edit HEAD");
        for path in ["docs/side.md", "src/main.py", "docs/main.md"] {
            assert_eq!(repo.id(path), repo.id_in("joined", path));
        }
    });
}

#[test]
fn of_a_range() {
    on_adopted_but(|repo| {
        fork(repo);
        repo.run("checkout -q side");
        repo.run("revert --no-edit start..theirs");
        for path in ["src/app.py", "data/table.csv", "notes.txt"] {
            assert_eq!(repo.id(path), repo.id_in("start", path));
        }
        let healed = heal(repo);
        assert_known(repo, "HEAD", &["theirs", "HEAD"]);
        healed
    });
}

#[test]
fn into_the_index_only() {
    on_adopted(|repo| {
        fork(repo);
        repo.run("checkout -q side");
        repo.run("revert -n theirs~2..theirs");
        repo.mv("notes.txt", "docs/notes.txt");
        repo.commit("reverted and more");
        assert_eq!(repo.id("src/app.py"), repo.id_in("start", "src/app.py"));
        assert_eq!(repo.id("docs/notes.txt"), repo.id_in("start", "notes.txt"));
        repo.run("revert -n theirs~2");
        repo.run("revert --continue");
        let record = repo.record(&repo.id_in("theirs", "docs/side.md"));
        assert_eq!(record["metadata"]["deprecated_reason"], "reverted");
        assert_known(repo, "HEAD", &["theirs"]);
    });
}

/// A commit that adds a file and edits another, which was edited again since.
fn a_conflict(repo: &Repo) {
    repo.stage("README.md", text("first"));
    repo.commit_file("docs/new.md", text("new"));
    repo.run("tag added");
    repo.commit_file("README.md", text("second"));
}

fn revert_until_conflict(repo: &Repo) {
    let answer = repo.try_git("revert --no-edit added").code(1);
    assert_eq!(unmerged_paths(repo), ["README.md"], "{answer}");
}

#[test]
fn a_conflict_continued() {
    on_adopted(|repo| {
        a_conflict(repo);
        repo.run("tag before");
        for conclusion in ["revert --continue", "commit -q --no-edit"] {
            repo.run("reset -q --hard before");
            revert_until_conflict(repo);
            repo.stage("README.md", text("resolved"));
            repo.stage("docs/late.md", text("late"));
            repo.mv("notes.txt", "docs/notes.txt");
            repo.run(conclusion);
            let record = repo.record(&repo.id_in("added", "docs/new.md"));
            assert_eq!(record["metadata"]["deprecated_reason"], "reverted");
            assert_eq!(repo.id("docs/notes.txt"), repo.id_in("before", "notes.txt"));
            assert_eq!(repo.id("README.md"), repo.id_in("before", "README.md"));
        }
    });
}

/// As with cherry-pick, git does not read the index again that pre-commit has changed.
#[test]
fn a_range_continued_in_two_steps() {
    on_adopted(|repo| {
        repo.commit_file("docs/early.md", text("early"));
        repo.run("tag early");
        a_conflict(repo);
        repo.try_git("revert --no-edit added early").code(1).done();
        repo.stage("README.md", text("resolved"));
        repo.stage("docs/late.md", text("late"));
        let answer = repo.try_git("revert --continue").code(128);
        answer.complains("'git revert --continue' again").done();
        repo.run("revert --continue");
        for (path, rev) in [("docs/early.md", "early"), ("docs/new.md", "added")] {
            let record = repo.record(&repo.id_in(rev, path));
            assert_eq!(record["metadata"]["deprecated_reason"], "reverted");
        }
        assert_eq!(repo.id("docs/late.md"), repo.id_in("HEAD~1", "docs/late.md"));
    });
}

#[test]
fn a_conflict_skipped_and_given_up() {
    on_adopted(|repo| {
        a_conflict(repo);
        let before = Snapshot::of(repo);
        for conclusion in ["revert --abort", "revert --skip"] {
            revert_until_conflict(repo);
            repo.run(conclusion);
            before.assert_same(repo);
        }
    });
}

#[test]
fn of_a_move_that_was_followed_by_another() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        repo.mv("notes.txt", "docs/notes.txt");
        repo.commit("move");
        repo.mv("docs/notes.txt", "docs/last.txt");
        repo.commit("move again");
        repo.commit_file("docs/new.md", text("new"));
        repo.try_git("revert --no-edit HEAD~2").code(1).done();
        repo.run("rm -q -f --ignore-unmatch docs/last.txt docs/notes.txt");
        repo.run("checkout -q HEAD~3 -- notes.txt");
        repo.run("revert --continue");
        assert_eq!(repo.id("notes.txt"), id);
    });
}
