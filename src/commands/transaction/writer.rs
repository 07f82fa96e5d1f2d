//! Runs the commands that change the registry one at a time, and again if git changed the index
//! meanwhile.

use std::path::Path;
use std::time::{Duration, Instant};

use idhooks_repo::git::Repo;
use idhooks_repo::store::{LockError, WriterLock};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;

use super::RegistryTransaction;
use crate::commands::audit::recorder::record_refusal;

/// The default of `idhooks.lockTimeout`, in milliseconds.
const DEFAULT_TIMEOUT_MS: u64 = 30_000;
/// How often to check whether git is done.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// The only command that may change the registry of a working tree while this value exists.
pub(in crate::commands) struct Writer {
    pub(in crate::commands) repo: Repo,
    deadline: Instant,
    _lock: WriterLock,
}

impl Writer {
    /// Opens the repository of `dir` and takes the writer lock for `what`.
    ///
    /// # Errors
    /// Returns an error if there is no repository, or if another writer does not end in time.
    pub(in crate::commands) fn open(dir: &Path, what: &str) -> CommandResult<Self> {
        let repo = Repo::open(dir)?.synced();
        let deadline = Instant::now() + limit(&repo);
        let _lock = writer_lock(&repo, what)?;
        Ok(Writer { repo, deadline, _lock })
    }

    /// Reads the index and does some work with it; repeats this if git changed the index meanwhile.
    ///
    /// # Errors
    /// Returns the errors of [`RegistryTransaction::open`] and of the work, and an error if git holds its
    /// lock for too long.
    pub(in crate::commands) fn work(
        &self,
        ui: &mut Ui,
        mut work: impl FnMut(&mut Ui, &RegistryTransaction<'_>) -> CommandResult<Exit>,
    ) -> CommandResult<Exit> {
        loop {
            // While git has locked the index, writing fails.
            let lock = self.repo.index_file().lock();
            while Instant::now() < self.deadline && lock.exists() {
                std::thread::sleep(POLL_INTERVAL);
            }
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
}

/// Waits for the writer lock, to do `what`.
///
/// # Errors
/// Returns an error if another writer does not end in time.
pub(in crate::commands) fn writer_lock(repo: &Repo, what: &str) -> CommandResult<WriterLock> {
    repo.begin(what);
    let taken = WriterLock::take(&repo.worktree_state_dir(), what, limit(repo));
    taken.map_err(|error| match error {
        LockError::Store(error) => error.into(),
        LockError::Held { .. } => CommandError::new(error.to_string()).hint(
            "wait for it, or end it if it hangs; to wait longer: git config idhooks.lockTimeout <ms>",
        ),
    })
}

/// Returns how long to wait for other writers.
pub(in crate::commands) fn limit(repo: &Repo) -> Duration {
    Duration::from_millis(repo.number("idhooks.lockTimeout").unwrap_or(DEFAULT_TIMEOUT_MS))
}
