//! Formats the report of a scheduled job, section by section, as Markdown and JSON.

use std::borrow::Cow;

use idhooks_core::check::Finding;
use idhooks_core::registry::{Timestamp, in_order};
use serde::Serialize;

use super::json::{document, six_digits};
use super::markdown::escaped;

/// The maximum number of rows of a section in Markdown; JSON has all of them.
const MAX_ROWS: usize = 200;

/// The report of a scheduled job.
#[derive(Debug, Serialize)]
pub struct ScheduledReport {
    /// The name of the job.
    pub job: &'static str,
    /// When the job started.
    pub at: Timestamp,
    /// The local date of that.
    #[serde(skip)]
    pub day: String,
    /// The name of the repository.
    pub repository: String,
    /// The commit that was checked.
    pub commit: String,
    /// Whether the job was refused.
    #[serde(skip)]
    pub is_refused: bool,
    /// The sections.
    #[serde(skip)]
    pub sections: Vec<Section>,
}

/// A section of a report.
#[derive(Debug, Serialize)]
pub struct Section {
    /// Its name in JSON.
    pub name: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// Whether nothing in it needs attention.
    pub is_well: bool,
    /// Numbers and short facts.
    #[serde(serialize_with = "in_order")]
    pub facts: Vec<(&'static str, SectionFact)>,
    /// The rows, which all have the same columns.
    #[serde(rename = "items")]
    pub rows: Vec<SectionRow>,
    /// What to do.
    pub help: Option<Cow<'static, str>>,
}

/// The cells of a row, each with the name of its column.
#[derive(Debug, Clone, Serialize)]
pub struct SectionRow(#[serde(serialize_with = "in_order")] Vec<(&'static str, String)>);

#[derive(Serialize)]
struct ReportDocument<'r> {
    #[serde(flatten)]
    report: &'r ScheduledReport,
    result: &'static str,
    sections: &'r [Section],
}

/// The value of a fact.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum SectionFact {
    /// A count.
    Count(usize),
    /// A number with a fraction.
    Number(#[serde(serialize_with = "six_digits")] f64),
    /// A text.
    Text(String),
    /// An unknown value.
    Unknown,
}

impl Section {
    /// Returns a section without rows in which nothing needs attention.
    pub fn new(name: &'static str, title: &'static str) -> Self {
        Section { name, title, is_well: true, facts: Vec::new(), rows: Vec::new(), help: None }
    }

    /// Returns a section with a row for each of these findings.
    pub fn of_findings<'f>(
        name: &'static str,
        title: &'static str,
        findings: impl IntoIterator<Item = &'f Finding>,
    ) -> Self {
        let rows = findings.into_iter().map(|finding| {
            let path = finding.path.as_ref().map(ToString::to_string).unwrap_or_default();
            let (code, severity) = (finding.code.to_string(), finding.severity.to_string());
            let id = finding.id.clone().unwrap_or_default();
            [code, severity, path, id, finding.message.clone(), finding.help.clone()]
        });
        let columns = ["code", "severity", "path", "id", "message", "help"];
        Section::new(name, title).listing(columns, rows)
    }

