//! Formats findings as a GitLab Code Quality report, which is shown in merge requests.

use idhooks_core::check::{Finding, Severity};
use idhooks_core::registry::RepoPath;
use idhooks_ops::json_text;
use serde::Serialize;

use super::findings_report::FindingsReport;
use super::json::{One, one};
use super::{
    fingerprint::fingerprints,
    text::{line_of, place},
};

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: IssueLocation,
}

#[derive(Serialize)]
struct IssueLocation {
    path: RepoPath,
    lines: One<usize>,
    /// The line again, with the column.
    #[serde(skip_serializing_if = "Option::is_none")]
    positions: Option<One<IssuePosition>>,
}

#[derive(Serialize)]
struct IssuePosition {
    line: usize,
    column: usize,
}

/// Returns the report, an array of issues. If anything was left out, the last issue says so.
pub(super) fn document(report: &FindingsReport<'_>) -> String {
    let findings = report.findings;
    let issue = |(finding, fingerprint): (&Finding, String)| Issue {
        description: format!("{}; help: {}", finding.message, finding.help),
        check_name: finding.code.as_str(),
        fingerprint,
        severity: severity(finding.severity),
        location: location(finding),
    };
    // GitLab requires a path, and idhooks.toml contains the settings that hide findings.
    let unlisted = report.note().map(|(note, of_note)| Issue {
        description: note,
        check_name: "NOT_LISTED",
        // The fingerprint does not include the number of findings: otherwise, every run would
        // report a new issue.
        fingerprint: format!("idhooks-{}-not-listed", report.command),
        severity: severity(of_note),
        location: IssueLocation {
            path: RepoPath::config(),
            lines: one("begin", 1),
            positions: None,
        },
    });
    let issues = findings.iter().zip(fingerprints(findings)).map(issue).chain(unlisted);
    json_text(&issues.collect::<Vec<_>>()) + "\n"
}

fn location(finding: &Finding) -> IssueLocation {
    let position = line_of(finding).map(|(line, column)| IssuePosition { line, column });
    let line = position.as_ref().map_or(1, |position| position.line);
    let positions = position.map(|position| one("begin", position));
    IssueLocation { path: place(finding), lines: one("begin", line), positions }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "major",
        Severity::Warning => "minor",
        Severity::Info => "info",
    }
}
