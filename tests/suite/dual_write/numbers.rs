//! Numbers that another program gives beside a legacy file that leads: where branches meet, each file has one
//! identity, the same in every clone, and every number that was given is found.

use serde_json::{Value, json};

use super::{LEGACY, REGISTRY, assert_in_step, change, enable};
use crate::common::{Repo, for_each_git, on_adopted, text};
use crate::judge::assert_consistent_except;

pub(super) const NEW: &str = "0199900701260118";

/// Writes a file, and its record as another program does.
pub(super) fn number(repo: &Repo, path: &str, at: &str) {
    repo.write(path, text(path));
    change(repo, |records| records.push(record(path, at)));
    repo.run("add -A");
}

pub(super) fn record(path: &str, at: &str) -> Value {
    json!({"id": NEW, "file_path": path, "allocated_at": at, "status": "active", "metadata": {}})
}

/// Commits as a clone does that has no hooks.
pub(super) fn commit_unhooked(repo: &Repo, message: &str) {
    repo.run(["-c", "core.hooksPath=/nowhere", "commit", "-q", "-a", "-m", message]);
}

#[test]
fn two_files_with_one_number_have_the_same_identities_however_they_are_merged() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        enable(repo, "leading = \"legacy\"\n");
        repo.run("checkout -q -b ann");
        number(repo, "x.md", "2026-02-19T00:00:00Z");
        repo.commit("x");
        repo.run("checkout -q -b cy HEAD^");
        number(repo, "y.md", "2026-02-13T00:00:00Z");
        commit_unhooked(repo, "y");
        repo.run("checkout -q -b bob");
        repo.stage("README.md", "taken");
        repo.commit("takes it");
        repo.run("mv y.md y2.md");
        repo.commit("moved");
        repo.write("y.md", text("another file"));
        repo.run("add y.md");
        repo.commit("another y");
        repo.run("checkout -q -b direct ann");
        for name in ["ann", "direct"] {
            repo.run(["checkout", "-q", name]);
            if name == "ann" {
                repo.run("merge -q --no-edit cy");
                assert_eq!(repo.id("y.md"), NEW);
                assert_ne!(repo.id("x.md"), NEW);
            }
            repo.run("merge -q --no-edit bob");
            assert_in_step(repo, "HEAD");
            let x = repo.record(&repo.id("x.md"));
            assert_eq!(x["metadata"]["aliases"], json!([NEW]));
            assert_eq!(x["allocated_at"], "2026-02-19T00:00:00Z");
            assert_eq!(repo.id("y2.md"), NEW);
        }
        // The time of the last change is that of the merge.
        let records = |rev: &str| {
            let registry = repo.git(["show", &format!("{rev}:{REGISTRY}")]).stdout();
            registry.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(records("ann"), records("direct"));
        assert_consistent_except(repo, &["cy"]);
    });
}

#[test]
fn a_rebase_says_which_file_has_another_number() {
    on_adopted(|repo| {
        enable(repo, "leading = \"legacy\"\n");
        repo.run("checkout -q -b topic");
        number(repo, "t.md", "2026-02-01T00:00:00Z");
        repo.commit("t");
        repo.run("checkout -q -b upstream HEAD^");
        number(repo, "x.md", "2026-02-02T00:00:00Z");
        repo.commit("x");
        repo.run("checkout -q topic");
        let rebase = repo.try_git("rebase -q upstream").ok();
        rebase.complains(&format!("{NEW} reassigned to {}: x.md", repo.id("x.md"))).done();
        assert_in_step(repo, "HEAD");
    });
}

#[test]
fn a_merge_keeps_the_status_of_a_file_that_is_there() {
    on_adopted(|repo| {
        enable(repo, "leading = \"legacy\"\n");
        repo.run("checkout -q -b topic");
        change(repo, |records| records[0]["status"] = "deprecated".into());
        commit_unhooked(repo, "old");
        repo.run("checkout -q -b other HEAD^");
        repo.stage("new.md", text("new"));
        repo.commit("new");
        repo.run("merge -q --no-edit topic");
        assert_in_step(repo, "HEAD");
    });
}

