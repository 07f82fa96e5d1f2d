//! Numbers that another program gives in clones without hooks: where a commit or a merge takes them, each file has
//! the one that it was given, wherever it was renamed.

use super::numbers::{NEW, commit_unhooked, number, own};
use super::{assert_in_step, enable};
use crate::common::{Repo, for_each_git, text};
use crate::judge::assert_consistent_except;

#[test]
fn a_number_follows_a_rename_that_no_hook_has_seen() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        enable(repo, "leading = \"legacy\"\n");
        repo.run("checkout -q -b topic");
        number(repo, "c.md", "2026-02-01T00:00:00Z");
        commit_unhooked(repo, "c");
        repo.run("mv c.md renamed.md");
        commit_unhooked(repo, "renamed");
        repo.run("branch kept");
        repo.stage("README.md", "next");
        repo.commit("next");
        assert_eq!(repo.id("renamed.md"), NEW);
        assert_in_step(repo, "HEAD");
        repo.run("checkout -q -b other kept~2");
        repo.stage("new.md", text("new"));
        repo.commit("new");
        repo.run("merge -q --no-edit kept");
        assert_eq!(repo.id("renamed.md"), NEW);
        assert_in_step(repo, "HEAD");
        // Another file at the old path is another one.
        repo.run("checkout -q -b again kept");
        repo.stage("c.md", text("another c"));
        commit_unhooked(repo, "another c");
        repo.stage("README.md", "next");
        repo.commit("next");
        assert_eq!(repo.id("renamed.md"), NEW);
        assert_ne!(repo.id("c.md"), NEW);
        assert_in_step(repo, "HEAD");
        assert_consistent_except(repo, &["kept", "kept^", "again^"]);
    });
}

#[test]
fn a_file_that_both_sides_have_from_a_commit_without_hooks_has_the_number_of_its_program() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        enable(repo, "leading = \"legacy\"\n");
        number(repo, "x.md", "2026-02-19T00:00:00Z");
        commit_unhooked(repo, "x");
        repo.run("branch cy");
        repo.append("README.md", "a line\n");
        repo.run("commit -q -a -m taken");
        assert_eq!(repo.id("x.md"), NEW);
        repo.run("checkout -q cy");
        own(repo, "x.md", "ann");
        repo.append("x.md", "a line\n");
        commit_unhooked(repo, "owner");
        repo.run("checkout -q main");
        repo.run("merge -q --no-edit cy");
        assert_eq!(
            (repo.id("x.md"), repo.record(NEW)["owner"].clone()),
            (NEW.into(), "ann".into())
        );
        assert_in_step(repo, "HEAD");
        assert_consistent_except(repo, &["main~2", "cy"]);
    });
}

#[test]
fn a_record_that_a_merge_has_moved_has_no_other_number() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        enable(repo, "leading = \"legacy\"\n");
        let first = repo.id("notes.txt");
        repo.run("checkout -q -b cy");
        repo.run("mv notes.txt moved.txt");
        commit_unhooked(repo, "moved");
        repo.stage("notes.txt", text("other notes"));
        commit_unhooked(repo, "other notes");
        repo.run("checkout -q main");
        own(repo, "README.md", "ann");
        repo.run("commit -q -a -m owner");
        repo.run("merge -q --no-edit cy");
        assert_eq!(repo.id("moved.txt"), first);
        let other = repo.id("notes.txt");
        repo.run("checkout -q cy");
        own(repo, "docs/intro.md", "bob");
        commit_unhooked(repo, "another owner");
        // Of this merge, too, only its first parent knows when both files were in step.
        repo.run("-c core.hooksPath=/nowhere merge -q --no-edit main");
        own(repo, "docs/guide.md", "eve");
        repo.run("commit -q -a -m third");
        assert_eq!((repo.id("moved.txt"), repo.id("notes.txt")), (first.clone(), other));
        assert_eq!(repo.record(&first)["metadata"].get("aliases"), None);
        for (path, owner) in
            [("README.md", "ann"), ("docs/intro.md", "bob"), ("docs/guide.md", "eve")]
        {
            assert_eq!(repo.record(&repo.id(path))["owner"], owner, "{path}");
        }
        assert_in_step(repo, "HEAD");
    });
}

#[test]
fn a_pick_of_a_file_with_the_number_of_another_one_changes_no_identity() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        enable(repo, "leading = \"legacy\"\n");
        repo.run("checkout -q -b cy");
        number(repo, "y.md", "2026-02-02T00:00:00Z");
        commit_unhooked(repo, "y");
        repo.run("checkout -q main");
        number(repo, "x.md", "2026-02-13T00:00:00Z");
        repo.commit("x");
        repo.run("cherry-pick cy");
        repo.append("README.md", "a line\n");
        let said = repo.try_git("commit -q -a -m next").ok().stderr();
        assert_eq!(repo.id("x.md"), NEW, "{said}");
        assert_ne!(repo.id("y.md"), NEW, "{said}");
        assert!(!said.contains("reassigned"), "{said}");
        assert_in_step(repo, "HEAD");
    });
}

#[test]
fn a_clone_without_hooks_resolves_a_conflict_over_a_file_that_it_renamed() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        enable(repo, "leading = \"legacy\"\n");
        number(repo, "c.md", "2026-02-01T00:00:00Z");
        commit_unhooked(repo, "c");
        repo.run("mv c.md cc.md");
        commit_unhooked(repo, "renamed");
        repo.run("branch cy");
        own(repo, "README.md", "ann");
        repo.run("commit -q -a -m healed");
        assert_eq!(repo.id("cc.md"), NEW);
        repo.run("checkout -q cy");
        own(repo, "README.md", "bob");
        repo.write("d.md", text("d"));
        repo.run("add d.md");
        commit_unhooked(repo, "other");
        repo.try_git("-c merge.idhooks-legacy.driver=false merge -q main").code(1).done();
        repo.idhooks("resolve").ok().done();
        repo.run("commit -q --no-edit");
        assert_eq!(repo.id("cc.md"), NEW);
        assert_eq!(repo.record(NEW)["metadata"].get("aliases"), None);
        assert_in_step(repo, "HEAD");
    });
}
