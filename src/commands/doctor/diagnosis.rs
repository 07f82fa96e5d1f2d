//! [`Diagnosis`]: the clone that the checks inspect, and what `idhooks doctor --fix` fixes in it.

use std::path::Path;

use idhooks_core::check::{Code, Finding, Severity};
use idhooks_core::plan::EventKind;
use idhooks_core::registry::{REGISTRY_PATH, Registry};
use idhooks_ops::{Reach, audit_event, commit_change, inspect_repository, install_in, writer_lock};
use idhooks_repo::generators::{abandoned_tasks, remove_abandoned_tasks};
use idhooks_repo::git::{Git, Installation, Leftover, Repo, RepoDiagnostics};
use idhooks_repo::store::{Replacement, StateDir, StoreError};
use idhooks_repo::{history::Lineage, state::CommitState, transaction::RegistryChange};
use serde::Serialize;

use crate::error::CommandResult;
use crate::output::Ui;

/// The clone that the checks inspect.
pub(super) struct Diagnosis {
    pub(super) git: Git,
    pub(super) repo: Repo,
    pub(super) state: Installation,
    pub(super) diagnostics: RepoDiagnostics,
    /// The index or, in a bare repository, HEAD; nothing before the first commit.
    pub(super) view: Option<CommitState>,
}

impl Diagnosis {
    /// Inspects the clone of a directory.
    pub(super) fn read(dir: &Path) -> CommandResult<Self> {
        let (git, state) = inspect_repository(dir)?;
        let diagnostics = RepoDiagnostics::read(&git, &state.places)?;
        let repo = Repo::open_to_read(dir)?;
        let view = match (&state.places.top, repo.head()?) {
            (Some(_), _) => Some(CommitState::of_index(&repo)?),
            (None, Some(head)) => Some(CommitState::of_commit(&repo, head)?),
            (None, None) => None,
        };
        Ok(Diagnosis { git, repo, state, diagnostics, view })
    }

    /// Returns the directories with the data of this clone and of this working tree.
    pub(super) fn state_dirs(&self) -> Vec<StateDir> {
        let mut dirs = vec![self.repo.state_dir(), self.repo.worktree_state_dir()];
        dirs.dedup_by_key(|dir| dir.path());
        dirs
    }

    /// Returns whether this repository has no working tree.
    pub(super) fn is_bare(&self) -> bool {
        self.state.places.top.is_none()
    }

    /// Returns whether this repository is adopted.
    pub(super) fn is_adopted(&self) -> bool {
        self.state.registry.anywhere() || self.view.as_ref().is_some_and(|view| view.is_adopted())
    }
}

idhooks_core::words! {
    /// The severity of a line.
    pub(super) enum Level {
        /// As it should be.
        Ok = "ok",
        /// Worth knowing.
        Note = "note",
        /// Needs a fix, but no identity is at risk.
        Warning = "warning",
        /// Prevents idhooks from working.
        Error = "error",
    }
}

/// The result of a check, and what to do.
#[derive(Debug, Clone, Serialize)]
pub(super) struct DoctorLine {
    pub(super) check: &'static str,
    pub(super) level: Level,
    pub(super) message: String,
    help: Option<String>,
    finding: Option<Box<Finding>>,
}

/// Returns a line that says that something is as it should be.
pub(super) fn ok(message: impl Into<String>) -> DoctorLine {
    DoctorLine::new(Level::Ok, message)
}

/// Returns a line that is worth knowing.
pub(super) fn note(message: impl Into<String>) -> DoctorLine {
    DoctorLine::new(Level::Note, message)
}

/// Returns a line about something that needs a fix.
pub(super) fn warning(message: impl Into<String>) -> DoctorLine {
    DoctorLine::new(Level::Warning, message)
}

/// Returns a line about something that prevents idhooks from working.
pub(super) fn error(message: impl Into<String>) -> DoctorLine {
    DoctorLine::new(Level::Error, message)
}

impl DoctorLine {
    /// Returns a line whose check is named by [`DoctorLine::of`].
    pub(super) fn new(level: Level, message: impl Into<String>) -> Self {
        DoctorLine { check: "", level, message: message.into(), help: None, finding: None }
    }

    /// Names the check.
    pub(super) fn of(self, check: &'static str) -> Self {
        DoctorLine { check, ..self }
    }

    /// Adds what to do.
    pub(super) fn help(self, help: impl Into<String>) -> Self {
        DoctorLine { help: Some(help.into()), ..self }
    }

    /// Adds a finding with this code.
    pub(super) fn code(self, code: Code) -> Self {
        let mut finding = Finding::new(code, &self.message, self.help.clone().unwrap_or_default());
        finding.severity = match self.level {
            Level::Ok | Level::Note => Severity::Info,
            Level::Warning => Severity::Warning,
            Level::Error => Severity::Error,
        };
        DoctorLine { finding: Some(Box::new(finding)), ..self }
    }

    /// Returns the line for a finding.
    pub(super) fn of_finding(finding: &Finding) -> Self {
        let level = match finding.severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
            Severity::Info => Level::Note,
        };
        let line = DoctorLine::new(level, &finding.message).help(&finding.help);
        DoctorLine { finding: Some(Box::new(finding.clone())), ..line }
    }

    /// Returns the rows of the report for people.
    pub(super) fn rows(&self) -> Vec<[String; 3]> {
        let row = [self.level.as_str(), self.check, &self.message].map(str::to_owned);
        let help = self.help.iter().map(|help| ["", "", &format!("-> {help}")].map(str::to_owned));
        std::iter::once(row).chain(help).collect()
    }
}

