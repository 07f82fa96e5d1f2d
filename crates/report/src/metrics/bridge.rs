//! Metrics about the service that translates identifiers.

use std::collections::BTreeMap;

use super::figure::{Figure, FigureKind, Sample};
use super::measure::Metric;

/// The histogram bounds for translation times, in seconds.
const TRANSLATE_BOUNDS: [f64; 7] = [0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1];

/// The service's counts since it started.
#[derive(Debug, Clone, Default)]
pub struct BridgeMeasures {
    /// The number of requests to each path.
    pub requests: BTreeMap<&'static str, u64>,
    /// The number of refused requests.
    pub refused: u64,
    /// The number of translations that took no longer than each bound.
    pub translate_buckets: [u64; 7],
    /// The number of translations.
    pub translations: u64,
    /// The total time the translations took, in seconds.
    pub translate_seconds: f64,
    /// The number of identifiers in each legacy format.
    pub legacy: BTreeMap<String, u64>,
    /// The number of legacy formats requested alongside their successors.
    pub mixed: usize,
    /// Whether the previous version of the map is in use because the one on disk is damaged.
    pub is_map_stale: bool,
}

impl BridgeMeasures {
    /// Counts a translation that took this many seconds.
    pub fn translated(&mut self, seconds: f64) {
        self.translations += 1;
        self.translate_seconds += seconds;
        // The buckets are cumulative, as in Prometheus: a time counts in every bucket it fits into.
        for (bound, count) in TRANSLATE_BOUNDS.iter().zip(&mut self.translate_buckets) {
            *count += u64::from(seconds <= *bound);
        }
    }
}

/// Returns the figures for legacy identifiers: the number of identifiers in each format, and the
/// number of these formats found alongside their successors. `source` says where they were found.
pub fn legacy_figures(legacy: &BTreeMap<String, u64>, mixed: usize, source: &str) -> [Figure; 2] {
    let sample = |(format, count): (&String, &u64)| {
        let labels = vec![("format", format.clone()), ("source", source.to_owned())];
        Sample::of(labels, *count as f64)
    };
    let mixed = Sample::of(vec![("source", source.to_owned())], mixed as f64);
    [
        Metric::LegacyIds.labelled(FigureKind::Counter, legacy.iter().map(sample).collect()),
        Metric::MixedFormats.labelled(FigureKind::Gauge, vec![mixed]),
    ]
}

/// Returns the service's figures.
pub fn bridge_figures(measures: &BridgeMeasures) -> Vec<Figure> {
    let request = |(place, count): (&&'static str, &u64)| {
        Sample::of(vec![("endpoint", (*place).to_owned())], *count as f64)
    };
    let requests = measures.requests.iter().map(request).collect();
    let buckets: Vec<(f64, u64)> =
        TRANSLATE_BOUNDS.into_iter().zip(measures.translate_buckets).collect();
    let mut all = vec![
        Metric::BridgeRequests.labelled(FigureKind::Counter, requests),
        Metric::BridgeRefused.counter(measures.refused as f64),
        Metric::BridgeMapStale.flag(measures.is_map_stale),
        Metric::TranslateSeconds.histogram(
            &buckets,
            measures.translations,
            measures.translate_seconds,
        ),
    ];
    all.extend(legacy_figures(&measures.legacy, measures.mixed, "serve"));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_counted_up_to_their_bounds() {
        let mut measures = BridgeMeasures::default();
        measures.translated(0.000_2);
        measures.translated(0.02);
        let figures = bridge_figures(&measures);
        let seconds = figures.iter().find(|f| f.name == "identity_translate_seconds");
        let samples = &seconds.expect("a figure").samples;
        let values: Vec<f64> = samples.iter().map(|sample| sample.value).collect();
        assert_eq!(values[..9], [0.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 0.020_2]);
        assert_eq!(samples[0].labels, [("le", "0.0001".to_owned())]);
    }
}
