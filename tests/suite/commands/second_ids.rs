//! Second identities, such as `DOC-0001`: given, moved, deprecated, searched, and unique.

use std::fs;

use crate::common::{Repo, Snapshot, on_adopted, on_adopted_leaving, text};

/// Gives second identities to files, as a map does, and commits.
fn give(repo: &Repo, lines: &str) {
    let map = repo.root().join("ids.map");
    fs::write(&map, lines).expect("writable");
    let map = map.to_str().expect("a plain path");
    repo.idhooks(["import", "--ids-map", map]).ok().done();
    repo.commit("second identities");
}

/// Returns the path and the status of the file with a second identity.
fn found(repo: &Repo, doc_id: &str) -> (String, String) {
    let shown = repo.idhooks(["show", doc_id, "--format", "json"]).ok().json();
    let text = |name: &str| shown["allocation"][name].as_str().expect("text").to_owned();
    (text("file_path"), text("status"))
}

/// Returns the second identity of the file at a path in HEAD.
fn second(repo: &Repo, path: &str) -> Option<String> {
    let record = repo.record(&repo.id(path));
    record["metadata"]["doc_id"].as_str().map(str::to_owned)
}

#[test]
fn every_verb_takes_one() {
    on_adopted(|repo| {
        give(repo, "DOC-1 notes.txt\nDOC-2 README.md\n");
        let id = repo.id("notes.txt");
        assert_eq!(repo.idhooks("path DOC-1").ok().stdout(), "notes.txt\n");
        repo.idhooks("mv notes.txt kept.txt").ok().done();
        repo.commit("move");
        assert_eq!(found(repo, "DOC-1").0, "kept.txt");
        let log = repo.idhooks("log DOC-1 --format json").ok().json();
        assert_eq!(log["id"], id);
        assert_eq!(log["events"][0]["event"], "renamed");
        let listed = repo.idhooks("list --where doc_id=DOC-1 --format json").ok().json();
        assert_eq!(listed["allocations"][0]["id"], id);

        repo.idhooks("deprecate DOC-1 --reason old").ok().done();
        assert_eq!(found(repo, "DOC-1"), ("kept.txt".to_owned(), "deprecated".to_owned()));
        repo.idhooks("revive DOC-1").ok().done();
        assert_eq!(found(repo, "DOC-1").1, "active");
        repo.idhooks("assign DOC-1 src/app.py").ok().done();
        assert_eq!(found(repo, "DOC-1").0, "src/app.py");
        repo.run("reset -q --hard");
        repo.run("rm -q kept.txt");
        repo.idhooks("supersede DOC-1 --by DOC-2").ok().done();
        assert_eq!(found(repo, "DOC-1").1, "superseded");
        repo.commit("superseded");
        repo.idhooks("check").ok().done();

        let site = repo.idhooks("dashboard --output ../site").ok();
        site.done();
        let identities = fs::read_to_string(repo.root().join("site/api/identities.json"));
        assert!(identities.expect("a document").contains("\"doc_id\":\"DOC-2\""));
    });
}

#[test]
fn one_is_given_and_moved_alone() {
    on_adopted(|repo| {
        let ids = ["notes.txt", "README.md"].map(|path| repo.id(path));
        repo.idhooks("assign --second DOC-7 notes.txt").ok().done();
        repo.commit("given");
        assert_eq!(second(repo, "notes.txt").as_deref(), Some("DOC-7"));
        let before = Snapshot::of(repo);
        repo.idhooks("assign --second DOC-7 notes.txt").ok().complains("already has DOC-7").done();
        repo.idhooks("assign --second DOC-7 README.md --dry-run").ok().done();
        repo.idhooks("assign --second 7 README.md").code(2).explains("'7'").done();
        repo.idhooks("assign --second DOC-8 notes.txt")
            .code(2)
            .complains("already has DOC-7")
            .done();
        before.assert_same(repo);

        let moved = repo.idhooks("assign --second DOC-7 README.md").ok();
        moved.complains("DOC-7 was that of 'notes.txt'").done();
        repo.commit("moved");
        assert_eq!(
            (second(repo, "notes.txt"), second(repo, "README.md")),
            (None, Some("DOC-7".into()))
        );
        assert_eq!(ids, ["notes.txt", "README.md"].map(|path| repo.id(path)), "the digits stay");
        repo.idhooks("assign --second DOC-8 README.md --force").ok().done();
        repo.commit("replaced");
        assert_eq!(second(repo, "README.md").as_deref(), Some("DOC-8"));
        repo.idhooks("check").ok().done();
    });
}

