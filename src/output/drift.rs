//! Formats the drift report.

use idhooks_core::check::{Code, Drift, Finding, count, unsearched as unread_note};
use idhooks_core::registry::Timestamp;
use idhooks_ops::UncheckedReferences;
use serde::Serialize;

use super::json::{FindingSummary, document};
use super::{PlaceEntry, UnsearchedEntry, markdown::escaped, safe};

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

/// Returns the report on these findings at a given time; `unread` is the number of files whose
/// heads were not read.
pub fn drift_text(
    findings: &[Finding],
    unread: usize,
    unchecked: &UncheckedReferences,
    at: &Timestamp,
    form: DriftFormat,
) -> String {
    let (title, heading, bullet) = match form {
        DriftFormat::Text => ("", "", "  "),
        DriftFormat::Markdown => ("# ", "## ", "- "),
        DriftFormat::Json => {
            let sections = drift_sections(findings, usize::MAX, FindingSummary::without_help);
            return document(&DriftDocument {
                at,
                heads_unread: unread,
                unsearched: unchecked.files.iter().map(UnsearchedEntry::new).collect(),
                uncompared: unchecked.references.iter().map(PlaceEntry::new).collect(),
                sections,
            });
        }
    };
    let is_markdown = form == DriftFormat::Markdown;
    let mut out = format!("{title}Identity drift, {at}\n");
    for (kind, found) in Drift::sections(findings) {
        out.push_str(&format!("\n{heading}{} ({})\n", kind.title(), found.len()));
        if is_markdown {
            out.push_str(match found.is_empty() {
                true if unread > 0 => "\nNone in what was read.\n",
                true => "\nNone.\n",
                false => "\n",
            });
        }
        for item in found.into_iter().map(item) {
            // File names come from other people, so a list item must not contain markup or control
            // a terminal.
            let item = if is_markdown { escaped(&item).into() } else { safe(&item) };
            out.push_str(&format!("{bullet}{item}\n"));
        }
    }
    if unread > 0 {
        let unread = unread_note(unread);
        out.push_str(&format!("\n{unread} (too large, or not in this clone)\n"));
    }
    if !unchecked.files.is_empty() {
        let files = count(unchecked.files.len(), "file", "files");
        out.push_str(&format!("\n{files} not searched for references\n"));
    }
    if !unchecked.references.is_empty() {
        let references = count(unchecked.references.len(), "reference", "references");
        out.push_str(&format!("\n{references} not compared\n"));
    }
    out
}

/// Returns the finding's path and identity, or its message: a file without an identity and an
/// identity without a file may belong together, and the message about one then names the other.
fn item(finding: &Finding) -> String {
    // The path alone would not show that these two findings may be about the same renamed file.
    if matches!(finding.code, Code::MissingId | Code::StalePath) {
        return finding.message.clone();
    }
    if finding.place.is_some() {
        return format!("{} {}", finding.location().unwrap_or_default(), finding.message);
    }
    let path = finding.path.as_ref().map(ToString::to_string);
    match (path, &finding.id) {
        (Some(path), Some(id)) => format!("{path} {id}"),
        (Some(path), None) => path,
        (None, _) => finding.message.clone(),
    }
}

#[derive(Serialize)]
struct DriftDocument<'d> {
    at: &'d Timestamp,
    heads_unread: usize,
    /// The files that may have references, but could not be searched.
    unsearched: Vec<UnsearchedEntry<'d>>,
    /// The references that could not be compared with the content of their file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    uncompared: Vec<PlaceEntry<'d>>,
    sections: Vec<DriftSection<'d>>,
}

/// The findings for one kind of drift.
#[derive(Debug, Serialize)]
pub struct DriftSection<'f> {
    kind: Drift,
    title: &'static str,
    count: usize,
    items: Vec<FindingSummary<'f>>,
}

/// Returns the sections as data, with at most the given number of findings each.
pub fn drift_sections<'f>(
    findings: &'f [Finding],
    most: usize,
    item: fn(&'f Finding) -> FindingSummary<'f>,
) -> Vec<DriftSection<'f>> {
    let section = |(kind, found): (Drift, Vec<_>)| {
        let (title, count) = (kind.title(), found.len());
        DriftSection { kind, title, count, items: found.into_iter().take(most).map(item).collect() }
    };
    Drift::sections(findings).into_iter().map(section).collect()
}
