//! Rebases that stop for a person. `git rebase --continue` asks no hook for the commit it makes;
//! what that commit lacks is put right by post-rewrite when the rebase is over.

use super::{assert_joined, fork, on_adopted};
use crate::common::{Repo, Snapshot, text};
use crate::merges::{on_side, unmerged_paths};

/// As [`fork`], and both branches then edit the same line of a file.
fn fork_in_conflict(repo: &Repo) {
    fork(repo);
    repo.run("checkout -q side");
    repo.commit_file("README.md", text("theirs"));
    repo.run("checkout -q main");
    repo.commit_file("README.md", text("ours"));
    repo.run("checkout -q side");
}

fn rebase_until_conflict(repo: &Repo, options: &str, unmerged: &[&str]) {
    let answer = repo.try_git(format!("rebase -q {options} main").as_str()).refused();
    assert_eq!(unmerged_paths(repo), unmerged, "{answer}");
}

#[test]
fn an_edit_resolved_by_hand() {
    on_adopted(|repo| {
        fork_in_conflict(repo);
        repo.run("tag before");
        for options in ["", "--apply"] {
            repo.run("reset -q --hard before");
            rebase_until_conflict(repo, options, &["README.md"]);
            repo.stage("README.md", text("resolved"));
            repo.run("rebase --continue");
            assert_joined(repo, "side");
            assert_eq!(repo.ask("rev-list --count main..side"), "4", "{options}");
        }
    });
}

#[test]
fn skipped_and_given_up() {
    on_adopted(|repo| {
        fork_in_conflict(repo);
        let before = Snapshot::of(repo);
        for options in ["", "--apply"] {
            rebase_until_conflict(repo, options, &["README.md"]);
            repo.run("rebase --abort");
            assert_eq!(repo.rev("HEAD"), repo.rev("side"));
            repo.run("tag -f before");
        }
        repo.run("tag -d before");
        before.assert_same(repo);
        rebase_until_conflict(repo, "", &["README.md"]);
        repo.run("rebase --skip");
        assert_joined(repo, "side");
        assert_eq!(repo.ask("rev-list --count main..side"), "3");
    });
}

#[test]
fn files_added_and_moved_while_resolving() {
    on_adopted(|repo| {
        fork_in_conflict(repo);
        repo.stage("docs/last.md", text("last"));
        repo.commit("last");
        let last = repo.id("docs/last.md");
        rebase_until_conflict(repo, "", &["README.md"]);
        repo.stage("README.md", text("resolved"));
        repo.stage("docs/late.md", text("late"));
        repo.mv("docs/side.md", "docs/moved.md");
        repo.run("rm -q src/util.py");
        repo.run("rebase --continue");
        assert_eq!(repo.ask("rev-list --count main..side"), "5");
        assert_eq!(repo.id("docs/moved.md"), repo.id_in("theirs", "docs/side.md"));
        assert_eq!(repo.id("docs/last.md"), last);
        let util = repo.record(&repo.id_in("start", "src/util.py"));
        assert_eq!(util["status"], "deprecated");
        assert_eq!(repo.id("docs/late.md"), repo.id_in("HEAD~1", "docs/late.md"));
    });
}

#[test]
fn an_edit_stop_concluded_without_a_commit() {
    on_adopted(|repo| {
        repo.run("tag start");
        repo.commit_file("docs/one.md", text("one"));
        repo.run("tag one");
        repo.commit_file("docs/two.md", text("two"));
        repo.run("tag two");
        let lines = [("edit", "one"), ("pick", "two")];
        super::with_todo(repo, &lines).run("rebase -q -i start");
        repo.stage("docs/late.md", text("late"));
        repo.mv("docs/one.md", "docs/first.md");
        repo.run("rebase --continue");
        assert_eq!(repo.ask("rev-list --count start..HEAD"), "2");
        for rev in ["HEAD~1", "HEAD"] {
            assert_eq!(repo.id_in(rev, "docs/first.md"), repo.id_in("one", "docs/one.md"));
            assert_eq!(repo.id_in(rev, "docs/late.md"), repo.id("docs/late.md"));
        }
        assert_eq!(repo.id("docs/two.md"), repo.id_in("two", "docs/two.md"));
    });
}

/// `main` moves the directory `docs`; `side` adds a file to it, and one more elsewhere.
fn move_a_directory(repo: &Repo) {
    on_side(repo, |repo| {
        repo.commit_file("docs/new.md", text("new"));
        repo.commit_file("other.md", text("other"));
    });
    repo.run("mv docs manual");
    repo.commit("move the directory");
    repo.run("tag theirs side");
    repo.run("checkout -q side");
}

