//! [`Outbox`]: the messages to the client.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use lsp_server::{ErrorCode, RequestId, Response};
use lsp_types::MessageType;
use lsp_types::notification::{LogMessage, Notification, ShowMessage};
use lsp_types::request::Request;
use serde::Serialize;
use serde_json::{Value, json};

use crate::backlog::{Backlog, BacklogPlace};

/// How many messages of the log are sent in [`LOG_PERIOD`]; a client that floods the server gets no
/// flood back.
const MOST_LOGGED: usize = 100;
const LOG_PERIOD: Duration = Duration::from_mins(1);
/// How much the client may leave unread before the server waits, in bytes.
const MOST_UNREAD: usize = 8 << 20;

/// Sends messages to the client.
#[derive(Debug)]
pub(crate) struct Outbox {
    sender: Sender<OutgoingMessage>,
    unread: Arc<Backlog>,
    next_id: i32,
    log: LogLimit,
}

/// A message to the client, as JSON.
#[derive(Debug)]
pub(crate) struct OutgoingMessage {
    pub(crate) json: Vec<u8>,
    /// Its place among the messages that the client has not read.
    pub(crate) place: BacklogPlace,
}

impl Outbox {
    pub(crate) fn new(sender: Sender<OutgoingMessage>) -> Self {
        let (unread, log) = (Backlog::new(MOST_UNREAD), LogLimit::default());
        Outbox { sender, unread, next_id: 0, log }
    }

    /// Returns the messages that the client has not read.
    pub(crate) fn unread(&self) -> &Arc<Backlog> {
        &self.unread
    }

    /// Sends JSON. If the client is gone, its input ends as well, so that nothing is to be done.
    pub(crate) fn send(&self, message: &Value) {
        let json = message.to_string().into_bytes();
        let place = self.unread.add(json.len());
        let _ = self.sender.send(OutgoingMessage { json, place });
    }

    /// Answers a request.
    pub(crate) fn respond(&self, response: Response) {
        let Response { id, result, error } = response;
        self.send(&match error {
            Some(error) => json!({ "jsonrpc": "2.0", "id": id, "error": error }),
            None => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        });
    }

    /// Answers a request with an error.
    pub(crate) fn refuse(&self, id: RequestId, code: ErrorCode, message: impl Into<String>) {
        self.respond(Response::new_err(id, code as i32, message.into()));
    }

    /// Sends a notification.
    pub(crate) fn notify<N: Notification>(&self, params: &N::Params)
    where
        N::Params: Serialize,
    {
        self.send(&json!({ "jsonrpc": "2.0", "method": N::METHOD, "params": params }));
    }

    /// Sends a request, and returns its number.
    pub(crate) fn request<R: Request>(&mut self, params: &R::Params) -> i32
    where
        R::Params: Serialize,
    {
        self.next_id += 1;
        let id = self.next_id;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": R::METHOD, "params": params }));
        id
    }

    /// Sends a line for the client's log, unless it has got too many.
    pub(crate) fn log(&mut self, typ: MessageType, message: impl Into<String>) {
        if let Some(message) = self.log.limit(message.into(), Instant::now()) {
            self.notify::<LogMessage>(&lsp_types::LogMessageParams { typ, message });
        }
    }

    /// Has the client show a warning to the person who uses it.
    pub(crate) fn warn(&self, message: impl Into<String>) {
        let (typ, message) = (MessageType::WARNING, message.into());
        self.notify::<ShowMessage>(&lsp_types::ShowMessageParams { typ, message });
    }
}

/// Limits the messages of the log.
#[derive(Debug, Default)]
struct LogLimit {
    /// When the present period began.
    since: Option<Instant>,
    /// The messages of the present period.
    count: usize,
}

impl LogLimit {
    /// Returns the message to log now; `None` if the limit has been reached.
    fn limit(&mut self, mut message: String, now: Instant) -> Option<String> {
        if self.since.is_none_or(|since| now.duration_since(since) >= LOG_PERIOD) {
            let omitted = self.count.saturating_sub(MOST_LOGGED);
            if omitted > 0 {
                message.push_str(&format!("; {omitted} messages before this one are not logged"));
            }
            *self = LogLimit { since: Some(now), count: 0 };
        }
        self.count += 1;
        if self.count == MOST_LOGGED {
            message.push_str("; no more messages are logged for a minute");
        }
        (self.count <= MOST_LOGGED).then_some(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_goes_on_after_a_flood() {
        let (mut log, start) = (LogLimit::default(), Instant::now());
        let mut logged = |after: Duration| log.limit("x".to_owned(), start + after);
        for _ in 1..MOST_LOGGED {
            assert_eq!(logged(Duration::ZERO).as_deref(), Some("x"));
        }
        let last = logged(Duration::from_secs(1));
        assert_eq!(last.as_deref(), Some("x; no more messages are logged for a minute"));
        assert_eq!([logged(Duration::from_secs(1)), logged(Duration::from_secs(59))], [None, None]);
        let next = logged(Duration::from_secs(60));
        assert_eq!(next.as_deref(), Some("x; 2 messages before this one are not logged"));
        assert_eq!(logged(Duration::from_secs(60)).as_deref(), Some("x"));
    }
}
