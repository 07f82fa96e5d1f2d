//! Histories in which idhooks was given up, for good or for a while.

use super::{REGISTRY, assert_bad, assert_fine, commit_records, records, said, settle, unhooked};
use crate::common::{Repo, for_each_git, text};

/// Gives idhooks up as the README says, with hooks.
fn give_up(repo: &Repo) {
    repo.run(["rm", "-q", REGISTRY, "idhooks.toml"]);
    repo.commit("give up");
}

/// Makes two commits that nobody looks after.
fn go_on(repo: &Repo) {
    repo.commit_file("free.md", text("free"));
    repo.mv("notes.txt", "moved.txt");
    repo.commit("move");
}

#[test]
fn given_up_and_adopted_again() {
    for_each_git(|git| {
        for strategy in ["scattered", "sequential"] {
            let repo = Repo::adopted_with(git, &format!("--strategy {strategy}"));
            let id = repo.id("data/table.csv");
            give_up(&repo);
            assert_fine(&repo, "");
            go_on(&repo);
            assert_fine(&repo, "");
            repo.idhooks("check --rev HEAD").code(2).explains("cannot find a registry").done();
            repo.idhooks("check --history=HEAD~2..").code(2).complains("find a registry").done();
            // What was given before is known to this clone only.
            let repo = repo.clone_as("other");
            repo.run("rm -q data/table.csv");
            repo.write("data/more.csv", text("more"));
            repo.run("add -A");
            repo.init_and_install(&format!("--strategy {strategy}"));
            repo.commit("adopt again");
            if strategy == "sequential" {
                assert_eq!(repo.id("data/more.csv"), id, "the identity is given again");
            }
            assert_fine(&repo, "");
            repo.mv("moved.txt", "notes.txt");
            repo.commit("move back");
            repo.commit_file("docs/after.md", text("after"));
            assert_fine(&repo, "");
        }
    });
}

#[test]
fn taken_back_by_a_revert() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let id = repo.id("README.md");
        give_up(&repo);
        go_on(&repo);
        repo.run("revert --no-commit HEAD~2");
        repo.commit("back");
        assert_eq!(repo.id("README.md"), id);
        assert_fine(&repo, "");
    });
}

#[test]
fn what_happens_after_the_second_adoption_is_judged() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        give_up(&repo);
        go_on(&repo);
        repo.init_and_install("");
        repo.commit("adopt again");
        let mut lines = records(&repo);
        lines.retain(|line| !line.contains("README.md"));
        repo.run("rm -q README.md");
        commit_records(&repo, "remove", &lines);
        settle(&repo);
        assert_bad(&repo, "HEAD~2", &["RECORD_LOST"]);
    });
}

#[test]
fn the_registry_alone_is_not_giving_up() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run(["rm", "-q", REGISTRY]);
        unhooked(&repo, "remove");
        repo.append("README.md", "more\n");
        unhooked(&repo, "go on");
        assert_bad(&repo, "HEAD~1", &["REGISTRY_CORRUPT"]);
        let answer = repo.idhooks("check --rev HEAD --format json").code(1);
        assert_eq!(answer.json()["findings"][0]["code"], "REGISTRY_CORRUPT", "{answer}");
        repo.run("rm -q idhooks.toml");
        repo.commit("give up");
        go_on(&repo);
        assert_bad(&repo, "HEAD~4", &["REGISTRY_CORRUPT"]);
    });
}

#[test]
fn a_record_that_came_back_before_is_not_lost() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let all = records(&repo);
        let kept: Vec<String> =
            all.iter().filter(|line| !line.contains("README.md")).cloned().collect();
        repo.run("rm -q README.md");
        commit_records(&repo, "remove", &kept);
        settle(&repo);
        repo.run("checkout -q HEAD~3 -- README.md");
        commit_records(&repo, "put back", &all);
        settle(&repo);
        let before = said(&repo.idhooks("check --history --format json").ok());
        give_up(&repo);
        go_on(&repo);
        assert_eq!(said(&repo.idhooks("check --history --format json").ok()), before);
    });
}

/// Gives idhooks up on a branch beside `main`, which goes on; ends on `main`.
fn given_up_on_a_branch(repo: &Repo) {
    repo.run("checkout -q -b side");
    give_up(repo);
    repo.commit_file("free.md", text("free"));
    repo.run("checkout -q main");
    repo.append("README.md", "more\n");
    repo.run("commit -q -a -m edit");
}

#[test]
fn a_merge_that_gives_up_with_the_branch() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        given_up_on_a_branch(&repo);
        // Nobody changed the registry here: to git it is a deletion like any other.
        repo.run("merge -q --no-edit side");
        assert!(!repo.exists(REGISTRY) && !repo.exists("idhooks.toml"));
        assert_fine(&repo, "");
        repo.append("README.md", "and more\n");
        repo.run("commit -q -a -m after");
        assert_fine(&repo, "");
    });
}

#[test]
fn a_merge_that_does_not_give_up_with_the_branch() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let id = repo.id("README.md");
        given_up_on_a_branch(&repo);
        repo.run("merge -q --no-commit --no-ff side");
        repo.run(["checkout", "-q", "HEAD", "--", REGISTRY, "idhooks.toml"]);
        repo.commit("merge");
        assert_eq!(repo.id("README.md"), id);
        assert_eq!(repo.id("free.md").len(), 16);
        assert_fine(&repo, "");
        repo.commit_file("docs/after.md", text("after"));
        assert_fine(&repo, "");
    });
}

#[test]
fn merges_into_the_branch_that_gave_up() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        given_up_on_a_branch(&repo);
        repo.commit_file("docs/main.md", text("main"));
        repo.run("checkout -q side");
        repo.try_git("merge -q --no-edit main").code(1).done();
        repo.run(["rm", "-q", REGISTRY]);
        repo.commit("stay without");
        assert!(!repo.exists("idhooks.toml"));
        assert_fine(&repo, "");
        // The other way out is to come back.
        repo.run("reset -q --hard HEAD~1");
        repo.try_git("merge -q --no-edit main").code(1).done();
        repo.run(["checkout", "-q", "main", "--", REGISTRY, "idhooks.toml"]);
        repo.commit("come back");
        assert_eq!(repo.id("docs/main.md"), repo.id_in("main", "docs/main.md"));
        assert_fine(&repo, "");
    });
}

#[test]
fn a_merge_that_loses_the_registry_alone() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        given_up_on_a_branch(&repo);
        repo.run("merge -q --no-commit --no-ff side");
        repo.run("checkout -q HEAD -- idhooks.toml");
        unhooked(&repo, "merge");
        assert_bad(&repo, "HEAD", &["REGISTRY_CORRUPT"]);
    });
}
