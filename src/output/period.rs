//! Formats the coverage report of a period as Markdown.

use idhooks_core::check::Coverage;
use idhooks_report::metrics::Group;

use super::text::percent_encoded;

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
    pub fn between(before: &[Group], after: &[Group]) -> Vec<PartChange> {
        let mut names: Vec<&String> = before.iter().chain(after).map(|group| &group.name).collect();
        names.sort();
        names.dedup();
        let of = |groups: &[Group], name: &String| {
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
        let group = |name: &str| Group {
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
