//! What another program changes in a leading legacy file: listed as taken or not, with the hint that fits.

use serde_json::{Value, json};

use super::{LEGACY, REGISTRY, assert_in_step, enable};
use crate::common::{Repo, on_adopted, text};

/// Changes the legacy file as another program does, and stages it.
fn edit(repo: &Repo, change: impl Fn(&mut Value)) {
    let mut whole: Value = serde_json::from_slice(&repo.read(LEGACY)).expect("JSON");
    change(&mut whole);
    repo.stage(LEGACY, whole.to_string());
}

/// Returns the record of a path.
fn record<'v>(whole: &'v mut Value, path: &str) -> &'v mut Value {
    let records = whole["allocations"].as_array_mut().expect("records");
    records.iter_mut().find(|record| record["file_path"] == path).expect("its record")
}

/// Returns what a commit of the change prints, without the name of the program.
fn printed(repo: &Repo, change: impl Fn(&mut Value)) -> Vec<String> {
    edit(repo, change);
    repo.append("notes.txt", "more\n");
    repo.run("add notes.txt");
    let answer = repo.try_git("commit -q -m edited").ok().stderr();
    assert_in_step(repo, "HEAD");
    answer.lines().map(|line| line.trim_start_matches("idhooks: ").to_owned()).collect()
}

#[test]
fn the_hint_fits_what_was_not_taken() {
    on_adopted(|repo| {
        enable(repo, "leading = \"legacy\"\n");
        let path = "README.md";
        let id = repo.id(path);
        let hints = |change: &dyn Fn(&mut Value)| -> Vec<String> {
            let lines = printed(repo, change).into_iter();
            lines.filter_map(|line| Some(line.strip_prefix("hint: ")?.to_owned())).collect()
        };
        let of_path = "a record follows its file: move the file with git";
        let of_time = "the allocation time never changes";
        let of_status = "a status follows the file, too: delete the file with git, or run \
                         'idhooks deprecate', 'revive' or 'supersede'";
        let set = |field: &'static str, value: &'static str| {
            move |whole: &mut Value| record(whole, path)[field] = json!(value)
        };
        assert_eq!(hints(&set("file_path", "docs/else.md")), [of_path]);
        assert_eq!(hints(&set("allocated_at", "2020-01-01T00:00:00Z")), [of_time]);
        assert_eq!(hints(&set("status", "deprecated")), [of_status]);
        let both = |whole: &mut Value| {
            set("status", "superseded")(whole);
            set("allocated_at", "2020-01-01T00:00:00Z")(whole);
        };
        assert_eq!(hints(&both), [of_status, of_time]);
        let removed = |whole: &mut Value| {
            let records = whole["allocations"].as_array_mut().expect("records");
            records.retain(|record| record["id"] != *id);
        };
        let of_removed = hints(&removed).concat();
        assert!(of_removed.starts_with("a record is never removed"), "{of_removed}");
    });
}

#[test]
fn a_second_record_of_a_path_is_listed_with_what_the_file_has() {
    for at in ["2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"] {
        on_adopted(|repo| {
            enable(repo, "leading = \"legacy\"\n");
            let id = repo.id("README.md");
            let lines = printed(repo, |whole| {
                let second = json!({"id": "0110000700260118", "file_path": "README.md",
                    "allocated_at": at, "status": "active", "owner": "ann", "metadata": {}});
                whole["allocations"].as_array_mut().expect("records").push(second);
            });
            let listed = lines.iter().filter(|line| line.starts_with("  "));
            let alias = format!("  {id}: metadata.aliases: nothing -> '[\"0110000700260118\"]'");
            let owner = format!("  {id}: owner: nothing -> 'ann'");
            assert_eq!(listed.collect::<Vec<_>>(), [&alias, &owner], "{lines:?}");
            assert!(lines.iter().any(|line| line.contains("is an alias of")), "{lines:?}");
        });
    }
}

#[test]
fn changes_of_the_head_are_listed() {
    on_adopted(|repo| {
        enable(repo, "leading = \"legacy\"\n");
        let first = |whole: &mut Value| {
            whole["version"] = json!("2.3");
            whole["total_files"] = json!(99);
            whole["metadata"]["last_updated"] = json!("monday");
            whole["counters"]["100_01_260118"]["reserved"] = json!([7]);
        };
        let lines = printed(repo, first);
        assert_eq!(
            lines,
            [
                format!("took these changes from '{LEGACY}':"),
                "  head: metadata.last_updated: nothing -> 'monday'".to_owned(),
                "  head: version: nothing -> '2.3'".to_owned(),
                "  head: counters.100_01_260118.reserved: '[]' -> '[7]'".to_owned(),
            ]
        );
        let legacy = || -> Value { serde_json::from_slice(&repo.read(LEGACY)).expect("JSON") };
        let records = legacy()["allocations"].as_array().map(Vec::len).expect("records");
        assert_eq!(legacy()["total_files"], records);
        // A total that is out of date is no change, and new files are counted.
        repo.stage("docs/new.md", text("new"));
        assert_eq!(printed(repo, |whole| whole["total_files"] = json!(1)), [""; 0]);
        assert_eq!(legacy()["total_files"], records + 1);
        let lines = printed(repo, |whole| whole["version"] = json!("2.4"));
        assert_eq!(lines[1..], ["  head: version: '2.3' -> '2.4'"]);
        let registry = String::from_utf8(repo.read(REGISTRY)).expect("text");
        assert!(!registry.contains("\"total_files\":"), "{registry}");
    });
}

#[test]
fn a_file_that_leads_is_always_compared() {
    on_adopted(|repo| {
        enable(repo, "verify = \"never\"\n");
        let rules = String::from_utf8(repo.read("idhooks.toml")).expect("text");
        repo.stage("idhooks.toml", rules.clone() + "leading = \"legacy\"\n");
        let blocked = repo.try_git("commit -q -m leading").code(1).stderr();
        for part in ["idhooks.toml:4:10: ", "remove 'verify', or set leading = \"registry\""] {
            assert!(blocked.contains(part), "{part}: {blocked}");
        }
        repo.stage("idhooks.toml", rules.replace("verify = \"never\"", "leading = \"legacy\""));
        repo.commit("leading");
        assert_in_step(repo, "HEAD");
    });
}
