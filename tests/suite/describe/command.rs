//! `idhooks describe` itself.

use crate::checks::assert_fits;
use crate::commands::refuses;
use crate::common::{Repo, Snapshot, for_each_git};

const CODE: &str = "\"\"\"The pool.\"\"\"\nimport os\nfrom . import other\n\ndef connect(): pass\n";

fn described(git: &crate::common::Git, rules: &str) -> Repo {
    let repo = Repo::adopted(git);
    if !rules.is_empty() {
        repo.configure(rules);
    }
    repo.write("src/db/__init__.py", "");
    repo.write("src/db/other.py", "x = 1\n");
    repo.write("src/db/pool.py", CODE);
    repo.run("add .");
    repo.commit("code");
    repo
}

fn python(repo: &Repo, subject: &str) -> serde_json::Value {
    let json = repo.idhooks(["describe", subject, "--format", "json"]).ok().json();
    assert_fits(repo, "describe", &json);
    json["python"].clone()
}

#[test]
fn a_file_by_path_and_by_identity() {
    for_each_git(|git| {
        let repo = described(git, "");
        let before = Snapshot::of(&repo);
        let pool = python(&repo, "src/db/pool.py");
        assert_eq!(pool["py_module_qualname"], "db.pool");
        assert_eq!(pool["py_imports_local"], serde_json::json!(["db.other"]));
        assert_eq!(pool["py_imports_external"], serde_json::json!(["os"]));
        let id = repo.id("src/db/pool.py");
        assert_eq!(python(&repo, &id), pool);
        assert_eq!(python(&repo, &id[..12]), pool);
        let json = repo.idhooks("describe src/db --format json").ok().json();
        assert_fits(&repo, "describe", &json);
        assert_eq!(json["descriptors"].as_array().map(Vec::len), Some(3));
        let lines = repo.idhooks("describe --all --format jsonl").ok().stdout();
        let one: serde_json::Value =
            serde_json::from_str(lines.lines().last().expect("a line")).expect("JSON");
        assert_fits(&repo, "describe", &one);
        let table = repo.idhooks("describe --all --format csv").ok().stdout();
        assert!(table.starts_with("id,path,blob,source_sha256,py_parse_status,"), "{table}");
        // The index counts, not the working tree.
        repo.write("src/db/pool.py", "other\n");
        assert_eq!(python(&repo, "src/db/pool.py"), pool);
        repo.write("src/db/pool.py", CODE);
        before.assert_same(&repo);
    });
}

#[test]
fn an_unchanged_blob_is_not_parsed_twice() {
    for_each_git(|git| {
        let repo = described(git, "");
        // The clock of a test goes on with every command.
        let at = |path: &str| python(&repo, path)["py_parsed_utc"].clone();
        let first = at("src/db/pool.py");
        assert_eq!(at("src/db/pool.py"), first);
        // The same blob at another path.
        repo.stage("copy.py", CODE);
        assert_eq!(at("copy.py"), first);
        assert_eq!(python(&repo, "copy.py")["py_module_qualname"], "copy");
        repo.stage("copy.py", format!("{CODE}#\n"));
        assert_ne!(at("copy.py"), first);
        // Without the cache everything is parsed again.
        std::fs::remove_file(repo.path().join(".git/idhooks/cache/descriptors")).expect("there");
        assert_ne!(at("src/db/pool.py"), first);
        repo.run("rm -q --cached copy.py");
        repo.remove("copy.py");
    });
}

#[test]
fn what_is_missing_and_what_takes_too_long() {
    for_each_git(|git| {
        let repo = described(git, "[describe]\ntimeout = \"25ms\"\n");
        let id = repo.id("src/db/other.py");
        repo.run("rm -q src/db/other.py");
        repo.commit("gone");
        let gone = python(&repo, &id);
        assert_eq!(gone["py_parse_status"], "missing_file");
        assert_eq!(gone["py_function_count"], 0);
        repo.stage("slow.py", "x = [1, 2, 3]\n".repeat(100_000));
        let slow = python(&repo, "slow.py");
        assert_eq!(slow["py_parse_status"], "timeout");
        repo.run("rm -q --cached slow.py");
        repo.remove("slow.py");
        let then = repo.idhooks(["describe", &id, "--rev", "HEAD~1", "--format", "json"]).ok();
        assert_eq!(then.json()["python"]["py_parse_status"], "ok");
    });
}

