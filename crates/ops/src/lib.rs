//! What idhooks does, as functions that need neither a command line nor a terminal.
//!
//! A use case takes a repository, options and an [`Observer`], and returns a report or an [`OpsError`].

mod error;
mod found;
mod observer;

pub use error::OpsError;
pub use found::{FoundNote, PathAdvice, PathError, SubjectError};
pub use observer::{Notice, Observer, Progress};
