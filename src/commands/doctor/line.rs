//! One line of the report.

use crate::check::{Code, Finding, Severity};
use crate::output::json;
use crate::registry::json::Members;

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// As it should be.
    Ok,
    /// Worth knowing.
    Note,
    /// Should be otherwise, and costs no identity.
    Warning,
    /// Keeps idhooks from doing its work.
    Error,
}

/// What was looked at, how it is, and what to do.
#[derive(Debug, Clone)]
pub(super) struct DoctorLine {
    pub(super) check: &'static str,
    pub(super) level: Level,
    pub(super) said: String,
    help: Option<String>,
    finding: Option<Box<Finding>>,
}

impl Level {
    pub(super) fn word(self) -> &'static str {
        match self {
            Level::Ok => "ok",
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }

    fn severity(self) -> Severity {
        match self {
            Level::Ok | Level::Note => Severity::Info,
            Level::Warning => Severity::Warning,
            Level::Error => Severity::Error,
        }
    }
}

impl DoctorLine {
    pub(super) fn new(check: &'static str, level: Level, said: impl Into<String>) -> Self {
        DoctorLine { check, level, said: said.into(), help: None, finding: None }
    }

    pub(super) fn ok(check: &'static str, said: impl Into<String>) -> Self {
        DoctorLine::new(check, Level::Ok, said)
    }

    pub(super) fn note(check: &'static str, said: impl Into<String>) -> Self {
        DoctorLine::new(check, Level::Note, said)
    }

    pub(super) fn warning(check: &'static str, said: impl Into<String>) -> Self {
        DoctorLine::new(check, Level::Warning, said)
    }

    pub(super) fn error(check: &'static str, said: impl Into<String>) -> Self {
        DoctorLine::new(check, Level::Error, said)
    }

    /// Says what to do.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Makes it a finding of this code.
    pub(super) fn code(mut self, code: Code) -> Self {
        let mut finding = Finding::new(code, &self.said, self.help.clone().unwrap_or_default());
        finding.severity = self.level.severity();
        self.finding = Some(Box::new(finding));
        self
    }

    /// Returns a line that tells a finding.
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
        let row = [self.level.word(), self.check, &self.said].map(str::to_owned);
        let help =
            self.help.iter().map(|help| [String::new(), String::new(), format!("-> {help}")]);
        std::iter::once(row).chain(help).collect()
    }

    pub(super) fn write(&self, members: &mut Members<'_>) {
        members.string("check", self.check);
        members.string("level", self.level.word());
        members.string("message", &self.said);
        json::optional(members.key("help"), self.help.as_deref());
        match &self.finding {
            Some(finding) => json::write_finding(members.key("finding"), finding),
            None => members.key("finding").push_str("null"),
        }
    }
}
