//! A report that is written again and again, section by section, as Markdown and as a document.

use crate::check::Finding;
use crate::registry::Timestamp;
use crate::registry::json::{Members, write_string};

use super::json::{document, lines, object, optional};
use super::markdown::escaped;

/// JSON Schema of a report that `schedule run` writes.
pub const DOSSIER_SCHEMA: &str = include_str!("schema/schedule-report.json");
/// How many rows of a section people get to read; machines get all of them.
const SHOWN: usize = 200;

/// A report.
#[derive(Debug)]
pub struct ScheduledReport {
    /// Of which job.
    pub job: &'static str,
    /// When it was begun.
    pub at: Timestamp,
    /// The day of that, where it was written.
    pub day: String,
    /// What the repository is called.
    pub repository: String,
    /// The commit that it is about.
    pub commit: String,
    /// What there is to say.
    pub sections: Vec<Section>,
}

/// A part of a report.
#[derive(Debug)]
pub struct Section {
    /// Its name for machines.
    pub name: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// Whether nothing of it needs a person.
    pub is_well: bool,
    /// Figures and short facts.
    pub facts: Vec<(&'static str, SectionFact)>,
    /// What the columns of its rows are.
    pub columns: &'static [&'static str],
    /// What is listed, row by row.
    pub rows: Vec<Vec<String>>,
    /// What to do.
    pub help: Option<String>,
}

/// What a section says in a word or a number.
#[derive(Debug, Clone, PartialEq)]
pub enum SectionFact {
    /// How many there are.
    Count(usize),
    /// A number with a fraction.
    Number(f64),
    /// A text.
    Text(String),
    /// Nothing is known.
    Unknown,
}

impl Section {
    /// Returns a section without rows in which all is well.
    pub fn new(name: &'static str, title: &'static str) -> Self {
        let (facts, rows) = (Vec::new(), Vec::new());
        Section { name, title, is_well: true, facts, columns: &[], rows, help: None }
    }

    /// Lists findings.
    #[must_use]
    pub fn listing(mut self, findings: &[&Finding]) -> Self {
        let shown = |text: Option<String>| text.unwrap_or_default();
        self.columns = &["code", "severity", "path", "id", "message", "help"];
        let row = |finding: &&Finding| {
            vec![
                finding.code.as_str().to_owned(),
                finding.severity.as_str().to_owned(),
                shown(finding.path.as_ref().map(ToString::to_string)),
                shown(finding.id.clone()),
                finding.message.clone(),
                finding.help.clone(),
            ]
        };
        self.rows = findings.iter().map(row).collect();
        self
    }

    fn write(&self, members: &mut Members<'_>) {
        members.string("name", self.name);
        members.string("title", self.title);
        members.key("is_well").push_str(if self.is_well { "true" } else { "false" });
        object(members.key("facts"), |facts| {
            for (name, fact) in &self.facts {
                let out = facts.key(name);
                match fact {
                    SectionFact::Count(count) => out.push_str(&count.to_string()),
                    SectionFact::Number(number) => out.push_str(&format!("{number:.6}")),
                    SectionFact::Text(text) => write_string(out, text),
                    SectionFact::Unknown => out.push_str("null"),
                }
            }
        });
        lines(members.key("items"), &self.rows, |out, row| {
            object(out, |item| {
                self.columns.iter().zip(row).for_each(|(name, cell)| item.string(name, cell));
            });
        });
        optional(members.key("help"), self.help.as_deref());
    }

    fn markdown(&self) -> String {
        let mut out = format!("\n## {}\n\n", self.title);
        if !self.facts.is_empty() {
            out.push_str("| | |\n|---|---|\n");
        }
        for (name, fact) in &self.facts {
            let said = match fact {
                SectionFact::Count(count) => count.to_string(),
                SectionFact::Number(number) => format!("{number:.2}"),
                SectionFact::Text(text) => escaped(text),
                SectionFact::Unknown => "not known".to_owned(),
            };
            out.push_str(&format!("| {} | {said} |\n", name.replace('_', " ")));
        }
        if !self.rows.is_empty() {
            let rule = "---|".repeat(self.columns.len());
            out.push_str(&format!(
                "\n| {} |\n|{rule}\n",
                self.columns.join(" | ").replace('_', " ")
            ));
        }
        for row in self.rows.iter().take(SHOWN) {
            let cells: Vec<String> = row.iter().map(|cell| escaped(cell)).collect();
            out.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
        if let Some(more) = self.rows.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            out.push_str(&format!("\n… and {more} more.\n"));
        }
        if let Some(help) = &self.help {
            out.push_str(&format!("\nWhat to do: {}\n", escaped(help)));
        }
        out
    }
}

impl ScheduledReport {
    /// Returns the headings of what needs a person.
    pub fn needs(&self) -> Vec<&'static str> {
        self.sections.iter().filter(|section| !section.is_well).map(|s| s.title).collect()
    }

    /// Returns the name that its files have, but for the ending.
    pub fn stem(&self) -> String {
        format!("{}-{}", self.job, self.day)
    }

    /// Returns it for machines.
    pub fn json(&self) -> String {
        document(|top| {
            top.string("job", self.job);
            top.string("at", self.at.as_str());
            top.string("repository", &self.repository);
            top.string("commit", &self.commit);
            top.string("result", if self.needs().is_empty() { "fine" } else { "findings" });
            lines(top.key("sections"), &self.sections, |out, section| {
                object(out, |members| section.write(members));
            });
        })
    }

    /// Returns it for people.
    pub fn markdown(&self) -> String {
        let needs = self.needs();
        let verdict = match needs.is_empty() {
            true => "Nothing needs a person.".to_owned(),
            false => format!("**Needs a person:** {}.", needs.join(", ")),
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
    fn both_forms_say_the_same() {
        let mut section = Section::new("sync", "Sync");
        section.is_well = false;
        section.facts = vec![
            ("with_ids", SectionFact::Count(3)),
            ("pace", SectionFact::Number(0.5)),
            ("full_on", SectionFact::Unknown),
        ];
        section.columns = &["path"];
        section.rows = vec![vec!["a|b\n".to_owned()]; SHOWN + 1];
        let dossier = ScheduledReport {
            job: "nightly",
            at: "2026-11-21T01:00:00Z".parse().expect("valid"),
            day: "2026-11-21".to_owned(),
            repository: "wo_rk".to_owned(),
            commit: "abc".to_owned(),
            sections: vec![Section::new("scan", "Scan"), section],
        };
        let told = dossier.markdown();
        let head = "# Identities, nightly report of 2026-11-21\n\nwo\\_rk, commit abc, 2026-11-21T01:00:00Z. **Needs a person:** Sync.\n\n## Scan\n\n\n## Sync\n\n| | |\n|---|---|\n| with ids | 3 |\n| pace | 0.50 |\n| full on | not known |\n\n| path |\n|---|\n| a\\|b  |\n";
        assert!(told.starts_with(head), "{told}");
        assert!(told.ends_with("| a\\|b  |\n\n… and 1 more.\n"), "{told}");
        let json: serde_json::Value = serde_json::from_str(&dossier.json()).expect("JSON");
        assert_eq!(json["sections"][1]["items"].as_array().map(Vec::len), Some(SHOWN + 1));
        assert_eq!(json["sections"][1]["facts"]["with_ids"], 3);
        assert_eq!(json["result"], "findings");
        assert_eq!(dossier.stem(), "nightly-2026-11-21");
    }
}
