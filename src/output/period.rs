//! What a period came to, as Markdown.

use crate::check::Coverage;
use crate::metrics::Group;

/// The figures of a period.
#[derive(Debug, Clone)]
pub struct Period {
    /// Its first day.
    pub from: String,
    /// Its last day.
    pub to: String,
    /// How it was before, if there was anything.
    pub before: Option<Coverage>,
    /// How it is at the end.
    pub after: Coverage,
    /// What happened, by name, and how often.
    pub deeds: Vec<(&'static str, usize)>,
    /// The parts of the files, by heading.
    pub parts: Vec<(&'static str, Vec<PartChange>)>,
    /// The name of the picture that lies beside the report.
    pub chart: Option<String>,
}

/// A part of the files, before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartChange {
    /// Its name.
    pub name: String,
    /// How it was, if it was there.
    pub before: Option<Coverage>,
    /// How it is, if it is still there.
    pub after: Option<Coverage>,
}

impl PartChange {
    /// Returns what became of groups, in the order of their names.
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
        for (name, count) in &self.deeds {
            out.push_str(&format!("| {name} | {count} |\n"));
        }
        if let Some(chart) = &self.chart {
            out.push_str(&format!("\n![coverage, day by day]({})\n", encoded(chart)));
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

/// Returns the name of a file as it may stand in a link.
fn encoded(name: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    name.bytes().fold(String::new(), |mut out, byte| {
        match is_plain(byte) {
            true => out.push(char::from(byte)),
            false => out.push_str(&format!("%{byte:02X}")),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_any_name() {
        assert_eq!(encoded("report.svg"), "report.svg");
        assert_eq!(encoded("a b)é.svg"), "a%20b%29%C3%A9.svg");
    }

    #[test]
    fn parts_that_came_and_went_are_told() {
        let group = |name: &str| Group {
            name: name.to_owned(),
            coverage: Coverage { files: 1, covered: 1 },
        };
        let changes = PartChange::between(&[group("b"), group("a")], &[group("b"), group("c")]);
        let told: Vec<_> = changes
            .iter()
            .map(|c| (c.name.as_str(), c.before.is_some(), c.after.is_some()))
            .collect();
        assert_eq!(told, [("a", true, false), ("b", true, true), ("c", false, true)]);
    }
}
