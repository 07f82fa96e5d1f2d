//! Files that commits without hooks take away and put back, while the registry stays as it is.

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

/// Commits a new file with the hooks, and asserts that this heals what was inconsistent before.
fn healed_by_the_next_commit(repo: &Repo) {
    let found = repo.idhooks("check").code(1);
    assert!(found.stdout().contains("IDENTITY_CHANGED"), "{found}");
    let found = repo.findings("--history");
    assert!(found.iter().any(|code| code == "IDENTITY_CHANGED"), "{found:?}");
    let status = repo.idhooks("status").stdout();
    assert!(status.contains("inconsistent"), "{status}");
    repo.commit_file("new.md", text("new"));
    repo.idhooks("check").ok().done();
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

#[test]
fn a_merge_keeps_what_the_other_branch_published() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let [readme, notes] = both(&repo);
        repo.run("switch -q -c topic");
        moves(&repo, &EXCHANGE);
        repo.run("switch -q main");
        repo.commit_file("docs/main.md", text("main"));
        repo.run("merge -q --no-edit topic");
        repo.idhooks("check").ok().done();
        judge::assert_clean(&repo);
        assert_eq!(both(&repo), [readme, notes]);
    });
}
