//! What is known already is not told again.

use serde_json::Value;

use super::commit_unseen;
use crate::common::{Repo, for_each_git};

/// A repository with two files that have no identity, and a baseline that knows of them.
fn known(git: &crate::common::Git) -> Repo {
    let repo = Repo::adopted(git);
    commit_unseen(&repo, "one.md");
    commit_unseen(&repo, "two.md");
    let answer = repo.idhooks("check --write-baseline known.json").ok();
    assert_eq!(answer.stdout(), "");
    answer.complains("wrote 2 findings to 'known.json'").done();
    repo
}

#[test]
fn what_is_gone_is_named() {
    for_each_git(|git| {
        let repo = known(git);
        repo.run("rm -q -f one.md");
        let answer = repo.idhooks("check --baseline known.json").ok();
        let gone = "1 finding in 'known.json' is gone; remove from the file: MISSING_ID 'one.md'";
        answer.complains(gone).complains("1 known finding in").done();
        repo.run("rm -q -f two.md");
        let answer = repo.idhooks("check coverage --baseline known.json").ok();
        answer.complains("2 findings in 'known.json' are gone").done();
        // A check that does not look for them does not say that they are gone.
        let stderr = repo.idhooks("check uniqueness --baseline known.json").ok().stderr();
        assert!(!stderr.contains("gone"), "{stderr}");
        let stderr = repo.idhooks("check --quiet --baseline known.json").ok().stderr();
        assert_eq!(stderr, "");
    });
}

#[test]
fn a_history_has_a_baseline_too() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        commit_unseen(&repo, "one.md");
        let base = repo.rev("HEAD");
        repo.idhooks("check --history --write-baseline known.json").ok().done();
        repo.idhooks("check --history --baseline known.json --strict").ok().done();
        commit_unseen(&repo, "two.md");
        let answer = repo.idhooks("check --history --baseline known.json --format json").code(1);
        let findings = answer.json()["findings"].clone();
        let commits = findings.as_array().expect("findings").iter();
        let commits: Vec<&Value> = commits.map(|f| &f["related"][0]["commit"]).collect();
        assert!(!commits.is_empty() && commits.iter().all(|c| **c != base.as_str()), "{findings}");
    });
}
