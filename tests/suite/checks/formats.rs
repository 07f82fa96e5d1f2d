//! Each form of a report says the same, in the form that others expect.

use serde_json::Value;

use super::{FORMATS, assert_form, commit_unseen, public_schema, xml};
use crate::common::{Repo, for_each_git, text};
use crate::reviewed::assert_text;

/// Asserts that a line is an annotation with a file, a line, a title and a message.
pub(super) fn assert_annotation(line: &str) {
    let [command, file, title, message] = annotation(line);
    assert!(["error", "warning", "notice"].contains(&command.as_str()), "{line}");
    assert!(!file.is_empty() && !title.is_empty() && message.contains("\nhelp: "), "{line}");
    assert!(!line.contains(char::is_control), "{line:?}");
}

/// Reads an annotation as the runner of GitHub Actions does: command, file, title, message.
pub(super) fn annotation(line: &str) -> [String; 4] {
    let (head, message) = line.strip_prefix("::").expect("a command").split_once("::").expect("::");
    let (command, properties) = head.split_once(' ').expect("properties");
    let properties: Vec<(&str, &str)> =
        properties.split(',').map(|property| property.split_once('=').expect("=")).collect();
    let names: Vec<&str> = properties.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["file", "line", "title"], "{line}");
    let [file, title] = [0, 2].map(|n| properties[n].1);
    let decode = |text: &str| {
        let text = text.replace("%0D", "\r").replace("%0A", "\n").replace("%3A", ":");
        text.replace("%2C", ",").replace("%25", "%")
    };
    [command, file, title, message].map(decode)
}

/// Asserts that the numbers of a report are those of its tests.
pub(super) fn assert_totals(document: &Value) {
    let number = |element: &Value, name: &str| -> usize {
        element["attributes"][name].as_str().and_then(|n| n.parse().ok()).expect("a number")
    };
    let mut sums = [0; 3];
    for suite in document["children"].as_array().expect("suites") {
        let cases = suite["children"].as_array().expect("cases");
        let outcomes =
            |name: &str| cases.iter().filter(|case| case["children"][0]["name"] == name).count();
        let counted = [cases.len(), outcomes("failure"), outcomes("skipped")];
        let told = ["tests", "failures", "skipped"].map(|name| number(suite, name));
        assert_eq!(told, counted, "{suite:#}");
        sums = [0, 1, 2].map(|n| sums[n] + counted[n]);
    }
    assert_eq!(["tests", "failures", "skipped"].map(|name| number(document, name)), sums);
}

/// A repository with an error of each of three codes, and a warning.
fn faulty(repo: &Repo) -> usize {
    let registry = String::from_utf8(repo.registry("HEAD")).expect("a registry is text");
    let [readme, guide] = [repo.id("README.md"), repo.id("docs/guide.md")];
    repo.stage(".idhooks/registry.json", format!("\n{}", registry.replace(&readme, &guide)));
    repo.stage("new.md", text("new"));
    repo.run("rm -q -f notes.txt");
    let codes = repo.findings("");
    for code in ["DUPLICATE_ID", "MISSING_ID", "NOT_CANONICAL", "STALE_PATH"] {
        assert!(codes.iter().any(|found| found == code), "{codes:?}");
    }
    codes.len()
}

#[test]
fn every_form_is_valid_and_the_same_in_every_run() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        for format in FORMATS {
            let line = format!("check --format {format}");
            let report = repo.idhooks(line.as_str()).ok().bytes();
            assert_form(&repo, format, &report, 0);
        }
        let findings = faulty(&repo);
        for format in FORMATS {
            let line = format!("check --format {format}");
            let report = repo.idhooks(line.as_str()).code(1).bytes();
            assert_form(&repo, format, &report, findings);
            assert_eq!(repo.idhooks(line.as_str()).code(1).bytes(), report, "{format}");
        }
    });
}

#[test]
fn a_history_is_reported_in_every_form() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        commit_unseen(&repo, "one.md");
        commit_unseen(&repo, "two.md");
        let findings = repo.findings("--history").len();
        assert!(findings >= 2);
        for format in FORMATS {
            let line = format!("check --history --format {format}");
            let report = repo.idhooks(line.as_str()).code(1).bytes();
            assert_form(&repo, format, &report, findings);
            assert_eq!(repo.idhooks(line.as_str()).code(1).bytes(), report, "{format}");
        }
    });
}

#[test]
fn sarif_has_the_rules_and_recognises_findings_again() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        faulty(&repo);
        let run = &repo.idhooks("check --format sarif").code(1).json()["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
        let explained = repo.idhooks("explain --all").ok().stdout();
        assert_eq!(rules.len(), explained.lines().count());
        for rule in rules {
            let meaning = rule["shortDescription"]["text"].as_str().expect("a meaning");
            let id = rule["id"].as_str().expect("an id");
            assert!(explained.lines().any(|l| l.starts_with(id) && l.ends_with(meaning)), "{id}");
        }
        let print = |result: &Value| result["partialFingerprints"]["idhooks/v1"].clone();
        let results = run["results"].as_array().expect("results");
        for result in results {
            let rule = result["ruleIndex"].as_u64().expect("a number");
            assert_eq!(result["ruleId"], rules[usize::try_from(rule).expect("small")]["id"]);
            let place = &result["locations"][0]["physicalLocation"]["artifactLocation"];
            assert_eq!(place["uriBaseId"], "%SRCROOT%");
            assert_eq!(results.iter().filter(|other| print(other) == print(result)).count(), 1);
        }
        // What else is wrong does not change by what a finding is recognised.
        repo.stage("newer.md", text("newer"));
        let more = &repo.idhooks("check --format sarif").code(1).json()["runs"][0]["results"];
        let more: Vec<Value> = more.as_array().expect("results").iter().map(print).collect();
        assert_eq!(more.len(), results.len() + 1);
        assert!(results.iter().all(|result| more.contains(&print(result))));
    });
}

#[test]
fn schemas_refuse_what_is_not_of_their_form() {
    let sarif = public_schema("sarif-2.1.0.json");
    assert!(!sarif.is_valid(&serde_json::json!({"version": "2.1.0"})));
    let place = serde_json::json!({"path": "/a", "lines": {"begin": 1}});
    let issue = serde_json::json!([{"description": "d", "check_name": "c", "severity": "major",
        "fingerprint": "0".repeat(64), "location": place}]);
    assert!(!public_schema("gitlab.json").is_valid(&issue));
    let junit = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><testsuites/>";
    assert!(!public_schema("junit.json").is_valid(&xml::parse(junit)));
}

#[test]
fn strict_makes_failures_of_warnings() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let registry = String::from_utf8(repo.registry("HEAD")).expect("a registry is text");
        repo.stage(".idhooks/registry.json", format!("\n{registry}"));
        let report = repo.idhooks("check --format junit").ok().stdout();
        assert_text("checks-formats-strict_makes_failures_of_warnings", &report);
        let report = repo.idhooks("check --format junit --strict").code(1).stdout();
        assert_text("checks-formats-strict_makes_failures_of_warnings-2", &report);
        let report = repo.idhooks("check --format github").ok().stdout();
        assert!(report.starts_with("::warning file=.idhooks/registry.json,"), "{report}");
    });
}

#[test]
fn a_wrong_format_is_refused_with_those_there_are() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        for line in ["check --format sarrif", "check --format SARIF,json", "check --format"] {
            let answer = repo.idhooks(line).code(2);
            assert!(answer.stdout().is_empty());
            answer.complains("sarif").complains("junit").done();
        }
    });
}
