//! Formats the drift report.

use idhooks_core::check::{Code, Drift, Finding};
use idhooks_core::registry::Timestamp;
use idhooks_core::registry::json::Members;

use super::json::{document, lines, object, optional};
use super::markdown;
use super::ui::safe;

/// The format of a drift report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum DriftFormat {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
    /// For a wiki page, an issue or an email.
    Markdown,
}

/// Returns the report of findings at a time.
pub fn drift(findings: &[Finding], at: &Timestamp, form: DriftFormat) -> String {
    let sections = Drift::sections(findings);
    match form {
        DriftFormat::Text => text(&sections, at),
        DriftFormat::Markdown => markdown(&sections, at),
        DriftFormat::Json => json(&sections, at),
    }
}

/// The findings of each kind.
type Sections<'f> = [(Drift, Vec<&'f Finding>)];

fn text(sections: &Sections<'_>, at: &Timestamp) -> String {
    let mut out = format!("Identity drift, {}\n", at.as_str());
    for (kind, found) in sections {
        out.push_str(&format!("\n{} ({})\n", kind.title(), found.len()));
        for finding in found {
            out.push_str(&format!("  {}\n", safe(&item(finding))));
        }
    }
    out
}

fn markdown(sections: &Sections<'_>, at: &Timestamp) -> String {
    let mut out = format!("# Identity drift, {}\n", at.as_str());
    for (kind, found) in sections {
        out.push_str(&format!("\n## {} ({})\n\n", kind.title(), found.len()));
        if found.is_empty() {
            out.push_str("None.\n");
        }
        for finding in found {
            out.push_str(&format!("- {}\n", markdown::escaped(&item(finding))));
        }
    }
    out
}

/// Returns path and identity, or the message if they are not enough: a file without an identity and
/// an identity without a file may belong together.
fn item(finding: &Finding) -> String {
    if matches!(finding.code, Code::MissingId | Code::StalePath) {
        return finding.message.clone();
    }
    let path = finding.path.as_ref().map(ToString::to_string);
    match (path, &finding.id) {
        (Some(path), Some(id)) => format!("{path} {id}"),
        (Some(path), None) => path,
        (None, _) => finding.message.clone(),
    }
}

fn json(sections: &Sections<'_>, at: &Timestamp) -> String {
    let write = |out: &mut String, finding: &&Finding| {
        object(out, |members: &mut Members<'_>| {
            members.string("code", finding.code.as_str());
            members.string("severity", finding.severity.as_str());
            let path = finding.path.as_ref().map(ToString::to_string);
            optional(members.key("path"), path.as_deref());
            optional(members.key("id"), finding.id.as_deref());
            members.string("message", &finding.message);
        });
    };
    document(|top| {
        top.string("at", at.as_str());
        lines(top.key("sections"), sections, |out, (kind, found)| {
            object(out, |members| {
                members.string("kind", kind.as_str());
                members.string("title", kind.title());
                members.key("count").push_str(&found.len().to_string());
                lines(members.key("items"), found, write);
            });
        });
    })
}
