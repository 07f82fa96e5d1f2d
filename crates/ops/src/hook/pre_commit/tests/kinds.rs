//! Each kind of change, and changes that need none of the registry.

use idhooks_core::registry::key;

use crate::tests::{REGISTRY, TestRepo, text};

const INTRO: &str = "docs/intro.md";

/// Returns the paths that HEAD changes.
fn changed(repo: &TestRepo) -> String {
    repo.git(&["diff-tree", "--no-commit-id", "--name-only", "-r", "HEAD"])
}

#[test]
fn each_kind_of_change_in_a_commit_of_its_own() {
    let repo = TestRepo::adopted();
    let ids = ["docs/guide.md", "src/app.py"].map(|path| repo.id(path));
    repo.commit_file("src/new.py", &text("new"));
    repo.commit_file("notes.txt", &text("notes, rewritten"));
    repo.run("rm -q data/table.csv");
    repo.commit("delete");
    repo.git_mv("docs/guide.md", "guide.txt");
    repo.commit("rename");
    repo.git_mv("src/app.py", "src/main.py");
    repo.append("src/main.py", "more\n");
    repo.commit("rename and edit");
    assert_eq!(["guide.txt", "src/main.py"].map(|path| repo.id(path)), ids);
    repo.assert_in_order();
}

#[test]
fn an_edit_and_an_empty_commit_leave_the_registry_alone() {
    let repo = TestRepo::adopted();
    repo.append("notes.txt", "more\n");
    repo.commit("edit");
    assert_eq!(changed(&repo), "notes.txt");
    repo.commit("empty");
    assert_eq!(changed(&repo), "");
    repo.assert_in_order();
}

#[test]
fn a_swap_of_two_files_by_git_changes_no_identity() {
    let repo = TestRepo::adopted();
    let files = ["src/app.py", "src/util.py"];
    let ids = files.map(|path| repo.id(path));
    for (from, to) in [(files[0], "swap"), (files[1], files[0]), ("swap", files[1])] {
        repo.git_mv(from, to);
    }
    repo.commit("swap");
    // Both paths stayed: git, too, sees two modifications.
    assert_eq!(files.map(|path| repo.id(path)), ids);
    assert!(!changed(&repo).contains(REGISTRY));
    repo.assert_in_order();
}

#[test]
fn a_deleted_file_that_comes_back_gets_its_identity_back() {
    let repo = TestRepo::adopted();
    let id = repo.id(INTRO);
    repo.git(&["rm", "-q", INTRO]);
    repo.commit("delete");
    repo.commit_file("notes.txt", &text("meanwhile"));
    repo.commit_file(INTRO, &(text(INTRO) + "more\n"));
    let record = repo.record(id);
    assert_eq!((repo.id(INTRO), record.is_active()), (id, true));
    assert_eq!(record.text(key::DEPRECATED_REASON), None);
    repo.assert_in_order();
}

#[test]
fn a_move_over_two_commits_keeps_the_identity() {
    let repo = TestRepo::adopted();
    let id = repo.id(INTRO);
    repo.git(&["rm", "-q", INTRO]);
    repo.commit("first half");
    repo.commit_file("elsewhere/start.md", &text(INTRO));
    assert_eq!(repo.id("elsewhere/start.md"), id);
    repo.assert_in_order();
}

#[test]
fn an_unlike_file_in_the_place_of_a_deleted_one_is_new() {
    let repo = TestRepo::adopted();
    let id = repo.id(INTRO);
    repo.git(&["rm", "-q", INTRO]);
    repo.commit("delete");
    repo.commit_file("notes.txt", &text("meanwhile"));
    repo.commit_file(INTRO, &text("something else entirely"));
    assert_ne!(repo.id(INTRO), id);
    repo.assert_in_order();
}
