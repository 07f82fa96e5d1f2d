//! Moves of files, and changes of status.

use idhooks_core::registry::{Json, Status};

use super::*;
use crate::tests::{REGISTRY, text};

#[test]
fn renames_moves_of_directories_and_copies_are_listed_with_their_commits() {
    let repo = TestRepo::adopted();
    let id = repo.id("src/app.py").to_string();
    moved(&repo, "src/app.py", "src/main.py", "rename");
    repo.append("src/main.py", "more\n");
    repo.commit("edit");
    repo.git_mv("src", "lib");
    repo.commit("directory");
    repo.stage("lib/copy.py", &repo.read("lib/main.py"));
    repo.append("lib/main.py", "even more\n");
    repo.commit("copy");
    let main = [
        "adopt: allocated src/app.py",
        "rename: renamed src/main.py from=src/app.py",
        "directory: renamed lib/main.py from=src/main.py",
    ];
    assert_eq!(told(&repo, "lib/main.py"), main);
    assert_eq!(told(&repo, &id), main);
    let copy = format!("copy: copied lib/copy.py copied_from={id}");
    assert_eq!(told(&repo, "lib/copy.py"), [copy]);
    let util = ["adopt: allocated src/util.py", "directory: renamed lib/util.py from=src/util.py"];
    assert_eq!(told(&repo, "lib/util.py"), util);
}

#[test]
fn a_file_that_goes_and_comes_back_has_one_history() {
    let repo = TestRepo::adopted();
    deleted(&repo, "notes.txt", "delete");
    let gone = ["adopt: allocated notes.txt", "delete: deprecated notes.txt reason=deleted"];
    assert_eq!(told(&repo, "notes.txt"), gone);
    repo.stage("notes.txt", &text("notes.txt"));
    repo.commit("again");
    moved(&repo, "notes.txt", "docs/notes.txt", "rename");
    moved(&repo, "docs/notes.txt", "notes.txt", "back");
    deleted(&repo, "notes.txt", "delete-again");
    let all = [
        gone[0],
        gone[1],
        "again: revived notes.txt",
        "rename: renamed docs/notes.txt from=notes.txt",
        "back: renamed notes.txt from=docs/notes.txt",
        "delete-again: deprecated notes.txt reason=deleted",
    ];
    assert_eq!(told(&repo, "notes.txt"), all);
    let then = try_log(&repo, "notes.txt", Some("HEAD~3")).expect("a record");
    assert_eq!(lines_of(&then), all[..3]);
    for is_reversed in [true, false] {
        let subject = repo.subjects(&["notes.txt"]).remove(0);
        let options = LogOptions { subject, rev: None, max_count: Some(2), is_reversed };
        let newest = log(&mut repo.notices(), &repo.open(), &options).expect("a record");
        let mut expected = all[4..].to_vec();
        if !is_reversed {
            expected.reverse();
        }
        assert_eq!(lines_of(&newest), expected);
    }
}

#[test]
fn a_move_without_hooks_is_listed_with_the_commit_that_healed_it() {
    let repo = TestRepo::adopted();
    repo.git_mv("src/app.py", "src/main.py");
    repo.commit_unseen("unseen");
    repo.git_mv("src/main.py", "src/start.py");
    repo.commit_unseen("unseen-too");
    repo.commit_file("more.txt", &text("more"));
    let healed = "more.txt: renamed src/start.py from=src/app.py";
    assert_eq!(told(&repo, "src/start.py"), ["adopt: allocated src/app.py", healed]);
}

#[test]
fn records_that_are_ended_by_hand_are_listed_with_reasons() {
    let repo = TestRepo::adopted();
    let [notes, guide, intro] =
        ["notes.txt", "docs/guide.md", "docs/intro.md"].map(|path| repo.id(path));
    let edit = |message, id, status, key: &str, value| {
        repo.edit_registry(message, |registry| {
            let mut records = registry.allocations.iter_mut();
            let record = records.find(|record| record.id == id).expect("a record");
            record.status = status;
            record.metadata.insert(key.into(), value);
        });
    };
    edit("supersede", guide, Status::Superseded, "superseded_by", Json::string(intro.to_string()));
    edit("give-up", notes, Status::Deprecated, "deprecated_reason", Json::string("obsolete"));
    edit("purge", notes, Status::Deprecated, "purged", Json::Bool(true));
    let superseded = format!("supersede: superseded docs/guide.md by={intro}");
    let adopted = "adopt: allocated docs/guide.md".to_owned();
    assert_eq!(told(&repo, &guide.to_string()), [adopted, superseded]);
    assert_eq!(
        told(&repo, &notes.to_string()),
        [
            "adopt: allocated notes.txt",
            "give-up: deprecated notes.txt reason=obsolete",
            "purge: purged notes.txt",
        ]
    );
    assert_eq!(logged(&repo, &guide.to_string()).record.status, Status::Superseded);
}

