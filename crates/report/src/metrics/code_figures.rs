//! Metrics about identifiers in code.

use idhooks_ops::{ClassCount, CodeState, TallyBy, ViolationLabels, count_violations};

use super::bridge::legacy_figures;
use super::figure::{Figure, FigureKind, Sample};
use super::measure::{Metric, number};

/// The label names for violations.
const VIOLATION_LABELS: [&str; 4] = ["service", "category", "priority", "kind"];

/// Returns the figures for identifiers in code.
pub fn code_figures(code: &CodeState) -> Vec<Figure> {
    let violation = |(labels, count): (ViolationLabels, usize)| {
        let labels = VIOLATION_LABELS.into_iter().zip(labels).collect();
        Sample::of(labels, number(count))
    };
    let by_service = |whole: f64| {
        let sample = |(name, count): (&String, &ClassCount)| {
            let clean = count.files - count.files_with_findings;
            // If a service has no files, there is nothing left to migrate.
            let share = if count.files == 0 { 1.0 } else { number(clean) / number(count.files) };
            Sample::of(vec![("service", name.clone())], whole * share)
        };
        let services = code.tally.by.get(&TallyBy::Service).into_iter().flatten();
        services.map(sample).collect::<Vec<_>>()
    };
    let violations = count_violations(&code.findings).into_iter().map(violation).collect();
    let mut figures = vec![
        Metric::LintFiles.counted(code.tally.total.files),
        Metric::LintViolations.labelled(FigureKind::Gauge, violations),
        Metric::LintScore.labelled(FigureKind::Gauge, by_service(100.0)),
        Metric::LintTotalScore.plain(code.tally.score()),
        Metric::MigrationCompletion.labelled(FigureKind::Gauge, by_service(1.0)),
    ];
    // Without legacy formats, these series would always be zero.
    if !code.legacy.is_empty() {
        let identifiers = code.legacy.iter().map(|f| (f.format.clone(), f.identifiers)).collect();
        let mixed = code.legacy.iter().filter(|format| !format.mixed_in.is_empty()).count();
        figures.extend(legacy_figures(&identifiers, mixed, "code"));
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::*;
    use idhooks_core::check::{Code, CodeClass, Finding, FindingPlace};
    use idhooks_ops::LegacyUse;

    fn values(figures: &[Figure], name: &str) -> Vec<f64> {
        let figure = figures.iter().find(|figure| figure.name == name).expect("a figure");
        figure.samples.iter().map(|sample| sample.value).collect()
    }

    #[test]
    fn a_service_is_complete_when_none_of_its_files_has_findings() {
        let class = CodeClass {
            kind: "method_call".to_owned(),
            category: "auth".to_owned(),
            service: "auth".to_owned(),
            priority: "critical".to_owned(),
        };
        let place = FindingPlace { line: 1, column: 1, code: Some(class) };
        let finding =
            Finding { place: Some(place.into()), ..Finding::new(Code::IdFormat, "m", "h") };
        let files = |files, files_with_findings| ClassCount {
            files,
            files_with_findings,
            ..ClassCount::default()
        };
        let services = [("auth".to_owned(), files(4, 3)), ("web".to_owned(), files(1, 0))];
        let mut code = CodeState { findings: vec![finding; 7], ..CodeState::default() };
        code.tally.total = files(5, 3);
        code.tally.by.insert(TallyBy::Service, services.into());
        let figures = code_figures(&code);
        assert_eq!(values(&figures, "identity_lint_files"), [5.0]);
        assert_eq!(values(&figures, "identity_lint_violations"), [7.0]);
        assert_eq!(values(&figures, "identity_lint_score"), [25.0, 100.0]);
        assert_eq!(values(&figures, "identity_lint_total_score"), [code.tally.score()]);
        assert_eq!(values(&figures, "identity_migration_completion_ratio"), [0.25, 1.0]);
        assert!(figures.iter().all(|figure| !figure.name.contains("legacy")));
        code.legacy = vec![LegacyUse {
            format: "old".to_owned(),
            identifiers: 3,
            successors: Vec::new(),
            mixed_in: ["auth".to_owned()].into(),
        }];
        let figures = code_figures(&code);
        assert_eq!(values(&figures, "identity_legacy_ids_total"), [3.0]);
        assert_eq!(values(&figures, "identity_mixed_formats"), [1.0]);
    }
}
