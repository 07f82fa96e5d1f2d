//! Hover, definition and references.

use serde_json::{Value, json};

use super::client::{LspClient, range_of};
use crate::common::{Repo, for_each_git, uri};

#[test]
fn a_reference_shows_its_file_and_leads_to_it() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.stage("docs/limits.md", "# Limits\n\ntext\n\n## Rate limits\n\n10\n");
        repo.commit("limits");
        let id = repo.id("docs/limits.md");
        repo.mv("docs/limits.md", "docs/rates.md");
        repo.commit("move");
        let text = format!("# Guide\n\nSee idhooks:{id} and <idhooks:{id}#rate-limits>.\n");
        let mut client = LspClient::start(&repo);
        let guide = client.open(&repo.path().join("docs/guide.md"), &text);
        let hover = client.hover(&guide, [2, 10]);
        let lines: Vec<&str> = hover.lines().collect();
        assert_eq!(lines[..2], ["docs/rates.md", &format!("{id}, active")], "{hover}");
        let logged = repo.idhooks(["log", &id]).ok().stdout();
        let logged: Vec<&str> = logged.lines().collect();
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        let shown: Vec<String> = lines[3..].iter().map(|line| words(line)).collect();
        assert_eq!(shown, logged.iter().map(|line| words(line)).collect::<Vec<_>>(), "{hover}");
        assert_eq!(shown.len(), 2);
        assert_eq!(client.ask_at("hover", &guide, [0, 3]), Value::Null);

        let rates = uri(&repo.path().join("docs/rates.md"));
        let definition = client.ask_at("definition", &guide, [2, 4]);
        assert_eq!(definition["uri"], rates);
        assert_eq!(range_of(&definition["range"]), [0, 0, 0, 0]);
        let section = client.ask_at("definition", &guide, [2, 50]);
        assert_eq!(section["uri"], rates);
        assert_eq!(range_of(&section["range"]), [4, 0, 4, 0]);
        // The section is where the open buffer has it.
        client.open(&repo.path().join("docs/rates.md"), "## Rate limits\n");
        let section = client.ask_at("definition", &guide, [2, 50]);
        assert_eq!(range_of(&section["range"]), [0, 0, 0, 0]);
        assert_eq!(client.ask_at("definition", &guide, [0, 3]), Value::Null);
        assert!(client.shut_down().success());
    });
}

#[test]
fn references_come_from_the_index_and_from_open_buffers() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let [notes, intro] = ["notes.txt", "docs/intro.md"].map(|path| repo.id(path));
        repo.stage("a.md", format!("x idhooks:{notes} idhooks:{intro}\n"));
        repo.stage("b.md", format!("ü😀 idhooks:{notes}\n"));
        let mut client = LspClient::start(&repo);
        let b = client.open_file(&repo, "b.md");
        let ask = |client: &mut LspClient| -> Vec<Value> {
            let found = client.ask_at("references", &b, [0, 10]);
            let found = found.as_array().expect("a list").iter();
            found.map(|one| json!([one["uri"], range_of(&one["range"])])).collect()
        };
        let a = uri(&repo.path().join("a.md"));
        let in_b = json!([b, [0, 4, 0, 28]]);
        assert_eq!(ask(&mut client), [json!([a, [0, 2, 0, 26]]), in_b.clone()]);
        client.open(&repo.path().join("a.md"), &format!("\n\nidhooks:{notes}"));
        client.open(&repo.path().join("new.md"), &format!("idhooks:{notes}#x"));
        let new = uri(&repo.path().join("new.md"));
        let expected = [json!([a, [2, 0, 2, 24]]), in_b.clone(), json!([new, [0, 0, 0, 26]])];
        assert_eq!(ask(&mut client), expected);
        client.close(&a);
        client.close(&new);
        assert_eq!(ask(&mut client), [json!([a, [0, 2, 0, 26]]), in_b]);
    });
}

