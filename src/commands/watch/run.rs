//! `idhooks watch run`: the watcher in the foreground.

use std::path::Path;

use clap::Args;
use idhooks_core::config::OnChange;
use idhooks_repo::generators::remove_abandoned_tasks;
use idhooks_repo::git::Repo;
use idhooks_repo::store::{Holder, LockError, WriterLock};
use idhooks_repo::system::end_programs;
use idhooks_watch::control::WatchControl;
use idhooks_watch::liveness::Liveness;
use idhooks_watch::watcher::{
    WatchError, WatchNews, WatchOptions, WatchSignals, Watcher, rules_of,
};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Ui, count};

use super::notify::Notifier;
use super::options::StartOptions;

/// Watch in the foreground until it is stopped
///
/// Prints each file that was processed, and the result of the check if it differs from the last one.
/// SIGHUP makes it read idhooks.toml again; a change of that file does, too.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks watch run --debounce 5s
  idhooks watch run --once                what has changed since the last run, then end
  idhooks watch run --live                act on changes, too

Exit code: 0 ended, without errors in the last check; 1 the last check found errors; 2 an error")]
pub(super) struct WatchRun {
    #[command(flatten)]
    start: StartOptions,
    /// Compare all files once, process what has changed, check, and end
    #[arg(long, conflicts_with = "debounce")]
    once: bool,
}

impl WatchRun {
    pub(super) fn run(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        run_watcher(ui, dir, self.start.options(), self.once)
    }
}

/// Takes the lock of the watcher of a working tree, for the command `what`.
///
/// # Errors
/// Returns an error that names the other watcher, if one runs.
pub(in crate::commands) fn lock_watcher(repo: &Repo, what: &str) -> CommandResult<WriterLock> {
    let control = WatchControl::of(&repo.worktree_state_dir());
    control.lock(what).map_err(|error| match error {
        LockError::Store(error) => error.into(),
        LockError::Held { holder, .. } => already_running(&control, &holder),
    })
}

/// Returns the error for a working tree that has a watcher.
fn already_running(control: &WatchControl, holder: &Holder) -> CommandError {
    let who = described(control, holder);
    let error = CommandError::new(format!("this working tree is watched already, by {who}"));
    let stop = "stop it: idhooks watch stop; or see what it does: idhooks watch status";
    let remedy = liveness(control).and_then(|liveness| liveness.remedy());
    error.hint(remedy.unwrap_or_else(|| stop.to_owned()))
}

/// Returns whether the watcher works, as far as that is known.
fn liveness(control: &WatchControl) -> Option<Liveness> {
    Some(control.status().ok()??.1)
}

/// Returns the process of a watcher, and what is unusual about it.
pub(super) fn described(control: &WatchControl, holder: &Holder) -> String {
    match liveness(control).and_then(Liveness::reason_without_process) {
        Some(reason) => format!("{holder}, which {reason}"),
        None => holder.to_string(),
    }
}

/// Creates a watcher that prints what it does.
///
/// # Errors
/// Returns an error if the rules are wrong or the queue cannot be used.
pub(in crate::commands) fn watcher_of<'n>(
    repo: Repo,
    options: WatchOptions,
    report: &'n mut dyn FnMut(WatchNews<'_>),
) -> CommandResult<Watcher<'n>> {
    let signals = WatchSignals::default();
    signals.register().map_err(|error| {
        CommandError::internal(format!("cannot react to the signals of the system: {error}"))
    })?;
    Ok(Watcher::new(repo, options, signals, report)?)
}

