//! [`GeneratorProcess`]: generators that run alongside the watcher.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use idhooks_repo::derived::generators::remove_abandoned_tasks;

use crate::child_process::{OwnProcessError, run_round};
use crate::round::{RoundAnswer, RoundRequest};

/// The outcome of a run: its result, or why it failed; `None` if it was ended early.
pub(crate) type RunResult = Result<Option<RoundAnswer>, OwnProcessError>;

/// A run of the generators in a child process, which a thread waits for.
#[derive(Debug)]
pub(crate) struct GeneratorProcess {
    is_over: Arc<AtomicBool>,
    result: Receiver<RunResult>,
}

impl GeneratorProcess {
    /// Starts a run in a working tree. The generators' programs may take as long as they like. The
    /// run ends early once `is_over` returns true, or when asked to.
    pub(crate) fn start(
        top: PathBuf,
        request: RoundRequest,
        mut is_over: impl FnMut() -> bool + Send + 'static,
    ) -> Self {
        let (sender, result) = channel();
        let asked = Arc::new(AtomicBool::new(false));
        let run = GeneratorProcess { is_over: Arc::clone(&asked), result };
        std::thread::spawn(move || {
            let result = run_round(&top, &request, None, &mut || {
                asked.fetch_or(is_over(), Ordering::Relaxed);
                asked.load(Ordering::Relaxed)
            });
            // If the round reports that it has to wait, it may actually have been asked to end.
            let is_ended =
                |done: &RoundAnswer| asked.load(Ordering::Relaxed) && done.waits_for.is_some();
            let result = result.map(|done| done.filter(|done| !is_ended(done)));
            if !matches!(result, Ok(Some(_))) {
                // A round that was killed could not end its own programs.
                remove_abandoned_tasks();
            }
            // The receiver is gone if the watcher has ended in the meantime.
            let _ = sender.send(result);
        });
        run
    }

    /// Asks the run to end.
    pub(crate) fn ask_to_end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Waits for the run to end; returns its outcome, or `None` if it takes longer than `limit`.
    pub(crate) fn result_within(&self, limit: Duration) -> Option<RunResult> {
        match self.result.recv_timeout(limit) {
            Ok(result) => Some(result),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Err(OwnProcessError::Gone)),
        }
    }
}
