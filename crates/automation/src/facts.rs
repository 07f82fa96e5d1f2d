//! [`WatchFacts`]: the watcher and its queue, for health, alerts and metrics. Where neither was ever
//! used, they say nothing about it.

use idhooks_automation::{
    DETECTION_BOUNDS, ItemStatus, Liveness, Moment, Queue, QueueDepth, QueueError, WatchControl,
    WatchMode, WatchStatus, WatcherDown,
};
use idhooks_core::check::count;
use idhooks_ops::{DoctorLevel, DoctorLine};
use idhooks_repo::git::Repo;
use idhooks_repo::store::{StateDir, StoreError};

use crate::metrics::{
    AlertCondition, Health, HealthState, QueueMeasures, WatchMeasures, WatchSigns,
};

/// The watcher and the queue of a working tree.
pub struct WatchFacts {
    status: Option<WatchStatus>,
    liveness: Liveness,
    down: Option<WatcherDown>,
    queue: Option<Result<QueueFacts, QueueError>>,
}

struct QueueFacts {
    depth: QueueDepth,
    attempts: u64,
    oldest: Option<Moment>,
}

impl QueueFacts {
    fn read(state: &StateDir) -> Result<Option<Self>, QueueError> {
        let Some(queue) = Queue::open_existing(state)? else { return Ok(None) };
        let (depth, attempts, oldest) = (queue.depth()?, queue.attempts()?, queue.oldest()?);
        Ok(Some(QueueFacts { depth, attempts, oldest }))
    }

    /// Returns for how many seconds the oldest item has been waiting.
    fn seconds(&self) -> u64 {
        self.oldest.map_or(0, |oldest| Moment::now().since(oldest).as_secs())
    }
}

impl WatchFacts {
    /// Reads the facts of a working tree; a bare repository has none.
    ///
    /// # Errors
    /// Returns an error if the files of the watcher cannot be read.
    pub fn of(repo: &Repo) -> Result<Self, StoreError> {
        let state = repo.worktree_state_dir();
        if repo.is_bare() {
            let liveness = Liveness::Stopped;
            return Ok(WatchFacts { status: None, liveness, down: None, queue: None });
        }
        let control = WatchControl::of(&state);
        let (status, liveness) = match control.status()? {
            Some((status, liveness)) => (Some(status), liveness),
            None => (None, Liveness::Stopped),
        };
        let down = control.down(&liveness);
        // A queue that cannot be used is no reason not to look at the rest.
        let queue = QueueFacts::read(&state).transpose();
        Ok(WatchFacts { status, liveness, down, queue })
    }

