//! A row for every file, whatever it is and however it is called.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;

use idhooks_repo::store::resolve_path;

use crate::common::{Output, Repo, SCOPE, Snapshot, for_each_git, on_adopted, on_adopted_leaving};
use crate::reviewed::assert_text;

const COLUMNS: &str = "scan_id,scan_root,first_seen_utc,relative_path,path,name,extension,size_bytes,mtime_utc,created_time,is_directory,mime_type,permissions,content_hash,doc_id,has_id_prefix,current_id_prefix,needs_id,0000000000000000_filename,type_code,ns_code,scope,planned_id,planned_rel_path,error,error_kind";

/// A row, by the names of its columns.
type Row = BTreeMap<String, String>;

/// Returns the rows of a scan in their order, with what is different in every scan checked.
fn rows(answer: &Output<'_>) -> Vec<Row> {
    let text = answer.stdout();
    assert_eq!(text.lines().next(), Some(COLUMNS), "{answer}");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Result<Vec<Row>, _> = reader.deserialize().collect();
    let rows = rows.expect("CSV");
    for row in &rows {
        assert_eq!(row.len(), 26);
        assert_eq!(row["scan_id"], rows[0]["scan_id"]);
        let id = &row["scan_id"];
        assert!(id.len() == 36 && id.as_bytes()[14] == b'4', "{id}");
    }
    rows
}

/// Returns the rows of a scan that succeeds, by path.
fn scan(repo: &Repo, line: &str) -> BTreeMap<String, Row> {
    let answer = repo.idhooks(format!("scan {line}").as_str()).ok();
    let found = rows(&answer);
    let paths: Vec<&String> = found.iter().map(|row| &row["relative_path"]).collect();
    assert!(paths.is_sorted(), "{paths:?}");
    found.iter().map(|row| (row["relative_path"].clone(), row.clone())).collect()
}

/// Asserts the columns of `src/app.py`.
fn assert_app(repo: &Repo, row: &Row) {
    let root = resolve_path(repo.path()).expect("there").display().to_string();
    let id = repo.id("src/app.py");
    let record = repo.record(&id);
    for (column, value) in [
        ("scan_root", root.as_str()),
        ("first_seen_utc", record["allocated_at"].as_str().expect("text")),
        ("path", &format!("{root}/src/app.py")),
        ("name", "app.py"),
        ("extension", "py"),
        ("size_bytes", &repo.read("src/app.py").len().to_string()),
        ("is_directory", "false"),
        ("mime_type", "text/plain"),
        ("doc_id", &id),
        ("has_id_prefix", "false"),
        ("current_id_prefix", ""),
        ("needs_id", "false"),
        ("0000000000000000_filename", &format!("{id}_app.py")),
        ("type_code", "20"),
        ("ns_code", "999"),
        ("scope", SCOPE),
        ("planned_id", ""),
        ("planned_rel_path", ""),
        ("error", ""),
        ("error_kind", ""),
    ] {
        assert_eq!(row[column], value, "{column}");
    }
}

