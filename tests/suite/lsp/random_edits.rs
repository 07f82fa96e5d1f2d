//! Random edits of open buffers, compared with `idhooks check` after saving and staging.
//!
//! `IDHOOKS_LSP_EDITS` sets the number of edits.

use serde_json::json;

use super::client::LspClient;
use super::diagnostics::{checked, checking, shown};
use crate::common::{Dice, Repo, cases, gits};

/// How many edits are tried by default, and in the long form.
const EDITS: [u64; 2] = [20, 1_000];

/// The documents that are edited.
const PATHS: [&str; 5] = ["docs/a.md", "docs/b.md", "notes.txt", "src/app.py", "crlf/new.md"];

/// A document as the client has it.
struct Buffer {
    path: &'static str,
    uri: String,
    text: String,
}

/// Returns the position of a byte, in UTF-16.
fn position(text: &str, byte: usize) -> serde_json::Value {
    let before = &text[..byte];
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = before.matches('\n').count();
    json!({ "line": line, "character": before[start..].encode_utf16().count() })
}

/// Returns a place in a text, which is between characters and not inside of CRLF.
fn place(dice: &mut Dice, text: &str) -> usize {
    let mut at = dice.roll(text.len() + 1);
    while !text.is_char_boundary(at) || (at > 0 && text[..at].ends_with('\r')) {
        at -= 1;
    }
    at
}

fn piece(dice: &mut Dice, ids: &[String], end: &str) -> String {
    let id = dice.choose(ids).clone();
    match dice.roll(12) {
        0 => format!(" idhooks:{id} "),
        1 => format!("idhooks:{id}#one"),
        2 => format!("{end}idhooks:{id}@0123456789ab{end}"),
        3 => format!(" DOC-{id}#two "),
        4 => format!("{end}# One{end}"),
        5 => format!("{end}## Two{end}{end}text{end}"),
        6 => "😀ü".to_owned(),
        7 => end.to_owned(),
        8 => format!(" idhooks: ignore{end}"),
        9 => format!("---{end}related: {id}{end}---{end}"),
        10 => "idhooks:".to_owned(),
        _ => "x ".to_owned(),
    }
}

impl Buffer {
    /// Edits the buffer, and returns the change as it is sent.
    fn edit(&mut self, dice: &mut Dice, ids: &[String]) -> serde_json::Value {
        let end = if self.path.starts_with("crlf/") { "\r\n" } else { "\n" };
        if dice.roll(15) == 0 {
            self.text = (0..8).map(|_| piece(dice, ids, end)).collect();
            return json!({ "text": self.text });
        }
        let start = match dice.roll(8) {
            0 => 0,
            _ => place(dice, &self.text),
        };
        let mut stop = start;
        if dice.roll(3) == 0 {
            let rest = dice.roll(40);
            stop = (start + rest).min(self.text.len());
            while !self.text.is_char_boundary(stop) || self.text[..stop].ends_with('\r') {
                stop += 1;
            }
        }
        let new =
            if stop > start && dice.roll(2) == 0 { String::new() } else { piece(dice, ids, end) };
        let range = json!({
            "start": position(&self.text, start), "end": position(&self.text, stop),
        });
        self.text.replace_range(start..stop, &new);
        json!({ "range": range, "text": new })
    }
}

#[test]
fn diagnostics_after_each_edit_are_those_of_a_check() {
    let git = &gits()[0];
    let repo = Repo::adopted(git);
    checking(&repo);
    repo.append(
        "idhooks.toml",
        "\n[[references.forms]]\ntext = 'DOC-{id}'\n\n[[references.forms]]\nkey = 'related'\n",
    );
    repo.stage(".gitattributes", "crlf/* text eol=crlf\n");
    for path in ["docs/a.md", "docs/b.md", "docs/old.md", "docs/gone.md"] {
        repo.stage(path, format!("# One\n\n{path}\n\n## Two\n\nx\n"));
    }
    repo.run("add idhooks.toml");
    repo.commit("files");
    let mut ids: Vec<String> =
        ["docs/a.md", "docs/b.md", "notes.txt", "src/app.py", "docs/old.md", "docs/gone.md"]
            .map(|path| repo.id(path))
            .to_vec();
    ids.push("9999999999999999".to_owned());
    repo.run("rm -q docs/old.md");
    repo.idhooks(["supersede", "docs/old.md", "--by", "docs/a.md"]).ok().done();
    repo.run("rm -q docs/gone.md");
    repo.commit("gone");
    let staged = repo.copy_as("staged");
    let mut client = LspClient::start(&repo);
    let mut buffers: Vec<Buffer> = PATHS
        .iter()
        .map(|path| {
            let text = match repo.exists(path) {
                true => String::from_utf8(repo.read(path)).expect("a text"),
                false => String::new(),
            };
            Buffer { path, uri: client.open(&repo.path().join(path), &text), text }
        })
        .collect();
    let mut dice = Dice::new(41);
    for edit in 0..cases("IDHOOKS_LSP_EDITS", EDITS) {
        let nth = dice.roll(buffers.len());
        client.ask_at("hover", &buffers[nth].uri, [0, 0]);
        let changes: Vec<_> =
            (0..=dice.roll(2)).map(|_| buffers[nth].edit(&mut dice, &ids)).collect();
        for buffer in &buffers {
            staged.write(buffer.path, &buffer.text);
        }
        client.change(&buffers[nth].uri, &json!(changes));
        // A new version of each document, so that its diagnostics are known to be later ones.
        for buffer in &buffers {
            client.change(&buffer.uri, &json!([]));
        }
        staged.run("add -A");
        let report = staged.idhooks("check --format json").json();
        for buffer in &buffers {
            let found = client.diagnostics(&buffer.uri);
            assert_eq!(
                shown(&found),
                checked(&report, buffer.path),
                "edit {edit} of {}: {changes:?}\n{}",
                buffers[nth].path,
                buffer.text
            );
        }
    }
    assert!(client.shut_down().success());
}
