//! The protocol: the beginning and the end, cancellation, progress, and clients that send nonsense.

use std::io::Write;
use std::process::{ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use super::client::{LspClient, at};
use crate::common::{Repo, for_each_git};

#[test]
fn a_server_ends_as_it_is_told() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        assert_eq!(LspClient::start(&repo).shut_down().code(), Some(0));
        assert_eq!(LspClient::start(&repo).close_input().code(), Some(1));
        let mut client = LspClient::start(&repo);
        client.notify("exit", &Value::Null);
        assert_eq!(client.close_input().code(), Some(1));
        assert_eq!(LspClient::start_raw(&repo).close_input().code(), Some(1));
        let mut client = LspClient::start_raw(&repo);
        client.send_raw(b"Content-Length: 10\r\n\r\n{");
        assert_eq!(client.close_input().code(), Some(1));
    });
}

#[test]
fn a_server_ends_with_the_process_of_its_client() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let mut process = std::process::Command::new("sleep");
        let mut process = process.arg("600").stdin(Stdio::null()).spawn().expect("can be started");
        let mut client = LspClient::start_raw(&repo);
        client.ask("initialize", &json!({ "processId": process.id(), "capabilities": {} }));
        process.kill().expect("can be killed");
        process.wait().expect("it ends");
        // The input stays open.
        assert_eq!(client.wait_for_end().code(), Some(1));
    });
}

#[test]
fn requests_at_the_wrong_time_are_refused() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let mut client = LspClient::start_raw(&repo);
        let code = |client: &mut LspClient, method: &str, params: &Value| {
            let id = client.request(method, params);
            client.answer(&json!(id))["error"]["code"].clone()
        };
        let hover = at("file:///x", [0, 0]);
        assert_eq!(code(&mut client, "textDocument/hover", &hover), -32002);
        assert_eq!(code(&mut client, "initialize", &json!([])), -32602);
        client.ask("initialize", &json!({ "processId": null, "capabilities": {} }));
        assert_eq!(code(&mut client, "initialize", &json!({ "capabilities": {} })), -32600);
        assert_eq!(code(&mut client, "no/method", &json!({})), -32601);
        assert_eq!(code(&mut client, "textDocument/hover", &json!({ "x": 1 })), -32602);
        client.ask("shutdown", &Value::Null);
        assert_eq!(code(&mut client, "textDocument/hover", &hover), -32600);
    });
}

#[test]
fn nonsense_ends_nothing_and_loses_nothing() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let notes = repo.id("notes.txt");
        let mut client = LspClient::start(&repo);
        let a = client.open(&repo.path().join("a.md"), &format!("idhooks:{notes}"));
        client
            .send_raw(b"nonsense\r\n\r\nContent-Length: 2\r\n\r\n{]Content-Length: 4\r\n\r\nnull");
        for code in [-32700, -32700, -32600] {
            assert_eq!(client.answer(&Value::Null)["error"]["code"], code);
        }
        client.send(&json!([{ "jsonrpc": "2.0", "id": 1, "method": "x" }]));
        assert_eq!(client.answer(&Value::Null)["error"]["code"], -32600);
        client.send(&json!({ "jsonrpc": "2.0", "id": [1], "method": "x" }));
        assert_eq!(client.answer(&json!([1]))["error"]["code"], -32600);
        client.send_raw(&[b"Content-Length: 20000\r\n\r\n".to_vec(), vec![b'['; 20_000]].concat());
        assert_eq!(client.answer(&Value::Null)["error"]["code"], -32700);
        let change = |uri: &str, changes: Value| {
            let document = json!({ "uri": uri, "version": 7 });
            json!({ "textDocument": document, "contentChanges": changes })
        };
        let far = json!({ "line": 4_000_000_000_u32, "character": 4_000_000_000_u32 });
        let range = json!({ "start": far, "end": { "line": 0, "character": 3_000 } });
        for params in [
            change("file:///nowhere/else", json!([{ "text": "x" }])),
            change("nonsense:", json!([{ "text": "x" }])),
            json!({ "textDocument": 1 }),
            change(&a, json!([{ "range": range, "text": " " }])),
        ] {
            client.notify("textDocument/didChange", &params);
        }
        for method in ["textDocument/didClose", "textDocument/didSave", "workspace/didRenameFiles"]
        {
            client.notify(method, &json!({ "textDocument": { "uri": "file:///nowhere/else" } }));
            client.notify(method, &json!(3));
        }
        let files =
            json!([{ "oldUri": "x", "newUri": "file:///%00" }, { "oldUri": "", "newUri": "" }]);
        client.notify("workspace/didRenameFiles", &json!({ "files": files }));
        for place in [[0, 9], [0, 99_999], [77, 0]] {
            for what in ["hover", "definition", "references", "completion"] {
                client.ask_at(what, &a, place);
            }
        }
        assert!(client.hover(&a, [0, 9]).starts_with("notes.txt"));
        assert_eq!(client.shut_down().code(), Some(0));
    });
}

