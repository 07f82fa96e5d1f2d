//! Computes every figure.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::check::{Code, Coverage, Finding, Severity, capacity_used};
use idhooks_core::config::Config;
use idhooks_core::registry::{Registry, RepoPath, SCHEMA_VERSION, Status, Timestamp};

use super::{Figure, FigureKind, Sample, covered};

/// The number of days over which the rate of allocations is averaged.
const DAYS: u32 = 7;
/// The codes for duplicates.
const DUPLICATES: [Code; 4] =
    [Code::DuplicateId, Code::DuplicateOrigin, Code::DuplicatePath, Code::DuplicateInFs];

/// Counts of the history that led to the measured registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetricHistory {
    /// The number of inconsistent commits that a later one healed without a loss.
    pub healed: usize,
    /// The number of commits with faults that no later commit healed.
    pub faulty: usize,
    /// How often a merge reassigned an identity because both sides had allocated the same number.
    pub reassigned: usize,
}

/// The inputs of the figures.
#[derive(Debug)]
pub struct MetricInputs<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The registry, if it can be read.
    pub registry: Option<&'a Registry>,
    /// The size of the registry in bytes.
    pub registry_bytes: usize,
    /// The files that get identities.
    pub tracked: &'a BTreeSet<&'a RepoPath>,
    /// The findings.
    pub findings: &'a [Finding],
    /// The time of the measurement.
    pub now: Timestamp,
    /// How long it took to acquire the writer lock, in milliseconds.
    pub lock_ms: Option<f64>,
    /// The counts of the history, if it was examined.
    pub past: Option<MetricHistory>,
}

/// Returns all available figures; those of the registry only if it can be read.
pub fn measure(facts: &MetricInputs<'_>) -> Vec<Figure> {
    let mut all = files(facts);
    all.extend(facts.registry.map(|registry| allocations(registry, facts.now)).unwrap_or_default());
    all.extend(faults(facts.findings));
    if let Some(registry) = facts.registry {
        all.extend(about(registry, facts));
    }
    let lock = facts.lock_ms.map(|ms| {
        let help = "Milliseconds that it just took to acquire the writer lock of the registry";
        Figure::plain("identity_lock_acquisition_time_ms", help, ms)
    });
    all.extend(lock);
    all.extend(facts.past.map(past).into_iter().flatten());
    all
}

fn files(facts: &MetricInputs<'_>) -> Vec<Figure> {
    let coverage = covered(facts.registry, facts.tracked);
    vec![
        Figure::plain(
            "identity_coverage_percentage",
            "Share of the tracked files that have an identity, in percent",
            percentage(coverage),
        ),
        Figure::plain(
            "identity_total_files",
            "Files that should have an identity",
            number(coverage.files),
        ),
        Figure::plain(
            "identity_files_with_ids",
            "Files that have an identity",
            number(coverage.covered),
        ),
    ]
}

/// Returns the covered share in percent; without files it is 100.
pub fn percentage(coverage: Coverage) -> f64 {
    match coverage.files {
        0 => 100.0,
        files => number(coverage.covered) * 100.0 / number(files),
    }
}

/// Returns the number of records in each status; a record whose path another one holds counts as
/// superseded.
pub fn states(registry: &Registry) -> BTreeMap<Status, usize> {
    let shadowed = registry.shadowing();
    let mut states = BTreeMap::new();
    for record in &registry.allocations {
        let status = match record.status {
            Status::Active if shadowed.contains_key(&record.origin) => Status::Superseded,
            status => status,
        };
        *states.entry(status).or_default() += 1;
    }
    states
}

fn allocations(registry: &Registry, now: Timestamp) -> Vec<Figure> {
    let states = states(registry);
    let of = |status| number(states.get(&status).copied().unwrap_or(0));
    let begin = now.days_before(DAYS);
    let dates = || registry.allocations.iter().map(|record| record.allocated_at);
    let fresh = dates().filter(|at| begin < *at && *at <= now).count();
    let last = dates().max().map_or(0, Timestamp::unix);
    let reserved: usize = registry.counters.values().map(|held| held.reserved.len()).sum();
    [
        (
            "identity_total_allocations",
            "Records with any status",
            number(registry.allocations.len()),
        ),
        ("identity_active_allocations", "Records that name a file", of(Status::Active)),
        (
            "identity_deprecated_allocations",
            "Records that are deprecated, by command or because their file was deleted",
            of(Status::Deprecated),
        ),
        (
            "identity_superseded_allocations",
            "Records that another identity replaced",
            of(Status::Superseded),
        ),
        ("identity_reserved_sequences", "Identities reserved for future files", number(reserved)),
        (
            "identity_allocation_rate_per_day",
            "Identities allocated per day, averaged over the last seven days",
            number(fresh) / f64::from(DAYS),
        ),
        (
            "identity_last_allocation_timestamp_seconds",
            "Time of the newest allocation, in seconds since 1970",
            last as f64,
        ),
    ]
    .map(|(name, help, value)| Figure::plain(name, help, value))
    .into()
}