/// Runs a watcher until it is stopped, or once.
pub(super) fn run_watcher(
    ui: &mut Ui,
    dir: &Path,
    options: WatchOptions,
    once: bool,
) -> CommandResult<Exit> {
    let repo = Repo::open(dir)?;
    let _lock = lock_watcher(&repo, "watch")?;
    let notify = rules_of(&repo, &options)?.watch.notify;
    let mut notifier = Notifier::new(notify, repo.name())?;
    let mut report = |news: WatchNews<'_>| {
        print(ui, &news);
        notifier.hear(&news).iter().for_each(|failure| ui.warning(failure));
    };
    let watcher = watcher_of(repo, options, &mut report)?;
    remove_abandoned_tasks();
    let ended = if once { watcher.run_once() } else { watcher.run() };
    if !once {
        // No program outlives a watcher that was stopped.
        end_programs();
    }
    notifier.finish().iter().filter(|_| once).for_each(|failure| ui.warning(failure));
    let errors = ended?;
    Ok(if errors > 0 { Exit::Findings } else { Exit::Fine })
}

/// Runs a watcher that completes the index, until it is stopped: 'idhooks reconcile --watch'.
///
/// # Errors
/// Returns an error if a watcher runs already, if the rules are wrong or if the queue cannot be used.
pub(in crate::commands) fn reconcile_continuously(ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
    let on_change = Some(OnChange::Stage);
    run_watcher(ui, dir, WatchOptions { debounce: None, is_live: true, on_change }, false)
}

/// Prints what a watcher reports.
pub(in crate::commands) fn print(ui: &mut Ui, news: &WatchNews<'_>) {
    match news {
        WatchNews::Started(status) => {
            let dirs = count(status.watched_dirs, "directory", "directories");
            match &status.polling_because {
                None => ui.status(&format!("watching {dirs}; stop with Ctrl-C")),
                Some(why) => {
                    ui.warning(&format!("comparing all files again and again: {why}"));
                }
            }
        }
        WatchNews::Processed(items) => {
            for item in *items {
                let from =
                    item.old_path.as_ref().map_or_else(String::new, |old| format!("{old} -> "));
                match &item.error {
                    None => ui.report(&format!("{} {from}{}", item.event, item.path)),
                    Some(why) => ui.warning(&format!("{} {from}{}: {why}", item.event, item.path)),
                }
            }
        }
        WatchNews::Acted(outcome) => ui.lines(&outcome.done),
        WatchNews::Checked(outcome) => {
            for finding in &outcome.findings {
                finding_lines(finding).iter().for_each(|line| ui.report(line));
            }
            let errors = count(outcome.errors, "error", "errors");
            let warnings = count(outcome.warnings, "warning", "warnings");
            ui.status(&format!("checked: {errors}, {warnings}"));
        }
        WatchNews::Problem(what) => ui.warning(what),
    }
}

/// Returns the lines of a finding of the check: what is wrong, and what to do.
pub(super) fn finding_lines(finding: &RawValue) -> Vec<String> {
    let finding: Value = serde_json::from_str(finding.get()).unwrap_or_default();
    let text = |key: &str| finding[key].as_str().unwrap_or_default();
    let head = format!("{} {}: {}", text("severity"), text("code"), text("message"));
    let help = Some(text("help")).filter(|help| !help.is_empty());
    std::iter::once(head).chain(help.map(|help| format!("  help: {help}"))).collect()
}

impl From<WatchError> for CommandError {
    fn from(error: WatchError) -> Self {
        match error {
            WatchError::Open(error) => error.into(),
            WatchError::Git(error) => error.into(),
            WatchError::Store(error) => error.into(),
            WatchError::Queue(error) => error.into(),
            WatchError::Config(mistake) => {
                let converted = CommandError::new(mistake.to_string());
                let schema = "run 'idhooks schema config' to see which keys and values it accepts";
                converted.hint(mistake.hint.unwrap_or_else(|| schema.to_owned()))
            }
            WatchError::Check(_) => {
                CommandError::new(error.to_string()).hint("see why: idhooks check")
            }
            WatchError::Gone(_) => CommandError::new(error.to_string())
                .hint("start a watcher where the repository is now: idhooks watch start"),
        }
    }
}
