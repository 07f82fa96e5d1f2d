//! A row for every file, whatever it is and however it is called.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;

use crate::common::{
    Output, Repo, SCOPE, Snapshot, for_each_git, on_adopted, on_adopted_leaving, text,
};
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
    let root = repo.path().canonicalize().expect("there").display().to_string();
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
fn what_is_planned_is_given() {
    for strategy in ["scattered", "sequential"] {
        for_each_git(|git| {
            let repo = Repo::adopted_with(git, &format!("--strategy {strategy}"));
            for n in 0..20 {
                repo.write(format!("new/{n}.md"), text(&n.to_string()));
            }
            repo.stage("new/7.md", text("7"));
            repo.write("new/7.md", "edited and not staged\n");
            repo.write(
                ".gitattributes",
                [&repo.read(".gitattributes")[..], b"*.crlf text\n"].concat(),
            );
            repo.write("new/x.crlf", "a\r\nb\r\n");
            let planned: BTreeMap<String, String> = scan(&repo, "new")
                .into_iter()
                .map(|(path, row)| (format!("new/{path}"), row["planned_id"].clone()))
                .collect();
            assert_eq!(planned.len(), 21);
            for path in planned.keys().filter(|path| *path != "new/7.md") {
                repo.run(["add", "--", path]);
            }
            let paths = planned.keys().map(OsString::from);
            let line = ["allocate".into()].into_iter().chain(paths).collect::<Vec<_>>();
            let given = repo.idhooks(line).ok().stdout();
            let said: Vec<String> =
                planned.iter().map(|(path, id)| format!("{id} {path}")).collect();
            assert_eq!(given.lines().collect::<Vec<_>>(), said);
        });
    }
}

#[test]
fn identities_are_given_to_what_is_in_the_index() {
    on_adopted_leaving("?? new/c.md\n", |repo| {
        repo.stage("new/a.md", text("a"));
        repo.stage("other/b.md", text("b"));
        repo.write("new/c.md", text("c"));
        let before = scan(repo, "new");
        let after = scan(repo, "new --allocate-ids");
        assert_eq!(after["a.md"]["doc_id"], before["a.md"]["planned_id"]);
        assert_eq!(after["a.md"]["needs_id"], "false");
        assert_eq!(after["c.md"]["planned_id"], before["c.md"]["planned_id"]);
        assert_eq!(after["c.md"]["needs_id"], "true");
        assert_eq!(scan(repo, "other")["b.md"]["needs_id"], "true");
        assert_eq!(
            scan(repo, "--allocate-ids").keys().filter(|path| *path == "new/a.md").count(),
            1
        );
        let registry = scan(repo, "--allocate-ids");
        let size = repo.read(".idhooks/registry.json").len().to_string();
        assert_eq!(registry[".idhooks/registry.json"]["size_bytes"], size);
        repo.commit("new");
        assert_eq!(repo.id("new/a.md"), before["a.md"]["planned_id"]);
    });
}

#[test]
fn what_git_ignores_is_left_out_unless_it_is_tracked() {
    on_adopted(|repo| {
        repo.stage(".gitignore", "*.log\n/out/\n");
        repo.stage("kept.log", text("kept"));
        repo.write("dropped.log", "x");
        repo.write("out/x.md", "x");
        repo.write(".git/info/exclude", "excluded\n");
        repo.write("excluded", "x");
        repo.write(".hidden", "x");
        repo.write("nested/file", "x");
        repo.run("init -q nested");
        let found = scan(repo, "");
        assert!(found.contains_key("kept.log") && found.contains_key(".hidden"));
        for path in ["dropped.log", "out/x.md", "excluded", "nested/file", ".git/HEAD"] {
            assert!(!found.contains_key(path), "{path}");
        }
        let nested = &found["nested"];
        assert_eq!((&*nested["is_directory"], &*nested["needs_id"]), ("true", "false"));
        std::fs::remove_dir_all(repo.path().join("nested")).expect("removable");
        repo.remove(".hidden");
        repo.commit("new");
    });
}

