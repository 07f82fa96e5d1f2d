//! What the reports say.

use serde_json::json;

use super::{at, report, reports, section};
use crate::common::{Repo, for_each_git, on_adopted, text};
use crate::reviewed::assert_text;

const NIGHT: &str = "2023-11-21T02:00:00Z";

/// Commits a file that no hook sees, so that it has no identity.
fn commit_unseen(repo: &Repo, path: &str) {
    repo.stage(path, text(path));
    repo.run(["commit", "-q", "--no-verify", "-m", path]);
}

#[test]
fn a_quiet_night() {
    on_adopted(|repo| {
        let repo = at(repo, NIGHT);
        let told = repo.idhooks("schedule run nightly").ok();
        assert_eq!(told.stdout(), "");
        told.complains("nightly-2023-11-21.md").done();
        let (markdown, json) = report(&repo, "nightly-2023-11-21");
        let commit = repo.rev("HEAD");
        let expected = format!(
            "# Identities, nightly report of 2023-11-21

work, commit {commit}, 2023-11-21T02:00:00Z. Nothing needs attention.

## Scan

| | |
|---|---|
| files | 10 |
| without identity | 0 |
| unreadable | 0 |

## Uniqueness

| | |
|---|---|
| errors | 0 |
| warnings | 0 |

## Sync

| | |
|---|---|
| errors | 0 |
| warnings | 0 |

## Coverage

| | |
|---|---|
| errors | 0 |
| warnings | 0 |
| tracked files | 7 |
| with ids | 7 |
| coverage | 1 |
"
        );
        assert_eq!(markdown, expected);
        assert_eq!((&json["result"], &json["commit"]), (&json!("fine"), &json!(commit)));
        // With --quiet a night without anything says nothing at all, so that cron sends no mail.
        let quiet = repo.idhooks("--quiet schedule run nightly").ok();
        assert_eq!((quiet.stdout(), quiet.stderr()), (String::new(), String::new()));
    });
}

#[test]
fn a_night_that_needs_attention() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        commit_unseen(&repo, "unseen.md");
        repo.write("untracked.txt", "new");
        repo.run("rm -q notes.txt");
        repo.run("commit -q --no-verify -m gone");
        let repo = at(&repo, NIGHT);
        repo.idhooks("--quiet schedule run nightly")
            .code(1)
            .complains("nightly: needs attention: Sync, Coverage")
            .complains("nightly-2023-11-21.md")
            .done();
        let (markdown, json) = report(&repo, "nightly-2023-11-21");
        assert_text("schedule-jobs-a_night_that_needs_a_person", &markdown);
        assert_eq!(json["result"], "findings");
        assert_eq!(section(&json, "uniqueness")["is_well"], true);
        let sync = &section(&json, "sync")["items"][0];
        assert_eq!((&sync["code"], &sync["path"]), (&json!("STALE_PATH"), &json!("notes.txt")));
        let coverage = section(&json, "coverage");
        assert_eq!(coverage["items"][0]["path"], "unseen.md");
        assert_eq!(coverage["facts"]["tracked_files"], 7);
        assert_eq!(coverage["facts"]["with_ids"], 6);
        let scan = section(&json, "scan");
        assert_eq!(
            (&scan["is_well"], &scan["facts"]["without_identity"]),
            (&json!(true), &json!(1))
        );
        assert_eq!(scan["items"][0]["path"], "untracked.txt");
        // It says what the commands say.
        let codes = |family: &str| {
            let check = repo.idhooks(["check", family, "--rev", "HEAD", "--format", "json"]);
            check.json()["findings"].as_array().expect("findings").len()
        };
        for family in ["uniqueness", "sync", "coverage"] {
            let items = section(&json, family)["items"].as_array().expect("items").len();
            assert_eq!(items, codes(family), "{family}");
        }
    });
}

#[test]
fn a_registry_that_cannot_be_read_is_reported() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.stage(".idhooks/registry.json", "{\"torn\":");
        repo.run("commit -q --no-verify -m torn");
        let repo = at(&repo, NIGHT);
        repo.idhooks("schedule run nightly").code(1).done();
        let (_, json) = report(&repo, "nightly-2023-11-21");
        for name in ["uniqueness", "sync", "coverage"] {
            assert_eq!(section(&json, name)["is_well"], false, "{name}");
        }
        assert_eq!(section(&json, "sync")["items"][0]["code"], "REGISTRY_CORRUPT");
        for job in ["weekly", "monthly"] {
            repo.idhooks(["schedule", "run", job]).code(1).done();
            let (_, json) = report(&repo, &format!("{job}-2023-11-21"));
            assert_eq!(section(&json, "registry")["is_well"], false, "{job}");
        }
    });
}

