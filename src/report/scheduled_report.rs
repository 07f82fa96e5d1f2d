//! Formats a scheduled job's report, section by section, as Markdown and JSON.

use std::borrow::Cow;

use idhooks_core::registry::{Timestamp, in_order};
use idhooks_ops::Job;
use idhooks_report::schedule::{ScheduledReport, Section, SectionFact, SectionKind};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::output::escaped;
use crate::output::json::{document, raw};

/// The maximum number of rows per section in Markdown; the JSON contains all of them.
const MAX_ROWS: usize = 200;

/// Advice on a section.
type SectionHelp = Option<Cow<'static, str>>;

#[derive(Serialize)]
struct ReportDocument<'r> {
    job: Job,
    at: Timestamp,
    repository: &'r str,
    commit: &'r str,
    result: &'static str,
    sections: Vec<SectionDocument<'r>>,
}

#[derive(Serialize)]
struct SectionDocument<'r> {
    name: SectionKind,
    title: &'static str,
    is_well: bool,
    #[serde(serialize_with = "in_order")]
    facts: Vec<(&'static str, Box<RawValue>)>,
    items: Vec<SectionRow<'r>>,
    help: Option<&'r str>,
}

#[derive(Serialize)]
struct SectionRow<'r>(#[serde(serialize_with = "in_order")] Vec<(&'static str, &'r str)>);

/// Returns the advice for a section that was written.
pub fn section_help(section: &Section) -> SectionHelp {
    let help = match section.kind {
        _ if !section.is_advised => return None,
        SectionKind::Registry => "see the problems and their remedies: idhooks check --rev HEAD",
        SectionKind::Scan => "list all files: idhooks scan",
        SectionKind::Uniqueness | SectionKind::Sync | SectionKind::Coverage => {
            "show the fixes: idhooks fix"
        }
        SectionKind::Trend => "list files without an identity: idhooks check coverage",
        SectionKind::Drift => "list them: idhooks drift",
        SectionKind::Deprecations => "list files with a deprecated identity: idhooks drift",
        SectionKind::Audit => "list the events of all commits: idhooks audit export --from-history",
        SectionKind::Deprecated => "purge them: idhooks purge --deprecated-before 90d --dry-run",
        SectionKind::Capacity => "assign another namespace or TYPE to such files in idhooks.toml",
        SectionKind::Purge => {
            "the purge is staged: review it with 'git diff --cached', then commit it"
        }
        SectionKind::Reconcile if section.facts.iter().any(|(name, _)| *name == "backup") => {
            "the branch had commits by others; list them: git log <backup> --not HEAD"
        }
        SectionKind::Reconcile => {
            "run the commands above; show them again: idhooks reconcile --commit --dry-run"
        }
        SectionKind::Velocity | SectionKind::Backups => return None,
    };
    Some(help.into())
}

/// Returns a report, including advice for each section, as Markdown and JSON.
pub fn format_scheduled_report(report: &ScheduledReport, helps: &[SectionHelp]) -> [String; 2] {
    let sections = || report.sections.iter().zip(helps.iter().map(Option::as_deref));
    let needs = report.needs();
    let (verdict, result) = match needs.is_empty() {
        // The refusal comes first: a refused run has no findings, but must not look as if nothing
        // needed attention.
        _ if report.is_refused => ("**The run was refused.**".to_owned(), "failed"),
        true => ("Nothing needs attention.".to_owned(), "fine"),
        false => (format!("**Needs attention:** {}.", needs.join(", ")), "findings"),
    };
    let mut out = format!("# Identities, {} report of {}\n\n", report.job, report.day);
    // The name comes from a directory, so it may contain markup.
    let name = escaped(&report.repository);
    out.push_str(&format!("{name}, commit {}, {}. {verdict}\n", report.commit, report.at));
    sections().for_each(|(section, help)| out.push_str(&markdown(section, help)));
    let json = document(&ReportDocument {
        job: report.job,
        at: report.at,
        repository: &report.repository,
        commit: &report.commit,
        result,
        sections: sections().map(|(section, help)| json(section, help)).collect(),
    });
    [out, json]
}

