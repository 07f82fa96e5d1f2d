//! The report sections, each of which describes a commit, its registry, and the findings about it.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::check::{Code, Coverage, Drift, Family, Finding, Point, Severity, Share, ratio};
use idhooks_core::config::Days;
use idhooks_core::registry::{Allocation, Id, Registry, RepoPath, Status, Timestamp, key};
use idhooks_ops::lifecycle::purgeable;
use idhooks_ops::{
    CheckedState, Day, Observer, OpsError, PurgeObstacle, Revision, RuledState, UnattendedPurge,
    check_state, find_commit, purge_unattended, summarize_scan, timeline,
};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::state::{CommitState, Heads};
use idhooks_repo::store::audit_log::{AuditEntry, verify};
use idhooks_repo::{history::coverage_history, store::AuditFile, transaction::Checked};

use super::section::SectionFact::{Count, Number, Text, Unknown};
use super::section::{Section, SectionKind};
use crate::metrics::{Filling, fillings};

/// The commit described by the reports; they ignore staged changes.
const REV: &str = "HEAD";
/// The length of a week in days.
const WEEK: u32 = 7;
/// The number of days covered by the trend.
const TREND: u32 = 84;
/// The maximum drop in coverage within the week.
const THRESHOLD: &str = "0.05";
/// The length of a month in days.
const MONTH: u32 = 30;
/// The number of days after which deprecated records are worth purging.
const LONG_AGO: u32 = 90;
/// A counter that will be full in fewer days than this needs attention.
const SOON: i64 = 90;

/// The commit described by a report, with its registry and findings.
pub(super) struct ReportContext<'r> {
    repo: &'r Repo,
    pub(super) commit: CommitId,
    pub(super) state: RuledState,
    findings: Vec<Finding>,
    /// The number of files whose heads were not read.
    unread: usize,
    pub(super) now: Timestamp,
}

impl<'r> ReportContext<'r> {
    /// Reads and checks the commit; `heads` selects the files whose heads are read.
    ///
    /// # Errors
    /// Returns an error if there is no commit, if it has no registry, or if an object cannot be read.
    pub(super) fn read(repo: &'r Repo, now: Timestamp, heads: Heads<'_>) -> Result<Self, OpsError> {
        let commit = find_commit(repo, REV)?;
        let view = CommitState::of_commit(repo, commit)?;
        let state = Revision::named(REV).adopted(repo, view)?;
        let CheckedState { checked, .. } = check_state(repo, &state, heads)?;
        let Checked { mut findings, unread } = checked;
        findings.sort();
        Ok(ReportContext { repo, commit, state, findings, unread, now })
    }

    /// Returns the section that makes up the whole report if the registry cannot be read.
    pub(super) fn unreadable(&self) -> Section {
        Section {
            is_well: false,
            facts: vec![("errors", Count(self.findings.len()))],
            ..Section::of_findings(SectionKind::Registry, &self.findings).advised(true)
        }
    }
}

/// Returns the sections of the nightly report: scan, uniqueness, sync and coverage.
pub(super) fn nightly(observer: &mut dyn Observer, scene: &ReportContext<'_>) -> Vec<Section> {
    let of = |family: Family, kind| {
        let found = scene.findings.iter().filter(|finding| family.includes(finding.code));
        let [errors, warnings] =
            [Severity::Error, Severity::Warning].map(|severity| severity.count(found.clone()));
        let section = Section::of_findings(kind, found);
        let has_rows = !section.rows.is_empty();
        Section {
            is_well: errors == 0,
            facts: vec![("errors", Count(errors)), ("warnings", Count(warnings))],
            ..section.advised(has_rows)
        }
    };
    let mut coverage = of(Family::Coverage, SectionKind::Coverage);
    let counted = scene.state.coverage();
    coverage.facts.extend([
        ("tracked_files", Count(counted.files)),
        ("with_ids", Count(counted.covered)),
        ("coverage", Text(ratio(counted).to_string())),
    ]);
    let mut uniqueness = of(Family::Uniqueness, SectionKind::Uniqueness);
    if scene.unread > 0 {
        uniqueness.facts.push(("heads_unread", Count(scene.unread)));
    }
    vec![scan(observer, scene.repo), uniqueness, of(Family::Sync, SectionKind::Sync), coverage]
}

