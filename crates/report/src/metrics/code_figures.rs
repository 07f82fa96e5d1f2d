//! The figures of identifiers in code, and what may be an alert about them.

use std::collections::BTreeMap;

use idhooks_core::check::Finding;

use super::bridge::legacy_figures;
use super::figure::{Figure, FigureKind, Sample};
use super::measure::{Metric, number};

/// The names of the labels of violations.
const VIOLATION_LABELS: [&str; 4] = ["service", "category", "priority", "kind"];

/// What was measured of identifiers in code.
#[derive(Debug, Clone, PartialEq)]
pub struct CodeMeasures {
    /// The number of files that were checked.
    pub files: usize,
    /// The score of all of them, in percent.
    pub score: f64,
    /// The number of findings of each service, category, priority and kind.
    pub violations: BTreeMap<[String; 4], usize>,
    /// The number of files of each service, and of those without findings.
    pub services: BTreeMap<String, (usize, usize)>,
    /// The formats of the past, if any are declared.
    pub legacy: Option<LegacyMeasures>,
}

/// What was measured of formats of the past.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LegacyMeasures {
    /// The number of identifiers of each.
    pub identifiers: BTreeMap<String, u64>,
    /// How many of them a service uses together with what replaces them.
    pub mixed: usize,
}

/// What may be an alert about identifiers in code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeSigns {
    /// The findings of what is of the past, in files of critical priority.
    pub legacy_in_critical: Vec<Finding>,
    /// The formats of the past that a service uses together with what replaces them, in words.
    pub mixed: Vec<String>,
}

/// Returns the figures of identifiers in code.
pub fn code_figures(measures: &CodeMeasures) -> Vec<Figure> {
    let violation = |(labels, count): (&[String; 4], &usize)| {
        let labels = VIOLATION_LABELS.into_iter().zip(labels.iter().cloned()).collect();
        Sample::of(labels, number(*count))
    };
    let by_service = |value: fn(f64) -> f64| {
        let sample = |(name, (files, clean)): (&String, &(usize, usize))| {
            let share = if *files == 0 { 1.0 } else { number(*clean) / number(*files) };
            Sample::of(vec![("service", name.clone())], value(share))
        };
        measures.services.iter().map(sample).collect::<Vec<_>>()
    };
    let violations = measures.violations.iter().map(violation).collect();
    let mut figures = vec![
        Metric::LintFiles.plain(number(measures.files)),
        Metric::LintViolations.labelled(FigureKind::Gauge, violations),
        Metric::LintScore.labelled(FigureKind::Gauge, by_service(|share| 100.0 * share)),
        Metric::LintTotalScore.plain(measures.score),
        Metric::MigrationCompletion.labelled(FigureKind::Gauge, by_service(|share| share)),
    ];
    if let Some(LegacyMeasures { identifiers, mixed }) = &measures.legacy {
        figures.extend(legacy_figures(identifiers, *mixed, "code"));
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(figures: &[Figure], name: &str) -> Vec<f64> {
        let figure = figures.iter().find(|figure| figure.name == name).expect("a figure");
        figure.samples.iter().map(|sample| sample.value).collect()
    }

    #[test]
    fn a_service_is_complete_when_none_of_its_files_has_findings() {
        let labels = ["auth", "auth", "critical", "method_call"].map(str::to_owned);
        let mut measures = CodeMeasures {
            files: 5,
            score: 62.5,
            violations: BTreeMap::from([(labels, 7)]),
            services: BTreeMap::from([("auth".to_owned(), (4, 1)), ("web".to_owned(), (1, 1))]),
            legacy: None,
        };
        let figures = code_figures(&measures);
        assert_eq!(values(&figures, "identity_lint_files"), [5.0]);
        assert_eq!(values(&figures, "identity_lint_violations"), [7.0]);
        assert_eq!(values(&figures, "identity_lint_score"), [25.0, 100.0]);
        assert_eq!(values(&figures, "identity_lint_total_score"), [62.5]);
        assert_eq!(values(&figures, "identity_migration_completion_ratio"), [0.25, 1.0]);
        assert!(figures.iter().all(|figure| !figure.name.contains("legacy")));
        let identifiers = BTreeMap::from([("old".to_owned(), 3)]);
        measures.legacy = Some(LegacyMeasures { identifiers, mixed: 1 });
        let figures = code_figures(&measures);
        assert_eq!(values(&figures, "identity_legacy_ids_total"), [3.0]);
        assert_eq!(values(&figures, "identity_mixed_formats"), [1.0]);
    }
}
