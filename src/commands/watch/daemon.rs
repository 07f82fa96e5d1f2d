//! `idhooks watch start`, `stop`, `restart`, `pause` and `resume`: the watcher in the background.

use std::path::Path;
use std::time::{Duration, Instant};

use clap::Args;
use idhooks_repo::generators::remove_abandoned_tasks;
use idhooks_repo::git::Repo;
use idhooks_repo::store::program_path;
use idhooks_repo::system::start_background;
use idhooks_watch::control::WatchControl;
use idhooks_watch::liveness::Liveness;
use idhooks_watch::queue::{Queue, QueueError};
use idhooks_watch::watcher::rules_of;

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;

use super::notify::Notifier;
use super::options::StartOptions;
use super::run::{described, lock_watcher};

/// How long to wait until a watcher runs, or has ended.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often to look.
const INTERVAL: Duration = Duration::from_millis(20);

/// Start a watcher in the background
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks watch start
  idhooks watch start --debounce 5s
  idhooks watch start --live

Exit code: 0 started; 2 a watcher runs already, or it cannot start")]
pub(super) struct StartWatcher {
    #[command(flatten)]
    start: StartOptions,
}

/// Stop the watcher
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks watch stop
  idhooks watch stop -C ../other          that of another working tree

Exit code: 0 no watcher runs; 2 it does not end")]
pub(super) struct StopWatcher {}

/// Stop the watcher, if one runs, and start another one
///
/// If the one before acted on changes, the new one does, too, as with --live. If the new one could not
/// start, because idhooks.toml is not valid or an address is missing, the one before goes on.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks watch restart
  idhooks watch restart --debounce 5s

Exit code: 0 started; 2 it does not end, or cannot start")]
pub(super) struct RestartWatcher {
    #[command(flatten)]
    start: StartOptions,
}

impl StartWatcher {
    pub(super) fn run(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        start(ui, dir, self.start)
    }
}

impl StopWatcher {
    pub(super) fn run(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let message = match stop(&Repo::open(dir)?)? {
            true => "stopped",
            false => "no watcher runs",
        };
        // One that was killed could not end its programs.
        remove_abandoned_tasks();
        ui.status(message);
        Ok(Exit::Fine)
    }
}

impl RestartWatcher {
    pub(super) fn run(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open(dir)?;
        check_rules(&repo, self.start)?;
        let before = WatchControl::of(&repo.worktree_state_dir()).status()?;
        let is_live =
            before.is_some_and(|(status, liveness)| liveness != Liveness::Stopped && status.live);
        stop(&repo)?;
        start(ui, dir, StartOptions { live: self.start.live || is_live, ..self.start })
    }
}

/// Checks what a watcher reads when it starts: what is wrong is better seen by the one who starts it.
fn check_rules(repo: &Repo, start: StartOptions) -> CommandResult<()> {
    let rules = rules_of(repo, &start.options())?;
    Notifier::new(rules.watch.notify, repo.name()).map(drop)
}

/// Starts a watcher in the background and waits until it runs.
pub(super) fn start(ui: &mut Ui, dir: &Path, start: StartOptions) -> CommandResult<Exit> {
    let repo = Repo::open(dir)?;
    let control = WatchControl::of(&repo.worktree_state_dir());
    // One that was killed a moment ago may not have ended yet.
    drop(lock_watcher(&repo, "watch start")?);
    check_rules(&repo, start)?;
    match Queue::open(&repo.worktree_state_dir()) {
        // The watcher begins a new one, and reports that.
        Ok(_) | Err(QueueError::Damaged { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let (errors, file) = control.error_file()?;
    let mut args = vec!["-C".into(), repo.top().as_os_str().to_owned(), "--quiet".into()];
    args.extend(["watch".into(), "run".into()]);
    let debounce = start.debounce.map(|time| format!("--debounce={time}"));
    args.extend(debounce.map(Into::into));
    args.extend(start.live.then(|| "--live".into()));
    let process = start_background(&program_path()?, &args, file)?;
    let runs = || Ok(control.running()?.is_some_and(|holder| holder.process() == Some(process)));
    if !wait_until(runs)? {
        let complaints = std::fs::read_to_string(&errors).unwrap_or_default();
        let complaints = complaints.trim_end().replace('\n', "; ");
        return Err(CommandError::new("the watcher does not start")
            .because(&if complaints.is_empty() { "it says nothing".to_owned() } else { complaints })
            .hint("see what happens in the foreground: idhooks watch run"));
    }
    ui.status(&format!("watching '{}' (process {process})", repo.top().display()));
    Ok(Exit::Fine)
}

/// Stops the watcher of a working tree; returns whether one ran.
fn stop(repo: &Repo) -> CommandResult<bool> {
    let control = WatchControl::of(&repo.worktree_state_dir());
    let Some(holder) = control.running()? else {
        if matches!(control.status()?, Some((_, Liveness::Died { .. }))) {
            // From now on, no one expects it to run.
            control.request_stop()?;
        }
        return Ok(false);
    };
    control.request_stop()?;
    if wait_until(|| Ok(control.running()?.is_none()))? {
        return Ok(true);
    }
    let error = format!("the watcher does not end: {}", described(&control, &holder));
    let remedy = Liveness::Ending(holder.process()).remedy();
    Err(remedy.into_iter().fold(CommandError::new(error), CommandError::hint))
}

/// Waits until a condition holds; returns whether it does.
fn wait_until(holds: impl Fn() -> CommandResult<bool>) -> CommandResult<bool> {
    let begin = Instant::now();
    while !holds()? {
        if begin.elapsed() > PATIENCE {
            return Ok(false);
        }
        std::thread::sleep(INTERVAL);
    }
    Ok(true)
}

/// Pauses the watcher, or lets it go on.
pub(super) fn pause(ui: &mut Ui, dir: &Path, is_paused: bool) -> CommandResult<Exit> {
    let repo = Repo::open(dir)?;
    let control = WatchControl::of(&repo.worktree_state_dir());
    control.pause(is_paused)?;
    let runs = control.running()?.is_some();
    ui.status(match (is_paused, runs) {
        (true, true) => "paused",
        (false, true) => "resumed",
        (true, false) => "no watcher runs; the next one starts paused",
        (false, false) => "no watcher runs; the next one starts at once",
    });
    Ok(Exit::Fine)
}
