//! Which files a scan lists, and with which identities.

use std::collections::BTreeMap;

use idhooks_core::config::Strategy;
use idhooks_repo::store::resolve_path;
use serde_json::{Value, json};

use super::*;
use crate::tests::{REGISTRY, TestRepo, refused, text};
use crate::{AllocateOptions, InitOptions, allocate};

type Rows = BTreeMap<String, Value>;

fn try_scan(repo: &TestRepo, dir: &str, allocate: bool) -> Result<ScanReport, OpsError> {
    let root = resolve_path(&repo.at(dir)).expect("a directory");
    let options = ScanOptions { root, facts: Vec::new(), allocate };
    scan(&mut repo.notices(), &repo.open(), options)
}

/// Returns the rows by path.
#[track_caller]
fn rows_of(repo: &TestRepo, dir: &str, allocate: bool) -> Rows {
    let report = try_scan(repo, dir, allocate).expect("possible");
    let rows = report.rows.iter().map(|row| serde_json::to_value(row).expect("JSON"));
    rows.map(|row| (row["relative_path"].as_str().expect("text").to_owned(), row)).collect()
}

/// Returns the rows of a scan that changes nothing.
#[track_caller]
fn scanned(repo: &TestRepo, dir: &str) -> Rows {
    repo.unchanged(|_| rows_of(repo, dir, false))
}

/// Asserts the values of some columns.
#[track_caller]
fn assert_row(row: &Value, columns: &[(&str, Value)]) {
    for (column, value) in columns {
        assert_eq!(row[*column], *value, "{column}");
    }
}

#[test]
fn planned_identities_are_those_that_the_files_get() {
    for strategy in [Strategy::Scattered, Strategy::Sequential] {
        let repo = TestRepo::empty();
        repo.stage("README.md", &text("README.md"));
        repo.adopt(&InitOptions { strategy: Some(strategy), ..InitOptions::default() });
        (0..20).for_each(|n| repo.write(&format!("new/{n}.md"), &text(&n.to_string())));
        repo.stage("new/7.md", &text("7"));
        repo.write("new/7.md", "edited and not staged\n");
        repo.write(".gitattributes", &(repo.read(".gitattributes") + "*.crlf text\n"));
        repo.write("new/x.crlf", "a\r\nb\r\n");
        let planned: BTreeMap<String, Value> = scanned(&repo, "new")
            .into_iter()
            .map(|(path, row)| (format!("new/{path}"), row["planned_id"].clone()))
            .collect();
        assert_eq!(planned.len(), 21);
        for path in planned.keys().filter(|path| *path != "new/7.md") {
            repo.git(&["add", "--", path]);
        }
        let files = planned.keys().map(|path| repo.at(path)).collect();
        let options = AllocateOptions { files, ..AllocateOptions::default() };
        let given = allocate(&mut repo.notices(), &repo.open(), &options).expect("possible").ids;
        let given = given.iter().map(|(path, id)| (path.to_string(), json!(id.to_string())));
        assert_eq!(given.collect::<BTreeMap<_, _>>(), planned);
    }
}

#[test]
fn only_files_in_the_index_below_the_directory_get_identities() {
    let repo = TestRepo::adopted();
    repo.stage("new/a.md", &text("a"));
    repo.stage("other/b.md", &text("b"));
    repo.write("new/c.md", &text("c"));
    let before = scanned(&repo, "new");
    let after = rows_of(&repo, "new", true);
    let id = &before["a.md"]["planned_id"];
    assert_row(&after["a.md"], &[("doc_id", id.clone()), ("needs_id", json!(false))]);
    let planned = before["c.md"]["planned_id"].clone();
    assert_row(&after["c.md"], &[("planned_id", planned), ("needs_id", json!(true))]);
    assert_eq!(scanned(&repo, "other")["b.md"]["needs_id"], true);
    let all = rows_of(&repo, ".", true);
    assert_eq!(all["other/b.md"]["needs_id"], false);
    assert_eq!(all[REGISTRY]["size_bytes"], repo.read(REGISTRY).len());
    repo.commit("new");
    assert_eq!(repo.id("new/a.md").to_string(), *id);
}

#[test]
fn ignored_files_are_left_out_unless_they_are_tracked() {
    let repo = TestRepo::adopted();
    repo.stage(".gitignore", "*.log\n/out/\n");
    repo.stage("kept.log", &text("kept"));
    std::fs::create_dir_all(repo.at(".git/info")).expect("writable");
    repo.write(".git/info/exclude", "excluded\n");
    for path in ["dropped.log", "out/x.md", "excluded", ".hidden", "nested/file"] {
        repo.write(path, "x");
    }
    repo.run("init -q nested");
    let found = scanned(&repo, ".");
    assert!(found.contains_key("kept.log") && found.contains_key(".hidden"));
    for path in ["dropped.log", "out/x.md", "excluded", "nested/file", ".git/HEAD"] {
        assert!(!found.contains_key(path), "{path}");
    }
    let expected = [("is_directory", json!(true)), ("needs_id", json!(false))];
    assert_row(&found["nested"], &expected);
}

