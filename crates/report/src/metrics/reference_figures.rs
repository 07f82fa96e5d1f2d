//! Metrics about references between files.

use idhooks_core::check::{Code, Drift, Finding};

use super::figure::{Figure, FigureKind, Sample};
use super::measure::{Metric, number};

/// Returns the number of references, and that of the findings about them with each code.
pub fn reference_figures(references: usize, findings: &[Finding]) -> [Figure; 2] {
    // Every code has a sample from the start, as for errors.
    let codes = Code::ALL.into_iter().filter(|code| code.row().drift == Drift::References);
    let sample = |code: Code| {
        let count = findings.iter().filter(|finding| finding.code == code).count();
        Sample::of(vec![("code", code.as_str().to_owned())], number(count))
    };
    [
        Metric::References.counted(references),
        Metric::ReferenceFindings.labelled(FigureKind::Gauge, codes.map(sample).collect()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_counted() {
        let codes = [Code::ReferenceUnknown, Code::StalePath, Code::ReferenceUnknown];
        let findings = codes.map(|code| Finding::new(code, "m", "h"));
        let [all, by_code] = reference_figures(7, &findings);
        assert!((all.samples[0].value - 7.0).abs() < 1e-12);
        assert_eq!(by_code.samples.len(), 6);
        let found = by_code.samples.iter().filter(|sample| sample.value > 0.0);
        let found: Vec<_> = found.map(|sample| (&*sample.labels[0].1, sample.value)).collect();
        assert_eq!(found, [("REFERENCE_UNKNOWN", 2.0)]);
    }
}
