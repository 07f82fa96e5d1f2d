//! The events of an identity.

mod events;
mod merges;
mod subjects;

use super::*;
use crate::tests::TestRepo;

fn try_log(repo: &TestRepo, subject: &str, rev: Option<&str>) -> Result<LoggedIdentity, OpsError> {
    let (subject, rev) = (repo.subjects(&[subject]).remove(0), rev.map(str::to_owned));
    let options = LogOptions { subject, rev, max_count: None, is_reversed: true };
    log(&mut repo.notices(), &repo.open(), &options)
}

/// Returns what is known of an identity or a path of HEAD, the oldest event first.
#[track_caller]
fn logged(repo: &TestRepo, subject: &str) -> LoggedIdentity {
    try_log(repo, subject, None).expect("a record")
}

/// Returns the events: the subject of the commit, the kind, the path and what else is known.
#[track_caller]
fn told(repo: &TestRepo, subject: &str) -> Vec<String> {
    lines_of(&logged(repo, subject))
}

fn lines_of(logged: &LoggedIdentity) -> Vec<String> {
    logged.events.iter().map(line).collect()
}

fn line(event: &LoggedEvent) -> String {
    let IdentityLogEntry { what, path, .. } = &event.entry;
    let message = String::from_utf8_lossy(event.commit.message());
    let detail = match what {
        IdentityEvent::Allocated { copied_from: Some(source) } => format!(" copied_from={source}"),
        IdentityEvent::IdReassigned { from } => format!(" old_id={from}"),
        IdentityEvent::Renamed { from } => format!(" from={from}"),
        IdentityEvent::Deprecated { reason: Some(reason) } => format!(" reason={reason}"),
        IdentityEvent::Superseded { by: Some(by) } => format!(" by={by}"),
        IdentityEvent::PathReassigned { from } => format!(" reassigned_from={from}"),
        _ => String::new(),
    };
    format!("{}: {} {path}{detail}", message.trim_end(), what.kind())
}

/// Moves a file and commits that.
fn moved(repo: &TestRepo, from: &str, to: &str, message: &str) {
    repo.git_mv(from, to);
    repo.commit(message);
}

/// Removes a file and commits that.
fn deleted(repo: &TestRepo, path: &str, message: &str) {
    repo.git(&["rm", "-q", path]);
    repo.commit(message);
}
