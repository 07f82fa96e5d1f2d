//! Messages as they are sent: a header with their length, and JSON.

use std::io::{self, BufRead, Read, Write};

use lsp_server::{ErrorCode, Message};
use serde_json::{Value, json};

/// The longest message that is read, in bytes.
const LONGEST_MESSAGE: u64 = 256 << 20;
/// The longest line of a header that is read at once, in bytes.
const LONGEST_LINE: u64 = 4 << 10;

/// A message from the client.
#[derive(Debug)]
pub(crate) enum Received {
    /// A message.
    Message(Message),
    /// Something else, with the error that it is answered with.
    Invalid(Value),
}

/// Reads the next message; `None` at the end of the input. Lines that are not a header are skipped, so
/// that the messages after them are understood.
pub(crate) fn read_message(input: &mut dyn BufRead) -> io::Result<Option<Received>> {
    let Some(length) = read_header(input)? else { return Ok(None) };
    if length > LONGEST_MESSAGE {
        io::copy(&mut input.take(length), &mut io::sink())?;
        let message = format!("the message is longer than {LONGEST_MESSAGE} bytes");
        return Ok(Some(refusal(&Value::Null, ErrorCode::InvalidRequest, &message)));
    }
    let mut body = Vec::new();
    input.take(length).read_to_end(&mut body)?;
    if (body.len() as u64) < length {
        return Ok(None);
    }
    let value: Value = match serde_json::from_slice(&body) {
        Ok(value) => value,
        Err(error) => {
            let refused = refusal(&Value::Null, ErrorCode::ParseError, &error.to_string());
            return Ok(Some(refused));
        }
    };
    let id = value.get("id").cloned();
    let has_method = value.get("method").is_some();
    let message = serde_json::from_value(value).ok();
    // A malformed request may look like another kind of message.
    let message = message.filter(|one| match one {
        Message::Request(_) => true,
        Message::Notification(_) => id.is_none(),
        Message::Response(_) => !has_method,
    });
    let id = id.unwrap_or_default();
    Ok(Some(match message {
        Some(message) => Received::Message(message),
        None => refusal(&id, ErrorCode::InvalidRequest, "not a request or a notification"),
    }))
}

/// Reads lines up to an empty one that follows a length, and returns that length.
fn read_header(input: &mut dyn BufRead) -> io::Result<Option<u64>> {
    let mut length = None;
    loop {
        let mut line = Vec::new();
        if input.take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim();
        if line.is_empty() && length.is_some() {
            return Ok(length);
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok();
        }
    }
}

fn refusal(id: &Value, code: ErrorCode, message: &str) -> Received {
    let error = json!({ "code": code as i32, "message": message });
    Received::Invalid(json!({ "jsonrpc": "2.0", "id": id, "error": error }))
}

/// Writes the JSON of a message with its header.
pub(crate) fn write_message(output: &mut dyn Write, body: &[u8]) -> io::Result<()> {
    write!(output, "Content-Length: {}\r\n\r\n", body.len())?;
    output.write_all(body)?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(mut input: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        while let Some(received) = read_message(&mut input).expect("no error in memory") {
            found.push(match received {
                Received::Message(Message::Request(request)) => request.method,
                Received::Message(Message::Notification(notification)) => notification.method,
                Received::Message(Message::Response(_)) => "response".to_owned(),
                Received::Invalid(answer) => format!("{}", answer["error"]["code"]),
            });
        }
        found
    }

    fn framed(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    #[test]
    fn nonsense_is_answered_and_what_follows_is_read() {
        let request = framed(r#"{"jsonrpc":"2.0","id":1,"method":"one"}"#);
        let input = [
            "nonsense\r\n\r\n",
            &request,
            &framed("{"),
            &framed("[]"),
            &framed(r#"{"id":1.5,"method":"two"}"#),
            &framed(r#"{"id":7,"method":1}"#),
            "Content-Length: x\r\n\r\n",
            &framed(r#"{"method":"three"}"#).replace("Content-Length", "content-length"),
            "Content-Length: 100\r\n\r\n{",
        ];
        let found = all(input.concat().as_bytes());
        assert_eq!(found, ["one", "-32700", "-32600", "-32600", "-32600", "three"]);
    }

    #[test]
    fn a_message_has_its_length_in_bytes() {
        let mut output = Vec::new();
        write_message(&mut output, "\"ä\"".as_bytes()).expect("memory");
        assert_eq!(output, "Content-Length: 4\r\n\r\n\"ä\"".as_bytes());
    }
}
