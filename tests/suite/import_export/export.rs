//! The registry in the forms of other programs.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::common::{Repo, SCOPE, Snapshot, for_each_git, on_adopted, on_adopted_leaving, text};

const COLUMNS: &str = "id,path,status,type,ns,scope,allocated_at,origin,claim,aliases,shadowed,deprecated_at,deprecated_reason,last_blob,superseded_by,supersedes,copied_from,reassigned_from,path_hex,purged,metadata,other";

fn export(repo: &Repo, format: &str) -> String {
    let before = Snapshot::of(repo);
    let said = repo.idhooks(["export", "--format", format]).ok().stdout();
    before.assert_same(repo);
    said
}

#[test]
fn a_row_for_every_record() {
    on_adopted(|repo| {
        repo.run("rm -q notes.txt");
        repo.commit_file("a \"b\", c.md", text("odd"));
        repo.commit_file(
            OsStr::from_bytes(b"line\n\xff.md").to_string_lossy().as_ref(),
            text("line"),
        );
        let said = export(repo, "csv");
        assert_eq!(said.lines().next(), Some(COLUMNS));
        let mut reader = csv::Reader::from_reader(said.as_bytes());
        let rows: Vec<csv::StringRecord> =
            reader.records().map(|row| row.expect("a row")).collect();
        assert_eq!(rows.len(), 9);
        assert!(rows.iter().map(|row| &row[0]).is_sorted());
        let of = |path: &str| rows.iter().find(|row| &row[1] == path).expect("a row");
        let app = of("src/app.py");
        let record = repo.record(&repo.id("src/app.py"));
        let told = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
        assert_eq!(app[0], told(&record["id"]));
        assert_eq!([&app[2], &app[3], &app[4], &app[5]], ["active", "20", "999", SCOPE]);
        assert_eq!(app[6], told(&record["allocated_at"]));
        assert_eq!(app[7], told(&record["metadata"]["origin"]));
        assert!(app.iter().skip(8).all(str::is_empty), "{app:?}");
        let gone = of("notes.txt");
        assert_eq!([&gone[2], &gone[12]], ["deprecated", "deleted"]);
        assert_eq!(&of("a \"b\", c.md")[3], "01");
    });
}

#[test]
fn a_path_that_is_not_text_keeps_its_bytes() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.stage(OsStr::from_bytes(b"caf\xe9.md"), text("x"));
        repo.commit("new");
        let csv = export(&repo, "csv");
        assert!(
            csv.lines().any(|l| l.contains("caf\u{fffd}.md") && l.contains(",636166e92e6d64,"))
        );
        assert!(export(&repo, "eafix").contains("\"path_hex\": \"636166e92e6d64\""));
    });
}

#[test]
fn json_is_that_of_the_list() {
    on_adopted(|repo| {
        let listed = repo.idhooks("list --format json").ok().stdout();
        assert_eq!(export(repo, "json"), listed);
        let head = repo.idhooks("export --format json --rev HEAD").ok().stdout();
        assert_eq!(head, listed);
    });
}

#[test]
fn the_classic_form_is_the_same_registry() {
    on_adopted(|repo| {
        repo.idhooks("reserve --type 20 --ns 999 --count 2").ok().done();
        repo.commit_file("new.md", text("new"));
        let classic = export(repo, "eafix");
        assert!(
            classic.starts_with("{\n  \"schema_version\": \"1.0\",\n  \"scope\": \"260118\",\n")
        );
        let value: serde_json::Value = serde_json::from_str(&classic).expect("JSON");
        let counter = &value["counters"]["999_20_260118"];
        assert_eq!(counter["allocated"], 2);
        assert_eq!(counter["reserved"].as_array().map(Vec::len), Some(2));
        let ids = value["allocations"].as_array().expect("a list");
        assert_eq!(ids.len(), 8);
        let highest = ids.iter().filter_map(|record| {
            let id = record["id"].as_str()?;
            id.starts_with("20999").then(|| id[5..10].parse::<u64>().ok())?
        });
        assert_eq!(counter["current"].as_u64(), highest.max());
        // What was exported can be committed, and is the same.
        let hash = repo.idhooks("list --counters --format json").ok().stdout();
        repo.stage(".idhooks/registry.json", &classic);
        assert_eq!(repo.idhooks("list --counters --format json").ok().stdout(), hash);
        repo.run("checkout -q HEAD -- .idhooks");
    });
}

#[test]
fn a_file_is_replaced_as_a_whole() {
    on_adopted_leaving("?? out/x.csv\n", |repo| {
        repo.write("out/x.csv", "old and much longer than nothing\n");
        repo.idhooks("export --format csv --output out/x.csv").ok().done();
        assert_eq!(repo.read("out/x.csv"), export(repo, "csv").into_bytes());
        assert_eq!(std::fs::read_dir(repo.path().join("out")).expect("there").count(), 1);
        for (file, thing) in [("none/x.csv", "none"), ("out", "'./out' is a directory")] {
            let before = Snapshot::of(repo);
            let line = ["export", "--format", "csv", "--output", file];
            repo.idhooks(line).code(2).explains(thing).done();
            before.assert_same(repo);
        }
    });
}

#[test]
fn what_cannot_be_exported_is_explained() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.idhooks("export").code(2).done();
        repo.idhooks("export --format xml").code(2).complains("eafix").done();
        repo.stage(".idhooks/registry.json", "{\"schema_version\":\"1.0\",\n\"allocations\":[{]");
        repo.idhooks("export --format eafix").code(2).explains("line 2").done();
        repo.idhooks("export --format eafix --rev HEAD").ok().done();
    });
}
