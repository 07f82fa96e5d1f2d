//! Second identities, such as `DOC-0001`: given, moved, deprecated, searched, and unique.

use crate::common::{Repo, on_adopted, on_adopted_leaving, text};

/// Gives second identities to files, named as in a map, and commits.
pub(crate) fn give(repo: &Repo, lines: &str) {
    for line in lines.lines() {
        repo.idhooks(format!("assign --second {line}").as_str()).ok().done();
    }
    repo.commit("second identities");
}

/// Returns the path and the status of the file with a second identity.
pub(crate) fn found(repo: &Repo, doc_id: &str) -> (String, String) {
    let shown = repo.idhooks(["show", doc_id, "--format", "json"]).ok().json();
    let text = |name: &str| shown["allocation"][name].as_str().expect("text").to_owned();
    (text("file_path"), text("status"))
}

/// Returns the second identity of the file at a path in HEAD.
pub(crate) fn second(repo: &Repo, path: &str) -> Option<String> {
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