    /// Sets the rows.
    #[must_use]
    pub fn listing<const N: usize>(
        self,
        columns: [&'static str; N],
        rows: impl Iterator<Item = [String; N]>,
    ) -> Self {
        let row = |cells| SectionRow(columns.into_iter().zip(cells).collect());
        Section { rows: rows.map(row).collect(), ..self }
    }

    /// Sets what to do, if anything needs attention.
    #[must_use]
    pub fn advised(self, is_needed: bool, help: &'static str) -> Self {
        Section { help: is_needed.then_some(help.into()), ..self }
    }

    fn markdown(&self) -> String {
        let mut out = format!("\n## {}\n\n", self.title);
        if !self.facts.is_empty() {
            out.push_str("| | |\n|---|---|\n");
        }
        for (name, fact) in &self.facts {
            let value = match fact {
                SectionFact::Count(count) => count.to_string(),
                SectionFact::Number(number) => format!("{number:.2}"),
                SectionFact::Text(text) => escaped(text),
                SectionFact::Unknown => "unknown".to_owned(),
            };
            out.push_str(&format!("| {} | {value} |\n", name.replace('_', " ")));
        }
        if let Some(SectionRow(cells)) = self.rows.first() {
            let names: Vec<String> = cells.iter().map(|(name, _)| name.replace('_', " ")).collect();
            let rule = "---|".repeat(names.len());
            out.push_str(&format!("\n| {} |\n|{rule}\n", names.join(" | ")));
        }
        for SectionRow(cells) in self.rows.iter().take(MAX_ROWS) {
            let cells: Vec<String> = cells.iter().map(|(_, cell)| escaped(cell)).collect();
            out.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
        if let Some(more) = self.rows.len().checked_sub(MAX_ROWS).filter(|more| *more > 0) {
            out.push_str(&format!("\n… and {more} more.\n"));
        }
        if let Some(help) = &self.help {
            out.push_str(&format!("\nWhat to do: {}\n", escaped(help)));
        }
        out
    }
}

impl ScheduledReport {
    /// Returns the headings of the sections that need attention.
    pub fn needs(&self) -> Vec<&'static str> {
        self.sections.iter().filter(|section| !section.is_well).map(|s| s.title).collect()
    }

    /// Returns the name of its files without the extension.
    pub fn stem(&self) -> String {
        format!("{}-{}", self.job, self.day)
    }

    /// Returns the report as JSON.
    pub fn json(&self) -> String {
        document(&ReportDocument {
            report: self,
            result: match self.needs().is_empty() {
                _ if self.is_refused => "failed",
                true => "fine",
                false => "findings",
            },
            sections: &self.sections,
        })
    }

    /// Returns the report as Markdown.
    pub fn markdown(&self) -> String {
        let needs = self.needs();
        let verdict = match needs.is_empty() {
            _ if self.is_refused => "**The run was refused.**".to_owned(),
            true => "Nothing needs attention.".to_owned(),
            false => format!("**Needs attention:** {}.", needs.join(", ")),
        };
        let mut out = format!("# Identities, {} report of {}\n\n", self.job, self.day);
        let name = escaped(&self.repository);
        out.push_str(&format!("{name}, commit {}, {}. {verdict}\n", self.commit, self.at));
        self.sections.iter().for_each(|section| out.push_str(&section.markdown()));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_and_json_agree() {
        let mut section = Section::new("sync", "Sync");
        section.is_well = false;
        section.facts = vec![
            ("with_ids", SectionFact::Count(3)),
            ("pace", SectionFact::Number(0.5)),
            ("full_on", SectionFact::Unknown),
        ];
        section.rows = vec![SectionRow(vec![("path", "a|b\n".to_owned())]); MAX_ROWS + 1];
        let report = ScheduledReport {
            job: "nightly",
            at: "2026-11-21T01:00:00Z".parse().expect("valid"),
            day: "2026-11-21".to_owned(),
            is_refused: false,
            repository: "wo_rk".to_owned(),
            commit: "abc".to_owned(),
            sections: vec![Section::new("scan", "Scan"), section],
        };
        let markdown = report.markdown();
        let head = "# Identities, nightly report of 2026-11-21\n\nwo\\_rk, commit abc, 2026-11-21T01:00:00Z. **Needs attention:** Sync.\n\n## Scan\n\n\n## Sync\n\n| | |\n|---|---|\n| with ids | 3 |\n| pace | 0.50 |\n| full on | unknown |\n\n| path |\n|---|\n| a\\|b  |\n";
        assert!(markdown.starts_with(head), "{markdown}");
        assert!(markdown.ends_with("| a\\|b  |\n\n… and 1 more.\n"), "{markdown}");
        let json: serde_json::Value = serde_json::from_str(&report.json()).expect("JSON");
        assert_eq!(json["sections"][1]["items"].as_array().map(Vec::len), Some(MAX_ROWS + 1));
        assert_eq!(json["sections"][1]["facts"]["with_ids"], 3);
        assert_eq!(json["result"], "findings");
        assert_eq!(report.stem(), "nightly-2026-11-21");
    }
}
