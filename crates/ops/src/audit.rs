//! Reads, filters and exports the events in the audit log.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use idhooks_core::registry::{Id, Json, Object, Timestamp};
use idhooks_repo::events::EventKind;
use idhooks_repo::git::Repo;
use idhooks_repo::history::{CommitEvents, History};
use idhooks_repo::store::audit_log::{AuditEntry, AuditEvent, AuditKeys, BEGINNING};
use idhooks_repo::store::clock;
use idhooks_repo::store::{AuditFile, audit_text, read_file};
use idhooks_repo::transaction::audit_recording::event_number;
use idhooks_repo::transaction::record_seen_commits;

use crate::{
    Notice, Observer, OpsError, Progress, Purpose, SubjectError, TypedId, When, find_commit,
};

/// The error for an audit log file that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no file '{}'", .0.display())]
pub struct NoAuditFile(pub PathBuf);

/// Criteria for audit log events; an event must match all criteria that are set.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Events about this identity.
    pub id: Option<TypedId>,
    /// Events about this file, or about files under this directory.
    pub path: Option<String>,
    /// Events of this kind.
    pub kind: Option<EventKind>,
    /// Events at or after this time.
    pub since: Option<When>,
    /// Events before this time.
    pub until: Option<When>,
    /// Events from the run whose id begins with these digits.
    pub run: Option<String>,
}

/// Returns the text of a clone's audit log, or an empty string if there is none. Commits made since
/// the last run are recorded first.
///
/// # Errors
/// Returns an error if the log cannot be read.
pub fn audit_log(observer: &mut dyn Observer, repo: &Repo) -> Result<String, OpsError> {
    if let Some(problem) = record_seen_commits(repo) {
        observer.notice(Notice::NotKept(problem));
    }
    Ok(AuditFile::in_dir(&repo.state_dir()).read()?.unwrap_or_default())
}

/// Returns the text of the audit log in `dir` whose file is called `name`.
///
/// # Errors
/// Returns an error if there is no such file, or if it cannot be read.
pub fn audit_log_in(dir: &Path, name: &Path) -> Result<String, OpsError> {
    let bytes = read_file(&dir.join(name))?;
    Ok(audit_text(&bytes.ok_or_else(|| NoAuditFile(name.to_owned()))?))
}

/// Returns the events in an audit log, and reports a notice if some lines are not events.
pub fn audit_entries(observer: &mut dyn Observer, text: &str) -> Vec<AuditEntry> {
    let entries: Vec<AuditEntry> = text.lines().filter_map(AuditEntry::parse).collect();
    let unread = text.lines().count() - entries.len();
    if unread > 0 {
        observer.notice(Notice::NoEvents(unread));
    }
    entries
}

/// Returns events as JSON Lines with these keys; the lines are linked by a hash chain of their own.
pub fn export_audit_log(entries: &[AuditEntry], keys: AuditKeys) -> String {
    EventChain::new(keys).lines(entries.iter().map(AuditEntry::current))
}

/// Writes the events of each commit in the history of `rev` to `out`, as JSON Lines with these
/// keys. Returns whether this clone lacks parts of the history.
///
/// # Errors
/// Returns an error if the commit is not found, or if the history cannot be read.
pub fn export_history<O: Observer>(
    observer: &mut O,
    repo: &Repo,
    rev: &str,
    keys: AuditKeys,
    out: fn(&mut O, &str),
) -> Result<bool, OpsError> {
    let tip = find_commit(repo, rev)?;
    let mut chain = EventChain::new(keys);
    // Two callbacks report to the same observer, but never at the same time.
    let shared = RefCell::new(&mut *observer);
    let mut write = |commit: &CommitEvents| {
        let text = chain.lines(events_of(commit).map(|event| event.members()));
        out(&mut shared.borrow_mut(), &text);
    };
    let mut step = |total| shared.borrow_mut().progress(Progress::ReadHistory(total));
    let has_gaps = History::of(repo, tip, &mut |_| {})?.events(repo, &mut step, &mut write)?;
    observer.progress(Progress::Done);
    Ok(has_gaps)
}

/// Exports one event after another, linked by their hashes.
struct EventChain {
    keys: AuditKeys,
    prev: String,
}

impl EventChain {
    fn new(keys: AuditKeys) -> Self {
        EventChain { keys, prev: BEGINNING.to_owned() }
    }

    fn lines(&mut self, events: impl Iterator<Item = Object>) -> String {
        let mut text = String::new();
        for event in events {
            // Each line contains the previous line's hash, so that removed or changed lines can be
            // detected.
            let (line, hash) = self.keys.line(event, &self.prev);
            text += &line;
            self.prev = hash;
        }
        text
    }
}

impl AuditFilter {
    /// Keeps only the events that match.
    ///
    /// # Errors
    /// Returns an error if several identities begin with the given digits, or if there are too few
    /// digits.
    pub fn apply(&self, entries: &mut Vec<AuditEntry>) -> Result<(), SubjectError> {
        if let Some(typed) = &self.id {
            // The log may mention identities that the registry no longer has.
            let id = typed.resolve(Purpose::Read, ids(&*entries).map(|id| (id, "")))?;
            entries.retain(|entry| ids([entry]).any(|own| Some(own) == id));
        }
        // The clock is read once so that both ends of a relative period are measured from the same
        // moment.
        let now = clock::now();
        let [since, until] = [&self.since, &self.until].map(|when| Some(when.as_ref()?.as_of(now)));
        entries.retain(|entry| self.fits(entry, since, until));
        Ok(())
    }