/// Descriptions of what was fixed.
type Fixed = CommandResult<Vec<String>>;

/// Fixes what is safe to fix, unless this is a dry run, and returns descriptions of the fixes. Prints
/// errors; the report then shows what is left.
pub(super) fn fix(diagnosis: &Diagnosis, ui: &mut Ui, dry_run: bool) -> Vec<String> {
    let mut fixed = Vec::new();
    for repair in [installation, form, working_form, leftovers, permissions] {
        match repair(diagnosis, ui, dry_run) {
            Ok(done) => fixed.extend(done),
            Err(error) => error.hint("the report shows what is left to do").show(ui),
        }
    }
    fixed
}

fn installation(diagnosis: &Diagnosis, _: &mut Ui, dry_run: bool) -> Fixed {
    // Without a registry, installing hooks is up to the user.
    if diagnosis.is_bare() || !diagnosis.is_adopted() {
        return Ok(Vec::new());
    }
    let plan = install_in(&diagnosis.git, &diagnosis.state, dry_run)?;
    let changed = plan.parts.into_iter().filter(|part| part.changes);
    Ok(changed.map(|part| format!("{}: {}", part.name, part.outcome)).collect())
}

/// Writes the staged registry, and the working file, in canonical form.
fn form(diagnosis: &Diagnosis, ui: &mut Ui, dry_run: bool) -> Fixed {
    let read = diagnosis.view.as_ref().and_then(|view| Some((view, view.stored()?)));
    let Some((view, stored)) = read else { return Ok(Vec::new()) };
    let repo = &diagnosis.repo;
    let lineage = Lineage::of_witnesses(repo, &view.parents)?;
    let registry = stored.registry.with_origins_of(lineage.merged.as_ref());
    if diagnosis.is_bare() || registry.format().as_bytes() == stored.bytes {
        return Ok(Vec::new());
    }
    if !dry_run {
        let _lock = writer_lock(repo, "doctor", Reach::Everything)?;
        let file = repo.index_file();
        let index = repo.index(&file)?;
        let change = RegistryChange::of(repo, &file, &index, Some(stored));
        let events = vec![audit_event(EventKind::Healed, &[("path", Some(REGISTRY_PATH))])];
        let change = RegistryChange { committed: Some(&registry), events, ..change };
        commit_change(ui, change, &registry)?;
    }
    Ok(vec![format!("'{REGISTRY_PATH}': written in canonical form, and staged")])
}

/// Writes the working file in canonical form if only its form differs from the staged one.
fn working_form(diagnosis: &Diagnosis, _: &mut Ui, dry_run: bool) -> Fixed {
    let staged = diagnosis.view.as_ref().and_then(|view| view.stored());
    let (Some(top), Some(staged)) = (&diagnosis.state.places.top, staged) else {
        return Ok(Vec::new());
    };
    let path = top.join(REGISTRY_PATH);
    let present = diagnosis.repo.read_working(REGISTRY_PATH)?.unwrap_or_default();
    let is_same = Registry::parse(&present).is_ok_and(|r| r.format().as_bytes() == staged.bytes);
    if !is_same || present == staged.bytes {
        return Ok(Vec::new());
    }
    if !dry_run {
        Replacement::prepare(&diagnosis.repo.scratch(), &path, &staged.bytes)?.commit()?;
    }
    Ok(vec![format!("'{REGISTRY_PATH}' in the working tree: written in canonical form")])
}

/// Restores the permissions of the files of idhooks in the git directory.
fn permissions(diagnosis: &Diagnosis, _: &mut Ui, dry_run: bool) -> Fixed {
    let mut fixed = Vec::new();
    for state in diagnosis.state_dirs() {
        for path in state.with_wrong_permissions() {
            if !dry_run {
                state.correct_permissions(&path)?;
            }
            let shown = diagnosis.state.places.shown(&path);
            fixed.push(format!("'{shown}': permissions corrected"));
        }
    }
    Ok(fixed)
}

/// Removes unfinished files of interrupted idhooks runs, but none that a running program uses, and ends
/// the programs of generators that were left.
fn leftovers(diagnosis: &Diagnosis, _: &mut Ui, dry_run: bool) -> Fixed {
    let ours = |file: &&Leftover| {
        let name = file.path.file_name().unwrap_or_default().to_string_lossy();
        file.dead && name.starts_with(".idhooks-")
    };
    let mut fixed = Vec::new();
    for file in diagnosis.diagnostics.temporary.iter().filter(ours) {
        if !dry_run {
            let failed = |cause| StoreError::new("remove", &file.path, cause);
            std::fs::remove_file(&file.path).map_err(failed)?;
        }
        fixed.push(format!("'{}': removed", diagnosis.state.places.shown(&file.path)));
    }
    fixed.extend(abandoned_tasks().iter().map(|dir| format!("'{}': removed", dir.display())));
    if !dry_run {
        remove_abandoned_tasks();
    }
    Ok(fixed)
}
