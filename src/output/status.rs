//! Formats the output of `idhooks status`.

use idhooks_core::check::unsearched;
use idhooks_ops::{HeadRegistry, RegistrySource, StatusReport, WriteCounter, WriteStatistics};

use super::{count, summary};

/// The maximum number of counters to show.
const TOP_COUNTERS: usize = 5;
/// An explanation of conflicts.
const CONFLICT: &str = " (another program had changed the registry or the index meanwhile: nothing was written; \
     'idhooks audit tail' lists stale patches)";

/// Returns the state of the repository as table rows.
pub fn status_rows(report: &StatusReport) -> Vec<[String; 2]> {
    let mut rows: Vec<[String; 2]> = Vec::new();
    let mut row = |name: &str, value: String| rows.push([name.to_owned(), value]);
    match &report.source {
        _ if report.adopted => {
            let scope = report.scope.map_or_else(|| "unknown".to_owned(), |s| s.to_string());
            row("repository", format!("scope {scope}, strategy {}", report.strategy));
        }
        Some(RegistrySource { name, how, is_former }) => {
            let what = match is_former {
                true => format!("not adopted; had identities until '{name}'"),
                false => format!("not adopted here, but '{name}' has a registry"),
            };
            row("repository", what);
            row("", how.clone());
        }
        None => {
            let begin = report.take_over.as_deref().unwrap_or("to begin: idhooks init");
            row("repository", format!("not adopted; {begin}"));
        }
    }
    match report.installation.as_slice() {
        [] => row("installed", "yes".to_owned()),
        problems if report.adopted => {
            row("installed", "no; to install: idhooks install".to_owned());
            problems.iter().for_each(|problem| row("", problem.message.clone()));
        }
        _ => row("installed", "no".to_owned()),
    }
    exceptions(report).into_iter().for_each(|(name, what)| row(name, what));
    row("HEAD", head(report).to_owned());
    if let Some(missing) = report.missing {
        row("", missing.outlook());
    }
    if !report.adopted {
        row("files", count(report.files.tracked, "file", "files") + " could get identities");
        return rows;
    }
    match report.index.is_empty() {
        true => row("index", "no findings".to_owned()),
        false => row("index", format!("{}; see: idhooks check", summary(&report.index))),
    }
    if report.heads_unread > 0 {
        let unread = unsearched(report.heads_unread);
        row("", format!("{unread}; see: idhooks check --all-heads"));
    }
    row("files", format!("{} tracked", report.files.tracked));
    let states = report.files.states.map(|(state, count)| Some(format!("{} {state}", count?)));
    let states = states.into_iter().collect::<Option<Vec<String>>>();
    let states = states.map(|states| states.join(", "));
    row("identities", states.unwrap_or_else(|| unreadable(report)));
    for (n, line) in top_counters(report).into_iter().enumerate() {
        row(if n == 0 { "counters" } else { "" }, line);
    }
    row("writes", writes(&report.writes));
    rows
}

/// Returns rows for unusual conditions, namely an operation in progress and a watcher that is down.
fn exceptions(report: &StatusReport) -> Vec<(&'static str, String)> {
    let operation = report.operation.clone().map(|operation| ("git", operation));
    let watcher = report.watcher.as_ref();
    let watcher = watcher.map(|down| ("watcher", format!("{}; {}", down.reason, down.remedy)));
    operation.into_iter().chain(watcher).collect()
}

/// Returns the reason the identities are unknown, with advice.
fn unreadable(report: &StatusReport) -> String {
    let why = report.index.iter().find(|finding| finding.code.is_of_unreadable());
    let why = why.map(|fault| format!("unknown: {}; {}", fault.message, fault.help));
    why.unwrap_or_else(|| "unknown".to_owned())
}

/// Returns a line for each of the counters with the most records.
fn top_counters(report: &StatusReport) -> Vec<String> {
    let mut counters: Vec<_> = report.counters.iter().collect();
    // Equal counters are sorted by name, so that two runs print the same rows.
    counters.sort_by_key(|(name, tally)| (std::cmp::Reverse(tally.allocated), **name));
    let top = counters.iter().take(TOP_COUNTERS);
    let mut lines: Vec<_> = top.map(|(name, t)| format!("{name}  {}", t.allocated)).collect();
    if let Some(more) = counters.len().checked_sub(TOP_COUNTERS).filter(|more| *more > 0) {
        lines.push(format!("and {more} more; see: idhooks list --counters"));
    }
    lines
}

/// Describes the state of the registry in HEAD.
fn head(report: &StatusReport) -> &'static str {
    match report.head {
        HeadRegistry::Unborn => "no commit yet",
        HeadRegistry::NotAdopted if report.is_staged => "the registry is not committed yet",
        HeadRegistry::NotAdopted => "has no registry",
        HeadRegistry::Consistent => "its registry is consistent",
        HeadRegistry::Inconsistent if report.missing.is_some() => {
            "its registry is inconsistent; see: idhooks check --rev HEAD"
        }
        HeadRegistry::Inconsistent => {
            "its registry is inconsistent; see: idhooks check --rev HEAD; the next commit heals it"
        }
    }
}

/// Describes the counts of registry writes in this clone.
fn writes(statistics: &WriteStatistics) -> String {
    let number = |counter| usize::try_from(statistics.counts.get(counter)).unwrap_or(usize::MAX);
    let mut text = match (number(WriteCounter::Succeeded), number(WriteCounter::Attempted)) {
        (_, 0) => "none yet in this clone".to_owned(),
        (succeeded, attempted) => format!("{succeeded} of {attempted} succeeded"),
    };
    for (counter, one, many, note) in [
        (WriteCounter::Conflicts, "conflict", "conflicts", CONFLICT),
        (WriteCounter::ValidationFailures, "validation failure", "validation failures", ""),
        (WriteCounter::Rollbacks, "rollback", "rollbacks", ""),
        (WriteCounter::BlockedCommits, "blocked commit", "blocked commits", ""),
    ] {
        if number(counter) > 0 {
            text += &format!(", {}{note}", count(number(counter), one, many));
        }
    }
    text
}
