//! Records that another program adds to a legacy file that leads: wherever their files are, and whatever
//! they are copied from, nothing of them is lost, and no number names two files.

use serde_json::{Value, json};

use super::{LEGACY, assert_in_step, enable};
use crate::common::{Repo, for_each_git, on_adopted, text};

/// Changes the legacy file as another program does.
fn change(repo: &Repo, change: impl Fn(&mut Vec<Value>)) {
    let mut whole: Value = serde_json::from_slice(&repo.read(LEGACY)).expect("JSON");
    change(whole["allocations"].as_array_mut().expect("records"));
    repo.write(LEGACY, whole.to_string());
}

fn record(id: &str, path: &str) -> Value {
    json!({
        "id": id, "file_path": path, "allocated_at": "2026-01-18T22:00:00Z", "status": "active",
        "reviewed": "monday", "metadata": {"owner": "ann", "doc_id": "DOC-7"}
    })
}

const NEW: &str = "0199900701260118";

/// Asserts that the record of a file has what the other program wrote, and answers to its number.
fn assert_taken(repo: &Repo, path: &str) {
    let own = repo.record(&repo.id(path));
    assert_eq!((&own["reviewed"], &own["metadata"]["owner"]), (&json!("monday"), &json!("ann")));
    assert_eq!(own["metadata"]["doc_id"], "DOC-7");
    for name in [NEW, "DOC-7"] {
        assert!(repo.idhooks(["show", name]).ok().stdout().contains(path), "{name}");
    }
    assert_in_step(repo, "HEAD");
}

#[test]
fn a_record_that_comes_after_its_file_joins_the_one_that_it_has() {
    on_adopted(|repo| {
        enable(repo, "leading = \"legacy\"\n");
        repo.write("b.md", text("b"));
        change(repo, |records| records.push(record(NEW, "b.md")));
        repo.run("add b.md");
        repo.run("commit -q -m b");
        let id = repo.id("b.md");
        let commit = repo.try_git("commit -q -a -m rest").ok();
        commit.complains(&format!("{NEW} was given to 'b.md', which has {id}")).done();
        assert_eq!(repo.id("b.md"), id);
        assert_taken(repo, "b.md");
    });
}

#[test]
fn a_record_that_comes_before_its_file_waits_for_it() {
    on_adopted(|repo| {
        enable(repo, "leading = \"legacy\"\n");
        repo.write("b.md", text("b"));
        change(repo, |records| records.push(record(NEW, "b.md")));
        repo.try_git(["commit", "-q", "-m", "record", LEGACY]).ok().complains("status").done();
        assert_in_step(repo, "HEAD");
        assert_eq!(repo.record(NEW)["status"], "deprecated");
        repo.run("add b.md");
        repo.run("commit -q -m b");
        assert_eq!(repo.id("b.md"), NEW);
        assert_taken(repo, "b.md");
    });
}

#[test]
fn a_second_record_of_a_file_is_joined_without_its_other_values() {
    on_adopted(|repo| {
        enable(repo, "leading = \"legacy\"\n");
        change(repo, |records| {
            let own = records.iter_mut().find(|one| one["file_path"] == "README.md").expect("it");
            own["reviewed"] = "friday".into();
            records.push(record(NEW, "README.md"));
        });
        let commit = repo.try_git("commit -q -a -m second").ok();
        commit.complains("these values were not taken: reviewed = 'monday'").done();
        assert_eq!(repo.record(&repo.id("README.md"))["reviewed"], "friday");
        assert!(repo.idhooks(["show", NEW]).ok().stdout().contains("README.md"));
        assert_in_step(repo, "HEAD");
    });
}

#[test]
fn the_number_of_a_file_that_is_gone_names_no_other() {
    on_adopted(|repo| {
        enable(repo, "leading = \"legacy\"\n");
        let former = repo.id("notes.txt");
        repo.run("rm -q notes.txt");
        repo.commit("gone");
        repo.write("c.md", text("c"));
        change(repo, |records| {
            let own = records.iter_mut().find(|one| one["id"] == *former).expect("it");
            *own = record(&former, "c.md");
        });
        repo.run("add -A");
        let commit = repo.try_git("commit -q -m reused").ok();
        commit.complains(&format!("{former} was given to 'c.md', but it is the identity")).done();
        assert_ne!(repo.id("c.md"), former);
        assert_eq!(repo.record(&former)["file_path"], "notes.txt");
        let own = repo.record(&repo.id("c.md"));
        assert_eq!(
            (&own["reviewed"], &own["metadata"]["owner"]),
            (&json!("monday"), &json!("ann"))
        );
        assert_in_step(repo, "HEAD");
    });
}

