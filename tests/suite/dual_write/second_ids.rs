//! A leading legacy file that another program gives contradictory identities: no commit takes them
//! silently, and the registry does not begin to lead with them.

use serde_json::{Value, json};

use super::{LEGACY, assert_in_step, enable};
use crate::common::{Repo, SCOPE, on_adopted, on_adopted_leaving, text};

/// Stages a file of records after `edit` has changed them.
pub(super) fn stage_edited(repo: &Repo, path: &str, edit: impl Fn(&mut Vec<Value>)) {
    let mut registry: Value = serde_json::from_slice(&repo.read(path)).expect("JSON");
    edit(registry["allocations"].as_array_mut().expect("records"));
    repo.stage(path, registry.to_string());
}

/// Gives second identities to files.
fn give(records: &mut [Value], doc_ids: &[(&str, &str)]) {
    for (doc_id, path) in doc_ids {
        let record = records.iter_mut().find(|record| record["file_path"] == *path).expect(path);
        record["metadata"]["doc_id"] = json!(doc_id);
    }
}

/// Gives one to two files.
pub(super) fn give_twice(records: &mut [Value]) {
    give(records, &[("DOC-9", "notes.txt"), ("DOC-9", "README.md")]);
}

/// Adds a record of a scope that the rules do not know.
fn add_foreign(records: &mut Vec<Value>) {
    records.push(json!({
        "id": "0110000700999999", "file_path": "docs/new.md", "allocated_at": "2026-01-19T00:00:00Z",
        "status": "active", "metadata": {}
    }));
}

#[test]
fn a_commit_names_what_contradicts_itself() {
    on_adopted(|repo| {
        enable(repo, "leading = \"legacy\"\n");
        let head = repo.rev("HEAD");
        stage_edited(repo, LEGACY, |all| give_twice(all));
        let answer = repo.try_git("commit -q -m twice").code(1);
        answer
            .complains("DUPLICATE_ID")
            .complains("several files have the doc_id DOC-9: 'README.md', 'notes.txt'")
            .complains(&format!("leave it to one of them in '{LEGACY}'"))
            .done();
        stage_edited(repo, LEGACY, |all| give(all, &[("DOC-8", "README.md")]));
        repo.stage("docs/new.md", text("new"));
        stage_edited(repo, LEGACY, add_foreign);
        let answer = repo.try_git("commit -q -m foreign").code(1);
        answer.complains("MALFORMED_ID").complains("has scope 999999").done();
        assert_eq!(repo.rev("HEAD"), head);
        // As the message says: either the file is corrected, or the rules know the scope.
        let rules = String::from_utf8(repo.read("idhooks.toml")).expect("text");
        repo.stage("idhooks.toml", format!("legacy_scopes = [\"999999\"]\n{rules}"));
        repo.run("commit -q -m both");
        assert_eq!(repo.id("docs/new.md"), "0110000700999999");
        assert_in_step(repo, "HEAD");
        assert!(rules.contains(SCOPE));
    });
}

#[test]
fn a_commit_that_is_only_warned_leaves_the_file() {
    on_adopted_leaving("", |repo| {
        enable(repo, "leading = \"legacy\"\non_failure = \"warn\"\n");
        let registry = repo.registry("HEAD");
        stage_edited(repo, LEGACY, |all| give_twice(all));
        repo.git("commit -m twice").complains("warning").complains("DUPLICATE_ID").done();
        assert_eq!(repo.registry("HEAD"), registry);
        stage_edited(repo, LEGACY, |all| give(all, &[("DOC-8", "README.md")]));
        repo.commit("corrected");
        assert_in_step(repo, "HEAD");
        assert_eq!(repo.record(&repo.id("README.md"))["metadata"]["doc_id"], "DOC-8");
    });
}

#[test]
fn both_of_one_file_are_kept_while_it_leads() {
    on_adopted(|repo| {
        enable(repo, "leading = \"legacy\"\n");
        for (branch, doc_id) in [("side", "DOC-8"), ("other", "DOC-9")] {
            repo.run(["checkout", "-q", "-b", branch, "main"]);
            stage_edited(repo, LEGACY, |all| give(all, &[(doc_id, "notes.txt")]));
            repo.commit(branch);
        }
        for line in ["merge --no-edit side", "cherry-pick side"] {
            repo.run("checkout -q -B try other");
            repo.git(line).complains("lost DOC-8").done();
            let metadata = &repo.record(&repo.id("notes.txt"))["metadata"];
            assert_eq!(
                (&metadata["doc_id"], &metadata["displaced_doc_id"]),
                (&json!("DOC-9"), &json!("DOC-8"))
            );
            assert_in_step(repo, "HEAD");
        }
        repo.run("checkout -q main");
    });
}
