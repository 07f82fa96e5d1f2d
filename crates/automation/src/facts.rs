//! The facts about the watcher and its queue that other commands show.

use idhooks_core::check::count;
use idhooks_ops::{DoctorLevel, DoctorLine, QueueMeasures, WatchFacts, WatchMeasures, WatcherDown};
use idhooks_repo::git::Repo;
use idhooks_repo::store::{StateDir, StoreError};

use crate::control::WatchControl;
use crate::liveness::Liveness;
use crate::moment::Moment;
use crate::queue::{ItemStatus, Queue, QueueDepth, QueueError};
use crate::status::{DETECTION_BOUNDS, WatchMode, WatchStatus};

/// Returns the state of the watcher and the queue of a working tree; a bare repository has none.
///
/// # Errors
/// Returns an error if the files of the watcher cannot be read.
pub fn watch_facts(repo: &Repo) -> Result<WatchFacts, StoreError> {
    Ok(WatcherSight::of(repo)?.facts())
}

/// Returns why the watcher of a working tree does not work, if it does not although it should.
pub fn watcher_down(repo: &Repo) -> Option<WatcherDown> {
    if repo.is_bare() {
        return None;
    }
    let control = WatchControl::of(&repo.worktree_state_dir());
    match control.status() {
        Ok(status) => control.down(&status?.1),
        Err(error) => {
            let reason = format!("is in an unknown state: {error}");
            Some(WatcherDown { reason, remedy: error.remedy() })
        }
    }
}

/// The watcher and the queue of a working tree.
struct WatcherSight {
    status: Option<WatchStatus>,
    liveness: Liveness,
    down: Option<WatcherDown>,
    queue: Option<Result<QueueSight, QueueError>>,
}

/// The facts read from a queue.
struct QueueSight {
    depth: QueueDepth,
    attempts: u64,
    oldest: Option<Moment>,
}

impl QueueSight {
    fn read(state: &StateDir) -> Result<Option<Self>, QueueError> {
        let Some(queue) = Queue::open_existing(state)? else { return Ok(None) };
        let (depth, attempts, oldest) = (queue.depth()?, queue.attempts()?, queue.oldest()?);
        Ok(Some(QueueSight { depth, attempts, oldest }))
    }

    fn measures(&self, now: Moment) -> QueueMeasures {
        let depth = &self.depth;
        QueueMeasures {
            items: ItemStatus::ALL.map(|status| (status.as_str(), depth.of(status))).into(),
            waiting: depth.pending(),
            dead_letters: depth.dead_letter,
            attempts: self.attempts,
            oldest_seconds: self.oldest.map_or(0, |oldest| now.since(oldest).as_secs()),
        }
    }
}

impl WatcherSight {
    /// Reads them; a bare repository has none.
    fn of(repo: &Repo) -> Result<Self, StoreError> {
        let state = repo.worktree_state_dir();
        if repo.is_bare() {
            let liveness = Liveness::Stopped;
            return Ok(WatcherSight { status: None, liveness, down: None, queue: None });
        }
        let control = WatchControl::of(&state);
        let (status, liveness) = match control.status()? {
            Some((status, liveness)) => (Some(status), liveness),
            None => (None, Liveness::Stopped),
        };
        let down = control.down(&liveness);
        // A queue that cannot be used is no reason not to look at the rest.
        let queue = QueueSight::read(&state).transpose();
        Ok(WatcherSight { status, liveness, down, queue })
    }

    /// Returns why all files are compared again and again, if they are.
    fn polling(&self) -> Option<DoctorLine> {
        let status = self.status.as_ref().filter(|status| status.mode == WatchMode::Polling)?;
        let why = status.polling_because.as_deref().filter(|_| self.liveness.is_up())?;
        let message = format!("all files are compared again and again: {why}");
        let help = "allow more watches: sysctl fs.inotify.max_user_watches=1048576, then idhooks watch restart";
        Some(DoctorLine::new(DoctorLevel::Warning, message).help(help).of("watcher"))
    }

