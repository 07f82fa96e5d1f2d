//! Files that commits without hooks remove and put back without changing the registry.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::common::{Repo, for_each_git, text};
use crate::judge;

/// Commits everything without hooks.
fn unhooked(repo: &Repo) {
    repo.run("add -A");
    repo.run("commit -q --no-verify -m unhooked");
}

/// Moves files one after the other, each in a commit without hooks.
fn moves(repo: &Repo, pairs: &[(&str, &str)]) {
    for (from, to) in pairs {
        repo.mv(from, to);
        unhooked(repo);
    }
}

const EXCHANGE: [(&str, &str); 3] =
    [("README.md", "t"), ("notes.txt", "README.md"), ("t", "notes.txt")];

/// Returns the identities of the two files that [`EXCHANGE`] exchanges.
fn both(repo: &Repo) -> [String; 2] {
    ["README.md", "notes.txt"].map(|path| repo.id(path))
}

/// Commits a new file with hooks, and asserts that this commit heals the earlier ones.
fn healed_by_the_next_commit(repo: &Repo) {
    let found = repo.idhooks("check").code(1);
    assert!(found.stdout().contains("IDENTITY_CHANGED"), "{found}");
    let found = repo.findings("--history");
    assert!(found.iter().any(|code| code == "IDENTITY_CHANGED"), "{found:?}");
    let status = repo.idhooks("status").stdout();
    assert!(status.contains("inconsistent"), "{status}");
    repo.commit_file("new.md", text("new"));
    assert_healed(repo);
    let healed = holders(repo);
    repo.append("docs/guide.md", "more\n");
    repo.run("commit -q -a -m edit");
    repo.commit_file("newer.md", text("newer"));
    assert_healed(repo);
    let mut now = holders(repo);
    now.remove("newer.md");
    assert_eq!(now, healed);
}

/// Returns the identity of every file.
fn holders(repo: &Repo) -> BTreeMap<String, String> {
    let registry: Value = serde_json::from_slice(&repo.registry("HEAD")).expect("a registry");
    let records = registry["allocations"].as_array().expect("records").iter();
    let active = records.filter(|record| record["status"] == "active");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    active.map(|record| (text(&record["file_path"]), text(&record["id"]))).collect()
}

/// Asserts that every command says that HEAD is consistent, and that nothing is lost.
fn assert_healed(repo: &Repo) {
    repo.idhooks("check").ok().done();
    repo.idhooks("check --rev HEAD").ok().done();
    let status = repo.idhooks("status").ok().stdout();
    assert!(status.contains("HEAD        its registry is consistent"), "{status}");
    let found = repo.findings("--history");
    assert!(found.iter().all(|code| code == "BEHIND"), "{found:?}");
    judge::assert_clean(repo);
}

#[test]
fn three_renames_exchange_two_files() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let [readme, notes] = both(&repo);
        moves(&repo, &EXCHANGE);
        healed_by_the_next_commit(&repo);
        assert_eq!(both(&repo), [notes, readme]);
    });
}

#[test]
fn edits_and_additions_between_and_after_change_nothing() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let [readme, notes] = both(&repo);
        for pair in EXCHANGE {
            repo.append(pair.0, "more\n");
            unhooked(&repo);
            moves(&repo, &[pair]);
        }
        for path in ["README.md", "docs/guide.md", "notes.txt"] {
            repo.append(path, "and more\n");
            unhooked(&repo);
        }
        healed_by_the_next_commit(&repo);
        assert_eq!(both(&repo), [notes, readme]);
    });
}

#[test]
fn an_edit_with_the_hooks_heals_too() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let [readme, notes] = both(&repo);
        moves(&repo, &EXCHANGE);
        repo.append("docs/guide.md", "more\n");
        repo.run("commit -q -a -m edit");
        assert_eq!(both(&repo), [notes, readme]);
        judge::assert_clean(&repo);
    });
}

#[test]
fn another_content_is_another_file() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let id = repo.id("notes.txt");
        repo.remove("notes.txt");
        unhooked(&repo);
        repo.write("notes.txt", text("something else entirely"));
        unhooked(&repo);
        healed_by_the_next_commit(&repo);
        assert_ne!(repo.id("notes.txt"), id);
    });
}

#[test]
fn the_same_content_is_the_same_file() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let (id, notes) = (repo.id("notes.txt"), repo.read("notes.txt"));
        repo.remove("notes.txt");
        unhooked(&repo);
        repo.write("notes.txt", notes);
        unhooked(&repo);
        repo.idhooks("check").ok().done();
        let found = repo.findings("--history");
        assert!(found.iter().all(|code| code == "BEHIND"), "{found:?}");
        repo.append("notes.txt", "more\n");
        repo.run("commit -q -a -m edit");
        assert_eq!(repo.id("notes.txt"), id);
        judge::assert_clean(&repo);
    });
}

