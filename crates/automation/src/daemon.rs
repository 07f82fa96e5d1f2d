//! Starts and stops a working tree's watcher, and reports its state.

use std::time::{Duration, Instant};

use idhooks_core::config::TimeSpan;
use idhooks_ops::WatcherDown;
use idhooks_repo::derived::generators::remove_abandoned_tasks;
use idhooks_repo::git::Repo;
use idhooks_repo::store::{LockError, StoreError, WriterLock, program_path};
use idhooks_repo::system::{end_programs, start_background};

use crate::control::WatchControl;
use crate::liveness::Liveness;
use crate::other_watcher::OtherWatcher;
use crate::queue::{ItemStatus, Queue, QueueError};
use crate::status::{STATUS_VERSION, WatchStatus};
use crate::watch_error::WatchError;
use crate::watcher::{WatchNews, WatchOptions, Watcher};

/// How long to wait for a watcher to start or end.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often to check while waiting.
const INTERVAL: Duration = Duration::from_millis(20);

/// A watcher's state.
#[derive(Debug)]
pub struct WatchReport {
    /// The watcher's status; empty if it has never run.
    pub status: WatchStatus,
    /// Anything unusual about the watcher, along with advice for the user.
    pub trouble: Option<WatcherDown>,
}

/// The queue's state after its items were processed.
#[derive(Debug)]
pub struct QueueRun {
    /// The number of errors in the last check.
    pub errors: usize,
    /// The number of repairs that are still to be made.
    pub waiting: usize,
}

/// Acquires a working tree's watcher lock on behalf of the command `what`.
///
/// # Errors
/// Returns an error that names the other watcher, if one is running.
pub fn lock_watcher(repo: &Repo, what: &str) -> Result<WriterLock, WatchError> {
    let control = WatchControl::of(&repo.worktree_state_dir());
    control.lock(what).map_err(|error| match error {
        LockError::Store(error) => error.into(),
        LockError::Held { holder, .. } => {
            WatchError::Running(OtherWatcher::new(&control, holder).into())
        }
    })
}

/// Watches the working tree until asked to end or, with `once`, only compares all files; returns
/// the number of errors in the last check.
///
/// # Errors
/// Returns an error if the rules are invalid, the queue cannot be used, or the repository is gone.
pub fn run_watcher(
    repo: Repo,
    _lock: &WriterLock,
    options: WatchOptions,
    once: bool,
    report: &mut dyn FnMut(WatchNews<'_>),
) -> Result<usize, WatchError> {
    let watcher = Watcher::new(repo, options, report)?;
    remove_abandoned_tasks();
    if once {
        return watcher.run_once();
    }
    let ended = watcher.run();
    // Programs started by a watcher must not outlive it.
    end_programs();
    ended
}

/// Processes the queue's items without watching; with `once`, stops when no item is due.
///
/// # Errors
/// Returns an error if a watcher is running, or if the queue cannot be read or written.
pub fn run_queue(
    repo: Repo,
    once: bool,
    report: &mut dyn FnMut(WatchNews<'_>),
) -> Result<QueueRun, WatchError> {
    let _lock = lock_watcher(&repo, "queue run")?;
    let state = repo.worktree_state_dir();
    let errors = Watcher::new(repo, WatchOptions::default(), report)?.run_queue(once)?;
    let queue = Queue::open_existing(&state)?;
    let queued = queue.map(|queue| queue.list(Some(ItemStatus::Queued), usize::MAX));
    let queued = queued.transpose()?.unwrap_or_default();
    let waiting = queued.iter().filter(|item| item.event.is_request()).count();
    Ok(QueueRun { errors, waiting })
}

/// Starts a watcher in the background, waits until it is running, and returns its process.
///
/// # Errors
/// Returns an error if it does not start, or if the queue cannot be used.
pub fn start_watcher(repo: &Repo, options: &WatchOptions) -> Result<u32, WatchError> {
    let control = WatchControl::of(&repo.worktree_state_dir());
    // The queue is opened here rather than in the background process, so that the user sees why the
    // watcher cannot start.
    match Queue::open(&repo.worktree_state_dir()) {
        // The watcher itself replaces a damaged queue, and reports it.
        Ok(_) | Err(QueueError::Damaged { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let (errors, file) = control.error_file()?;
    let mut args = vec!["-C".into(), repo.top().as_os_str().to_owned(), "--quiet".into()];
    args.extend(["watch".into(), "run".into()]);
    let debounce = options.debounce.map(|time| format!("--debounce={}", TimeSpan(time)));
    args.extend(debounce.map(Into::into));
    args.extend(options.is_live.then(|| "--live".into()));
    let process = start_background(&program_path()?, &args, file)?;
    // The lock may be held by another watcher.
    let runs = || Ok(control.running()?.is_some_and(|holder| holder.process() == Some(process)));
    if wait_until(runs)? {
        return Ok(process);
    }
    let complaints = std::fs::read_to_string(&errors).unwrap_or_default();
    Err(WatchError::NotStarted(complaints.trim_end().replace('\n', "; ")))
}

/// Stops a working tree's watcher; returns whether one was running.
///
/// # Errors
/// Returns an error if the watcher does not end.
pub fn stop_watcher(repo: &Repo) -> Result<bool, WatchError> {
    let control = WatchControl::of(&repo.worktree_state_dir());
    let Some(holder) = control.running()? else {
        if matches!(control.status()?, Some((_, Liveness::Died { .. }))) {
            // After this request, the watcher is no longer expected to run.
            control.request_stop()?;
        }
        return Ok(false);
    };
    control.request_stop()?;
    match wait_until(|| Ok(control.running()?.is_none()))? {
        true => Ok(true),
        false => Err(WatchError::NotEnded(OtherWatcher::new(&control, holder).into())),
    }
}

/// Returns whether a working tree has a watcher that acts on changes and is running or should be.
///
/// # Errors
/// Returns an error if its status cannot be read.
pub fn is_watcher_live(repo: &Repo) -> Result<bool, StoreError> {
    let status = WatchControl::of(&repo.worktree_state_dir()).status()?;
    Ok(status.is_some_and(|(status, liveness)| liveness != Liveness::Stopped && status.live))
}

/// Pauses or resumes the watcher; returns whether one is running.
///
/// # Errors
/// Returns an error if the watcher's files cannot be written.
pub fn pause_watcher(repo: &Repo, is_paused: bool) -> Result<bool, StoreError> {
    let control = WatchControl::of(&repo.worktree_state_dir());
    control.pause(is_paused)?;
    Ok(control.running()?.is_some())
}

/// Returns the state of a working tree's watcher.
///
/// # Errors
/// Returns an error if its files cannot be read.
pub fn watch_report(repo: &Repo) -> Result<WatchReport, StoreError> {
    let control = WatchControl::of(&repo.worktree_state_dir());
    let never = || WatchStatus { version: STATUS_VERSION, ..WatchStatus::default() };
    let (status, liveness) = control.status()?.unwrap_or_else(|| (never(), Liveness::Stopped));
    let unusual = || Some(WatcherDown { reason: liveness.reason()?, remedy: liveness.remedy()? });
    let trouble = control.down(&liveness).or_else(unusual);
    Ok(WatchReport { status, trouble })
}

/// Waits a limited time for a condition to hold; returns whether it does.
fn wait_until(holds: impl Fn() -> Result<bool, StoreError>) -> Result<bool, StoreError> {
    let begin = Instant::now();
    while !holds()? {
        if begin.elapsed() > PATIENCE {
            return Ok(false);
        }
        std::thread::sleep(INTERVAL);
    }
    Ok(true)
}
