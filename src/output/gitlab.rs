//! Formats findings as a Code Quality report of GitLab, which shows them in merge requests.

use idhooks_core::check::{Finding, Severity};

use super::findings_format::place;
use super::fingerprint::fingerprints;
use super::json::{lines, object};

/// Returns the report: an array of issues.
pub(super) fn document(findings: &[Finding]) -> String {
    let mut out = String::new();
    let issues = findings.iter().zip(fingerprints(findings));
    lines(&mut out, issues, |out, (finding, fingerprint)| {
        object(out, |issue| {
            let description = format!("{}; help: {}", finding.message, finding.help);
            issue.string("description", &description);
            issue.string("check_name", finding.code.as_str());
            issue.string("fingerprint", &fingerprint);
            issue.string("severity", severity(finding.severity));
            object(issue.key("location"), |location| {
                location.string("path", &place(finding).to_string());
                object(location.key("lines"), |lines| lines.key("begin").push('1'));
            });
        });
    });
    out.push('\n');
    out
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "major",
        Severity::Warning => "minor",
        Severity::Info => "info",
    }
}
