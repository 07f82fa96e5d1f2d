//! How long it took to find and to heal commits: `check --history --format json`.

use serde_json::Value;

use crate::checks::assert_fits;
use crate::common::{Repo, for_each_git, text};

fn times(repo: &Repo) -> Vec<Value> {
    let json = repo.idhooks("check --history --format json").json();
    assert_fits(repo, "check", &json);
    json["repair_times"].as_array().expect("a list").clone()
}

fn time_of(repo: &Repo, rev: &str) -> i64 {
    repo.ask(["log", "-1", "--format=%ct", rev]).parse().expect("a number")
}

#[test]
fn a_commit_is_found_and_healed_by_the_next_one_with_hooks() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        assert_eq!(times(&repo), Vec::<Value>::new());
        repo.with("IDHOOKS", "0").commit_file("unseen.md", text("unseen"));
        // Neither found nor healed; but the first check of it is a check that failed.
        let first = &times(&repo)[0];
        assert_eq!(first["commit"], repo.rev("HEAD").as_str());
        assert_eq!(
            (&first["detected_after_seconds"], &first["healed_after_seconds"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(first["state"], "open");
        let second = &times(&repo)[0];
        assert!(second["detected_after_seconds"].as_i64().is_some_and(|seconds| seconds > 0));
        assert_eq!(second["healed_after_seconds"], Value::Null);
        assert_eq!(second["state"], "detected");
        repo.commit_file("seen.md", text("seen"));
        let expected = time_of(&repo, "HEAD") - time_of(&repo, "HEAD~1");
        let third = &times(&repo)[0];
        assert_eq!(third["healed_after_seconds"], expected);
        // Its clock is behind that of the audit log.
        assert_eq!(third["detected_after_seconds"], expected);
    });
}

#[test]
fn a_service_heals_later_than_the_date_of_its_commit() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let unhooked = repo.with("IDHOOKS", "0");
        unhooked.commit_file("unseen.md", text("unseen"));
        let unseen = time_of(&repo, "HEAD");
        repo.idhooks("reconcile --commit").ok().done();
        repo.run("merge -q --ff-only idhooks/heal");
        // The clone of the service knows when it did that; now, and the commit is of 2023.
        let own = &times(&repo)[0];
        let healed = own["healed_after_seconds"].as_i64().expect("healed");
        assert!(healed > 1_000_000, "{own}");
        assert_eq!(own["detected_after_seconds"], healed);
        // Others see it when the branch moves on.
        let other = repo.clone_as("other");
        // The time is not known there, which is not the same as not yet.
        assert_eq!(times(&other)[0]["healed_after_seconds"], Value::Null);
        assert_eq!(times(&other)[0]["state"], "repaired");
        repo.commit_file("next.md", text("next"));
        other.run("pull -q --ff-only");
        let expected = time_of(&repo, "HEAD") - unseen;
        assert_eq!(times(&other)[0]["healed_after_seconds"], expected);
        assert_eq!(times(&other)[0]["detected_after_seconds"], expected);
    });
}
