//! `idhooks ids`: minting, reading, the exit codes, where the formats come from.

use serde_json::{Value, json};

use super::with_formats;
use crate::checks::{fits, own_schema};
use crate::common::{Repo, for_each_git, on_adopted};
use crate::doctor::assert_says;

/// Runs a command with the formats, and returns what it prints.
fn prints(repo: &Repo, command: &str, code: i32) -> String {
    let line = format!("ids {command} --config f.toml");
    repo.idhooks(line.as_str()).code(code).stdout()
}

/// Returns the results of a command as JSON.
fn results(repo: &Repo, command: &str, code: i32) -> Vec<Value> {
    let report: Value =
        serde_json::from_str(&prints(repo, &format!("{command} --format json"), code))
            .expect("JSON");
    fits(&own_schema(repo, "ids"), &report);
    report["results"].as_array().expect("a list").clone()
}

#[test]
fn minted_identifiers_differ_and_are_valid() {
    with_formats(|repo| {
        let minted = prints(repo, "mint base --set prefix=t1 --count 1000", 0);
        let mut ids: Vec<&str> = minted.lines().collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 1000);
        assert_eq!(prints(repo, &format!("extract base prefix {}", ids[0]), 0), "t1\n");
        let together = results(repo, "mint --context user --set op=x", 0);
        let part = |at: usize, name: &str| together[at]["parts"][name].clone();
        assert_eq!(part(0, "hex8"), part(1, "hex8"));
        assert_eq!([part(0, "counter"), part(1, "counter"), part(2, "counter")], ["1", "1", "2"]);
        let base = results(repo, "mint base --set prefix=jwt_token --count 2", 0);
        assert_eq!(base[0]["parts"]["ms"], base[1]["parts"]["ms"], "one time for all");
        repo.idhooks("ids mint legacy_ws --config f.toml")
            .ok()
            .complains("note: 'legacy_ws' is a legacy format; mint 'ws_conn' instead")
            .done();
    });
}

#[test]
fn what_cannot_be_minted_has_the_messages_of_the_specification() {
    with_formats(|repo| {
        for (command, expected) in [
            ("mint run_id --set thred=x", "run_id has no part 'thred'"),
            ("pair a b --as base", "base derives no field"),
        ] {
            let line = format!("ids {command} --config f.toml");
            repo.idhooks(line.as_str()).code(2).explains(expected).done();
        }
    });
}

#[test]
fn identifiers_are_read_as_the_named_format_or_as_all() {
    with_formats(|repo| {
        let read = results(repo, "parse run_op_5_0123abcd", 0);
        let names: Vec<&Value> = read.iter().map(|one| &one["format"]).collect();
        assert_eq!(names, ["run", "run_id", "thread_id"]);
        let expected = json!({
            "id": "run_op_5_0123abcd", "format": "run_id", "valid": true,
            "parts": {"thread": "op_5", "hex8": "0123abcd", "thread_id": "op_5"},
            "age_ms": null, "legacy": false, "reason": null,
        });
        assert_eq!(results(repo, "parse run_op_5_0123abcd --as run_id", 0), [expected]);
        assert_eq!(results(repo, "parse !", 1)[0]["format"], Value::Null);
        let valid = "run_thread_12345678 run_test_thread_abcdef01 run_t1_00000000";
        assert_eq!(prints(repo, &format!("validate run_id {valid}"), 0).lines().count(), 3);
        for invalid in [
            "test-run",
            "run_thread",
            "run_thread_",
            "run__12345678",
            "RUN_thread_12345678",
            "run_thread_xyz",
            "run_thread_123456789",
            "run-thread-12345678",
        ] {
            let command = format!("validate run_id {invalid}");
            let expected = format!("{invalid}: invalid: does not match the format\n");
            assert_eq!(prints(repo, &command, 1), expected);
        }
        assert_eq!(
            prints(repo, "pair run_t1_12345678 t1", 0),
            "thread_id of run_t1_12345678 is t1\n"
        );
        let inconsistent =
            "Inconsistent ID pair: run_id='run_t1_12345678' does not match thread_id='t2'\n";
        assert_eq!(prints(repo, "pair run_t1_12345678 t2", 1), inconsistent);
        assert_eq!(prints(repo, "pair test-run t1", 1), "does not match the format\n");
        let bytes = b"run_a_12345678\r\nrun_\xff_12345678\n";
        let line = "ids validate run_id - --config f.toml";
        let answers = repo.idhooks_with(line, bytes).code(1).stdout();
        assert!(answers.starts_with("run_a_12345678: valid\nrun_\u{fffd}_12345678: invalid: "));
        let lines = "ids extract run_id thread - --config f.toml";
        let lines = repo.idhooks_with(lines, b"run_a_12345678\nbad\n");
        assert_eq!(lines.code(1).complains("bad: invalid").stdout(), "a\n\n");
    });
}

