//! Prints a watcher's reports and state.

use idhooks_automation::{
    Moment, RunningGenerators, WatchMode, WatchNews, WatchReport, WatchState, WatchStatus,
};
use idhooks_ops::json_text;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::output::{Format, Ui, count};

/// The maximum number of findings listed in the text output.
const LISTED: usize = 20;

impl Ui {
    /// Prints a watcher's report.
    pub fn watch_news(&mut self, news: &WatchNews<'_>) {
        match news {
            WatchNews::Started(status) => {
                let dirs = count(status.watched_dirs, "directory", "directories");
                match &status.polling_because {
                    None => self.status(&format!("watching {dirs}; stop with Ctrl-C")),
                    Some(why) => {
                        // Polling is slow to notice changes, and keeps rereading every file's
                        // metadata.
                        self.warning(&format!("polling, because files cannot be watched: {why}"));
                    }
                }
            }
            WatchNews::Processed(items) => {
                for item in *items {
                    let from =
                        item.old_path.as_ref().map_or_else(String::new, |old| format!("{old} -> "));
                    match &item.error {
                        None => self.report(&format!("{} {from}{}", item.event, item.path)),
                        Some(why) => {
                            self.warning(&format!("{} {from}{}: {why}", item.event, item.path));
                        }
                    }
                }
            }
            WatchNews::Acted(outcome) => self.lines(&outcome.done),
            WatchNews::Checked(outcome) => {
                for finding in &outcome.findings {
                    finding_lines(finding).iter().for_each(|line| self.report(line));
                }
                let errors = count(outcome.errors, "error", "errors");
                let warnings = count(outcome.warnings, "warning", "warnings");
                self.status(&format!("checked: {errors}, {warnings}"));
            }
            WatchNews::Problem(what) => self.warning(what),
        }
    }

    /// Prints a watcher's state, and anything unusual about it.
    pub fn watch_status(&mut self, report: &WatchReport, format: Format) {
        let WatchReport { status, trouble } = report;
        match format {
            Format::Json => self.data(&(json_text(status) + "\n")),
            Format::Text => {
                self.table(rows(status));
                self.lines(finding_texts(status));
            }
        }
        if let Some(trouble) = trouble {
            self.warning(&format!("the watcher {}", trouble.reason));
            self.hint(&trouble.remedy);
        }
    }
}

/// Returns the lines for a finding: the problem, followed by advice.
fn finding_lines(finding: &RawValue) -> Vec<String> {
    let finding: Value = serde_json::from_str(finding.get()).unwrap_or_default();
    let text = |key: &str| finding[key].as_str().unwrap_or_default();
    let head = format!("{} {}: {}", text("severity"), text("code"), text("message"));
    let help = Some(text("help")).filter(|help| !help.is_empty());
    std::iter::once(head).chain(help.map(|help| format!("  help: {help}"))).collect()
}

/// Returns the state as table rows.
fn rows(status: &WatchStatus) -> Vec<[String; 2]> {
    let dash = || "-".to_owned();
    let is_running = status.state.is_up();
    // A hung watcher still has a process, and the user needs its id to kill it.
    let has_process = is_running || status.state == WatchState::Hung;
    // After a crash, the file still contains the process id, which may now belong to another
    // program.
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

/// Returns the findings from the last check.
fn finding_texts(status: &WatchStatus) -> Vec<String> {
    let listed = status.findings.iter().take(LISTED).flat_map(|finding| finding_lines(finding));
    // The stored state contains at most 200 findings, but the counts include all of them.
    let all = status.findings.len().max(status.finding_errors + status.finding_warnings);
    let more = all.saturating_sub(LISTED);
    let rest = (more > 0).then(|| format!("and {more} more: idhooks check"));
    listed.chain(rest).collect()
}

/// Returns the running generators, with the times they started.
fn generating(status: &WatchStatus) -> Option<String> {
    let RunningGenerators { generators, since } = status.generating.as_ref()?;
    let names: Vec<&str> = generators.iter().map(String::as_str).collect();
    Some(format!("{}, since {since}", names.join(", ")))
}

/// Returns the number of problems, and whether all of them have been solved.
fn problems(status: &WatchStatus) -> String {
    match (status.errors, &status.last_error) {
        (0, _) => "0".to_owned(),
        (errors, None) => format!("{errors}, all solved"),
        (errors, Some(_)) => errors.to_string(),
    }
}

/// Returns the last problem, with its time and whether it has been solved.
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
            finding_texts(&WatchStatus { findings: list, finding_errors, ..WatchStatus::default() })
        };
        assert!(with(0, 0).is_empty());
        assert_eq!(with(2, 2), ["error C: m0", "error C: m1"]);
        assert_eq!(with(20, 20).last().expect("a line"), "error C: m19");
        assert_eq!((with(25, 25).len(), &*with(25, 25)[20]), (21, "and 5 more: idhooks check"));
        assert_eq!(with(200, 300)[20], "and 280 more: idhooks check");
    }
}
