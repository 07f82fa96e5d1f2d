//! A line of the report of `idhooks doctor`.

use idhooks_core::check::{Code, Finding, Severity};
use serde::Serialize;

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

impl Level {
    fn severity(self) -> Severity {
        match self {
            Level::Ok | Level::Note => Severity::Info,
            Level::Warning => Severity::Warning,
            Level::Error => Severity::Error,
        }
    }
}

impl DoctorLine {
    pub(super) fn new(check: &'static str, level: Level, message: impl Into<String>) -> Self {
        DoctorLine { check, level, message: message.into(), help: None, finding: None }
    }

    pub(super) fn ok(check: &'static str, message: impl Into<String>) -> Self {
        DoctorLine::new(check, Level::Ok, message)
    }

    pub(super) fn note(check: &'static str, message: impl Into<String>) -> Self {
        DoctorLine::new(check, Level::Note, message)
    }

    pub(super) fn warning(check: &'static str, message: impl Into<String>) -> Self {
        DoctorLine::new(check, Level::Warning, message)
    }

    pub(super) fn error(check: &'static str, message: impl Into<String>) -> Self {
        DoctorLine::new(check, Level::Error, message)
    }

    /// Adds what to do.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a finding with this code.
    pub(super) fn code(mut self, code: Code) -> Self {
        let mut finding = Finding::new(code, &self.message, self.help.clone().unwrap_or_default());
        finding.severity = self.level.severity();
        self.finding = Some(Box::new(finding));
        self
    }

    /// Returns the line for a finding.
    pub(super) fn of(check: &'static str, finding: &Finding) -> Self {
        let level = match finding.severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
            Severity::Info => Level::Note,
        };
        let line = DoctorLine::new(check, level, &finding.message).help(&finding.help);
        DoctorLine { finding: Some(Box::new(finding.clone())), ..line }
    }

    /// Returns the rows of the report for people.
    pub(super) fn rows(&self) -> Vec<[String; 3]> {
        let row = [self.level.as_str(), self.check, &self.message].map(str::to_owned);
        let help =
            self.help.iter().map(|help| [String::new(), String::new(), format!("-> {help}")]);
        std::iter::once(row).chain(help).collect()
    }
}