#[test]
fn ages_and_translations() {
    with_formats(|repo| {
        assert_eq!(prints(repo, "age test-run t_1_01234567", 1), "-1\n-1\n");
        let minted = prints(repo, "mint base --set prefix=a", 0);
        let age = prints(repo, &format!("age {}", minted.trim()), 0);
        assert!((0..60_000).contains(&age.trim().parse::<i64>().expect("a number")), "{age}");
        let old = results(repo, "validate base a_1526000000000_1_01234567", 1);
        assert_eq!(old[0]["reason"], "it is older than max_age allows");
        let future = results(repo, "validate base a_9726000000000_1_01234567", 1);
        assert_eq!(future[0]["reason"], "its time is further in the future than max_future allows");
        let normalize = "normalize ws_0123abcd --as legacy_ws --set user=alice-and-bob";
        let once = prints(repo, normalize, 0);
        assert_eq!(once, "ws_conn_alice-an_0000000000000_0_0123abcd\n");
        assert_eq!(prints(repo, normalize, 0), once);
        assert_eq!(
            prints(repo, &format!("validate ws_conn {}", once.trim()), 0).lines().count(),
            1
        );
        assert_eq!(prints(repo, &format!("age {} --as ws_conn", once.trim()), 1), "-1\n");
        assert_eq!(prints(repo, "normalize run_a_12345678 --as run_id", 0), "run_a_12345678\n");
        for format in ["event", "trace"] {
            let minted = prints(repo, &format!("mint {format}"), 0);
            let age = prints(repo, &format!("age {} --as {format}", minted.trim()), 0);
            assert!((0..60_000).contains(&age.trim().parse::<i64>().expect("a number")), "{age}");
        }
        let example = "evt_017F22E2-79B0-7CC3-98C4-DC0C0C07398F";
        let old = results(repo, &format!("validate event {example}"), 1);
        assert_eq!(old[0]["reason"], "it is older than max_age allows");
        for (command, reason) in [
            ("normalize ws_0123abcd", "matches several formats; name one of"),
            ("normalize ws_0123abcd --as legacy_ws", "does not contain the part {user8}"),
            ("normalize test_run_1 --as legacy_test", "'legacy_test' has no successor"),
            ("normalize ! --as legacy_ws", "does not match the format"),
        ] {
            let found = results(repo, command, 1)[0]["reason"].as_str().expect("text").to_owned();
            assert!(found.contains(reason), "{command}: {found}");
        }
    });
}

#[test]
fn formats_come_from_the_working_tree_or_from_a_named_file() {
    for_each_git(|git| {
        let outside = Repo::nowhere(git);
        outside.idhooks("ids formats").code(2).explains("not in a git repository").done();
        outside.write("idhooks.toml", "[formats.c]\ntemplate = \"c_{hex8}\"\n");
        assert_eq!(outside.idhooks("ids formats").ok().stdout(), "c  c_{hex8}\n");
        outside.idhooks("ids formats --config none.toml").code(2).explains("none.toml").done();
        let repo = Repo::empty(git);
        repo.idhooks("ids formats").code(2).explains("no 'idhooks.toml' in").done();
        repo.write("idhooks.toml", "[formats.a]\ntemplate = \"a_{hex8}\"\n");
        let list = repo.idhooks("ids formats").ok().stdout();
        assert_eq!(list, "a  a_{hex8}\n", "not tracked, not adopted, without a scope");
        repo.write("other.toml", "\u{feff}[formats.b]\ntemplate = \"b_{hex8}\"\n");
        repo.write("sub/x", "");
        let list = repo.below("sub").idhooks("ids formats --config ../other.toml").ok().stdout();
        assert_eq!(list, "b  b_{hex8}\n", "the named file wins");
        let document = repo.idhooks("ids formats --format json").ok().json();
        fits(&own_schema(&repo, "ids-formats"), &document);
        repo.write("idhooks.toml", "[track]\n");
        repo.idhooks("ids formats").code(2).explains("'idhooks.toml' declares no formats").done();
        repo.write("other.toml", "[formats.b]\ntemplate = \"{x}_{y}\"\n");
        let refused = repo.idhooks("ids formats --config other.toml").code(2);
        refused.explains("other.toml:2:12: the template '{x}_{y}' is ambiguous: '0_0_0'").done();
    });
    on_adopted(|repo| {
        repo.configure("[formats.a]\ntemplate = \"a_{hex8}\"\n");
        assert_eq!(repo.idhooks("ids formats").ok().stdout(), "a  a_{hex8}\n");
    });
}

#[test]
fn doctor_names_an_ambiguous_template() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.write("idhooks.toml", "[formats.a]\ntemplate = \"{x}_{y}\"\n");
        repo.run("add idhooks.toml");
        assert_says(
            &repo,
            "configuration",
            "error",
            "is ambiguous",
            "give a part a narrower regex",
        );
    });
}
