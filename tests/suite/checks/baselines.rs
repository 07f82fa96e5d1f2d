//! What is known already is not told again.

use serde_json::Value;

use super::commit_unseen;
use crate::common::{Repo, for_each_git};
use crate::reviewed::assert_text;

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
fn only_what_is_new_is_told_and_fails() {
    for_each_git(|git| {
        let repo = known(git);
        let written = String::from_utf8(repo.read("known.json")).expect("text");
        assert_eq!(
            written,
            "{\"version\":1,\"findings\":[\n\
             {\"code\":\"MISSING_ID\",\"severity\":\"error\",\"path\":\"one.md\",\"id\":null,\"related\":[]},\n\
             {\"code\":\"MISSING_ID\",\"severity\":\"error\",\"path\":\"two.md\",\"id\":null,\"related\":[]}\n\
             ]}\n"
        );
        let answer = repo.idhooks("check --baseline known.json --strict").ok();
        assert_eq!(answer.stdout(), "");
        answer.complains("2 known findings in 'known.json' not shown").done();
        commit_unseen(&repo, "three.md");
        let answer = repo.idhooks("check --baseline known.json --format json").code(1);
        let findings = answer.json()["findings"].clone();
        assert_eq!(findings.as_array().map(Vec::len), Some(1));
        assert_eq!(findings[0]["path"], "three.md");
        // Written again it is the same, but for what is new.
        repo.idhooks("check --write-baseline known.json").ok().done();
        let again = String::from_utf8(repo.read("known.json")).expect("text");
        let new: Vec<&str> = again.lines().filter(|line| !written.contains(*line)).collect();
        assert_eq!(new.len(), 1, "{again}");
    });
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

#[test]
fn a_baseline_that_is_missing_or_damaged_is_an_error() {
    for_each_git(|git| {
        let repo = known(git);
        let refused = |thing: &str| {
            let answer = repo.idhooks("check --baseline known.json").code(2);
            assert_eq!(answer.stdout(), "");
            answer.explains(thing).done();
        };
        let good = String::from_utf8(repo.read("known.json")).expect("text");
        for (text, line) in [
            (String::new(), 1),
            ("not JSON\n".to_owned(), 1),
            (good.replace("two.md\"", "two.md"), 3),
            (
                good.replace(
                    "\"MISSING_ID\",\"severity\":\"error\",\"path\":\"two",
                    "\"MISING_ID\",\"severity\":\"error\",\"path\":\"two",
                ),
                3,
            ),
            (good.replace("\n]}", ",\n]}"), 4),
            (format!("{good}<<<<<<< HEAD\n"), 5),
            (good.replace("\"version\":1", "\"version\":9"), 1),
        ] {
            repo.write("known.json", text);
            refused(&format!("'known.json' is not a baseline: line {line}"));
        }
        repo.write("known.json", [&good.as_bytes()[..40], b"\xff"].concat());
        refused("'known.json' is not a baseline: line 2");
        // White space is no damage, nor is the byte order mark of an editor.
        let pretty: Value = serde_json::from_str(&good).expect("JSON");
        repo.write("known.json", format!("\u{feff}{pretty:#}").replace('\n', "\r\n"));
        repo.idhooks("check --baseline known.json").ok().done();
        repo.remove("known.json");
        refused("cannot find the baseline 'known.json'");
        repo.write("known.json/x", "");
        refused("'known.json'");
        repo.idhooks("check --baseline known.json/y").code(2).explains("known.json/y").done();
        repo.idhooks(["check", "--baseline", ""]).code(2).done();
        repo.idhooks("check --baseline a --write-baseline a").code(2).done();
    });
}

#[test]
fn nothing_but_a_baseline_is_replaced() {
    for_each_git(|git| {
        let repo = known(git);
        for file in ["README.md", ".idhooks/registry.json", "idhooks.toml"] {
            let before = repo.read(file);
            repo.idhooks(["check", "--write-baseline", file]).code(2).explains(file).done();
            assert_eq!(repo.read(file), before, "{file}");
        }
        repo.idhooks("check --write-baseline docs").code(2).explains("docs").done();
        repo.idhooks("check --write-baseline README.md/x").code(2).explains("README.md").done();
    });
}

#[test]
fn a_registry_that_cannot_be_read_is_never_known() {
    for_each_git(|git| {
        let repo = known(git);
        let before = repo.read("known.json");
        repo.stage(".idhooks/registry.json", "torn");
        repo.idhooks("check --write-baseline known.json").code(1).done();
        assert_eq!(repo.read("known.json"), before);
        let answer = repo.idhooks("check --baseline known.json").code(1);
        assert_text(
            "checks-baselines-a_registry_that_cannot_be_read_is_never_known",
            &answer.stdout(),
        );
    });
}
