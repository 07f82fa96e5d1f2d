//! Second identities that are imported.

use std::fs;

use crate::commands::second_ids::{found, give, second};
use crate::common::{Snapshot, on_adopted, text};

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
