//! A legacy file that another program has edited: whatever is done beside it, the edit stays until a commit
//! takes or names it.

use super::{COMPARE, LEGACY, REGISTRY, assert_in_step, edit_by_hand, enable};
use crate::common::{Repo, for_each_git, on_adopted, text};

const LEADING: [&str; 2] = ["registry", "legacy"];

/// Asserts that the next commit takes the edit while the legacy file leads, and names it otherwise.
fn assert_kept(repo: &Repo, leading: &str) {
    assert!(repo.ask(["show", &format!(":{LEGACY}")]).contains("\"ann\""), "{leading}");
    assert!(String::from_utf8(repo.read(LEGACY)).expect("text").contains("\"ann\""), "{leading}");
    let commit = repo.try_git("commit -q -m next");
    if leading == "legacy" {
        commit.ok().complains("'ann'").done();
        for path in [LEGACY, REGISTRY] {
            assert!(repo.ask(["show", &format!("HEAD:{path}")]).contains("\"ann\""), "{path}");
        }
    } else {
        commit.code(1).complains("LEGACY_MISMATCH").done();
        repo.idhooks("resolve").ok().done();
        repo.run("commit -q --allow-empty -m next");
    }
    assert_in_step(repo, "HEAD");
}

#[test]
fn a_command_leaves_the_edit() {
    for leading in LEADING {
        for line in [
            "assign --second DOC-7 notes.txt",
            "deprecate --reason old notes.txt",
            "mv notes.txt docs/notes.txt",
            "reserve --ns 100 --type 01",
        ] {
            on_adopted(|repo| {
                enable(repo, &format!("leading = \"{leading}\"\n"));
                edit_by_hand(repo, "README.md", "ann");
                repo.idhooks(line).ok().complains("did not write").done();
                assert_kept(repo, leading);
            });
        }
    }
}

#[test]
fn the_time_of_an_allocation_stays_as_it_is_written() {
    on_adopted(|repo| {
        enable(repo, "leading = \"legacy\"\n");
        let written = |at: &str| {
            let text = String::from_utf8(repo.read(LEGACY)).expect("text");
            let first =
                text.split("\"allocated_at\": \"").nth(1).and_then(|rest| rest.split('"').next());
            repo.stage(LEGACY, text.replacen(first.expect("a time"), at, 1));
            repo.try_git("commit -q -m time").ok().stderr()
        };
        // The same time, as another program writes it.
        let text = String::from_utf8(repo.read(LEGACY)).expect("text");
        let first =
            text.split("\"allocated_at\": \"").nth(1).and_then(|rest| rest.split('"').next());
        let own = first.expect("a time").trim_end_matches('Z').to_owned() + ".000000";
        written(&own);
        let before = repo.ask(["show", &format!("HEAD:{LEGACY}")]);
        assert!(before.contains(&own), "{before}");
        for at in ["2001-01-01T00:00:00", "2031-01-01T00:00:00.123456"] {
            let said = written(at);
            assert!(said.contains("the allocation time never changes"), "{said}");
            assert_eq!(repo.ask(["show", &format!("HEAD:{LEGACY}")]), before);
            repo.idhooks(COMPARE).ok().done();
        }
    });
}

#[test]
fn resolve_without_a_conflict_leaves_the_edit_of_a_leading_file() {
    for command in ["resolve --dry-run", "resolve"] {
        on_adopted(|repo| {
            enable(repo, "leading = \"legacy\"\n");
            edit_by_hand(repo, "README.md", "ann");
            repo.idhooks(command).ok().complains("the next commit takes").done();
            assert_kept(repo, "legacy");
            assert_eq!(repo.idhooks("resolve").ok().stdout(), "");
        });
    }
}

#[test]
fn a_commit_of_other_files_leaves_the_edit_staged() {
    for leading in LEADING {
        on_adopted(|repo| {
            enable(repo, &format!("leading = \"{leading}\"\n"));
            edit_by_hand(repo, "README.md", "ann");
            repo.stage("docs/new.md", text("new"));
            repo.run("commit -q -m new docs/new.md");
            assert_in_step(repo, "HEAD");
            assert_kept(repo, leading);
        });
    }
}

#[test]
fn a_file_from_before_is_not_overwritten_by_the_rules() {
    on_adopted(|repo| {
        repo.commit_file("old.json", "{\"mine\":1}");
        repo.append("idhooks.toml", "\n[dual_write]\nenabled = true\nlegacy = \"old.json\"\n");
        repo.run("add -A");
        repo.try_git("commit -q -m both").code(1).complains("old.json").done();
        assert_eq!(repo.read("old.json"), b"{\"mine\":1}");
        repo.run("reset -q --hard");
    });
}

