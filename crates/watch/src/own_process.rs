//! Runs idhooks in a child process for part of the watcher's work and reads its output. The watcher
//! survives a panic, a hang or a kill of the child.

use std::ffi::OsStr;
use std::path::Path;

use idhooks_repo::store::{StoreError, program_path};
use idhooks_repo::system::{ProgramOutput, SystemError, run_unless};
use serde::de::DeserializeOwned;
use thiserror::Error;

/// A reason why idhooks, run for a part of the work, did not do it.
#[derive(Debug, Error)]
pub enum OwnProcessError {
    /// The path of the program is not known.
    #[error(transparent)]
    Path(#[from] StoreError),
    /// It cannot be started.
    #[error(transparent)]
    Start(#[from] SystemError),
    /// It failed, with this error output.
    #[error("{0}")]
    Failed(String),
    /// What it printed cannot be read.
    #[error(transparent)]
    Answer(#[from] serde_json::Error),
    /// The thread that waits for it has panicked.
    #[error("its thread has ended")]
    Gone,
}

/// Runs idhooks in a working tree, without any lock of git, with `input` on its standard input.
/// `has_answered` says whether it has printed its answer. Returns `None` if `is_over` ended it.
///
/// # Errors
/// Returns an error if it cannot be started, fails, or prints something else.
pub(crate) fn run_own<T: DeserializeOwned>(
    top: &Path,
    args: &[impl AsRef<OsStr>],
    input: Vec<u8>,
    has_answered: impl Fn(&ProgramOutput) -> bool,
    is_over: &mut dyn FnMut() -> bool,
) -> Result<Option<T>, OwnProcessError> {
    let (program, env) = (program_path()?, [("GIT_OPTIONAL_LOCKS", "0")]);
    let Some(output) = run_unless(&program, top, args, &env, input, is_over)? else {
        return Ok(None);
    };
    if !has_answered(&output) {
        let why = output.error.trim_start_matches("error: ");
        return Err(OwnProcessError::Failed(why.to_owned()));
    }
    Ok(serde_json::from_slice(&output.stdout).map(Some)?)
}