#[test]
fn a_file_that_is_deleted_after_all_is_not_in_dispute() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let id = repo.id("notes.txt");
        repo.remove("notes.txt");
        unhooked(&repo);
        repo.write("notes.txt", text("something else entirely"));
        unhooked(&repo);
        repo.run("rm -q notes.txt");
        repo.commit("delete");
        assert_eq!(repo.record(&id)["status"], "deprecated");
        judge::assert_clean(&repo);
    });
}

/// Makes a branch with a commit of its own, and returns to main.
fn branch(repo: &Repo) {
    repo.run("switch -q -c topic");
    repo.commit_file("docs/topic.md", text("topic"));
    repo.run("switch -q main");
}

/// Brings a branch and main together, in shell.
const MEETINGS: [&str; 4] = [
    "git merge -q --no-edit topic",
    "git -c core.hooksPath= merge -q --no-edit topic",
    "git cherry-pick main..topic",
    "git switch -q topic && seq 40 >two.md && git add two.md && git commit -q -m two && git rebase -q main",
];

#[test]
fn healed_or_not_an_exchange_survives_merges_rebases_and_picks() {
    for (meeting, is_healed) in MEETINGS.into_iter().flat_map(|one| [(one, false), (one, true)]) {
        for_each_git(|git| {
            let repo = Repo::adopted(git);
            branch(&repo);
            let [readme, notes] = both(&repo);
            moves(&repo, &EXCHANGE);
            if is_healed {
                repo.commit_file("new.md", text("new"));
            }
            repo.sh(meeting).ok().done();
            repo.commit_file("newer.md", text("newer"));
            assert_eq!(both(&repo), [&*notes, &*readme], "{meeting}, {is_healed}");
            assert_healed(&repo);
        });
    }
}

#[test]
fn another_file_at_the_path_is_another_one_after_a_merge_or_a_pick() {
    for line in ["merge -q --no-edit topic", "cherry-pick main..topic"] {
        for_each_git(|git| {
            let repo = Repo::adopted(git);
            branch(&repo);
            let id = repo.id("notes.txt");
            repo.remove("notes.txt");
            unhooked(&repo);
            repo.write("notes.txt", text("something else entirely"));
            unhooked(&repo);
            repo.run(line);
            repo.commit_file("newer.md", text("newer"));
            assert_ne!(repo.id("notes.txt"), id, "{line}");
            assert_eq!(repo.record(&id)["status"], "deprecated");
            assert_healed(&repo);
        });
    }
}

#[test]
fn a_deleted_file_does_not_return_in_a_merge_with_a_stale_base() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let id = repo.id("README.md");
        repo.remove("notes.txt");
        unhooked(&repo);
        moves(&repo, &[("README.md", "notes.txt")]);
        repo.run("switch -q -c topic");
        repo.commit_file("docs/topic.md", text("topic"));
        repo.run("switch -q main");
        repo.run("rm -q docs/guide.md");
        repo.commit("delete");
        repo.mv("notes.txt", "docs/guide.md");
        repo.commit("move");
        assert_eq!(repo.id("docs/guide.md"), id);
        repo.run("merge -q --no-edit topic");
        repo.commit_file("newer.md", text("newer"));
        assert_eq!(repo.id("docs/guide.md"), id);
        assert_healed(&repo);
    });
}

#[test]
fn a_file_that_leaves_after_an_exchange_is_not_missed() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let id = repo.id("README.md");
        moves(&repo, &EXCHANGE);
        repo.remove("README.md");
        unhooked(&repo);
        moves(&repo, &[("notes.txt", "README.md")]);
        repo.commit_file("newer.md", text("newer"));
        assert_eq!(repo.id("README.md"), id);
        assert_healed(&repo);
    });
}

#[test]
fn what_one_branch_heals_and_another_replaces_is_replaced() {
    for is_healed in [false, true] {
        for_each_git(|git| {
            let repo = Repo::adopted(git);
            let [readme, notes] = both(&repo);
            moves(&repo, &[("README.md", "docs/new.md")]);
            branch(&repo);
            repo.run("rm -q docs/new.md");
            unhooked(&repo);
            moves(&repo, &[("notes.txt", "docs/new.md")]);
            if is_healed {
                repo.commit_file("newer.md", text("newer"));
            }
            repo.run("merge -q --no-edit topic");
            repo.commit_file("newest.md", text("newest"));
            assert_eq!(repo.id("docs/new.md"), notes, "{is_healed}");
            assert_eq!(repo.record(&readme)["status"], "deprecated", "{is_healed}");
            assert_healed(&repo);
        });
    }
}
