//! Second identities that branches gave, moved and brought back: each names one file, and none is lost.

use serde_json::{Value, json};

use super::{on_branch, on_side};
use crate::common::{Output, Repo, on_adopted, text};

/// The registry.
const REGISTRY: &str = ".idhooks/registry.json";

/// Gives a second identity to a file, and commits.
fn give(repo: &Repo, doc_id: &str, path: &str) {
    repo.idhooks(["assign", "--second", doc_id, path]).ok().done();
    repo.commit(doc_id);
}

/// Writes a second identity into the record of a file by hand, whoever has it, and commits.
fn write_by_hand(repo: &Repo, doc_id: &str, path: &str) {
    let mut registry: Value = serde_json::from_slice(&repo.read(REGISTRY)).expect("JSON");
    let records = registry["allocations"].as_array_mut().expect("a list");
    let record = records.iter_mut().find(|record| record["file_path"] == path).expect(path);
    record["metadata"]["doc_id"] = doc_id.into();
    repo.stage(REGISTRY, registry.to_string());
    repo.commit("by hand");
}

/// Returns the second identity of a file in HEAD, and those that it lost.
fn second(repo: &Repo, path: &str) -> (Value, Value) {
    let record = repo.record(&repo.id(path));
    (record["metadata"]["doc_id"].clone(), record["metadata"]["displaced_doc_id"].clone())
}

/// Asserts that one line of a message has all of that.
#[track_caller]
fn says_once(answer: &Output<'_>, parts: &[&str]) {
    let said = answer.stderr();
    let lines = said.lines().filter(|line| parts.iter().all(|part| line.contains(part)));
    assert_eq!(lines.count(), 1, "{parts:?} in:\n{said}");
}

#[test]
fn two_of_one_file_are_both_kept_by_every_way_to_join_them() {
    on_adopted(|repo| {
        on_side(repo, |repo| give(repo, "DOC-8", "notes.txt"));
        give(repo, "DOC-9", "notes.txt");
        repo.run("tag ours");
        let of_main =
            ["lost DOC-8", "has DOC-9: notes.txt", "assign --second --force DOC-… notes.txt"];
        let expected = (json!("DOC-9"), json!("DOC-8"));
        for (from, line) in [
            ("main", "merge --no-edit side"),
            ("main", "cherry-pick side"),
            ("side", "merge --no-edit ours"),
            ("side", "rebase ours"),
            ("side", "cherry-pick ours"),
        ] {
            repo.run(["checkout", "-q", "-B", "try", from]);
            says_once(&repo.git(line), &of_main);
            assert_eq!(second(repo, "notes.txt"), expected, "{line}");
            repo.idhooks("check --strict").ok().done();
        }
        repo.run("checkout -q main");
    });
}

#[test]
fn of_three_branches_none_is_lost_in_any_order() {
    on_adopted(|repo| {
        for doc_id in ["DOC-7", "DOC-8", "DOC-9"] {
            on_branch(repo, doc_id, |repo| give(repo, doc_id, "notes.txt"));
        }
        let mut registries = Vec::new();
        for order in [["DOC-7", "DOC-8", "DOC-9"], ["DOC-9", "DOC-7", "DOC-8"]] {
            let [first, others @ ..] = order;
            repo.run(["checkout", "-q", "-B", "try", first]);
            others.iter().for_each(|other| repo.run(["merge", "-q", "--no-edit", other]));
            assert_eq!(second(repo, "notes.txt"), (json!("DOC-9"), json!(["DOC-7", "DOC-8"])));
            registries.push(repo.registry("HEAD"));
        }
        assert_eq!(registries[0], registries[1]);
        // What a file gets back is no longer lost.
        repo.idhooks("assign --second --force DOC-7 notes.txt").ok().done();
        repo.commit("back");
        assert_eq!(second(repo, "notes.txt"), (json!("DOC-7"), json!("DOC-8")));
        repo.run("checkout -q main");
    });
}

