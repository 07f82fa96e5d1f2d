//! Legacy files that are damaged, missing, edited or contradictory: named, and nothing is changed.

use super::{LEGACY, RECORDS, classic, refuses, run_first, with_file, with_legacy};
use crate::common::{Repo, Snapshot, for_each_git, is_long, text};

/// Asserts that plan and run refuse a legacy file, name what is wrong, and change nothing.
#[track_caller]
fn changes_nothing(repo: &Repo, code: i32, things: &[&str]) {
    let before = Snapshot::of(repo);
    for command in ["plan", "run"] {
        refuses(repo.idhooks(["migrate", command, "--from", LEGACY]), code, things);
        before.assert_same(repo);
    }
    assert!(!repo.exists(".git/idhooks/migration"), "a journal is left");
}

#[test]
fn a_file_that_is_damaged_is_named_with_the_place() {
    for_each_git(|git| {
        let whole = classic(&RECORDS);
        for (content, things) in [
            (whole[..whole.len() / 2].to_owned(), ["is not a registry", "line"]),
            (String::new(), [LEGACY, "the file is empty"]),
            (format!("<<<<<<< ours\n{whole}=======\n>>>>>>> theirs\n"), [LEGACY, "conflict"]),
            (whole.replace("0110000001250101", "011000000125010"), [LEGACY, "011000000125010"]),
            (whole.replace("2025-01-01T10:00:00", "yesterday"), [LEGACY, "yesterday"]),
        ] {
            let repo = with_file(git, LEGACY, &content);
            changes_nothing(&repo, 2, &things);
        }
    });
}

#[test]
fn a_file_that_is_missing_or_without_records_is_named() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        refuses(repo.idhooks(["migrate", "plan", "--from", LEGACY]), 2, &["no commit"]);
        repo.commit_file("a.md", text("a"));
        changes_nothing(&repo, 2, &["no legacy file 'registry/ID_REGISTRY.json'"]);
        refuses(
            repo.idhooks("migrate plan"),
            2,
            &["found in no other tracked file", "--from FILE"],
        );
        refuses(repo.idhooks("migrate run --resume"), 2, &["nothing to resume"]);
        let said = repo.idhooks("migrate verify").code(2).complains("not enabled").stderr();
        assert!(!said.contains("idhooks init"), "{said}");
        refuses(repo.idhooks("migrate rollback"), 2, &["nothing to roll back", "'off'"]);
        refuses(repo.idhooks("migrate plan --from ."), 2, &["'.' is a directory", "--from FILE"]);
        repo.write(LEGACY, classic(&RECORDS));
        let answer = repo.idhooks(["migrate", "run", "--from", LEGACY]);
        refuses(answer, 2, &["is not committed", "git add registry/ID_REGISTRY.json"]);
        repo.commit_file("ids.map", "DOC-0001 a.md\n");
        let table = "[dual_write]\nlegacy = \"ids.map\"\nformat = \"ids-map\"\n";
        repo.commit_file("idhooks.toml", table);
        refuses(repo.idhooks("migrate plan"), 2, &["'ids-map' has no records", "--ids-map"]);
    });
}

#[test]
fn records_that_contradict_each_other_are_listed() {
    for_each_git(|git| {
        let mut twice = RECORDS.to_vec();
        twice.push(("0110000009250101", "docs/guide.md", r#""status":"active","metadata":{}"#));
        let repo = with_file(git, LEGACY, &classic(&twice));
        changes_nothing(
            &repo,
            1,
            &["contains duplicates", "'docs/guide.md' has 2 active identities"],
        );
        let mut twice = RECORDS.to_vec();
        twice.push((RECORDS[0].0, "README.md", r#""status":"active","metadata":{}"#));
        let repo = with_file(git, LEGACY, &classic(&twice));
        changes_nothing(&repo, 1, &["contains duplicates", "0110000001250101 is on two records"]);
    });
}

#[test]
fn second_identities_that_are_shared_or_malformed_are_listed() {
    for_each_git(|git| {
        let legacy = |doc_ids: [&str; 2]| {
            let mut records = RECORDS.to_vec();
            let rest = doc_ids.map(|doc_id| {
                format!("\"status\":\"active\",\"metadata\":{{\"doc_id\":{doc_id}}}")
            });
            (records[0].2, records[3].2) = (&rest[0], &rest[1]);
            classic(&records)
        };
        let shared = [
            "0110000001250101: skip",
            "2099900004240101: skip",
            "0110000001250101 has the doc_id DOC-1, and so has 2099900004240101",
        ];
        let malformed = ["2099900004240101: skip", "has the doc_id '0110000001250101', not one"];
        let repo = with_legacy(git);
        let check = || {
            for (doc_ids, things) in [
                (["\"DOC-1\"", "\"DOC-1\""], &shared[..]),
                (["\"DOC-1\"", "\"0110000001250101\""], &malformed[..]),
            ] {
                repo.stage(LEGACY, legacy(doc_ids));
                repo.run("commit -q --no-verify -m edited");
                let before = Snapshot::of(&repo);
                for command in ["plan", "run"] {
                    let answer = repo.idhooks(["migrate", command, "--from", LEGACY]);
                    refuses(answer, 1, things);
                    before.assert_same(&repo);
                }
            }
        };
        check();
        repo.commit_file(LEGACY, classic(&RECORDS));
        run_first(&repo);
        check();
    });
}

#[test]
fn another_scope_is_named() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        repo.commit_file("idhooks.toml", "scope = \"260118\"\n");
        changes_nothing(&repo, 2, &["scope 260118", "scope 250101"]);
    });
}

#[test]
fn a_file_from_elsewhere_does_not_replace_another_one() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        repo.write("../other.json", classic(&RECORDS));
        let before = Snapshot::of(&repo);
        let answer = repo.idhooks("migrate run --from ../other.json");
        refuses(answer, 2, &["'registry/ID_REGISTRY.json', which exists", "--from"]);
        before.assert_same(&repo);
    });
}

