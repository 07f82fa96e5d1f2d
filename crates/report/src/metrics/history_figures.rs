//! Metrics about the history that led to the measured registry.

use std::collections::BTreeMap;

use idhooks_repo::events::EventKind;

use super::figure::{Figure, FigureKind, Sample};
use super::measure::Metric;

/// The histogram bounds for the times it took to find and to heal faulty commits, in seconds: from
/// a minute to a week.
const DELAYS: [u32; 6] = [60, 600, 3_600, 14_400, 86_400, 604_800];
/// Statistics about the history that led to the measured registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricHistory {
    /// The number of inconsistent commits that a later commit healed without loss.
    pub healed: usize,
    /// The number of faulty commits that no later commit healed.
    pub faulty: usize,
    /// How often identities underwent each operation, keyed by the operation's name. An identity
    /// counts as reassigned by a merge if both sides had allocated the same number.
    pub operations: BTreeMap<&'static str, usize>,
    /// The registry's version, if this clone has the whole history.
    pub version: Option<usize>,
    /// How many seconds it took to find each faulty commit, where known.
    pub detected: Vec<u32>,
    /// How many seconds it took to heal each faulty commit.
    pub repaired: Vec<u32>,
}

/// Returns the figures for the history.
pub(super) fn history_figures(past: &MetricHistory) -> Vec<Figure> {
    // In a shallow clone, the count would be too low, and would jump after a fetch.
    let version = past.version.map(|version| Metric::Version.counted(version));
    let reassigned = past.operations.get(EventKind::Reassigned.as_str());
    let operations = past.operations.iter().map(|(operation, count)| {
        Sample::of(vec![("operation", (*operation).to_owned())], *count as f64)
    });
    let counts = [
        Metric::Reassigned.counted(reassigned.copied().unwrap_or_default()),
        Metric::Healed.counted(past.healed),
        Metric::Faulty.counted(past.faulty),
        delays(Metric::FaultDetection, &past.detected),
        delays(Metric::FaultRepair, &past.repaired),
        Metric::Operations.labelled(FigureKind::Counter, operations.collect()),
    ];
    version.into_iter().chain(counts).collect()
}

/// Returns a histogram of durations in seconds.
fn delays(metric: Metric, seconds: &[u32]) -> Figure {
    // The buckets are cumulative, as Prometheus requires.
    let within = |bound: u32| seconds.iter().filter(|took| **took <= bound).count() as u64;
    let bucket = |bound: &u32| (f64::from(*bound), within(*bound));
    let buckets: Vec<(f64, u64)> = DELAYS.iter().map(bucket).collect();
    let sum: u64 = seconds.iter().map(|took| u64::from(*took)).sum();
    metric.histogram(&buckets, seconds.len() as u64, sum as f64)
}
