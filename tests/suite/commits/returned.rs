//! A file at the path of a deleted one: whether it has the old identity.

use crate::common::{Repo, on_adopted, text};
use crate::reviewed::assert_text;

fn delete(repo: &Repo, path: &str) -> String {
    let id = repo.id(path);
    repo.run(["rm", "-q", path]);
    repo.commit("delete");
    id
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
