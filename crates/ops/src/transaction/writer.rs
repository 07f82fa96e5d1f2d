//! Runs the commands that change the registry one at a time, and reruns them if git changed the
//! index in the meantime.

use std::ffi::OsString;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::{Observer, OpsError};
use idhooks_core::registry::Id;
use idhooks_repo::git::Repo;
use idhooks_repo::store::{
    LockError, LockMode, LockRequest, LockSubject, Locks, PostedRequest, WriteCounter, WriterLock,
};
use idhooks_repo::transaction::{count, count_wait};

use super::RegistryTransaction;
use crate::{interrupted_run::settle_move, record_lookup::TypedId, typed_paths::named_file};

/// The default for `idhooks.lockTimeout`, in milliseconds.
const DEFAULT_TIMEOUT_MS: u64 = 30_000;
/// Opens the repository that contains a directory in order to change it, so writes are synced.
///
/// # Errors
/// Returns an error if no repository can be opened.
pub fn open_to_change(dir: &Path) -> Result<Repo, OpsError> {
    Ok(Repo::open(dir)?.synced())
}

/// How often to check whether git is done.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// While this value exists, no other command may change a working tree's registry.
pub struct Writer<'r> {
    /// The repository.
    pub repo: &'r Repo,
    deadline: Instant,
    _lock: WriterLocks,
}

/// The writer lock, and locks on everything else that a command changes.
pub struct WriterLocks {
    _lock: WriterLock,
    _locks: Locks,
}

