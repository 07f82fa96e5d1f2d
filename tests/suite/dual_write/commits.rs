//! Commits of both files, and legacy files that were edited.

use super::{LEGACY, REGISTRY, assert_in_step, enable, facts};
use crate::common::{Repo, SCOPE, Snapshot, on_adopted, on_adopted_leaving, text};

#[test]
fn every_commit_has_both_files() {
    on_adopted(|repo| {
        enable(repo, "");
        assert_in_step(repo, "HEAD");
        let attributes = repo.ask(["check-attr", "merge", "eol", LEGACY]);
        assert!(attributes.contains("merge: idhooks-legacy"), "{attributes}");
        repo.stage("docs/new.md", text("new"));
        repo.mv("README.md", "docs/readme.md");
        repo.commit("an addition and a rename");
        assert_in_step(repo, "HEAD");
        repo.run("rm -q docs/new.md");
        repo.commit("a deletion");
        assert_in_step(repo, "HEAD");
        repo.idhooks("mv docs/readme.md README.md").ok().done();
        repo.commit("a move by a command");
        assert_in_step(repo, "HEAD");
        // The legacy file is made of the registry, which therefore cannot name it.
        assert!(!String::from_utf8_lossy(&repo.registry("HEAD")).contains(LEGACY));
        repo.idhooks("check --history").ok().done();
    });
}

#[test]
fn an_edit_of_a_file_leaves_both_as_they_are() {
    on_adopted(|repo| {
        enable(repo, "");
        repo.append("README.md", "more\n");
        repo.run("commit -q -a -m edit");
        assert_eq!(repo.ask("show --format= --name-only HEAD"), "README.md");
        assert_in_step(repo, "HEAD");
    });
}

#[test]
fn a_variable_wins_over_the_rules() {
    on_adopted(|repo| {
        let rules = format!("scope = \"{SCOPE}\"\n[dual_write]\nenv_alias = [\"MYAPP_DUAL\"]\n");
        repo.stage("idhooks.toml", rules);
        repo.commit("rules");
        let has_legacy = || repo.try_git(["cat-file", "-e", &format!("HEAD:{LEGACY}")]).succeeded();
        for (variable, value, expected) in [
            ("MYAPP_DUAL", "0", false),
            ("MYAPP_DUAL", "yes", false),
            ("IDHOOKS_DUAL_WRITE", "0", false),
            ("IDHOOKS_DUAL_WRITE", "", false),
            ("MYAPP_DUAL", "1", true),
        ] {
            repo.stage(format!("docs/{variable}{value}.md"), text(value));
            repo.with(variable, value).commit("new");
            assert_eq!(has_legacy(), expected, "{variable}={value}");
        }
        repo.stage("docs/last.md", text("last"));
        repo.with("IDHOOKS_DUAL_WRITE", "1").commit("last");
        assert_in_step(repo, "HEAD");
    });
}

#[test]
fn a_partial_commit_has_its_own_records() {
    on_adopted(|repo| {
        enable(repo, "");
        repo.stage("docs/one.md", text("one"));
        repo.stage("docs/two.md", text("two"));
        repo.run("commit -q -m partial docs/one.md");
        assert_in_step(repo, "HEAD");
        repo.commit("the rest");
        assert_in_step(repo, "HEAD");
        assert!(facts(repo, "HEAD", LEGACY).values().any(|facts| facts.0 == "docs/two.md"));
    });
}

/// Stages a legacy file in which one path is another.
fn edit_by_hand(repo: &Repo) {
    let text = String::from_utf8(repo.read(LEGACY)).expect("text");
    let edited = text.replace("\"README.md\"", "\"READ.me\"");
    assert_ne!(text, edited);
    repo.stage(LEGACY, edited);
}

#[test]
fn an_edit_by_hand_is_not_overwritten() {
    on_adopted(|repo| {
        enable(repo, "");
        edit_by_hand(repo);
        repo.stage("docs/new.md", text("new"));
        let before = Snapshot::of(repo);
        let answer = repo.try_git("commit -m blocked").refused();
        let answer = answer.complains("LEGACY_MISMATCH");
        answer.complains("file_path: 'README.md' != 'READ.me'").done();
        before.assert_same(repo);
        repo.run(["restore", "--source=HEAD", "--staged", "--worktree", LEGACY]);
        repo.commit("without it");
        assert_in_step(repo, "HEAD");
    });
}