#[test]
fn what_happens_to_the_legacy_file_later_is_named_and_nothing_is_lost() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        run_first(&repo);
        let whole = String::from_utf8(repo.read(LEGACY)).expect("text");
        for (content, code, thing) in [
            (Some(whole[..whole.len() / 2].to_owned()), 2, "is not a registry"),
            (Some(format!("<<<<<<< ours\n{whole}")), 2, "conflict"),
            (None, 2, "no legacy file 'registry/ID_REGISTRY.json'"),
            // A record that the registry does not know, and whose file is not there.
            (
                Some(whole.replace("0110000003250101", "0110000005250101")),
                1,
                "0110000005250101: skip",
            ),
        ] {
            let copy = repo.copy_as("damaged");
            match content {
                Some(content) => copy.stage(LEGACY, content),
                None => copy.run(["rm", "-q", LEGACY]),
            }
            copy.run("commit -q --no-verify -m damage");
            let before = Snapshot::of(&copy);
            for line in ["migrate run", "migrate plan"] {
                refuses(copy.idhooks(line), code, &[thing]);
                before.assert_same(&copy);
            }
            refuses(copy.idhooks("migrate run --to registry-leads --force"), 1, &["not in step"]);
            refuses(copy.idhooks("migrate verify"), 1, &["not in step"]);
            refuses(
                copy.idhooks("migrate rollback"),
                2,
                &["other commits changed files", "(damage)"],
            );
            before.assert_same(&copy);
            std::fs::remove_dir_all(copy.path()).expect("a copy can be removed");
        }
    });
}

#[test]
fn a_legacy_file_that_others_edited_is_not_removed() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        run_first(&repo);
        repo.idhooks("migrate run --to registry-leads --force").ok().done();
        repo.idhooks("migrate run --to stopped --force").ok().done();
        let whole = String::from_utf8(repo.read(LEGACY)).expect("text");
        repo.commit_file(LEGACY, whole.replace("0110000003250101", "0110000005250101"));
        let before = Snapshot::of(&repo);
        let answer = repo.idhooks("migrate finish --force");
        refuses(answer, 1, &["is not as idhooks wrote it", "0110000005250101", "is only in it"]);
        before.assert_same(&repo);
        repo.commit_file(LEGACY, whole);
        repo.idhooks("migrate finish --force").ok().done();
    });
}

#[test]
fn a_table_of_another_form_is_left_to_the_user() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        repo.commit_file("idhooks.toml", "dual_write = { enabled = false }\n");
        changes_nothing(
            &repo,
            2,
            &["has another form", "hint: [dual_write]\nhint: enabled = true"],
        );
    });
}

#[test]
fn a_value_of_many_megabytes_is_read_or_its_file_named() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.commit_file("a.md", text("a"));
        // One record with a long note.
        let megabytes = if is_long() { 100 } else { 8 };
        let note = "x".repeat(megabytes << 20);
        let rest = format!("\"status\":\"active\",\"metadata\":{{\"note\":\"{note}\"}}");
        let whole = classic(&[("0110000001250101", "a.md", &rest)]);
        repo.write("../large.json", &whole[..whole.len() - 9]);
        refuses(repo.idhooks("migrate plan --from ../large.json"), 2, &["'../large.json'", "line"]);
        repo.write("../large.json", whole);
        let plan = repo.idhooks("migrate plan --from ../large.json --report json").ok().json();
        assert_eq!((&plan["convert"], &plan["records"][0]["path"]), (&1.into(), &"a.md".into()));
    });
}

#[test]
fn files_that_are_not_in_step_come_before_the_next_step() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        run_first(&repo);
        repo.idhooks("install").ok().done();
        let whole = String::from_utf8(repo.read(LEGACY)).expect("text");
        let edited = whole.replace("\"ann\"", "\"bob\"");
        let edit = |content: &str| {
            repo.stage(LEGACY, content);
            repo.run("commit -q --no-verify -m edited");
        };
        let assert_next = |things: &[&str]| {
            let status = repo.idhooks("migrate status").ok().stdout();
            let next = status.lines().find(|line| line.starts_with("next ")).expect("a row");
            for thing in things {
                assert!(next.contains(thing), "{thing}: {next}");
            }
            assert!(!next.contains("--to"), "{next}");
        };
        edit(&edited);
        assert_next(&["idhooks migrate run"]);
        repo.idhooks("migrate run").ok().done();
        repo.idhooks("migrate run --to registry-leads --force").ok().done();
        edit(&edited[..edited.len() / 2]);
        assert_next(&["idhooks resolve, then commit"]);
        edit(&edited.replace("\"bob\"", "\"eve\""));
        let remedies = ["idhooks resolve, then commit", "leading = \"legacy\""];
        assert_next(&remedies);
        let answer = repo.idhooks("migrate run").code(1);
        let said = answer.stdout() + &answer.stderr();
        assert!(remedies.iter().all(|one| said.contains(one)) && !said.contains("--to"), "{said}");
        // Both do what they say.
        let copy = repo.copy_as("derived");
        copy.idhooks("resolve").ok().done();
        copy.run("commit -q -m derived");
        copy.idhooks("migrate run --to stopped --force").ok().done();
        let rules = String::from_utf8(repo.read("idhooks.toml")).expect("text");
        repo.stage("idhooks.toml", rules.replace("leading = \"registry\"", "leading = \"legacy\""));
        repo.run("commit -q -m leads");
        assert_eq!(repo.record("0110000001250101")["metadata"]["owner"], "eve");
        repo.idhooks("migrate verify").ok().done();
    });
}
