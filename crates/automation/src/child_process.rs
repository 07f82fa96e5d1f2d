//! Runs idhooks in a child process for work that needs a registry, so that the watcher survives if
//! the child panics, hangs or is killed.

use std::path::Path;
use std::time::{Duration, Instant};

use idhooks_repo::store::{StoreError, program_path};
use idhooks_repo::system::{SystemError, run_unless};
use thiserror::Error;

use crate::round::{RoundAnswer, RoundRequest};

/// Why idhooks, run as a child process, did not do its work.
#[derive(Debug, Error)]
pub enum OwnProcessError {
    /// The program's path is unknown.
    #[error(transparent)]
    Path(#[from] StoreError),
    /// The process cannot be started.
    #[error(transparent)]
    Start(#[from] SystemError),
    /// The process failed, with this error output.
    #[error("{0}")]
    Failed(String),
    /// The process exceeded this time limit and was ended.
    #[error("it did not end within {0:?}")]
    Hung(Duration),
    /// The process's output cannot be read.
    #[error(transparent)]
    Answer(#[from] serde_json::Error),
    /// The thread that waits for the process has panicked.
    #[error("its thread has ended")]
    Gone,
}

/// Runs a round in a child process in a working tree, without git's optional locks and within
/// `limit`, if given. Returns `None` if `is_over` ended the round early.
///
/// # Errors
/// Returns an error if the process cannot be started, fails, hangs, or prints anything but an
/// answer.
pub(crate) fn run_round(
    top: &Path,
    request: &RoundRequest,
    limit: Option<Duration>,
    is_over: &mut dyn FnMut() -> bool,
) -> Result<Option<RoundAnswer>, OwnProcessError> {
    // A background check must not hold the index lock while the user runs git.
    let (program, env) = (program_path()?, [("GIT_OPTIONAL_LOCKS", "0")]);
    let (begin, mut is_late) = (Instant::now(), false);
    let mut is_over = || {
        is_late = limit.is_some_and(|limit| begin.elapsed() > limit);
        is_late || is_over()
    };
    let input = serde_json::to_vec(request)?;
    let output = run_unless(&program, top, &["watch", "work"], &env, input, &mut is_over)?;
    match (output, limit) {
        (None, Some(limit)) if is_late => Err(OwnProcessError::Hung(limit)),
        (None, _) => Ok(None),
        (Some(output), _) if output.is_success => {
            Ok(serde_json::from_slice(&output.stdout).map(Some)?)
        }
        (Some(output), _) => {
            let why = output.error.trim_start_matches("error: ");
            Err(OwnProcessError::Failed(why.to_owned()))
        }
    }
}
