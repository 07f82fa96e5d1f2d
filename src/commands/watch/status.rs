//! `idhooks watch status`: what the watcher does.

use idhooks_ops::json_text;
use std::path::Path;

use clap::Args;
use idhooks_repo::git::Repo;
use idhooks_watch::control::WatchControl;
use idhooks_watch::liveness::Liveness;
use idhooks_watch::moment::Moment;
use idhooks_watch::status::{
    RunningGenerators, STATUS_VERSION, WatchMode, WatchState, WatchStatus,
};

use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui, count};

use super::run::finding_lines;

/// The most findings that are listed as text.
const LISTED: usize = 20;

/// Show what the watcher does
///
/// It ends with the findings of the last check, at most 20, and with files that were moved and that the
/// next commit would not recognise. In JSON they are in 'findings', at most
/// 200. A watcher that has missed three beats, which are 10 s apart, is 'hung'; one that has ended although
/// no one stopped it is 'died'.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks watch status
  idhooks watch status --format json

Exit code: 0 a watcher runs; 1 none does, or it does not respond; 2 an error")]
pub(super) struct WatchStatusArgs {
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl WatchStatusArgs {
    pub(super) fn run(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open(dir)?;
        let control = WatchControl::of(&repo.worktree_state_dir());
        let status = control.status()?;
        let never = || WatchStatus { version: STATUS_VERSION, ..WatchStatus::default() };
        let (status, liveness) = status.unwrap_or_else(|| (never(), Liveness::Stopped));
        match self.format {
            Format::Json => ui.data(&(json_text(&status) + "\n")),
            Format::Text => {
                ui.table(rows(&status));
                ui.lines(findings(&status));
            }
        }
        let unusual = || Some((liveness.reason()?, liveness.remedy()?));
        let down = control.down(&liveness).map(|down| (down.reason, down.remedy));
        if let Some((reason, remedy)) = down.or_else(unusual) {
            ui.warning(&format!("the watcher {reason}"));
            ui.hint(&remedy);
        }
        Ok(if status.state.is_up() { Exit::Fine } else { Exit::Findings })
    }
}

/// Returns what people want to know.
fn rows(status: &WatchStatus) -> Vec<[String; 2]> {
    let dash = || "-".to_owned();
    let is_running = status.state.is_up();
    let has_process = is_running || status.state == WatchState::Hung;
    let process = status.pid.filter(|_| has_process);
    let mode = match (status.mode, &status.polling_because) {
        _ if !is_running => dash(),
        (WatchMode::Watching, _) => {
            format!("watching {}", count(status.watched_dirs, "directory", "directories"))
        }
        (WatchMode::Polling, why) => format!("polling: {}", why.clone().unwrap_or_default()),
    };
    let queue = &status.queue;
    let uptime = status.uptime_ratio(Moment::now()).filter(|_| is_running);
    let errors = count(status.finding_errors, "error", "errors");
    let warnings = count(status.finding_warnings, "warning", "warnings");
    let rows = [
        ("state", status.state.as_str().to_owned()),
        ("process", process.map_or_else(dash, |process| process.to_string())),
        ("started", status.started_at.clone().unwrap_or_else(dash)),
        ("mode", mode),
        ("live", if status.live && is_running { "yes" } else { "no" }.to_owned()),
        ("on hold", status.waits_for.clone().filter(|_| is_running).unwrap_or_else(dash)),
        ("generating", generating(status).filter(|_| is_running).unwrap_or_else(dash)),
        ("uptime", uptime.map_or_else(dash, |ratio| format!("{:.2} %", ratio * 100.0))),
        ("events", format!("{}, {} in a minute", status.events_total, status.events_per_minute)),
        ("last event", status.last_event_at.clone().unwrap_or_else(dash)),
        ("processed", status.processed_total.to_string()),
        ("last action", status.last_acted_at.clone().unwrap_or_else(dash)),
        ("waiting", format!("{} quiet soon, {} queued", status.pending, queue.queued)),
        ("failed", format!("{}, {} dead letters", queue.failed, queue.dead_letter)),
        ("last check", status.last_success_at.clone().unwrap_or_else(dash)),
        ("findings", format!("{errors}, {warnings}")),
        ("problems", problems(status)),
    ];
    let never = || (status.errors == 0).then(dash);
    let last = last_problem(status).or_else(never).map(|problem| ("last problem", problem));
    rows.into_iter().chain(last).map(|(name, value)| [name.to_owned(), value]).collect()
}

/// Returns the findings of the last check.
fn findings(status: &WatchStatus) -> Vec<String> {
    let listed = status.findings.iter().take(LISTED).flat_map(|finding| finding_lines(finding));
    // The document has not all of them either.
    let all = status.findings.len().max(status.finding_errors + status.finding_warnings);
    let more = all.saturating_sub(LISTED);
    let rest = (more > 0).then(|| format!("and {more} more: idhooks check"));
    listed.chain(rest).collect()
}

/// Returns which generators are running, and since when.
fn generating(status: &WatchStatus) -> Option<String> {
    let RunningGenerators { generators, since } = status.generating.as_ref()?;
    let names: Vec<&str> = generators.iter().map(String::as_str).collect();
    Some(format!("{}, since {since}", names.join(", ")))
}

/// Returns how many problems there were, and whether one is left.
fn problems(status: &WatchStatus) -> String {
    match (status.errors, &status.last_error) {
        (0, _) => "0".to_owned(),
        (errors, None) => format!("{errors}, all solved"),
        (errors, Some(_)) => errors.to_string(),
    }
}

/// Returns the last problem with its time, and whether it is solved; none if it is not known.
fn last_problem(status: &WatchStatus) -> Option<String> {
    match (&status.last_error, &status.last_error_at, &status.last_solved) {
        (Some(message), Some(at), _) => Some(format!("{at}: {message}")),
        (Some(message), None, _) => Some(message.clone()),
        (None, _, Some(solved)) => Some(format!("{}: {} (solved)", solved.at, solved.message)),
        (None, _, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_findings_are_listed_and_the_others_counted() {
        let finding = |number: usize| {
            let text = format!(r#"{{"severity":"error","code":"C","message":"m{number}"}}"#);
            serde_json::value::RawValue::from_string(text).expect("JSON")
        };
        let with = |listed: usize, finding_errors: usize| {
            let list = (0..listed).map(finding).collect();
            findings(&WatchStatus { findings: list, finding_errors, ..WatchStatus::default() })
        };
        assert!(with(0, 0).is_empty());
        assert_eq!(with(2, 2), ["error C: m0", "error C: m1"]);
        assert_eq!(with(20, 20).last().expect("a line"), "error C: m19");
        assert_eq!((with(25, 25).len(), &*with(25, 25)[20]), (21, "and 5 more: idhooks check"));
        assert_eq!(with(200, 300)[20], "and 280 more: idhooks check");
    }
}
