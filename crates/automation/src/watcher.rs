//! [`Watcher`]: the loop that turns events into items, processes them, and checks the result.

mod change_detection;
mod change_processing;
mod due_tasks;
mod generate;
mod live;
mod once;
mod recover;
mod repo_place;
mod status_board;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use idhooks_core::config::{CONFIG_PATH, Config, OnChange};
use idhooks_repo::git::Repo;
use idhooks_repo::store::FileStamp;

use crate::control::WatchControl;
use crate::events::EventSource;
use crate::live_state::LiveState;
use crate::moment::Moment;
use crate::pending_paths::{PendingPaths, Tick};
use crate::problems::WatchTask;
use crate::queue::{Queue, SeenQueue};
use crate::queue_processing::ProcessedItem;
use crate::round::{CheckOutcome, RoundAnswer};
use crate::status::{WatchState, WatchStatus};
use crate::suppress::Suppression;
use crate::watch_error::WatchError;
use crate::watched_tree::WatchedTree;

use due_tasks::Due;
use repo_place::RepoPlace;
use status_board::StatusBoard;

/// The minimum length of a turn, so that each turn handles many events if they come in quick
/// succession.
const TURN: Duration = Duration::from_millis(50);
/// The maximum length of an idle turn.
const IDLE: Duration = Duration::from_millis(250);
/// The longest time from a change to the resulting check while there is more to do.
const CHECK_AFTER: Duration = Duration::from_secs(5);

/// A report from a watcher.
#[derive(Debug)]
pub enum WatchNews<'n> {
    /// It watches now.
    Started(&'n WatchStatus),
    /// Items were processed.
    Processed(&'n [ProcessedItem]),
    /// The index changed.
    Acted(&'n RoundAnswer),
    /// The findings changed.
    Checked(&'n CheckOutcome),
    /// Something failed; the watcher carries on.
    Problem(&'n str),
}

/// Flags, set by signals, that tell a watcher to end or to reread its rules.
#[derive(Debug, Clone, Default)]
struct WatchSignals {
    /// End.
    stop: Arc<AtomicBool>,
    /// Reread the rules.
    reload: Arc<AtomicBool>,
}

impl WatchSignals {
    /// Makes SIGTERM and SIGINT set the flag to end, and SIGHUP the flag to reread the rules.
    fn register(&self) -> std::io::Result<()> {
        use signal_hook::consts::{SIGINT, SIGTERM};
        for signal in [SIGINT, SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&self.stop))?;
        }
        #[cfg(unix)]
        signal_hook::flag::register(signal_hook::consts::SIGHUP, Arc::clone(&self.reload))?;
        Ok(())
    }
}

/// How a watcher was started.
#[derive(Debug, Clone, Copy, Default)]
pub struct WatchOptions {
    /// How long a file must be quiet before it is processed, overriding the rules.
    pub debounce: Option<Duration>,
    /// Whether the watcher may change the index.
    pub is_live: bool,
    /// The watcher's reaction to changes, overriding the rules.
    pub on_change: Option<OnChange>,
}

/// Reads the working tree's rules.
///
/// # Errors
/// Returns an error if the rules cannot be read or are invalid.
pub fn rules_of(repo: &Repo, options: &WatchOptions) -> Result<Config, WatchError> {
    let text = repo.read_working(CONFIG_PATH)?.unwrap_or_default();
    let mut config = Config::parse(&String::from_utf8_lossy(&text))?;
    let watch = &mut config.watch;
    watch.debounce = options.debounce.unwrap_or(watch.debounce);
    watch.on_change = options.on_change.unwrap_or(watch.on_change);
    Ok(config)
}

/// A working tree's watcher.
pub(crate) struct Watcher<'n> {
    repo: Repo,
    place: RepoPlace,
    tree: WatchedTree,
    control: WatchControl,
    queue: Queue,
    seen_queue: SeenQueue,
    /// The source of events; `None` if the watcher polls.
    source: Option<EventSource>,
    pending: PendingPaths,
    own: Suppression,
    board: StatusBoard,
    due: Due,
    live: LiveState,
    signals: WatchSignals,
    options: WatchOptions,
    report: &'n mut dyn FnMut(WatchNews<'_>),
}

