//! What was missed is made up for.

use serde_json::json;

use super::{at, listed, reports};
use crate::common::{Repo, for_each_git, on_adopted};

/// Returns which reports there are now; removes them.
fn written(repo: &Repo) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(reports(repo)) else { return Vec::new() };
    let names = entries.map(|entry| entry.expect("readable").file_name().into_string());
    let mut names: Vec<String> = names.map(|name| name.expect("plain")).collect();
    names.retain(|name| name.ends_with(".md"));
    names.sort();
    std::fs::remove_dir_all(reports(repo)).expect("removable");
    names
}

fn due(repo: &Repo, moment: &str) -> Vec<String> {
    at(repo, moment).idhooks("schedule run --due").ok().done();
    written(repo)
}

#[test]
fn each_is_done_once_after_its_time_however_late() {
    on_adopted(|repo| {
        // What never ran is due at once.
        let all = ["monthly-2023-11-17.md", "nightly-2023-11-17.md", "weekly-2023-11-17.md"];
        assert_eq!(due(repo, "2023-11-17T12:00:00Z"), all);
        assert!(due(repo, "2023-11-17T12:00:00Z").is_empty());
        assert!(due(repo, "2023-11-18T01:59:59Z").is_empty());
        assert_eq!(due(repo, "2023-11-18T02:00:00Z"), ["nightly-2023-11-18.md"]);
        // The machine was off from Saturday to Tuesday.
        let both = ["nightly-2023-11-21.md", "weekly-2023-11-21.md"];
        assert_eq!(due(repo, "2023-11-21T01:00:00Z"), both);
        let early = at(repo, "2023-11-21T01:30:00Z");
        let said = early.idhooks("schedule run --due").ok();
        said.complains("nothing is due; next is nightly at 2023-11-21 02:00").done();
        // … and over the turn of the month.
        let all = ["monthly-2023-12-05.md", "nightly-2023-12-05.md", "weekly-2023-12-05.md"];
        assert_eq!(due(repo, "2023-12-05T12:00:00Z"), all);
        // A run by hand counts, too.
        at(repo, "2023-12-06T08:00:00Z").idhooks("schedule run nightly").ok().done();
        written(repo);
        assert!(due(repo, "2023-12-06T09:00:00Z").is_empty());
        // A clock that was wrong hides nothing.
        due(repo, "2033-01-01T12:00:00Z");
        assert_eq!(due(repo, "2023-12-06T10:00:00Z").len(), 3);
    });
}

#[test]
fn it_is_the_time_of_the_machine_in_summer_and_winter() {
    on_adopted(|repo| {
        let repo = repo.with("TZ", "CET-1CEST,M3.5.0,M10.5.0/3");
        due(&repo, "2024-03-30T12:00:00Z");
        // On that night there is no 02:00; it is 03:00 then.
        assert!(due(&repo, "2024-03-31T00:59:59Z").is_empty());
        assert_eq!(due(&repo, "2024-03-31T01:00:00Z"), ["nightly-2024-03-31.md"]);
        assert!(due(&repo, "2024-03-31T23:59:59Z").is_empty());
        assert_eq!(due(&repo, "2024-04-01T00:00:00Z"), ["nightly-2024-04-01.md"]);
        // In October 02:00 comes twice, and counts once.
        due(&repo, "2024-10-26T12:00:00Z");
        assert_eq!(due(&repo, "2024-10-27T00:00:00Z"), ["nightly-2024-10-27.md"]);
        assert!(due(&repo, "2024-10-27T01:30:00Z").is_empty());
        let list = listed(&at(&repo, "2024-10-27T01:30:00Z"));
        assert_eq!(list["jobs"][0]["next_at"], "2024-10-28T01:00:00Z");
        // The day of a report is the day where it was written.
        at(&repo, "2024-11-01T23:30:00Z").idhooks("schedule run nightly").ok().done();
        assert_eq!(written(&repo), ["nightly-2024-11-02.md"]);
    });
}

#[test]
fn a_damaged_note_is_as_good_as_none() {
    on_adopted(|repo| {
        let noon = "2023-11-21T12:00:00Z";
        assert_eq!(due(repo, noon).len(), 3);
        for damage in ["", "1 2023-11-21T12:00:00Z fine - -\n", "{}", "\0\0\0"] {
            repo.write(".git/idhooks/schedule/weekly", damage);
            let list = listed(&at(repo, noon));
            assert_eq!(list["jobs"][1]["last"], json!(null));
            assert_eq!(list["jobs"][1]["is_due"], true);
            assert_eq!(due(repo, noon), ["weekly-2023-11-21.md"]);
        }
        assert!(due(repo, noon).is_empty());
    });
}

#[test]
fn what_failed_stays_due() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        let monday = at(&repo, "2023-11-20T07:00:00Z");
        monday.idhooks("schedule run nightly").code(2).explains("cannot find a commit").done();
        repo.stage("a.md", "a");
        repo.run("commit -q -m a");
        monday.idhooks("schedule run nightly").code(2).explains("cannot find a registry").done();
        let list = listed(&monday);
        assert_eq!(list["jobs"][0]["last"]["result"], "failed");
        assert_eq!(list["jobs"][0]["last"]["done_at"], json!(null));
        assert_eq!(list["jobs"][0]["is_due"], true);
        let repo = repo.adopt("");
        assert_eq!(due(&repo, "2023-11-20T07:30:00Z").len(), 3);
        let list = listed(&at(&repo, "2023-11-20T08:00:00Z"));
        assert_eq!(list["jobs"][0]["last"]["result"], "fine");
        let text = at(&repo, "2023-11-20T08:00:00Z").idhooks("schedule list").ok().stdout();
        let expected = "nightly  last 2023-11-20 07:30 (fine)  next 2023-11-21 02:00\n";
        assert!(text.starts_with(expected), "{text}");
    });
}
