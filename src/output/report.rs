//! The forms in which findings are reported: one file each.

use crate::check::{Finding, Severity};
use crate::registry::RepoPath;

use super::{github, gitlab, json, jsonl, junit, markdown, sarif};

/// For whom a report of findings is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ReportFormat {
    /// For people.
    #[default]
    Text,
    /// For machines: one document.
    Json,
    /// For machines: a finding on each line.
    Jsonl,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
    /// Code Quality report of GitLab.
    Gitlab,
    /// JUnit XML, for whatever shows test results.
    Junit,
    /// Markdown, for the summary of a job or a comment.
    Markdown,
}

impl ReportFormat {
    /// Returns the findings as a text for machines, or nothing where they are for people; those
    /// of severity `least` or worse are failures.
    pub fn document(self, findings: &[Finding], least: Severity) -> Option<String> {
        match self {
            ReportFormat::Text => None,
            ReportFormat::Json => Some(json::check(findings)),
            ReportFormat::Jsonl => Some(jsonl::document(findings)),
            ReportFormat::Sarif => Some(sarif::document(findings)),
            ReportFormat::Github => Some(github::document(findings)),
            ReportFormat::Gitlab => Some(gitlab::document(findings)),
            ReportFormat::Junit => Some(junit::document(findings, least)),
            ReportFormat::Markdown => Some(markdown::document(findings, least)),
        }
    }
}

/// Returns the file at which a finding is shown where it must be at one: its own, else the
/// registry.
pub(super) fn place(finding: &Finding) -> RepoPath {
    finding.path.clone().unwrap_or_else(RepoPath::registry)
}