#[test]
fn every_column_says_what_it_means() {
    on_adopted_leaving("?? new/Plan.MD\n", |repo| {
        let before = Snapshot::of(repo);
        repo.write("new/Plan.MD", "plan\n");
        std::fs::set_permissions(repo.path().join("new/Plan.MD"), PermissionsExt::from_mode(0o640))
            .expect("own file");
        let found = scan(repo, "");
        let keys: Vec<&str> = found.keys().map(String::as_str).collect();
        let own = [".gitattributes", ".idhooks/registry.json", "idhooks.toml"];
        assert_eq!(keys.len(), 7 + own.len() + 1, "{keys:?}");
        for path in own {
            let row = &found[path];
            assert_eq!((row["needs_id"].as_str(), row["doc_id"].as_str()), ("false", ""), "{path}");
        }
        assert_app(repo, &found["src/app.py"]);
        let plan = &found["new/Plan.MD"];
        let planned = plan["planned_id"].clone();
        assert!(planned.starts_with("01999") && planned.ends_with(SCOPE), "{planned}");
        let hash = "5adf91fd6bb77e49ee43b40ea7ae5e9b8f6b5ec08d2dd6d7cbf0b27e7a2f9b02";
        for (column, value) in [
            ("extension", "md"),
            ("size_bytes", "5"),
            ("mime_type", "text/markdown"),
            ("permissions", "-rw-r-----"),
            ("doc_id", ""),
            ("needs_id", "true"),
            ("0000000000000000_filename", "0000000000000000_Plan.MD"),
            ("type_code", "01"),
            ("planned_rel_path", &format!("new/{planned}_Plan.MD")),
        ] {
            assert_eq!(plan[column], value, "{column}");
        }
        assert_eq!(plan["content_hash"].len(), hash.len());
        let sum = repo.sh("sha256sum new/Plan.MD").ok().stdout();
        assert!(sum.starts_with(&plan["content_hash"]), "{sum}");
        for column in ["first_seen_utc", "mtime_utc"] {
            assert!(plan[column].len() == 20 && plan[column].ends_with('Z'), "{column}");
        }
        repo.remove("new/Plan.MD");
        std::fs::remove_dir(repo.path().join("new")).expect("empty");
        before.assert_same(repo);
        repo.write("new/Plan.MD", "plan\n");
    });
}

#[test]
fn two_scans_of_the_same_files_differ_in_time_and_name_alone() {
    on_adopted(|repo| {
        let plain = |line: &str| -> Vec<Row> {
            let mut rows: Vec<Row> = scan(repo, line).into_values().collect();
            for row in &mut rows {
                row.remove("scan_id");
                if row["doc_id"].is_empty() {
                    row.remove("first_seen_utc");
                }
            }
            rows
        };
        assert_eq!(plain(""), plain("--csv"));
    });
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_scanned() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.write("new/closed.md", "x");
        repo.write("new/dir/inside.md", "x");
        repo.write("new/open.md", "x");
        let close = |path: &str, mode| {
            let mode = PermissionsExt::from_mode(mode);
            std::fs::set_permissions(repo.path().join(path), mode).expect("own file");
        };
        close("new/closed.md", 0o000);
        close("new/dir", 0o000);
        // Permissions bind the superuser only without these rights.
        let program = crate::common::binary().into_string().expect("a plain path");
        let is_bound = std::fs::read(repo.path().join("new/closed.md")).is_err();
        let rights = "setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-all";
        let bind = if is_bound { "" } else { rights };
        let answer = repo.sh(&format!("exec {bind} '{program}' scan new")).code(1);
        close("new/dir", 0o755);
        let found = rows(&answer);
        let of = |path: &str| found.iter().find(|row| row["relative_path"] == path).expect("a row");
        assert_eq!(found.len(), 3, "{answer}");
        assert_eq!(of("closed.md")["error_kind"], "permission_denied");
        assert_eq!((&*of("closed.md")["needs_id"], &*of("closed.md")["planned_id"]), ("true", ""));
        assert_eq!(
            (&*of("dir")["is_directory"], &*of("dir")["error_kind"]),
            ("true", "permission_denied")
        );
        assert_eq!(of("open.md")["planned_id"].len(), 16);
        assert_text(
            "import_export-scan-what_cannot_be_read_is_told_and_the_rest_is_scanned",
            &answer.stderr(),
        );
    });
}

#[test]
fn wrong_places_and_broken_registries_are_explained() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.idhooks("scan --allocate-ids").code(2).explains("not adopted").done();
        let repo = Repo::adopted(git);
        repo.idhooks("scan none").code(2).explains("none").done();
        repo.idhooks("scan README.md").code(2).explains("README.md").done();
        repo.idhooks("scan --csv --json").code(2).done();
        repo.idhooks("scan .git").code(2).explains("git directory").done();
        repo.stage(".idhooks/registry.json", "{\"schema_version\":\"1.0\",\"sco");
        repo.idhooks("scan").code(2).explains("registry").done();
    });
}