    /// Returns the problems of the generators of a running watcher.
    fn generator_problems(&self) -> Vec<String> {
        let status = self.status.as_ref().filter(|_| self.liveness.is_up());
        let problems = status.map_or(&[][..], |status| &status.generator_problems);
        problems.iter().map(|problem| problem.message.clone()).collect()
    }

    /// Returns the state of the watcher, its generators and the queue.
    fn lines(&self) -> Vec<DoctorLine> {
        let watcher = self.status.as_ref().map(|status| {
            let detail = match (&self.down, status.mode) {
                (Some(down), _) => format!("it {}", down.reason),
                _ if !self.liveness.is_up() => "stopped".to_owned(),
                _ if !self.liveness.is_expected() => "it was asked to stop".to_owned(),
                (None, WatchMode::Watching) => {
                    let dirs = count(status.watched_dirs, "directory", "directories");
                    format!("{}, {dirs}", status.state.as_str())
                }
                (None, WatchMode::Polling) => format!("{}, polling", status.state.as_str()),
            };
            let help = self.down.as_ref().map(|down| down.remedy.clone());
            line("watcher", self.down.is_none(), detail, help)
        });
        let problems = self.generator_problems();
        let generators = problems.first().map(|first| {
            let detail = match problems.len() {
                1 => first.clone(),
                count => format!("{count} problems: {first}"),
            };
            line("generators", false, detail, Some("idhooks generate".to_owned()))
        });
        [watcher, generators, self.queue_line()].into_iter().flatten().collect()
    }

    /// Returns the state of the queue, if there is one.
    fn queue_line(&self) -> Option<DoctorLine> {
        let queue = self.queue.as_ref()?;
        Some(match (queue, self.queue_problem()) {
            (Err(error), _) => line("queue", false, error.to_string(), Some(error.remedy())),
            (Ok(_), Some(problem)) => {
                let help = "free the disk, or see what to do: idhooks queue status".to_owned();
                line("queue", false, problem.to_owned(), Some(help))
            }
            (Ok(QueueSight { depth, .. }), None) => {
                let dead = depth.dead_letter as usize;
                let help = (dead > 0).then(|| "idhooks queue list --status dead_letter".to_owned());
                let waiting = count(depth.pending() as usize, "item waits", "items wait");
                let detail = match dead {
                    0 => waiting,
                    dead => format!("{}, {waiting}", count(dead, "dead letter", "dead letters")),
                };
                line("queue", dead == 0, detail, help)
            }
        })
    }

    /// Returns why a watcher that runs cannot use its queue, if it cannot.
    fn queue_problem(&self) -> Option<&str> {
        let status = self.status.as_ref().filter(|_| self.liveness.is_up())?;
        status.queue_problem.as_ref().map(|problem| problem.message.as_str())
    }

    /// Returns the facts that other crates need.
    fn facts(&self) -> WatchFacts {
        let (now, queue) = (Moment::now(), self.queue.as_ref());
        let watcher = self.status.as_ref().map(|status| WatchMeasures {
            is_up: self.liveness.is_up(),
            is_expected: self.liveness.is_expected(),
            events: status.events_total,
            errors: status.errors,
            last_success: status.last_success(),
            uptime: status.uptime_ratio(now),
            detection_bounds: &DETECTION_BOUNDS,
            detection_buckets: status.detection.buckets.to_vec(),
            detection_count: status.detection.count,
            detection_sum: status.detection.sum,
        });
        WatchFacts {
            lines: self.lines(),
            polling: self.polling(),
            down: self.down.clone(),
            queue_fault: queue.and_then(|queue| Some(queue.as_ref().err()?.to_string())),
            queue_problem: self.queue_problem().map(str::to_owned),
            generator_problems: self.generator_problems(),
            watcher,
            queue: queue.and_then(|queue| Some(queue.as_ref().ok()?.measures(now))),
        }
    }
}

fn line(name: &'static str, is_well: bool, message: String, help: Option<String>) -> DoctorLine {
    let level = if is_well { DoctorLevel::Ok } else { DoctorLevel::Warning };
    DoctorLine { help, ..DoctorLine::new(level, message).of(name) }
}
