//! Formats findings as a Code Quality report of GitLab, which shows them in merge requests.

use idhooks_core::check::{Code, Finding, Severity};
use idhooks_core::registry::RepoPath;
use serde::Serialize;

use super::json::{self, One, one};
use super::{
    fingerprint::fingerprints,
    text::{line_of, place},
};

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: Code,
    fingerprint: String,
    severity: &'static str,
    location: IssueLocation,
}

#[derive(Serialize)]
struct IssueLocation {
    path: RepoPath,
    lines: One<usize>,
}

/// Returns the report: an array of issues.
pub(super) fn document(findings: &[Finding]) -> String {
    let issue = |(finding, fingerprint): (&Finding, String)| Issue {
        description: format!("{}; help: {}", finding.message, finding.help),
        check_name: finding.code,
        fingerprint,
        severity: severity(finding.severity),
        location: IssueLocation { path: place(finding), lines: one("begin", line(finding)) },
    };
    json::text(&findings.iter().zip(fingerprints(findings)).map(issue).collect::<Vec<_>>()) + "\n"
}

fn line(finding: &Finding) -> usize {
    line_of(finding).map_or(1, |(line, _)| line)
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "major",
        Severity::Warning => "minor",
        Severity::Info => "info",
    }
}
