//! Writes the clone's audit log, which records the changes made by commands and, if the clone asks
//! for that, by hooks.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::events::{Edit, EventKind};
use idhooks_core::registry::{Json, Object, Registry, RepoPath};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use crate::derived::DerivedChanges;
use crate::git::{GitRun, Repo};
use crate::state::StateError;
use crate::store::audit_log::AuditEvent;
use crate::store::{AuditFile, StoreError, clock};

/// The git setting that turns the log off, requires it, or extends it to hooks.
pub const SETTING: &str = "idhooks.audit";

/// How this clone uses the log, as set by [`SETTING`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct AuditSetting {
    /// Write no log.
    pub(super) is_off: bool,
    /// Whether to change nothing if the log cannot be written, instead of only warning.
    is_required: bool,
    /// Whether to also record the changes that hooks make.
    has_hooks: bool,
}

impl AuditSetting {
    pub(super) fn of(repo: &Repo) -> Self {
        repo.setting(SETTING).map(|text| Self::parse(&text).0).unwrap_or_default()
    }

    /// Parses a boolean, or words separated by commas or spaces; also returns the unknown words.
    fn parse(text: &str) -> (Self, Vec<&str>) {
        let (mut setting, mut unknown) = (AuditSetting::default(), Vec::new());
        let words = text.split([',', ' ']).filter(|word| !word.is_empty());
        let is_only = words.clone().count() == 1;
        for word in words {
            match word.to_ascii_lowercase().as_str() {
                "required" => setting.is_required = true,
                "hooks" => setting.has_hooks = true,
                "false" | "off" | "no" | "0" if is_only => setting.is_off = true,
                "true" | "on" | "yes" | "1" if is_only => {}
                _ => unknown.push(word),
            }
        }
        (setting, unknown)
    }

    /// Returns whether the changes made by a run are recorded.
    fn records(self, run: &GitRun) -> bool {
        !self.is_off && (self.has_hooks || !run.is_hook)
    }
}

/// Returns the unknown words in a value of [`SETTING`].
pub fn unknown_words(value: &str) -> Vec<&str> {
    AuditSetting::parse(value).1
}

/// If the clone requires the log, checks that it can be written before anything is changed.
///
/// # Errors
/// Returns an error if the log cannot be written.
pub fn look_ahead(repo: &Repo) -> Result<(), StoreError> {
    let setting = AuditSetting::of(repo);
    if setting.is_required && repo.run().is_some_and(|run| setting.records(run)) {
        // Opening the log is enough to check this; the writer is dropped immediately.
        AuditFile::in_dir(&repo.state_dir()).writer()?;
    }
    Ok(())
}

/// A run's events, which are recorded together with its change.
#[derive(Debug)]
pub struct Recording<'r> {
    repo: &'r Repo,
    events: Vec<AuditEvent>,
    is_required: bool,
    /// Whether changes to registries are recorded.
    has_changes: bool,
}

impl<'r> Recording<'r> {
    /// Returns a run's events: first the events for the change to a registry, if one is given, then
    /// `others`. Changes made by hooks are recorded only if the clone asks for that, because
    /// commits show them anyway.
    pub fn of(
        repo: &'r Repo,
        registries: Option<(&Registry, &Registry)>,
        others: impl IntoIterator<Item = (EventKind, Object)>,
    ) -> Self {
        let setting = AuditSetting::of(repo);
        let (is_required, events) = (setting.is_required, Vec::new());
        let mut recording = Recording { repo, events, is_required, has_changes: false };
        let Some(run) = repo.run().filter(|_| !setting.is_off) else { return recording };
        recording.has_changes = setting.records(run);
        let event = |(kind, data)| event(run, kind, data);
        let edits = registries
            .filter(|_| recording.has_changes)
            .map(|(before, after)| Edit::recorded(&before.with_origins_of(Some(after)), after));
        let edits = edits.iter().flatten().map(|edit| (edit.kind, edit.facts()));
        recording.events = edits.chain(others).map(event).collect();
        recording
    }

