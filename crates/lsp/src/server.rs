//! Runs the server: receives messages, and answers one after the other.

use std::collections::{HashSet, VecDeque};
use std::io::{BufRead, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use idhooks_repo::system::is_running;
use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::{InitializeParams, InitializeResult, MessageType, ServerInfo};
use serde_json::Value;

use crate::abilities::{ClientAbilities, server_capabilities};
use crate::diagnostics::check_document;
use crate::event::{Event, News};
use crate::file_uri::file_of;
use crate::notifications::{self, notified};
use crate::outbox::Outbox;
use crate::progress;
use crate::requests::answer;
use crate::state::{RequestAnswer, ServerState};
use crate::transport::{Received, read_message, write_message};
use crate::workspace::Workspace;

/// How many events wait at most; more stay with the client.
const MOST_WAITING: usize = 1_024;
/// How often the server looks for changes that no one reports, and whether its client is alive.
const POLL: Duration = Duration::from_secs(1);
/// How long the last reports of moved files may take.
const LAST_REPORTS: Duration = Duration::from_secs(30);
/// How long the last messages may take to be written.
const LAST_WRITES: Duration = Duration::from_secs(2);

/// How the server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerEnd {
    /// The client shut it down, and asked it to exit.
    ShutDown,
    /// The client is gone, or asked it to exit without a shutdown.
    Abandoned,
}

/// The phase of the session, as the client has asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Started,
    Initialized,
    ShutDown,
}

struct LanguageServer {
    state: ServerState,
    events: Receiver<Event>,
    waiting: VecDeque<Event>,
    cancelled: HashSet<RequestId>,
    /// The requests that wait for an index.
    deferred: Vec<Request>,
    phase: Phase,
    /// The process of the client.
    client: Option<i32>,
    polled: Instant,
}

/// Serves a client until it ends the server, closes its input, or ends itself.
pub fn serve(
    input: impl BufRead + Send + 'static,
    output: impl Write + Send + 'static,
) -> ServerEnd {
    let (sender, events) = sync_channel(MOST_WAITING);
    let (outbox, messages) = channel();
    let (written, is_written) = channel();
    start_reader(input, sender.clone());
    start_writer(output, messages, written);
    let workspace = Workspace::new(sender);
    let mut server = LanguageServer {
        state: ServerState::new(workspace, Outbox::new(outbox)),
        events,
        waiting: VecDeque::new(),
        cancelled: HashSet::new(),
        deferred: Vec::new(),
        phase: Phase::Started,
        client: None,
        polled: Instant::now(),
    };
    let end = server.run();
    server.finish();
    drop(server);
    // A client that reads no more must not keep the server alive.
    let _ = is_written.recv_timeout(LAST_WRITES);
    end
}

fn start_reader(
    mut input: impl BufRead + Send + 'static,
    events: SyncSender<Event>,
) -> JoinHandle<()> {
    thread::spawn(move || {
        while let Ok(Some(received)) = read_message(&mut input) {
            if events.send(Event::Received(received)).is_err() {
                return;
            }
        }
        let _ = events.send(Event::InputEnded);
    })
}

fn start_writer(
    mut output: impl Write + Send + 'static,
    messages: Receiver<Vec<u8>>,
    written: Sender<()>,
) -> JoinHandle<()> {
    thread::spawn(move || {
        for message in messages {
            if write_message(&mut output, &message).is_err() {
                break;
            }
        }
        let _ = written.send(());
    })
}

impl LanguageServer {
    fn run(&mut self) -> ServerEnd {
        loop {
            self.receive();
            if self.polled.elapsed() >= POLL {
                self.polled = Instant::now();
                if self.client.is_some_and(|client| !is_running(client)) {
                    return ServerEnd::Abandoned;
                }
                notifications::poll(&mut self.state);
            }
            let Some(event) = self.waiting.pop_front() else {
                self.cancelled.clear();
                self.check_one();
                continue;
            };
            if let Some(end) = self.handle(event) {
                return end;
            }
        }
    }

