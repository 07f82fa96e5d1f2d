//! Metrics for dual write, which keeps a registry and a legacy file in step.

use idhooks_ops::DualWriteState;
use idhooks_repo::store::{WriteCounter, WriteCounts};

use super::figure::{Figure, FigureKind, Sample};
use super::measure::{Metric, number};

/// Returns the figures for a registry and its legacy file, including the clone's counters.
pub fn dual_write_figures(both: &DualWriteState, counts: &WriteCounts) -> Vec<Figure> {
    let labelled = |metric: Metric, kind, label, values: Vec<(&str, f64)>| {
        let sample = |(name, value): (&str, f64)| Sample::of(vec![(label, name.to_owned())], value);
        metric.labelled(kind, values.into_iter().map(sample).collect())
    };
    let [succeeded, failed] = [WriteCounter::DualWriteSucceeded, WriteCounter::DualWriteFailed]
        .map(|counter| counts.get(counter));
    let written = vec![("success", succeeded as f64), ("failed", failed as f64)];
    let bucket =
        |(counter, ms): (WriteCounter, u32)| (f64::from(ms) / 1_000.0, counts.get(counter));
    // The total is counted in microseconds, because many writes take less than a millisecond.
    let seconds = counts.get(WriteCounter::DualWriteMicros) as f64 / 1_000_000.0;
    let mut all = vec![
        Metric::DualWriteEnabled.flag(both.switch.is_on),
        labelled(Metric::DualWrites, FigureKind::Counter, "status", written),
        Metric::DualWriteSeconds.histogram(
            &WriteCounter::DUAL_WRITES.map(bucket),
            succeeded.saturating_add(failed),
            seconds,
        ),
    ];
    // There is no value if the two cannot be compared: zero would mean that they are equal.
    all.extend(both.discrepancies().map(|count| Metric::DualWriteDiscrepancies.counted(count)));
    all.extend(both.progress().map(|ratio| Metric::MigrationProgress.plain(ratio)));
    if let Some(records) = both.tally() {
        let states = records.states().map(|(state, count)| (state, number(count)));
        all.push(labelled(Metric::MigrationRecords, FigureKind::Gauge, "state", states.into()));
    }
    all
}

#[cfg(test)]
mod tests {
    use idhooks_core::config::DualWrite;
    use idhooks_ops::DualWriteSwitch;
    use idhooks_repo::derived::legacy::{LegacyState, LegacyTally};

    use super::*;

    fn state(is_on: bool, compared: Option<(LegacyState, Option<LegacyTally>)>) -> DualWriteState {
        let switch = DualWriteSwitch { is_on, variable: None, invalid: None };
        let rules = DualWrite::default();
        DualWriteState { rules, switch, compared, phase: None, step_progress: None }
    }

    #[test]
    fn what_cannot_be_compared_is_left_out() {
        let counts = WriteCounts::default();
        let names = |both: &DualWriteState| {
            let figures = dual_write_figures(both, &counts);
            figures.iter().map(|figure| figure.name).collect::<Vec<_>>()
        };
        assert_eq!(names(&state(true, Some((LegacyState::Missing, None)))).len(), 4);
        assert_eq!(names(&state(false, None)).len(), 3);
        let records = LegacyTally { in_step: 3, only_registry: 1, ..LegacyTally::default() };
        let both = state(true, Some((LegacyState::Differs(Vec::new()), Some(records))));
        let figures = dual_write_figures(&both, &counts);
        let (progress, states) = (&figures[4], &figures[5]);
        assert!((progress.samples[0].value - 0.75).abs() < 1e-12);
        let values: Vec<f64> = states.samples.iter().map(|sample| sample.value).collect();
        assert_eq!(values, [3.0, 0.0, 1.0, 0.0]);
        let seconds = &figures[2].samples;
        assert_eq!(seconds[0].labels, [("le", "0.005".to_owned())]);
    }
}
