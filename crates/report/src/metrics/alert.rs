//! [`Alert`]: a problem that needs an operator's attention.

use idhooks_core::check::{Coverage, Finding, Point, Severity, Share};
use idhooks_ops::{CodeState, LegacyUse, WatchAlarm, WatchFacts};
use idhooks_repo::store::RecentDualWrites;
use serde::Serialize;

use super::condition::{AlertCondition, Urgency};

/// The priority of files that must not contain legacy identifiers.
const CRITICAL: &str = "critical";
/// If there are more sync errors than this, an alert is raised.
const SYNC_ERRORS: usize = 10;
/// If more items than this are waiting, there may be a backlog.
const BACKLOG: u32 = 100;
/// How long the oldest item must have been waiting for a backlog, in seconds.
const BACKLOG_SECONDS: u64 = 60 * 60;
/// The percentage of legacy file writes that may fail or be slow without an alert.
const DUAL_WRITE_PERCENT: u64 = 1;

/// A problem that needs an operator's attention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Alert {
    /// The condition's machine-readable name.
    pub name: &'static str,
    /// The urgency.
    #[serde(rename = "severity")]
    pub urgency: Urgency,
    /// The problem, as a sentence without a full stop.
    pub message: String,
    /// The remedy.
    pub help: String,
    /// The findings that caused the alert, if any.
    #[serde(skip)]
    pub findings: Vec<Finding>,
}

impl Alert {
    /// Returns the alert for a repository that cannot be examined.
    pub fn unable(why: &str, help: Option<&String>) -> Self {
        let help = help.map_or("to find out why: idhooks doctor, git fsck", String::as_str);
        // This needs an alert too: silence would look like good health.
        let message = format!("cannot examine the repository: {why}");
        Alert::new(AlertCondition::CannotLook, message, help)
    }

    pub(crate) fn new(condition: AlertCondition, message: String, help: &str) -> Self {
        Alert {
            name: condition.as_str(),
            urgency: condition.urgency(),
            message,
            help: help.to_owned(),
            findings: Vec::new(),
        }
    }
}

impl From<&WatchAlarm> for Alert {
    fn from(alarm: &WatchAlarm) -> Self {
        let (condition, help) = match alarm {
            WatchAlarm::NewErrors { .. } => {
                (AlertCondition::NewErrors, "see all of them: idhooks check")
            }
            WatchAlarm::DeadLetters(_) => {
                (AlertCondition::DeadLetters, "see why: idhooks queue list --status dead_letter")
            }
        };
        Alert::new(condition, alarm.to_string(), help)
    }
}

/// The inputs for the alerts.
#[derive(Debug)]
pub struct Signs<'a> {
    /// All findings.
    pub findings: &'a [Finding],
    /// The coverage now.
    pub coverage: Coverage,
    /// The coverage for the last few days, one point per day.
    pub lately: &'a [Point],
    /// How far the coverage may be below the coverage on any of these days.
    pub threshold: Share,
    /// The reason the writer lock could not be acquired, if any.
    pub lock: Option<String>,
    /// A finding for each outdated generated file.
    pub stale: Vec<Finding>,
    /// The reason a timer's backups are not arriving, if any.
    pub backup: Option<String>,
    /// The alerts about timers.
    pub timers: &'a [Alert],
    /// The watcher and its queue.
    pub watch: &'a WatchFacts,
    /// The state of identifiers in code, if they are checked.
    pub code: Option<&'a CodeState>,
    /// The last five minutes in which this clone wrote a legacy file, if commits keep one in step.
    pub writes: Option<RecentDualWrites>,
}

/// Returns the alert for legacy identifiers in critical files.
fn legacy_use(code: &CodeState) -> Option<Alert> {
    let is_critical = |finding: &&Finding| {
        finding.severity != Severity::Info
            && finding.code_class().is_some_and(|class| class.priority == CRITICAL)
    };
    let findings: Vec<Finding> = code.legacy_findings.iter().filter(is_critical).cloned().collect();
    let count = Some(findings.len()).filter(|count| *count > 0)?;
    let message = format!("files of critical priority use identifiers of the past ({count})");
    let help = "list them: idhooks lint --select ID_FORMAT,DEPRECATED_ID_CALL";
    Some(Alert { findings, ..Alert::new(AlertCondition::LegacyIdUse, message, help) })
}

