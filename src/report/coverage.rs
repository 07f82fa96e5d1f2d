//! Formats coverage as JSON and table rows, and the report for a period as Markdown.

use std::collections::BTreeMap;

use idhooks_core::check::{Coverage, Point, ratio};
use idhooks_ops::CoverageGroup;
use idhooks_report::reports::{CoveragePeriod, PartChange};
use serde::Serialize;

use crate::output::{json, percent_encoded};

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
    /// Returns the coverage of the group with this name.
    pub fn new(what: &'r str, name: &'r str, commit: Option<&'r str>, coverage: Coverage) -> Self {
        CoverageRow { subject: BTreeMap::from([(what, name)]), commit, counts: coverage.into() }
    }

    /// Returns the coverage of a group; `what` names the kind of group.
    pub fn of_group(what: &'r str, group: &'r CoverageGroup) -> Self {
        CoverageRow::new(what, &group.name, None, group.coverage)
    }

    /// Returns the table cells for this row.
    pub fn cells(&self) -> Vec<String> {
        let names = self.subject.values().copied().chain(self.commit).map(str::to_owned);
        let CoverageCounts { coverage, counts: Coverage { files, covered } } = self.counts;
        names.chain([coverage.to_string(), files.to_string(), covered.to_string()]).collect()
    }
}

/// Returns the document for the given coverage, including its groups if requested.
pub fn coverage_json(coverage: Coverage, by: Option<&str>, groups: &[CoverageGroup]) -> String {
    let groups = groups.iter().map(|group| CoverageRow::of_group("name", group)).collect();
    json::document(&CoverageDocument { counts: coverage.into(), by, groups })
}

/// Returns the report for a period; `chart` is the name of a chart file in the same directory.
pub fn period_markdown(period: &CoveragePeriod, chart: Option<&str>) -> String {
    let (from, to) = (period.since.date(), period.until.date());
    let mut out = format!("# Identities, {from} to {to}\n\n");
    out.push_str("| | |\n|---|---|\n");
    out.push_str(&format!("| coverage before | {} |\n", shown(period.before)));
    out.push_str(&format!("| coverage at the end | {} |\n", period.after));
    for (name, count) in &period.events {
        out.push_str(&format!("| {name} | {count} |\n"));
    }
    if let Some(chart) = chart {
        out.push_str(&format!(
            "\n![coverage, day by day]({})\n",
            // A space or bracket in the name would break the link.
            percent_encoded(chart.as_bytes(), b"-._")
        ));
    }
    for (heading, changes) in &period.parts {
        out.push_str(&format!("\n## By {heading}\n\n| {heading} | before | at the end |\n"));
        out.push_str("|---|---|---|\n");
        for PartChange { name, before, after } in changes {
            out.push_str(&format!("| {name} | {} | {} |\n", shown(*before), shown(*after)));
        }
    }
    out
}

fn shown(coverage: Option<Coverage>) -> String {
    coverage.map_or_else(|| "none".to_owned(), |coverage| coverage.to_string())
}
