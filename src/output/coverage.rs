//! Formats coverage as JSON.

use idhooks_core::check::{Coverage, Point, ratio};
use idhooks_core::registry::Json;
use idhooks_core::registry::json::Members;
use idhooks_report::metrics::Group;

use super::json;

/// Returns the document of a coverage, and of its groups if requested.
pub fn coverage_json(coverage: Coverage, by: Option<&str>, groups: &[Group]) -> String {
    json::document(|top| {
        count(top, coverage);
        json::optional(top.key("by"), by);
        json::lines(top.key("groups"), groups, |out, group| {
            json::object(out, |members| {
                members.string("name", &group.name);
                count(members, group.coverage);
            });
        });
    })
}

/// Returns the document of a coverage history.
pub fn points_json(points: &[Point]) -> String {
    json::document(|top| {
        json::lines(top.key("points"), points, |out, point| {
            out.push_str(&point_line(point.at.date(), Some(&point.commit), point.coverage));
        });
    })
}

/// Returns one day of a history as an object, without a newline.
pub fn point_line(date: &str, commit: Option<&str>, coverage: Coverage) -> String {
    let mut out = String::new();
    json::object(&mut out, |members| {
        members.string("date", date);
        if let Some(commit) = commit {
            members.string("commit", commit);
        }
        count(members, coverage);
    });
    out
}

fn count(members: &mut Members<'_>, coverage: Coverage) {
    members.member("coverage", &Json::Number(ratio(coverage)));
    members.member("total_files", &Json::Number(coverage.files.to_string()));
    members.member("with_ids", &Json::Number(coverage.covered.to_string()));
}