#[test]
fn the_number_of_a_reverted_addition_names_no_other() {
    // Not judged as a whole: the commit of the revert has no record of the file, as the next one has.
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        enable(repo, "leading = \"legacy\"\n");
        for (path, at) in [("b.md", "2026-01-18T22:00:00Z"), ("c.md", "2026-01-19T22:00:00Z")] {
            repo.stage(path, text(path));
            change(repo, |records| {
                records.retain(|one| one["id"] != NEW);
                let mut own = record(NEW, path);
                own["allocated_at"] = at.into();
                own["metadata"]["doc_id"] = "DOC-7".into();
                records.push(own);
            });
            repo.run("add -A");
            repo.run("commit -q -m added");
            if path == "b.md" {
                repo.run("revert --no-edit HEAD");
            }
        }
        assert_ne!(repo.id("c.md"), NEW);
        assert_eq!(repo.record(NEW)["file_path"], "b.md");
        let own = repo.record(&repo.id("c.md"));
        assert_eq!(
            (&own["reviewed"], &own["metadata"]["owner"]),
            (&json!("monday"), &json!("ann"))
        );
        assert_in_step(repo, "HEAD");
    });
}

#[test]
fn the_number_of_a_file_that_stays_names_no_other() {
    on_adopted(|repo| {
        enable(repo, "leading = \"legacy\"\n");
        let former = repo.id("notes.txt");
        repo.write("c.md", text("c"));
        change(repo, |records| {
            let own = records.iter_mut().find(|one| one["id"] == *former).expect("it");
            *own = record(&former, "c.md");
        });
        repo.run("add -A");
        repo.try_git("commit -q -m reused").ok().complains("but it is the identity of").done();
        assert_eq!(repo.id("notes.txt"), former);
        let own = repo.record(&repo.id("c.md"));
        assert_eq!(
            (&own["reviewed"], &own["metadata"]["owner"]),
            (&json!("monday"), &json!("ann"))
        );
        assert_eq!(repo.record(&former).get("reviewed"), None);
        assert_in_step(repo, "HEAD");
    });
}

#[test]
fn a_record_that_moves_with_its_file_keeps_its_number() {
    on_adopted(|repo| {
        enable(repo, "leading = \"legacy\"\n");
        let former = repo.id("notes.txt");
        repo.run("mv notes.txt moved.txt");
        change(repo, |records| {
            let own = records.iter_mut().find(|one| one["id"] == *former).expect("it");
            own["file_path"] = "moved.txt".into();
            own["reviewed"] = "monday".into();
        });
        repo.run("add -A");
        repo.run("commit -q -m moved");
        assert_eq!(repo.id("moved.txt"), former);
        assert_eq!(repo.record(&former)["reviewed"], "monday");
        assert_in_step(repo, "HEAD");
    });
}

#[test]
fn a_file_that_comes_back_elsewhere_has_its_number_again() {
    on_adopted(|repo| {
        enable(repo, "leading = \"legacy\"\n");
        let former = repo.id("notes.txt");
        let content = repo.read("notes.txt");
        repo.run("rm -q notes.txt");
        repo.commit("gone");
        repo.write("docs/notes.txt", content);
        change(repo, |records| {
            let own = records.iter_mut().find(|one| one["id"] == *former).expect("it");
            own["file_path"] = "docs/notes.txt".into();
            own["status"] = "active".into();
            own["reviewed"] = "monday".into();
        });
        repo.run("add -A");
        repo.run("commit -q -m back");
        assert_eq!(repo.id("docs/notes.txt"), former);
        assert_eq!(repo.record(&former)["reviewed"], "monday");
        assert_in_step(repo, "HEAD");
    });
}

#[test]
fn a_record_that_is_copied_as_a_template_is_one_of_its_own() {
    on_adopted(|repo| {
        enable(repo, "leading = \"legacy\"\n");
        let first = repo.id("README.md");
        repo.write("b.md", text("b"));
        change(repo, |records| {
            let own = records.iter().find(|one| one["id"] == *first).expect("it");
            let mut copy = own.clone();
            (copy["id"], copy["file_path"]) = (NEW.into(), "b.md".into());
            copy["reviewed"] = "monday".into();
            records.insert(0, copy);
        });
        repo.run("add -A");
        repo.run("commit -q -m b");
        assert_eq!((repo.id("b.md"), repo.id("README.md")), (NEW.to_owned(), first));
        assert_eq!(repo.record(NEW)["reviewed"], "monday");
        assert_in_step(repo, "HEAD");
    });
}
