//! Facts about the watcher and its queue for other commands to display.

use idhooks_core::check::count;
use idhooks_ops::{DoctorLevel, DoctorLine, QueueMeasures, WatchFacts, WatchMeasures, WatcherDown};
use idhooks_repo::git::Repo;
use idhooks_repo::store::{StateDir, StoreError};

use crate::control::WatchControl;
use crate::liveness::Liveness;
use crate::moment::Moment;
use crate::queue::{ItemStatus, Queue, QueueError};
use crate::status::{DETECTION_BOUNDS, WatchMode, WatchStatus};

/// Returns the state of a working tree's watcher and queue; a bare repository has neither.
///
/// # Errors
/// Returns an error if the watcher's files cannot be read.
pub fn watch_facts(repo: &Repo) -> Result<WatchFacts, StoreError> {
    if repo.is_bare() {
        return Ok(WatchFacts::default());
    }
    let (state, now) = (repo.worktree_state_dir(), Moment::now());
    let control = WatchControl::of(&state);
    let (status, liveness) = control.status()?.unzip();
    let liveness = liveness.unwrap_or(Liveness::Stopped);
    let down = control.down(&liveness);
    // An unreadable queue must not hide the state of the watcher.
    let queue = queue_measures(&state, now).transpose();
    // A dead watcher's status still lists its last problems, which may have been solved since.
    let running = status.as_ref().filter(|_| liveness.is_up());
    let queue_problem =
        running.and_then(|status| Some(status.queue_problem.as_ref()?.message.clone()));
    let problems = running.map_or(&[][..], |status| &status.generator_problems);
    let generator_problems: Vec<String> =
        problems.iter().map(|problem| problem.message.clone()).collect();
    let lines = [
        status.as_ref().map(|status| watcher_line(status, &liveness, down.as_ref())),
        generator_line(&generator_problems),
        queue.as_ref().map(|queue| queue_line(queue, queue_problem.as_deref())),
    ];
    let (measured, queue_fault) = match queue {
        Some(Ok(measured)) => (Some(measured), None),
        Some(Err(error)) => (None, Some(error.to_string())),
        None => (None, None),
    };
    Ok(WatchFacts {
        lines: lines.into_iter().flatten().collect(),
        polling: running.and_then(polling_line),
        queue_fault,
        queue_problem,
        generator_problems,
        watcher: status.as_ref().map(|status| watch_measures(status, &liveness, now)),
        queue: measured,
        down,
    })
}

/// Returns the reason a working tree's watcher is not working although it should be; `None`
/// otherwise.
pub fn watcher_down(repo: &Repo) -> Option<WatcherDown> {
    if repo.is_bare() {
        return None;
    }
    let control = WatchControl::of(&repo.worktree_state_dir());
    match control.status() {
        Ok(status) => control.down(&status?.1),
        // A watcher whose state is unknown does not count as working.
        Err(error) => {
            let reason = format!("is in an unknown state: {error}");
            Some(WatcherDown { reason, remedy: error.remedy() })
        }
    }
}

fn queue_measures(state: &StateDir, now: Moment) -> Result<Option<QueueMeasures>, QueueError> {
    let Some(queue) = Queue::open_existing(state)? else { return Ok(None) };
    let (depth, attempts, oldest) = (queue.depth()?, queue.attempts()?, queue.oldest()?);
    Ok(Some(QueueMeasures {
        items: ItemStatus::ALL.map(|status| (status.as_str(), depth.of(status))).into(),
        waiting: depth.pending(),
        dead_letters: depth.dead_letter,
        attempts,
        oldest_seconds: oldest.map_or(0, |oldest| now.since(oldest).as_secs()),
    }))
}

fn watch_measures(status: &WatchStatus, liveness: &Liveness, now: Moment) -> WatchMeasures {
    WatchMeasures {
        is_up: liveness.is_up(),
        is_expected: liveness.is_expected(),
        events: status.events_total,
        errors: status.errors,
        last_success: status.last_success(),
        uptime: status.uptime_ratio(now),
        detection_bounds: &DETECTION_BOUNDS,
        detection_buckets: status.detection.buckets.to_vec(),
        detection_count: status.detection.count,
        detection_sum: status.detection.sum,
    }
}

/// Returns the reason a running watcher polls for changes, if it does.
fn polling_line(status: &WatchStatus) -> Option<DoctorLine> {
    let why = status.polling_because.as_deref().filter(|_| status.mode == WatchMode::Polling)?;
    let message = format!("all files are compared again and again: {why}");
    let help = "allow more watches: sysctl fs.inotify.max_user_watches=1048576, then idhooks watch restart";
    Some(DoctorLine::new(DoctorLevel::Warning, message).help(help).of("watcher"))
}

fn watcher_line(
    status: &WatchStatus,
    liveness: &Liveness,
    down: Option<&WatcherDown>,
) -> DoctorLine {
    let detail = match (down, status.mode) {
        (Some(down), _) => format!("it {}", down.reason),
        _ if !liveness.is_up() => "stopped".to_owned(),
        _ if !liveness.is_expected() => "it was asked to stop".to_owned(),
        (None, WatchMode::Watching) => {
            let dirs = count(status.watched_dirs, "directory", "directories");
            format!("{}, {dirs}", status.state.as_str())
        }
        (None, WatchMode::Polling) => format!("{}, polling", status.state.as_str()),
    };
    line("watcher", down.is_none(), detail, down.map(|down| down.remedy.clone()))
}

fn generator_line(problems: &[String]) -> Option<DoctorLine> {
    let first = problems.first()?;
    let detail = match problems.len() {
        1 => first.clone(),
        count => format!("{count} problems: {first}"),
    };
    Some(line("generators", false, detail, Some("idhooks generate".to_owned())))
}

/// Returns the state of the queue; `problem` is the reason a running watcher cannot use it.
fn queue_line(queue: &Result<QueueMeasures, QueueError>, problem: Option<&str>) -> DoctorLine {
    match (queue, problem) {
        (Err(error), _) => line("queue", false, error.to_string(), Some(error.remedy())),
        (Ok(_), Some(problem)) => {
            let help = "free the disk, or see what to do: idhooks queue status".to_owned();
            line("queue", false, problem.to_owned(), Some(help))
        }
        (Ok(QueueMeasures { waiting, dead_letters, .. }), None) => {
            let dead = *dead_letters as usize;
            let help = (dead > 0).then(|| "idhooks queue list --status dead_letter".to_owned());
            let waiting = count(*waiting as usize, "item waits", "items wait");
            let detail = match dead {
                0 => waiting,
                dead => format!("{}, {waiting}", count(dead, "dead letter", "dead letters")),
            };
            line("queue", dead == 0, detail, help)
        }
    }
}

fn line(name: &'static str, is_well: bool, message: String, help: Option<String>) -> DoctorLine {
    let level = if is_well { DoctorLevel::Ok } else { DoctorLevel::Warning };
    DoctorLine { help, ..DoctorLine::new(level, message).of(name) }
}