/// Scans the working tree. If this fails, the failure needs attention, but the other sections are
/// still written, because they are about a commit.
fn scan(observer: &mut dyn Observer, repo: &Repo) -> Section {
    let section = Section::new(SectionKind::Scan);
    if repo.is_bare() {
        let why = "there is no working tree".to_owned();
        // A server has no working tree, which is not an error.
        return Section { facts: vec![("left_out", Text(why))], ..section };
    }
    match summarize_scan(observer, repo) {
        Ok(tally) => {
            let facts = vec![
                ("files", Count(tally.files)),
                ("without_identity", Count(tally.needing_id.len())),
                ("unreadable", Count(tally.faults.len())),
            ];
            let is_well = tally.faults.is_empty();
            let wanting = tally.needing_id.into_iter().map(|path| (path, "no identity".to_owned()));
            let rows = tally.faults.into_iter().chain(wanting);
            let rows = rows.map(|(path, state)| [path.to_string(), state]);
            let section = section.listing(["path", "state"], rows);
            let has_rows = !section.rows.is_empty();
            Section { is_well, facts, ..section }.advised(has_rows)
        }
        Err(error) => section.failed(error),
    }
}

/// Returns the sections of the weekly report: trend, drift, deprecations and velocity.
///
/// # Errors
/// Returns an error if an object cannot be read.
pub(super) fn weekly(scene: &ReportContext<'_>) -> Result<Vec<Section>, OpsError> {
    Ok(vec![trend(scene)?, drift(scene), deprecations(scene), velocity(scene)?])
}

/// Reports how many files had an identity on each day.
fn trend(scene: &ReportContext<'_>) -> Result<Section, OpsError> {
    let ReportContext { repo, commit, now, .. } = *scene;
    let since = now.days_before(TREND);
    let points = coverage_history(repo, commit, Some(since), &mut |_| {})?.points;
    let today = scene.state.coverage();
    let moment = u64::try_from(now.days_before(WEEK).unix()).unwrap_or_default();
    // In a shallow clone, the commit from a week ago may be missing.
    let before = repo.newest_by(commit, moment)?.filter(|before| repo.has_commit(*before));
    let before = before.map(|before| RuledState::read_commit(repo, before)).transpose()?;
    let before = before.as_ref().map(RuledState::coverage);
    let threshold: Option<Share> = THRESHOLD.parse().ok();
    let is_lower = |before: Coverage| threshold.is_some_and(|by| today.is_lower_than(before, &by));
    let is_well = !before.is_some_and(is_lower);
    let row = |Point { at, coverage, .. }: &Point| {
        let Coverage { files, covered } = coverage;
        let share = ratio(*coverage).to_string();
        [at.date().to_owned(), share, files.to_string(), covered.to_string()]
    };
    Ok(Section {
        is_well,
        facts: vec![
            ("coverage", Text(ratio(today).to_string())),
            ("coverage_a_week_ago", before.map_or(Unknown, |then| Text(ratio(then).to_string()))),
        ],
        ..Section::new(SectionKind::Trend)
            .listing(["date", "coverage", "tracked_files", "with_ids"], points.iter().map(row))
            .advised(!is_well)
    })
}

/// Counts the findings by kind of drift.
fn drift(scene: &ReportContext<'_>) -> Section {
    let counts = Drift::ALL.map(|kind| (kind.as_str(), kind.count(&scene.findings)));
    let has_any = counts.iter().any(|(_, count)| *count > 0);
    // This section only has figures; the nightly report shows what needs attention.
    Section {
        facts: counts.map(|(kind, count)| (kind, Count(count))).into(),
        ..Section::new(SectionKind::Drift).advised(has_any)
    }
}

/// Lists the identities deprecated during the week, and counts the ones still in use.
fn deprecations(scene: &ReportContext<'_>) -> Section {
    let since = scene.now.days_before(WEEK);
    let at = |record: &Allocation| record.text(key::DEPRECATED_AT)?.parse::<Timestamp>().ok();
    let records = scene.state.registry().map(|registry| registry.allocations.as_slice());
    let ended = records.unwrap_or_default().iter().filter(|r| r.status != Status::Active);
    let mut ended: Vec<(Timestamp, &Allocation)> =
        ended.filter_map(|record| Some((at(record).filter(|at| *at >= since)?, record))).collect();
    ended.sort_by_key(|(at, record)| (*at, record.id));
    let is_in_use = |finding: &&Finding| finding.code == Code::DeprecatedInUse;
    let in_use = scene.findings.iter().filter(is_in_use).count();
    let row = |(at, record): &(Timestamp, &Allocation)| {
        let reason = record.text(key::DEPRECATED_REASON).unwrap_or_default().to_owned();
        [at.date().to_owned(), record.id.to_string(), record.path.to_string(), reason]
    };
    Section {
        facts: vec![("deprecated", Count(ended.len())), ("still_in_use", Count(in_use))],
        ..Section::new(SectionKind::Deprecations)
            .listing(["date", "id", "path", "reason"], ended.iter().map(row))
            .advised(in_use > 0)
    }
}