    /// Returns why the watcher of a working tree does not work, if it does not although it should.
    pub fn down(repo: &Repo) -> Option<WatcherDown> {
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

    /// Returns what a diagnosis of the clone says of the watcher and its queue.
    pub fn diagnosis(&self) -> Vec<DoctorLine> {
        let line = |health: Health| {
            let level = match health.state {
                HealthState::Ok => DoctorLevel::Ok,
                _ => DoctorLevel::Warning,
            };
            let line = DoctorLine::new(level, health.detail).of(health.name);
            DoctorLine { help: health.help, ..line }
        };
        let polling = self.polling().map(|why| {
            let message = format!("all files are compared again and again: {why}");
            let help = "allow more watches: sysctl fs.inotify.max_user_watches=1048576, then idhooks watch restart";
            DoctorLine::new(DoctorLevel::Warning, message).help(help).of("watcher")
        });
        self.health().into_iter().map(line).chain(polling).collect()
    }

    /// Returns why all files are compared again and again, if they are.
    fn polling(&self) -> Option<&str> {
        let status = self.status.as_ref().filter(|status| status.mode == WatchMode::Polling)?;
        status.polling_because.as_deref().filter(|_| self.liveness.is_up())
    }

    /// Returns what the generators of a watcher that runs complain about.
    fn generator_problems(&self) -> Vec<String> {
        let status = self.status.as_ref().filter(|_| self.liveness.is_up());
        let problems = status.map_or(&[][..], |status| &status.generator_problems);
        problems.iter().map(|problem| problem.message.clone()).collect()
    }

    /// Returns the state of the watcher, its generators and the queue.
    pub fn health(&self) -> Vec<Health> {
        let mut all = Vec::new();
        if let Some(status) = &self.status {
            let down = self.down.as_ref();
            let detail = match (&down, status.mode) {
                (Some(down), _) => format!("it {}", down.reason),
                _ if !self.liveness.is_up() => "stopped".to_owned(),
                _ if !self.liveness.is_expected() => "it was asked to stop".to_owned(),
                (None, WatchMode::Watching) => {
                    let dirs = count(status.watched_dirs, "directory", "directories");
                    format!("{}, {dirs}", status.state.as_str())
                }
                (None, WatchMode::Polling) => format!("{}, polling", status.state.as_str()),
            };
            let state = HealthState::by_alert(down.is_none(), AlertCondition::WatcherDown);
            let help = down.map(|down| down.remedy.clone());
            all.push(Health { name: "watcher", state, detail, help });
        }
        let problems = self.generator_problems();
        if let Some(first) = problems.first() {
            let detail = match problems.len() {
                1 => first.clone(),
                count => format!("{count} problems: {first}"),
            };
            let help = Some("idhooks generate".to_owned());
            let state = HealthState::by_alert(false, AlertCondition::GeneratorFailed);
            all.push(Health { name: "generators", state, detail, help });
        }
        all.extend(self.queue_health());
        all
    }

    /// Returns the state of the queue, if there is one.
    fn queue_health(&self) -> Option<Health> {
        let (name, queue) = ("queue", self.queue.as_ref()?);
        let unusable = HealthState::by_alert(false, AlertCondition::QueueUnusable);
        Some(match (queue, self.queue_problem()) {
            (Err(error), _) => {
                let (detail, help) = (error.to_string(), Some(error.remedy()));
                Health { name, state: unusable, detail, help }
            }
            (Ok(_), Some(problem)) => {
                let help =
                    Some("free the disk, or see what to do: idhooks queue status".to_owned());
                Health { name, state: unusable, detail: problem.to_owned(), help }
            }
            (Ok(QueueFacts { depth, .. }), None) => {
                let dead = depth.dead_letter as usize;
                let help = (dead > 0).then(|| "idhooks queue list --status dead_letter".to_owned());
                let waiting = count(depth.pending() as usize, "item waits", "items wait");
                let detail = match dead {
                    0 => waiting,
                    dead => format!("{}, {waiting}", count(dead, "dead letter", "dead letters")),
                };
                let state = HealthState::by_alert(dead == 0, AlertCondition::DeadLetters);
                Health { name, state, detail, help }
            }
        })
    }

    /// Returns why a watcher that runs cannot use its queue, if it cannot.
    fn queue_problem(&self) -> Option<&str> {
        let status = self.status.as_ref().filter(|_| self.liveness.is_up())?;
        status.queue_problem.as_ref().map(|problem| problem.message.as_str())
    }

    /// Returns what may be an alert.
    pub fn signs(&self) -> WatchSigns {
        let queue = self.queue.as_ref().and_then(|queue| queue.as_ref().ok());
        WatchSigns {
            down: self.down.clone(),
            queue_fault: self
                .queue_fault()
                .map(ToString::to_string)
                .or_else(|| self.queue_problem().map(str::to_owned)),
            generator_problems: self.generator_problems(),
            dead_letters: queue.map_or(0, |queue| queue.depth.dead_letter),
            waiting: queue.map_or((0, 0), |queue| (queue.depth.pending(), queue.seconds())),
        }
    }

    /// Returns what is measured.
    pub fn measures(&self) -> (Option<WatchMeasures>, Option<QueueMeasures>) {
        let now = Moment::now();
        let watch = self.status.as_ref().map(|status| WatchMeasures {
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
        let queue = self.queue.as_ref().and_then(|queue| queue.as_ref().ok());
        let queue = queue.map(|queue| QueueMeasures {
            items: ItemStatus::ALL.map(|status| (status.as_str(), queue.depth.of(status))).into(),
            attempts: queue.attempts,
            oldest_seconds: queue.seconds(),
        });
        (watch, queue)
    }

    /// Returns why the queue cannot be used, if it cannot.
    pub fn queue_fault(&self) -> Option<&QueueError> {
        self.queue.as_ref().and_then(|queue| queue.as_ref().err())
    }
}
