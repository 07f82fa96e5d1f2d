//! Every code has a fixture that produces it, and an explanation.
//!
//! `fixtures/check/<CODE>/` is a small history: `files` lists the paths of the commit to be
//! (a path followed by ` = text` has that content, others have their path as content),
//! `registry.json` is its registry, `idhooks.toml` its rules if they matter; a folder
//! `parent` describes HEAD in the same way. `expected` has a line `CODE path id` for each finding, `-`
//! for what is absent. If there is a file `status`, the finding is one of the installation.
//! If there is a file `generate`, the finding is one of `generate --check`.
//! If there is a file `reconcile`, the finding stops `reconcile` as it stops a commit.
//! If there is a file `lint`, the finding is one of `lint`.
//! If there is a folder `theirs`, it describes a branch to check against in the same way.
//! If there is a folder `history`, its folders `1`, `2` … are the commits of a history.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use idhooks_core::check::Code;
use serde_json::Value;

use crate::views::repo::{REGISTRY, Repo};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/check")
}

/// Stages the files that a folder describes.
fn stage(repo: &Repo, folder: &Path) {
    if repo.path().join(".git/index").exists() {
        repo.git("rm -r -q -f --ignore-unmatch .");
    }
    let files = std::fs::read_to_string(folder.join("files")).expect("files");
    for line in files.lines() {
        let (path, text) = line.split_once(" = ").unwrap_or((line, line));
        repo.write(path, &format!("{text}\n"));
    }
    for (file, place) in [("registry.json", REGISTRY), ("idhooks.toml", "idhooks.toml")] {
        if let Ok(text) = std::fs::read_to_string(folder.join(file)) {
            repo.write(place, &text);
        }
    }
    repo.git("add -A");
}

fn found(findings: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let findings = findings.as_array().expect("an array").iter();
    findings.map(|f| [&f["code"], &f["path"], &f["id"]].map(text).join(" ")).collect()
}

/// Runs a fixture and returns the codes that it produced.
fn run(folder: &Path) -> BTreeSet<String> {
    if folder.join("history").is_dir() {
        return run_history(folder);
    }
    let repo = Repo::empty();
    if folder.join("parent").is_dir() {
        stage(&repo, &folder.join("parent"));
        repo.git("commit -q -m parent");
    }
    let mut against = "";
    if folder.join("theirs").is_dir() {
        repo.git("checkout -q -b theirs");
        stage(&repo, &folder.join("theirs"));
        repo.git("commit -q -m theirs");
        repo.git("checkout -q main");
        against = " --against theirs";
    }
    stage(&repo, folder);
    let expected = std::fs::read_to_string(folder.join("expected")).expect("expected");
    let expected: Vec<&str> = expected.lines().collect();
    let codes = || expected.iter().filter_map(|line| line.split(' ').next()).map(str::to_owned);
    if folder.join("status").exists() {
        let answer = repo.idhooks("status --format json");
        assert_eq!(found(&answer.json()["installation"]), expected, "{}", folder.display());
        assert_eq!(answer.code, 0);
        return codes().collect();
    }
    if folder.join("generate").exists() {
        let answer = repo.idhooks("generate --check --format json");
        assert_eq!(found(&answer.json()["findings"]), expected, "{}", folder.display());
        assert_eq!(answer.code, 1);
        return codes().collect();
    }
    if folder.join("reconcile").exists() {
        let answer = repo.idhooks("reconcile --dry-run");
        assert_eq!(answer.code, 1, "{answer:?}");
        for code in codes() {
            assert!(answer.stderr.contains(&format!("error[{code}]")), "{answer:?}");
        }
        return codes().collect();
    }
    if folder.join("lint").exists() {
        let answer = repo.idhooks("lint --format json");
        assert_eq!(found(&answer.json()["findings"]), expected, "{}", folder.display());
        assert_eq!((answer.code, repo.idhooks("lint --strict").code), (0, 1));
        return codes().collect();
    }
    check(&repo, against, &expected, folder);
    codes().collect()
}

