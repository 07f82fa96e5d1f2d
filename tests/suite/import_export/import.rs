//! Registries from elsewhere: every record is taken, or none.

use std::fs;

use crate::common::{Repo, Snapshot, for_each_git, text};
use crate::judge;
use crate::reviewed::assert_text;

/// A registry as another program writes it.
const FOREIGN: &str = r#"{
  "schema_version": "1.0",
  "scope": "250101",
  "counters": {
    "100_01_250101": { "current": 7, "allocated": 2, "reserved": [3, 1] },
    "999_20_250101": { "current": 2, "allocated": 3, "reserved": [] }
  },
  "metadata": { "version": 42, "total_allocated": 5, "last_updated": "2025-02-02", "owner": "ann" },
  "allocations": [
    { "id": "0110000001250101", "file_path": "docs\\guide.md", "allocated_at": "2025-01-01T10:00:00.123456",
      "status": "active", "metadata": { "title": "Guide" }, "allocated_by": "bob" },
    { "id": "2099900002250101", "file_path": "old/app.py", "allocated_at": "2025-01-02T11:00:00+01:00",
      "status": "active", "metadata": {}, "superseded_by": null, "deprecated_reason": null },
    { "id": "0110000002250101", "file_path": "docs/gone.md", "allocated_at": "2025-01-03T10:00:00Z",
      "status": "active", "metadata": {} },
    { "id": "2099900001250101", "file_path": "old/util.py", "allocated_at": "2025-01-02T10:00:00Z",
      "status": "superseded", "metadata": {}, "superseded_by": "2099900002250101" },
    { "id": "2099900003240505", "file_path": "lib.py", "allocated_at": "2024-05-05T10:00:00Z",
      "status": "deprecated", "metadata": {}, "deprecated_reason": "obsolete" }
  ]
}"#;

/// Returns a repository with files that are committed, and the path of a registry beside it.
fn fixture(git: &crate::common::Git, registry: &str) -> (Repo, String) {
    let repo = Repo::empty(git);
    for path in ["docs/guide.md", "src/app.py", "README.md"] {
        repo.stage(path, text(path));
    }
    repo.commit("files");
    let file = repo.root().join("registry.json");
    fs::write(&file, registry).expect("writable");
    (repo, file.to_str().expect("a plain path").to_owned())
}

/// Asserts that an import is refused for a reason and changes nothing.
fn refuses(repo: &Repo, file: &str, thing: &str) {
    refuses_with(2, repo, file, thing);
}

/// Asserts that, and the exit code.
fn refuses_with(code: i32, repo: &Repo, file: &str, thing: &str) {
    let before = Snapshot::of(repo);
    repo.idhooks(["import", file]).code(code).explains(thing).done();
    before.assert_same(repo);
}

#[test]
fn every_record_of_another_program_is_taken() {
    for_each_git(|git| {
        let (repo, file) = fixture(git, FOREIGN);
        let before = Snapshot::of(&repo);
        let shown = repo.idhooks(["import", &file, "--dry-run"]).ok().stdout();
        before.assert_same(&repo);
        let said = repo.idhooks(["import", &file]).ok().stdout();
        let edits = |text: &str| -> Vec<String> {
            let lines =
                text.lines().filter(|line| line.contains("250101 ") || line.contains(".py"));
            lines.map(str::to_owned).collect()
        };
        assert_eq!(edits(&said), edits(&shown));
        assert_text("import_export-import-every_record_of_another_program_is_taken", &said);
        let staged = repo.ask("diff --cached --name-only");
        assert_eq!(staged, ".gitattributes\n.idhooks/registry.json\nidhooks.toml");
        let config = String::from_utf8(repo.read("idhooks.toml")).expect("text");
        assert_text("import_export-import-every_record_of_another_program_is_taken-2", &config);
        repo.idhooks("check --strict").ok().done();
        repo.idhooks("install").ok().done();
        let registry = repo.read(".idhooks/registry.json");
        repo.commit("adopt");
        assert_eq!(repo.registry("HEAD"), registry);
        repo.idhooks("check --rev HEAD --strict").ok().done();
        assert_eq!(repo.id("docs/guide.md"), "0110000001250101");
        assert_eq!(repo.id("src/app.py"), "2099900002250101");
        assert!(repo.id("README.md").ends_with("250101"));
        let guide = repo.record("0110000001250101");
        assert_eq!(guide["allocated_at"], "2025-01-01T10:00:00Z");
        assert_eq!(guide["allocated_by"], "bob");
        assert_eq!(repo.record("2099900002250101")["allocated_at"], "2025-01-02T10:00:00Z");
        assert_eq!(
            repo.record("2099900001250101")["metadata"]["superseded_by"],
            "2099900002250101"
        );
        let gone = repo.record("0110000002250101");
        assert_eq!(
            (&gone["status"], &gone["metadata"]["deprecated_reason"]),
            (&"deprecated".into(), &"deleted".into())
        );
        assert_eq!(repo.record("2099900003240505")["metadata"]["deprecated_reason"], "obsolete");
        let text = String::from_utf8(registry).expect("text");
        assert!(text.starts_with("{\"schema_version\":\"1.0\",\"scope\":\"250101\",\"counters\":{\"100_01_250101\":{\"floor\":7,\"reserved\":[3]}},\"metadata\":{\"legacy_spelling\":{\"counted\":[\"total_allocated\"],\"last_updated\":\"2025-02-02\",\"version\":42},\"owner\":\"ann\"},"), "{text}");
        judge::assert_status(&repo, "");
    });
}