#[test]
fn a_file_moved_along_with_its_directory() {
    on_adopted(|repo| {
        move_a_directory(repo);
        repo.run("-c merge.directoryRenames=true rebase -q main");
        assert_eq!(repo.id("manual/new.md"), repo.id_in("theirs~1", "docs/new.md"));
        assert_eq!(repo.id_in("HEAD~1", "manual/new.md"), repo.id("manual/new.md"));
        assert_eq!(repo.id("other.md"), repo.id_in("theirs", "other.md"));
        assert_eq!(repo.ask("rev-list --count main..side"), "2");
    });
}

#[test]
fn a_file_moved_along_under_work_that_is_put_aside() {
    on_adopted(|repo| {
        move_a_directory(repo);
        repo.append("README.md", "unstaged\n");
        repo.stage("docs/work.md", text("work"));
        repo.mv("notes.txt", "moved.txt");
        repo.run("-c merge.directoryRenames=true rebase -q --autostash main");
        let status = repo.ask("status --porcelain --untracked-files=all");
        assert!(!status.contains(".idhooks"), "{status}");
        assert_eq!(repo.id("manual/new.md"), repo.id_in("theirs~1", "docs/new.md"));
        repo.run("add -A");
        repo.commit("work");
        assert_eq!(repo.id("moved.txt"), repo.id_in("theirs", "notes.txt"));
    });
}

#[test]
fn a_file_that_git_suggests_to_move() {
    on_adopted(|repo| {
        move_a_directory(repo);
        rebase_until_conflict(repo, "", &["manual/new.md"]);
        repo.run("add manual/new.md");
        repo.run("rebase --continue");
        assert_eq!(repo.id("manual/new.md"), repo.id_in("theirs~1", "docs/new.md"));
        assert_eq!(repo.id_in("HEAD~1", "manual/new.md"), repo.id("manual/new.md"));
        assert_eq!(repo.id("other.md"), repo.id_in("theirs", "other.md"));
    });
}

#[test]
fn without_looking_for_moved_directories() {
    on_adopted(|repo| {
        move_a_directory(repo);
        repo.run("-c merge.directoryRenames=false rebase -q main");
        assert_eq!(repo.id("docs/new.md"), repo.id_in("theirs", "docs/new.md"));
    });
}

#[test]
fn moved_to_two_places() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        on_side(repo, |repo| {
            repo.mv("notes.txt", "src/notes.txt");
            repo.commit("move to src");
            repo.commit_file("other.md", text("other"));
        });
        repo.mv("notes.txt", "docs/notes.txt");
        repo.commit("move to docs");
        repo.run("checkout -q side");
        let _ = repo.try_git("rebase -q main").refused();
        repo.run("rm -q -f --ignore-unmatch notes.txt docs/notes.txt");
        repo.run("add src/notes.txt");
        repo.run("rebase --continue");
        assert_eq!(
            (repo.id("src/notes.txt"), repo.id_in("HEAD~1", "src/notes.txt")),
            (id.clone(), id)
        );
    });
}

#[test]
fn one_path_added_on_both_branches() {
    for side_is_older in [true, false] {
        on_adopted(|repo| {
            let add = |name: &str| {
                repo.run(["checkout", "-q", name]);
                repo.commit_file("new.md", text(name));
                repo.commit_file(&format!("{name}.md"), text(&format!("{name} 2")));
            };
            repo.run("branch side");
            let order = if side_is_older { ["side", "main"] } else { ["main", "side"] };
            order.into_iter().for_each(add);
            repo.run("checkout -q side");
            let side = repo.id("side.md");
            rebase_until_conflict(repo, "", &["new.md"]);
            repo.stage("new.md", text("resolved"));
            repo.run("rebase --continue");
            assert_eq!(repo.id("new.md"), repo.id_in("main", "new.md"));
            assert_eq!(repo.id("side.md"), side);
        });
    }
}

#[test]
fn deleted_there_and_edited_here() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        on_side(repo, |repo| {
            repo.commit_file("notes.txt", text("edited"));
            repo.commit_file("other.md", text("other"));
        });
        repo.run("rm -q notes.txt");
        repo.commit("delete");
        repo.run("checkout -q side");
        let other = repo.id("other.md");
        rebase_until_conflict(repo, "", &["notes.txt"]);
        repo.run("add notes.txt");
        repo.run("rebase --continue");
        assert_eq!((repo.id("notes.txt"), repo.id("other.md")), (id, other));
    });
}
