//! Records actions in the audit log, alongside changes to the registry.

use std::path::Path;

use idhooks_core::check::Finding;
use idhooks_core::registry::{Json, Object, Registry};
use idhooks_repo::events::EventKind;
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::transaction::audit_recording;

use crate::{Notice, Observer, OpsError};

/// The maximum number of characters to keep from a message.
const LONGEST: usize = 2_000;
/// The exit code of a command that stopped because of an error.
const STOPPED: u8 = 2;
/// The exit code of a command that stopped because of findings.
const FOUND: u8 = 1;

/// Records an action with these facts; issues a notice if it cannot be recorded.
pub fn note_event(
    observer: &mut dyn Observer,
    repo: &Repo,
    kind: EventKind,
    facts: &[(&str, Option<&str>)],
) {
    note(observer, repo, audit_event(kind, facts));
}

/// Records that a file was imported; issues a notice if this cannot be recorded.
pub fn note_import(observer: &mut dyn Observer, repo: &Repo, source: &Path) {
    note(observer, repo, import_event(source));
}

fn note(observer: &mut dyn Observer, repo: &Repo, event: (EventKind, Object)) {
    if let Some(problem) = audit_recording::note(repo, [event]) {
        observer.notice(Notice::NotKept(problem));
    }
}

/// Records that a command or hook ended with this exit code, and why. A failure to record this is
/// ignored.
pub fn record_exit(
    repo: &Repo,
    kind: EventKind,
    exit: u8,
    message: &str,
    commit: Option<CommitId>,
) {
    // A message may list thousands of findings.
    let message: String = message.chars().take(LONGEST).collect();
    let data = [("exit", Json::Number(exit.to_string())), ("message", Json::string(&message))];
    let mut data: Object = data.map(|(name, value)| (name.to_owned(), value)).into();
    data.extend(commit.map(|id| ("commit".to_owned(), Json::string(id.to_string()))));
    // The command has already failed, and a second error would hide the first.
    let _ = audit_recording::note(repo, [(kind, data)]);
}

/// Records that an error stopped a use case, unless a retry may succeed. A failure to record this
/// is ignored.
pub(crate) fn record_refusal(repo: &Repo, error: &OpsError) {
    // The caller will retry, and only the last attempt counts.
    if !error.is_transient() {
        let lines: Vec<String> = [error.to_string()].into_iter().chain(error.cause()).collect();
        record_exit(repo, EventKind::Blocked, STOPPED, &lines.join("; "), None);
    }
}

/// Records that findings stopped a command or hook. A failure to record this is ignored.
pub fn record_findings(
    repo: &Repo,
    kind: EventKind,
    commit: Option<CommitId>,
    findings: &[Finding],
) {
    let messages: Vec<_> = findings.iter().map(Finding::located_message).collect();
    record_exit(repo, kind, FOUND, &messages.join("; "), commit);
}

/// Returns an event with these facts.
pub fn audit_event(kind: EventKind, facts: &[(&str, Option<&str>)]) -> (EventKind, Object) {
    let facts = facts.iter().filter_map(|(name, text)| Some(((*name).to_owned(), (*text)?)));
    (kind, facts.map(|(name, text)| (name, Json::string(text))).collect())
}

/// Returns the event for a commit that healed the registry, which is now `after`.
pub(crate) fn healed_events(after: &Registry) -> Vec<(EventKind, Object)> {
    vec![audit_event(EventKind::Healed, &[("registry_hash", Some(&*after.hash()))])]
}

/// Returns the event for an import.
pub fn import_event(source: &Path) -> (EventKind, Object) {
    audit_event(EventKind::Imported, &[("source", Some(&*source.to_string_lossy()))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_without_a_value_are_left_out() {
        let (kind, data) = audit_event(EventKind::Imported, &[("run", Some("7")), ("by", None)]);
        assert_eq!(kind, EventKind::Imported);
        let data: Vec<(String, Json)> = data.into_iter().collect();
        assert_eq!(data, [("run".to_owned(), Json::string("7"))]);
    }
}
