//! Computes all [`Figure`]s.

use std::collections::BTreeMap;

use idhooks_core::check::{Code, Coverage, Finding, Severity, sequences_used};
use idhooks_core::config::Config;
use idhooks_core::registry::{Registry, SCHEMA_VERSION, Status, Timestamp};
use idhooks_ops::record_states;

use super::figure::{Figure, FigureKind, Sample};
use super::history_figures::{MetricHistory, history_figures};

/// The number of days over which the allocation rate is averaged.
const DAYS: u32 = 7;
/// The codes of findings about duplicates.
const DUPLICATES: [Code; 4] =
    [Code::DuplicateId, Code::DuplicateOrigin, Code::DuplicatePath, Code::DuplicateInFs];

/// The inputs for computing the figures.
#[derive(Debug)]
pub struct MetricInputs<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The registry, if it can be read.
    pub registry: Option<&'a Registry>,
    /// The registry's size in bytes.
    pub registry_bytes: usize,
    /// The coverage.
    pub coverage: Coverage,
    /// The findings.
    pub findings: &'a [Finding],
    /// The number of files whose heads were not read.
    pub unread: usize,
    /// The time of the measurement.
    pub now: Timestamp,
    /// The time it took to acquire the writer lock, in seconds.
    pub lock_seconds: Option<f64>,
    /// The statistics about the history, if it was examined.
    pub past: Option<MetricHistory>,
    /// The number of outdated outputs, if there are generators.
    pub stale_outputs: Option<usize>,
}

