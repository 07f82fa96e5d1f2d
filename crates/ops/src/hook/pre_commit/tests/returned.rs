//! A file at the path of a deleted one: whether it has the old identity.

use idhooks_core::check::Code;
use idhooks_core::registry::Id;

use crate::tests::{TestRepo, text};

const EXCLUDE: &str = "scope = \"260118\"\n[track]\nexclude = [\"data/**\"]\n";
const INCLUDE: &str = "scope = \"260118\"\n";
const TABLE: &str = "data/table.csv";

fn deleted(repo: &TestRepo, path: &str) -> Id {
    let id = repo.id(path);
    repo.git(&["rm", "-q", path]);
    repo.commit("delete");
    id
}

#[test]
fn similar_content_is_the_same_file_however_late() {
    let repo = TestRepo::adopted();
    let id = deleted(&repo, "notes.txt");
    repo.commit_file("new.md", &text("meanwhile"));
    repo.commit_file("newer.md", &text("later"));
    repo.commit_file("notes.txt", &(text("notes.txt") + "more\n"));
    assert_eq!(repo.id("notes.txt"), id);
    repo.assert_in_order();
}

#[test]
fn the_threshold_of_renames_decides() {
    for (kept, is_same) in [(30, false), (40, true)] {
        let repo = TestRepo::adopted();
        let before = text("a").repeat(2);
        repo.commit_file("a.md", &before);
        let id = deleted(&repo, "a.md");
        let kept: String = before.split_inclusive('\n').take(kept).collect();
        repo.commit_file("a.md", &(kept + &text("other lines")));
        assert_eq!(repo.id("a.md") == id, is_same);
        repo.assert_in_order();
    }
}

#[test]
fn a_small_file_comes_back_soon_or_not_at_all() {
    for (later, is_same) in [(0, true), (1, true), (2, false)] {
        let repo = TestRepo::adopted();
        repo.commit_file("version", "1.2\n");
        let id = deleted(&repo, "version");
        for n in 0..later {
            repo.commit_file(&format!("new{n}.md"), &text(&format!("new {n}")));
        }
        repo.commit_file("version", "2.0\n");
        assert_eq!(repo.id("version") == id, is_same, "{later}");
    }
}

#[test]
fn a_move_is_not_undone_by_another_file() {
    let repo = TestRepo::adopted();
    let id = repo.id("notes.txt");
    repo.git_mv("notes.txt", "moved.txt");
    repo.commit("move");
    repo.run("rm -q moved.txt");
    repo.stage("notes.txt", &text("something else entirely"));
    repo.commit("another file");
    assert_ne!(repo.id("notes.txt"), id);
    repo.assert_in_order();
}

#[test]
fn an_excluded_file_keeps_its_identity_as_long_as_git_has_it() {
    let repo = TestRepo::adopted();
    let id = repo.id(TABLE);
    repo.commit_file("idhooks.toml", EXCLUDE);
    repo.commit_file(TABLE, &text("rewritten"));
    repo.commit_file("idhooks.toml", INCLUDE);
    assert_eq!(repo.id(TABLE), id);
    repo.commit_file("idhooks.toml", EXCLUDE);
    repo.git(&["rm", "-q", TABLE]);
    repo.commit("delete");
    repo.stage(TABLE, &text("something else entirely"));
    repo.commit_file("idhooks.toml", INCLUDE);
    assert_ne!(repo.id(TABLE), id);
    repo.assert_in_order();
}

#[test]
fn a_file_that_came_to_the_path_of_an_excluded_one_is_another_one() {
    let repo = TestRepo::adopted();
    let id = repo.id(TABLE);
    repo.commit_file("idhooks.toml", EXCLUDE);
    repo.git(&["rm", "-q", TABLE]);
    repo.commit("delete");
    repo.commit_file(TABLE, &text("something else entirely"));
    repo.commit_file("other.md", &text("other"));
    repo.commit_file("idhooks.toml", INCLUDE);
    let other = repo.id(TABLE);
    assert_ne!(other, id);
    // That one is excluded and included again.
    repo.commit_file("idhooks.toml", EXCLUDE);
    repo.commit_file(TABLE, &text("rewritten"));
    repo.commit_file("idhooks.toml", INCLUDE);
    assert_eq!(repo.id(TABLE), other);
    repo.assert_in_order();
}

#[test]
fn healing_revives_by_the_same_rule() {
    let repo = TestRepo::adopted();
    let ids = ["docs/guide.md", "notes.txt"].map(|path| repo.id(path));
    repo.run("rm -q docs/guide.md notes.txt");
    repo.commit_unseen("delete");
    repo.stage("docs/guide.md", &text("something else entirely"));
    repo.stage("notes.txt", &(text("notes.txt") + "more\n"));
    repo.stage("other.md", &text("other"));
    repo.commit_unseen("create");
    repo.commit_file("new.md", &text("new"));
    assert_ne!(repo.id("docs/guide.md"), ids[0]);
    assert_eq!(repo.id("notes.txt"), ids[1]);
    let found = repo.check_history();
    assert!(found.iter().all(|one| one.code == Code::Behind), "{found:#?}");
}

#[test]
fn a_check_finds_an_identity_that_another_file_took() {
    let repo = TestRepo::adopted();
    let id = deleted(&repo, "docs/guide.md");
    repo.run("revert --no-edit HEAD");
    repo.stage("docs/guide.md", &text("something else entirely"));
    repo.run("commit -q --amend --no-edit --no-verify");
    assert_eq!(repo.id("docs/guide.md"), id);
    let found = repo.check_history();
    assert!(found.iter().any(|one| one.code == Code::IdReused), "{found:#?}");
}