#[test]
fn every_number_that_was_given_to_a_file_is_an_alias() {
    on_adopted(|repo| {
        enable(repo, "leading = \"legacy\"\n");
        let id = repo.id("README.md");
        // A second record, and nothing else that changes.
        change(repo, |records| records.push(record("README.md", "2026-02-01T00:00:00Z")));
        repo.run("commit -q -a -m second");
        assert_eq!(repo.record(&id)["metadata"]["aliases"], json!([NEW]));
        // Another number in the record.
        let other = "0199900702260118";
        change(repo, |records| {
            let own = records.iter_mut().find(|one| one["id"] == *id).expect("it");
            own["id"] = other.into();
        });
        let commit = repo.try_git("commit -q -a -m number").ok();
        commit.complains(&format!("{other} was given to 'README.md', which has {id}")).done();
        // A second record on a branch.
        repo.run("checkout -q -b topic");
        let third = "0199900703260118";
        change(repo, |records| {
            let mut record = record("README.md", "2026-02-01T00:00:00Z");
            (record["id"], record["note"]) = (third.into(), "v".into());
            records.push(record);
        });
        commit_unhooked(repo, "third");
        repo.run("checkout -q -b side HEAD^");
        repo.stage("new.md", text("new"));
        repo.commit("new");
        repo.run("merge -q --no-edit topic");
        assert_eq!(repo.id("README.md"), id);
        let own = repo.record(&id);
        assert_eq!(own["metadata"]["aliases"], json!([NEW, other, third]));
        assert_eq!(own["note"], "v");
        assert_in_step(repo, "HEAD");
    });
}

/// Writes another owner of a file into the legacy file.
pub(super) fn own(repo: &Repo, path: &str, owner: &str) {
    change(repo, |records| {
        let record = records.iter_mut().find(|one| one["file_path"] == path).expect("it");
        record["owner"] = owner.into();
    });
}

#[test]
fn a_number_for_the_new_path_of_a_file_is_an_alias() {
    on_adopted(|repo| {
        enable(repo, "leading = \"legacy\"\n");
        let id = repo.id("notes.txt");
        repo.run("mv notes.txt moved.txt");
        change(repo, |records| {
            let mut record = record("moved.txt", "2026-02-01T00:00:00Z");
            record["note"] = "v".into();
            records.push(record);
        });
        repo.run(["add", LEGACY]);
        let commit = repo.try_git("commit -q -m moved").ok();
        commit.complains(&format!("{NEW} was given to 'moved.txt', which has {id}")).done();
        assert_eq!(repo.id("moved.txt"), id);
        assert_eq!(repo.record(&id)["metadata"]["aliases"], json!([NEW]));
        assert_eq!(repo.record(&id)["note"], "v");
        assert_in_step(repo, "HEAD");
    });
}

#[test]
fn a_record_waits_for_a_file_that_a_reset_took_out_of_the_index() {
    on_adopted(|repo| {
        enable(repo, "leading = \"legacy\"\n");
        number(repo, "x.md", "2026-02-01T00:00:00Z");
        own(repo, "x.md", "ann");
        repo.run("commit -q -a -m x");
        repo.run("reset -q HEAD^");
        repo.append("README.md", "a line\n");
        let said = repo.try_git("commit -q -a -m other").ok().stderr();
        assert!(said.contains(&format!("{NEW} waits for 'x.md'")), "{said}");
        assert_eq!(repo.record(NEW)["status"], "deprecated");
        assert_in_step(repo, "HEAD");
        repo.run("add x.md");
        repo.run("commit -q -m x");
        assert_eq!(
            (repo.id("x.md"), repo.record(NEW)["owner"].clone()),
            (NEW.into(), "ann".into())
        );
        assert_in_step(repo, "HEAD");
    });
}

/// The older file `b.md`, which two branches do not touch, has the number that a record would get that is displaced
/// by their merge.
#[test]
fn a_displaced_number_takes_no_other_file_its_own() {
    on_adopted(|repo| {
        enable(repo, "leading = \"legacy\"\n");
        let at = ["2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z"];
        let displaced = || {
            repo.run("checkout -q -b side");
            number(repo, "s.md", at[0]);
            repo.commit("s");
            repo.run("checkout -q main");
            number(repo, "m.md", at[1]);
            repo.commit("m");
        };
        displaced();
        repo.run("merge -q --no-edit side");
        let next = repo.id("m.md");
        assert_eq!(repo.id("s.md"), NEW);
        // The same again, after a file with that number.
        repo.run("branch -D side");
        repo.run("reset -q --hard HEAD~2");
        repo.stage("b.md", text("b"));
        change(repo, |records| {
            let mut record = record("b.md", "2026-03-01T00:00:00Z");
            record["id"] = next.clone().into();
            records.push(record);
        });
        repo.run("add -A");
        repo.commit("b");
        assert_eq!(repo.id("b.md"), next);
        displaced();
        repo.run("merge -q --no-edit side");
        assert_eq!((repo.id("b.md"), repo.id("s.md")), (next.clone(), NEW.to_owned()));
        let third = repo.id("m.md");
        assert!(third != NEW && third != next, "{third}");
        assert_eq!(repo.record(&third)["metadata"]["aliases"], json!([NEW]));
        assert_in_step(repo, "HEAD");
        repo.run("checkout -q -b other main~1");
        repo.run("rebase -q side");
        assert_eq!((repo.id("b.md"), repo.id("m.md")), (next, third));
    });
}