idhooks_core::words! {
    /// A metric's name and help text.
    pub(super) enum Metric, help {
        Coverage = "identity_coverage_percentage",
            "Share of the tracked files that have an identity, in percent";
        Files = "identity_total_files", "Files that should have an identity";
        FilesWithIds = "identity_files_with_ids", "Files that have an identity";
        Allocations = "identity_total_allocations", "Records with any status";
        Active = "identity_active_allocations", "Records that name a file";
        Deprecated = "identity_deprecated_allocations",
            "Records that are deprecated, by command or because their file was deleted";
        Superseded = "identity_superseded_allocations", "Records that another identity replaced";
        Reserved = "identity_reserved_sequences", "Identities reserved for future files";
        Rate = "identity_allocation_rate_per_day",
            "Identities allocated per day, averaged over the last seven days";
        LastAllocation = "identity_last_allocation_timestamp_seconds",
            "Time of the newest allocation, in seconds since 1970";
        Errors = "identity_validation_errors", "Current findings with severity error, by code";
        Warnings = "identity_validation_warnings", "Current findings with severity warning";
        Duplicates = "identity_duplicate_detections",
            "Current findings of duplicates: identities, origins or paths";
        Unread = "identity_heads_unread",
            "Heads of files that were not read: too large, or not in this clone";
        Version = "identity_registry_version",
            "Commits in the history that changed the registry";
        SchemaVersion = "identity_registry_schema_version", "Schema version of the registry";
        Info = "identity_registry_info", "Scope, schema version and strategy of the registry";
        Size = "identity_registry_size_bytes", "Size of the registry in bytes";
        Capacity = "identity_capacity_used_ratio",
            "Share of the sequences of a counter and those it continues in that are used, 0 to 1";
        LockTime = "identity_lock_acquisition_time_seconds",
            "Seconds that it just took to acquire the writer lock of the registry";
        Reassigned = "identity_reassigned_by_merge",
            "Identities that merges in the history reassigned after a collision";
        Healed = "identity_healed_commits",
            "Inconsistent commits in the history that a later commit healed";
        FaultDetection = "identity_fault_detection_seconds",
            "Seconds from a commit with faults until it was found";
        FaultRepair = "identity_fault_repair_seconds",
            "Seconds from a commit with faults until it was healed";
        Faulty = "identity_faulty_commits",
            "Commits in the history with faults that no later commit healed";
        Attempted = "identity_writes_attempted_total",
            "Writes of the registry that this clone has begun";
        Succeeded = "identity_writes_succeeded_total", "Writes that were completed";
        Failed = "identity_writes_failed_total", "Writes that failed, for whatever reason";
        Conflicts = "identity_write_conflicts_total",
            "Writes that failed because another program had changed the index or a file meanwhile";
        ValidationFailures = "identity_validation_failures_total",
            "Writes that were refused because of findings, before anything was written";
        Rollbacks = "identity_rollbacks_total",
            "Changes that were undone because a later step failed, or by command";
        Blocked = "identity_blocked_commits_total", "Commits that the hook blocked";
        LockWait = "identity_lock_wait_seconds",
            "Seconds that commands waited for locks that were not free at once";
        LockTimeouts = "identity_lock_timeouts_total",
            "Locks that commands did not acquire in time";
        StaleOutputs = "identity_stale_outputs",
            "Outputs of generators that do not match their inputs, as far as this clone knows";
        References = "identity_references", "References between files, by identity";
        ReferenceFindings = "identity_reference_findings",
            "Current findings about references between files, by code";
        Drift = "identity_drift_issues", "Current findings, by kind of drift";
        ReconcileRuns = "identity_reconcile_runs_total", "Completed runs of the reconciler in this clone";
        ReconcileRepaired = "identity_reconcile_repaired_total", "Repairs that they made";
        ReconcileSuccess = "identity_reconcile_last_success_timestamp_seconds",
            "Time at which the last of them was completed, in seconds since 1970";
        BackupPushed = "identity_backup_last_push_timestamp_seconds",
            "Time at which a timer last pushed the backups, in seconds since 1970";
        BackupOverdue = "identity_backup_overdue",
            "Whether a timer could not push the backups at its last two times";
        AllocationsTotal = "identity_allocations_total", "Identities that were ever allocated";
        BridgeRequests = "identity_bridge_requests_total",
            "Requests that the service for identifiers has answered, by endpoint";
        BridgeRefused = "identity_bridge_refused_total",
            "Requests that it refused because they were not valid";
        BridgeMapStale = "identity_bridge_map_stale", "Whether its map is damaged and not in use";
        TranslateSeconds = "identity_translate_seconds",
            "Seconds that it took to detect and translate an identifier";
        LegacyIds = "identity_legacy_ids_total", "Identifiers of formats of the past, by format";
        MixedFormats = "identity_mixed_formats",
            "Formats of the past that are in use together with what replaces them";
        LintFiles = "identity_lint_files", "Files in which identifiers in code were checked";
        LintViolations = "identity_lint_violations",
            "Findings of identifiers in code, by service, category, priority and kind";
        LintScore = "identity_lint_score", "Share of the files without findings, in percent, by service";
        LintTotalScore = "identity_lint_total_score",
            "Share of all files without findings, each weighted by its priority, in percent";
        MigrationCompletion = "identity_migration_completion_ratio",
            "Share of the files without findings, from 0 to 1, by service";
        DualWriteEnabled = "identity_dual_write_enabled",
            "Whether the configuration has commits keep a legacy file in step";
        DualWrites = "identity_dual_write_total",
            "Derivations of the legacy file in this clone, by status";
        DualWriteSeconds = "identity_dual_write_seconds", "Seconds that they took";
        DualWriteDiscrepancies = "identity_dual_write_discrepancies",
            "Differences between the registry and the legacy file";
        MigrationProgress = "identity_migration_progress_ratio",
            "Share of the records that the registry and the legacy file have alike, from 0 to 1";
        MigrationRecords = "identity_migration_records",
            "Records of the registry and of the legacy file, by how they compare";
        Operations = "identity_operations_total",
            "What happened to identities in the history, by operation";
        WatcherUp = "identity_watcher_up",
            "Whether the watcher of this working tree runs and responds";
        WatcherExpected = "identity_watcher_expected",
            "Whether the watcher should run: it was started, and was not stopped since";
        WatcherEvents = "identity_watcher_events_total",
            "Events of the file system that the watcher has seen";
        WatcherErrors = "identity_watcher_errors_total", "Problems of the watcher";
        WatcherQueue = "identity_watcher_queue_depth", "Items of the watcher, by status";
        WatcherSuccess = "identity_watcher_last_success_timestamp_seconds",
            "Time at which the last check of the watcher ended, in seconds since 1970";
        WatcherUptime = "identity_watcher_uptime_ratio",
            "Share of the time, without deliberate stops, that the watcher has run, from 0 to 1";
        WatcherDetection = "identity_watcher_detection_seconds",
            "Time from the first event of a change until it was processed";
        QueueItems = "identity_queue_items", "Items in the queue, by status";
        QueueAttempts = "identity_queue_attempts_total", "Attempts to process an item";
        QueueOldest = "identity_queue_oldest_seconds",
            "Age of the oldest event that is not processed yet";
    }
}

