//! Formats metrics for monitoring: as Prometheus and OpenMetrics text, JSON, and rows.
//!
//! Both text formats use a few lines per metric. They differ in the names of info metrics, the
//! escaping of help texts, and the last line.

use idhooks_core::registry::Timestamp;
use idhooks_ops::CommitId;
use idhooks_report::metrics::{Figure, FigureKind, Sample};
use idhooks_report::net::ContentType;
use serde::Serialize;

use crate::output::json;

/// Returns metrics as text for scraping: in OpenMetrics 1.0 if that is the content type, otherwise
/// in the Prometheus text format 0.0.4.
pub fn exposition(figures: &[Figure], kind: ContentType) -> String {
    let mut out = String::new();
    let is_open = kind == ContentType::OpenMetrics;
    for figure in figures {
        let (name, kind) = match figure.kind {
            FigureKind::Info if is_open => (figure.name.trim_end_matches("_info"), figure.kind),
            FigureKind::Counter if is_open => (figure.name.trim_end_matches("_total"), figure.kind),
            // Prometheus has no info type, so an info becomes a gauge that is always 1.
            FigureKind::Info => (figure.name, FigureKind::Gauge),
            kind => (figure.name, kind),
        };
        let help = escaped(figure.help, is_open);
        out.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
        for sample in &figure.samples {
            let name = format!("{}{}", figure.name, sample.suffix);
            out.push_str(&format!("{name}{} {}\n", labels(sample), sample.value));
        }
    }
    out + if is_open { "# EOF\n" } else { "" }
}

fn labels(sample: &Sample) -> String {
    let label = |(name, value): &(&str, String)| format!("{name}=\"{}\"", escaped(value, true));
    let labels: Vec<String> = sample.labels.iter().map(label).collect();
    if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) }
}

fn escaped(text: &str, is_quoted: bool) -> String {
    let text = text.replace('\\', "\\\\").replace('\n', "\\n");
    if is_quoted { text.replace('"', "\\\"") } else { text }
}

#[derive(Serialize)]
struct MetricsDocument<'m> {
    at: Timestamp,
    commit: Option<CommitId>,
    metrics: &'m [Figure],
}

/// Returns metrics as a JSON document.
pub fn figures_json(metrics: &[Figure], at: Timestamp, commit: Option<CommitId>) -> String {
    json::document(&MetricsDocument { at, commit, metrics })
}

/// Returns a row for each value, with its name, its labels in the same form as in the text formats,
/// and the value.
pub fn figure_rows(figures: &[Figure]) -> Vec<[String; 3]> {
    let rows = figures.iter().flat_map(|figure| {
        let row = |sample: &Sample| {
            let labels = labels(sample);
            let labels = labels.trim_start_matches('{').trim_end_matches('}').to_owned();
            [format!("{}{}", figure.name, sample.suffix), labels, sample.value.to_string()]
        };
        figure.samples.iter().map(row)
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures() -> [Figure; 2] {
        let hostile = "a\\b \"c\"\nd".to_owned();
        let sample = Sample::of(vec![("code", hostile), ("ns", "1".into())], 0.5);
        let more = Sample::of(vec![("code", "x".into())], 3.0);
        let [plain, info] =
            [("identity_x", FigureKind::Gauge), ("identity_y_info", FigureKind::Info)];
        [
            Figure { name: plain.0, help: "A \"b\"\\\n", kind: plain.1, samples: vec![sample] },
            Figure { name: info.0, help: "Which", kind: info.1, samples: vec![more] },
        ]
    }

    #[test]
    fn each_format_has_its_own_rules() {
        assert_eq!(
            exposition(&figures(), ContentType::Prometheus),
            "# HELP identity_x A \"b\"\\\\\\n\n# TYPE identity_x gauge\n\
             identity_x{code=\"a\\\\b \\\"c\\\"\\nd\",ns=\"1\"} 0.5\n\
             # HELP identity_y_info Which\n# TYPE identity_y_info gauge\n\
             identity_y_info{code=\"x\"} 3\n"
        );
        assert_eq!(
            exposition(&figures(), ContentType::OpenMetrics),
            "# HELP identity_x A \\\"b\\\"\\\\\\n\n# TYPE identity_x gauge\n\
             identity_x{code=\"a\\\\b \\\"c\\\"\\nd\",ns=\"1\"} 0.5\n\
             # HELP identity_y Which\n# TYPE identity_y info\n\
             identity_y_info{code=\"x\"} 3\n# EOF\n"
        );
    }
}