#[test]
fn what_cannot_be_described_is_refused() {
    for_each_git(|git| {
        let repo = described(git, "");
        refuses(&repo, "describe README.md", "'README.md'");
        refuses(&repo, "describe nowhere.py", "'nowhere.py'");
        refuses(&repo, "describe 9999999999999999", "'9999999999999999'");
        refuses(&repo, "describe --all --write", "nothing to write");
        repo.idhooks("describe").code(2).done();
        let bare = repo.beside("new");
        std::fs::create_dir(bare.path()).expect("writable");
        bare.run("init -q .");
        bare.stage("a.py", "x = 1\n");
        assert!(python(&bare, "a.py")["py_descriptor_path"].is_null());
    });
}

#[test]
fn a_file_in_place_of_the_directory_for_descriptors_is_named() {
    for_each_git(|git| {
        let repo = described(git, "[describe]\noutput = \"docs/modules/all\"\n");
        for (number, path) in ["docs/modules/all", "docs/modules"].into_iter().enumerate() {
            if number > 0 {
                repo.sh("rm -r docs/modules").ok().done();
            }
            repo.write(path, "a file\n");
            let before = Snapshot::of(&repo);
            for line in ["describe --all --write", "describe --all --write --dry-run"] {
                let answer = repo.idhooks(line).code(2);
                let answer = answer.explains(&format!("'{path}' is not a directory"));
                answer.complains("another directory: 'output' in [describe]").done();
            }
            before.assert_same(&repo);
        }
    });
}

#[test]
fn descriptors_in_files_are_written_where_they_are_stale() {
    for_each_git(|git| {
        let repo = described(git, "[describe]\npath = \"src/**/*.py\"\noutput = \"docs/d\"\n");
        let id = repo.id("src/db/pool.py");
        let stale = |code| repo.idhooks("describe --all --stale").code(code).stdout();
        assert!(stale(1).contains("src/db/pool.py"));
        let before = Snapshot::of(&repo);
        repo.idhooks("describe --all --write --dry-run").ok().done();
        before.assert_same(&repo);
        repo.idhooks("describe --all --write").ok().done();
        repo.run("add docs");
        assert_eq!(stale(0), "");
        repo.commit("descriptors");
        let file = format!("docs/d/{id}.v1.json");
        let kept: serde_json::Value = serde_json::from_slice(&repo.read(&file)).expect("JSON");
        assert_fits(&repo, "describe", &kept);
        assert!(kept["python"]["py_parsed_utc"].is_null());
        let shown = python(&repo, "src/db/pool.py");
        assert_eq!(shown["py_descriptor_path"], file);
        let sum = repo.sh(&format!("sha256sum {file} | cut -c 1-64")).ok().stdout();
        assert_eq!(shown["py_descriptor_sha256"], sum.trim());
        // Another clone at another time writes the same.
        let clone = repo.clone_as("clone");
        clone.idhooks("describe --all --write").ok().complains("0 descriptors").done();
        repo.commit_file("src/db/pool.py", "x = 2\n");
        assert_eq!(stale(1).lines().count(), 1);
        repo.idhooks("describe src/db/pool.py --write").ok().done();
        repo.run("add docs");
        repo.commit("again");
        assert_eq!(stale(0), "");
    });
}

#[test]
fn descriptors_of_files_that_are_gone_are_removed() {
    for_each_git(|git| {
        let repo = described(git, "[describe]\npath = \"src/**/*.py\"\noutput = \"docs/d\"\n");
        repo.commit_file("src/gone.py", "x = 1\n");
        let [gone, kept] = ["src/gone.py", "src/db/pool.py"].map(|path| repo.id(path));
        let file = |id: &str| format!("docs/d/{id}.v1.json");
        repo.idhooks("describe --all --write").ok().done();
        // Neither what has only the name of a descriptor, nor other files.
        let others = [file("2099999999260118"), "docs/d/notes.json".to_owned()];
        others.iter().for_each(|path| repo.write(path, "{}\n"));
        repo.run("add docs");
        repo.run("rm -q src/gone.py");
        repo.run("mv src/db/pool.py src/db/well.py");
        repo.commit("gone");
        let before = Snapshot::of(&repo);
        let answer = repo.idhooks("describe --all --write --dry-run").ok();
        answer.complains(&format!("'{}' would be removed", file(&gone))).done();
        before.assert_same(&repo);
        // Only the run over all files knows that it is gone.
        repo.idhooks("describe src/db/well.py --write").ok().done();
        assert!(repo.exists(&file(&gone)));
        let answer = repo.idhooks("describe --all --write").ok();
        answer.complains(&format!("'{}' removed: its identity has no file", file(&gone))).done();
        assert!(!repo.exists(&file(&gone)));
        for path in others.iter().chain([&file(&kept)]) {
            assert!(repo.exists(path), "{path}");
        }
        repo.run("add docs");
        repo.commit("removed");
        repo.idhooks("describe --all --stale").ok().done();
    });
}
