//! Documents in several repositories, and in none.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use super::client::LspClient;
use super::diagnostics::checking;
use crate::common::{Repo, for_each_git, uri};

/// How long to wait before the server is asked again.
const PAUSE: Duration = Duration::from_millis(20);

#[test]
fn each_document_is_answered_from_its_own_repository() {
    for_each_git(|git| {
        let outer = Repo::adopted(git);
        checking(&outer);
        outer.run("worktree add -q ../linked");
        let linked = outer.beside("linked");
        linked.mv("notes.txt", "moved.txt");
        linked.commit("move");
        let other = outer.beside("other");
        std::fs::create_dir(other.path()).expect("can be made");
        other.run("init -q");
        other.write("one.txt", "one\n");
        other.run("add .");
        other.idhooks("init --scope 260119").ok().done();
        other.commit("start");
        let notes = outer.id("notes.txt");
        let one = other.id("one.txt");
        let roots = [outer.path(), other.path()];
        let mut client = LspClient::start_with(&outer, &json!({}), &roots);
        let open = |client: &mut LspClient, place: &Path, id: &str| {
            client.open(&place.join("new/a.md"), &format!("idhooks:{id}"))
        };
        let in_outer = open(&mut client, outer.path(), &notes);
        let in_linked = open(&mut client, linked.path(), &notes);
        let in_other = open(&mut client, other.path(), &one);
        assert_eq!(client.hover(&in_outer, [0, 9]).lines().next(), Some("notes.txt"));
        assert_eq!(client.hover(&in_linked, [0, 9]).lines().next(), Some("moved.txt"));
        assert_eq!(client.hover(&in_other, [0, 9]).lines().next(), Some("one.txt"));
        client.wait_for_codes(&in_outer, &[]);
        client.set_text(&in_outer, &format!("idhooks:{one}"));
        client.wait_for_codes(&in_outer, &["REFERENCE_UNKNOWN"]);
        let moved = client.ask_at("definition", &in_linked, [0, 9]);
        assert_eq!(moved["uri"], uri(&linked.path().join("moved.txt")));
    });
}

#[test]
fn documents_outside_of_repositories_know_the_folders() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let notes = repo.id("notes.txt");
        let mut client = LspClient::start(&repo);
        client.open_uri("untitled:Untitled-1", &format!("see idhooks:{notes}"));
        let outside = client.open(&repo.root().join("outside.md"), &format!("idhooks:{notes}"));
        let message = repo.path().join(".git/COMMIT_EDITMSG");
        let message = client.open(&message, &format!("idhooks:{notes}"));
        for document in ["untitled:Untitled-1", &*outside, &*message] {
            let hover = client.hover(document, [0, 9]);
            assert_eq!(hover.lines().next(), Some("notes.txt"), "{document}: {hover}");
            let definition = client.ask_at("definition", document, [0, 9]);
            assert_eq!(definition["uri"], uri(&repo.path().join("notes.txt")), "{document}");
            assert_eq!(client.ask_at("completion", document, [0, 9]), Value::Null);
        }
        // A folder that is no longer open is not asked.
        let folder = json!({ "uri": uri(repo.path()), "name": "folder" });
        let event = json!({ "event": { "added": [], "removed": [folder] } });
        client.notify("workspace/didChangeWorkspaceFolders", &event);
        let definition = client.ask_at("definition", "untitled:Untitled-1", [0, 9]);
        assert_eq!(definition, Value::Null);
    });
}

#[test]
fn an_editor_that_git_has_called_opens_files_of_any_repository() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let notes = repo.id("notes.txt");
        let named = repo.with("GIT_INDEX_FILE", "/nowhere/index").with("GIT_DIR", "/nowhere");
        let mut client = LspClient::start(&named);
        let a = client.open(&repo.path().join("a.md"), &format!("idhooks:{notes}"));
        assert!(client.hover(&a, [0, 9]).starts_with("notes.txt"));
        assert!(client.shut_down().success());
    });
}

#[test]
fn a_repository_may_begin_while_a_document_is_open() {
    for_each_git(|git| {
        let repo = Repo::nowhere(git);
        let mut client = LspClient::start(&repo);
        let file = repo.path().join("a.md");
        let a = client.open(&file, "idhooks:9999999999999999");
        assert_eq!(client.ask_at("definition", &a, [0, 9]), Value::Null);
        repo.run("init -q");
        repo.write("one.txt", "one\n");
        repo.run("add one.txt");
        repo.idhooks("init --scope 260119").ok().done();
        repo.commit("start");
        let one = repo.id("one.txt");
        // The document stays open.
        client.set_text(&a, &format!("idhooks:{one}"));
        while !client.hover(&a, [0, 9]).starts_with("one.txt") {
            sleep(PAUSE);
        }
        // A repository inside of this one is nearer.
        let inner = repo.below("inner");
        std::fs::create_dir(inner.path()).expect("can be made");
        let b = client.open(&inner.path().join("b.md"), &format!("idhooks:{one}"));
        assert!(client.hover(&b, [0, 9]).starts_with("one.txt"));
        inner.run("init -q");
        while client.hover(&b, [0, 9]).starts_with("one.txt") {
            sleep(PAUSE);
        }
    });
}