#[test]
fn a_merge_leaves_one_that_both_branches_gave_to_the_senior_record() {
    on_adopted(|repo| {
        repo.commit_file("docs/new.md", text("new"));
        repo.run("branch side");
        repo.idhooks("assign --second DOC-7 docs/new.md").ok().done();
        repo.commit("ours");
        repo.run("checkout -q side");
        repo.idhooks("assign --second DOC-7 notes.txt").ok().done();
        repo.commit("theirs");
        repo.run("branch other main");
        repo.run("checkout -q main");
        let merged = repo.git("merge --no-edit side");
        merged.complains("lost DOC-7, which notes.txt keeps: docs/new.md").done();
        assert_eq!(
            (second(repo, "docs/new.md"), second(repo, "notes.txt")),
            (None, Some("DOC-7".into()))
        );
        let record = repo.record(&repo.id("docs/new.md"));
        assert_eq!(record["metadata"]["displaced_doc_id"], "DOC-7");
        repo.idhooks("check").ok().done();

        // From the other branch it is the same.
        repo.run("checkout -q side");
        repo.run("merge -q --no-edit other");
        assert_eq!(repo.registry("side"), repo.registry("main"));
    });
}

#[test]
fn one_that_a_deprecated_record_has_is_taken_only_on_purpose() {
    on_adopted(|repo| {
        give(repo, "DOC-1 notes.txt\n");
        let id = repo.id("notes.txt");
        repo.run("rm -q notes.txt");
        repo.commit("gone");
        let before = Snapshot::of(repo);
        let map = repo.root().join("ids.map");
        fs::write(&map, "DOC-1 README.md\n").expect("writable");
        let import = ["import", "--ids-map", map.to_str().expect("a plain path")];
        let holder = format!("{id}, which is deprecated: 'notes.txt'");
        repo.idhooks("assign --second DOC-1 README.md")
            .code(2)
            .explains(&holder)
            .complains("--force")
            .done();
        repo.idhooks(import)
            .code(2)
            .explains(&format!("'notes.txt' ({id})"))
            .complains("--force")
            .done();
        before.assert_same(repo);
        repo.run("tag gone");
        for way in [
            &["assign", "--second", "--force", "DOC-1", "README.md"][..],
            &[&import[..], &["--force"]].concat(),
        ] {
            repo.run("reset -q --hard gone");
            repo.idhooks(way.iter().copied().map(std::ffi::OsString::from).collect::<Vec<_>>())
                .ok()
                .done();
            repo.commit("taken");
            repo.run("checkout gone~1 -- notes.txt");
            repo.commit("back");
            assert_eq!(repo.id("notes.txt"), id);
            assert_eq!(repo.record(&id)["metadata"]["displaced_doc_id"], "DOC-1");
            assert_eq!(second(repo, "README.md").as_deref(), Some("DOC-1"));
            repo.idhooks("check --strict").ok().done();
        }
    });
}

#[test]
fn check_finds_one_that_two_files_have() {
    on_adopted_leaving("M  .idhooks/registry.json\n", |repo| {
        give(repo, "DOC-1 notes.txt\n");
        let path = ".idhooks/registry.json";
        let mut registry: serde_json::Value =
            serde_json::from_slice(&repo.read(path)).expect("JSON");
        for record in registry["allocations"].as_array_mut().expect("a list") {
            record["metadata"]["doc_id"] = "DOC-1".into();
        }
        repo.stage(path, registry.to_string());
        let findings = repo.idhooks("check uniqueness --format json").code(1).json();
        let finding = &findings["findings"][0];
        assert_eq!(finding["code"], "DUPLICATE_ID");
        assert!(
            finding["message"].as_str().is_some_and(|m| m.contains("doc_id DOC-1")),
            "{finding}"
        );
    });
}

#[test]
fn an_import_that_would_give_one_twice_is_refused_as_a_whole() {
    on_adopted(|repo| {
        give(repo, "DOC-1 notes.txt\n");
        let record = |id: &str, path: &str, doc_id: &str| {
            format!(
                r#"{{"id":"{id}","file_path":"{path}","allocated_at":"2025-01-01T00:00:00Z","status":"active","metadata":{{"doc_id":"{doc_id}"}}}}"#
            )
        };
        repo.run("rm -q --cached .idhooks/registry.json");
        repo.run("reset -q");
        for path in ["docs/x.md", "docs/y.md"] {
            repo.write(path, text(path));
        }
        let head = r#"{"schema_version":"1.0","scope":"260118","counters":{},"metadata":{},"allocations":["#;
        let write = |records: &[String]| {
            repo.write("../other.json", format!("{head}{}]}}", records.join(",")));
        };
        repo.run("add docs");
        let [x, y] = ["0110000001260118", "0110000002260118"];
        let before = Snapshot::of(repo);
        for (records, message) in [
            (vec![record(x, "docs/x.md", "DOC-1")], "DOC-1 of 0110000001260118 belongs to"),
            (
                vec![record(x, "docs/x.md", "DOC-5"), record(y, "docs/y.md", "DOC-5")],
                "has the doc_id DOC-5",
            ),
        ] {
            write(&records);
            repo.idhooks("import ../other.json").code(2).complains(message).done();
            before.assert_same(repo);
        }
        write(&[record(x, "docs/x.md", "DOC-5"), record(y, "docs/y.md", "DOC-6")]);
        repo.idhooks("import ../other.json").ok().done();
        repo.commit("imported");
        assert_eq!(found(repo, "DOC-6").0, "docs/y.md");
    });
}
