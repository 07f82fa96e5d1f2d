//! Completion after `idhooks:`.

use serde_json::{Value, json};

use super::client::{LspClient, range_of};
use crate::common::{Repo, for_each_git};

/// Completes at the end of a text, again until the index was read, and returns labels.
fn labels(client: &mut LspClient, uri: &str, text: &str) -> Vec<String> {
    client.set_text(uri, text);
    loop {
        let list = client.ask_at("completion", uri, [0, text.encode_utf16().count()]);
        if list.is_null() {
            return vec!["nothing".to_owned()];
        }
        if list["isIncomplete"] == false {
            let items = list["items"].as_array().expect("a list").iter();
            return items.map(|item| item["label"].as_str().expect("a text").to_owned()).collect();
        }
        std::thread::yield_now();
    }
}

#[test]
fn files_are_found_by_path_and_title() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.stage("docs/limits.md", "---\nx: 1\n---\n\n# The *Rate* `limits`\n");
        repo.stage("docs/gone.md", "# Gone\n");
        repo.commit("limits");
        repo.run("rm -q docs/gone.md");
        repo.commit("gone");
        let id = repo.id("docs/limits.md");
        let mut client = LspClient::start(&repo);
        let a = client.open(&repo.path().join("a.md"), "");
        for typed in ["limi", "DOCS/LIM", "rate", "The", &id, &id[..9]] {
            let text = format!("😀 see idhooks:{typed}");
            assert_eq!(labels(&mut client, &a, &text), ["docs/limits.md"], "{typed}");
        }
        assert_eq!(labels(&mut client, &a, "idhooks:gone"), [""; 0]);
        assert_eq!(labels(&mut client, &a, "idhooks:limits "), ["nothing"]);
        assert_eq!(labels(&mut client, &a, "no reference"), ["nothing"]);
        // The title of an open buffer is the one that it has there.
        client.open(&repo.path().join("docs/intro.md"), "# Übersicht\n");
        assert_eq!(labels(&mut client, &a, "idhooks:übers"), ["docs/intro.md"]);

        client.set_text(&a, "😀 idhooks:rate and");
        let list = client.ask_at("completion", &a, [0, 15]);
        let item = &list["items"][0];
        assert_eq!(item["textEdit"]["newText"], id);
        assert_eq!(range_of(&item["textEdit"]["range"]), [0, 11, 0, 15]);
        assert_eq!(item["detail"], format!("The Rate limits ({id})"));
        assert_eq!(item["filterText"], format!("docs/limits.md The Rate limits {id}"));
    });
}

#[test]
fn a_long_list_is_cut_and_marked() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        for number in 0..60 {
            repo.write(format!("many/{number}.txt"), "x\n");
        }
        repo.run("add many");
        repo.commit("many");
        let mut client = LspClient::start(&repo);
        let a = client.open(&repo.path().join("a.md"), "idhooks:many/");
        assert_eq!(labels(&mut client, &a, "idhooks:many/59"), ["many/59.txt"]);
        client.set_text(&a, "idhooks:many/");
        let list: Value = client.ask_at("completion", &a, [0, 13]);
        assert_eq!(list["isIncomplete"], json!(true));
        assert_eq!(list["items"].as_array().map(Vec::len), Some(50));
    });
}
