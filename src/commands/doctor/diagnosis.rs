//! [`Diagnosis`]: the clone that the checks inspect.

use std::path::Path;

use idhooks_core::check::{Code, Finding, Severity};
use idhooks_repo::git::{Git, Installation, Repo, RepoDiagnostics, inspect};
use idhooks_repo::state::CommitState;
use idhooks_repo::store::StateDir;
use serde::Serialize;

use crate::commands::install_report::{no_work_tree, not_usable};
use crate::error::CommandResult;

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
        let git = Git::new(dir);
        let state = inspect(&git).map_err(|error| not_usable(dir, error))?;
        if state.places.top.is_none() && !state.places.bare {
            return Err(no_work_tree(false));
        }
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