/// Checks the index, and the commit made of it, which must have the same findings.
fn check(repo: &Repo, against: &str, expected: &[&str], folder: &Path) {
    let codes = || expected.iter().filter_map(|line| line.split(' ').next()).map(str::to_owned);
    let answer = repo.idhooks(&format!("check --format json{against}"));
    assert_eq!(found(&answer.json()["findings"]), expected, "{}", folder.display());
    let severity = |name: String| name.parse::<Code>().expect("a code").severity().as_str();
    // A finding that the next commit fixes by itself is a note, until it is committed anyway.
    let json = answer.json();
    let of = |word: &str| {
        json["findings"].as_array().expect("an array").iter().any(|f| f["severity"] == word)
    };
    assert_eq!(answer.code, i32::from(of("error")), "{answer:?}");
    let strict = repo.idhooks(&format!("check --strict{against}"));
    assert_eq!(strict.code, i32::from(of("error") || of("warning")));
    // After the commit it has the same findings.
    repo.git("commit -q -m it");
    let committed = repo.idhooks(&format!("check --rev HEAD --format json{against}"));
    assert_eq!(found(&committed.json()["findings"]), expected, "{}", folder.display());
    let fails = codes().any(|code| severity(code) == "error");
    assert_eq!(committed.code, i32::from(fails), "{committed:?}");
    if !of("info") {
        assert_eq!(committed.stdout, answer.stdout);
    }
}

/// Commits a fixture step by step and returns the codes that its history produced.
fn run_history(folder: &Path) -> BTreeSet<String> {
    let repo = Repo::empty();
    let steps = (1..).map(|n| folder.join("history").join(n.to_string()));
    for step in steps.take_while(|step| step.is_dir()) {
        stage(&repo, &step);
        repo.git("commit -q --allow-empty -m step");
    }
    let expected = std::fs::read_to_string(folder.join("expected")).expect("expected");
    let expected: Vec<&str> = expected.lines().collect();
    let answer = repo.idhooks("check --history --format json");
    let findings = &answer.json()["findings"];
    assert_eq!(found(findings), expected, "{}", folder.display());
    let list = findings.as_array().expect("an array");
    assert!(list.iter().all(|f| f["related"][0]["commit"].is_string()), "{}", answer.stdout);
    assert_eq!(answer.code, i32::from(list.iter().any(|f| f["severity"] == "error")));
    assert_eq!(repo.idhooks("check --history --strict").code, 1);
    list.iter().map(|f| f["code"].as_str().expect("a code").to_owned()).collect()
}

#[test]
fn every_code_has_a_fixture_that_produces_it() {
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(fixtures()).expect("fixtures") {
        let folder = entry.expect("readable").path();
        if !folder.is_dir() {
            continue;
        }
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        let codes = run(&folder);
        // The name of a folder may continue after the code with a dash and a description.
        let code = name.split('-').next().expect("a first part").to_owned();
        let brought_about = codes.contains(&code) || (code == "none" && codes.is_empty());
        assert!(brought_about, "{name} brings about {codes:?}");
        names.insert(code);
    }
    for code in Code::ALL {
        assert!(names.contains(code.as_str()), "no fixture brings about {code}");
    }
}

#[test]
fn every_code_is_explained_in_any_directory() {
    let nowhere = Repo::nowhere();
    let all = nowhere.idhooks("explain");
    assert_eq!((all.code, all.stdout.lines().count()), (0, Code::ALL.len()));
    assert_eq!(nowhere.idhooks("explain --all"), all);
    for code in Code::ALL {
        let answer = nowhere.idhooks(&format!("explain {}", code.as_str().to_lowercase()));
        assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
        let title = format!("{code} ({}): ", code.severity().as_str());
        assert!(answer.stdout.starts_with(&title), "{}", answer.stdout);
        for part in ["\nWhy it matters\n  ", "\nExample\n  ", "\nWhat to do\n  "] {
            assert!(answer.stdout.contains(part), "{}", answer.stdout);
        }
        assert!(all.stdout.contains(code.row().meaning));
    }
}