impl Metric {
    /// Returns a metric with one value and no labels.
    pub(super) fn plain(self, value: f64) -> Figure {
        self.labelled(FigureKind::Gauge, vec![Sample::of(Vec::new(), value)])
    }

    /// Returns a metric with a count and no labels.
    pub(super) fn counted(self, count: usize) -> Figure {
        self.plain(number(count))
    }

    /// Returns a metric whose value is 1 or 0.
    pub(super) fn flag(self, is_set: bool) -> Figure {
        self.plain(f64::from(u8::from(is_set)))
    }

    /// Returns a counter with this value.
    pub(super) fn counter(self, value: f64) -> Figure {
        self.labelled(FigureKind::Counter, vec![Sample::of(Vec::new(), value)])
    }

    /// Returns a histogram: the number of values up to each bound and in total, and their sum.
    pub(super) fn histogram(self, buckets: &[(f64, u64)], count: u64, sum: f64) -> Figure {
        let bounds = buckets.iter().map(|(bound, values)| (bound.to_string(), *values));
        let bucket = |(bound, values): (String, u64)| Sample {
            suffix: "_bucket",
            ..Sample::of(vec![("le", bound)], values as f64)
        };
        // The Prometheus exposition format requires this bucket.
        let all = bounds.chain([("+Inf".to_owned(), count)]);
        let mut samples: Vec<Sample> = all.map(bucket).collect();
        let rest = [("_sum", sum), ("_count", count as f64)];
        samples.extend(rest.map(|(suffix, value)| Sample { suffix, ..Sample::of(vec![], value) }));
        self.labelled(FigureKind::Histogram, samples)
    }

    pub(super) fn labelled(self, kind: FigureKind, samples: Vec<Sample>) -> Figure {
        Figure { name: self.as_str(), kind, help: self.help(), samples }
    }
}

/// Returns all available figures; figures about the registry are included only if it can be read.
pub fn measure(facts: &MetricInputs<'_>) -> Vec<Figure> {
    let mut all = vec![
        Metric::Coverage.plain(percentage(facts.coverage)),
        Metric::Files.counted(facts.coverage.files),
        Metric::FilesWithIds.counted(facts.coverage.covered),
    ];
    all.extend(facts.registry.into_iter().flat_map(|r| allocations(r, facts.now)));
    all.extend(faults(facts.findings));
    all.push(Metric::Unread.counted(facts.unread));
    all.extend(facts.registry.into_iter().flat_map(|registry| about(registry, facts)));
    all.extend(facts.lock_seconds.map(|seconds| Metric::LockTime.plain(seconds)));
    all.extend(facts.past.iter().flat_map(history_figures));
    all.extend(facts.stale_outputs.map(|count| Metric::StaleOutputs.counted(count)));
    // Records are never removed.
    let allocated = facts.registry.map(|registry| number(registry.allocations.len()));
    all.extend(allocated.map(|count| Metric::AllocationsTotal.counter(count)));
    all
}