#[test]
fn what_was_exported_comes_back_as_it_was() {
    for_each_git(|git| {
        let from = Repo::adopted(git);
        from.run("rm -q notes.txt");
        from.idhooks("reserve --type 20 --ns 999 --count 2").ok().done();
        from.commit_file("a \"b\"\n.md", text("odd"));
        let file = from.root().join("classic.json").to_str().expect("plain").to_owned();
        from.idhooks(["export", "--format", "eafix", "--output", &file]).ok().done();
        let to = from.beside("other");
        fs::create_dir(to.path()).expect("made");
        to.run("init -q -b main");
        for path in from.ask("ls-files -z").split('\0').filter(|path| !path.is_empty()) {
            if !path.starts_with(".idhooks") && path != "idhooks.toml" && path != ".gitattributes" {
                to.stage(path, from.read(path));
            }
        }
        to.idhooks(["import", &file]).ok().done();
        assert_eq!(to.registry(""), from.registry("HEAD"));
    });
}

#[test]
fn what_is_no_registry_is_refused_with_its_place() {
    for_each_git(|git| {
        let (repo, file) = fixture(git, FOREIGN);
        refuses(&repo, "../none.json", "none.json");
        refuses(&repo, "docs", "docs");
        for (text, thing) in [
            ("", "the file is empty"),
            ("[]", "line 1, column 1"),
            ("\u{0}\u{1}", "line 1, column 1"),
            ("{\"schema_version\":\"2.0\"}", "schema version \"2.0\""),
            (&FOREIGN[..FOREIGN.len() - 40], "line "),
            (&FOREIGN.replace("2025-01-03T10:00:00Z", "soon"), "line 14, column"),
            (&FOREIGN.replace("docs/gone.md", "../gone.md"), "'../gone.md' is not a path"),
            (&FOREIGN.replace("2099900001250101", "209990000125010"), "'209990000125010' is not"),
        ] {
            fs::write(&file, text).expect("writable");
            refuses(&repo, &file, thing);
        }
        for (old, new, thing) in [
            ("2099900003240505", "2099900002250101", "2099900002250101 is on two"),
            ("docs/gone.md", "docs/guide.md", "'docs/guide.md' has 2 active"),
        ] {
            fs::write(&file, FOREIGN.replace(old, new)).expect("writable");
            refuses_with(1, &repo, &file, thing);
        }
        repo.idhooks("import").code(2).done();
        Repo::nowhere(git).idhooks(["import", &file]).code(2).explains("git").done();
    });
}

#[test]
fn nothing_is_half_written() {
    for_each_git(|git| {
        let (repo, file) = fixture(git, FOREIGN);
        repo.write(".git/index.lock", "");
        refuses(&repo, &file, "index.lock");
        repo.remove(".git/index.lock");
        repo.write(".idhooks/registry.json", "{}");
        refuses(&repo, &file, "exists, but is not tracked");
        repo.remove(".idhooks/registry.json");
        fs::remove_dir(repo.path().join(".idhooks")).expect("empty");
        repo.write(".gitattributes/file", "in the way");
        refuses(&repo, &file, ".gitattributes");
        repo.remove(".gitattributes/file");
        fs::remove_dir(repo.path().join(".gitattributes")).expect("empty");
        // What lies in its place already is the one to be imported.
        repo.write(".idhooks/registry.json", FOREIGN);
        repo.idhooks("import .idhooks/registry.json").ok().done();
        repo.idhooks("check --strict").ok().done();
    });
}