    /// Waits until all moved files were reported: a person may end the editor right after a rename.
    fn finish(&mut self) {
        let deadline = Instant::now() + LAST_REPORTS;
        let is_pending = |server: &Self| {
            server.state.workspace.sessions.iter().any(|session| session.unreported > 0)
        };
        while is_pending(self)
            && let Some(left) = deadline.checked_duration_since(Instant::now())
        {
            let next = match self.waiting.pop_front() {
                Some(event) => Some(event),
                None => self.events.recv_timeout(left).ok(),
            };
            if let Some(Event::Background { repository, news }) = next {
                self.learn(repository, news);
            }
        }
    }

    /// Waits for an event, unless there is something to do, and takes all that have come.
    fn receive(&mut self) {
        if self.waiting.is_empty() && self.state.unchecked.is_empty() {
            match self.events.recv_timeout(POLL) {
                Ok(event) => self.take(event),
                Err(RecvTimeoutError::Timeout) => {}
                // The reader has ended.
                Err(RecvTimeoutError::Disconnected) => self.waiting.push_back(Event::InputEnded),
            }
        }
        while self.waiting.len() < MOST_WAITING
            && let Ok(event) = self.events.try_recv()
        {
            self.take(event);
        }
    }

    /// Takes an event. A cancellation overtakes the request that it cancels.
    fn take(&mut self, event: Event) {
        if let Event::Received(Received::Message(Message::Notification(notification))) = &event
            && notification.method == "$/cancelRequest"
        {
            let id = notification.params.get("id").cloned().unwrap_or_default();
            if let Ok(id) = serde_json::from_value::<RequestId>(id) {
                self.cancel(id);
            }
            return;
        }
        self.waiting.push_back(event);
    }

    fn cancel(&mut self, id: RequestId) {
        match self.deferred.iter().position(|request| request.id == id) {
            Some(place) => {
                self.deferred.remove(place);
                self.refuse_cancelled(id);
            }
            None => drop(self.cancelled.insert(id)),
        }
    }

    fn refuse_cancelled(&self, id: RequestId) {
        self.state.outbox.refuse(id, ErrorCode::RequestCanceled, "cancelled by the client");
    }

    /// Checks one of the documents that have changed.
    fn check_one(&mut self) {
        if let Some(uri) = self.state.unchecked.pop_first() {
            check_document(&mut self.state, &uri);
        }
    }

    /// Handles an event. Returns how the server ends, if it does.
    fn handle(&mut self, event: Event) -> Option<ServerEnd> {
        match event {
            Event::InputEnded => return Some(ServerEnd::Abandoned),
            Event::Background { repository, news } => self.learn(repository, news),
            Event::Received(Received::Invalid(error)) => self.state.outbox.send(&error),
            Event::Received(Received::Message(message)) => match message {
                Message::Notification(notification) if notification.method == "exit" => {
                    return Some(match self.phase {
                        Phase::ShutDown => ServerEnd::ShutDown,
                        Phase::Started | Phase::Initialized => ServerEnd::Abandoned,
                    });
                }
                Message::Notification(notification) => self.notify(notification),
                Message::Request(request) => self.request(request),
                Message::Response(Response { id, error, .. }) => {
                    progress::answered(&mut self.state, &id, error.is_none());
                }
            },
        }
        None
    }

    fn learn(&mut self, repository: usize, news: News) {
        let has_index = !matches!(news, News::History { .. } | News::Reported(_));
        notifications::learn(&mut self.state, repository, news);
        if has_index {
            for request in std::mem::take(&mut self.deferred) {
                self.request(request);
            }
        }
    }

    fn notify(&mut self, notification: Notification) {
        if self.phase == Phase::Initialized {
            notified(&mut self.state, notification);
        }
    }

