//! References in drift, metrics, health, alerts, scheduled reports and the dashboard.

use serde_json::{Value, json};

use crate::common::{Repo, for_each_git};

/// A repository with three references in README.md, of which one is suspect and one leads nowhere.
fn with_references(git: &crate::common::Git) -> Repo {
    let repo = Repo::adopted(git);
    repo.configure("[references]\n");
    let [app, intro] = ["src/app.py", "docs/intro.md"].map(|path| repo.id(path));
    let lines = [&app, &format!("{intro}@0123456789ab"), "0199900001260118"];
    let lines = lines.map(|text| format!("idhooks:{text}\n"));
    repo.commit_file("README.md", lines.concat());
    repo
}

/// Returns the value of a metric, with its labels as they are printed.
fn value(repo: &Repo, metric: &str) -> Option<String> {
    let metrics = repo.idhooks("metrics --rev HEAD --no-history").ok().stdout();
    let value = |line: &str| Some(line.strip_prefix(metric)?.strip_prefix(' ')?.to_owned());
    metrics.lines().find_map(value)
}

#[test]
fn reports_count_references() {
    for_each_git(|git| {
        let repo = with_references(git);
        for (metric, expected) in [
            ("identity_references", "3"),
            ("identity_reference_findings{code=\"REFERENCE_UNKNOWN\"}", "1"),
            ("identity_reference_findings{code=\"REFERENCE_SUSPECT\"}", "1"),
            ("identity_reference_findings{code=\"REFERENCE_SECTION\"}", "0"),
            ("identity_drift_issues{kind=\"references\"}", "2"),
            ("identity_drift_issues{kind=\"registry\"}", "0"),
            ("identity_validation_warnings", "2"),
        ] {
            assert_eq!(value(&repo, metric).as_deref(), Some(expected), "{metric}");
        }
        for line in ["drift", "drift --rev HEAD"] {
            let drift = repo.idhooks(line).code(1).stdout();
            assert!(drift.contains("\nReferences between files (2)\n"), "{drift}");
            let place =
                "README.md:3:1 'idhooks:0199900001260118' refers to 0199900001260118, which";
            assert!(drift.contains(place), "{drift}");
        }
        let drift = repo.idhooks("drift --format json").code(1).json();
        let sections = drift["sections"].as_array().expect("sections").iter();
        let mut items = sections.filter(|section| section["kind"] == "references");
        let items = &items.next().expect("a section")["items"];
        assert_eq!((&items[1]["line"], &items[1]["column"]), (&json!(3), &json!(1)), "{items}");
        // The next check finds what was cached, and another index.
        assert!(repo.exists(".git/idhooks/cache/references"));
        repo.stage("notes.txt", "idhooks:0199900001260118\n");
        let drift = repo.idhooks("drift").code(1).stdout();
        assert!(drift.contains("\nReferences between files (3)\n"), "{drift}");
        // They are no reason to call an operator.
        repo.idhooks("alerts").ok().done();
        repo.idhooks("health").ok().done();
        repo.run("reset -q --hard");
        repo.configure("");
        assert_eq!(value(&repo, "identity_references"), None);
        assert!(!repo.idhooks("drift").ok().stdout().contains("References"));
    });
}

#[test]
fn the_dashboard_lists_the_references_of_a_file() {
    for_each_git(|git| {
        let repo = with_references(git);
        repo.idhooks("dashboard --output ../site").ok().done();
        let json = |name: &str| -> Value {
            serde_json::from_slice(&repo.read(&format!("../site/api/{name}"))).expect("JSON")
        };
        let (identities, overview) = (json("identities.json"), json("overview.json"));
        let row = |path: &str| {
            let mut all = identities["identities"].as_array().expect("identities").iter();
            all.find(|row| row["path"] == path).expect("a row").clone()
        };
        let [app, intro] = ["src/app.py", "docs/intro.md"].map(|path| repo.id(path));
        let texts = [
            format!("idhooks:{app}"),
            format!("idhooks:{intro}@0123456789ab"),
            "idhooks:0199900001260118".to_owned(),
        ];
        assert_eq!(
            row("README.md")["refers_to"],
            json!({"count": 3, "items": [
                {"id": app, "path": "src/app.py", "line": 1, "text": texts[0]},
                {"id": intro, "path": "docs/intro.md", "line": 2, "text": texts[1]},
                {"path": null, "line": 3, "text": texts[2]},
            ]})
        );
        assert_eq!(
            row("src/app.py")["referred_by"],
            json!({"count": 1, "items": [{"path": "README.md", "line": 1, "text": texts[0]}]})
        );
        assert!(row("notes.txt").get("referred_by").is_none());
        assert_eq!(overview["findings"]["warnings"], 2);
        let found = &overview["findings"]["items"][1];
        assert_eq!((&found["line"], &found["column"]), (&json!(3), &json!(1)), "{found}");
        let drift = overview["drift"].as_array().expect("drift").iter();
        let kinds: Vec<&Value> = drift.map(|section| &section["kind"]).collect();
        assert!(kinds.contains(&&json!("references")), "{kinds:?}");
    });
}
