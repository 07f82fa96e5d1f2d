//! Completion after `idhooks:`.

use super::client::{LspClient, range_of};
use crate::common::{Repo, for_each_git};

/// Waits until the index was read with all titles, in a repository with few files.
fn wait_for_titles(client: &mut LspClient, uri: &str) {
    client.set_text(uri, "idhooks:");
    while client.ask_at("completion", uri, [0, 8])["isIncomplete"] != false {
        std::thread::yield_now();
    }
}

/// Completes at the end of a text, and returns the labels.
fn labels(client: &mut LspClient, uri: &str, text: &str) -> Vec<String> {
    client.set_text(uri, text);
    let list = client.ask_at("completion", uri, [0, text.encode_utf16().count()]);
    if list.is_null() {
        return vec!["nothing".to_owned()];
    }
    // With another letter, the client is to ask again.
    assert_eq!(list["isIncomplete"], true);
    let items = list["items"].as_array().expect("a list").iter();
    items.map(|item| item["label"].as_str().expect("a text").to_owned()).collect()
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
        wait_for_titles(&mut client, &a);
        for typed in ["limi", "DOCS/LIM", "rate", "The", "the rate lim", "rate ", &id, &id[..9]] {
            let text = format!("😀 see idhooks:{typed}");
            assert_eq!(labels(&mut client, &a, &text), ["docs/limits.md"], "{typed}");
        }
        assert_eq!(labels(&mut client, &a, "idhooks:gone"), [""; 0]);
        let after = format!("idhooks:{id} and text");
        for text in ["idhooks:limits ", "idhooks:rate  limits", "idhooks: rate", &after] {
            assert_eq!(labels(&mut client, &a, text), ["nothing"], "{text}");
        }
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
        assert_eq!(item["filterText"], format!("rate docs/limits.md The Rate limits {id}"));
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
        while labels(&mut client, &a, "idhooks:many/59").is_empty() {}
        assert_eq!(labels(&mut client, &a, "idhooks:many/59"), ["many/59.txt"]);
        for text in ["idhooks:many/", "idhooks:"] {
            client.set_text(&a, text);
            let list = client.ask_at("completion", &a, [0, text.len()]);
            assert_eq!(list["isIncomplete"], true);
            assert_eq!(list["items"].as_array().map(Vec::len), Some(50));
        }
    });
}
