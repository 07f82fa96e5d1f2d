//! What other programs committed to a leading legacy file without the hooks: `migrate run` takes it as a
//! commit does, and lists the rest.

use serde_json::{Value, json};

use super::{LEGACY, content, run_first, with_legacy};
use crate::common::{Repo, for_each_git};

const GUIDE: &str = "0110000001250101";

/// Commits a change of the legacy file without the hooks.
fn change(repo: &Repo, change: impl Fn(&mut Value)) {
    let mut whole: Value = serde_json::from_slice(&repo.read(LEGACY)).expect("JSON");
    change(&mut whole);
    repo.stage(LEGACY, serde_json::to_string_pretty(&whole).expect("JSON"));
    repo.run("commit -q --no-verify -m other");
}

fn legacy(repo: &Repo) -> Value {
    serde_json::from_slice(&content(repo, "HEAD", LEGACY).expect("the file")).expect("JSON")
}

/// Returns the record of the guide.
fn guide(whole: &mut Value) -> &mut Value {
    let records = whole["allocations"].as_array_mut().expect("records");
    records.iter_mut().find(|record| record["id"] == GUIDE).expect("it")
}

#[test]
fn the_head_is_taken() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        run_first(&repo);
        change(&repo, |whole| {
            whole["next_number"] = json!(42);
            whole["metadata"]["version"] = json!("3.0");
        });
        let run = repo.idhooks("migrate run").ok();
        run.complains("head: next_number: nothing -> '42'").complains("version: '2.3.1'").done();
        let whole = legacy(&repo);
        assert_eq!(
            (&whole["next_number"], &whole["metadata"]["version"]),
            (&json!(42), &json!("3.0"))
        );
        repo.idhooks("migrate verify").ok().done();
    });
}

#[test]
fn what_is_not_taken_is_listed() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        run_first(&repo);
        change(&repo, |whole| {
            let own = guide(whole);
            own["file_path"] = "docs/nowhere.md".into();
            own["allocated_at"] = "2024-12-31T10:00:00".into();
            own["metadata"]["owner"] = "bob".into();
        });
        let run = repo.idhooks("migrate run").ok();
        let run = run.complains("metadata.owner: 'ann' -> 'bob'").complains("were not taken");
        run.complains("'docs/nowhere.md'").complains("2024-12-31").done();
        let mut whole = legacy(&repo);
        assert_eq!(guide(&mut whole)["metadata"]["owner"], "bob");
        repo.idhooks("migrate verify").ok().done();
        repo.idhooks("check --rev HEAD").ok().done();
    });
}

#[test]
fn records_that_are_removed_or_added_too_early_are_listed() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        run_first(&repo);
        change(&repo, |whole| {
            let records = whole["allocations"].as_array_mut().expect("records");
            records.retain(|record| record["id"] != GUIDE);
            records.push(json!({
                "id": "0110000009250101", "file_path": "docs/early.md", "owner": "ann",
                "allocated_at": "2025-01-01T10:00:00", "status": "active", "metadata": {}
            }));
        });
        let run = repo.idhooks("migrate run").ok();
        run.complains(&format!("{GUIDE}: only the registry has it")).done();
        assert_eq!(repo.id("docs/guide.md"), GUIDE);
        let early = repo.record("0110000009250101");
        assert_eq!((&early["status"], &early["owner"]), (&json!("deprecated"), &json!("ann")));
        repo.idhooks("migrate verify").ok().done();
        repo.idhooks("check --rev HEAD").ok().done();
    });
}

#[test]
fn a_second_identity_of_two_files_is_refused() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        run_first(&repo);
        change(&repo, |whole| guide(whole)["metadata"]["doc_id"] = "DOC-0004".into());
        let commits = repo.commits();
        let run = repo.idhooks("migrate run").code(1);
        assert!((run.stdout() + &run.stderr()).contains("DOC-0004"));
        assert_eq!(repo.commits(), commits);
    });
}
