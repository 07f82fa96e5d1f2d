//! The figures of a registry and a legacy file that are both written.

use idhooks_ops::DualWriteState;
use idhooks_repo::derived::legacy::LegacyTally;
use idhooks_repo::store::{WriteCounter, WriteCounts};

use super::figure::{Figure, FigureKind, Sample};
use super::measure::{Metric, number};

/// The measurements of a registry and its legacy file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DualWriteMeasures {
    /// Whether the configuration has commits keep the legacy file in step.
    pub is_enabled: bool,
    /// The number of differences, if it is enabled.
    pub discrepancies: Option<usize>,
    /// How far the migration is, from 0 to 1, if that is known.
    pub progress: Option<f64>,
    /// The records of both sides, if it is enabled and they can be compared.
    pub records: Option<LegacyTally>,
}

impl From<&DualWriteState> for DualWriteMeasures {
    fn from(both: &DualWriteState) -> Self {
        DualWriteMeasures {
            is_enabled: both.switch.is_on,
            discrepancies: both.discrepancies(),
            progress: both.progress(),
            records: both.tally(),
        }
    }
}

/// Returns the figures of a registry and its legacy file, with the counters of the clone.
pub fn dual_write_figures(measures: &DualWriteMeasures, counts: &WriteCounts) -> Vec<Figure> {
    let labelled = |metric: Metric, kind, label, values: Vec<(&str, f64)>| {
        let sample = |(name, value): (&str, f64)| Sample::of(vec![(label, name.to_owned())], value);
        metric.labelled(kind, values.into_iter().map(sample).collect())
    };
    let [succeeded, failed] = [WriteCounter::DualWriteSucceeded, WriteCounter::DualWriteFailed]
        .map(|counter| counts.get(counter));
    let written = vec![("success", succeeded as f64), ("failed", failed as f64)];
    let bucket =
        |(counter, ms): (WriteCounter, u32)| (f64::from(ms) / 1_000.0, counts.get(counter));
    let seconds = counts.get(WriteCounter::DualWriteMicros) as f64 / 1_000_000.0;
    let mut all = vec![
        Metric::DualWriteEnabled.plain(f64::from(u8::from(measures.is_enabled))),
        labelled(Metric::DualWrites, FigureKind::Counter, "status", written),
        Metric::DualWriteSeconds.histogram(
            &WriteCounter::DUAL_WRITES.map(bucket),
            succeeded.saturating_add(failed),
            seconds,
        ),
    ];
    all.extend(measures.discrepancies.map(|count| Metric::DualWriteDiscrepancies.counted(count)));
    all.extend(measures.progress.map(|ratio| Metric::MigrationProgress.plain(ratio)));
    if let Some(records) = &measures.records {
        let states = records.states().map(|(state, count)| (state, number(count)));
        all.push(labelled(Metric::MigrationRecords, FigureKind::Gauge, "state", states.into()));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_compared_is_left_out() {
        let counts = WriteCounts::default();
        let measures = DualWriteMeasures {
            is_enabled: true,
            discrepancies: Some(1),
            progress: None,
            records: None,
        };
        let names = |measures: &DualWriteMeasures| {
            let figures = dual_write_figures(measures, &counts);
            figures.iter().map(|figure| figure.name).collect::<Vec<_>>()
        };
        assert_eq!(names(&measures).len(), 4);
        let off = DualWriteMeasures { is_enabled: false, discrepancies: None, ..measures };
        assert_eq!(names(&off).len(), 3);
        let records = LegacyTally { in_step: 3, only_registry: 1, ..LegacyTally::default() };
        let (progress, records) = (Some(records.progress()), Some(records));
        let measures = DualWriteMeasures { progress, records, ..measures };
        let figures = dual_write_figures(&measures, &counts);
        let (progress, states) = (&figures[4], &figures[5]);
        assert!((progress.samples[0].value - 0.75).abs() < 1e-12);
        let values: Vec<f64> = states.samples.iter().map(|sample| sample.value).collect();
        assert_eq!(values, [3.0, 0.0, 1.0, 0.0]);
        let seconds = &figures[2].samples;
        assert_eq!(seconds[0].labels, [("le", "0.005".to_owned())]);
    }
}
