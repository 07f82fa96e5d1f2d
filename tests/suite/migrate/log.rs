//! What is printed of the changes of another program, and what the log has.

use serde_json::{Value, json};

use super::{LEGACY, run_first, with_legacy};
use crate::checks::assert_fits;
use crate::common::{Git, Repo, for_each_git, text};

/// Changes every record as another program does, in a way of which a part cannot be taken.
fn change_everything(repo: &Repo) {
    let mut whole: Value = serde_json::from_slice(&repo.read(LEGACY)).expect("JSON");
    for record in whole["allocations"].as_array_mut().expect("records") {
        record["metadata"]["owner"] = json!("eve");
        record["metadata"]["team"] = json!("docs");
        record["allocated_at"] = json!("2020-01-01T00:00:00Z");
    }
    repo.stage(LEGACY, whole.to_string());
}

/// Returns the lines of idhooks itself in what git prints.
fn own_lines(said: &str) -> Vec<&str> {
    let is_own =
        |line: &&str| ["idhooks:", "warning:", "hint:"].iter().any(|own| line.contains(own));
    said.lines().filter(is_own).collect()
}

/// Returns a repository of many files whose legacy file leads, with hooks.
fn with_many_records(git: &Git) -> Repo {
    let repo = with_legacy(git);
    for n in 0..12 {
        repo.stage(format!("docs/{n}.md"), text(&n.to_string()));
    }
    repo.commit("more files");
    run_first(&repo);
    repo.idhooks("install --quiet").ok().done();
    repo
}

#[test]
fn at_most_ten_lines_are_printed_and_the_log_has_all() {
    for_each_git(|git| {
        let repo = with_many_records(git);
        let empty = repo.idhooks("migrate log").ok().stdout();
        assert!(empty.contains("has taken nothing"), "{empty}");
        change_everything(&repo);
        let said = repo.try_git("commit -q -m changed").ok().stderr();
        let own = own_lines(&said);
        assert!(own.len() <= 10, "{said}");
        assert!(own[0].contains("were not taken"), "{said}");
        assert!(own.last().is_some_and(|line| line.contains("idhooks migrate log")), "{said}");
        let log = repo.idhooks("migrate log --format json").ok().json();
        assert_fits(&repo, "migrate-log", &log);
        let report = &log["reports"][0];
        let records = repo.idhooks("list --format json").ok().json();
        let records = records["allocations"].as_array().map(Vec::len).expect("records");
        assert_eq!(report["left"].as_array().map(Vec::len), Some(records), "{report:#}");
        assert!(report["taken"].as_array().map(Vec::len) >= Some(records), "{report:#}");
        let text = repo.idhooks("migrate log -n 1").ok().stdout();
        assert!(text.contains("  not taken:\n") && text.contains("  taken:\n"), "{text}");
        // A dry run takes nothing.
        change_everything(&repo);
        repo.idhooks("resolve --dry-run").ok().done();
        assert_eq!(repo.idhooks("migrate log --format json").ok().json(), log);
    });
}

#[test]
fn a_merge_and_a_rebase_print_at_most_ten_lines() {
    for_each_git(|git| {
        for adds in [true, false] {
            print_at_most_ten_lines(git, adds);
        }
    });
}

/// Merges and rebases a branch of a clone without hooks, where files were added, or another program has written.
fn print_at_most_ten_lines(git: &Git, adds: bool) {
    let repo = with_many_records(git);
    repo.run("switch -q -c side");
    // In a clone without the hooks, files are moved, or added, and another program changes every record.
    if adds {
        for n in 0..30 {
            repo.write(format!("docs/side-{n}.md"), text(&format!("side {n}")));
        }
        repo.run("add -A");
        repo.run("-c core.hooksPath=/dev/null commit -q -m added");
    } else {
        for n in 0..12 {
            repo.run(["mv", &format!("docs/{n}.md"), &format!("docs/moved-{n}.md")]);
        }
        change_everything(&repo);
        repo.run("-c core.hooksPath=/dev/null commit -q -m foreign");
    }
    repo.run("switch -q main");
    repo.commit_file("docs/main.md", text("main"));
    for line in ["merge -q -m merged side", "rebase -q main"] {
        let copy = repo.copy_as(&line[..5]);
        if line.starts_with("rebase") {
            copy.run("switch -q side");
        }
        let said = copy.try_git(line).ok().stderr();
        let own = own_lines(&said);
        assert!((1..=10).contains(&own.len()), "{line}: {said}");
        copy.commit_file("docs/next.md", text("next"));
        copy.idhooks("check --rev HEAD").ok().done();
        copy.idhooks("migrate verify").ok().done();
        let log = copy.idhooks("migrate log --format json").ok().json();
        assert!(log["reports"].as_array().is_some_and(|reports| !reports.is_empty()), "{log:#}");
    }
}