    fn request(&mut self, request: Request) {
        if self.cancelled.remove(&request.id) {
            return self.refuse_cancelled(request.id);
        }
        let outbox = &self.state.outbox;
        match (self.phase, request.method.as_str()) {
            (Phase::Started, "initialize") => self.initialize(request),
            (Phase::Started, _) => {
                let message = "the first request must be 'initialize'";
                outbox.refuse(request.id, ErrorCode::ServerNotInitialized, message);
            }
            (Phase::Initialized, "shutdown") => {
                self.phase = Phase::ShutDown;
                for waiting in self.deferred.drain(..) {
                    let message = "the server shuts down";
                    outbox.refuse(waiting.id, ErrorCode::RequestFailed, message);
                }
                outbox.respond(Response::new_ok(request.id, Value::Null));
            }
            (Phase::ShutDown, _) | (Phase::Initialized, "initialize") => {
                let message = format!("'{}' is not allowed now", request.method);
                outbox.refuse(request.id, ErrorCode::InvalidRequest, message);
            }
            (Phase::Initialized, _) => match answer(&mut self.state, &request) {
                Ok(RequestAnswer::Now(result)) => {
                    self.state.outbox.respond(Response::new_ok(request.id, result));
                }
                Ok(RequestAnswer::Later) => self.deferred.push(request),
                Err(refused) => {
                    self.state.outbox.refuse(request.id, refused.code, refused.message);
                }
            },
        }
    }

    fn initialize(&mut self, request: Request) {
        let params: InitializeParams = match serde_json::from_value(request.params) {
            Ok(params) => params,
            Err(error) => {
                let message = error.to_string();
                return self.state.outbox.refuse(request.id, ErrorCode::InvalidParams, message);
            }
        };
        let abilities = ClientAbilities::of(&params);
        self.state.abilities = abilities;
        self.client = params.process_id.and_then(|process| i32::try_from(process).ok());
        self.phase = Phase::Initialized;
        let info = ServerInfo {
            name: "idhooks".to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").into()),
        };
        let capabilities = server_capabilities(abilities.encoding);
        let result = InitializeResult { capabilities, server_info: Some(info) };
        let result = serde_json::to_value(result).unwrap_or_default();
        self.state.outbox.respond(Response::new_ok(request.id, result));
        #[expect(deprecated, reason = "older clients name one folder only")]
        let root = params.root_uri;
        let folders = params.workspace_folders.unwrap_or_default().into_iter();
        let mut roots: Vec<_> = folders.filter_map(|folder| file_of(&folder.uri)).collect();
        if roots.is_empty() {
            roots.extend(root.as_ref().and_then(file_of));
        }
        self.state.workspace.change_roots(roots, &[]);
        let message = format!("idhooks {}", env!("CARGO_PKG_VERSION"));
        self.state.outbox.log(MessageType::INFO, message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn received(message: Value) -> Event {
        Event::Received(Received::Message(serde_json::from_value(message).expect("a message")))
    }

    #[test]
    fn a_cancellation_overtakes_its_request() {
        let (sender, events) = sync_channel(MOST_WAITING);
        let (outbox, messages) = channel();
        let state = ServerState::new(Workspace::new(sender), Outbox::new(outbox));
        let mut server = LanguageServer {
            state,
            events,
            waiting: VecDeque::new(),
            cancelled: HashSet::new(),
            deferred: Vec::new(),
            phase: Phase::Initialized,
            client: None,
            polled: Instant::now(),
        };
        let request = |id: Value| json!({ "id": id, "method": "textDocument/hover", "params": 1 });
        let cancel = |id: Value| json!({ "method": "$/cancelRequest", "params": { "id": id } });
        server.deferred.push(serde_json::from_value(request(json!(3))).expect("a request"));
        for message in [
            request(json!(1)),
            request(json!("two")),
            request(json!(4)),
            cancel(json!("two")),
            cancel(json!(1)),
            cancel(json!(3)),
        ] {
            server.take(received(message));
        }
        while let Some(event) = server.waiting.pop_front() {
            assert_eq!(server.handle(event), None);
        }
        drop(server);
        let answers = messages.iter().map(|bytes| {
            let answer: Value = serde_json::from_slice(&bytes).expect("JSON");
            [answer["id"].clone(), answer["error"]["code"].clone()]
        });
        let cancelled = json!(-32800);
        let expected = [
            [json!(3), cancelled.clone()],
            [json!(1), cancelled.clone()],
            [json!("two"), cancelled],
            [json!(4), json!(-32602)],
        ];
        assert_eq!(answers.collect::<Vec<_>>(), expected);
    }
}
