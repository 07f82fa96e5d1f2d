//! `git commit <path>`: two indexes, one of them not to be committed.

use super::{assert_each_kind, stage_each_kind};
use crate::common::{Repo, on_adopted, on_adopted_leaving, text};
use crate::judge;

/// Makes work that a partial commit must leave as it is.
fn other_work(repo: &Repo) {
    repo.stage("staged.md", text("staged"));
    repo.append("README.md", "unstaged\n");
    repo.mv("docs/guide.md", "docs/handbook.md");
}

/// What `git status` says of it.
const OTHER_WORK: &str = " M README.md\nR  docs/guide.md -> docs/handbook.md\nA  staged.md\n";

#[test]
fn a_modification() {
    on_adopted_leaving(" M README.md\n", |repo| {
        repo.append("README.md", "unstaged\n");
        repo.append("notes.txt", "more\n");
        repo.run("commit -q -m partial notes.txt");
    });
}

#[test]
fn an_addition() {
    on_adopted_leaving(" M README.md\n", |repo| {
        repo.append("README.md", "unstaged\n");
        repo.stage("new.md", text("new"));
        repo.run("commit -q -m partial new.md");
    });
}

#[test]
fn a_deletion() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        repo.remove("notes.txt");
        repo.run("commit -q -m partial notes.txt");
        assert_eq!(repo.record(&id)["status"], "deprecated");
    });
}

#[test]
fn a_rename() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        repo.mv("notes.txt", "docs/notes.txt");
        repo.run("commit -q -m partial notes.txt docs/notes.txt");
        assert_eq!(repo.id("docs/notes.txt"), id);
    });
}

#[test]
fn each_kind_of_change() {
    on_adopted(|repo| {
        stage_each_kind(repo);
        repo.run("commit -q -m partial .");
        assert_each_kind(repo, "HEAD~1");
    });
}

#[test]
fn other_staged_and_unstaged_work_stays() {
    on_adopted(|repo| {
        let guide = repo.id("docs/guide.md");
        other_work(repo);
        let staged = repo.ask("ls-files --stage -- staged.md docs");
        repo.stage("new.md", text("new"));
        repo.run("commit -q -m partial new.md");
        judge::assert_all_consistent(repo);
        judge::assert_status(repo, OTHER_WORK);
        assert_eq!(repo.ask("ls-files --stage -- staged.md docs"), staged);
        assert_eq!(repo.id("docs/guide.md"), guide);
        repo.run("commit -q -a -m rest");
        assert_eq!(repo.id("docs/handbook.md"), guide);
    });
}

#[test]
fn other_work_becomes_true_when_it_is_committed() {
    on_adopted_leaving(" M README.md\n", |repo| {
        other_work(repo);
        repo.append("notes.txt", "more\n");
        repo.run("commit -q -m partial notes.txt");
        repo.commit("the staged rest");
        assert_eq!(repo.id("staged.md").len(), 16);
    });
}

#[test]
fn half_of_a_rename() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        repo.mv("notes.txt", "docs/notes.txt");
        repo.run("commit -q -m half docs/notes.txt");
        assert_eq!(repo.id("notes.txt"), id);
        assert_ne!(repo.id("docs/notes.txt"), id);
        repo.commit("other half");
    });
}

#[test]
fn from_a_subdirectory() {
    on_adopted(|repo| {
        repo.append("src/app.py", "more\n");
        repo.stage("src/new.py", text("new"));
        repo.below("src").run("commit -q -m partial app.py new.py");
    });
}

#[test]
fn amending_with_a_path() {
    on_adopted_leaving("A  staged.md\n", |repo| {
        repo.commit_file("new.md", text("new"));
        let id = repo.id("new.md");
        repo.stage("staged.md", text("staged"));
        repo.append("new.md", "more\n");
        repo.run("commit -q --amend --no-edit new.md");
        assert_eq!(repo.id("new.md"), id);
    });
}

#[test]
fn a_staged_line_of_the_registry_stays_staged() {
    on_adopted_leaving("M  .idhooks/registry.json\n", |repo| {
        let registry = String::from_utf8(repo.registry("HEAD")).expect("a registry is text");
        // Unknown keys of a record come last.
        let edited = registry.replacen("\"}}", "\"},\"x\":1}", 1);
        repo.stage(".idhooks/registry.json", edited);
        repo.stage("new.md", text("new"));
        repo.run("commit -q -m partial new.md");
        assert!(!String::from_utf8_lossy(&repo.registry("HEAD")).contains("\"x\":1"));
        assert!(String::from_utf8_lossy(&repo.registry("")).contains("\"x\":1"));
        assert_eq!(repo.registry(""), repo.read(".idhooks/registry.json"));
    });
}
