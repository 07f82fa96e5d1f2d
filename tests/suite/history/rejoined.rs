//! Side branches that were broken and came back.

use super::{assert_bad, assert_behind, change_record, commit_records, records, settle};
use crate::common::{Repo, for_each_git, text};

/// Breaks a side branch, makes the break last, and merges it.
fn rejoined(break_it: impl Fn(&Repo), judge: impl Fn(&Repo)) {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.commit_file("docs/gone.md", text("gone"));
        repo.run("rm -q docs/gone.md");
        repo.commit("retire");
        repo.run("checkout -q -b side");
        break_it(&repo);
        settle(&repo);
        repo.run("checkout -q main");
        repo.commit_file("docs/main.md", text("main"));
        repo.run("merge -q --no-edit side");
        repo.commit_file("docs/after.md", text("after"));
        judge(&repo);
    });
}

#[test]
fn a_record_lost_on_a_branch_comes_back_with_the_merge() {
    let lose = |repo: &Repo| {
        let mut lines = records(repo);
        lines.retain(|line| !line.contains("gone.md"));
        commit_records(repo, "remove", &lines);
    };
    rejoined(lose, |repo| assert_behind(repo, &["side~2"]));
    rejoined(lose, |repo| {
        // On the branch itself it is lost.
        repo.run("checkout -q side");
        assert_bad(repo, "side~2", &["RECORD_LOST"]);
    });
}

#[test]
fn identities_swapped_on_a_branch_stay_swapped() {
    let swap = |repo: &Repo| {
        let mut lines = records(repo);
        change_record(&mut lines, "notes.txt", |line| line.replace("notes.txt", "swap"));
        change_record(&mut lines, "README.md", |line| line.replace("README.md", "notes.txt"));
        change_record(&mut lines, "swap", |line| line.replace("swap", "README.md"));
        commit_records(repo, "swap", &lines);
    };
    rejoined(swap, |repo| assert_bad(repo, "side~2", &["IDENTITY_CHANGED"]));
}

#[test]
fn unhooked_branches_are_healed_where_they_meet() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let id = repo.id("notes.txt");
        repo.run("checkout -q -b side");
        repo.mv("notes.txt", "moved.txt");
        super::unhooked(&repo, "move");
        repo.write("new.txt", text("new"));
        super::unhooked(&repo, "add");
        repo.run("checkout -q main");
        repo.commit_file("docs/main.md", text("main"));
        repo.run("merge -q --no-edit side");
        assert_eq!(repo.id("moved.txt"), id);
        assert_behind(&repo, &["side", "side~1"]);
    });
}