// Only Unix has pipes among files.
#[cfg(unix)]
#[test]
fn excluded_files_links_and_pipes_need_no_identity() {
    let repo = TestRepo::adopted();
    repo.commit_file("idhooks.toml", "scope = \"260118\"\n[track]\nexclude = [\"vendor/\"]\n");
    repo.stage("vendor/x.py", &text("x"));
    std::os::unix::fs::symlink("README.md", repo.at("link.md")).expect("a link");
    repo.run("add link.md");
    let made = std::process::Command::new("mkfifo").arg(repo.at("pipe")).status();
    assert!(made.expect("mkfifo runs").success());
    let found = scanned(&repo, ".");
    let none =
        [("needs_id", json!(false)), ("type_code", json!(null)), ("planned_id", json!(null))];
    for path in ["vendor/x.py", "link.md", "pipe"] {
        assert_row(&found[path], &none);
    }
    let kind = |path: &str| found[path]["permissions"].as_str().map(|text| text[..1].to_owned());
    assert_eq!([kind("link.md"), kind("pipe")], ["l", "p"].map(|kind| Some(kind.to_owned())));
    assert_eq!(found["pipe"]["content_hash"], json!(null));
}

#[test]
fn a_name_that_has_an_identity_gets_the_planned_one_in_its_place() {
    let repo = TestRepo::adopted();
    let id = "2099900007260118";
    let names = [format!("{id}_a.py"), format!("P_{id}_b.py"), "0000000000000000_c.py".to_owned()];
    names.iter().for_each(|name| repo.stage(name, &text(name)));
    let found = scanned(&repo, ".");
    let [a, b, c] = names.each_ref().map(|name| &found[name]);
    let planned = |row: &Value, before: &str, after: &str| {
        json!(format!("{before}{}{after}", row["planned_id"].as_str().expect("text")))
    };
    assert_row(
        a,
        &[
            ("has_id_prefix", json!(true)),
            ("current_id_prefix", json!(id)),
            ("0000000000000000_filename", json!(names[0])),
            ("planned_rel_path", planned(a, "", "_a.py")),
        ],
    );
    assert_eq!(b["planned_rel_path"], planned(b, "P_", "_b.py"));
    assert_eq!(c["current_id_prefix"], "0000000000000000");
    assert_eq!(c["planned_rel_path"], planned(c, "", "_c.py"));
}

#[test]
fn a_repository_that_is_not_adopted_has_files_without_planned_identities() {
    let repo = TestRepo::empty();
    assert_eq!(scanned(&repo, ".").len(), 0);
    repo.stage("docs/a.md", &text("a"));
    repo.write("b.py", &text("b"));
    let found = scanned(&repo, ".");
    assert_eq!(found.len(), 2);
    for row in found.values() {
        assert_eq!(row["needs_id"], true);
        for column in ["doc_id", "planned_id", "planned_rel_path", "scope"] {
            assert_eq!(row[column], json!(null), "{column}");
        }
    }
    assert_eq!(scanned(&repo, "docs")["a.md"]["ns_code"], "100");
    let done = repo.unchanged(|_| try_scan(&repo, ".", true));
    assert!(matches!(done, Err(OpsError::NotAdopted(_))), "{done:?}");
}

// Windows has no such names.
#[cfg(unix)]
#[test]
fn hostile_names_are_rows_like_any_other() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let repo = TestRepo::adopted();
    let names: [&[u8]; 7] = [
        b"line\nbreak.md",
        b"a \"quote\", comma.md",
        b"-rf.md",
        b"caf\xe9.md",
        b"\xff\xfe",
        b"tab\t.md",
        b"back\\slash.md",
    ];
    std::fs::create_dir(repo.at("odd")).expect("writable");
    for name in names {
        let content = text(&String::from_utf8_lossy(name));
        std::fs::write(repo.at("odd").join(OsStr::from_bytes(name)), content).expect("writable");
    }
    let found = scanned(&repo, "odd");
    assert_eq!(found.len(), names.len());
    assert!(found.values().all(|row| row["planned_id"].as_str().is_some_and(|id| id.len() == 16)));
    assert_eq!(found["line\nbreak.md"]["name"], "line\nbreak.md");
    assert_eq!(found["caf\u{fffd}.md"]["mime_type"], "text/markdown");
    repo.run("add odd");
    let given = rows_of(&repo, "odd", true);
    for (path, row) in found {
        assert_eq!(given[&path]["doc_id"], row["planned_id"], "{path}");
    }
}

#[test]
fn a_registry_that_cannot_be_read_is_an_error() {
    let repo = TestRepo::adopted();
    repo.stage(REGISTRY, "{\"schema_version\":\"1.0\",\"sco");
    refused(try_scan(&repo, ".", false), "registry");
}
