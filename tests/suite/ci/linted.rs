//! `idhooks ci` with `[lint]`: the linter on what a change will be once merged, and its gates.

use crate::common::{Git, Repo, for_each_git, text};

const RAW: &str = "import uuid\n\nrun = str(uuid.uuid4())\n";
const CLEAN: &str = "import uuid\n\nrun = uuid.UUID(int=1)\n";
/// Files below `auth` are critical.
const RULES: &str = "[[lint.priority]]\nname = \"critical\"\npath = [\"*auth*\"]\n";

/// A clone on a branch, with a finding on each side of the merge.
fn with_lint(git: &Git, lint: &str) -> Repo {
    let origin = Repo::adopted(git);
    origin.run("branch -q -M main");
    origin.configure(&format!("[lint]\n{lint}\n{RULES}"));
    let clone = origin.clone_as("clone");
    clone.run("switch -q -c feature");
    clone.commit_file("src/auth.py", RAW);
    origin.commit_file("src/util.py", RAW.replace("run", "util"));
    clone.run("fetch -q");
    clone
}

#[test]
fn the_merged_code_is_checked() {
    for_each_git(|git| {
        let repo = with_lint(git, "");
        // The working tree and the index count for nothing.
        repo.stage("src/staged.py", RAW);
        let answer = repo.idhooks("ci").ok();
        let shown = answer.stdout() + &answer.stderr();
        assert!(shown.contains("src/auth.py") && shown.contains("src/util.py"), "{shown}");
        assert!(!shown.contains("src/staged.py"), "{shown}");
        repo.idhooks("ci --strict").code(1).done();
        let json = repo.idhooks("ci --format json").ok().json();
        let findings = json["findings"].as_array().expect("findings");
        assert_eq!(findings.len(), 2, "{json}");
        assert_eq!((&findings[0]["code"], &findings[0]["line"]), (&"RAW_UUID".into(), &3.into()));
        for format in ["sarif", "github", "gitlab", "junit", "markdown", "jsonl"] {
            let report = repo.idhooks(format!("ci --format {format}").as_str()).ok().stdout();
            assert!(report.contains("src/auth.py") && report.contains("RAW_UUID"), "{report}");
        }
        repo.idhooks("ci --format junit").ok().done();
    });
}

#[test]
fn gates_fail_by_name() {
    for_each_git(|git| {
        let repo = with_lint(git, "min_score = 95\nmax = { critical = 0 }");
        let answer = repo.idhooks("ci").code(1).complains("(lint.min_score)");
        let problem = "the priority 'critical' has 1 finding, more than 0 (lint.max)";
        answer.complains("less than 95").complains(problem).done();
        // A report says so, too, although no finding is an error.
        let markdown = repo.idhooks("ci --format markdown").code(1).stdout();
        assert!(markdown.contains("Identities: do not merge"), "{markdown}");
        assert!(markdown.contains("more than 0 (lint.max)"), "{markdown}");
        let junit = repo.idhooks("ci --format junit").code(1).stdout();
        assert!(junit.contains("more than 0 (lint.max)"), "{junit}");
        // Only identities can be healed.
        let head = repo.rev("HEAD");
        repo.idhooks("ci --fix").code(1).complains(problem).done();
        assert_eq!(repo.rev("HEAD"), head);
        repo.idhooks("ci --min-score 10 --max critical=1").ok().done();
        repo.idhooks("ci --min-score 10").code(1).complains("(lint.max)").done();
        repo.idhooks("ci --min-score 10 --max critical=1,low=0")
            .code(1)
            .complains("(--max)")
            .done();
        repo.idhooks("ci --max critcal=1").code(2).complains("did you mean 'critical'?").done();
        repo.idhooks("ci --max kind:methodcall=1").code(2).complains("'method_call'").done();
        // Files that no rule matches have a category and a service of this name, but no such priority.
        let answer = repo.idhooks("ci --max other=0").code(2);
        answer.complains("there is no priority 'other'").complains("'category:other=0'").done();
        repo.idhooks("ci --min-score 10 --max critical=1,category:other=0")
            .code(1)
            .complains("the category 'other' has 2 findings, more than 0 (--max)")
            .done();
        // Gates are met as soon as the code is right.
        repo.commit_file("src/auth.py", CLEAN);
        repo.idhooks("ci --min-score 10").ok().done();
    });
}

#[test]
fn a_wrong_gate_has_a_position() {
    for_each_git(|git| {
        let repo = with_lint(git, "max = { critcal = 0 }");
        let answer = repo.idhooks("ci").code(2).complains("idhooks.toml:3:9: there is no priority");
        answer.complains("did you mean 'critical'?").done();
        let repo = with_lint(git, "max = { other = 0 }");
        let answer = repo.idhooks("ci").code(2).complains("idhooks.toml:3:9: there is no priority");
        answer.complains("did you mean 'category:other=0'?").done();
    });
}

#[test]
fn a_baseline_of_the_change_accepts_findings() {
    for_each_git(|git| {
        let repo = with_lint(git, "baseline = \"lint.json\"\nmax = { critical = 0 }");
        let answer = repo.idhooks("ci").code(2).complains("cannot find the baseline 'lint.json'");
        answer.complains("git add lint.json").done();
        repo.idhooks("lint --write-baseline lint.json").ok().done();
        repo.idhooks("ci").code(2).done();
        repo.run("add lint.json");
        repo.commit("known");
        let found = repo.idhooks("ci --format json").ok().json()["findings"].clone();
        // Only what is not on this branch.
        assert_eq!(found[0]["path"], "src/util.py");
        assert_eq!(found.as_array().map(Vec::len), Some(1));
        // The same one in the working tree, which the option replaces.
        let count = |options: &str| {
            let json = repo.idhooks(format!("lint --format json {options}").as_str()).ok().json();
            json["totals"]["findings"].clone()
        };
        assert_eq!(
            (count(""), count("--staged"), count("--rev HEAD")),
            (0.into(), 0.into(), 0.into())
        );
        repo.idhooks("lint src/app.py").ok().done();
        repo.idhooks("lint --write-baseline ../none.json src/app.py").ok().done();
        assert_eq!(count("--baseline ../none.json"), 1);
    });
}

#[test]
fn without_the_table_the_linter_does_not_run() {
    for_each_git(|git| {
        let origin = Repo::adopted(git);
        origin.run("branch -q -M main");
        let repo = origin.clone_as("clone");
        repo.run("switch -q -c feature");
        repo.commit_file("src/auth.py", RAW);
        repo.commit_file("docs/new.md", text("new"));
        let json = repo.idhooks("ci --format json").ok().json();
        assert_eq!(json["findings"], serde_json::json!([]));
        repo.idhooks("ci --max low=0").code(1).complains("the priority 'low' has 1 finding").done();
    });
}
