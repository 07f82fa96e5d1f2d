//! Metrics about one clone: the work of writers and the reconciler, and outstanding repairs.

use idhooks_core::check::{Drift, Finding};
use idhooks_core::registry::Timestamp;
use idhooks_ops::BackupState;
use idhooks_repo::store::{WriteCounter, WriteCounts};

use super::figure::{Figure, FigureKind, Sample};
use super::measure::{Metric, number};

/// The counters that are exported as metrics of their own.
const COUNTERS: [(Metric, WriteCounter); 10] = [
    (Metric::Attempted, WriteCounter::Attempted),
    (Metric::Succeeded, WriteCounter::Succeeded),
    (Metric::Failed, WriteCounter::Failed),
    (Metric::Conflicts, WriteCounter::Conflicts),
    (Metric::ValidationFailures, WriteCounter::ValidationFailures),
    (Metric::Rollbacks, WriteCounter::Rollbacks),
    (Metric::Blocked, WriteCounter::BlockedCommits),
    (Metric::LockTimeouts, WriteCounter::LockTimeouts),
    (Metric::ReconcileRuns, WriteCounter::ReconcileRuns),
    (Metric::ReconcileRepaired, WriteCounter::ReconcileRepaired),
];

/// Returns a clone's counters, the number of findings for each kind of drift, and the time the
/// reconciler last completed a run.
pub fn clone_figures(
    findings: &[Finding],
    writes: &WriteCounts,
    reconciled: Option<Timestamp>,
) -> Vec<Figure> {
    let count = |counter| writes.get(counter) as f64;
    let of_kind = |kind: Drift| {
        Sample::of(vec![("kind", kind.as_str().to_owned())], number(kind.count(findings)))
    };
    let drift = Drift::ALL.map(of_kind).into();
    // There is no value before the first run: zero would mean a successful run in 1970.
    let last = reconciled.map(Timestamp::unix);
    let last = last.map(|at| Metric::ReconcileSuccess.plain(at as f64));
    let mut figures = vec![Metric::Drift.labelled(FigureKind::Gauge, drift)];
    figures.extend(COUNTERS.map(|(metric, counter)| metric.counter(count(counter))));
    // Prometheus uses seconds as its base unit.
    let seconds = |ms: f64| ms / 1000.0;
    let bound = |(counter, ms): (WriteCounter, u32)| (seconds(f64::from(ms)), writes.get(counter));
    let (buckets, waits) = (WriteCounter::WAITS.map(bound), writes.get(WriteCounter::LockWaits));
    let waited = seconds(count(WriteCounter::LockWaitMs));
    figures.push(Metric::LockWait.histogram(&buckets, waits, waited));
    figures.extend(last);
    figures
}

/// Returns the time the backups were last pushed, and whether they are overdue.
pub fn backup_figures(backup: &BackupState) -> Vec<Figure> {
    let pushed = backup.pushed.map(|at| Metric::BackupPushed.plain(at.unix() as f64));
    let overdue = Metric::BackupOverdue.flag(backup.is_overdue);
    pushed.into_iter().chain([overdue]).collect()
}
