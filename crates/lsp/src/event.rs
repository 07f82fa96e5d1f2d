//! [`Event`]: what the answering thread waits for.

use idhooks_core::registry::Id;
use idhooks_ops::EditorIndexPart;

use crate::transport::Received;

/// An event for the server.
#[derive(Debug)]
pub(crate) enum Event {
    /// The client has sent something.
    Received(Received),
    /// The client has closed the server's input.
    InputEnded,
    /// The thread of a repository has something to say.
    Background {
        /// The repository, by its number.
        repository: usize,
        news: News,
    },
}

/// A result from the thread of a repository.
#[derive(Debug)]
pub(crate) enum News {
    /// A part of the index.
    Part(EditorIndexPart),
    /// The whole index was read, or it cannot be read.
    Indexed(Result<(), FailedJob>),
    /// The newest events of an identity.
    History { id: Id, lines: Vec<String> },
    /// Moved files were reported, or cannot be; with lines for the client's log.
    Reported(Vec<ReportLine>),
}

/// The outcome of a reported move.
#[derive(Debug)]
pub(crate) struct ReportLine {
    /// Whether the move is not reported.
    pub(crate) is_refused: bool,
    pub(crate) text: String,
}

/// Why the thread of a repository cannot do its work.
#[derive(Debug, Clone)]
pub(crate) struct FailedJob(pub(crate) String);
