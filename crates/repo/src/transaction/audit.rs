//! Records what commands do in the audit log of the clone.

use idhooks_core::plan::audit::AuditEvent;
use idhooks_core::plan::{Edit, EventKind};
use idhooks_core::registry::{Json, Object, Registry};
use uuid::Uuid;

use crate::git::Repo;
use crate::store::{AuditFile, StoreError, clock};

/// The git setting that turns the log off or requires it.
const SETTING: &str = "idhooks.audit";

/// How to treat the log in this clone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Care {
    /// Write no log.
    None,
    /// Warn if an event cannot be written.
    Some,
    /// Change nothing if the log cannot be written.
    All,
}

fn care(repo: &Repo) -> Care {
    let word = repo.setting(SETTING).unwrap_or_default();
    match word.to_ascii_lowercase().as_str() {
        "required" => Care::All,
        "false" | "off" | "no" | "0" => Care::None,
        _ => Care::Some,
    }
}

/// Checks that the log can be written, before anything is changed, if the clone requires that.
///
/// # Errors
/// Returns an error if the log cannot be written.
pub fn look_ahead(repo: &Repo) -> Result<(), StoreError> {
    if repo.run().is_some() && care(repo) == Care::All {
        AuditFile::in_dir(&repo.state_dir()).writer()?;
    }
    Ok(())
}

/// Records how a run changed a registry. Returns a warning if that is impossible. Hooks are no run:
/// commits show what they did.
pub(super) fn record(repo: &Repo, before: &Registry, after: &Registry) -> Option<String> {
    if repo.run().is_none() || care(repo) == Care::None {
        return None;
    }
    let edits = Edit::all_between(&before.with_origins_of(Some(after)), after);
    note(repo, edits.iter().map(|edit| (edit.kind, edit.facts())))
}

/// Records other actions of a run. Returns a warning if that is impossible.
pub fn note(repo: &Repo, events: impl IntoIterator<Item = (EventKind, Object)>) -> Option<String> {
    let run = repo.run().filter(|_| care(repo) != Care::None)?;
    let at = clock::now();
    let event = |(kind, mut data): (EventKind, Object)| {
        data.insert("command".to_owned(), Json::string(&run.what));
        let event_id = Uuid::new_v4().to_string();
        AuditEvent { event_id, run_id: run.id.clone(), at, kind, data }
    };
    let events: Vec<AuditEvent> = events.into_iter().map(event).collect();
    if events.is_empty() {
        return None;
    }
    let file = AuditFile::in_dir(&repo.state_dir());
    let appended = file.writer().and_then(|writer| writer.append(&events));
    appended.err().map(|error| format!("this is missing in the audit log: {error}"))
}