/// Returns the share of covered files as a percentage; 100 if there are no files.
pub fn percentage(coverage: Coverage) -> f64 {
    match coverage.files {
        0 => 100.0,
        files => number(coverage.covered) * 100.0 / number(files),
    }
}

fn allocations(registry: &Registry, now: Timestamp) -> [Figure; 7] {
    let states = record_states(registry);
    let of = |status| states.get(&status).copied().unwrap_or(0);
    let begin = now.days_before(DAYS);
    let dates = || registry.allocations.iter().map(|record| record.allocated_at);
    // A date in the future means the clock was wrong.
    let fresh = dates().filter(|at| begin < *at && *at <= now).count();
    let last = dates().max().map_or(0, Timestamp::unix);
    [
        Metric::Allocations.counted(registry.allocations.len()),
        Metric::Active.counted(of(Status::Active)),
        Metric::Deprecated.counted(of(Status::Deprecated)),
        Metric::Superseded.counted(of(Status::Superseded)),
        Metric::Reserved.counted(registry.counters.values().map(|held| held.reserved.len()).sum()),
        Metric::Rate.plain(number(fresh) / f64::from(DAYS)),
        Metric::LastAllocation.plain(last as f64),
    ]
}

fn faults(findings: &[Finding]) -> [Figure; 3] {
    // Every code has a sample from the start, because monitoring cannot compute the increase of a
    // series that only appears with its first value.
    let can_fail = Code::ALL.into_iter().filter(|code| code.severity() == Severity::Error);
    let mut errors: BTreeMap<&str, usize> = can_fail.map(|code| (code.as_str(), 0)).collect();
    for finding in findings.iter().filter(|finding| finding.severity == Severity::Error) {
        *errors.entry(finding.code.as_str()).or_default() += 1;
    }
    let sample = |(code, n): (&str, usize)| Sample::of(vec![("code", code.to_owned())], number(n));
    let is_twice = |f: &&Finding| DUPLICATES.contains(&f.code) && f.severity != Severity::Info;
    [
        Metric::Errors.labelled(FigureKind::Gauge, errors.into_iter().map(sample).collect()),
        Metric::Warnings.counted(Severity::Warning.count(findings)),
        Metric::Duplicates.counted(findings.iter().filter(is_twice).count()),
    ]
}

fn about(registry: &Registry, facts: &MetricInputs<'_>) -> [Figure; 4] {
    let used = sequences_used(registry, facts.config.allocation.strategy);
    // A full counter continues in others, so their numbers count, too.
    let ratios = used.counters.keys().map(|counter| {
        let labels = vec![
            ("type", counter.type_code.to_string()),
            ("ns", counter.namespace.to_string()),
            ("scope", counter.scope.to_string()),
        ];
        Sample::of(labels, used.of_chain(*counter).share())
    });
    let labels = vec![
        ("scope", registry.scope.to_string()),
        ("schema_version", SCHEMA_VERSION.to_owned()),
        ("strategy", facts.config.allocation.strategy.as_str().to_owned()),
    ];
    [
        Metric::SchemaVersion.plain(SCHEMA_VERSION.parse().unwrap_or_default()),
        Metric::Info.labelled(FigureKind::Info, vec![Sample::of(labels, 1.0)]),
        Metric::Size.counted(facts.registry_bytes),
        Metric::Capacity.labelled(FigureKind::Gauge, ratios.collect()),
    ]
}

