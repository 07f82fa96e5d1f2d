//! The purge of the monthly run, which idhooks.toml asks for.

use serde_json::{Value, json};

use super::{at, report, section};
use crate::common::{Repo, for_each_git, on_adopted, text};

const REGISTRY: &str = ".idhooks/registry.json";
const MONTH: &str = "2024-06-01T03:00:00Z";
const RULES: &str = "[schedule]\npurge = \"90d\"\n";

/// Returns the repository on the first of a month, long after a file was deleted, and the identity
/// of the file.
fn long_after(repo: &Repo) -> (Repo, String) {
    repo.configure(RULES);
    let id = repo.id("docs/guide.md");
    repo.run("rm -q docs/guide.md");
    repo.commit("delete");
    (at(repo, MONTH), id)
}

fn purge(repo: &Repo) -> Value {
    purge_ending(repo, 0)
}

/// Does the monthly run, which ends with an exit code; returns its section about the purge.
fn purge_ending(repo: &Repo, code: i32) -> Value {
    repo.idhooks("schedule run monthly").code(code).done();
    section(&report(repo, "monthly-2024-06-01").1, "scheduled_purge").clone()
}

#[test]
fn what_was_deprecated_long_ago_is_staged_as_purge_does() {
    for_each_git(|git| {
        let (repo, id) = long_after(&Repo::adopted(git));
        let twin = repo.copy_as("twin");
        repo.write("notes.txt", "an edit that nobody staged");
        let head = repo.rev("HEAD");
        // Whoever reads the mail of the timer must commit it.
        let section = purge_ending(&repo, 1);
        assert_eq!(section["items"], json!([{"id": id, "path": "docs/guide.md"}]));
        assert_eq!(section["facts"]["purged"], 1);
        assert!(section["help"].as_str().is_some_and(|help| help.contains("commit it")));
        assert_eq!(repo.rev("HEAD"), head, "nothing is committed");
        assert_eq!(repo.ask("diff --cached --name-only"), ".idhooks/registry.json");
        twin.idhooks("purge --deprecated-before 90d").ok().done();
        let staged = |repo: &Repo| repo.ask("rev-parse :.idhooks/registry.json");
        assert_eq!(staged(&repo), staged(&twin));
        assert_eq!(repo.idhooks("backup list").ok().stdout().lines().count(), 1);
        // What is staged waits for a person; the next run changes nothing.
        let left = purge_ending(&repo, 1);
        let why = "staged changes: .idhooks/registry.json";
        assert_eq!(left["facts"], json!({"left_out": why, "waiting": 1}));
        assert!(left["help"].as_str().is_some_and(|help| help.contains("commit it")));
        repo.commit("purge");
        assert_eq!(purge(&repo)["facts"]["purged"], 0);
        assert!(repo.findings("").is_empty());
    });
}

#[test]
fn work_in_progress_is_left_alone() {
    on_adopted(|repo| {
        let (repo, id) = long_after(repo);
        let left_out = |why: &str| {
            let before = repo.ask("ls-files --stage");
            let registry = repo.read(".idhooks/registry.json");
            assert_eq!(purge(&repo)["facts"], json!({"left_out": why}));
            assert_eq!(repo.ask("ls-files --stage"), before);
            assert_eq!(repo.read(".idhooks/registry.json"), registry);
        };
        repo.stage("new.md", text("new"));
        left_out("staged changes: new.md");
        repo.run("reset -q --hard");
        repo.append(".idhooks/registry.json", "\n");
        left_out("'.idhooks/registry.json' has changes");
        repo.run("reset -q --hard");
        repo.run("bisect start");
        left_out("a bisect is in progress");
        repo.run("bisect reset");
        // A job on GitHub would lose it.
        let job = repo.with("GITHUB_ACTIONS", "true");
        assert!(
            purge(&job)["facts"]["left_out"].as_str().is_some_and(|why| why.contains("GitHub"))
        );
        repo.commit_file("mention.md", format!("see {id}\n"));
        let facts = &purge(&repo)["facts"];
        assert_eq!((&facts["purged"], &facts["still_mentioned"]), (&json!(0), &json!(1)));
        repo.run("clone -q --bare . ../bare.git");
        let bare = repo.beside("bare.git");
        bare.idhooks("schedule run monthly --output ../bare-reports").ok().done();
        let text = repo.read("../bare-reports/monthly-2024-06-01.md");
        assert!(String::from_utf8_lossy(&text).contains("there is no working tree"));
    });
}

#[test]
fn only_the_monthly_run_purges_and_only_where_the_rules_say_so() {
    on_adopted(|repo| {
        repo.run("rm -q docs/guide.md");
        repo.commit("delete");
        let later = at(repo, MONTH);
        later.idhooks("schedule run monthly").ok().done();
        let (_, json) = report(&later, "monthly-2024-06-01");
        let sections = json["sections"].as_array().expect("sections").iter();
        assert!(!sections.map(|section| &section["name"]).any(|name| name == "scheduled_purge"));
        repo.configure(RULES);
        for job in ["nightly", "weekly"] {
            later.idhooks(["schedule", "run", job]).ok().done();
        }
        assert_eq!(repo.ask("status --short"), "");
        for (value, why) in [("90", "a time span"), ("\"soon\"", "a time span")] {
            repo.write("idhooks.toml", format!("[schedule]\npurge = {value}\n"));
            repo.run("add idhooks.toml");
            repo.idhooks("check").code(2).explains(why).done();
        }
        repo.run("reset -q --hard");
    });
}

#[test]
fn a_purge_that_fails_is_reported_and_in_the_audit_log() {
    on_adopted(|repo| {
        let (repo, _) = long_after(repo);
        let mut registry: Value = serde_json::from_slice(&repo.read(REGISTRY)).expect("JSON");
        let records = registry["allocations"].as_array_mut().expect("a list");
        let mut second = records[0].clone();
        second["file_path"] = json!("second.md");
        records.push(second);
        repo.stage(REGISTRY, registry.to_string());
        let section = purge_ending(&repo, 1);
        let failed = section["facts"]["failed"].as_str().expect("a failure");
        let (what, cause) = failed.split_once(": ").expect("a cause");
        assert_eq!(what, "the registry in the index must be fixed first");
        let events = repo.idhooks("audit query --format jsonl --event blocked").ok().stdout();
        let event: Value = serde_json::from_str(events.trim()).expect("one event");
        let data = &event["data"];
        assert_eq!((&data["command"], &data["exit"]), (&json!("scheduled purge"), &json!(2)));
        assert_eq!(data["message"], format!("{what}; {cause}"));
        repo.run("reset -q --hard");
    });
}
