//! A client that speaks with the server over its standard streams.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::common::{Repo, uri};

/// How long an answer may take on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// A running server, and what it has sent.
pub(crate) struct LspClient {
    child: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    next_id: i64,
    answers: Vec<Value>,
    /// Requests of the server that were not answered yet.
    pub(crate) asked: VecDeque<Value>,
    /// The last diagnostics of each document.
    pub(crate) published: BTreeMap<String, Value>,
    /// All other notifications.
    pub(crate) notified: Vec<Value>,
    versions: BTreeMap<String, i64>,
}

impl LspClient {
    /// Starts a server in a repository.
    pub(crate) fn start(repo: &Repo) -> Self {
        Self::start_with(repo, &json!({}), &[repo.path()])
    }

    /// Starts a server for a client with these capabilities and folders.
    pub(crate) fn start_with(repo: &Repo, capabilities: &Value, roots: &[&Path]) -> Self {
        let mut client = Self::start_raw(repo);
        let folder = |root: &&Path| json!({ "uri": uri(root), "name": "folder" });
        let folders: Vec<Value> = roots.iter().map(folder).collect();
        let params = json!({
            "processId": std::process::id(), "rootUri": null, "capabilities": capabilities,
            "workspaceFolders": folders,
        });
        let answer = client.ask("initialize", &params);
        assert_eq!(answer["capabilities"]["hoverProvider"], true, "{answer}");
        client.notify("initialized", &json!({}));
        client
    }

    /// Starts a server, and sends nothing.
    pub(crate) fn start_raw(repo: &Repo) -> Self {
        let (client, gate) = Self::start_unread(repo);
        gate.send(()).expect("the output is read");
        client
    }