/// Converts a count; counts are far too small to lose digits as an `f64`.
pub(super) fn number(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const TEXT: &str = r#"{"schema_version":"1.0","scope":"260118",
        "counters":{"100_01_260118":{"reserved":[3]}},"allocations":[
        {"id":"0110000005260118","file_path":"a.md","allocated_at":"2026-01-18T22:00:00Z","status":"active","metadata":{"claim":"0110000007260118"}},
        {"id":"2020000006260118","file_path":"b.py","allocated_at":"2026-01-01T22:00:00Z","status":"deprecated"}]}"#;

    fn value(figures: &[Figure], name: &str) -> f64 {
        let figure = figures.iter().find(|figure| figure.name == name).expect("a figure");
        figure.samples[0].value
    }

    fn measured(registry: Option<&Registry>) -> Vec<Figure> {
        let findings = [
            Finding::new(Code::MissingId, "m", "h"),
            Finding::new(Code::DuplicateId, "m", "h"),
            Finding::new(Code::NotCanonical, "m", "h"),
        ];
        measure(&MetricInputs {
            config: &Config::default(),
            registry,
            registry_bytes: TEXT.len(),
            coverage: Coverage { files: 1, covered: usize::from(registry.is_some()) },
            findings: &findings,
            unread: 0,
            now: "2026-01-20T00:00:00Z".parse().expect("valid"),
            lock_seconds: Some(0.5),
            past: Some(MetricHistory {
                healed: 2,
                faulty: 1,
                operations: BTreeMap::from([("allocated", 5), ("reassigned", 3)]),
                version: Some(7),
                detected: vec![60, 61, 3_600],
                repaired: vec![900_000],
            }),
            stale_outputs: Some(4),
        })
    }

    #[test]
    fn figures_have_the_expected_values() {
        let registry = Registry::parse(TEXT.as_bytes()).expect("valid");
        let figures = measured(Some(&registry));
        for (name, expected) in [
            ("identity_coverage_percentage", 100.0),
            ("identity_total_allocations", 2.0),
            ("identity_active_allocations", 1.0),
            ("identity_deprecated_allocations", 1.0),
            ("identity_superseded_allocations", 0.0),
            ("identity_reserved_sequences", 1.0),
            ("identity_allocation_rate_per_day", 1.0 / 7.0),
            ("identity_last_allocation_timestamp_seconds", 1_768_773_600.0),
            ("identity_reassigned_by_merge", 3.0),
            ("identity_operations_total", 5.0),
            ("identity_validation_warnings", 1.0),
            ("identity_duplicate_detections", 1.0),
            ("identity_registry_version", 7.0),
            ("identity_registry_schema_version", 1.0),
            ("identity_lock_acquisition_time_seconds", 0.5),
            ("identity_healed_commits", 2.0),
            ("identity_faulty_commits", 1.0),
            ("identity_fault_detection_seconds", 1.0),
            ("identity_fault_repair_seconds", 0.0),
            ("identity_stale_outputs", 4.0),
        ] {
            assert!((value(&figures, name) - expected).abs() < 1e-9, "{name}");
        }
        let of = |name: &str| figures.iter().find(|figure| figure.name == name).expect("a figure");
        let capacity = &of("identity_capacity_used_ratio").samples;
        assert_eq!(capacity.len(), 2);
        // The three used numbers are the identity, its claim, and the reserved sequence.
        assert!((capacity[0].value - 3.0 / (21.0 * 99_699.0)).abs() < 1e-12);
        let errors = &of("identity_validation_errors").samples;
        let found: Vec<&str> =
            errors.iter().filter(|s| s.value > 0.0).map(|s| s.labels[0].1.as_str()).collect();
        assert_eq!(found, ["DUPLICATE_ID", "MISSING_ID"]);
        assert!(errors.len() > 10);
    }

    #[test]
    fn names_are_unique_and_unknown_values_are_left_out() {
        let registry = Registry::parse(TEXT.as_bytes()).expect("valid");
        let figures = measured(None);
        let names: BTreeSet<&str> = figures.iter().map(|figure| figure.name).collect();
        assert_eq!(names.len(), figures.len());
        // A name that ends in `_total` must belong to a counter.
        for figure in figures.iter().chain(&measured(Some(&registry))) {
            let is_counter = figure.kind == FigureKind::Counter;
            assert_eq!(figure.name.ends_with("_total"), is_counter, "{}", figure.name);
        }
        assert!(!names.contains("identity_total_allocations"));
        assert!((value(&figures, "identity_files_with_ids")).abs() < 1e-12);
    }
}