    /// Returns whether an event matches all criteria except the identity.
    fn fits(&self, entry: &AuditEntry, since: Option<Timestamp>, until: Option<Timestamp>) -> bool {
        let at = entry.at().parse::<Timestamp>();
        let has_path = |path: &String| {
            let dir = format!("{}/", path.trim_end_matches('/'));
            let mut paths = ["path", "from"].into_iter().filter_map(|name| entry.fact(name));
            paths.any(|text| text == path || text.starts_with(&dir))
        };
        self.path.as_ref().is_none_or(has_path)
            && self.kind.is_none_or(|kind| entry.event() == kind.as_str())
            && since.is_none_or(|since| at.as_ref().is_ok_and(|at| *at >= since))
            && until.is_none_or(|until| at.as_ref().is_ok_and(|at| *at < until))
            && self.run.as_ref().is_none_or(|run| entry.text("run_id").starts_with(run.as_str()))
    }
}

/// Returns the identities that the events mention.
fn ids<'e>(entries: impl IntoIterator<Item = &'e AuditEntry>) -> impl Iterator<Item = Id> {
    let names = ["id", "old_id", "by", "copied_from"];
    let of = move |entry: &'e AuditEntry| {
        names.into_iter().filter_map(|name| entry.fact(name)?.parse().ok())
    };
    entries.into_iter().flat_map(of)
}

/// Returns a commit's events; their ids depend only on the commit.
fn events_of(chapter: &CommitEvents) -> impl Iterator<Item = AuditEvent> {
    let commit = chapter.commit.to_string();
    let run_id = event_number(&[&commit]);
    let at = Timestamp::from_unix(chapter.author_time).unwrap_or(Timestamp::EPOCH);
    chapter.events.iter().map(move |edit| {
        let (kind, mut data) = (edit.kind, edit.facts());
        data.insert("commit".to_owned(), Json::string(&commit));
        let facts = Json::Object(data.clone()).compact();
        let event_id = event_number(&[&commit, kind.as_str(), &facts]);
        AuditEvent { event_id, run_id: run_id.clone(), at, kind, data }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries() -> Vec<AuditEntry> {
        let event = |day: u32, path: &str, id: &str| {
            let at = format!("2026-01-{day:02}T00:00:00Z").parse().unwrap();
            let data = [("id", id), ("path", path)];
            let data = data.map(|(name, text)| (name.to_owned(), Json::string(text))).into();
            let (event_id, run_id) = (format!("e{day}"), format!("r{day}"));
            AuditEvent { event_id, run_id, at, kind: EventKind::Allocated, data }
        };
        let events =
            [event(1, "docs/a", "2010000007260118"), event(2, "docs-old/a", "2010000008260118")];
        let lines = idhooks_repo::store::audit_log::lines(&events, BEGINNING);
        lines.lines().filter_map(AuditEntry::parse).collect()
    }

    fn chosen(filter: &AuditFilter) -> Vec<String> {
        let mut entries = entries();
        filter.apply(&mut entries).unwrap();
        entries.iter().map(|entry| entry.text("event_id").to_owned()).collect()
    }

    #[test]
    fn events_match_all_that_is_given() {
        assert_eq!(chosen(&AuditFilter::default()), ["e1", "e2"]);
        let path = Some("docs/".to_owned());
        assert_eq!(chosen(&AuditFilter { path, ..AuditFilter::default() }), ["e1"]);
        let since = Some("2026-01-02".parse().unwrap());
        assert_eq!(chosen(&AuditFilter { since: since.clone(), ..AuditFilter::default() }), ["e2"]);
        assert_eq!(chosen(&AuditFilter { until: since, ..AuditFilter::default() }), ["e1"]);
        let id: Option<TypedId> = Some("2010000008".parse().unwrap());
        let run = Some("r1".to_owned());
        assert_eq!(chosen(&AuditFilter { id: id.clone(), ..AuditFilter::default() }), ["e2"]);
        assert!(chosen(&AuditFilter { id, run, ..AuditFilter::default() }).is_empty());
    }

    #[test]
    fn digits_of_two_identities_are_refused() {
        let filter = AuditFilter { id: "20100000".parse().ok(), ..AuditFilter::default() };
        let error = filter.apply(&mut entries()).unwrap_err();
        assert!(matches!(error, SubjectError::Ambiguous { .. }));
    }

    #[test]
    fn exported_events_have_an_intact_chain() {
        for keys in [AuditKeys::Own, AuditKeys::Plan] {
            let text = export_audit_log(&entries(), keys);
            let verdict = idhooks_repo::store::audit_log::verify(text.lines(), None);
            assert_eq!((verdict.events, verdict.is_tampered()), (2, false));
        }
    }
}
