//! The reasons a program run by idhooks cannot be started, or fails.

use std::io;
use std::time::Duration;

/// The maximum number of bytes that a program run by `run_contained` may print.
pub const MOST_OUTPUT: u64 = 64 << 20;

/// A program that exists but cannot be run.
#[derive(Debug, thiserror::Error)]
#[error("cannot run '{program}': {cause}")]
pub struct SystemError {
    pub(super) program: String,
    pub(super) cause: io::Error,
}

/// The reason a program failed.
#[derive(Debug, thiserror::Error)]
pub enum ProgramFailure {
    /// The program does not exist.
    #[error("there is no such program")]
    Missing,
    /// It cannot be started or waited for.
    #[error(transparent)]
    Io(io::Error),
    /// It exists but cannot be run.
    #[error(transparent)]
    System(#[from] SystemError),
    /// It was terminated, or not started, because this process was asked to terminate.
    #[error("it was stopped, because idhooks was asked to end")]
    Interrupted,
    /// It was terminated after this time limit.
    #[error("it did not end within {0:?} and was stopped")]
    TimedOut(Duration),
    /// It did not respond within this time limit.
    #[error("no answer within {} seconds", .0.as_secs())]
    NoAnswer(Duration),
    /// It printed more than [`MOST_OUTPUT`].
    #[error("it printed more than {MOST_OUTPUT} bytes")]
    TooMuchOutput,
    /// Processes that it started kept its output open.
    #[error("it left processes behind that still print")]
    OutputOpen,
    /// It failed, with this error output on one line, or this exit status if it printed no errors.
    #[error("{0}")]
    Failed(String),
}

impl SystemError {
    /// Returns whether the program does not exist.
    pub fn is_missing(&self) -> bool {
        self.cause.kind() == io::ErrorKind::NotFound
    }
}