#[test]
fn a_file_that_the_rules_exclude_for_a_while_is_deprecated_and_revived() {
    let repo = TestRepo::adopted();
    let config = repo.read("idhooks.toml");
    repo.stage("idhooks.toml", "scope = \"260118\"\n[track]\nexclude = [\"data/**\"]\n");
    repo.commit("exclude");
    repo.stage("idhooks.toml", &config);
    repo.commit("include");
    let events = [
        "adopt: allocated data/table.csv",
        "exclude: deprecated data/table.csv reason=excluded",
        "include: revived data/table.csv",
    ];
    assert_eq!(told(&repo, "data/table.csv"), events);
}

#[test]
fn a_record_that_is_lost_and_comes_back_is_found_in_the_history() {
    let repo = TestRepo::adopted();
    let id = repo.id("notes.txt");
    repo.edit_registry("lose", |registry| registry.allocations.retain(|record| record.id != id));
    repo.commit_file("more.txt", &text("more"));
    // A registry that cannot be read has no events.
    let whole = repo.read(REGISTRY);
    let put = |text: &str, message| {
        repo.stage(REGISTRY, text);
        repo.commit_unseen(message);
    };
    put(&format!("<<<<<<< ours\n{whole}"), "tear");
    put(&whole, "repair");
    // One that is gone still counts.
    repo.run(&format!("rm -q {REGISTRY}"));
    repo.commit_unseen("remove");
    put(&whole, "return");
    let events =
        ["adopt: allocated notes.txt", "lose: lost notes.txt", "more.txt: restored notes.txt"];
    let id = id.to_string();
    assert_eq!(told(&repo, &id), events);
    // The history still knows it where the newest registry lacks it.
    repo.run("checkout -q HEAD~5");
    let lost = logged(&repo, &id);
    assert_eq!(lines_of(&lost), events[..2]);
    let note = format!("{id} was {id}, of which the registry has no record now");
    assert_eq!(lost.notes, [FoundNote::History(note)]);
}

#[test]
fn a_file_that_takes_a_path_over_names_the_record_that_had_it() {
    let repo = TestRepo::adopted();
    let (id, readme) = (repo.id("notes.txt"), repo.record(repo.id("README.md")));
    let origin = readme.origin.to_string();
    repo.edit_registry("correct", |registry| {
        let mut records = registry.allocations.iter_mut();
        let record = records.find(|record| record.id == id).expect("a record");
        record.metadata.insert("reassigned_from".into(), Json::string(origin.as_str()));
    });
    let events = [
        "adopt: allocated notes.txt".to_owned(),
        format!("correct: reassigned notes.txt reassigned_from={origin}"),
    ];
    let log = logged(&repo, "notes.txt");
    assert_eq!(lines_of(&log), events);
    assert_eq!(log.events[1].previous, Some(readme.id));
}

#[test]
fn a_registry_in_another_form_has_the_same_events() {
    let repo = TestRepo::adopted();
    moved(&repo, "notes.txt", "n.txt", "rename");
    let json: serde_json::Value = serde_json::from_str(&repo.read(REGISTRY)).expect("JSON");
    repo.stage(REGISTRY, &serde_json::to_string_pretty(&json).expect("JSON"));
    repo.commit_unseen("pretty");
    repo.git_mv("n.txt", "m.txt");
    repo.commit_unseen("unseen");
    repo.stage(REGISTRY, &repo.read(REGISTRY).replace("n.txt", "m.txt"));
    repo.commit_unseen("by-hand");
    let events = [
        "adopt: allocated notes.txt",
        "rename: renamed n.txt from=notes.txt",
        "by-hand: renamed m.txt from=n.txt",
    ];
    assert_eq!(told(&repo, "m.txt"), events);
}

#[test]
fn a_shallow_clone_lists_the_events_that_it_has() {
    let repo = TestRepo::adopted();
    moved(&repo, "notes.txt", "n.txt", "rename");
    moved(&repo, "n.txt", "m.txt", "again");
    let log = logged(&repo.cloned("--depth 2"), "m.txt");
    assert_eq!(lines_of(&log), ["rename: initialized n.txt", "again: renamed m.txt from=n.txt"]);
    assert!(log.is_incomplete);
    assert!(!logged(&repo, "m.txt").is_incomplete);
}
