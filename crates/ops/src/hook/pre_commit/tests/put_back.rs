//! Files that commits without hooks remove and put back without changing the registry.

use std::collections::BTreeMap;

use idhooks_core::check::Code;
use idhooks_core::registry::{Id, Status};

use crate::CheckOptions;
use crate::tests::{TestRepo, text};

const EXCHANGE: [(&str, &str); 3] =
    [("README.md", "t"), ("notes.txt", "README.md"), ("t", "notes.txt")];

/// Moves files one after the other, each in a commit without hooks.
fn moves(repo: &TestRepo, pairs: &[(&str, &str)]) {
    for (from, to) in pairs {
        repo.git_mv(from, to);
        repo.commit_unseen(to);
    }
}

/// Removes a file in a commit without hooks.
fn removed(repo: &TestRepo, path: &str) {
    repo.git(&["rm", "-q", path]);
    repo.commit_unseen("remove");
}

/// Commits a file without hooks.
fn put(repo: &TestRepo, path: &str, content: &str) {
    repo.stage(path, content);
    repo.commit_unseen("put back");
}

/// Edits a file, and commits that with hooks.
fn edited(repo: &TestRepo, path: &str) {
    repo.append(path, "more\n");
    repo.commit("edit");
}

/// Returns the identities of the two files that [`EXCHANGE`] exchanges.
fn both(repo: &TestRepo) -> [Id; 2] {
    ["README.md", "notes.txt"].map(|path| repo.id(path))
}

/// Returns the identity of every file.
fn holders(repo: &TestRepo) -> BTreeMap<String, Id> {
    let records = repo.registry("HEAD").allocations.into_iter();
    let active = records.filter(|record| record.is_active());
    active.map(|record| (record.path.to_string(), record.id)).collect()
}

/// Asserts that HEAD is consistent and that nothing is lost.
#[track_caller]
fn assert_healed(repo: &TestRepo) {
    assert!(!repo.check(&CheckOptions::default()).is_failed);
    let found = repo.check_history();
    assert!(found.iter().all(|one| one.code == Code::Behind), "{found:#?}");
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
}

/// Commits a new file with hooks, and asserts that this commit heals the earlier ones.
#[track_caller]
fn assert_next_commit_heals(repo: &TestRepo) {
    assert!(repo.findings().contains(&Code::IdentityChanged), "{:?}", repo.findings());
    let found = repo.check_history();
    assert!(found.iter().any(|one| one.code == Code::IdentityChanged), "{found:#?}");
    repo.commit_file("new.md", &text("new"));
    assert_healed(repo);
    let healed = holders(repo);
    edited(repo, "docs/guide.md");
    repo.commit_file("newer.md", &text("newer"));
    assert_healed(repo);
    let mut now = holders(repo);
    now.remove("newer.md");
    assert_eq!(now, healed);
}

#[test]
fn three_renames_exchange_the_identities_of_two_files() {
    let repo = TestRepo::adopted();
    let [readme, notes] = both(&repo);
    moves(&repo, &EXCHANGE);
    assert_next_commit_heals(&repo);
    assert_eq!(both(&repo), [notes, readme]);
}

#[test]
fn edits_between_and_after_the_renames_change_nothing() {
    let repo = TestRepo::adopted();
    let [readme, notes] = both(&repo);
    for pair in EXCHANGE {
        repo.append(pair.0, "more\n");
        repo.commit_unseen("edit");
        moves(&repo, &[pair]);
    }
    for path in ["README.md", "docs/guide.md", "notes.txt"] {
        repo.append(path, "and more\n");
        repo.commit_unseen("edit");
    }
    assert_next_commit_heals(&repo);
    assert_eq!(both(&repo), [notes, readme]);
}

#[test]
fn an_edit_with_hooks_heals_too() {
    let repo = TestRepo::adopted();
    let [readme, notes] = both(&repo);
    moves(&repo, &EXCHANGE);
    edited(&repo, "docs/guide.md");
    assert_eq!(both(&repo), [notes, readme]);
    assert_healed(&repo);
}

