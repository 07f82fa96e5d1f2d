//! Records what commands do in the audit log of the clone, and what hooks do if it asks for that.

use idhooks_core::plan::audit::AuditEvent;
use idhooks_core::plan::{Edit, EventKind};
use idhooks_core::registry::{Json, Object, Registry};
use uuid::Uuid;

use crate::git::{GitRun, Repo};
use crate::store::{AuditFile, StoreError, clock};

/// The git setting that turns the log off, requires it, or extends it to hooks.
pub const SETTING: &str = "idhooks.audit";

/// How to treat the log in this clone, as [`SETTING`] says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct AuditSetting {
    /// Write no log.
    is_off: bool,
    /// Change nothing if the log cannot be written; otherwise, only warn.
    is_required: bool,
    /// Record the changes that hooks make, too.
    has_hooks: bool,
}

impl AuditSetting {
    fn of(repo: &Repo) -> Self {
        repo.setting(SETTING).map(|text| Self::parse(&text).0).unwrap_or_default()
    }

    /// Parses a boolean, or words separated by commas or spaces; returns also the words that have no
    /// meaning.
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

    /// Returns whether the changes of a run are recorded.
    fn records(self, run: &GitRun) -> bool {
        !self.is_off && (self.has_hooks || !run.is_hook)
    }
}

/// Returns the words of a value of [`SETTING`] that have no meaning.
pub fn unknown_words(value: &str) -> Vec<&str> {
    AuditSetting::parse(value).1
}

/// Checks that the log can be written, before anything is changed, if the clone requires that.
///
/// # Errors
/// Returns an error if the log cannot be written.
pub fn look_ahead(repo: &Repo) -> Result<(), StoreError> {
    let setting = AuditSetting::of(repo);
    if setting.is_required && repo.run().is_some_and(|run| setting.records(run)) {
        AuditFile::in_dir(&repo.state_dir()).writer()?;
    }
    Ok(())
}

/// Events of a run, to be recorded with its change.
#[derive(Debug)]
pub struct Recording<'r> {
    repo: &'r Repo,
    events: Vec<AuditEvent>,
    is_required: bool,
}

impl<'r> Recording<'r> {
    /// Returns the events of a run that changes a registry, if given, and does `others` with it. What
    /// hooks change is recorded only if the clone asks for that: commits show it, too.
    pub fn of(
        repo: &'r Repo,
        registries: Option<(&Registry, &Registry)>,
        others: impl IntoIterator<Item = (EventKind, Object)>,
    ) -> Self {
        let setting = AuditSetting::of(repo);
        let mut recording =
            Recording { repo, events: Vec::new(), is_required: setting.is_required };
        let Some(run) = repo.run().filter(|_| !setting.is_off) else { return recording };
        let at = clock::now();
        let event = |(kind, mut data): (EventKind, Object)| {
            data.insert("command".to_owned(), Json::string(&run.what));
            let event_id = Uuid::new_v4().to_string();
            AuditEvent { event_id, run_id: run.id.clone(), at, kind, data }
        };
        let edits = registries
            .filter(|_| setting.records(run))
            .map(|(before, after)| Edit::all_between(&before.with_origins_of(Some(after)), after));
        let edits = edits.iter().flatten().map(|edit| (edit.kind, edit.facts()));
        recording.events = edits.chain(others).map(event).collect();
        recording
    }

    /// Records the events now if the clone requires them. Call it before the change is final.
    ///
    /// # Errors
    /// Returns an error if the log cannot be written; then the log is as it was.
    pub fn require(&self) -> Result<(), StoreError> {
        if self.is_required { self.append() } else { Ok(()) }
    }

    /// Records the events of a change that is final, unless [`Self::require`] has. Returns a warning if
    /// that is impossible.
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

/// Records other actions of a run. Returns a warning if that is impossible.
pub fn note(repo: &Repo, events: impl IntoIterator<Item = (EventKind, Object)>) -> Option<String> {
    Recording::of(repo, None, events).note()
}
