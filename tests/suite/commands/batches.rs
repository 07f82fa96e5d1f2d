//! Lists of files that other programs write: tables of a scan, and JSON.

use super::{refuses, said};
use crate::common::{Repo, Snapshot, on_adopted, on_adopted_leaving, text};
use crate::reviewed::assert_text;

fn file(repo: &Repo, name: &str, content: &str) -> String {
    let file = format!("../{name}");
    repo.write(&file, content);
    file
}

/// Returns the column of a table, by path.
fn column(table: &str, name: &str) -> Vec<(String, String)> {
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let place = |name: &str| header.iter().position(|own| own == name).expect("a column");
    let (path, value) = (place("relative_path"), place(name));
    let rows = reader.records().map(|row| row.expect("a row"));
    rows.map(|row| (row[path].to_owned(), row[value].to_owned())).collect()
}

#[test]
fn what_a_scan_writes_is_a_batch() {
    on_adopted_leaving("?? loose.md\n", |repo| {
        for name in ["=a", "b", "c"] {
            repo.stage(format!("new/{name}.md"), text(name));
        }
        repo.write("loose.md", text("loose"));
        let scan = repo.idhooks("scan").ok().stdout();
        let table = file(repo, "scan.csv", &scan);
        let before = Snapshot::of(repo);
        let shown = repo.idhooks(["allocate", "--dry-run", "--batch", &table]).ok().stdout();
        before.assert_same(repo);
        let first = repo.idhooks(["allocate", "--limit", "2", "--batch", &table]).ok();
        for why in [" because of --limit", ": not in the index"] {
            let said = format!("1 file stays without an identity{why}");
            assert!(first.stderr().contains(&said), "{first}");
        }
        let given = |table: &str| {
            column(table, "id").into_iter().filter(|(_, id)| !id.is_empty()).collect::<Vec<_>>()
        };
        assert_eq!(given(&first.stdout()), given(&shown)[..2]);
        // Once more with the same table: what has its identity keeps it.
        let all = repo.idhooks(["allocate", "--limit", "2", "--batch", &table]).ok().stdout();
        assert_eq!(given(&all), given(&shown));
        assert_eq!(given(&all).len(), 3);
        let errors = column(&all, "error");
        assert!(errors.contains(&("loose.md".to_owned(), "not in the index".to_owned())), "{all}");
        repo.commit("new");
        for (path, id) in given(&all) {
            assert_eq!(repo.id(&path), id);
        }
    });
}

#[test]
fn a_scan_may_be_json_or_come_from_a_spreadsheet() {
    on_adopted(|repo| {
        repo.stage("new/a.md", text("a"));
        let scan = file(repo, "scan.json", &repo.idhooks("scan --json new").ok().stdout());
        let shown = repo.idhooks(["allocate", "--dry-run", "--batch", &scan]).ok().stdout();
        let table = "path,needs_id\nnew/a.md,TRUE\nREADME.md,FALSE\n";
        let table = file(repo, "table.csv", table);
        let given = repo.idhooks(["allocate", "--batch", &table]).ok().stdout();
        let id = given.lines().nth(1).and_then(|line| line.split(',').nth(2)).expect("a row");
        assert_text("commands-batches-a_scan_may_be_json_or_come_from_a_spreadsheet", &shown);
        let wrong = file(repo, "wrong.csv", "path,needs_id\nnew/a.md,perhaps\n");
        refuses(repo, &format!("allocate --batch {wrong}"), "line 2: 'perhaps' in 'needs_id'");
        repo.commit("new");
        assert_eq!(repo.id("new/a.md"), id);
    });
}

#[test]
fn files_to_rename_may_be_listed_as_json() {
    on_adopted(|repo| {
        let [guide, intro] = ["docs/guide.md", "docs/intro.md"].map(|path| repo.id(path));
        let list = format!(
            "[\n  {{\"path\": \"docs/guide.md\", \"id\": \"{guide}\"}},\n  {{\"note\": [1], \"path\": \"docs/intro.md\"}}\n]\n"
        );
        let list = file(repo, "list.json", &list);
        said(repo, &format!("rename --to-id-prefix --batch {list}"));
        assert!(repo.exists(&format!("docs/{guide}_guide.md")));
        repo.commit("there");
        let from = file(
            repo,
            "from.json",
            &format!("{{\"files\": [{{\"path\": \"docs/{guide}_guide.md\", \"id\": null}}]}}"),
        );
        said(repo, &format!("rename --from-id-prefix --batch {from}"));
        repo.commit("back");
        assert_eq!(repo.id("docs/guide.md"), guide);
        let refused = |content: &str, thing: &str| {
            let list = file(repo, "refused.json", content);
            refuses(repo, &format!("rename --to-id-prefix --batch {list}"), thing);
        };
        refused(
            &format!("[{{\"path\": \"docs/guide.md\", \"id\": \"{intro}\"}}]"),
            &format!("'docs/guide.md' has the identity {guide}, not {intro}"),
        );
        refused("[{\"path\": \"docs/guide.md\", \"id\": \"12\"}]", "12");
        refused(
            "[\n{\"path\": \"docs/guide.md\"},\n{\"id\": \"x\"}\n]",
            "line 3: the path is missing",
        );
        refused("[{\"path\": \"docs/guide.md\"},\n", "cannot read");
        refused("[\"docs/guide.md\"]", "cannot read");
        refused("{\"path\": \"docs/guide.md\"}", "an object with one in 'files'");
        let empty = file(repo, "empty.json", "[]");
        assert!(said(repo, &format!("rename --to-id-prefix --batch {empty}")).is_empty());
    });
}
