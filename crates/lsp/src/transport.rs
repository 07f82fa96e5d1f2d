//! Messages as they are sent: a header with their length, and JSON.

use std::io::{self, BufRead, Read, Write};

use lsp_server::{ErrorCode, Message};
use serde_json::{Value, json};

/// The longest message that is read, in bytes.
const LONGEST_MESSAGE: u64 = 256 << 20;
/// The longest message that is skipped, in bytes. A greater length is a fault of the header: waiting for
/// so many bytes would swallow all that follows.
const LONGEST_SKIPPED: u64 = 4 << 30;
/// The longest line of a header that is read at once, in bytes.
const LONGEST_LINE: u64 = 4 << 10;
/// How much of a line that is not understood is shown, in characters.
const MOST_SHOWN: usize = 60;
/// The header that every message has.
const CONTENT_LENGTH: &str = "content-length";
/// More bytes than [`CONTENT_LENGTH`] and its value have.
const HEADER_TAIL: usize = 48;

/// A message from the client.
#[derive(Debug)]
pub(crate) enum Received {
    /// A message.
    Message(Message),
    /// Something else, with the error that it is answered with.
    Invalid(Value),
}

/// The result of reading a header.
enum ReadHeader {
    /// The whole header; the message has this length.
    Length(u64),
    /// Something that is not understood, with the fault.
    Malformed(String),
    /// The input has ended.
    End,
}

/// Reads messages.
pub(crate) struct MessageReader<R> {
    input: R,
    /// The length in the header that is being read.
    length: Option<u64>,
    /// Whether the header that is being read has other lines.
    has_lines: bool,
    /// The last bytes of a line that has been read only in part.
    tail: Vec<u8>,
    /// Whether something that is no header was found and answered since the last message.
    is_lost: bool,
    /// The bytes of a message that is too long.
    to_skip: u64,
}

impl<R: BufRead> MessageReader<R> {
    pub(crate) fn new(input: R) -> Self {
        let (length, has_lines, tail, is_lost, to_skip) = (None, false, Vec::new(), false, 0);
        MessageReader { input, length, has_lines, tail, is_lost, to_skip }
    }

    /// Reads the next message and its length; `None` at the end of the input. Anything that is not a
    /// header is answered once and skipped, so that the messages after it are understood.
    pub(crate) fn read(&mut self) -> io::Result<Option<(Received, usize)>> {
        let to_skip = std::mem::take(&mut self.to_skip);
        io::copy(&mut (&mut self.input).take(to_skip), &mut io::sink())?;
        let length = match self.read_header()? {
            ReadHeader::Length(length) => length,
            ReadHeader::Malformed(fault) => {
                let refused = refusal(&Value::Null, ErrorCode::ParseError, &fault);
                return Ok(Some((refused, fault.len())));
            }
            ReadHeader::End => return Ok(None),
        };
        if length > LONGEST_MESSAGE {
            self.to_skip = length;
            let message = format!(
                "a message of {length} bytes is skipped: it is longer than {LONGEST_MESSAGE} bytes"
            );
            let refused = refusal(&Value::Null, ErrorCode::InvalidRequest, &message);
            return Ok(Some((refused, message.len())));
        }
        let mut body = Vec::new();
        (&mut self.input).take(length).read_to_end(&mut body)?;
        let is_whole = body.len() as u64 == length;
        Ok(is_whole.then(|| (parse(&body), body.len())))
    }

    /// Reads lines up to an empty one that follows a length, or to the first one that is not understood.
    fn read_header(&mut self) -> io::Result<ReadHeader> {
        loop {
            let mut line = std::mem::take(&mut self.tail);
            let known = line.len();
            if (&mut self.input).take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
                return Ok(ReadHeader::End);
            }
            let is_part = line.last() != Some(&b'\n');
            let text = String::from_utf8_lossy(&line);
            let text = text.trim();
            if text.is_empty() && known == 0 && !is_part {
                let has_lines = std::mem::take(&mut self.has_lines);
                match self.length.take() {
                    Some(length) => {
                        self.is_lost = false;
                        return Ok(ReadHeader::Length(length));
                    }
                    None if has_lines && !self.is_lost => {
                        self.is_lost = true;
                        let fault = "a header has no 'Content-Length'".to_owned();
                        return Ok(ReadHeader::Malformed(fault));
                    }
                    None => continue,
                }
            }
            let is_understood = self.take_line(text);
            let fault = (!is_understood && !self.is_lost).then(|| fault_of(text));
            self.is_lost |= !is_understood;
            if is_part {
                // A header may begin in it.
                self.tail = line.split_off(line.len().saturating_sub(HEADER_TAIL));
            }
            if let Some(fault) = fault {
                return Ok(ReadHeader::Malformed(fault));
            }
        }
    }

    /// Takes a line of a header; returns whether it is one.
    fn take_line(&mut self, line: &str) -> bool {
        // The text of a message that was not understood ends without a new line.
        let start = line.to_ascii_lowercase().rfind(&format!("{CONTENT_LENGTH}:"));
        if let Some(start) = start {
            let value = line[start + CONTENT_LENGTH.len() + 1..].trim();
            self.length = value.parse().ok().filter(|length| *length <= LONGEST_SKIPPED);
            return start == 0 && self.length.is_some();
        }
        self.has_lines = true;
        let is_name = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        line.split_once(':').is_some_and(|(name, _)| !name.is_empty() && is_name(name))
    }
}

