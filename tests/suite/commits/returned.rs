//! A file at the path of a deleted one: whether it has the old identity.

use std::fmt::Write as _;

use crate::common::{Repo, for_each_git, on_adopted, text};
use crate::judge;
use crate::reviewed::assert_text;

fn delete(repo: &Repo, path: &str) -> String {
    let id = repo.id(path);
    repo.run(["rm", "-q", path]);
    repo.commit("delete");
    id
}

/// Stages the first lines of a file as it was, and others for the rest.
fn rewrite(repo: &Repo, path: &str, kept: usize) {
    let bytes = repo.git(["show", &format!("HEAD~1:{path}")]).bytes();
    let before = String::from_utf8(bytes).expect("text");
    let mut lines: String = before.lines().take(kept).fold(String::new(), |mut all, line| {
        let _ = writeln!(all, "{line}");
        all
    });
    lines.push_str(&text("other lines"));
    repo.stage(path, lines);
}

#[test]
fn another_content_is_another_file() {
    on_adopted(|repo| {
        let id = delete(repo, "docs/guide.md");
        repo.stage("docs/guide.md", text("something else entirely"));
        let said = repo.git("commit -q -m create").stderr();
        assert_ne!(repo.id("docs/guide.md"), id);
        assert_text("commits-returned-another_content_is_another_file", &said);
        assert_eq!(repo.findings("--history"), [""; 0]);
    });
}

#[test]
fn the_command_that_is_named_gives_it_the_old_identity() {
    on_adopted(|repo| {
        let id = delete(repo, "docs/guide.md");
        repo.commit_file("docs/guide.md", text("something else entirely"));
        repo.idhooks(["assign", &id, "docs/guide.md"]).done();
        repo.commit("assign");
        assert_eq!(repo.id("docs/guide.md"), id);
    });
}

#[test]
fn similar_content_is_the_same_file_however_late() {
    on_adopted(|repo| {
        let id = delete(repo, "notes.txt");
        let mut content = repo.git("show HEAD~1:notes.txt").bytes();
        content.extend(b"more\n");
        repo.commit_file("new.md", text("meanwhile"));
        repo.commit_file("newer.md", text("later"));
        repo.commit_file("notes.txt", content);
        assert_eq!(repo.id("notes.txt"), id);
    });
}

#[test]
fn the_threshold_of_renames_decides() {
    for kept in [30, 40] {
        for_each_git(|git| {
            let repo = Repo::adopted(git);
            repo.commit_file("a.md", text("a").repeat(2));
            let id = delete(&repo, "a.md");
            rewrite(&repo, "a.md", kept);
            repo.commit("create");
            assert_eq!(repo.id("a.md") == id, kept == 40, "{kept}");
            judge::assert_good(&repo);
        });
    }
}

#[test]
fn a_small_file_comes_back_soon_or_not_at_all() {
    for later in [0, 1, 2] {
        on_adopted(|repo| {
            repo.commit_file("version", "1.2\n");
            let id = delete(repo, "version");
            for n in 0..later {
                repo.commit_file(&format!("new{n}.md"), text(&format!("new {n}")));
            }
            repo.commit_file("version", "2.0\n");
            assert_eq!(repo.id("version") == id, later < 2, "{later}");
        });
    }
}

#[test]
fn a_move_is_not_undone_by_another_file() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        repo.mv("notes.txt", "moved.txt");
        repo.commit("move");
        repo.run("rm -q moved.txt");
        repo.stage("notes.txt", text("something else entirely"));
        repo.commit("another file");
        assert_ne!(repo.id("notes.txt"), id);
    });
}

#[test]
fn an_excluded_file_is_the_same_one_as_long_as_git_has_it() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let id = repo.id("data/table.csv");
        repo.configure("[track]\nexclude = [\"data/**\"]\n");
        repo.commit_file("data/table.csv", text("rewritten"));
        repo.configure("");
        assert_eq!(repo.id("data/table.csv"), id);
        repo.configure("[track]\nexclude = [\"data/**\"]\n");
        repo.run("rm -q data/table.csv");
        repo.commit("delete");
        repo.stage("data/table.csv", text("something else entirely"));
        repo.configure("");
        assert_ne!(repo.id("data/table.csv"), id);
        assert_eq!(repo.findings("--history"), [""; 0]);
        judge::assert_clean(&repo);
    });
}

#[test]
fn a_file_that_came_to_the_path_of_an_excluded_one_is_another_one() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let id = repo.id("data/table.csv");
        repo.configure("[track]\nexclude = [\"data/**\"]\n");
        repo.run("rm -q data/table.csv");
        repo.commit("delete");
        repo.commit_file("data/table.csv", text("something else entirely"));
        repo.commit_file("other.md", text("other"));
        repo.configure("");
        let other = repo.id("data/table.csv");
        assert_ne!(other, id);
        // That one is excluded and included again.
        repo.configure("[track]\nexclude = [\"data/**\"]\n");
        repo.commit_file("data/table.csv", text("rewritten"));
        repo.configure("");
        assert_eq!(repo.id("data/table.csv"), other);
        assert_eq!(repo.findings("--history"), [""; 0]);
        judge::assert_clean(&repo);
    });
}

#[test]
fn an_amended_deletion_keeps_the_identity_of_the_parent() {
    on_adopted(|repo| {
        let id = delete(repo, "notes.txt");
        repo.stage("notes.txt", text("notes, rewritten"));
        repo.run("commit -q --amend --no-edit");
        assert_eq!(repo.id("notes.txt"), id);
    });
}

#[test]
fn a_squashed_deletion_keeps_the_identity_of_the_parent() {
    on_adopted(|repo| {
        let id = delete(repo, "notes.txt");
        repo.commit_file("notes.txt", text("something else entirely"));
        assert_ne!(repo.id("notes.txt"), id);
        repo.with("GIT_SEQUENCE_EDITOR", "sed -i 2s/pick/fixup/").run("rebase -q -i HEAD~2");
        assert_eq!(repo.id("notes.txt"), id);
    });
}

#[test]
fn healing_revives_by_the_same_rule() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let ids = ["docs/guide.md", "notes.txt"].map(|path| repo.id(path));
        let notes = repo.read("notes.txt");
        repo.run("rm -q docs/guide.md notes.txt");
        repo.run("commit -q --no-verify -m delete");
        repo.stage("docs/guide.md", text("something else entirely"));
        repo.stage("notes.txt", [notes.as_slice(), b"more\n"].concat());
        repo.stage("other.md", text("other"));
        repo.run("commit -q --no-verify -m create");
        repo.commit_file("new.md", text("new"));
        assert_ne!(repo.id("docs/guide.md"), ids[0]);
        assert_eq!(repo.id("notes.txt"), ids[1]);
        let found = repo.findings("--history");
        assert!(found.iter().all(|code| code == "BEHIND"), "{found:?}");
        judge::assert_clean(&repo);
    });
}

#[test]
fn check_names_an_identity_that_another_file_took() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let id = delete(&repo, "docs/guide.md");
        repo.run("revert --no-edit HEAD");
        repo.stage("docs/guide.md", text("something else entirely"));
        repo.run("commit -q --amend --no-edit --no-verify");
        assert_eq!(repo.id("docs/guide.md"), id);
        let found = repo.findings("--history");
        assert!(found.iter().any(|line| line.contains("ID_REUSED")), "{found:?}");
    });
}