/// Returns the alert for legacy formats used alongside their successors.
fn mixed_formats(code: &CodeState) -> Option<Alert> {
    // A service that has switched completely, or not at all, needs no operator's attention.
    let mixed = code.legacy.iter().flat_map(|LegacyUse { format, mixed_in, .. }| {
        mixed_in.iter().map(move |service| format!("'{format}' in the service '{service}'"))
    });
    let mixed: Vec<String> = mixed.collect();
    let (first, count) = (mixed.first()?, mixed.len());
    let message = format!(
        "formats of the past are in use together with what replaces them ({count}): {first}"
    );
    let help = "list the identifiers of the past: idhooks lint --select ID_FORMAT";
    Some(Alert::new(AlertCondition::MixedFormats, message, help))
}

/// Returns the alerts about a watcher and its queue.
fn watcher_alerts(watch: &WatchFacts) -> impl Iterator<Item = Alert> {
    let queue = watch.queue.as_ref();
    let (waiting, seconds) = queue.map_or((0, 0), |queue| (queue.waiting, queue.oldest_seconds));
    let down = watch.down.as_ref().map(|down| {
        let message = format!("the watcher {}", down.reason);
        Alert::new(AlertCondition::WatcherDown, message, &down.remedy)
    });
    let unusable = watch.queue_fault.as_ref().or(watch.queue_problem.as_ref()).map(|why| {
        let message = format!("the queue of the watcher cannot be used: {why}");
        let help = "free the disk, or see what to do: idhooks queue status";
        Alert::new(AlertCondition::QueueUnusable, message, help)
    });
    let generators = watch.generator_problems.first().map(|first| {
        let count = watch.generator_problems.len();
        let message = format!("generators of the watcher do not work ({count}): {first}");
        let help = "see why, and make the files: idhooks generate";
        Alert::new(AlertCondition::GeneratorFailed, message, help)
    });
    let dead = queue.map_or(0, |queue| queue.dead_letters as usize);
    let dead = (dead > 0).then(|| Alert::from(&WatchAlarm::DeadLetters(dead)));
    // Many recent items are just a burst, and a few old ones are waiting for a retry.
    let backlog = (waiting > BACKLOG && seconds > BACKLOG_SECONDS).then(|| {
        let message = format!("{waiting} items wait in the queue, one for {seconds} s");
        let help = "is the watcher running? idhooks watch status";
        Alert::new(AlertCondition::QueueBacklog, message, help)
    });
    [down, unusable, generators, dead, backlog].into_iter().flatten()
}

/// The minimum number of slow legacy file writes that raises an alert.
const FEWEST_SLOW: u64 = 3;

/// Returns the alerts about legacy file writes in this clone that failed or were slow.
fn dual_writes(recent: &RecentDualWrites) -> [Option<Alert>; 2] {
    let RecentDualWrites { total, failed, slow } = *recent;
    // Both sides are multiplied, because division would round.
    let is_more = |part: u64| part.saturating_mul(100) > total.saturating_mul(DUAL_WRITE_PERCENT);
    let alert = |condition, what: String, help| {
        Alert::new(condition, format!("in the last five minutes with any: {what}"), help)
    };
    let failures = is_more(failed).then(|| {
        let what = format!("{failed} of {total} writes of the legacy file failed");
        let help = "count them: idhooks migrate status; the next commit says why";
        alert(AlertCondition::DualWriteErrors, what, help)
    });
    // A single slow write says nothing about the next one.
    let slow = (slow >= FEWEST_SLOW && is_more(slow)).then(|| {
        let what = format!("{slow} of {total} writes of the legacy file took more than 200 ms");
        let help =
            "see the mean: idhooks migrate status --format json; look at the disk and the size of the file";
        alert(AlertCondition::DualWriteSlow, what, help)
    });
    [failures, slow]
}

