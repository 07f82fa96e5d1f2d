//! Diagnostics, compared with `idhooks check`.

use std::path::Path;

use serde_json::{Value, json};

use super::client::{LspClient, codes_of, range_of};
use crate::common::{Repo, for_each_git, uri};

/// Returns the findings of `idhooks check` about references in a file, as diagnostics have them.
pub(crate) fn checked(report: &Value, path: &str) -> Vec<[String; 3]> {
    let findings = report["findings"].as_array().expect("a list").iter();
    let of_path = findings.filter(|one| {
        one["path"] == path
            && one["code"].as_str().is_some_and(|code| code.starts_with("REFERENCE_"))
    });
    let text = |one: &Value, key: &str| one[key].as_str().expect("a text").to_owned();
    let mut found: Vec<_> = of_path
        .map(|one| {
            let message = format!("{}\nhelp: {}", text(one, "message"), text(one, "help"));
            [text(one, "code"), text(one, "severity"), message]
        })
        .collect();
    found.sort();
    found
}

/// Returns diagnostics in the same form.
pub(crate) fn shown(diagnostics: &[Value]) -> Vec<[String; 3]> {
    let severity = |one: &Value| match one["severity"].as_u64() {
        Some(1) => "error",
        Some(2) => "warning",
        _ => "other",
    };
    let text = |one: &Value, key: &str| one[key].as_str().expect("a text").to_owned();
    let mut shown: Vec<_> = diagnostics
        .iter()
        .map(|one| [text(one, "code"), severity(one).to_owned(), text(one, "message")])
        .collect();
    shown.sort();
    shown
}

/// Adopts a repository with the rule that references are checked.
pub(crate) fn checking(repo: &Repo) {
    repo.append("idhooks.toml", "\n[references]\nsuspect = 'error'\n");
    repo.run("add idhooks.toml");
    repo.commit("rules");
}

#[test]
fn diagnostics_are_the_findings_of_a_check_after_saving_and_staging() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        checking(&repo);
        repo.stage("docs/limits.md", "# Limits\n\n10\n");
        repo.commit("limits");
        let [notes, limits, app] =
            ["notes.txt", "docs/limits.md", "src/app.py"].map(|path| repo.id(path));
        repo.run("rm -q notes.txt");
        repo.idhooks(["supersede", "notes.txt", "--by", "docs/intro.md"]).ok().done();
        repo.run("rm -q src/app.py");
        repo.commit("gone");
        let text = format!(
            "idhooks:{notes}\nidhooks:{limits}#limit idhooks:{limits}@0123456789ab\n\
             x idhooks:{app}\nidhooks:9999999999999999\nidhooks:9999999999999999 idhooks: ignore\n"
        );
        let mut client = LspClient::start(&repo);
        let guide = client.open(&repo.path().join("guide.md"), &text);
        let diagnostics = client.diagnostics(&guide);
        let codes = json!(diagnostics);
        assert_eq!(
            codes_of(&codes),
            [
                "REFERENCE_SUPERSEDED",
                "REFERENCE_SECTION",
                "REFERENCE_SUSPECT",
                "REFERENCE_DEPRECATED",
                "REFERENCE_UNKNOWN"
            ]
        );
        assert_eq!(range_of(&diagnostics[1]["range"]), [1, 0, 1, 30]);
        assert_eq!(range_of(&diagnostics[3]["range"]), [2, 2, 2, 26]);
        // The target's buffer counts, too.
        let target = client.open(&repo.path().join("docs/limits.md"), "# Limit\n\n20\n");
        let codes = [
            "REFERENCE_SUPERSEDED",
            "REFERENCE_SUSPECT",
            "REFERENCE_DEPRECATED",
            "REFERENCE_UNKNOWN",
        ];
        client.wait_for_codes(&guide, &codes);
        let diagnostics = client.diagnostics(&guide);
        repo.write("guide.md", &text);
        repo.write("docs/limits.md", "# Limit\n\n20\n");
        repo.run("add -A");
        let report = repo.idhooks("check --format json").json();
        assert_eq!(shown(&diagnostics), checked(&report, "guide.md"));
        client.close(&target);
        client.close(&guide);
        client.wait_for_codes(&guide, &[]);
    });
}