fn faults(findings: &[Finding]) -> Vec<Figure> {
    let of = |severity| findings.iter().filter(move |f| f.severity == severity);
    let can_fail = Code::ALL.into_iter().filter(|code| code.severity() == Severity::Error);
    let mut errors: BTreeMap<&str, usize> = can_fail.map(|code| (code.as_str(), 0)).collect();
    for finding in of(Severity::Error) {
        *errors.entry(finding.code.as_str()).or_default() += 1;
    }
    let sample = |(code, n): (&str, usize)| Sample {
        labels: vec![("code", code.to_owned())],
        value: number(n),
    };
    let is_twice = |f: &&Finding| DUPLICATES.contains(&f.code) && f.severity != Severity::Info;
    let duplicates = findings.iter().filter(is_twice).count();
    vec![
        Figure {
            name: "identity_validation_errors_total",
            help: "Current findings with severity error, by code",
            kind: FigureKind::Gauge,
            samples: errors.into_iter().map(sample).collect(),
        },
        Figure::plain(
            "identity_validation_warnings",
            "Current findings with severity warning",
            number(of(Severity::Warning).count()),
        ),
        Figure::plain(
            "identity_duplicate_detections",
            "Current findings of duplicates: identities, origins or paths",
            number(duplicates),
        ),
    ]
}

fn about(registry: &Registry, facts: &MetricInputs<'_>) -> Vec<Figure> {
    let version = SCHEMA_VERSION.parse().unwrap_or_default();
    let ratios = capacity_used(registry).into_iter().map(|(counter, value)| Sample {
        labels: vec![
            ("type", counter.type_code.to_string()),
            ("ns", counter.namespace.to_string()),
            ("scope", counter.scope.to_string()),
        ],
        value,
    });
    let labels = vec![
        ("scope", registry.scope.to_string()),
        ("schema_version", SCHEMA_VERSION.to_owned()),
        ("strategy", facts.config.strategy.as_str().to_owned()),
    ];
    vec![
        Figure::plain("identity_registry_version", "Schema version of the registry", version),
        Figure {
            name: "identity_registry_info",
            help: "Scope, schema version and strategy of the registry",
            kind: FigureKind::Info,
            samples: vec![Sample { labels, value: 1.0 }],
        },
        Figure::plain(
            "identity_registry_size_bytes",
            "Size of the registry in bytes",
            number(facts.registry_bytes),
        ),
        Figure {
            name: "identity_capacity_used_ratio",
            help: "Share of the sequences of a counter that are used, from 0 to 1",
            kind: FigureKind::Gauge,
            samples: ratios.collect(),
        },
    ]
}

fn past(past: MetricHistory) -> [Figure; 3] {
    [
        Figure::plain(
            "identity_reassigned_by_merge",
            "Identities that merges in the history reassigned after a collision",
            number(past.reassigned),
        ),
        Figure::plain(
            "identity_healed_commits",
            "Inconsistent commits in the history that a later commit healed",
            number(past.healed),
        ),
        Figure::plain(
            "identity_faulty_commits",
            "Commits in the history with faults that no later commit healed",
            number(past.faulty),
        ),
    ]
}

/// Converts a count, which is far below the numbers that lose digits as `f64`.
fn number(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"schema_version":"1.0","scope":"260118",
        "counters":{"100_01_260118":{"reserved":[3]}},"allocations":[
        {"id":"0110000005260118","file_path":"a.md","allocated_at":"2026-01-18T22:00:00Z","status":"active","metadata":{"claim":"0110000007260118"}},
        {"id":"2020000006260118","file_path":"b.py","allocated_at":"2026-01-01T22:00:00Z","status":"deprecated"}]}"#;

    fn value(figures: &[Figure], name: &str) -> f64 {
        let figure = figures.iter().find(|figure| figure.name == name).expect("a figure");
        figure.samples[0].value
    }

    fn measured(registry: Option<&Registry>) -> Vec<Figure> {
        let path = RepoPath::new(b"a.md".to_vec()).expect("valid");
        let findings = [
            Finding::new(Code::MissingId, "m", "h"),
            Finding::new(Code::DuplicateId, "m", "h"),
            Finding::new(Code::NotCanonical, "m", "h"),
        ];
        measure(&MetricInputs {
            config: &Config::default(),
            registry,
            registry_bytes: TEXT.len(),
            tracked: &BTreeSet::from([&path]),
            findings: &findings,
            now: "2026-01-20T00:00:00Z".parse().expect("valid"),
            lock_ms: Some(0.5),
            past: Some(MetricHistory { healed: 2, faulty: 1, reassigned: 3 }),
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
            ("identity_validation_warnings", 1.0),
            ("identity_duplicate_detections", 1.0),
            ("identity_registry_version", 1.0),
            ("identity_lock_acquisition_time_ms", 0.5),
            ("identity_healed_commits", 2.0),
            ("identity_faulty_commits", 1.0),
        ] {
            assert!((value(&figures, name) - expected).abs() < 1e-9, "{name}");
        }
        let of = |name: &str| figures.iter().find(|figure| figure.name == name).expect("a figure");
        let capacity = &of("identity_capacity_used_ratio").samples;
        assert_eq!(capacity.len(), 2);
        // The identity, its claim, and the reserved sequence.
        assert!((capacity[0].value - 3.0 / 99_699.0).abs() < 1e-12);
        let errors = &of("identity_validation_errors_total").samples;
        let found: Vec<&str> =
            errors.iter().filter(|s| s.value > 0.0).map(|s| s.labels[0].1.as_str()).collect();
        assert_eq!(found, ["DUPLICATE_ID", "MISSING_ID"]);
        assert!(errors.len() > 10);
    }

    #[test]
    fn names_are_unique_and_unknown_values_are_left_out() {
        let figures = measured(None);
        let names: BTreeSet<&str> = figures.iter().map(|figure| figure.name).collect();
        assert_eq!(names.len(), figures.len());
        assert!(!names.contains("identity_total_allocations"));
        assert!((value(&figures, "identity_files_with_ids")).abs() < 1e-12);
    }
}