/// Reports how many identities were allocated, deprecated and renamed each day.
fn velocity(scene: &ReportContext<'_>) -> Result<Section, OpsError> {
    let mut days = timeline(scene.repo, scene.commit)?.days(scene.now);
    // Later events belong in a later report.
    days.retain(|(at, ..)| at.day() <= scene.now.day());
    let week = usize::try_from(WEEK).unwrap_or_default();
    let this = days.split_off(days.len().saturating_sub(week));
    let last = days.split_off(days.len().saturating_sub(week));
    let sum = |days: &[(Timestamp, Day, f64)], of: fn(&Day) -> usize| {
        Count(days.iter().map(|(_, day, _)| of(day)).sum())
    };
    let row = |(at, day, _): &(Timestamp, Day, f64)| {
        let [allocated, deprecated, renamed] =
            [day.allocated, day.deprecated, day.renamed].map(|count| count.to_string());
        [at.date().to_owned(), allocated, deprecated, renamed]
    };
    Ok(Section {
        facts: vec![
            ("allocated", sum(&this, |day| day.allocated)),
            ("allocated_the_week_before", sum(&last, |day| day.allocated)),
            ("allocated_per_day", Number(this.last().map_or(0.0, |(_, _, mean)| *mean))),
            ("deprecated", sum(&this, |day| day.deprecated)),
            ("renamed", sum(&this, |day| day.renamed)),
        ],
        ..Section::new(SectionKind::Velocity)
            .listing(["date", "allocated", "deprecated", "renamed"], this.iter().map(row))
    })
}

/// Returns the sections of the monthly report: audit log, old deprecated identities, capacity and,
/// if the configuration asks for a purge, purged records.
///
/// # Errors
/// Returns an error if the audit log cannot be read.
pub(super) fn monthly(
    observer: &mut dyn Observer,
    scene: &ReportContext<'_>,
) -> Result<Vec<Section>, OpsError> {
    let sections = [audit(scene)?, deprecated(scene), capacity(scene)];
    Ok(sections.into_iter().chain(purge(observer, scene)).collect())
}

/// Purges old deprecated records. A purge that is staged but not committed needs attention, and so
/// does a failure; the other sections are written anyway.
fn purge(observer: &mut dyn Observer, scene: &ReportContext<'_>) -> Option<Section> {
    let Days(days) = scene.state.config.schedule.purge?;
    let section = Section::new(SectionKind::Purge);
    let cutoff = scene.now.days_before(days);
    let done = match purge_unattended(observer, scene.repo, cutoff) {
        Ok(UnattendedPurge::Done(done)) => done,
        Ok(UnattendedPurge::LeftOut(obstacle)) => {
            let waiting = waiting_purges(scene);
            let mut facts = vec![("left_out", Text(obstacle_text(obstacle)))];
            facts.extend((waiting > 0).then_some(("waiting", Count(waiting))));
            let section = Section { is_well: waiting == 0, facts, ..section };
            return Some(section.advised(waiting > 0));
        }
        Err(error) => return Some(section.failed(error)),
    };
    let row = |record: &Allocation| [record.id.to_string(), record.path.to_string()];
    let is_new = !done.records.is_empty();
    let section = Section {
        // A purge affects nobody else until it is committed, and later runs do nothing until then.
        is_well: !is_new,
        facts: vec![
            ("deprecated_before", Text(cutoff.to_string())),
            ("purged", Count(done.records.len())),
            ("still_mentioned", Count(done.mentioned.len())),
        ],
        ..section.listing(["id", "path"], done.records.iter().map(row))
    };
    Some(section.advised(is_new))
}

/// Returns a message that says why nothing was purged.
fn obstacle_text(obstacle: PurgeObstacle) -> String {
    match obstacle {
        PurgeObstacle::NoWorkingTree => "there is no working tree".to_owned(),
        PurgeObstacle::GithubJob => "the working tree of a job on GitHub is not kept".to_owned(),
        PurgeObstacle::WorkInProgress(what) => what,
    }
}

