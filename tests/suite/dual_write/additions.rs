//! Records that another program adds to a legacy file that leads: wherever their files are, and whatever
//! they are copied from, nothing of them is lost, and no number names two files.

use serde_json::{Value, json};

use super::{COMPARE, LEGACY, assert_in_step, change, enable};
use crate::common::{Repo, for_each_git, on_adopted, text};

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
        let said = repo.try_git(["commit", "-q", "-m", "record", LEGACY]).ok().stderr();
        let waits = format!("idhooks: {NEW} waits for 'b.md', which git does not track yet");
        assert_eq!(said.lines().collect::<Vec<_>>(), [waits]);
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

/// Returns what the messages of a commit say that a file has, instead of a number of another one.
fn renumbered(said: &str, path: &str) -> String {
    let marker = format!("; '{path}' has ");
    let line = said.lines().find(|line| line.contains(&marker)).expect(said);
    line.split(&marker).nth(1).expect("a number").trim().to_owned()
}

#[test]
fn the_number_of_a_file_that_has_moved_names_no_new_one() {
    // The other program finds the record by a key that kept the path, and sets the path back.
    on_adopted(|repo| {
        enable(repo, "leading = \"legacy\"\n");
        repo.write("x.md", text("x"));
        change(repo, |records| records.push(record(NEW, "x.md")));
        repo.run("add -A");
        repo.run("commit -q -m x");
        repo.run("mv x.md y.md");
        repo.run("commit -q -m moved");
        for n in 0..2 {
            repo.write("x.md", text(&format!("another x {n}")));
            change(repo, |records| {
                let own = records.iter_mut().find(|one| one["id"] == NEW).expect("it");
                own["file_path"] = "x.md".into();
            });
            repo.run("add -A");
            let said = repo.try_git("commit -q -m again").ok().stderr().to_owned();
            assert!(
                said.contains(&format!(
                    "{NEW} was given to 'x.md', but it is the identity of 'y.md'"
                ))
            );
            let other = repo.id("x.md");
            assert_eq!((repo.id("y.md"), &renumbered(&said, "x.md")), (NEW.to_owned(), &other));
            assert_ne!(other, NEW);
            for id in [NEW, &other] {
                assert_eq!(repo.record(id)["metadata"].get("aliases"), None, "{id}");
                assert_eq!(repo.record(id)["status"], "active", "{id}");
            }
            assert_in_step(repo, "HEAD");
            // Each file that is put there is another one.
            repo.run("rm -q x.md");
            repo.commit("gone");
        }
    });
}

#[test]
fn a_forged_origin_replaces_no_identity() {
    on_adopted(|repo| {
        enable(repo, "leading = \"legacy\"\n");
        let ids = ["README.md", "notes.txt"].map(|path| repo.id(path));
        let before = ids.each_ref().map(|id| repo.record(id)["metadata"]["origin"].clone());
        for forged in [before[1].clone(), json!("00000000000000aa")] {
            change(repo, |records| {
                let own = records.iter_mut().find(|one| one["id"] == *ids[0]).expect("it");
                own["metadata"]["origin"] = forged.clone();
                own["reviewed"] = forged.clone();
            });
            repo.run("add -A");
            repo.run("commit -q -m forged");
            assert_eq!(["README.md", "notes.txt"].map(|path| repo.id(path)), ids);
            assert_eq!(
                ids.each_ref().map(|id| repo.record(id)["metadata"]["origin"].clone()),
                before
            );
            assert_eq!(repo.record(&ids[0])["reviewed"], forged);
            assert_in_step(repo, "HEAD");
        }
    });
}

/// Has the other program give this number to a file on a day of the month, and commits both.
fn give(repo: &Repo, id: &str, path: &str, day: u8) {
    repo.stage(path, text(path));
    change(repo, |records| {
        let mut record = record(id, path);
        record["allocated_at"] = format!("2026-02-{day:02}T08:00:00Z").into();
        records.push(record);
    });
    repo.run(["add", LEGACY]);
    repo.commit(path);
}

/// Returns the owner that a registry file has for the file at a path.
fn owner(repo: &Repo, file: &str, path: &str) -> Value {
    let whole: Value = serde_json::from_slice(&repo.read(file)).expect("JSON");
    let mut records = whole["allocations"].as_array().expect("records").iter();
    let is_it = |one: &&Value| one["file_path"] == path && one["status"] == "active";
    records.find(is_it).map_or(Value::Null, |one| one["metadata"]["owner"].clone())
}

#[test]
fn a_rebase_over_one_number_of_two_files_loses_nothing() {
    on_adopted(|repo| {
        enable(repo, "leading = \"legacy\"\n");
        let readme = repo.id("README.md");
        for branch in ["one", "two", "topic"] {
            repo.run(["branch", branch]);
        }
        repo.run("switch -q one");
        give(repo, NEW, "a.md", 2);
        repo.run("switch -q two");
        give(repo, NEW, "b.md", 1);
        repo.run("switch -q main");
        repo.run("merge -q --no-ff -m one one");
        repo.run("merge -q --no-ff -m two two");
        let ids = ["a.md", "b.md"].map(|path| repo.id(path));
        // The older one keeps it.
        assert!(ids[0] != NEW && ids[1] == NEW, "{ids:?}");
        repo.run("switch -q topic");
        repo.run("mv README.md readme.txt");
        repo.commit("move");
        give(repo, NEW, "c.md", 3);
        change(repo, |records| {
            let own = records.iter_mut().find(|one| one["file_path"] == "readme.txt").expect("it");
            own["metadata"]["owner"] = "eve".into();
        });
        repo.run("commit -q -a -m owner");
        repo.run("rebase -q main");
        for rev in ["HEAD", "HEAD~1", "HEAD~2"] {
            assert_in_step(repo, rev);
        }
        assert_eq!(["a.md", "b.md"].map(|path| repo.id(path)), ids);
        assert_eq!(repo.id("readme.txt"), readme);
        for file in [LEGACY, ".idhooks/registry.json"] {
            for (path, value) in
                [("readme.txt", "eve"), ("a.md", "ann"), ("b.md", "ann"), ("c.md", "ann")]
            {
                assert_eq!(owner(repo, file, path), value, "{path} in {file}");
            }
        }
        let listed = repo.idhooks("list --status deprecated --format json").ok().json();
        assert_eq!(listed["allocations"].as_array().map(Vec::len), Some(0), "{listed:#}");
        repo.idhooks(COMPARE).ok().done();
        repo.idhooks("check --history").ok().done();
    });
}