impl<'n> Watcher<'n> {
    /// Creates a watcher. The caller must hold the lock.
    ///
    /// # Errors
    /// Returns an error if the rules are invalid or the queue cannot be used.
    pub(crate) fn new(
        repo: Repo,
        options: WatchOptions,
        report: &'n mut dyn FnMut(WatchNews<'_>),
    ) -> Result<Self, WatchError> {
        let signals = WatchSignals::default();
        signals.register().map_err(WatchError::Signals)?;
        let tree = WatchedTree::new(repo.top(), rules_of(&repo, &options)?);
        let state = repo.worktree_state_dir();
        let control = WatchControl::of(&state);
        let (mut queue, aside) = Queue::open_or_renew(&state)?;
        // This process holds the lock, so no one else is working on these items.
        queue.write(|work| work.reset_running())?;
        let stop = control.stop_requested_at();
        let mut status = WatchStatus::starting(control.written_status()?, stop, Moment::now());
        status.live = options.is_live;
        let mut watcher = Watcher {
            place: RepoPlace::new(&repo),
            repo,
            tree,
            seen_queue: SeenQueue::read(&queue),
            queue,
            source: None,
            pending: PendingPaths::default(),
            own: Suppression::default(),
            board: StatusBoard::new(status, &control),
            control,
            due: Due::new(),
            live: LiveState::default(),
            signals,
            options,
            report,
        };
        aside.iter().for_each(|aside| watcher.report_renewed(Some(aside)));
        Ok(watcher)
    }

    fn now(&self) -> Tick {
        self.due.now()
    }

    /// Watches until asked to end, then returns the number of findings with severity error.
    ///
    /// # Errors
    /// Returns an error if the repository is gone.
    pub(crate) fn run(mut self) -> Result<usize, WatchError> {
        self.control.clear_old_stop()?;
        self.put_status()?;
        self.control.own_writes().begin()?;
        let result = self.turns();
        // If the repository is gone, nothing can be written to it.
        if !matches!(result, Err(WatchError::Gone(_))) {
            self.end()?;
        }
        result.map(|()| self.board.status.finding_errors)
    }

    fn turns(&mut self) -> Result<(), WatchError> {
        let mut is_started = false;
        while !self.is_over() {
            let is_busy = self.turn()?;
            if !is_started {
                is_started = true;
                self.write_status();
                (self.report)(WatchNews::Started(&self.board.status));
            }
            if is_busy {
                self.take_events(Duration::ZERO);
            } else {
                std::thread::sleep(TURN);
                self.take_events(if self.pending.is_sampling() { TURN } else { IDLE });
            }
        }
        Ok(())
    }

    /// Writes the status of a watcher that has ended.
    fn end(&mut self) -> Result<(), WatchError> {
        self.end_generators();
        (self.board.status.state, self.board.status.pending) = (WatchState::Stopped, 0);
        self.board.status.watched_dirs = 0;
        if let Ok(depth) = self.queue.depth() {
            self.board.status.queue = depth;
        }
        self.control.own_writes().end()?;
        // This may fail if the disk is full; the request then remains and shows that the watcher
        // was stopped.
        self.put_status()?;
        Ok(self.control.clear_stop()?)
    }

    fn is_over(&self) -> bool {
        self.signals.stop.load(Ordering::Relaxed) || self.control.is_stop_requested()
    }

    /// Does the work that is due; returns whether there is more to do right away.
    fn turn(&mut self) -> Result<bool, WatchError> {
        self.assert_there()?;
        let mut is_busy = false;
        if self.control.is_paused() {
            if self.board.status.state != WatchState::Paused {
                (self.board.status.state, self.board.is_changed) = (WatchState::Paused, true);
                // The comparison of all files after the pause finds these changes again.
                self.pending = PendingPaths::default();
            }
            self.take_generated(Duration::ZERO);
            self.due.scan = Tick::ZERO;
        } else {
            match self.active_turn() {
                Ok(taken) => {
                    is_busy = taken > 0;
                    self.solved(WatchTask::Queue, |_| false);
                }
                Err(error) => {
                    self.problem(WatchTask::Queue, &error.to_string());
                    self.seen_queue.is_suspect |= error.is_of_damaged_queue();
                    // Items that had been taken go back to the queue.
                    let _ = self.queue.write(|work| work.reset_running());
                    // A persistent problem must not cause a busy loop.
                    std::thread::sleep(IDLE);
                }
            }
            if self.board.status.state != WatchState::Active {
                (self.board.status.state, self.board.is_changed) = (WatchState::Active, true);
            }
        }
        self.write_status();
        Ok(is_busy)
    }

    fn active_turn(&mut self) -> Result<usize, WatchError> {
        let now = self.now();
        self.renew_queue()?;
        if self.signals.reload.swap(false, Ordering::Relaxed) {
            self.reload();
        }
        // After a clock jump or a suspension, events may be missing.
        if self.due.clock.has_jumped(Moment::now(), now) || now >= self.due.scan {
            self.compare_all()?;
            self.board.status.state = WatchState::Active;
            self.write_status_now();
        }
        self.queue_quiet(self.tree.config().watch.debounce)?;
        let taken = self.work()?;
        let heads = [self.repo.index_file().path().to_owned(), self.place.git_dir.join("HEAD")];
        let heads = heads.map(|file| FileStamp::at(&file));
        if heads != self.due.checked {
            self.due.checked = heads;
            self.live.note_change();
            self.due.check.get_or_insert(now);
        }
        self.act_and_go_on();
        self.generate_and_go_on();
        // A check takes a long time, so it waits until the queue is empty, but not forever.
        let is_due = |since: Tick| taken == 0 || self.now().saturating_sub(since) > CHECK_AFTER;
        if self.due.check.is_some_and(is_due) {
            self.check_and_go_on();
        }
        Ok(taken)
    }

    /// Rereads the rules; if they are invalid, the old ones stay in effect.
    fn reload(&mut self) {
        match rules_of(&self.repo, &self.options) {
            Ok(config) => {
                self.tree = WatchedTree::new(self.tree.top(), config);
                // The set of directories to watch may have changed.
                (self.source, self.due.scan) = (None, Tick::ZERO);
                self.live.reset();
                self.solved(WatchTask::Rules, |_| false);
                self.solved(WatchTask::Generators, |_| false);
            }
            Err(error) => {
                self.problem(WatchTask::Rules, &format!("the rules stay as they were: {error}"));
            }
        }
    }
}
