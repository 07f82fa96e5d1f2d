//! [`Outbox`]: the messages to the client.

use std::sync::mpsc::Sender;

use lsp_server::{ErrorCode, RequestId, Response};
use lsp_types::MessageType;
use lsp_types::notification::{LogMessage, Notification};
use lsp_types::request::Request;
use serde::Serialize;
use serde_json::{Value, json};

/// How many messages of the log are sent; a client that floods the server gets no flood back.
const MOST_LOGGED: usize = 1_000;

/// Sends messages to the client.
#[derive(Debug)]
pub(crate) struct Outbox {
    sender: Sender<Vec<u8>>,
    next_id: i32,
    logged: usize,
}

impl Outbox {
    pub(crate) fn new(sender: Sender<Vec<u8>>) -> Self {
        Outbox { sender, next_id: 0, logged: 0 }
    }

    /// Sends JSON. If the client is gone, its input ends as well, so that nothing is to be done.
    pub(crate) fn send(&self, message: &Value) {
        let _ = self.sender.send(message.to_string().into_bytes());
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

    /// Sends a line for the client's log.
    pub(crate) fn log(&mut self, typ: MessageType, message: impl Into<String>) {
        self.logged += 1;
        if self.logged > MOST_LOGGED {
            return;
        }
        let mut message = message.into();
        if self.logged == MOST_LOGGED {
            message.push_str("; no more messages are logged");
        }
        self.notify::<LogMessage>(&lsp_types::LogMessageParams { typ, message });
    }
}