#[test]
fn rules_links_and_pipes() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure("[track]\nexclude = [\"vendor/\"]\n");
        repo.stage("vendor/x.py", text("x"));
        std::os::unix::fs::symlink("README.md", repo.path().join("link.md")).expect("a link");
        repo.run("add link.md");
        repo.sh("mkfifo pipe").ok().done();
        let found = scan(&repo, "");
        let x = &found["vendor/x.py"];
        assert_eq!((&*x["needs_id"], &*x["type_code"], &*x["planned_id"]), ("false", "", ""));
        assert_eq!(&found["link.md"]["permissions"][..1], "l");
        assert_eq!(found["link.md"]["needs_id"], "false");
        assert_eq!(&found["pipe"]["permissions"][..1], "p");
        assert_eq!(found["pipe"]["content_hash"], "");
    });
}

#[test]
fn a_name_may_have_its_identity_already() {
    on_adopted(|repo| {
        let id = "2099900007260118";
        repo.stage(format!("{id}_a.py"), text("a"));
        repo.stage(format!("P_{id}_b.py"), text("b"));
        repo.stage("0000000000000000_c.py", text("c"));
        let found = scan(repo, "");
        let a = &found[&format!("{id}_a.py")];
        assert_eq!((&*a["has_id_prefix"], &*a["current_id_prefix"]), ("true", id));
        assert_eq!(a["0000000000000000_filename"], format!("{id}_a.py"));
        assert_eq!(a["planned_rel_path"], format!("{}_a.py", a["planned_id"]));
        let b = &found[&format!("P_{id}_b.py")];
        assert_eq!(b["planned_rel_path"], format!("P_{}_b.py", b["planned_id"]));
        let c = &found["0000000000000000_c.py"];
        assert_eq!(c["current_id_prefix"], "0000000000000000");
        assert_eq!(c["planned_rel_path"], format!("{}_c.py", c["planned_id"]));
        // No file has that identity, so a commit would be blocked.
        repo.run(["rm", "-qf", &format!("{id}_a.py"), &format!("P_{id}_b.py")]);
        repo.commit("new");
    });
}

#[test]
fn a_repository_that_is_not_adopted() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        assert_eq!(scan(&repo, "").len(), 0);
        repo.stage("docs/a.md", text("a"));
        repo.write("b.py", text("b"));
        let before = Snapshot::of(&repo);
        for (path, row) in scan(&repo, "") {
            assert_eq!(row["needs_id"], "true", "{path}");
            for column in ["doc_id", "planned_id", "planned_rel_path", "scope"] {
                assert_eq!(row[column], "", "{path} {column}");
            }
        }
        assert_eq!(scan(&repo, "docs")["a.md"]["ns_code"], "100");
        repo.idhooks("scan --allocate-ids").code(2).explains("not adopted").done();
        before.assert_same(&repo);
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
fn hostile_names_are_rows_like_any_other() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let names: [&[u8]; 7] = [
            b"line\nbreak.md",
            b"a \"quote\", comma.md",
            b"-rf.md",
            b"caf\xe9.md",
            b"\xff\xfe",
            b"tab\t.md",
            b"back\\slash.md",
        ];
        for name in names {
            let path = [b"odd/", name].concat();
            repo.write(OsStr::from_bytes(&path), text(&String::from_utf8_lossy(name)));
        }
        let found = scan(&repo, "odd");
        assert_eq!(found.len(), names.len());
        assert!(found.values().all(|row| row["planned_id"].len() == 16));
        assert_eq!(found["line\nbreak.md"]["name"], "line\nbreak.md");
        assert_eq!(found["caf\u{fffd}.md"]["mime_type"], "text/markdown");
        let json = repo.idhooks("scan --json odd").ok().json();
        assert_eq!(json["files"].as_array().map(Vec::len), Some(names.len()));
        repo.run("add odd");
        let given = scan(&repo, "odd --allocate-ids");
        for (path, row) in found {
            assert_eq!(given[&path]["doc_id"], row["planned_id"], "{path}");
        }
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
        let nowhere = Repo::nowhere(git);
        nowhere.idhooks("scan").code(2).explains("not in a git repository").done();
        let repo = Repo::adopted(git);
        repo.idhooks("scan none").code(2).explains("none").done();
        repo.idhooks("scan README.md").code(2).explains("README.md").done();
        repo.idhooks("scan --csv --json").code(2).done();
        repo.idhooks("scan .git").code(2).explains("git directory").done();
        repo.stage(".idhooks/registry.json", "{\"schema_version\":\"1.0\",\"sco");
        repo.idhooks("scan").code(2).explains("registry").done();
    });
}