#[test]
fn changes_of_the_index_are_noticed() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        checking(&repo);
        repo.stage("docs/limits.md", "# Limits\n");
        repo.commit("limits");
        let id = repo.id("docs/limits.md");
        let mut client = LspClient::start(&repo);
        let guide = client.open(&repo.path().join("guide.md"), &format!("idhooks:{id}#limits"));
        client.wait_for_codes(&guide, &[]);
        repo.stage("docs/limits.md", "# Borders\n");
        client.wait_for_codes(&guide, &["REFERENCE_SECTION"]);
        repo.run("reset -q --hard");
        client.wait_for_codes(&guide, &[]);
        repo.run("rm -q docs/limits.md");
        repo.commit("gone");
        client.wait_for_codes(&guide, &["REFERENCE_DEPRECATED"]);
    });
}

#[test]
fn without_rules_there_are_no_diagnostics() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let mut client = LspClient::start(&repo);
        let a = client.open(&repo.path().join("a.md"), "idhooks:9999999999999999");
        assert_eq!(client.diagnostics(&a), [json!(null); 0]);
        // The rules are open, and get the table.
        let rules = String::from_utf8(repo.read("idhooks.toml")).expect("a text");
        let rules = format!("{rules}\n[references]\n");
        let opened = client.open(&repo.path().join("idhooks.toml"), &rules);
        client.wait_for_codes(&a, &["REFERENCE_UNKNOWN"]);
        client.set_text(&opened, "x = [");
        client.wait_for_codes(&opened, &["none"]);
        client.wait_for_codes(&a, &[]);
        client.set_text(&opened, &rules);
        client.wait_for_codes(&a, &["REFERENCE_UNKNOWN"]);
        client.wait_for_codes(&opened, &[]);
    });
}

#[test]
fn a_broken_registry_is_one_diagnostic() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        checking(&repo);
        let notes = repo.id("notes.txt");
        let mut client = LspClient::start(&repo);
        let a = client.open(&repo.path().join("a.md"), &format!("idhooks:{notes}"));
        client.wait_for_codes(&a, &[]);
        let registry = repo.read(".idhooks/registry.json");
        repo.stage(".idhooks/registry.json", "{");
        let place = uri(&repo.path().join(".idhooks/registry.json"));
        client.wait_for_codes(&place, &["REGISTRY_CORRUPT"]);
        for what in ["hover", "definition", "references"] {
            let id =
                client.request(&format!("textDocument/{what}"), &super::client::at(&a, [0, 9]));
            assert!(client.answer(&json!(id)).get("error").is_none(), "{what}");
        }
        let shown = client.published.values().flat_map(|one| codes_of(&one["diagnostics"]));
        assert_eq!(shown.collect::<Vec<_>>(), ["REGISTRY_CORRUPT"]);
        repo.stage(".idhooks/registry.json", registry);
        client.wait_for_codes(&place, &[]);
        assert!(client.hover(&a, [0, 9]).starts_with("notes.txt"));
    });
}

#[test]
fn files_that_git_does_not_store_as_they_are() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        checking(&repo);
        repo.run(["config", "filter.odd.clean", "exit 1"]);
        repo.run(["config", "filter.none.smudge", "cat"]);
        repo.stage(
            ".gitattributes",
            "*.odd filter=odd\n*.none filter=none\n*.u16 working-tree-encoding=UTF-16\n",
        );
        repo.stage(".gitignore", "*.log\n");
        repo.write("latin.txt", b"\xe4\n");
        let wrong = "ä idhooks:9999999999999999";
        let mut client = LspClient::start(&repo);
        let mut codes = |name: &str| {
            let uri = client.open(&Path::new(repo.path()).join(name), wrong);
            client.diagnostics(&uri).len()
        };
        assert_eq!(codes("a.odd"), 0);
        assert_eq!(codes("a.none"), 1);
        assert_eq!(codes("a.u16"), 1);
        assert_eq!(codes("a.log"), 0);
        assert_eq!(codes("latin.txt"), 0);
        let logged: Vec<&str> = client
            .notified
            .iter()
            .filter_map(|one| one["params"]["message"].as_str())
            .filter(|message| message.contains("counts"))
            .collect();
        assert_eq!(
            logged,
            [
                "'a.odd': the filter 'odd' is not run, so the file in the index counts",
                "'latin.txt' is not UTF-8, so the file in the index counts"
            ]
        );
    });
}