#[test]
fn a_file_of_other_numbers_does_not_lead_by_the_rules_alone() {
    on_adopted(|repo| {
        let record = serde_json::json!({
            "id": "0110000700260118", "file_path": "README.md",
            "allocated_at": "2026-01-01T00:00:00Z", "status": "active", "metadata": {}
        });
        let old = format!("{record}\n");
        repo.commit_file("old.jsonl", &old);
        let table = "\n[dual_write]\nenabled = true\nformat = \"jsonl\"\n\
                     leading = \"legacy\"\nlegacy = \"old.jsonl\"\n";
        repo.append("idhooks.toml", table);
        repo.run("add -A");
        let commit = repo.try_git("commit -q -m both").code(1).complains("would lose a record");
        commit.complains("0110000700260118").complains("migrate plan --from old.jsonl").done();
        assert_eq!(repo.read("old.jsonl"), old.as_bytes());
        // Nor once the rules are committed.
        repo.run("commit -q --no-verify -m rules");
        repo.stage("docs/new.md", text("new"));
        repo.try_git("commit -q -m next").code(1).complains("would lose a record").done();
        assert_eq!(repo.read("old.jsonl"), old.as_bytes());
        repo.run("reset -q --hard HEAD~1");
    });
}

#[test]
fn what_changed_while_it_was_switched_off_is_taken_or_named() {
    for leading in LEADING {
        on_adopted(|repo| {
            let table = format!("leading = \"{leading}\"\n");
            enable(repo, &table);
            let rules = String::from_utf8(repo.read("idhooks.toml")).expect("text");
            repo.commit_file("idhooks.toml", rules.replace("enabled = true", "enabled = false"));
            edit_by_hand(repo, "README.md", "ann");
            repo.commit("by another program");
            repo.stage("idhooks.toml", rules);
            assert_kept(repo, leading);
        });
    }
}

#[test]
fn a_merge_with_a_new_file_leaves_the_edit_of_the_other_branch() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        enable(repo, "");
        repo.run("switch -q -c side");
        edit_by_hand(repo, "README.md", "ann");
        repo.stage("docs/side.md", text("side"));
        repo.run("commit -q --no-verify -m side");
        repo.run("switch -q main");
        repo.stage("docs/main.md", text("main"));
        repo.commit("main");
        repo.run("merge -q -m merged side");
        assert_kept(repo, "registry");
    });
}

#[test]
fn a_file_that_came_with_its_record_without_the_hooks_keeps_its_number() {
    const ID: &str = "0110000700260118";
    for way in ["merge -q --ff-only side", "merge -q --no-ff -m merged side", "cherry-pick side"] {
        for_each_git(|git| {
            let repo = &Repo::adopted(git);
            enable(repo, "leading = \"legacy\"\n");
            repo.run("switch -q -c side");
            let whole = String::from_utf8(repo.read(LEGACY)).expect("text");
            let mut whole: serde_json::Value = serde_json::from_str(&whole).expect("JSON");
            whole["allocations"].as_array_mut().expect("records").push(serde_json::json!({
                "id": ID, "file_path": "docs/side.md", "allocated_at": "2026-01-19T00:00:00Z",
                "status": "active", "owner": "ann", "metadata": {}
            }));
            repo.stage(LEGACY, whole.to_string());
            repo.stage("docs/side.md", text("side"));
            repo.run("commit -q --no-verify -m side");
            repo.run("switch -q main");
            repo.run(way);
            repo.stage("docs/next.md", text("next"));
            repo.commit("next");
            assert_eq!(repo.id("docs/side.md"), ID, "{way}");
            assert_in_step(repo, "HEAD");
        });
    }
}

#[test]
fn what_was_pending_before_the_file_was_damaged_is_not_lost() {
    for (leading, taken) in [("registry", false), ("legacy", true)] {
        for is_committed in [false, true] {
            on_adopted(|repo| {
                enable(repo, &format!("leading = \"{leading}\"\n"));
                edit_by_hand(repo, "README.md", "ann");
                repo.run("commit -q --no-verify -m edited");
                let text = String::from_utf8(repo.read(LEGACY)).expect("text");
                repo.stage(LEGACY, &text[..text.len() / 2]);
                if is_committed {
                    repo.run("commit -q --no-verify -m damaged");
                }
                let said = repo.idhooks("resolve").ok();
                let said = said.stdout() + &said.stderr();
                for thing in ["'ann'", "is lost", "git show "] {
                    assert!(said.contains(thing), "{thing}: {said}");
                }
                assert_eq!(said.contains("overwritten"), !taken, "{said}");
                repo.run("commit -q --allow-empty -m resolved");
                assert_in_step(repo, "HEAD");
                let legacy = String::from_utf8(repo.read(LEGACY)).expect("text");
                assert_eq!(legacy.contains("\"ann\""), taken);
            });
        }
    }
}

#[test]
fn a_repair_that_is_not_staged_is_listed() {
    on_adopted(|repo| {
        enable(repo, "leading = \"legacy\"\n");
        let whole = repo.read(LEGACY);
        repo.stage(LEGACY, "{");
        repo.run("commit -q --no-verify -m damaged");
        let whole = String::from_utf8(whole).expect("text").replace("README.md", "READ.me");
        repo.write(LEGACY, whole);
        let said = repo.idhooks("resolve").ok().stdout();
        assert!(said.contains("overwritten"), "{said}");
        repo.run("commit -q -m resolved");
        assert_in_step(repo, "HEAD");
    });
}