/// What a command's changes may affect.
#[derive(Clone, Copy)]
pub enum Reach<'p> {
    /// Records in the registry that have yet to be determined.
    Records,
    /// The records for these identities and files, as typed, or all records if any of these is only
    /// the beginning of an identity.
    Subjects(&'p [OsString]),
    /// The records with these identities.
    Ids(&'p [Id]),
    /// Records and these files, as typed, or all files if any of these is a directory.
    Files(&'p [PathBuf]),
    /// The whole registry, or files that have yet to be determined.
    Everything,
}

impl Reach<'_> {
    fn request(self, repo: &Repo) -> LockRequest {
        match self {
            Reach::Records => LockRequest::default(),
            Reach::Everything => LockRequest::all(),
            Reach::Ids(ids) => {
                let request = LockRequest::default();
                ids.iter().fold(request, |request, id| request.id(*id, LockMode::Exclusive))
            }
            Reach::Subjects(typed) => typed
                .iter()
                .try_fold(LockRequest::default(), |request, typed| {
                    Some(match TypedId::of(typed) {
                        Some(id) => request.id(id.full()?, LockMode::Exclusive),
                        None => {
                            let path = named_file(repo, Path::new(typed)).ok()?;
                            request.path(&path, LockMode::Exclusive)
                        }
                    })
                })
                // An identity's first digits may stand for any record.
                .unwrap_or_else(LockRequest::all),
            Reach::Files(typed) => {
                let named: Option<Vec<_>> =
                    typed.iter().map(|typed| named_file(repo, typed).ok()).collect();
                let request = LockRequest::default();
                // A directory stands for files that have yet to be determined.
                named.map_or_else(LockRequest::all, |paths| {
                    paths.iter().fold(request, |r, path| r.path(path, LockMode::Exclusive))
                })
            }
        }
    }
}

/// What a command receives when it is its turn to change the registry.
pub enum Turn<'r> {
    /// The writer lock, for carrying out the command's own request, and whether the request had
    /// been posted before.
    Work(Box<Writer<'r>>, bool),
    /// The answer from another command, which has carried out this command's request.
    Answered(Vec<u8>),
}

impl<'r> Writer<'r> {
    /// Takes the writer lock for `what`, which changes records.
    ///
    /// # Errors
    /// Returns an error if another writer does not finish in time.
    pub fn open(repo: &'r Repo, what: &str) -> Result<Self, OpsError> {
        Self::open_for(repo, what, Reach::Records)
    }

    /// Like [`Writer::open`], for a command whose changes affect `reach`.
    ///
    /// # Errors
    /// Returns the same errors as [`Writer::open`].
    pub fn open_for(repo: &'r Repo, what: &str, reach: Reach<'_>) -> Result<Self, OpsError> {
        let deadline = Instant::now() + limit(repo);
        let _lock = writer_lock(repo, what, reach)?;
        Ok(Writer { repo, deadline, _lock })
    }

    /// Like [`Writer::open`], for a command that already has the other locks.
    ///
    /// # Errors
    /// Returns the same errors as [`Writer::open`].
    pub fn with_locks(repo: &'r Repo, what: &str, _locks: Locks) -> Result<Self, OpsError> {
        let deadline = Instant::now() + limit(repo);
        let _lock = wait(repo, what)?;
        Ok(Writer { repo, deadline, _lock: WriterLocks { _lock, _locks } })
    }

    /// Like [`Writer::open`], but a command that has to wait posts the request that `request`
    /// returns, which the next command to write may carry out.
    ///
    /// # Errors
    /// Returns the same errors as [`Writer::open`], and the error from `request`.
    pub fn open_or_ask(
        repo: &'r Repo,
        what: &str,
        request: impl FnOnce(&Repo) -> Result<Vec<u8>, OpsError>,
    ) -> Result<Turn<'r>, OpsError> {
        let deadline = Instant::now() + limit(repo);
        repo.begin(what);
        let _locks = take_locks(repo, what, &LockRequest::default())?;
        let state = repo.worktree_state_dir();
        let mut posted = None;
        // The first attempt does not wait, so that only a command that has to wait posts a request.
        let taken = match WriterLock::take(&state, what, Duration::ZERO) {
            Err(LockError::Held { .. }) => {
                // If git named an index for a hook, the command that carries out the request might
                // use a different one.
                let text = if repo.index_is_named() { Vec::new() } else { request(repo)? };
                posted = PostedRequest::post(&state, &text);
                let answer = || posted.as_ref().and_then(PostedRequest::answer);
                count_wait(repo, || WriterLock::take_or(&state, what, limit(repo), answer))
            }
            taken => taken.map(ControlFlow::Continue),
        };
        let answer = || posted.as_ref().and_then(PostedRequest::answer);
        let answered = match taken? {
            ControlFlow::Continue(lock) => {
                answer().map_or(ControlFlow::Continue(lock), ControlFlow::Break)
            }
            answered => answered,
        };
        match answered {
            ControlFlow::Break(answer) => Ok(Turn::Answered(answer)),
            ControlFlow::Continue(_lock) => {
                let _lock = WriterLocks { _lock, _locks };
                let writer = Writer { repo, deadline, _lock };
                Ok(Turn::Work(Box::new(writer), posted.is_some()))
            }
        }
    }

    /// Reads the index and does some work with it; repeats this if git changed the index in the
    /// meantime.
    ///
    /// # Errors
    /// Returns the errors from [`RegistryTransaction::open`] and from the work, and an error if git
    /// holds its lock for too long.
    pub fn run<O: Observer + ?Sized, T>(
        &self,
        observer: &mut O,
        mut work: impl FnMut(&mut O, &RegistryTransaction<'_>) -> Result<T, OpsError>,
    ) -> Result<T, OpsError> {
        // A move left unfinished by a killed command would look like a change made by the user.
        settle_move(&mut &mut *observer, self.repo)?;
        loop {
            // While git holds the index lock, writing fails.
            let lock = self.repo.index_file().lock();
            while Instant::now() < self.deadline && lock.exists() {
                std::thread::sleep(POLL_INTERVAL);
            }
            let transaction = RegistryTransaction::open(&mut &mut *observer, self.repo);
            match transaction.and_then(|transaction| work(observer, &transaction)) {
                Err(error) if error.is_transient() && Instant::now() < self.deadline => {}
                done => {
                    if matches!(done, Err(OpsError::CounterFull(_))) {
                        count(self.repo, &[WriteCounter::ValidationFailures]);
                    }
                    return done;
                }
            }
        }
    }
}

/// Waits for the writer lock and the locks on what a command changes, in order to do `what`.
///
/// # Errors
/// Returns an error if another command does not finish in time.
pub fn writer_lock(repo: &Repo, what: &str, reach: Reach<'_>) -> Result<WriterLocks, OpsError> {
    repo.begin(what);
    let _locks = take_locks(repo, what, &reach.request(repo))?;
    let _lock = wait(repo, what)?;
    Ok(WriterLocks { _lock, _locks })
}

/// The result of [`try_writer_lock`].
pub enum TriedLock {
    /// The locks.
    Taken(WriterLocks),
    /// Another command holds the locks.
    Held(LockError),
}

/// Takes the same locks as [`writer_lock`], without waiting.
///
/// # Errors
/// Returns an error if a lock file cannot be written.
pub fn try_writer_lock(repo: &Repo, what: &str) -> Result<TriedLock, OpsError> {
    repo.begin(what);
    let state = repo.worktree_state_dir();
    let taken = Locks::take(&state, what, &Reach::Everything.request(repo), |_| Duration::ZERO);
    let taken = taken.and_then(|locks| {
        let _lock = WriterLock::take(&state, what, Duration::ZERO)?;
        Ok(WriterLocks { _lock, _locks: locks })
    });
    match taken {
        Ok(locks) => Ok(TriedLock::Taken(locks)),
        Err(LockError::Store(error)) => Err(error.into()),
        Err(held) => Ok(TriedLock::Held(held)),
    }
}

/// Waits for the writer lock.
fn wait(repo: &Repo, what: &str) -> Result<WriterLock, OpsError> {
    let state = repo.worktree_state_dir();
    let taken = match WriterLock::take(&state, what, Duration::ZERO) {
        Err(LockError::Held { .. }) => {
            // The empty request shows others that this command is waiting, but they cannot do its
            // work.
            let _posted = PostedRequest::post(&state, b"");
            count_wait(repo, || WriterLock::take(&state, what, limit(repo)))
        }
        taken => taken,
    };
    Ok(taken?)
}

/// Waits for locks on paths, identities and the registry, in order to do `what`.
///
/// # Errors
/// Returns an error if another command does not finish in time.
pub fn take_locks(repo: &Repo, what: &str, request: &LockRequest) -> Result<Locks, OpsError> {
    let limit = |subject: &LockSubject| match subject {
        LockSubject::Path(_) => limit_of(repo, "path"),
        LockSubject::Id(_) => limit_of(repo, "id"),
        LockSubject::Registry | LockSubject::Writing => limit_of(repo, "registry"),
    };
    // The first attempt does not wait, so the metrics count only locks that were not immediately
    // free.
    let take = |limit: &dyn Fn(&LockSubject) -> Duration| {
        Locks::take(&repo.worktree_state_dir(), what, request, limit)
    };
    let taken = match take(&|_| Duration::ZERO) {
        Err(LockError::Held { .. }) => count_wait(repo, || take(&limit)),
        taken => taken,
    };
    Ok(taken?)
}

/// Returns how long to wait for other writers.
pub fn limit(repo: &Repo) -> Duration {
    limit_of(repo, "registry")
}

fn limit_of(repo: &Repo, kind: &str) -> Duration {
    let own = repo.number(&format!("idhooks.lockTimeout.{kind}"));
    let limit = own.or_else(|| repo.number("idhooks.lockTimeout"));
    Duration::from_millis(limit.unwrap_or(DEFAULT_TIMEOUT_MS))
}