    /// Starts a server whose output is read once something is sent to the gate, and closed if the gate
    /// is dropped.
    pub(crate) fn start_unread(repo: &Repo) -> (Self, Sender<()>) {
        let mut command = repo.line("idhooks lsp");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the program can be started");
        let (sender, messages) = channel();
        let (gate, is_open) = channel();
        let output = child.stdout.take().expect("a pipe");
        thread::spawn(move || {
            if is_open.recv().is_err() {
                return;
            }
            let mut output = BufReader::new(output);
            while let Some(message) = read_message(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let client = LspClient {
            input: child.stdin.take(),
            child,
            messages,
            next_id: 0,
            answers: Vec::new(),
            asked: VecDeque::new(),
            published: BTreeMap::new(),
            notified: Vec::new(),
            versions: BTreeMap::new(),
        };
        (client, gate)
    }

    /// Returns the server's input, to send from another thread.
    pub(crate) fn take_input(&mut self) -> ChildStdin {
        self.input.take().expect("the input is open")
    }

    /// Sends bytes as they are.
    pub(crate) fn send_raw(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("the input is open");
        input.write_all(bytes).and_then(|()| input.flush()).expect("the server reads");
    }

    /// Sends a message.
    pub(crate) fn send(&mut self, message: &Value) {
        let body = message.to_string();
        let mut framed = String::new();
        write!(framed, "Content-Length: {}\r\n\r\n{body}", body.len()).expect("memory");
        self.send_raw(framed.as_bytes());
    }

    pub(crate) fn notify(&mut self, method: &str, params: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Sends a request, and returns its number.
    pub(crate) fn request(&mut self, method: &str, params: &Value) -> i64 {
        self.next_id += 1;
        let id = self.next_id;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    /// Sends a request, and returns its result.
    pub(crate) fn ask(&mut self, method: &str, params: &Value) -> Value {
        let id = self.request(method, params);
        let answer = self.answer(&json!(id));
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Waits for the answer to a request.
    pub(crate) fn answer(&mut self, id: &Value) -> Value {
        loop {
            if let Some(place) = self.answers.iter().position(|answer| answer["id"] == *id) {
                return self.answers.remove(place);
            }
            self.receive();
        }
    }

    /// Waits until something is true of what the server has sent.
    pub(crate) fn wait_until(&mut self, is_true: impl Fn(&Self) -> bool) {
        while !is_true(self) {
            self.receive();
        }
    }

    /// Takes the next message.
    fn receive(&mut self) {
        let message = self.messages.recv_timeout(LIMIT).expect("the server sends a message");
        match (message.get("method").and_then(Value::as_str), message.get("id")) {
            (Some("textDocument/publishDiagnostics"), None) => {
                let params = message["params"].clone();
                let uri = params["uri"].as_str().expect("a URI").to_owned();
                self.published.insert(uri, params);
            }
            (Some(_), None) => self.notified.push(message),
            (Some(_), Some(_)) => self.asked.push_back(message),
            (None, _) => self.answers.push(message),
        }
    }

    /// Opens a document with a text, and returns its URI.
    pub(crate) fn open(&mut self, file: &Path, text: &str) -> String {
        let uri = uri(file);
        self.open_uri(&uri, text);
        uri
    }

    pub(crate) fn open_uri(&mut self, uri: &str, text: &str) {
        self.versions.insert(uri.to_owned(), 1);
        let document = json!({ "uri": uri, "languageId": "markdown", "version": 1, "text": text });
        self.notify("textDocument/didOpen", &json!({ "textDocument": document }));
    }

    /// Opens a file as it is on the disk.
    pub(crate) fn open_file(&mut self, repo: &Repo, path: &str) -> String {
        let text = String::from_utf8(repo.read(path)).expect("a text");
        self.open(&repo.path().join(path), &text)
    }

    /// Sends changes of a document.
    pub(crate) fn change(&mut self, uri: &str, changes: &Value) {
        let version = self.versions.get_mut(uri).expect("the document is open");
        *version += 1;
        let document = json!({ "uri": uri, "version": *version });
        let params = json!({ "textDocument": document, "contentChanges": changes });
        self.notify("textDocument/didChange", &params);
    }

    /// Replaces the text of a document.
    pub(crate) fn set_text(&mut self, uri: &str, text: &str) {
        self.change(uri, &json!([{ "text": text }]));
    }

    pub(crate) fn close(&mut self, uri: &str) {
        self.versions.remove(uri);
        let params = json!({ "textDocument": { "uri": uri } });
        self.notify("textDocument/didClose", &params);
    }

    /// Waits for the diagnostics of the present text of a document.
    pub(crate) fn diagnostics(&mut self, uri: &str) -> Vec<Value> {
        let version = json!(self.versions[uri]);
        self.wait_until(|client| {
            client.published.get(uri).is_some_and(|known| known["version"] == version)
        });
        self.published[uri]["diagnostics"].as_array().expect("a list").clone()
    }

    /// Waits for diagnostics of a document with these codes.
    pub(crate) fn wait_for_codes(&mut self, uri: &str, codes: &[&str]) {
        self.wait_until(|client| {
            client.published.get(uri).is_some_and(|known| codes_of(&known["diagnostics"]) == codes)
        });
    }

    /// Sends a request about a place in a document.
    pub(crate) fn ask_at(&mut self, what: &str, uri: &str, [line, character]: [usize; 2]) -> Value {
        self.ask(&format!("textDocument/{what}"), &at(uri, [line, character]))
    }

    /// Hovers, again until nothing is still being read, and returns the text.
    pub(crate) fn hover(&mut self, uri: &str, place: [usize; 2]) -> String {
        loop {
            let hover = self.ask_at("hover", uri, place);
            let text = hover["contents"]["value"].as_str().unwrap_or_default().to_owned();
            if !text.contains("still") {
                return text;
            }
            thread::yield_now();
        }
    }

    /// Shuts the server down, and returns how it ended.
    pub(crate) fn shut_down(mut self) -> ExitStatus {
        assert_eq!(self.ask("shutdown", &Value::Null), Value::Null);
        self.notify("exit", &Value::Null);
        self.child.wait().expect("it ends")
    }

    /// Waits until the server ends, while its input is open.
    pub(crate) fn wait_for_end(&mut self) -> ExitStatus {
        self.child.wait().expect("it ends")
    }

    /// Closes the server's input, and returns how it ended.
    pub(crate) fn close_input(&mut self) -> ExitStatus {
        drop(self.input.take());
        self.child.wait().expect("it ends")
    }
}

impl Drop for LspClient {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_message(output: &mut impl BufRead) -> Option<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end().split_once(": ") {
            Some(("Content-Length", value)) => length = Some(value.parse().expect("a number")),
            Some(_) => {}
            None => {
                assert_eq!(line, "\r\n", "only messages are on standard output");
                break;
            }
        }
    }
    let mut body = vec![0; length.expect("a length")];
    output.read_exact(&mut body).ok()?;
    Some(serde_json::from_slice(&body).expect("JSON"))
}

/// Returns the parameters of a request about a place.
pub(crate) fn at(uri: &str, [line, character]: [usize; 2]) -> Value {
    json!({
        "textDocument": { "uri": uri }, "position": { "line": line, "character": character },
        "context": { "includeDeclaration": false, "triggerKind": 1 },
    })
}

/// Returns the codes of diagnostics.
pub(crate) fn codes_of(diagnostics: &Value) -> Vec<&str> {
    let list = diagnostics.as_array().into_iter().flatten();
    list.map(|one| one["code"].as_str().unwrap_or("none")).collect()
}

/// Returns a range as four numbers: the lines and characters of its start and its end.
pub(crate) fn range_of(value: &Value) -> [u64; 4] {
    let number = |end: &str, part: &str| value[end][part].as_u64().expect("a number");
    [
        number("start", "line"),
        number("start", "character"),
        number("end", "line"),
        number("end", "character"),
    ]
}
