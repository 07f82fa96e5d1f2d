//! Files that are renamed in the editor.

use serde_json::json;

use super::client::LspClient;
use crate::common::{Repo, for_each_git, uri};
use crate::judge;

/// Renames a file or a folder as an editor does, and waits until the report is written.
fn rename(client: &mut LspClient, repo: &Repo, moves: &[[&str; 2]]) {
    let names = moves.iter().map(|[from, to]| {
        let [from, to] = [from, to].map(|path| repo.path().join(path));
        std::fs::create_dir_all(to.parent().expect("a parent")).expect("can be made");
        std::fs::rename(&from, &to).expect("can be renamed");
        json!({ "oldUri": uri(&from), "newUri": uri(&to) })
    });
    let files: Vec<_> = names.collect();
    client.notify("workspace/didRenameFiles", &json!({ "files": files }));
}

fn wait_for_log(client: &mut LspClient, text: &str) {
    client.wait_until(|client| {
        client.notified.iter().any(|one| {
            one["params"]["message"].as_str().is_some_and(|message| message.contains(text))
        })
    });
}

#[test]
fn renamed_files_and_folders_keep_their_identities() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let [notes, intro] = ["notes.txt", "docs/intro.md"].map(|path| repo.id(path));
        let mut client = LspClient::start(&repo);
        let before = [repo.read(".git/index"), repo.read(".idhooks/registry.json")];
        rename(&mut client, &repo, &[["notes.txt", "new/name.txt"], ["docs", "handbook/docs"]]);
        wait_for_log(&mut client, &format!("{notes} moves from notes.txt to new/name.txt"));
        wait_for_log(
            &mut client,
            &format!("{intro} moves from docs/intro.md to handbook/docs/intro.md"),
        );
        assert_eq!(before, [repo.read(".git/index"), repo.read(".idhooks/registry.json")]);
        // Nothing of the old content is left, so that only the report can tell.
        repo.write("new/name.txt", "entirely different\n");
        repo.write("handbook/docs/intro.md", "# New\n");
        repo.run("add -A");
        repo.commit("renamed");
        assert_eq!(repo.id("new/name.txt"), notes);
        assert_eq!(repo.id("handbook/docs/intro.md"), intro);
        judge::assert_all_consistent(&repo);
    });
}

#[test]
fn files_without_an_identity_are_ignored() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.write("untracked.txt", "x\n");
        repo.write("folder/untracked.txt", "x\n");
        let mut client = LspClient::start(&repo);
        rename(&mut client, &repo, &[["untracked.txt", "b.txt"], ["folder", "folder2"]]);
        // Another one that is reported after them.
        rename(&mut client, &repo, &[["notes.txt", "c.txt"]]);
        wait_for_log(&mut client, "notes.txt to c.txt");
        let log = String::from_utf8(repo.read(".git/idhooks/moved")).expect("a text");
        assert_eq!(log.lines().filter(|line| line.contains("notes.txt")).count(), 1, "{log}");
        assert!(!log.contains("untracked"), "{log}");
        assert!(client.notified.iter().all(|one| {
            !one["params"]["message"].as_str().unwrap_or_default().contains("not reported")
        }));
    });
}

#[test]
fn a_rename_right_before_the_end_is_not_lost() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        for (number, from) in ["notes.txt", "docs/intro.md"].into_iter().enumerate() {
            let mut client = LspClient::start(&repo);
            rename(&mut client, &repo, &[[from, &format!("new{number}.txt")]]);
            match number {
                0 => assert!(client.shut_down().success()),
                _ => assert_eq!(client.close_input().code(), Some(1)),
            }
            let log = String::from_utf8(repo.read(".git/idhooks/moved")).expect("a text");
            assert!(log.contains(from), "{log}");
        }
    });
}

#[test]
fn files_that_take_the_paths_of_others_in_one_notification() {
    for_each_git(|git| {
        for is_first in [true, false] {
            let repo = Repo::adopted(git);
            let [notes, intro] = ["notes.txt", "docs/intro.md"].map(|path| repo.id(path));
            let mut client = LspClient::start(&repo);
            let [a, b, c] = ["notes.txt", "docs/intro.md", "c.md"].map(|p| repo.path().join(p));
            std::fs::rename(&b, &c).and_then(|()| std::fs::rename(&a, &b)).expect("can be renamed");
            let pair = |from, to| json!({ "oldUri": uri(from), "newUri": uri(to) });
            let mut files = vec![pair(&b, &c), pair(&a, &b)];
            if !is_first {
                files.reverse();
            }
            client.notify("workspace/didRenameFiles", &json!({ "files": files }));
            assert!(client.shut_down().success());
            repo.write("docs/intro.md", "entirely different\n");
            repo.write("c.md", "different as well\n");
            repo.run("add -A");
            repo.commit("renamed");
            assert_eq!(repo.id("c.md"), intro);
            assert_eq!(repo.id("docs/intro.md"), notes);
        }
    });
}

#[test]
fn a_move_that_is_not_reported_is_shown_whatever_was_logged_before() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        for number in 0..40 {
            repo.write(format!("many/{number}.txt"), format!("{number}\n"));
        }
        repo.run("add many");
        repo.commit("many");
        let mut client = LspClient::start(&repo);
        rename(&mut client, &repo, &[["many", "more"]]);
        wait_for_log(&mut client, "other files with it: 39");
        for version in 0..1_100 {
            let document = json!({ "uri": "file:///nowhere", "version": version });
            let params = json!({ "textDocument": document, "contentChanges": [] });
            client.notify("textDocument/didChange", &params);
        }
        let [notes, intro] = ["notes.txt", "docs/intro.md"].map(|path| repo.path().join(path));
        let between = repo.path().join("between");
        std::fs::rename(&notes, &between)
            .and_then(|()| std::fs::rename(&intro, &notes))
            .and_then(|()| std::fs::rename(&between, &intro))
            .expect("can be renamed");
        let pair = |from, to| json!({ "oldUri": uri(from), "newUri": uri(to) });
        let files = json!([pair(&notes, &intro), pair(&intro, &notes)]);
        client.notify("workspace/didRenameFiles", &json!({ "files": files }));
        client.wait_until(|client| {
            client.notified.iter().any(|one| one["method"] == "window/showMessage")
        });
        let of = |method: &str| {
            let all = client.notified.iter().filter(|one| one["method"] == method);
            all.map(|one| one["params"].clone()).collect::<Vec<_>>()
        };
        let shown = of("window/showMessage");
        assert_eq!(shown[0]["type"], 2);
        let message = shown[0]["message"].as_str().expect("a text");
        let start = "the move of 'notes.txt' is not reported: 'docs/intro.md' has the identity ";
        assert!(message.starts_with(start), "{message}");
        let (_, said) = message.split_once("; for a hint, run: ").expect("a command");
        let (command, others) = said.split_once("; ").expect("a count");
        assert_eq!(others, "1 other move is not reported either: see the log");
        // It can be run anywhere.
        let path = repo.path().join("docs");
        let command = command.replacen("idhooks", &crate::common::quoted_binary(), 1);
        let ran = repo.sh(&format!("cd '{}' && {command}", path.display())).code(2);
        ran.explains("'notes.txt' still exists").complains("move that one back").done();
        let logged = of("window/logMessage");
        assert!(logged.len() < 200, "{}", logged.len());
        assert!(logged.iter().all(|one| !one["message"].as_str().unwrap_or("").contains("39.txt")));
    });
}
