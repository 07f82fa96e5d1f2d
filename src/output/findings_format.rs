//! The formats for reports of findings, each in its own file.

use idhooks_core::check::Finding;
use idhooks_core::registry::RepoPath;
use serde::Serialize;

use super::findings_report::FindingsReport;
use super::{PlaceEntry, Ui, UnsearchedEntry, github, gitlab, json, junit, markdown, sarif};

/// The format for a report of findings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ReportFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON document.
    Json,
    /// One finding per line, as JSON.
    Jsonl,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations for GitHub Actions.
    Github,
    /// Code Quality report for GitLab.
    Gitlab,
    /// JUnit XML, for tools that show test results.
    Junit,
    /// Markdown, for a job summary or a comment.
    Markdown,
}

/// The JSON document.
#[derive(Serialize)]
struct FindingsDocument<'f> {
    findings: &'f [Finding],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unsearched: Vec<UnsearchedEntry<'f>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    uncompared: Vec<PlaceEntry<'f>>,
}

impl ReportFormat {
    /// Returns a command's findings as a document, or `None` if the format is plain text.
    pub fn document(self, report: &FindingsReport<'_>) -> Option<String> {
        let findings = report.findings;
        match self {
            ReportFormat::Text => None,
            ReportFormat::Json => Some(json::document(&FindingsDocument {
                findings,
                unsearched: report.unsearched().iter().map(UnsearchedEntry::new).collect(),
                uncompared: report.uncompared().iter().map(PlaceEntry::new).collect(),
            })),
            ReportFormat::Jsonl => Some(findings.iter().map(json::document).collect()),
            ReportFormat::Sarif => Some(sarif::document(report)),
            ReportFormat::Github => Some(github::document(report)),
            ReportFormat::Gitlab => Some(gitlab::document(report)),
            ReportFormat::Junit => Some(junit::document(report)),
            ReportFormat::Markdown => Some(markdown::document(report)),
        }
    }
}

impl Ui {
    /// Says where the paths in findings begin, if the user is in another directory.
    pub fn note_root(&mut self, here: Option<RepoPath>, findings: &[Finding]) {
        let Some(here) = here.filter(|_| !findings.is_empty()) else { return };
        let up = vec![".."; here.as_bytes().split(|byte| *byte == b'/').count()].join("/");
        self.status(&format!(
            "note: these paths begin at the root of the working tree; run the commands there: cd {up}"
        ));
    }

    /// Prints a report of a command's findings.
    pub fn report_findings(&mut self, report: &FindingsReport<'_>, format: ReportFormat) {
        match format.document(report) {
            Some(document) => self.data(&document),
            None => self.findings(report.findings),
        }
    }
}