#[test]
fn an_edit_that_was_committed_without_the_hook_is_found() {
    on_adopted_leaving("A  docs/new.md\n", |repo| {
        enable(repo, "");
        edit_by_hand(repo);
        repo.run("commit -q --no-verify -m edited");
        repo.stage("docs/new.md", text("new"));
        repo.try_git("commit -m next").refused().complains("'READ.me'").done();
        repo.run("reset -q --soft HEAD~1");
        repo.run(["restore", "--source=HEAD", "--staged", "--worktree", LEGACY]);
    });
}

#[test]
fn a_broken_file_blocks_or_warns_as_the_rules_say() {
    on_adopted(|repo| {
        enable(repo, "");
        let whole = repo.read(LEGACY);
        repo.stage(LEGACY, "{\"allocations\": [");
        repo.try_git("commit -m broken").refused().complains("cannot be read").done();
        repo.stage(LEGACY, &whole);
        enable(repo, "on_failure = \"warn\"\n");
        repo.stage(LEGACY, "{\"allocations\": [");
        repo.try_git("commit -m broken").ok().complains("warning[LEGACY_MISMATCH]").done();
        assert_eq!(repo.read(LEGACY), b"{\"allocations\": [");
        repo.stage(LEGACY, &whole);
        repo.commit("whole again");
        assert_in_step(repo, "HEAD");
    });
}

#[test]
fn a_missing_file_is_reported_and_written_again() {
    on_adopted(|repo| {
        enable(repo, "");
        repo.run(["rm", "-q", LEGACY]);
        assert!(repo.findings("").iter().any(|found| found.contains("LEGACY_MISSING")));
        repo.stage("docs/new.md", text("new"));
        repo.commit("next");
        assert_in_step(repo, "HEAD");
    });
}

#[test]
fn what_changes_in_a_leading_legacy_file_is_taken() {
    on_adopted(|repo| {
        enable(repo, "leading = \"legacy\"\n");
        let text = String::from_utf8(repo.read(LEGACY)).expect("text");
        let edited = text.replacen("\"origin\"", "\"owner\": \"ann\",\n        \"origin\"", 1);
        repo.stage(LEGACY, edited);
        let answer = repo.try_git("commit -m owner").ok().complains("took these changes from");
        answer.complains("metadata.owner: nothing -> 'ann'").done();
        assert_in_step(repo, "HEAD");
        let registry = repo.git(["show", &format!("HEAD:{REGISTRY}")]).stdout();
        assert!(registry.contains("\"owner\":\"ann\""), "{registry}");
    });
}

/// Where files are, the index decides.
#[test]
fn what_a_leading_legacy_file_cannot_change_is_listed() {
    on_adopted(|repo| {
        enable(repo, "leading = \"legacy\"\n");
        // Its head notes that another program has written.
        let records = || -> serde_json::Value {
            let registry = serde_json::from_slice::<serde_json::Value>(&repo.registry("HEAD"));
            registry.expect("JSON")["allocations"].take()
        };
        let before = records();
        let id = facts(repo, "HEAD", LEGACY).into_iter().find(|(_, facts)| facts.0 == "README.md");
        let (id, _) = id.expect("recorded");
        edit_by_hand(repo);
        let answer = repo.try_git("commit -m edited --allow-empty").ok();
        let answer = answer.complains("were not taken");
        answer.complains(&format!("{id}: file_path: 'README.md' != 'READ.me'")).done();
        assert_in_step(repo, "HEAD");
        assert_eq!(records(), before);
    });
}

#[test]
fn a_record_that_is_removed_ends_with_its_file() {
    on_adopted(|repo| {
        enable(repo, "leading = \"legacy\"\n");
        let before = repo.id("README.md");
        let mut whole: serde_json::Value =
            serde_json::from_slice(&repo.read(LEGACY)).expect("JSON");
        let records = whole["allocations"].as_array_mut().expect("records");
        records.retain(|record| record["file_path"] != "README.md");
        // Alone, the record stays.
        repo.stage(LEGACY, whole.to_string());
        let commit = repo.try_git("commit -q --allow-empty -m removed").ok();
        commit.complains(&format!("{before}: only the registry has it")).done();
        assert_eq!(repo.id("README.md"), before);
        // With its file, it ends as others do.
        repo.stage(LEGACY, whole.to_string());
        repo.run("rm -q README.md");
        let commit = repo.try_git("commit -q -m both").ok();
        commit.complains(&format!("{before}: removed, for 'README.md'")).done();
        assert_eq!(repo.record(&before)["metadata"]["deprecated_reason"], "deleted");
        assert_in_step(repo, "HEAD");
    });
}

