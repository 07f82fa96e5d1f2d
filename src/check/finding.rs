//! The one type for everything that is wrong, found by any check, hook or report.

use crate::registry::{Id, RepoPath};

use super::Code;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Blocks a commit and fails a check.
    Error,
    /// Worth knowing; fails a check only with `--strict`.
    Warning,
    /// For completeness.
    Info,
}

impl Severity {
    /// Every severity, the worst first.
    pub const ALL: [Severity; 3] = [Severity::Error, Severity::Warning, Severity::Info];

    /// Returns the word that reports use.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

/// Another place that belongs to a finding.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Related {
    /// A path.
    pub path: Option<RepoPath>,
    /// An identity.
    pub id: Option<String>,
    /// A commit id.
    pub commit: Option<String>,
}

/// Something that is wrong.
///
/// Findings are reported in the order of path, code, identity; what is absent comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The path concerned, if there is one.
    pub path: Option<RepoPath>,
    /// What kind of fault it is.
    pub code: Code,
    /// The identity concerned, as written; not necessarily a valid one.
    pub id: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
    /// What to do about it: a command to paste where there is one.
    pub help: String,
    /// Lines that the help has a person paste somewhere; only shown to people.
    pub paste: Vec<String>,
    /// Other places that belong to it.
    pub related: Vec<Related>,
}

impl Finding {
    /// Returns a finding of the severity its code has by default.
    pub fn new(code: Code, message: impl Into<String>, help: impl Into<String>) -> Self {
        Finding {
            path: None,
            code,
            id: None,
            severity: code.severity(),
            message: message.into(),
            help: help.into(),
            paste: Vec::new(),
            related: Vec::new(),
        }
    }

    /// Names the path concerned.
    #[must_use]
    pub fn at(mut self, path: &RepoPath) -> Self {
        self.path = Some(path.clone());
        self
    }

    /// Names the identity concerned.
    #[must_use]
    pub fn of(mut self, id: Id) -> Self {
        self.id = Some(id.to_string());
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn related_to(mut self, path: Option<&RepoPath>, id: Option<Id>) -> Self {
        self.related.push(Related {
            path: path.cloned(),
            id: id.map(|id| id.to_string()),
            commit: None,
        });
        self
    }
}
