//! Settings of classic identity tools: what is plain is taken, the rest is told.

use std::fs;

use crate::common::{Repo, Snapshot, for_each_git, text};
use crate::reviewed::assert_text;

const SETTINGS: &str = r#"# IDENTITY_CONFIG.yaml
version: 2
scope: "250101"
id_regex: "^\\d{16}$"
type_classification:
  .py: 20
  md: 01
  images: {extensions: [.png, jpg], code: "41"}
namespace_routing:
  - {pattern: "docs/**", code: 100}
  - {path: src/, ns: 007}
default: 500
"#;

/// Returns a repository with files that are committed, and the path of settings beside it.
fn fixture(git: &crate::common::Git, settings: &str) -> (Repo, String) {
    let repo = Repo::empty(git);
    for path in ["docs/guide.md", "src/app.py", "pic.jpg", "x.zip"] {
        repo.stage(path, text(path));
    }
    repo.commit("files");
    let file = repo.root().join("IDENTITY_CONFIG.yaml");
    fs::write(&file, settings).expect("writable");
    (repo, file.to_str().expect("a plain path").to_owned())
}

fn refuses(repo: &Repo, file: &str, thing: &str) {
    let before = Snapshot::of(repo);
    repo.idhooks(["import", "--config", file]).code(2).explains(thing).done();
    before.assert_same(repo);
}

#[test]
fn the_rules_of_another_tool_become_ours() {
    for_each_git(|git| {
        let (repo, file) = fixture(git, SETTINGS);
        let before = Snapshot::of(&repo);
        let run = repo.idhooks(["import", "--config", &file, "--dry-run"]);
        let shown = run.ok().stdout();
        before.assert_same(&repo);
        repo.idhooks(["import", "--config", &file])
            .ok()
            .complains("line 2: 'version' has no counterpart in idhooks.toml")
            .done();
        let written = String::from_utf8(repo.read("idhooks.toml")).expect("text");
        assert_eq!(written.trim_end(), shown.trim_end());
        assert_eq!(repo.ask("diff --cached --name-only"), "");
        repo.idhooks("init").ok().done();
        repo.idhooks("check --strict").ok().done();
        repo.idhooks("install").ok().done();
        repo.commit("adopt");
        for (path, code) in [
            ("docs/guide.md", "01100"),
            ("src/app.py", "20007"),
            ("pic.jpg", "41500"),
            ("x.zip", "00500"),
        ] {
            let id = repo.id(path);
            assert!(id.starts_with(code) && id.ends_with("250101"), "{path} {id}");
        }
    });
}

#[test]
fn rules_that_are_there_are_kept_unless_forced() {
    for_each_git(|git| {
        let (repo, file) = fixture(git, SETTINGS);
        repo.write("idhooks.toml", "[rename]\n");
        refuses(&repo, &file, "'idhooks.toml' already exists");
        repo.idhooks(["import", "--config", &file, "--force"]).ok().done();
        let written = String::from_utf8(repo.read("idhooks.toml")).expect("text");
        assert_text("import_export-settings-rules_that_are_there_are_kept_unless_forced", &written);
        // The scope of a registry stays.
        let adopted = Repo::adopted(git);
        refuses(&adopted, &file, "has scope 250101, but the registry here has scope");
        fs::write(&file, SETTINGS.replace("scope: \"250101\"", "")).expect("writable");
        adopted.append("idhooks.toml", "# mine\n");
        refuses(&adopted, &file, "'idhooks.toml' already exists");
        adopted.idhooks(["import", "--config", &file, "--force"]).ok().done();
        adopted.run("add idhooks.toml");
        adopted.idhooks("check --strict").ok().done();
        adopted.remove("idhooks.toml");
        adopted.write("idhooks.toml/file", "in the way");
        adopted
            .idhooks(["import", "--config", &file, "--force"])
            .code(2)
            .explains("not a regular")
            .done();
    });
}

#[test]
fn mistakes_are_told_with_their_lines_and_nothing_is_written() {
    for_each_git(|git| {
        let (repo, file) = fixture(git, SETTINGS);
        refuses(&repo, "../none.yaml", "none.yaml");
        refuses(&repo, "docs", "docs");
        for (text, thing) in [
            ("", "the file is empty"),
            ("a: [1\nb: 2\n", "line 2: this is not YAML"),
            (&SETTINGS.replace("250101", "25010"), "line 3: expected six digits"),
            (&SETTINGS.replace("d{16}", "d{12}"), "but it describes 12 characters"),
            (&SETTINGS.replace("20", "2"), "line 6: expected two digits"),
            (&SETTINGS.replace("007", "7"), "line 11: expected three digits"),
        ] {
            fs::write(&file, text).expect("writable");
            refuses(&repo, &file, thing);
        }
        repo.idhooks(["import", "--config", &file, "registry.json"]).code(2).done();
        Repo::nowhere(git).idhooks(["import", "--config", &file]).code(2).explains("git").done();
    });
}
