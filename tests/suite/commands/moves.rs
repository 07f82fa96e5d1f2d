//! Files and directories that are moved together with their identities.

use super::{as_shown, refuses, said};
use crate::common::{on_adopted, text};
use crate::reviewed::assert_text;

#[test]
fn a_file_that_is_moved_and_then_rewritten_keeps_its_identity() {
    on_adopted(|repo| {
        let id = repo.id("docs/guide.md");
        let moved = as_shown(repo, "mv docs/guide.md docs/manual.md");
        assert_eq!(moved, [format!("{id} renamed from docs/guide.md to docs/manual.md")]);
        assert!(!repo.path().join("docs/guide.md").exists());
        // Nothing of the old content is left, so that git itself sees no rename.
        repo.stage("docs/manual.md", "something else altogether\n".repeat(30));
        repo.commit("move and rewrite");
        assert_eq!(repo.id("docs/manual.md"), id);
        assert!(repo.findings("").is_empty());
    });
}

#[test]
fn a_directory_goes_with_all_its_files() {
    on_adopted(|repo| {
        repo.stage("docs/deep/one.md", text("one"));
        repo.stage("docs/deep/two.md", text("two"));
        repo.commit("more");
        let ids = ["docs/guide.md", "docs/deep/one.md", "docs/deep/two.md"].map(|p| repo.id(p));
        assert_eq!(said(repo, "mv docs handbook").len(), 4);
        let now = ["handbook/guide.md", "handbook/deep/one.md", "handbook/deep/two.md"];
        repo.commit("move");
        assert_eq!(now.map(|p| repo.id(p)), ids);
        // Into a directory that is there.
        repo.stage("src/lib.rs", text("lib"));
        assert_eq!(said(repo, "mv handbook src").len(), 4);
        repo.commit("into");
        assert_eq!(repo.id("src/handbook/deep/two.md"), ids[2]);
        assert!(repo.findings("").is_empty());
    });
}

#[test]
fn who_still_names_the_old_file_is_told() {
    on_adopted(|repo| {
        repo.stage("notes.txt", "see docs/guide.md, not docs/my-guide.md\n\nguide.md\n");
        repo.commit("notes");
        let answer = repo.idhooks("mv docs/guide.md docs/manual.md").ok();
        let told = answer.stderr();
        assert_text("commands-moves-who_still_names_the_old_file_is_told", &told);
        repo.commit("move");
    });
}

#[test]
fn what_cannot_be_moved() {
    on_adopted(|repo| {
        repo.write("loose.txt", "not added\n");
        refuses(repo, "mv loose.txt x.txt", "not in the index");
        refuses(repo, "mv docs/giude.md x.md", "docs/giude.md");
        refuses(repo, "mv docs/guide.md README.md", "destination exists");
        refuses(repo, "mv docs/guide.md none/x.md", "none");
        refuses(repo, "mv docs/guide.md ../x.md", "outside the repository");
        refuses(repo, "mv .idhooks/registry.json x.json", ".idhooks/registry.json");
        refuses(repo, "mv .idhooks x", ".idhooks");
        refuses(repo, "mv docs docs/inner", "docs");
        repo.remove("loose.txt");
    });
}

#[test]
fn a_registry_that_cannot_be_written_moves_nothing() {
    on_adopted(|repo| {
        repo.run("config idhooks.lockTimeout 0");
        let lock = repo.path().join(".git/index.lock");
        std::fs::write(&lock, "").expect("writable");
        refuses(repo, "mv docs/guide.md docs/manual.md", "docs/guide.md");
        std::fs::remove_file(&lock).expect("there");
    });
}
