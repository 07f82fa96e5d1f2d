//! What is known already is not told again.

use serde_json::Value;

use super::commit_unseen;
use crate::common::{Repo, for_each_git, on_adopted, on_adopted_leaving};

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

#[test]
fn a_reference_is_recognised_on_another_line() {
    on_adopted(|repo| {
        let notes = repo.id("notes.txt");
        repo.stage("docs/limits.md", "# Limits\n");
        repo.configure("[references]\n");
        let limits = repo.id("docs/limits.md");
        let suspect = format!("idhooks:{limits}@0123456789ab");
        let old = format!("idhooks:0199900001260118\nü {suspect} idhooks:{notes}#x\n");
        repo.commit_file("README.md", &old);
        let answer = repo.idhooks("check --write-baseline ../known.json").ok();
        answer.complains("wrote 2 findings to '../known.json'").done();
        // A change of the file makes it no more suspect than it was.
        repo.commit_file("docs/limits.md", "# New limits\n");
        repo.commit_file("README.md", format!("# Title\n\n{old}"));
        let findings = |repo: &Repo| {
            let answer = repo.idhooks("check --baseline ../known.json --strict --format json");
            let json = answer.json();
            let place = |finding: &Value| {
                format!("{}:{} {}", finding["line"], finding["column"], finding["code"])
            };
            json["findings"].as_array().expect("findings").iter().map(place).collect::<Vec<_>>()
        };
        assert_eq!(findings(repo), [""; 0]);
        // One entry hides one reference.
        repo.commit_file("README.md", format!("# Title\n\n{old}{suspect}\n"));
        assert_eq!(findings(repo), ["5:1 \"REFERENCE_SUSPECT\""]);
        repo.commit_file("README.md", format!("{old}  idhooks:0199900002260118\n"));
        assert_eq!(findings(repo), ["3:3 \"REFERENCE_UNKNOWN\""]);
    });
}

/// A repository with an accepted suspect reference in README.md to docs/limits.md.
fn with_suspect(repo: &Repo) {
    repo.stage("docs/limits.md", "# Limits\n\n10\n");
    repo.configure("[references]\n");
    let limits = repo.id("docs/limits.md");
    repo.commit_file("README.md", format!("idhooks:{limits}@0123456789ab\n"));
    repo.idhooks("check --write-baseline ../known.json").ok().done();
}

/// Returns the findings that are not in the baseline.
fn new_findings(repo: &Repo) -> Vec<String> {
    let json = repo.idhooks("check --baseline ../known.json --format json").json();
    let findings = json["findings"].as_array().expect("findings").iter();
    findings.map(|finding| finding["code"].as_str().expect("a code").to_owned()).collect()
}

#[test]
fn a_reviewed_reference_that_becomes_suspect_again_is_new() {
    on_adopted(|repo| {
        with_suspect(repo);
        assert_eq!(new_findings(repo), [""; 0]);
        repo.idhooks("refs review README.md:1").ok().done();
        repo.run("commit -q -a -m reviewed");
        assert_eq!(new_findings(repo), [""; 0]);
        repo.commit_file("docs/limits.md", "# Limits\n\n20\n");
        assert_eq!(new_findings(repo), ["REFERENCE_SUSPECT"]);
    });
}

#[test]
fn another_missing_heading_is_new() {
    on_adopted(|repo| {
        repo.configure("[references]\n");
        let intro = repo.id("docs/intro.md");
        repo.commit_file("README.md", format!("idhooks:{intro}#nope\n"));
        repo.idhooks("check --write-baseline ../known.json").ok().done();
        repo.commit_file("README.md", format!("\nidhooks:{intro}#nope\n"));
        assert_eq!(new_findings(repo), [""; 0]);
        repo.commit_file("README.md", format!("idhooks:{intro}#other\n"));
        assert_eq!(new_findings(repo), ["REFERENCE_SECTION"]);
    });
}

#[test]
fn moved_files_keep_their_accepted_references() {
    on_adopted_leaving("D  START.md\nD  copy.md\n", |repo| {
        with_suspect(repo);
        repo.run("mv docs/limits.md docs/moved.md");
        repo.commit("target");
        assert_eq!(new_findings(repo), [""; 0]);
        repo.run("mv README.md START.md");
        repo.commit("source");
        assert_eq!(new_findings(repo), [""; 0]);
        // Another file with the same text is not the accepted one.
        let text = repo.read("START.md");
        repo.commit_file("copy.md", text);
        assert_eq!(new_findings(repo), ["REFERENCE_SUSPECT"]);
        // The baseline names the path that it was written with.
        repo.run("rm -q copy.md START.md");
        let answer = repo.idhooks("check --baseline ../known.json");
        answer.complains("remove from the file: REFERENCE_SUSPECT 'README.md'").done();
    });
}

#[test]
fn an_earlier_baseline_without_texts_accepts_any_text() {
    on_adopted(|repo| {
        with_suspect(repo);
        let text = String::from_utf8(repo.read("../known.json")).expect("text");
        let id = repo.id("README.md");
        let limits = repo.id("docs/limits.md");
        let members = format!("\"text\":\"idhooks:{limits}@0123456789ab\",\"file_id\":\"{id}\",");
        assert!(text.contains(&members), "{text}");
        repo.write("../known.json", text.replace(&members, ""));
        repo.commit_file("README.md", format!("\nidhooks:{limits}@aaaaaaaaaaaa\n"));
        assert_eq!(new_findings(repo), [""; 0]);
        repo.run("mv docs/limits.md docs/moved.md");
        repo.commit("target");
        assert_eq!(new_findings(repo), [""; 0]);
        // An entry still accepts one reference only.
        repo.append("README.md", &format!("idhooks:{limits}@bbbbbbbbbbbb\n"));
        repo.run("commit -q -a -m another");
        assert_eq!(new_findings(repo), ["REFERENCE_SUSPECT"]);
    });
}