fn fault_of(line: &str) -> String {
    let shown: String = line.chars().take(MOST_SHOWN).collect();
    let rest = if shown.len() < line.len() { "…" } else { "" };
    format!(
        "not a header of a message: '{}{rest}'; expected 'Content-Length: ' and a number of bytes",
        shown.escape_debug()
    )
}

/// Parses the JSON of a message.
fn parse(body: &[u8]) -> Received {
    let value: Value = match serde_json::from_slice(body) {
        Ok(value) => value,
        Err(error) => return refusal(&Value::Null, ErrorCode::ParseError, &error.to_string()),
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
    match message {
        Some(message) => Received::Message(message),
        None => refusal(&id, ErrorCode::InvalidRequest, "not a request or a notification"),
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

    fn all(input: impl BufRead) -> Vec<String> {
        let (mut reader, mut found) = (MessageReader::new(input), Vec::new());
        while let Some((received, _)) = reader.read().expect("no error in memory") {
            found.push(match received {
                Received::Message(Message::Request(request)) => request.method,
                Received::Message(Message::Notification(notification)) => notification.method,
                Received::Message(Message::Response(_)) => "response".to_owned(),
                Received::Invalid(answer) => {
                    let error = &answer["error"];
                    format!("{} {}", error["code"], error["message"].as_str().unwrap_or_default())
                }
            });
        }
        found
    }

    fn framed(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    fn no_header(line: &str) -> String {
        let expected = "expected 'Content-Length: ' and a number of bytes";
        format!("-32700 not a header of a message: '{line}'; {expected}")
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
        let invalid = "-32600 not a request or a notification";
        let json = "-32700 EOF while parsing an object at line 1 column 1";
        let (first, last) = (no_header("nonsense"), no_header("Content-Length: x"));
        assert_eq!(found, [&first, "one", json, invalid, invalid, invalid, &last, "three"]);
    }

    #[test]
    fn a_header_that_is_not_understood_is_named_and_its_message_is_skipped() {
        let body = r#"{"method":"lost"}"#;
        let one = framed(r#"{"method":"one"}"#);
        for header in
            ["Content-Length: -5", "Content-Length: abc", "Content-Length: 99999999999999"]
        {
            // The next header follows on the line of a text that no length was known of.
            let input = format!("{header}\r\n\r\n{body}{one}{one}");
            assert_eq!(all(input.as_bytes()), [&no_header(header), "one", "one"]);
        }
        let input = format!("Content-Type: x\r\n\r\n{body}{one}\r\n\r\n{one}");
        assert_eq!(
            all(input.as_bytes()),
            ["-32700 a header has no 'Content-Length'", "one", "one"]
        );
        let long = "x".repeat(LONGEST_LINE as usize * 3 - 7);
        let input = format!("{long}{one}nonsense\n{one}");
        let first = no_header(&format!("{}…", "x".repeat(MOST_SHOWN)));
        assert_eq!(all(input.as_bytes()), [&first, "one", &no_header("nonsense"), "one"]);
    }

    #[test]
    fn a_message_that_is_too_long_is_answered_before_it_was_sent() {
        let length = LONGEST_MESSAGE + 1;
        let header = format!("Content-Length: {length}\r\n\r\n");
        let refused = "-32600 a message of 268435457 bytes is skipped: it is longer than 268435456 \
                       bytes";
        assert_eq!(all(header.as_bytes()), [refused]);
        let one = framed(r#"{"method":"one"}"#);
        let input = header.as_bytes().chain(io::repeat(b'x').take(length)).chain(one.as_bytes());
        assert_eq!(all(io::BufReader::new(input)), [refused, "one"]);
    }

    #[test]
    fn a_message_has_its_length_in_bytes() {
        let mut output = Vec::new();
        write_message(&mut output, "\"ä\"".as_bytes()).expect("memory");
        assert_eq!(output, "Content-Length: 4\r\n\r\n\"ä\"".as_bytes());
    }
}