#[test]
fn a_header_that_is_no_header_is_named() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let mut client = LspClient::start(&repo);
        let lost = r#"{"jsonrpc":"2.0","id":7,"method":"lost"}"#;
        for header in
            ["Content-Length: -5", "Content-Length: abc", "Content-Length: 99999999999999"]
        {
            client.send_raw(format!("{header}\r\n\r\n{lost}").as_bytes());
            let error = client.answer(&Value::Null)["error"]["message"].clone();
            let message = error.as_str().expect("a text");
            assert!(message.contains(&format!("'{header}'")), "{message}");
            client.ask_at("hover", "untitled:1", [0, 0]);
        }
        client.send_raw(&vec![b'x'; 10_000_000]);
        let error = client.answer(&Value::Null)["error"]["message"].clone();
        assert!(error.as_str().is_some_and(|message| message.contains("'xxxx")), "{error}");
        client.ask_at("hover", "untitled:1", [0, 0]);
        client.send_raw(b"Content-Length: 300000000\r\n\r\n");
        let error = client.answer(&Value::Null)["error"]["message"].clone();
        assert!(error.as_str().is_some_and(|one| one.contains("300000000 bytes")), "{error}");
    });
}

/// Sends requests whose answers are long, from another thread, and returns what the thread sends back at
/// its end.
fn flood(client: &mut LspClient, count: usize) -> Receiver<std::io::Result<ChildStdin>> {
    let mut input = client.take_input();
    let (sender, is_sent) = channel();
    std::thread::spawn(move || {
        let sent = (0..count).try_for_each(|number| {
            let request = json!({ "id": long_id(number), "method": "no/method" }).to_string();
            write!(input, "Content-Length: {}\r\n\r\n{request}", request.len())
        });
        let _ = sender.send(sent.map(|()| input));
    });
    is_sent
}

fn long_id(number: usize) -> String {
    format!("{number}{}", "x".repeat(10_000))
}

/// How long a server would take at most to take a flood that it need not take, in most cases.
const FLOOD: Duration = Duration::from_secs(1);

#[test]
fn a_client_that_does_not_read_is_not_read_for_ever() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let (mut client, gate) = LspClient::start_unread(&repo);
        let first = client.request("initialize", &json!({ "capabilities": {} }));
        let is_sent = flood(&mut client, 1_000);
        assert!(is_sent.recv_timeout(FLOOD).is_err(), "the server keeps all that it is sent");
        gate.send(()).expect("the output is read");
        assert!(client.answer(&json!(first)).get("result").is_some());
        for number in 0..1_000 {
            assert_eq!(client.answer(&json!(long_id(number)))["error"]["code"], -32601);
        }
        is_sent.recv().expect("it ends").expect("all is sent");

        let (mut client, gate) = LspClient::start_unread(&repo);
        let is_sent = flood(&mut client, 1_000);
        assert!(is_sent.recv_timeout(FLOOD).is_err(), "the server keeps all that it is sent");
        // The client dies.
        drop(gate);
        drop(is_sent);
        assert_eq!(client.wait_for_end().code(), Some(1));
    });
}

