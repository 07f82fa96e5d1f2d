//! Runs the server: receives messages, and answers one after the other.

use std::collections::VecDeque;
use std::io::{BufRead, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
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
use crate::streams::{start_reader, start_writer};
use crate::transport::Received;
use crate::workspace::Workspace;

/// How many requests or renames wait for the threads of the repositories; until then, what comes after
/// them waits to be handled.
const MOST_UNDER_WAY: usize = 1_024;
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
    /// Whether the client has ended its input, or asked the server to exit.
    is_ending: bool,
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
    let (sender, events) = channel();
    let (outbox, messages) = channel();
    let outbox = Outbox::new(outbox);
    let (written, is_written) = channel();
    start_reader(input, sender.clone());
    start_writer(output, messages, outbox.unread().clone(), sender.clone(), written);
    let workspace = Workspace::new(sender);
    let mut server = LanguageServer {
        state: ServerState::new(workspace, outbox),
        events,
        waiting: VecDeque::new(),
        is_ending: false,
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
            match self.next() {
                Some(event) => {
                    if let Some(end) = self.handle(event) {
                        return end;
                    }
                }
                None if self.is_held_back() => {}
                None => self.check_one(),
            }
        }
    }

    /// Returns whether what the client sends waits to be handled, because it does not read the answers,
    /// or because too much is under way. Once the input has ended, all that was received is handled.
    fn is_held_back(&self) -> bool {
        let sessions = self.state.workspace.sessions.iter();
        let moves: usize = sessions.map(|session| session.unreported).sum();
        let is_busy = moves.max(self.deferred.len()) >= MOST_UNDER_WAY;
        (is_busy || self.state.outbox.unread().is_full()) && !self.is_ending
    }

    /// Takes the next event to handle, if there is one.
    fn next(&mut self) -> Option<Event> {
        if !self.is_held_back() {
            return self.waiting.pop_front();
        }
        let is_own = |event: &Event| matches!(event, Event::Background { .. });
        self.waiting.remove(self.waiting.iter().position(is_own)?)
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
        let has_work = match self.is_held_back() {
            true => self.waiting.iter().any(|event| matches!(event, Event::Background { .. })),
            false => !self.waiting.is_empty() || !self.state.unchecked.is_empty(),
        };
        if !has_work {
            match self.events.recv_timeout(POLL) {
                Ok(event) => self.take(event),
                Err(RecvTimeoutError::Timeout) => {}
                // The reader has ended.
                Err(RecvTimeoutError::Disconnected) => self.take(Event::InputEnded),
            }
        }
        while let Ok(event) = self.events.try_recv() {
            self.take(event);
        }
    }

    /// Takes an event. A cancellation overtakes the request that it cancels.
    fn take(&mut self, event: Event) {
        match &event {
            Event::Received { received: Received::Message(Message::Notification(one)), .. } => {
                match one.method.as_str() {
                    "$/cancelRequest" => {
                        let id = one.params.get("id").cloned().unwrap_or_default();
                        return serde_json::from_value(id).map_or((), |id| self.cancel(id));
                    }
                    "exit" => self.is_ending = true,
                    _ => {}
                }
            }
            Event::InputEnded => self.is_ending = true,
            Event::Received { .. } | Event::Background { .. } | Event::OutputRead => {}
        }
        self.waiting.push_back(event);
    }

    /// Cancels a request that was not answered yet.
    fn cancel(&mut self, id: RequestId) {
        let is_it = |event: &Event| match event {
            Event::Received { received: Received::Message(Message::Request(request)), .. } => {
                request.id == id
            }
            _ => false,
        };
        if let Some(place) = self.deferred.iter().position(|request| request.id == id) {
            self.deferred.remove(place);
        } else if let Some(place) = self.waiting.iter().position(is_it) {
            self.waiting.remove(place);
        } else {
            return;
        }
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
            Event::OutputRead => {}
            Event::Received { received, place } => {
                drop(place);
                return self.handle_received(received);
            }
        }
        None
    }

    fn handle_received(&mut self, received: Received) -> Option<ServerEnd> {
        match received {
            Received::Invalid(error) => self.state.outbox.send(&error),
            Received::Message(Message::Notification(one)) if one.method == "exit" => {
                return Some(match self.phase {
                    Phase::ShutDown => ServerEnd::ShutDown,
                    Phase::Started | Phase::Initialized => ServerEnd::Abandoned,
                });
            }
            Received::Message(Message::Notification(notification)) => self.notify(notification),
            Received::Message(Message::Request(request)) => self.request(request),
            Received::Message(Message::Response(Response { id, error, .. })) => {
                progress::answered(&mut self.state, &id, error.is_none());
            }
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
    use crate::backlog::Backlog;
    use serde_json::json;

    fn received(message: Value) -> Event {
        let message = serde_json::from_value(message).expect("a message");
        let place = Backlog::new(1).add(1);
        Event::Received { received: Received::Message(message), place }
    }

    #[test]
    fn a_cancellation_overtakes_its_request() {
        let (sender, events) = channel();
        let (outbox, messages) = channel();
        let state = ServerState::new(Workspace::new(sender), Outbox::new(outbox));
        let mut server = LanguageServer {
            state,
            events,
            waiting: VecDeque::new(),
            is_ending: false,
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
        let answers = messages.iter().map(|message| {
            let answer: Value = serde_json::from_slice(&message.json).expect("JSON");
            [answer["id"].clone(), answer["error"]["code"].clone()]
        });
        let cancelled = json!(-32800);
        let expected = [
            [json!("two"), cancelled.clone()],
            [json!(1), cancelled.clone()],
            [json!(3), cancelled],
            [json!(4), json!(-32602)],
        ];
        assert_eq!(answers.collect::<Vec<_>>(), expected);
    }
}
