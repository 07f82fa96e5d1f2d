//! Records what commands do in the audit log of the clone.

use idhooks_core::plan::audit::AuditEvent;
use idhooks_core::plan::{EventKind, RegistryEvent};
use idhooks_core::registry::{Json, Object, Registry};
use idhooks_repo::git::Repo;
use idhooks_repo::store::{AuditFile, StoreError};
use uuid::Uuid;

use crate::error::CommandResult;
use crate::exit::Exit;
use crate::output::Ui;

use crate::commands::clock;

/// The git setting that turns the log off or requires it.
const SETTING: &str = "idhooks.audit";
/// The number of characters of a message that are kept.
const LONGEST: usize = 2_000;

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
pub(in crate::commands) fn look_ahead(repo: &Repo) -> Result<(), StoreError> {
    if repo.run().is_some() && care(repo) == Care::All {
        AuditFile::in_dir(&repo.state_dir()).writer()?;
    }
    Ok(())
}

/// Records how a command changed a registry. Hooks record nothing: commits show what they did.
pub(in crate::commands) fn record_events(
    ui: &mut Ui,
    repo: &Repo,
    before: &Registry,
    after: &Registry,
) {
    if repo.run().is_none() || care(repo) == Care::None {
        return;
    }
    let deeds = RegistryEvent::between(&before.with_origins_of(Some(after)), after);
    let events = deeds.iter().map(|deed| (deed.kind(), deed.facts()));
    warn(ui, append(repo, events));
}

/// Records another action of a command.
pub(in crate::commands) fn note(
    ui: &mut Ui,
    repo: &Repo,
    kind: EventKind,
    facts: &[(&str, Option<&str>)],
) {
    let facts = facts.iter().filter_map(|(name, text)| Some(((*name).to_owned(), (*text)?)));
    let data = facts.map(|(name, text)| (name, Json::string(text))).collect();
    warn(ui, append(repo, [(kind, data)]));
}

/// Records that a command was refused, and why. A failure to record that is ignored.
pub(in crate::commands) fn record_refusal(repo: &Repo, done: &CommandResult<Exit>) {
    let (kind, exit, message) = match done {
        Ok(Exit::Fine) => return,
        Ok(exit) => (EventKind::CheckFailed, *exit, "it has findings".to_owned()),
        Err(error) if !error.is_transient => {
            let lines = [std::slice::from_ref(&error.message), &error.causes].concat();
            let message = lines.join("; ").chars().take(LONGEST).collect();
            (EventKind::Blocked, error.exit, message)
        }
        _ => return,
    };
    let data =
        [("exit", Json::Number((exit as u8).to_string())), ("message", Json::String(message))];
    let data = data.map(|(name, value)| (name.to_owned(), value)).into();
    let _ = append(repo, [(kind, data)]);
}

fn warn(ui: &mut Ui, appended: Result<(), StoreError>) {
    if let Err(error) = appended {
        ui.warning(&format!("this is missing in the audit log: {error}"));
    }
}

fn append(
    repo: &Repo,
    events: impl IntoIterator<Item = (EventKind, Object)>,
) -> Result<(), StoreError> {
    let Some(run) = repo.run().filter(|_| care(repo) != Care::None) else { return Ok(()) };
    let at = clock::now();
    let event = |(kind, mut data): (EventKind, Object)| {
        data.insert("command".to_owned(), Json::string(&run.what));
        let event_id = Uuid::new_v4().to_string();
        AuditEvent { event_id, run_id: run.id.clone(), at, kind, data }
    };
    let events: Vec<AuditEvent> = events.into_iter().map(event).collect();
    if events.is_empty() {
        return Ok(());
    }
    AuditFile::in_dir(&repo.state_dir()).writer()?.append(&events)
}