#[test]
fn a_flood_is_answered_to_the_last_request() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let notes = repo.id("notes.txt");
        let mut client = LspClient::start(&repo);
        let a = client.open(&repo.path().join("a.md"), "");
        let mut last = 0;
        for number in 0..3_000 {
            client.set_text(&a, &format!("{number} idhooks:{notes}"));
            last = client.request("textDocument/hover", &at(&a, [0, 10]));
            client.notify("$/nonsense", &json!({}));
        }
        assert!(client.answer(&json!(last)).get("error").is_none());
        for id in 2..last {
            assert!(client.answer(&json!(id)).get("result").is_some());
        }
        client.set_text(&a, "");
        assert_eq!(client.diagnostics(&a), [json!(null); 0]);
    });
}

#[test]
fn a_cancelled_request_is_answered_with_that() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let mut client = LspClient::start(&repo);
        let a = client.open(&repo.path().join("a.md"), "");
        // All in one write, so that the cancellation waits with its request.
        let frame = |message: Value| {
            let body = message.to_string();
            format!("Content-Length: {}\r\n\r\n{body}", body.len())
        };
        let hover = |id: &Value| json!({ "id": id, "method": "textDocument/hover", "params": at(&a, [0, 0]) });
        let cancel = |id: &Value| json!({ "method": "$/cancelRequest", "params": { "id": id } });
        let (one, two) = (json!("one"), json!(70_000));
        let mut all = String::new();
        // Work that keeps the server busy while it receives the rest.
        let text = "idhooks:9999999999999999\n".repeat(20_000);
        let document = json!({ "uri": "file:///x", "languageId": "x", "version": 1, "text": text });
        let open =
            json!({ "method": "textDocument/didOpen", "params": { "textDocument": document } });
        all.push_str(&frame(open));
        all.push_str(&frame(json!({
            "id": 69_999, "method": "textDocument/hover", "params": at("file:///x", [0, 3])
        })));
        for id in [&one, &two] {
            all.push_str(&frame(hover(id)));
        }
        for id in [&two, &one, &json!(5_000_000), &json!(null)] {
            all.push_str(&frame(cancel(id)));
        }
        client.send_raw(all.as_bytes());
        for id in [&one, &two] {
            let answer = client.answer(id);
            let code = &answer["error"]["code"];
            assert!(answer.get("result").is_some() || *code == -32800, "{answer}");
        }
        client.ask_at("hover", &a, [0, 0]);
    });
}

#[test]
fn progress_and_watching_are_asked_for_if_the_client_can() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let abilities = json!({
            "window": { "workDoneProgress": true },
            "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } },
        });
        let mut client = LspClient::start_with(&repo, &abilities, &[repo.path()]);
        client.wait_until(|client| !client.asked.is_empty());
        let asked = client.asked.pop_front().expect("a request");
        assert_eq!(asked["method"], "client/registerCapability");
        let watchers = &asked["params"]["registrations"][0]["registerOptions"]["watchers"];
        assert!(watchers.as_array().is_some_and(|globs| !globs.is_empty()), "{asked}");
        client.send(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": null }));
        let notes = repo.id("notes.txt");
        let a = client.open(&repo.path().join("a.md"), &format!("idhooks:{notes}"));
        client.hover(&a, [0, 9]);
        // A small index may have been read before the client was asked.
        let progress =
            client.asked.iter().find(|one| one["method"] == "window/workDoneProgress/create");
        if let Some(asked) = progress.cloned() {
            client.send(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": null }));
            client.ask_at("hover", &a, [0, 9]);
        }
        let of = |kind: &str| {
            let all = client.notified.iter().filter(|one| one["method"] == "$/progress");
            all.filter(|one| one["params"]["value"]["kind"] == kind).count()
        };
        assert_eq!(of("begin"), of("end"));
    });
}