#[test]
fn one_of_two_files_is_named_by_every_way_to_join_them() {
    on_adopted(|repo| {
        repo.commit_file("docs/new.md", text("new"));
        on_side(repo, |repo| give(repo, "DOC-7", "notes.txt"));
        give(repo, "DOC-7", "docs/new.md");
        repo.run("tag ours");
        let message = [
            &*repo.id("docs/new.md"),
            "lost DOC-7, which notes.txt keeps: docs/new.md",
            "idhooks assign --second DOC-… docs/new.md",
        ];
        for (from, line) in [
            ("main", "merge --no-edit side"),
            ("main", "cherry-pick side"),
            ("side", "merge --no-edit ours"),
            ("side", "rebase ours"),
        ] {
            repo.run(["checkout", "-q", "-B", "try", from]);
            says_once(&repo.git(line), &message);
            assert_eq!(second(repo, "docs/new.md"), (Value::Null, json!("DOC-7")), "{line}");
            assert_eq!(second(repo, "notes.txt"), (json!("DOC-7"), Value::Null), "{line}");
        }
        // What it lost before stays beside what it loses now.
        repo.run("checkout -q -B other main");
        repo.idhooks("assign --second --force DOC-8 docs/new.md").ok().done();
        repo.commit("other");
        repo.run("checkout -q try");
        on_branch(repo, "third", |repo| give(repo, "DOC-8", "README.md"));
        repo.run("checkout -q other");
        repo.run("merge -q --no-edit third");
        let displaced = second(repo, "docs/new.md").1;
        assert!(displaced.to_string().contains("DOC-8"), "{displaced}");
        repo.idhooks("check --strict").ok().done();
        repo.run("checkout -q main");
    });
}

#[test]
fn a_file_that_comes_back_does_not_take_the_one_that_another_file_has() {
    // The commits that bring it back: with its file, by a command, and by git alone.
    for way in ["commit", "revive", "revert"] {
        for junior in ["docs/new.md", "README.md"] {
            on_adopted(|repo| {
                let other = if junior == "README.md" { "docs/new.md" } else { "README.md" };
                repo.commit_file("docs/new.md", text("new"));
                give(repo, "DOC-9", junior);
                let lost_at = repo.id(junior);
                match way {
                    "revive" => {
                        repo.idhooks(["deprecate", "--reason", "old", junior]).ok().done();
                    }
                    _ => repo.run(["rm", "-q", junior]),
                }
                repo.commit("gone");
                repo.run("tag gone");
                write_by_hand(repo, "DOC-9", other);
                let answer = match way {
                    "commit" => {
                        repo.run(["checkout", "gone~1", "--", junior]);
                        repo.git("commit -m back")
                    }
                    "revive" => repo.idhooks(["revive", junior]).ok(),
                    _ => repo.git("revert --no-edit gone"),
                };
                let message = answer.stderr() + &answer.stdout();
                let line = "lost DOC-9, which README.md keeps: docs/new.md";
                assert_eq!(message.matches(line).count(), 1, "{way}: {message}");
                if way == "revive" {
                    repo.commit("back");
                }
                assert_eq!(repo.id(junior), lost_at);
                assert_eq!(second(repo, "README.md"), (json!("DOC-9"), Value::Null), "{way}");
                assert_eq!(second(repo, "docs/new.md"), (Value::Null, json!("DOC-9")), "{way}");
                repo.idhooks("check --strict").ok().done();
            });
        }
    }
}

#[test]
fn what_a_forge_leaves_to_two_files_the_next_commit_leaves_to_one() {
    on_adopted(|repo| {
        on_side(repo, |repo| give(repo, "DOC-9", "README.md"));
        give(repo, "DOC-9", "src/util.py");
        let of_both = || [second(repo, "README.md"), second(repo, "src/util.py")];
        repo.run("checkout -q -b by-driver");
        repo.run("merge -q --no-edit side");
        let expected = of_both();
        repo.run("checkout -q main");
        // A clone without hooks and driver.
        repo.run("clone -q . ../forge");
        let forge = repo.beside("forge");
        forge.run("merge -q --no-edit origin/side");
        repo.run("pull -q --ff-only ../forge main");
        let twice = (json!("DOC-9"), Value::Null);
        assert_eq!(of_both(), [twice.clone(), twice]);
        repo.idhooks("check").code(1).done();
        let found = repo.idhooks("check --rev HEAD").code(1).stdout();
        assert!(found.contains("the merge left several files with the doc_id DOC-9"), "{found}");
        repo.commit_file("docs/new.md", text("new"));
        assert_eq!(of_both(), expected);
        repo.idhooks("check --strict").ok().done();
        repo.idhooks("check --history").ok().done();
        // Whoever has no driver gets the same from the hook of the merge.
        repo.run("checkout -q -b by-hook main~2");
        repo.run("-c merge.idhooks.driver=false merge -q -s resolve --no-edit side");
        assert_eq!(of_both(), expected);
        repo.run("checkout -q main");
    });
}
