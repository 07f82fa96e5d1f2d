//! 'idhooks drift', for people, wikis and machines.

use serde_json::Value;

use crate::common::{Repo, for_each_git, text};
use crate::reviewed::assert_text;

const KINDS: [&str; 5] = ["missing", "unregistered", "stale", "deprecated_in_use", "capacity"];

fn drifted(repo: &Repo) -> Vec<(String, String)> {
    repo.configure("[[embed]]\npath = [\"src/**\"]\n");
    repo.idhooks("inject --all").ok().done();
    repo.commit("carry");
    let [app, intro] = [repo.id("src/app.py"), repo.id("docs/intro.md")];
    repo.idhooks(["deprecate", "docs/intro.md", "--reason", "old"]).ok().done();
    repo.run("commit -q -m deprecated");
    repo.stage("docs/new.md", text("new"));
    repo.run("rm -q -f notes.txt");
    repo.stage("src/copy.py", format!("# doc_id: {app}\n{}", text("copy")));
    vec![("missing".into(), "docs/new.md".into()), ("deprecated_in_use".into(), intro)]
}

#[test]
fn nothing_has_drifted_after_a_commit() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let told = repo.idhooks("drift").ok().stdout();
        let title = told.lines().next().expect("a title");
        assert!(title.starts_with("Identity drift, 2") && title.ends_with('Z'), "{title}");
        assert_eq!(told.lines().filter(|line| line.ends_with(" (0)")).count(), 5, "{told}");
        repo.idhooks("drift --rev HEAD").ok().done();
        repo.idhooks("drift --rev nope").refused().done();
        Repo::empty(git).idhooks("drift").refused().complains("idhooks init").done();
    });
}

#[test]
fn each_kind_is_told_with_its_files_and_identities() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let notes = repo.id("notes.txt");
        let expected = drifted(&repo);
        let report = repo.idhooks("drift --format json").code(1).json();
        let sections = report["sections"].as_array().expect("sections");
        let kinds: Vec<&str> = sections.iter().filter_map(|s| s["kind"].as_str()).collect();
        assert_eq!(kinds[..5], KINDS, "{report:#}");
        let of = |kind: &str| -> &Value {
            sections.iter().find(|section| section["kind"] == kind).expect("a section")
        };
        for (kind, word) in expected {
            assert!(of(&kind)["items"].to_string().contains(&word), "{kind}: {report:#}");
        }
        assert_eq!(of("stale")["items"][0]["id"], notes.as_str());
        assert!(of("unregistered")["count"] != 0, "{report:#}");
        for section in sections {
            assert_eq!(section["count"], section["items"].as_array().expect("items").len());
        }
        let told = repo.idhooks("drift").code(1).stdout();
        assert_text("ci-drift-each_kind_is_told_with_its_files_and_identities", &told);
        repo.idhooks("drift --format markdown --output ../drift.md").code(1).done();
        let page = String::from_utf8(repo.read("../drift.md")).expect("text");
        assert_text("ci-drift-each_kind_is_told_with_its_files_and_identities-2", &page);
        // What can be repaired is.
        assert!(matches!(repo.idhooks("fix --execute").exit(), Some(0 | 1)));
        let left = repo.idhooks("drift").stdout();
        for title in ["Missing identities", "Stale paths", "Unregistered identities"] {
            assert!(left.contains(&format!("\n{title} (0)\n")), "{left}");
        }
    });
}