    /// Calls `write` to derive the legacy file at `path`, if there is one, and adds an event if the
    /// file changes. A failure is recorded immediately and separately, because it makes the whole
    /// change fail.
    ///
    /// # Errors
    /// Returns any error from `write`.
    pub(super) fn dual_write(
        &mut self,
        path: Option<&RepoPath>,
        write: impl FnOnce() -> Result<DerivedChanges, StateError>,
    ) -> Result<DerivedChanges, StateError> {
        let start = Instant::now();
        let written = write();
        let Some(path) = path else { return written };
        let took = start.elapsed();
        let error = match &written {
            Ok(changes) if changes.entries.is_empty() => return written,
            Ok(_) => None,
            Err(error) => Some(error.to_string()),
        };
        let Some(run) = self.repo.run().filter(|_| self.has_changes) else { return written };
        let is_done = error.is_none();
        let event = event(run, EventKind::DualWrite, self.dual_write_facts(path, took, error));
        match is_done {
            true => self.events.push(event),
            // If recording the failure fails as well, the error from the change is enough.
            false => drop(Recording { events: vec![event], ..*self }.append()),
        }
        written
    }

    fn dual_write_facts(&self, path: &RepoPath, took: Duration, error: Option<String>) -> Object {
        let id = |event: &AuditEvent| match event.data.get("id") {
            Some(Json::String(id)) => Some((id.clone(), event.kind.as_str())),
            _ => None,
        };
        let (ids, kinds): (BTreeSet<_>, BTreeSet<_>) = self.events.iter().filter_map(id).unzip();
        let number = |count: u128| Json::Number(count.to_string());
        let status = if error.is_some() { "failed" } else { "success" };
        let mut details = Object::from([
            ("path".to_owned(), Json::string(path.to_string())),
            ("identities".to_owned(), number(ids.len() as u128)),
        ]);
        details.extend(error.map(|error| ("error".to_owned(), Json::string(error))));
        let operation = kinds.into_iter().collect::<Vec<_>>().join(",");
        // The event can name an identity only if exactly one is affected.
        let only = ids.first().filter(|_| ids.len() == 1).cloned();
        let mut data = Object::from([
            ("operation".to_owned(), Json::string(operation)),
            ("status".to_owned(), Json::string(status)),
            ("details".to_owned(), Json::Object(details)),
            ("duration_ms".to_owned(), number(took.as_millis())),
        ]);
        data.extend(only.map(|id| ("id".to_owned(), Json::string(id))));
        data
    }

    /// Records the events now, if the clone requires the log. Must be called before the change is
    /// final.
    ///
    /// # Errors
    /// Returns an error if the log cannot be written; the log is then unchanged.
    pub fn require(&self) -> Result<(), StoreError> {
        if self.is_required { self.append() } else { Ok(()) }
    }

    /// Records the events of a change that is now final, unless [`Self::require`] already did.
    /// Returns a warning if that fails.
    pub fn finish(self) -> Option<String> {
        if self.is_required { None } else { self.note() }
    }

    fn note(&self) -> Option<String> {
        self.append().err().map(|error| format!("this is missing in the audit log: {error}"))
    }

    fn append(&self) -> Result<(), StoreError> {
        if self.events.is_empty() {
            return Ok(());
        }
        AuditFile::in_dir(&self.repo.state_dir()).writer()?.append(&self.events)
    }
}

/// Returns a run's event with the current time as its timestamp.
fn event(run: &GitRun, kind: EventKind, mut data: Object) -> AuditEvent {
    data.insert("command".to_owned(), Json::string(&run.what));
    let event_id = Uuid::new_v4().to_string();
    AuditEvent { event_id, run_id: run.id.clone(), at: clock::now(), kind, data }
}

/// Returns a UUID (version 8) derived from these words.
pub fn event_number(words: &[&str]) -> String {
    let digest = Sha256::digest(words.join("\0"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

/// Records a run's actions other than registry changes. Returns a warning if that fails.
pub fn note(repo: &Repo, events: impl IntoIterator<Item = (EventKind, Object)>) -> Option<String> {
    Recording::of(repo, None, events).note()
}