/// Returns how many identities have been purged in the index but not in the commit.
fn waiting_purges(scene: &ReportContext<'_>) -> usize {
    let purged = |registry: &Registry| -> BTreeSet<Id> {
        let records = registry.allocations.iter().filter(|record| record.is_purged());
        records.map(|record| record.id).collect()
    };
    // Without a working tree or a readable registry, no purge is waiting.
    let staged = CommitState::of_index(scene.repo).ok();
    let staged = staged.as_ref().and_then(CommitState::registry).map(purged).unwrap_or_default();
    let committed = scene.state.registry().map(purged).unwrap_or_default();
    staged.difference(&committed).count()
}

/// Reports whether this clone's audit log is intact, and counts the month's events.
fn audit(scene: &ReportContext<'_>) -> Result<Section, OpsError> {
    let text = AuditFile::in_dir(&scene.repo.state_dir()).read()?.unwrap_or_default();
    let verdict = verify(text.lines(), None);
    let since = scene.now.days_before(MONTH);
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for entry in text.lines().filter_map(AuditEntry::parse) {
        if entry.at().parse::<Timestamp>().is_ok_and(|at| at >= since) {
            *kinds.entry(entry.event().to_owned()).or_default() += 1;
        }
    }
    let is_well = !verdict.is_tampered();
    let facts = vec![
        ("events", Count(verdict.events)),
        ("events_of_the_month", Count(kinds.values().sum())),
        ("faults", Count(verdict.faults.len())),
        ("head", verdict.head.map_or(Unknown, Text)),
    ];
    let faults = verdict.faults.iter();
    let faults = faults.map(|(line, kind)| [format!("line {line}"), kind.description().to_owned()]);
    let kinds = kinds.into_iter().map(|(kind, count)| [kind, count.to_string()]);
    Ok(Section {
        is_well,
        facts,
        ..Section::new(SectionKind::Audit)
            .listing(["what", "detail"], faults.chain(kinds))
            .advised(!is_well)
    })
}

/// Lists the records that were deprecated over 90 days ago and can be purged.
fn deprecated(scene: &ReportContext<'_>) -> Section {
    let section = Section::new(SectionKind::Deprecated);
    let tracked = scene.state.tracked();
    let has_file = |path: &RepoPath| tracked.contains(path);
    let cutoff = scene.now.days_before(LONG_AGO);
    let Some(registry) = scene.state.registry() else { return section };
    let ids = purgeable(registry, cutoff, &has_file);
    let of = |record: &&Allocation| ids.contains(&record.id);
    let mut records: Vec<&Allocation> = registry.allocations.iter().filter(of).collect();
    let at = |record: &Allocation| record.text(key::DEPRECATED_AT).unwrap_or_default().to_owned();
    records.sort_by_key(|record| (at(record), record.id));
    let row = |r: &&Allocation| [at(r), r.id.to_string(), r.path.to_string()];
    Section {
        facts: vec![("identities", Count(records.len()))],
        ..section
            .listing(["deprecated_at", "id", "path"], records.iter().map(row))
            .advised(!records.is_empty())
    }
}

/// Lists how full each counter is, with those in which it continues, fullest first, and when they
/// will be full at the current rate.
fn capacity(scene: &ReportContext<'_>) -> Section {
    let strategy = scene.state.config.allocation.strategy;
    let all = scene.state.registry().map(|r| fillings(r, strategy, scene.now));
    let mut all = all.unwrap_or_default();
    all.sort_by_key(|filling| std::cmp::Reverse(filling.used.used));
    let limit = Timestamp::from_unix((scene.now.day() + SOON) * 86_400).unwrap_or(scene.now);
    let is_short = |filling: &&Filling| {
        let is_soon = filling.full_on.as_deref().is_some_and(|day| day < limit.date());
        // A counter may be used in bursts, so its rate alone is not enough.
        is_soon || filling.used.is_nearly_full()
    };
    let short = all.iter().filter(is_short).count();
    let first_full = all.iter().filter_map(|f| f.full_on.clone()).min();
    let facts = vec![
        ("counters", Count(all.len())),
        ("nearly_full", Count(short)),
        ("first_full_on", first_full.map_or(Unknown, Text)),
    ];
    let row = |f: &Filling| {
        let [used, capacity] = [f.used.used, f.used.capacity].map(|n| n.to_string());
        let per_day = format!("{:.3}", f.per_day);
        let full_on = f.full_on.clone().unwrap_or_default();
        [f.counter.to_string(), used, capacity, f.used.to_string(), per_day, full_on]
    };
    Section {
        is_well: short == 0,
        facts,
        ..Section::new(SectionKind::Capacity)
            .listing(
                ["counter", "used", "capacity", "filling", "per_day", "full_on"],
                all.iter().map(row),
            )
            .advised(short > 0)
    }
}
