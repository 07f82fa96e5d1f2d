//! Commands that change the registry on purpose: one after the other, and again where git was
//! quicker.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::git::Repo;
use crate::output::Ui;
use crate::store::{LockError, WriterLock};

use super::RegistryTransaction;
use crate::commands::audit::recorder::record_refusal;

/// How long to wait where `idhooks.lockTimeout` says nothing, in milliseconds.
const LIMIT: u64 = 30_000;
/// How often to look whether git is done.
const PACE: Duration = Duration::from_millis(10);

/// The only command that changes the registry of a working tree, as long as this lives.
pub(in crate::commands) struct Writer {
    pub(in crate::commands) repo: Repo,
    deadline: Instant,
    _turn: WriterLock,
}

impl Writer {
    /// Opens the repository that `dir` is in to do `what`, once it is this command's turn.
    ///
    /// # Errors
    /// No repository; another writer that does not end in time.
    pub(in crate::commands) fn open(dir: &Path, what: &str) -> Result<Self, CommandError> {
        let repo = Repo::open(dir)?.synced();
        let deadline = Instant::now() + limit(&repo);
        let turn = turn(&repo, what)?;
        Ok(Writer { repo, deadline, _turn: turn })
    }

    /// Takes up the index and does some work with it, again and again while git is faster.
    ///
    /// # Errors
    /// As [`RegistryTransaction::open`], and those of the work; git that holds its lock for too long.
    pub(in crate::commands) fn work(
        &self,
        ui: &mut Ui,
        mut work: impl FnMut(&mut Ui, &RegistryTransaction<'_>) -> Result<Exit, CommandError>,
    ) -> Result<Exit, CommandError> {
        loop {
            self.wait_for_git();
            let done = RegistryTransaction::open(ui, &self.repo)
                .and_then(|transaction| work(ui, &transaction));
            match done {
                Err(error) if error.is_transient && Instant::now() < self.deadline => {}
                done => {
                    record_refusal(&self.repo, &done);
                    return done;
                }
            }
        }
    }

    /// Waits while git has the index locked; what that means in the end is said by who writes.
    fn wait_for_git(&self) {
        let lock = self.repo.index_file().lock();
        while Instant::now() < self.deadline && lock.exists() {
            std::thread::sleep(PACE);
        }
    }
}

/// Waits until it is this command's turn to change the registry, to do `what`.
///
/// # Errors
/// Another writer that does not end in time.
pub(in crate::commands) fn turn(repo: &Repo, what: &str) -> Result<WriterLock, CommandError> {
    repo.begin(what);
    WriterLock::take(&repo.worktree_state_dir(), what, limit(repo)).map_err(timed_out)
}

/// Returns how long to wait for other writers.
pub(in crate::commands) fn limit(repo: &Repo) -> Duration {
    Duration::from_millis(repo.number("idhooks.lockTimeout").unwrap_or(LIMIT))
}

fn timed_out(error: LockError) -> CommandError {
    match error {
        LockError::Store(error) => error.into(),
        LockError::Held { .. } => CommandError::new(error.to_string()).hint(
            "wait for it, or end it if it hangs; to wait longer: git config idhooks.lockTimeout <ms>",
        ),
    }
}
