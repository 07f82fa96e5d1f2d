//! [`Event`]: what the answering thread waits for.

use idhooks_core::registry::Id;
use idhooks_ops::EditorIndexPart;

use crate::backlog::BacklogPlace;
use crate::transport::Received;

/// An event for the server.
#[derive(Debug)]
pub(crate) enum Event {
    /// The client has sent something.
    Received {
        received: Received,
        /// Its place among the messages that wait to be handled.
        place: BacklogPlace,
    },
    /// The client has read so much that it can be answered again.
    OutputRead,
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
    /// Files that were moved together were reported, or cannot be.
    Reported(MoveOutcome),
}

/// The outcome of the report of files that were moved together.
#[derive(Debug, Default)]
pub(crate) struct MoveOutcome {
    /// A line for each file whose move is reported.
    pub(crate) reported: Vec<String>,
    /// A line for each move that is not.
    pub(crate) refused: Vec<String>,
}

/// Why the thread of a repository cannot do its work.
#[derive(Debug, Clone)]
pub(crate) struct FailedJob(pub(crate) String);
