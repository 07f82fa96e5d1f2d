//! Why a program that idhooks runs cannot be started, or fails.

use std::io;
use std::time::Duration;

/// The maximum number of bytes that a contained program may print.
pub const MOST_OUTPUT: u64 = 64 << 20;

/// A program exists but cannot be run.
#[derive(Debug, thiserror::Error)]
#[error("cannot run '{program}': {cause}")]
pub struct SystemError {
    pub(super) program: String,
    pub(super) cause: io::Error,
}

/// A reason why a program failed.
#[derive(Debug, thiserror::Error)]
pub enum ProgramFailure {
    /// There is no such program.
    #[error("there is no such program")]
    Missing,
    /// It cannot be started, or not be waited for.
    #[error(transparent)]
    Io(io::Error),
    /// It exists but cannot be run.
    #[error(transparent)]
    System(#[from] SystemError),
    /// It was ended, or not started, because this process was asked to end.
    #[error("it was stopped, because idhooks was asked to end")]
    Interrupted,
    /// It was ended after this time.
    #[error("it did not end within {0:?} and was stopped")]
    TimedOut(Duration),
    /// It did not answer within this time.
    #[error("no answer within {} seconds", .0.as_secs())]
    NoAnswer(Duration),
    /// It printed more than [`MOST_OUTPUT`].
    #[error("it printed more than {MOST_OUTPUT} bytes")]
    TooMuchOutput,
    /// Processes that it started did not close its output.
    #[error("it left processes behind that still print")]
    OutputOpen,
    /// It failed, with this error output in one line, or its exit status if there is none.
    #[error("{0}")]
    Failed(String),
}

impl SystemError {
    /// Returns whether there is no such program.
    pub fn is_missing(&self) -> bool {
        self.cause.kind() == io::ErrorKind::NotFound
    }
}
