//! What an operator is to be told before something fails.

use crate::check::{Code, Coverage, Family, Finding, Severity, Share};

use super::Point;

/// From this many errors of registry against tree on, somebody is told.
const SYNC_ERRORS: usize = 10;

/// How soon somebody must look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// At once: identities are wrong.
    Critical,
    /// Soon: something will fail.
    High,
    /// When there is time.
    Warning,
}

impl Urgency {
    /// Returns the word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Urgency::Critical => "critical",
            Urgency::High => "high",
            Urgency::Warning => "warning",
        }
    }
}

/// Something that an operator is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// The condition, in a word for machines.
    pub name: &'static str,
    /// How soon somebody must look.
    pub urgency: Urgency,
    /// What it is, in a sentence without a full stop.
    pub message: String,
    /// What to do.
    pub help: String,
    /// What was found, where it comes from findings.
    pub findings: Vec<Finding>,
}

impl Alert {
    /// Returns the alert that nothing can be told.
    pub fn unable(why: &str, help: Option<&String>) -> Self {
        let help = help.map_or("see what is wrong: idhooks doctor, git fsck", String::as_str);
        Alert {
            name: "cannot_look",
            urgency: Urgency::Critical,
            message: format!("nothing can be told: {why}"),
            help: help.to_owned(),
            findings: Vec::new(),
        }
    }
}

/// What is looked at.
#[derive(Debug)]
pub struct Signs<'a> {
    /// All that is wrong.
    pub findings: &'a [Finding],
    /// The files that have an identity.
    pub coverage: Coverage,
    /// How that was lately, day by day.
    pub lately: &'a [Point],
    /// By how much it may be lower than it was on any of these days.
    pub threshold: Share,
    /// Why the lock of the writers could not be had.
    pub lock: Option<String>,
}

/// Returns what an operator is to be told, the most urgent first.
pub fn alerts(signs: &Signs<'_>) -> Vec<Alert> {
    let mut all = Vec::new();
    all.extend(found(
        signs,
        ("duplicate_id", Urgency::Critical),
        |n| format!("an identity or a file is there twice ({n})"),
        |finding| finding.code.family() == Family::Uniqueness,
    ));
    all.extend(found(
        signs,
        ("registry_corrupt", Urgency::Critical),
        |_| "the registry cannot be read".to_owned(),
        |finding| finding.code.is_of_unreadable(),
    ));
    all.extend(found(
        signs,
        ("sequence_nearly_full", Urgency::High),
        |n| format!("counters are 95 % full or more ({n})"),
        |finding| finding.code == Code::Capacity,
    ));
    // Without a registry nothing has an identity, which is not the news.
    if !signs.findings.iter().any(|finding| finding.code.is_of_unreadable()) {
        all.extend(drop_of_coverage(signs));
    }
    all.extend(signs.lock.as_ref().map(|why| Alert {
        name: "lock_timeout",
        urgency: Urgency::Warning,
        message: format!("the writer's lock could not be had: {why}"),
        help: "end that process if it hangs, then see again: idhooks health".to_owned(),
        findings: Vec::new(),
    }));
    let sync = found(
        signs,
        ("sync_errors", Urgency::Warning),
        |n| format!("registry and tree disagree in {n} places"),
        |finding| {
            matches!(finding.code.family(), Family::Sync | Family::Coverage)
                && finding.severity == Severity::Error
        },
    );
    all.extend(sync.filter(|alert| alert.findings.len() > SYNC_ERRORS));
    all
}

/// Returns the alert of some findings, where there are any.
fn found(
    signs: &Signs<'_>,
    (name, urgency): (&'static str, Urgency),
    message: impl Fn(usize) -> String,
    is_it: impl Fn(&Finding) -> bool,
) -> Option<Alert> {
    // What the next commit ends by itself needs no operator.
    let is_it = |f: &&Finding| f.severity != Severity::Info && is_it(f);
    let findings: Vec<_> = signs.findings.iter().filter(is_it).cloned().collect();
    let help = findings.first()?.help.clone();
    Some(Alert { name, urgency, message: message(findings.len()), help, findings })
}

fn drop_of_coverage(signs: &Signs<'_>) -> Option<Alert> {
    let Signs { coverage, threshold, .. } = signs;
    let is_higher = |point: &&Point| coverage.is_lower_than(point.coverage, threshold);
    let before = signs.lately.iter().rev().find(is_higher)?;
    let (then, day) = (before.coverage, before.at.date());
    Some(Alert {
        name: "coverage_drop",
        urgency: Urgency::Warning,
        message: format!("coverage dropped to {coverage}, from {then} at the end of {day}"),
        help: "see which files have no identity: idhooks check coverage".to_owned(),
        findings: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Timestamp;

    fn names(findings: &[Finding], covered: usize, lock: Option<&str>) -> Vec<&'static str> {
        let before = Coverage { files: 100, covered: 100 };
        let point = Point { at: Timestamp::EPOCH, commit: String::new(), coverage: before };
        let signs = Signs {
            findings,
            coverage: Coverage { files: 100, covered },
            lately: &[point],
            threshold: "5%".parse().expect("a share"),
            lock: lock.map(str::to_owned),
        };
        alerts(&signs).iter().map(|alert| alert.name).collect()
    }

    fn of(code: Code, n: usize) -> Vec<Finding> {
        (0..n).map(|n| Finding::new(code, format!("m{n}"), "h")).collect()
    }

    #[test]
    fn each_condition_is_told_at_its_limit() {
        assert!(names(&[], 95, None).is_empty());
        assert_eq!(names(&[], 94, None), ["coverage_drop"]);
        assert_eq!(names(&[], 100, Some("who")), ["lock_timeout"]);
        assert_eq!(names(&of(Code::DuplicateId, 1), 100, None), ["duplicate_id"]);
        assert_eq!(names(&of(Code::RegistryCorrupt, 1), 100, None), ["registry_corrupt"]);
        assert_eq!(names(&of(Code::Capacity, 1), 100, None), ["sequence_nearly_full"]);
        assert!(names(&of(Code::StalePath, SYNC_ERRORS), 100, None).is_empty());
        assert_eq!(names(&of(Code::StalePath, SYNC_ERRORS + 1), 100, None), ["sync_errors"]);
        assert!(names(&of(Code::NotCanonical, 50), 100, None).is_empty());
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
