//! Positions in UTF-8 and UTF-16, characters beyond the BMP, and line ends.

use serde_json::json;

use super::client::{LspClient, range_of};
use super::diagnostics::{checked, checking, shown};
use crate::common::{Repo, for_each_git, uri};

#[test]
fn columns_count_in_the_unit_that_was_agreed() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        checking(&repo);
        let offers = [json!(null), json!(["utf-16"]), json!(["utf-32", "utf-8", "utf-16"])];
        for (offer, columns) in offers.iter().zip([[0, 4, 28], [0, 4, 28], [0, 7, 31]]) {
            let abilities = match offer.is_null() {
                true => json!({}),
                false => json!({ "general": { "positionEncodings": offer } }),
            };
            let mut client = LspClient::start_with(&repo, &abilities, &[repo.path()]);
            let text = "x\r\nü😀 idhooks:9999999999999999\r\n";
            let a = client.open(&repo.path().join("a.md"), text);
            let found = client.diagnostics(&a);
            let [_, start, end] = columns;
            assert_eq!(range_of(&found[0]["range"]), [1, start, 1, end], "{offer}");
            // Replaces the emoji and inserts a line, by the same unit.
            let before = if end == 31 { 2 } else { 1 };
            let range = json!({
                "start": { "line": 1, "character": before },
                "end": { "line": 1, "character": start - 1 },
            });
            client.change(&a, &json!([{ "range": range, "text": "\r\n😀😀" }]));
            let found = client.diagnostics(&a);
            let start = if end == 31 { 9 } else { 5 };
            assert_eq!(range_of(&found[0]["range"]), [2, start, 2, start + 24], "{offer}");
        }
    });
}

#[test]
fn line_ends_and_idents_are_converted_as_git_does() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        checking(&repo);
        repo.stage(".gitattributes", "*.md text=auto\n*.txt ident\n*.raw -text\n*.crlf eol=crlf\n");
        let target = "docs/target.crlf";
        for (path, text) in [(target, "one\r\ntwo\r\n"), ("docs/t.txt", "$Id$ x\n")] {
            repo.stage(path, text);
        }
        repo.commit("targets");
        let [crlf, ident] = [target, "docs/t.txt"].map(|path| repo.id(path));
        repo.stage("a.md", format!("idhooks:{crlf} idhooks:{ident}\n"));
        repo.idhooks("refs review a.md:1").ok().done();
        repo.commit("reviewed");
        let reviewed = String::from_utf8(repo.read("a.md")).expect("a text");
        let wrong = "idhooks:9999999999999999";
        let texts = [
            ("a.md", reviewed.replace('\n', "\r\n")),
            ("b.raw", format!("\r\n{wrong}\r\n")),
            ("c.txt", format!("$Id: old {wrong} $ {wrong}\n")),
            (target, "one  \r\ntwo\r\n".to_owned()),
            ("docs/t.txt", "$Id: 0123 $ x\n".to_owned()),
            ("docs/mark.md", format!("\u{feff}{wrong}\n")),
        ];
        let mut client = LspClient::start(&repo);
        repo.write("docs/mark.md", "\u{feff}\n");
        let mut found = Vec::new();
        for (path, text) in &texts {
            let text = text.trim_start_matches('\u{feff}');
            let uri = client.open(&repo.path().join(path), text);
            found.push((path, uri));
        }
        let found: Vec<_> =
            found.into_iter().map(|(path, uri)| (path, shown(&client.diagnostics(&uri)))).collect();
        texts.iter().for_each(|(path, text)| repo.write(path, text));
        repo.run("add -A");
        let report = repo.idhooks("check --format json").json();
        for (path, shown) in &found {
            assert_eq!(*shown, checked(&report, path), "{path}");
        }
        let counts: Vec<usize> = found.iter().map(|(_, shown)| shown.len()).collect();
        assert_eq!(counts, [0, 1, 1, 0, 0, 1]);
    });
}

#[test]
fn new_attributes_count_once_they_are_reported() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        checking(&repo);
        let mut client = LspClient::start(&repo);
        repo.run(["config", "filter.odd.clean", "exit 1"]);
        let a = client.open(&repo.path().join("a.odd"), "idhooks:9999999999999999");
        client.wait_for_codes(&a, &["REFERENCE_UNKNOWN"]);
        repo.write(".gitattributes", "*.odd filter=odd\n");
        let changed = json!({ "uri": uri(&repo.path().join(".gitattributes")), "type": 2 });
        client.notify("workspace/didChangeWatchedFiles", &json!({ "changes": [changed] }));
        client.wait_for_codes(&a, &[]);
    });
}