#[test]
fn a_file_with_another_content_is_another_file() {
    let repo = TestRepo::adopted();
    let id = repo.id("notes.txt");
    removed(&repo, "notes.txt");
    put(&repo, "notes.txt", &text("something else entirely"));
    assert_next_commit_heals(&repo);
    assert_ne!(repo.id("notes.txt"), id);
}

#[test]
fn a_file_with_the_same_content_is_the_same_file() {
    let repo = TestRepo::adopted();
    let id = repo.id("notes.txt");
    removed(&repo, "notes.txt");
    put(&repo, "notes.txt", &text("notes.txt"));
    assert_healed(&repo);
    edited(&repo, "notes.txt");
    assert_eq!(repo.id("notes.txt"), id);
    assert_healed(&repo);
}

#[test]
fn a_file_that_is_deleted_after_all_is_deprecated() {
    let repo = TestRepo::adopted();
    let id = repo.id("notes.txt");
    removed(&repo, "notes.txt");
    put(&repo, "notes.txt", &text("something else entirely"));
    repo.run("rm -q notes.txt");
    repo.commit("delete");
    assert_eq!(repo.record(id).status, Status::Deprecated);
    assert_healed(&repo);
}

/// Makes a branch with a commit of its own, and returns to main.
fn branch(repo: &TestRepo) {
    repo.run("checkout -q -b topic");
    repo.commit_file("docs/topic.md", &text("topic"));
    repo.run("checkout -q main");
}

#[test]
fn a_file_with_another_content_is_another_file_after_a_merge_or_a_cherry_pick() {
    for is_merge in [true, false] {
        let repo = TestRepo::adopted();
        branch(&repo);
        let id = repo.id("notes.txt");
        removed(&repo, "notes.txt");
        put(&repo, "notes.txt", &text("something else entirely"));
        match is_merge {
            true => repo.merge("topic"),
            false => repo.run("cherry-pick main..topic"),
        }
        repo.commit_file("newer.md", &text("newer"));
        assert_ne!(repo.id("notes.txt"), id);
        assert_eq!(repo.record(id).status, Status::Deprecated);
        assert_healed(&repo);
    }
}

#[test]
fn a_deleted_file_does_not_return_in_a_merge_with_a_stale_base() {
    let repo = TestRepo::adopted();
    let id = repo.id("README.md");
    removed(&repo, "notes.txt");
    moves(&repo, &[("README.md", "notes.txt")]);
    branch(&repo);
    repo.run("rm -q docs/guide.md");
    repo.commit("delete");
    repo.git_mv("notes.txt", "docs/guide.md");
    repo.commit("move");
    assert_eq!(repo.id("docs/guide.md"), id);
    repo.merge("topic");
    repo.commit_file("newer.md", &text("newer"));
    assert_eq!(repo.id("docs/guide.md"), id);
    assert_healed(&repo);
}

#[test]
fn a_file_that_is_deleted_after_an_exchange_is_not_missed() {
    let repo = TestRepo::adopted();
    let id = repo.id("README.md");
    moves(&repo, &EXCHANGE);
    removed(&repo, "README.md");
    moves(&repo, &[("notes.txt", "README.md")]);
    repo.commit_file("newer.md", &text("newer"));
    assert_eq!(repo.id("README.md"), id);
    assert_healed(&repo);
}

#[test]
fn a_file_that_one_branch_heals_and_another_replaces_is_replaced() {
    for is_healed in [false, true] {
        let repo = TestRepo::adopted();
        let [readme, notes] = both(&repo);
        moves(&repo, &[("README.md", "docs/new.md")]);
        branch(&repo);
        removed(&repo, "docs/new.md");
        moves(&repo, &[("notes.txt", "docs/new.md")]);
        if is_healed {
            repo.commit_file("newer.md", &text("newer"));
        }
        repo.merge("topic");
        repo.commit_file("newest.md", &text("newest"));
        assert_eq!(repo.id("docs/new.md"), notes, "{is_healed}");
        assert_eq!(repo.record(readme).status, Status::Deprecated, "{is_healed}");
        assert_healed(&repo);
    }
}