/// Returns the alerts, most urgent first.
pub fn alerts(signs: &Signs<'_>) -> Vec<Alert> {
    let mut all = Vec::new();
    all.extend(found(signs, AlertCondition::DuplicateId, |n| {
        format!("an identity or a file occurs twice ({n})")
    }));
    all.extend(found(signs, AlertCondition::RegistryCorrupt, |_| {
        "the registry cannot be read".to_owned()
    }));
    all.extend(found(signs, AlertCondition::SequenceNearlyFull, |n| {
        format!("counters are 95 % full or more ({n})")
    }));
    all.extend(signs.backup.as_ref().map(|why| {
        let message = format!("backups could not be pushed at the last two times: {why}");
        let help = "see why: idhooks schedule run backups";
        Alert::new(AlertCondition::BackupOverdue, message, help)
    }));
    all.extend(signs.timers.iter().cloned());
    all.extend(signs.code.and_then(legacy_use));
    let [failures, slow] = signs.writes.as_ref().map(dual_writes).unwrap_or_default();
    all.extend(failures);
    all.extend(found(signs, AlertCondition::DualWriteMismatch, |n| {
        format!("registry and legacy file differ ({n})")
    }));
    // Without a registry, no file has an identity; the alert about the registry covers this.
    if !signs.findings.iter().any(|finding| finding.code.is_of_unreadable()) {
        all.extend(drop_of_coverage(signs));
    }
    all.extend(signs.lock.as_ref().map(|why| {
        let message = format!("cannot acquire the writer lock: {why}");
        let help = "if that process hangs, end it, then run: idhooks health";
        Alert::new(AlertCondition::LockTimeout, message, help)
    }));
    let sync = found(signs, AlertCondition::SyncErrors, |n| {
        format!("registry and tree disagree in {n} places")
    });
    all.extend(sync.filter(|alert| alert.findings.len() > SYNC_ERRORS));
    all.extend((!signs.stale.is_empty()).then(|| Alert {
        findings: signs.stale.clone(),
        ..Alert::new(
            AlertCondition::StaleOutputs,
            format!("generated files are out of date ({})", signs.stale.len()),
            "make them again and commit them: idhooks generate",
        )
    }));
    all.extend(watcher_alerts(signs.watch));
    all.extend(signs.code.and_then(mixed_formats));
    all.extend(slow);
    all
}

/// Returns the alert for findings that point to this condition, if there are any.
fn found(
    signs: &Signs<'_>,
    condition: AlertCondition,
    message: impl Fn(usize) -> String,
) -> Option<Alert> {
    let is_severe = |severity| match condition {
        AlertCondition::SyncErrors => severity == Severity::Error,
        // Findings that the next commit resolves do not need an operator's attention.
        _ => severity != Severity::Info,
    };
    let is_it = |finding: &&Finding| {
        is_severe(finding.severity) && AlertCondition::of_code(finding.code) == Some(condition)
    };
    let findings: Vec<_> = signs.findings.iter().filter(is_it).cloned().collect();
    // Each finding has its own remedy, but one is enough for the alert.
    let help = findings.first()?.help.clone();
    let alert = Alert::new(condition, message(findings.len()), &help);
    Some(Alert { findings, ..alert })
}

fn drop_of_coverage(signs: &Signs<'_>) -> Option<Alert> {
    let Signs { coverage, threshold, .. } = signs;
    let is_higher = |point: &&Point| coverage.is_lower_than(point.coverage, threshold);
    // The most recent day with a higher coverage best shows when the drop happened.
    let before = signs.lately.iter().rev().find(is_higher)?;
    let (then, day) = (before.coverage, before.at.date());
    let message = format!("coverage dropped to {coverage} from {then} at the end of {day}");
    let help = "to list the files without an identity: idhooks check coverage";
    Some(Alert::new(AlertCondition::CoverageDrop, message, help))
}

#[cfg(test)]
mod tests {
    use super::*;
    use idhooks_core::check::{Code, CodeClass, FindingPlace};
    use idhooks_core::registry::Timestamp;
    use idhooks_ops::{QueueMeasures, WatcherDown};

