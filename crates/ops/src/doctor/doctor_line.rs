//! [`DoctorLine`]: the result of one of the doctor's checks, like a finding but about a clone.

use idhooks_core::check::{Code, Finding, Severity};
use serde::Serialize;

idhooks_core::words! {
    /// The severity of a line.
    pub enum DoctorLevel {
        /// No problem.
        Ok = "ok",
        /// Worth knowing.
        Note = "note",
        /// Needs fixing, but no identity is at risk.
        Warning = "warning",
        /// Prevents idhooks from working.
        Error = "error",
    }
}

/// The result of a check, with advice.
#[derive(Debug, Clone, Serialize)]
pub struct DoctorLine {
    /// The name of the check.
    pub check: &'static str,
    /// The severity.
    pub level: DoctorLevel,
    /// The observation.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// The finding, if `idhooks check` also reports it.
    pub finding: Option<Box<Finding>>,
}

/// Returns the line for a check that passed.
pub(super) fn ok(message: impl Into<String>) -> DoctorLine {
    DoctorLine::new(DoctorLevel::Ok, message)
}

/// Returns a line with information that needs no action.
pub(super) fn note(message: impl Into<String>) -> DoctorLine {
    DoctorLine::new(DoctorLevel::Note, message)
}

/// Returns the line for a problem that needs fixing.
pub(super) fn warning(message: impl Into<String>) -> DoctorLine {
    DoctorLine::new(DoctorLevel::Warning, message)
}

/// Returns the line for a problem that prevents idhooks from working.
pub(super) fn error(message: impl Into<String>) -> DoctorLine {
    DoctorLine::new(DoctorLevel::Error, message)
}

impl DoctorLine {
    /// Returns a line whose check is still to be named with [`DoctorLine::of`].
    pub fn new(level: DoctorLevel, message: impl Into<String>) -> Self {
        DoctorLine { check: "", level, message: message.into(), help: None, finding: None }
    }

    /// Names the check.
    pub fn of(self, check: &'static str) -> Self {
        DoctorLine { check, ..self }
    }

    /// Adds advice.
    pub fn help(self, help: impl Into<String>) -> Self {
        DoctorLine { help: Some(help.into()), ..self }
    }

    /// Attaches a finding with this code.
    pub(super) fn code(self, code: Code) -> Self {
        let mut finding = Finding::new(code, &self.message, self.help.clone().unwrap_or_default());
        finding.severity = match self.level {
            DoctorLevel::Ok | DoctorLevel::Note => Severity::Info,
            DoctorLevel::Warning => Severity::Warning,
            DoctorLevel::Error => Severity::Error,
        };
        DoctorLine { finding: Some(Box::new(finding)), ..self }
    }

    /// Returns the line for a finding.
    pub(super) fn of_finding(finding: &Finding) -> Self {
        let level = match finding.severity {
            Severity::Error => DoctorLevel::Error,
            Severity::Warning => DoctorLevel::Warning,
            Severity::Info => DoctorLevel::Note,
        };
        let line = DoctorLine::new(level, &finding.message).help(&finding.help);
        DoctorLine { finding: Some(Box::new(finding.clone())), ..line }
    }
}