fn json<'r>(section: &'r Section, help: Option<&'r str>) -> SectionDocument<'r> {
    let value = |fact: &SectionFact| match fact {
        SectionFact::Count(count) => raw(count.to_string()),
        SectionFact::Number(number) => raw(format!("{number:.6}")),
        SectionFact::Text(text) => to_raw_value(text).expect("text is JSON"),
        SectionFact::Unknown => raw("null".to_owned()),
    };
    let row = |cells: &'r Vec<String>| {
        SectionRow(section.columns.iter().copied().zip(cells.iter().map(String::as_str)).collect())
    };
    SectionDocument {
        name: section.kind,
        title: section.kind.title(),
        is_well: section.is_well,
        facts: section.facts.iter().map(|(name, fact)| (*name, value(fact))).collect(),
        items: section.rows.iter().map(row).collect(),
        help,
    }
}

fn markdown(section: &Section, help: Option<&str>) -> String {
    let mut out = format!("\n## {}\n\n", section.kind.title());
    if !section.facts.is_empty() {
        out.push_str("| | |\n|---|---|\n");
    }
    for (name, fact) in &section.facts {
        let value = match fact {
            SectionFact::Count(count) => count.to_string(),
            SectionFact::Number(number) => format!("{number:.2}"),
            SectionFact::Text(text) => escaped(text),
            SectionFact::Unknown => "unknown".to_owned(),
        };
        out.push_str(&format!("| {} | {value} |\n", name.replace('_', " ")));
    }
    if !section.rows.is_empty() {
        let names: Vec<String> =
            section.columns.iter().map(|name| name.replace('_', " ")).collect();
        let rule = "---|".repeat(names.len());
        out.push_str(&format!("\n| {} |\n|{rule}\n", names.join(" | ")));
    }
    for cells in section.rows.iter().take(MAX_ROWS) {
        let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
        out.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    if let Some(more) = section.rows.len().checked_sub(MAX_ROWS).filter(|more| *more > 0) {
        out.push_str(&format!("\n… and {more} more.\n"));
    }
    if let Some(help) = help {
        out.push_str(&format!("\nWhat to do: {}\n", escaped(help)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_and_json_agree() {
        let section = Section {
            is_well: false,
            facts: vec![
                ("with_ids", SectionFact::Count(3)),
                ("pace", SectionFact::Number(0.5)),
                ("full_on", SectionFact::Unknown),
            ],
            columns: vec!["path"],
            rows: vec![vec!["a|b\n".to_owned()]; MAX_ROWS + 1],
            ..Section::new(SectionKind::Sync)
        };
        let report = ScheduledReport {
            job: Job::Nightly,
            at: "2026-11-21T01:00:00Z".parse().expect("valid"),
            day: "2026-11-21".to_owned(),
            is_refused: false,
            repository: "wo_rk".to_owned(),
            commit: "abc".to_owned(),
            sections: vec![Section::new(SectionKind::Scan), section],
        };
        let [markdown, json] = format_scheduled_report(&report, &[None, None]);
        let head = "# Identities, nightly report of 2026-11-21\n\nwo\\_rk, commit abc, 2026-11-21T01:00:00Z. **Needs attention:** Sync.\n\n## Scan\n\n\n## Sync\n\n| | |\n|---|---|\n| with ids | 3 |\n| pace | 0.50 |\n| full on | unknown |\n\n| path |\n|---|\n| a\\|b  |\n";
        assert!(markdown.starts_with(head), "{markdown}");
        assert!(markdown.ends_with("| a\\|b  |\n\n… and 1 more.\n"), "{markdown}");
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json["sections"][1]["items"].as_array().map(Vec::len), Some(MAX_ROWS + 1));
        assert_eq!(json["sections"][1]["facts"]["with_ids"], 3);
        assert_eq!(json["result"], "findings");
    }
}
