//! Commits that change the registry are events of the audit log, once they are there.

use serde_json::{Value, json};

use super::audit::events;
use crate::common::{Repo, binary, for_each_git, on_adopted, text};

/// Returns the commits that the log has, with what made them and the counts.
fn committed(repo: &Repo) -> Vec<(String, String, Value)> {
    let word = |value: &Value| value.as_str().expect("a text").to_owned();
    let events = events(repo, "--event committed");
    let facts = events.iter().map(|event| &event["data"]);
    facts
        .map(|data| (word(&data["commit"]), word(&data["made_by"]), data["counts"].clone()))
        .collect()
}

/// Asserts that the log has one more event than `before`: of HEAD, with this action and these counts.
fn assert_last(repo: &Repo, before: usize, action: &str, counts: Value) {
    let all = committed(repo);
    assert_eq!(all.len(), before + 1, "{all:#?}");
    assert_eq!(all[before], (repo.rev("HEAD"), action.to_owned(), counts));
}

#[test]
fn a_commit_that_changes_the_registry_is_an_event_once_it_is_there() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        assert_last(repo, 0, "commit (initial)", json!({ "allocated": 7 }));
        repo.stage("a.md", text("a"));
        repo.stage("b.md", text("b"));
        // Aborted twice, after the hook has run.
        repo.try_git("-c core.editor=false commit").code(1).done();
        repo.try_git(["commit", "-m", ""]).code(1).done();
        assert_eq!(committed(repo).len(), 1);
        repo.commit("two");
        assert_last(repo, 1, "commit", json!({ "allocated": 2 }));
        let event = events(repo, "--event committed").pop().expect("an event");
        let author = repo.ask(["log", "-1", "--format=%an <%ae>"]);
        assert_eq!(event["data"]["author"], author.trim());
        let repo_in_utc = repo.with("TZ", "UTC");
        let format = "--date=format-local:%Y-%m-%dT%H:%M:%SZ";
        let at = repo_in_utc.ask(["log", "-1", format, "--format=%cd"]);
        assert_eq!(event["at"], at.trim());
        // Not one that leaves the registry alone.
        repo.commit_file("a.md", text("other"));
        assert_eq!(committed(repo).len(), 2);
        // The next hook records it.
        repo.run("mv a.md c.md");
        repo.commit("moved");
        let moved = repo.rev("HEAD");
        let log = || String::from_utf8(repo.read(".git/idhooks/audit.jsonl")).expect("text");
        assert!(!log().contains(&moved));
        repo.try_git("commit -q --allow-empty -m empty").ok().done();
        assert_eq!(log().matches(&moved).count(), 1);
        // A hook of the user does at once.
        let program = binary().into_string().expect("a plain name");
        let hook = ".git/hooks/post-commit";
        repo.write(hook, format!("#!/bin/sh\nexec '{program}' hook post-commit\n"));
        make_executable(&repo.path().join(hook));
        repo.run("rm -q c.md");
        repo.commit("removed");
        assert!(log().contains(&repo.rev("HEAD")));
        assert_last(repo, 3, "commit", json!({ "deprecated": 1 }));
        repo.idhooks("audit verify").ok().done();
    });
}

fn make_executable(file: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(file, mode).expect("it is ours");
}

#[test]
fn merges_rebases_and_picks_are_events() {
    on_adopted(|repo| {
        let one = json!({ "allocated": 1 });
        repo.run("checkout -q -b side");
        repo.commit_file("side.md", text("side"));
        assert_last(repo, 1, "commit", one.clone());
        repo.run("checkout -q main");
        repo.commit_file("main.md", text("main"));
        repo.run("merge -q --no-edit side");
        let all = committed(repo);
        assert_eq!(all.len(), 4, "{all:#?}");
        assert_last(repo, 3, "merge side", one.clone());
        repo.run("checkout -q -b topic side");
        for name in ["x.md", "y.md"] {
            repo.commit_file(name, text(name));
        }
        repo.run("rebase -q main");
        let all = committed(repo);
        assert_eq!(all.len(), 8, "{all:#?}");
        let rebased = |commit: &str| (repo.rev(commit), "rebase (pick)".to_owned(), one.clone());
        assert_eq!(all[6..], [rebased("HEAD~1"), rebased("HEAD")]);
        repo.run("checkout -q -b picks main");
        repo.run("cherry-pick topic~1");
        assert_last(repo, 8, "cherry-pick", one.clone());
        repo.run("revert --no-edit HEAD");
        assert_last(repo, 9, "revert", json!({ "discarded": 1 }));
        repo.stage("z.md", text("z"));
        repo.run("commit -q --amend --no-edit");
        assert_last(repo, 10, "commit (amend)", json!({ "allocated": 1, "deprecated": 1 }));
        // Moving HEAD makes no commit.
        repo.run("reset -q --hard main");
        repo.run("merge -q --ff-only topic");
        assert_eq!(committed(repo).len(), 11);
        // The log of HEAD may be shortened.
        repo.run("reflog expire --expire=now --all");
        repo.commit_file("later.md", text("later"));
        assert_last(repo, 11, "commit", one);
        repo.idhooks("audit verify").ok().done();
    });
}