#[test]
fn the_own_identity_of_a_file_lists_who_refers_to_it() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let app = repo.id("src/app.py");
        repo.stage("a.md", format!("idhooks:{app}\n"));
        let mut client = LspClient::start(&repo);
        let text = format!("# doc_id: {app}\nx = 1\n");
        let uri_of_app = client.open(&repo.path().join("src/app.py"), &text);
        let found = client.ask_at("references", &uri_of_app, [0, 14]);
        assert_eq!(found[0]["uri"], uri(&repo.path().join("a.md")), "{found}");
        assert!(client.hover(&uri_of_app, [0, 14]).starts_with("src/app.py\n"));
    });
}

#[test]
fn other_spellings_and_superseded_files() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let [notes, intro] = ["notes.txt", "docs/intro.md"].map(|path| repo.id(path));
        repo.append(
            "idhooks.toml",
            "\n[[references.forms]]\ntext = 'DOC-{id}'\n\n[[references.forms]]\nkey = 'related'\n",
        );
        repo.run("add idhooks.toml");
        repo.commit("rules");
        repo.run("rm -q notes.txt");
        repo.idhooks(["supersede", "notes.txt", "--by", "docs/intro.md"]).ok().done();
        let mut client = LspClient::start(&repo);
        let text = format!("---\nrelated: [{notes}]\n---\nDOC-{notes}\n");
        let a = client.open(&repo.path().join("a.md"), &text);
        for place in [[1, 12], [3, 3]] {
            let hover = client.hover(&a, place);
            let status = format!("{notes}, superseded by {intro} (docs/intro.md)");
            assert_eq!(hover.lines().nth(1), Some(&*status), "{hover}");
        }
        let unknown = "idhooks:9999999999999999";
        client.set_text(&a, unknown);
        assert_eq!(client.hover(&a, [0, 3]), "9999999999999999 is not in the registry");
        assert_eq!(client.ask_at("definition", &a, [0, 3]), Value::Null);
        assert_eq!(client.ask_at("references", &a, [0, 3]), Value::Null);
    });
}

#[test]
fn an_identity_that_no_file_has_is_not_just_missing() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let notes = repo.id("notes.txt");
        let reserved = repo.idhooks("reserve --ns 100 --type 01").ok().stdout().trim().to_owned();
        let mut client = LspClient::start(&repo);
        let a = client.open(&repo.path().join("a.md"), &format!("idhooks:{reserved}"));
        let hover = client.hover(&a, [0, 9]);
        assert_eq!(hover, format!("{reserved} is reserved; no file has it yet"));
        client.set_text(&a, &format!("idhooks:{notes}"));
        assert!(client.hover(&a, [0, 9]).starts_with("notes.txt"));
        let registry = repo.read(".idhooks/registry.json");
        repo.stage(".idhooks/registry.json", &registry[..registry.len() / 2]);
        let place = uri(&repo.path().join(".idhooks/registry.json"));
        client.wait_for_codes(&place, &["REGISTRY_CORRUPT"]);
        let fault = client.published[&place]["diagnostics"][0]["message"].clone();
        let fault = fault.as_str().and_then(|text| text.lines().next()).expect("a text");
        let hover = client.hover(&a, [0, 9]);
        assert_eq!(hover, format!("{notes} cannot be looked up: {fault}"));
        client.set_text(&a, "idhooks:");
        let list = client.ask_at("completion", &a, [0, 8]);
        assert_eq!(list, json!({ "isIncomplete": true, "items": [] }));
        let bare = repo.beside("bare");
        std::fs::create_dir(bare.path()).expect("can be made");
        bare.run("init -q");
        let b = client.open(&bare.path().join("b.md"), &format!("idhooks:{notes}"));
        let hover = client.hover(&b, [0, 9]);
        assert_eq!(hover, format!("{notes} cannot be looked up: there is no registry here"));
    });
}
