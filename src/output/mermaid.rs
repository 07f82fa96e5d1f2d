//! Draws references between files as a Mermaid flowchart.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::registry::{Status, safe};
use idhooks_ops::{ListedReference, NamedRecord};

/// Returns a flowchart with an arrow from each file to each file that it refers to.
pub fn reference_graph(references: &[ListedReference]) -> String {
    let mut nodes: BTreeMap<String, usize> = BTreeMap::new();
    let mut arrows: BTreeSet<[usize; 2]> = BTreeSet::new();
    for reference in references {
        let mut node = |label: String| {
            let next = nodes.len();
            *nodes.entry(label).or_insert(next)
        };
        let from = node(reference.path.to_string());
        arrows.insert([from, node(target_label(reference))]);
    }
    let mut labels: Vec<(usize, String)> =
        nodes.into_iter().map(|(label, node)| (node, label)).collect();
    labels.sort_unstable();
    let mut text = "graph LR\n".to_owned();
    for (node, label) in labels {
        text += &format!("  n{node}[\"{}\"]\n", quoted(&label));
    }
    for [from, to] in arrows {
        text += &format!("  n{from} --> n{to}\n");
    }
    text
}

/// Returns the label of the file that a reference names.
fn target_label(ListedReference { target, named, .. }: &ListedReference) -> String {
    match named {
        Some(NamedRecord { path, status: Status::Active, .. }) => path.to_string(),
        Some(NamedRecord { path, status, .. }) => format!("{path} ({status})"),
        None => format!("{target} (unknown)"),
    }
}

/// Returns text for a label in quotes. Everything that Mermaid, Markdown or HTML could read as more
/// than text becomes a numbered entity.
fn quoted(label: &str) -> String {
    let mut text = String::new();
    for c in safe(label).chars() {
        match c.is_alphanumeric() || " ./-_()".contains(c) {
            true => text.push(c),
            false => text += &format!("#{};", u32::from(c)),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_only_text() {
        assert_eq!(quoted("docs/a b-c_d.md (deprecated)"), "docs/a b-c_d.md (deprecated)");
        assert_eq!(
            quoted("\"]; x[`<b>`]#quot;&amp;"),
            "#34;#93;#59; x#91;#96;#60;b#62;#96;#93;#35;quot#59;#38;amp#59;"
        );
        assert_eq!(quoted("a\nb\u{1b}[1m"), "a#92;nb#92;u#123;1b#125;#91;1m");
        assert_eq!(quoted("é日"), "é日");
    }
}