#[test]
fn a_week() {
    for_each_git(|git| {
        let repo = at(&Repo::empty(git), "2023-11-01T12:00:00Z").adopt("");
        let later = at(&repo, "2023-11-18T12:00:00Z");
        later.commit_file("new.py", text("new"));
        later.mv("docs/guide.md", "docs/manual.md");
        later.run("rm -q notes.txt");
        later.commit("move and delete");
        let id = repo.id("docs/intro.md");
        later.idhooks(["deprecate", &id, "--reason", "old"]).ok().done();
        later.commit("deprecate");
        let monday = at(&repo, "2023-11-20T06:00:00Z");
        monday.idhooks("schedule run weekly").ok().done();
        let (markdown, json) = report(&repo, "weekly-2023-11-20");
        assert!(markdown.starts_with("# Identities, weekly report of 2023-11-20\n"), "{markdown}");
        let trend = section(&json, "trend");
        assert_eq!(trend["facts"]["coverage_a_week_ago"], "1");
        let days: Vec<_> = trend["items"].as_array().expect("days").iter().collect();
        assert_eq!(
            (&days[0]["date"], &days[1]["date"]),
            (&json!("2023-11-01"), &json!("2023-11-18"))
        );
        let drift = section(&json, "drift");
        assert_eq!(
            (&drift["facts"]["missing"], &drift["facts"]["deprecated_in_use"]),
            (&json!(0), &json!(1))
        );
        assert_eq!(drift["facts"].as_object().map(serde_json::Map::len), Some(8));
        assert!(markdown.contains("Drift by kind"), "{markdown}");
        let ended = section(&json, "deprecations");
        assert_eq!(ended["facts"], json!({"deprecated": 2, "still_in_use": 1}));
        let mut reasons: Vec<_> =
            ended["items"].as_array().expect("rows").iter().map(|row| &row["reason"]).collect();
        reasons.sort_by_key(|reason| reason.to_string());
        assert_eq!(reasons, ["deleted", "old"]);
        let velocity = section(&json, "velocity");
        assert_eq!(velocity["facts"]["allocated"], 1);
        assert_eq!(velocity["facts"]["allocated_the_week_before"], 0);
        assert_eq!(velocity["facts"]["renamed"], 1);
        assert_eq!(velocity["items"].as_array().map(Vec::len), Some(7));
        assert_eq!(
            velocity["items"][4],
            json!({"date": "2023-11-18", "allocated": "1", "deprecated": "2", "renamed": "1"})
        );
        // What was lost within a week needs attention.
        commit_unseen(&later, "unseen.md");
        monday
            .idhooks("schedule run weekly")
            .code(1)
            .complains("Coverage, the last 12 weeks")
            .done();
        let (_, json) = report(&repo, "weekly-2023-11-20");
        assert_eq!(section(&json, "trend")["is_well"], false);
    });
}

#[test]
fn a_month() {
    for_each_git(|git| {
        let repo = at(&Repo::empty(git), "2023-08-01T12:00:00Z").adopt("");
        let id = repo.id("notes.txt");
        repo.run("rm -q notes.txt");
        repo.commit("delete");
        let later = at(&repo, "2023-11-20T12:00:00Z");
        later.run("rm -q data/table.csv");
        later.commit("delete another");
        later.stage("new.py", text("new"));
        later.idhooks("allocate new.py").ok().done();
        later.commit("new");
        let first = at(&repo, "2023-12-01T03:00:00Z");
        first.idhooks("schedule run monthly").ok().done();
        let (markdown, json) = report(&repo, "monthly-2023-12-01");
        let old = section(&json, "deprecated_over_90_days");
        assert_eq!(old["facts"]["identities"], 1);
        assert_eq!(old["items"][0]["id"], id);
        assert!(
            markdown.contains("idhooks purge \\-\\-deprecated")
                || markdown.contains("idhooks purge --deprecated-before 90d"),
            "{markdown}"
        );
        let audit = section(&json, "audit");
        assert_eq!((&audit["is_well"], &audit["facts"]["faults"]), (&json!(true), &json!(0)));
        assert!(audit["facts"]["events_of_the_month"].as_u64().is_some_and(|n| n > 0), "{audit:#}");
        let capacity = section(&json, "capacity");
        let counters = capacity["items"].as_array().expect("counters").iter();
        let moving: Vec<_> = counters.filter(|row| row["per_day"] != "0.000").collect();
        assert_eq!(moving.len(), 1, "{capacity:#}");
        // Not before the year 9999.
        let pace = (&moving[0]["per_day"], &moving[0]["full_on"]);
        assert_eq!(pace, (&json!("0.011"), &json!("")));
        assert_eq!(capacity["facts"]["nearly_full"], 0);
        // Somebody has been at the audit.
        let file = ".git/idhooks/audit.jsonl";
        let text = String::from_utf8(repo.read(file)).expect("UTF-8");
        repo.write(file, text.replacen("allocated", "allocatex", 1));
        first.idhooks("schedule run monthly").code(1).complains("needs attention: Audit").done();
        let (_, json) = report(&repo, "monthly-2023-12-01");
        assert_eq!(section(&json, "audit")["items"][0]["what"], "line 2");
    });
}

#[test]
fn reports_go_where_they_are_wanted() {
    for_each_git(|git| {
        let repo = at(&Repo::adopted(git), NIGHT);
        let outside = repo.idhooks("schedule run nightly --output ../out/reports").ok();
        let told = format!("wrote {}/out/reports/nightly-", repo.root().display());
        assert!(outside.stderr().contains(&told), "{outside}");
        let out = repo.root().join("out/reports");
        let mut names: Vec<_> = std::fs::read_dir(&out)
            .expect("a directory")
            .map(|entry| entry.expect("readable").file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["nightly-2023-11-21.json", "nightly-2023-11-21.md"]);
        assert!(!reports(&repo).exists());
        repo.write("file", "x");
        repo.idhooks("schedule run nightly --output file").code(2).explains("file").done();
        repo.idhooks("schedule run").refused().done();
        repo.idhooks("schedule run daily").refused().complains("invalid value 'daily'").done();
        repo.idhooks("schedule run nightly --due").refused().done();
    });
}
