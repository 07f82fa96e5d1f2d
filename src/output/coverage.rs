//! Formats coverage as JSON.

use std::collections::BTreeMap;

use idhooks_core::check::{Coverage, Point, ratio};
use idhooks_report::metrics::Group;
use serde::Serialize;

use super::json;

#[derive(Serialize)]
struct CoverageDocument<'d> {
    #[serde(flatten)]
    counts: CoverageCounts,
    by: Option<&'d str>,
    groups: Vec<CoverageRow<'d>>,
}

/// The coverage of a group or a day.
#[derive(Serialize)]
struct CoverageRow<'r> {
    #[serde(flatten)]
    subject: BTreeMap<&'r str, &'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'r str>,
    #[serde(flatten)]
    counts: CoverageCounts,
}

#[derive(Serialize)]
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

fn row<'r>(
    what: &'r str,
    name: &'r str,
    commit: Option<&'r str>,
    coverage: Coverage,
) -> CoverageRow<'r> {
    CoverageRow { subject: BTreeMap::from([(what, name)]), commit, counts: coverage.into() }
}

/// Returns the document of a coverage, and of its groups if requested.
pub fn coverage_json(coverage: Coverage, by: Option<&str>, groups: &[Group]) -> String {
    let groups = groups.iter().map(|group| row("name", &group.name, None, group.coverage));
    json::document(&CoverageDocument { counts: coverage.into(), by, groups: groups.collect() })
}

/// Returns the document of a coverage history.
pub fn points_json(points: &[Point]) -> String {
    let days = points.iter().map(|p| row("date", p.at.date(), Some(&p.commit), p.coverage));
    json::document_of("points", &days.collect::<Vec<_>>())
}

/// Returns the coverage of what has this name as an object, without a newline.
pub fn coverage_line(what: &str, name: &str, commit: Option<&str>, coverage: Coverage) -> String {
    json::text(&row(what, name, commit, coverage))
}
