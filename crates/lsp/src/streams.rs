//! The threads that read from the client and write to it.

use std::io::{BufRead, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::thread;

use crate::backlog::Backlog;
use crate::event::Event;
use crate::outbox::OutgoingMessage;
use crate::transport::{MessageReader, write_message};

/// How much of what the client has sent waits to be handled, in bytes; more stays with the client.
const MOST_UNHANDLED: usize = 1 << 20;

/// Starts the thread that reads.
pub(crate) fn start_reader(input: impl BufRead + Send + 'static, events: Sender<Event>) {
    thread::spawn(move || {
        let mut reader = MessageReader::new(input);
        let unhandled = Backlog::new(MOST_UNHANDLED);
        while let Ok(Some((received, length))) = reader.read() {
            let place = unhandled.wait_and_add(length);
            if events.send(Event::Received { received, place }).is_err() {
                return;
            }
        }
        let _ = events.send(Event::InputEnded);
    });
}

/// Starts the thread that writes, until no more can be sent or written, and says so then.
pub(crate) fn start_writer(
    mut output: impl Write + Send + 'static,
    messages: Receiver<OutgoingMessage>,
    unread: Arc<Backlog>,
    events: Sender<Event>,
    written: Sender<()>,
) {
    thread::spawn(move || {
        for OutgoingMessage { json, place } in messages {
            if write_message(&mut output, &json).is_err() {
                break;
            }
            let was_full = unread.is_full();
            drop(place);
            if was_full && !unread.is_full() {
                let _ = events.send(Event::OutputRead);
            }
        }
        let _ = written.send(());
    });
}