#[test]
fn every_commit_is_one_event_whatever_happened_to_the_marks() {
    on_adopted(|repo| {
        let marks = ".git/idhooks/audit-marks";
        let commit = |name: &str| {
            let before = committed(repo).len();
            repo.commit_file(name, text(name));
            assert_last(repo, before, "commit", json!({ "allocated": 1 }));
        };
        for n in 0..3 {
            commit(&format!("first{n}.md"));
        }
        // A killed run left an incomplete mark.
        for left in [1, 30] {
            let whole = repo.read(marks);
            repo.write(marks, &whole[..whole.len() - left]);
            commit(&format!("torn{left}.md"));
        }
        // Earlier programs kept one mark in another file, and start from it when they run again.
        let last = repo.read(marks);
        let lines: Vec<&[u8]> = last.split_inclusive(|byte| *byte == b'\n').collect();
        repo.write(".git/idhooks/audit-seen", lines[lines.len() - 2..].concat());
        repo.remove(marks);
        commit("taken-over.md");
        // The marks of many commits are replaced by the last one.
        for n in 0..40 {
            repo.commit_file(&format!("many{n}.md"), text(&format!("{n}")));
        }
        assert!(repo.read(marks).len() < 8 << 10);
        assert_eq!(committed(repo).len(), 47);
        repo.idhooks("audit verify").ok().done();
    });
}

#[test]
fn the_rules_and_the_clone_can_turn_the_events_of_commits_off() {
    on_adopted(|repo| {
        let own = String::from_utf8(repo.read("idhooks.toml")).expect("text");
        repo.stage("idhooks.toml", own.replace("[hooks]", "[hooks]\naudit = false"));
        repo.commit_file("a.md", text("a"));
        assert_eq!(committed(repo).len(), 1);
        repo.stage("idhooks.toml", own);
        repo.commit_file("b.md", text("b"));
        assert_last(repo, 1, "commit", json!({ "allocated": 1 }));
        repo.run("config idhooks.audit off");
        repo.commit_file("c.md", text("c"));
        assert_eq!(committed(repo).len(), 2);
        repo.run("config --unset idhooks.audit");
        repo.commit_file("d.md", text("d"));
        assert_last(repo, 2, "commit", json!({ "allocated": 1 }));
    });
}

#[test]
fn an_export_has_the_keys_of_the_plan() {
    on_adopted(|repo| {
        repo.commit_file("a.md", text("a"));
        for (options, count) in [("--plan", 2), ("--from-history --plan", 8)] {
            let exported = repo.idhooks(&*format!("audit export {options}")).ok().stdout();
            let lines = exported.lines().map(|line| serde_json::from_str(line).expect("JSON"));
            let lines: Vec<Value> =
                lines.filter(|line: &Value| line["data"]["command"].is_null()).collect();
            assert_eq!(lines.len(), count, "{exported}");
            for line in lines {
                assert!(line["timestamp"].is_string() && line["event_type"].is_string(), "{line}");
                assert!(line["at"].is_null() && line["event"].is_null(), "{line}");
            }
            repo.write("../export.jsonl", exported);
            repo.idhooks("audit verify --file ../export.jsonl").ok().done();
        }
        repo.idhooks("audit export").code(2).done();
        repo.idhooks("audit export --plan --rev HEAD").code(2).done();
    });
}
