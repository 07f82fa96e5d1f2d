//! Code actions: corrections and reviews.

use serde_json::{Value, json};

use super::client::{LspClient, codes_of};
use super::diagnostics::checking;
use crate::common::{Repo, for_each_git};

const ABILITIES: &str = r#"{"textDocument": {"codeAction": {"codeActionLiteralSupport":
    {"codeActionKind": {"valueSet": ["quickfix"]}}}}}"#;

fn start(repo: &Repo) -> LspClient {
    let abilities = serde_json::from_str(ABILITIES).expect("JSON");
    LspClient::start_with(repo, &abilities, &[repo.path()])
}

/// Returns the titles and the new texts of all actions on a line.
fn actions(client: &mut LspClient, uri: &str, line: usize, only: &Value) -> Vec<[String; 2]> {
    let at = json!({ "line": line, "character": 3 });
    let params = json!({
        "textDocument": { "uri": uri }, "range": { "start": at, "end": at },
        "context": { "diagnostics": [], "only": only },
    });
    let found = client.ask("textDocument/codeAction", &params);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let found = found.as_array().into_iter().flatten();
    let action = |one: &Value| {
        assert_eq!(one["kind"], "quickfix");
        let edits = &one["edit"]["changes"][uri];
        assert_eq!(edits.as_array().map(Vec::len), Some(1), "{one}");
        [text(&one["title"]), text(&edits[0]["newText"])]
    };
    found.map(action).collect()
}

#[test]
fn references_are_corrected_where_the_correction_is_known() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        checking(&repo);
        repo.stage("docs/limits.md", "# Rate limits\n");
        repo.commit("limits");
        let [notes, intro, limits] =
            ["notes.txt", "docs/intro.md", "docs/limits.md"].map(|path| repo.id(path));
        repo.run("rm -q notes.txt");
        repo.idhooks(["supersede", "notes.txt", "--by", "docs/intro.md"]).ok().done();
        let mut client = start(&repo);
        let text = format!(
            "idhooks:{notes}@0123456789ab\nidhooks:{limits}#rate-limit\nidhooks:{limits}\nnothing\n"
        );
        let a = client.open(&repo.path().join("a.md"), &text);
        let successor = format!("idhooks:{intro}");
        let expected = [[format!("Refer to the successor: {successor}"), successor]];
        assert_eq!(actions(&mut client, &a, 0, &json!(null)), expected);
        let heading = format!("idhooks:{limits}#rate-limits");
        let expected = [[format!("Refer to the nearest heading: {heading}"), heading]];
        assert_eq!(actions(&mut client, &a, 1, &json!(["quickfix"])), expected);
        let reviews = actions(&mut client, &a, 2, &json!(null));
        assert_eq!(reviews.len(), 1, "{reviews:?}");
        let [title, stamped] = &reviews[0];
        assert!(title.starts_with("Review the reference"), "{title}");
        // The stamp is the one that `refs review` writes.
        repo.stage("b.md", format!("idhooks:{limits}\n"));
        repo.idhooks("refs review b.md:1").ok().done();
        assert_eq!(format!("{stamped}\n").into_bytes(), repo.read("b.md"));
        assert_eq!(actions(&mut client, &a, 3, &json!(null)), [[""; 2]; 0]);
        assert_eq!(actions(&mut client, &a, 0, &json!(["refactor"])), [[""; 2]; 0]);
    });
}

#[test]
fn a_former_identity_becomes_the_present_one() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        checking(&repo);
        let new = repo.id("notes.txt");
        let former = "0299900099260118";
        let registry = String::from_utf8(repo.registry("")).expect("a text");
        let line = registry.lines().find(|line| line.contains(&new)).expect("a record");
        let with_alias = line.replacen("}}", &format!(",\"aliases\":[\"{former}\"]}}}}"), 1);
        repo.stage(".idhooks/registry.json", registry.replace(line, &with_alias));
        let mut client = start(&repo);
        let a = client.open(&repo.path().join("a.md"), &format!("idhooks:{former}@0123456789ab"));
        let found = actions(&mut client, &a, 0, &json!(null));
        assert_eq!(found[0][1], format!("idhooks:{new}@0123456789ab"));
        assert_eq!(found.len(), 2, "{found:?}");
    });
}

#[test]
fn a_review_settles_a_suspect_reference() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        checking(&repo);
        let notes = repo.id("notes.txt");
        let mut client = start(&repo);
        let a = client.open(&repo.path().join("a.md"), &format!("idhooks:{notes}@0123456789ab"));
        client.wait_for_codes(&a, &["REFERENCE_SUSPECT"]);
        let found = actions(&mut client, &a, 0, &json!(null));
        client.set_text(&a, &found[0][1]);
        assert_eq!(codes_of(&json!(client.diagnostics(&a))), [""; 0]);
        assert_eq!(actions(&mut client, &a, 0, &json!(null)), [[""; 2]; 0]);
    });
}