#[test]
fn what_was_committed_without_the_hooks_is_taken_by_the_next_commit() {
    on_adopted(|repo| {
        enable(repo, "leading = \"legacy\"\n");
        for owner in ["ann", "bob"] {
            let text = String::from_utf8(repo.read(LEGACY)).expect("text");
            let owner = format!("\"{owner}\": true,\n        \"origin\"");
            repo.stage(LEGACY, text.replacen("\"origin\"", &owner, 1));
            repo.run("commit -q --no-verify -m edited");
        }
        repo.stage("docs/new.md", text("new"));
        let answer = repo.try_git("commit -m next").ok();
        answer.complains("metadata.ann: nothing -> 'true'").complains("metadata.bob").done();
        assert_in_step(repo, "HEAD");
        let registry = repo.git(["show", &format!("HEAD:{REGISTRY}")]).stdout();
        assert!(registry.contains(r#""ann":true,"bob":true"#), "{registry}");
    });
}

#[test]
fn an_identity_twice_and_another_scope_in_the_legacy_file_are_named() {
    for leading in ["legacy", "registry"] {
        on_adopted(|repo| {
            enable(repo, &format!("leading = \"{leading}\"\n"));
            let whole = repo.read(LEGACY);
            let text = String::from_utf8(whole.clone()).expect("text");
            let ids: Vec<String> = facts(repo, "HEAD", LEGACY).into_keys().take(2).collect();
            let scope = |scope: &str| format!("\"scope\": \"{scope}\"");
            for (edited, why) in [
                (text.replace(&ids[0], &ids[1]), format!("more than one record has {}", ids[1])),
                (text.replace(&scope(SCOPE), &scope("999999")), "its scope is 999999".to_owned()),
            ] {
                repo.stage(LEGACY, edited);
                let line = format!("'{LEGACY}' cannot be read: {why}");
                let answer = repo.try_git("commit -m edited").refused();
                answer.complains("LEGACY_MISMATCH").complains(&line).done();
            }
            repo.stage(LEGACY, whole);
        });
    }
}

#[test]
fn every_form_is_kept_in_step() {
    for (format, name) in [("csv", "ids.csv"), ("jsonl", "ids.jsonl"), ("ids-map", "ids.map")] {
        on_adopted(|repo| {
            enable(repo, &format!("format = \"{format}\"\nlegacy = \"old/{name}\"\n"));
            repo.stage("docs/new.md", text(format));
            repo.commit("new");
            let shown = repo.git(["show", &format!("HEAD:old/{name}")]).stdout();
            assert_eq!(shown.contains("docs/new.md"), format != "ids-map", "{shown}");
            repo.idhooks("check").ok().done();
        });
    }
}

#[test]
fn resolve_derives_the_file_whatever_it_has() {
    on_adopted(|repo| {
        enable(repo, "");
        let whole = repo.read(LEGACY);
        repo.stage(LEGACY, "<<<<<<< ours\n");
        repo.append(LEGACY, ">>>>>>> theirs\n");
        repo.idhooks("resolve --dry-run").ok().done();
        assert_ne!(repo.read(LEGACY), whole);
        repo.idhooks("resolve").ok().complains("was derived from the registry").done();
        assert_eq!(repo.read(LEGACY), whole);
    });
}

#[test]
fn resolve_lists_what_it_overwrites() {
    on_adopted(|repo| {
        enable(repo, "");
        edit_by_hand(repo);
        for command in ["resolve --dry-run", "resolve"] {
            let said = repo.idhooks(command).ok().stdout();
            assert!(said.contains("overwritten: "), "{said}");
            assert!(said.contains("file_path: 'README.md' != 'READ.me'"), "{said}");
        }
        assert_eq!(repo.idhooks("resolve").ok().stdout(), "");
        assert_in_step(repo, "HEAD");
    });
}

#[test]
fn a_mention_in_the_legacy_file_stops_no_purge() {
    on_adopted(|repo| {
        enable(repo, "");
        repo.run("rm -q notes.txt");
        repo.commit("removed");
        repo.idhooks("purge --deprecated-before 9999-01-01").ok().done();
        repo.commit("purged");
        assert_in_step(repo, "HEAD");
    });
}
