//! Formats coverage as JSON and as rows of a table, and the report of a period as Markdown.

use std::collections::BTreeMap;

use idhooks_core::check::{Coverage, Point, ratio};
use idhooks_ops::CoverageGroup;
use serde::Serialize;

use super::{json, text::percent_encoded};

#[derive(Serialize)]
struct CoverageDocument<'d> {
    #[serde(flatten)]
    counts: CoverageCounts,
    by: Option<&'d str>,
    groups: Vec<CoverageRow<'d>>,
}

/// The coverage of a group or a day.
#[derive(Debug, Serialize)]
pub struct CoverageRow<'r> {
    #[serde(flatten)]
    subject: BTreeMap<&'r str, &'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'r str>,
    #[serde(flatten)]
    counts: CoverageCounts,
}

#[derive(Debug, Serialize)]
struct CoverageCounts {
    coverage: f64,
    #[serde(flatten)]
    counts: Coverage,
}

impl From<Coverage> for CoverageCounts {
    fn from(counts: Coverage) -> Self {
        CoverageCounts { coverage: ratio(counts), counts }
    }
}

impl<'r> From<&'r Point> for CoverageRow<'r> {
    fn from(point: &'r Point) -> Self {
        CoverageRow::new("date", point.at.date(), Some(&point.commit), point.coverage)
    }
}

impl<'r> CoverageRow<'r> {
    /// Returns the coverage of what has this name.
    pub fn new(what: &'r str, name: &'r str, commit: Option<&'r str>, coverage: Coverage) -> Self {
        CoverageRow { subject: BTreeMap::from([(what, name)]), commit, counts: coverage.into() }
    }

    /// Returns the coverage of a group; `what` says what groups are.
    pub fn of_group(what: &'r str, group: &'r CoverageGroup) -> Self {
        CoverageRow::new(what, &group.name, None, group.coverage)
    }

    /// Returns the cells of a table.
    pub fn cells(&self) -> Vec<String> {
        let names = self.subject.values().copied().chain(self.commit).map(str::to_owned);
        let CoverageCounts { coverage, counts: Coverage { files, covered } } = self.counts;
        names.chain([coverage.to_string(), files.to_string(), covered.to_string()]).collect()
    }
}

/// Returns the document of a coverage, and of its groups if requested.
pub fn coverage_json(coverage: Coverage, by: Option<&str>, groups: &[CoverageGroup]) -> String {
    let groups = groups.iter().map(|group| CoverageRow::of_group("name", group)).collect();
    json::document(&CoverageDocument { counts: coverage.into(), by, groups })
}

/// The numbers of a period.
#[derive(Debug, Clone)]
pub struct Period {
    /// Its first day.
    pub from: String,
    /// Its last day.
    pub to: String,
    /// The coverage before, if there was any.
    pub before: Option<Coverage>,
    /// The coverage at the end.
    pub after: Coverage,
    /// The number of events of each kind.
    pub events: Vec<(&'static str, usize)>,
    /// The groups of files, by heading.
    pub parts: Vec<(&'static str, Vec<PartChange>)>,
    /// The name of the chart file beside the report.
    pub chart: Option<String>,
}

/// The coverage of a group of files, before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartChange {
    /// Its name.
    pub name: String,
    /// The coverage before, if the group existed.
    pub before: Option<Coverage>,
    /// The coverage after, if the group still exists.
    pub after: Option<Coverage>,
}

impl PartChange {
    /// Returns the changes of groups, sorted by name.
    pub fn between(before: &[CoverageGroup], after: &[CoverageGroup]) -> Vec<PartChange> {
        let mut names: Vec<&String> = before.iter().chain(after).map(|group| &group.name).collect();
        names.sort();
        names.dedup();
        let of = |groups: &[CoverageGroup], name: &String| {
            groups.iter().find(|group| group.name == *name).map(|group| group.coverage)
        };
        let change = |name: &String| PartChange {
            name: name.clone(),
            before: of(before, name),
            after: of(after, name),
        };
        names.into_iter().map(change).collect()
    }
}

impl Period {
    /// Returns the report.
    pub fn markdown(&self) -> String {
        let mut out = format!("# Identities, {} to {}\n\n", self.from, self.to);
        out.push_str("| | |\n|---|---|\n");
        out.push_str(&format!("| coverage before | {} |\n", shown(self.before)));
        out.push_str(&format!("| coverage at the end | {} |\n", self.after));
        for (name, count) in &self.events {
            out.push_str(&format!("| {name} | {count} |\n"));
        }
        if let Some(chart) = &self.chart {
            out.push_str(&format!(
                "\n![coverage, day by day]({})\n",
                percent_encoded(chart.as_bytes(), b"-._")
            ));
        }
        for (heading, changes) in &self.parts {
            out.push_str(&format!("\n## By {heading}\n\n| {heading} | before | at the end |\n"));
            out.push_str("|---|---|---|\n");
            for PartChange { name, before, after } in changes {
                out.push_str(&format!("| {name} | {} | {} |\n", shown(*before), shown(*after)));
            }
        }
        out
    }
}

fn shown(coverage: Option<Coverage>) -> String {
    coverage.map_or_else(|| "none".to_owned(), |coverage| coverage.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_and_removed_groups_are_listed() {
        let group = |name: &str| CoverageGroup {
            name: name.to_owned(),
            coverage: Coverage { files: 1, covered: 1 },
        };
        let changes = PartChange::between(&[group("b"), group("a")], &[group("b"), group("c")]);
        let changes_by_name: Vec<_> = changes
            .iter()
            .map(|c| (c.name.as_str(), c.before.is_some(), c.after.is_some()))
            .collect();
        assert_eq!(changes_by_name, [("a", true, false), ("b", true, true), ("c", false, true)]);
    }
}