    fn names(findings: &[Finding], covered: usize, lock: Option<&str>) -> Vec<&'static str> {
        let before = Coverage { files: 100, covered: 100 };
        let point = Point { at: Timestamp::EPOCH, commit: String::new(), coverage: before };
        let signs = Signs {
            findings,
            coverage: Coverage { files: 100, covered },
            lately: &[point],
            threshold: "5%".parse().expect("a share"),
            lock: lock.map(str::to_owned),
            stale: of(Code::StaleOutput, usize::from(covered == 99)),
            backup: None,
            timers: &[],
            watch: &WatchFacts::default(),
            code: None,
            writes: None,
        };
        alerts(&signs).iter().map(|alert| alert.name).collect()
    }

    fn of(code: Code, n: usize) -> Vec<Finding> {
        (0..n).map(|n| Finding::new(code, format!("m{n}"), "h")).collect()
    }

    #[test]
    fn each_condition_has_an_alert_at_its_limit() {
        assert!(names(&[], 95, None).is_empty());
        assert_eq!(names(&[], 94, None), ["coverage_drop"]);
        assert_eq!(names(&[], 100, Some("who")), ["lock_timeout"]);
        assert_eq!(names(&[], 99, None), ["stale_outputs"]);
        assert_eq!(names(&of(Code::DuplicateId, 1), 100, None), ["duplicate_id"]);
        assert_eq!(names(&of(Code::RegistryCorrupt, 1), 100, None), ["registry_corrupt"]);
        assert_eq!(names(&of(Code::Capacity, 1), 100, None), ["sequence_nearly_full"]);
        assert!(names(&of(Code::StalePath, SYNC_ERRORS), 100, None).is_empty());
        assert_eq!(names(&of(Code::StalePath, SYNC_ERRORS + 1), 100, None), ["sync_errors"]);
        assert_eq!(names(&of(Code::LegacyMismatch, 1), 100, None), ["dual_write_mismatch"]);
        assert_eq!(names(&of(Code::LegacyMissing, 1), 100, None), ["dual_write_mismatch"]);
        assert!(names(&of(Code::NotCanonical, 50), 100, None).is_empty());
    }

    #[test]
    fn each_alert_begins_at_its_limit() {
        let names = |watch: &WatchFacts| watcher_alerts(watch).map(|a| a.name).collect::<Vec<_>>();
        let none = WatchFacts::default;
        let of_queue = |queue| names(&WatchFacts { queue: Some(queue), ..none() });
        assert!(names(&none()).is_empty());
        let down = WatcherDown { reason: "has ended".to_owned(), remedy: "start it".to_owned() };
        assert_eq!(names(&WatchFacts { down: Some(down), ..none() }), ["watcher_down"]);
        for (queue_fault, queue_problem) in [(Some("damaged"), None), (None, Some("full"))] {
            let [queue_fault, queue_problem] =
                [queue_fault, queue_problem].map(|why| why.map(str::to_owned));
            let unusable = WatchFacts { queue_fault, queue_problem, ..none() };
            assert_eq!(names(&unusable), ["queue_unusable"]);
        }
        let generator_problems = vec!["one".to_owned()];
        assert_eq!(names(&WatchFacts { generator_problems, ..none() }), ["generator_failed"]);
        let dead = QueueMeasures { dead_letters: 1, ..QueueMeasures::default() };
        assert_eq!(of_queue(dead), ["dead_letters"]);
        let waiting = |waiting, oldest_seconds| {
            of_queue(QueueMeasures { waiting, oldest_seconds, ..QueueMeasures::default() })
        };
        assert!(waiting(100, 9_999).is_empty());
        assert!(waiting(101, 3_600).is_empty());
        assert_eq!(waiting(101, 3_601), ["queue_backlog"]);
    }

    #[test]
    fn identifiers_of_the_past_are_alerts() {
        let at = |priority: &str| {
            let (kind, category, service) = Default::default();
            let priority = priority.to_owned();
            let class = CodeClass { kind, category, service, priority };
            let place = FindingPlace { line: 1, column: 1, code: Some(class) };
            Finding { place: Some(place.into()), ..Finding::new(Code::IdFormat, "m", "h") }
        };
        let mut code = CodeState { legacy_findings: vec![at("normal"); 2], ..CodeState::default() };
        assert!(legacy_use(&code).is_none() && mixed_formats(&code).is_none());
        code.legacy_findings.extend([at(CRITICAL), at(CRITICAL)]);
        code.legacy = vec![LegacyUse {
            format: "old".to_owned(),
            identifiers: 1,
            successors: Vec::new(),
            mixed_in: ["auth".to_owned()].into(),
        }];
        let legacy = legacy_use(&code).expect("an alert");
        assert_eq!((legacy.name, legacy.findings.len()), ("legacy_id_use", 2));
        let mixed = mixed_formats(&code).expect("an alert");
        assert!(mixed.message.ends_with("(1): 'old' in the service 'auth'"), "{}", mixed.message);
        assert!(legacy.urgency < mixed.urgency);
    }

    #[test]
    fn writes_of_the_legacy_file_have_alerts_above_one_percent() {
        let names = |failed, slow| {
            let recent = RecentDualWrites { total: 200, failed, slow };
            dual_writes(&recent).into_iter().flatten().map(|alert| alert.name).collect::<Vec<_>>()
        };
        assert!(names(2, 2).is_empty());
        assert_eq!(names(3, 2), ["dual_write_errors"]);
        assert_eq!(names(2, 3), ["dual_write_slow"]);
        assert!(dual_writes(&RecentDualWrites::default()).iter().all(Option::is_none));
    }

    #[test]
    fn the_most_urgent_comes_first() {
        let mut findings = of(Code::StalePath, 20);
        findings.extend(of(Code::Capacity, 1));
        findings.extend(of(Code::IdReused, 1));
        let all = names(&findings, 0, Some("who"));
        let order = [
            "duplicate_id",
            "sequence_nearly_full",
            "coverage_drop",
            "lock_timeout",
            "sync_errors",
        ];
        assert_eq!(all, order);
    }
}
