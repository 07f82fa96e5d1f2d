//! `idhooks check --history`: healthy histories pass, and of broken ones it names the commit.

mod behind;
mod broken;
mod given_up;
mod healthy;
mod ranges;
mod rejoined;

use crate::common::{Output, Repo};

const REGISTRY: &str = ".idhooks/registry.json";

/// Returns the text of the record lines, without the commas that separate them.
fn records(repo: &Repo) -> Vec<String> {
    let text = String::from_utf8(repo.read(REGISTRY)).expect("UTF-8");
    let lines = text.lines().filter(|line| line.starts_with("{\"id\""));
    lines.map(|line| line.trim_end_matches(',').to_owned()).collect()
}

/// Writes a registry with these record lines and commits it without any hook.
fn commit_records(repo: &Repo, message: &str, records: &[String]) {
    let text = String::from_utf8(repo.read(REGISTRY)).expect("UTF-8");
    let head = text.lines().next().expect("a first line");
    repo.write(REGISTRY, format!("{head}\n{}\n]}}\n", records.join(",\n")));
    unhooked(repo, message);
}

/// Changes the record of each path by hand.
fn change_record(records: &mut [String], path: &str, change: impl Fn(&str) -> String) {
    let path = format!("\"file_path\":\"{path}\"");
    let record = records.iter_mut().find(|line| line.contains(&path)).expect("a record");
    *record = change(record);
}

/// Commits everything without hooks.
fn unhooked(repo: &Repo, message: &str) {
    repo.run("add -A");
    repo.run(["commit", "-q", "--allow-empty", "--no-verify", "-m", message]);
}

/// Makes two commits without hooks that are true of their parent, whatever that was.
fn settle(repo: &Repo) {
    for message in ["settle", "go on"] {
        repo.append("docs/guide.md", "settled\n");
        unhooked(repo, message);
    }
}

/// What is said of one finding: its code, its severity, the commit it is about.
type Said = (String, String, String);

fn said(answer: &Output<'_>) -> Vec<Said> {
    let json = answer.json();
    let findings = json["findings"].as_array().expect("findings are a list").iter();
    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    findings
        .map(|f| (text(&f["code"]), text(&f["severity"]), text(&f["related"][0]["commit"])))
        .collect()
}

/// Asserts that the history is in order, twice: the second time from memory.
fn assert_fine(repo: &Repo, options: &str) {
    for _ in 0..2 {
        let answer = repo.idhooks(format!("check --history{options} --strict").as_str()).ok();
        assert_eq!(answer.stdout(), "", "{answer}");
    }
}

/// Asserts that the commit is the only bad one, for reasons of these codes, and is named.
fn assert_bad(repo: &Repo, rev: &str, codes: &[&str]) {
    let commit = repo.rev(rev);
    let title = repo.ask(["log", "-1", "--abbrev=10", "--format=%h %s (%an, %as)", &commit]);
    let answer = repo.idhooks("check --history --format json").code(1);
    let findings = said(&answer);
    let mut errors: Vec<&str> = Vec::new();
    for (code, severity, about) in &findings {
        if severity == "error" {
            assert_eq!(*about, commit, "another commit is blamed\n{answer}");
            errors.push(code);
        }
    }
    errors.sort_unstable();
    errors.dedup();
    assert_eq!(errors, codes, "{answer}");
    let text = repo.idhooks("check --history").code(1);
    let last = format!("the first bad commit is {title}");
    assert!(text.stderr().lines().any(|line| line == last), "expected {last:?}\n{text}");
    assert!(text.stdout().lines().any(|line| line == title), "expected {title:?}\n{text}");
    // What is remembered changes nothing.
    assert_eq!(said(&repo.idhooks("check --history --format json").code(1)), findings);
}

/// Asserts that nothing is wrong but that these commits were behind.
fn assert_behind(repo: &Repo, revs: &[&str]) {
    let answer = repo.idhooks("check --history --format json").ok();
    let mut found = said(&answer);
    let warning = |rev: &&str| ("BEHIND".to_owned(), "warning".to_owned(), repo.rev(rev));
    let mut expected: Vec<Said> = revs.iter().map(warning).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected, "{answer}");
    repo.idhooks("check --history --strict").code(1).done();
}
