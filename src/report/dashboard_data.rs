//! Formats the dashboard's data as JSON.

use std::cmp::Ordering;

use idhooks_core::check::{Coverage, Family, Finding, Point, SequencesUsed, Severity};
use idhooks_core::registry::{
    Allocation, Id, Namespace, RepoPath, Scope, Status, Timestamp, TypeCode, in_order, key,
};
use idhooks_ops::{
    CommitId, CoverageGroup, Day, FormerName, MigrationOverview, TimelineEvent, WriteStatistics,
};
use idhooks_report::metrics::{Filling, Health};
use idhooks_report::reports::DashboardFacts;
use serde::Serialize;

use super::code_overview::CodeOverview;
use super::references_by_file::{ReferenceRows, ReferencesByFile};
use crate::output::json::{FindingSummary, document, document_of, six_digits};
use crate::output::{DriftSection, drift_sections};

/// The maximum number of findings to list; the counts include all of them.
const MAX_FINDINGS: usize = 200;

/// All the data that the page needs when it loads.
#[derive(Serialize)]
struct DashboardData<'a> {
    /// The time the data was collected.
    at: Timestamp,
    /// The repository's name.
    repository: &'a str,
    /// The branch.
    branch: &'a str,
    /// The commit.
    commit: CommitId,
    /// Whether the page comes from a server rather than a file.
    is_live: bool,
    /// The number of seconds between refreshes, if a server provides the page.
    refresh_seconds: u64,
    /// The number of records, whatever their status.
    identities: usize,
    /// The coverage.
    coverage: DashboardCoverage<'a>,
    /// The change in coverage since the previous day, if there is one.
    trend: Option<CoverageTrend<'a>>,
    /// The coverage on each day.
    history: Vec<CoverageDay<'a>>,
    /// The events on each day.
    allocations: Vec<AllocationDay>,
    /// The state of each family of checks.
    checks: [FamilyCheck; Family::OF_CHECK.len()],
    /// The worst findings.
    findings: WorstFindings<'a>,
    /// The number of files whose heads were not read.
    heads_unread: usize,
    /// The findings about identities that are not unique.
    duplicates: Vec<FindingSummary<'a>>,
    /// The findings by kind of drift.
    drift: Vec<DriftSection<'a>>,
    /// The health checks.
    health: &'a [Health],
    /// All counters.
    counters: Vec<CounterRow>,
    /// Counts of registry writes in this clone.
    writes: WriteStatistics,
    /// The last events.
    events: Vec<&'a TimelineEvent>,
    /// Identifiers in code.
    identifiers: CodeOverview<'a>,
    /// The comparison of the registry with a legacy file.
    migration: MigrationOverview<'a>,
}

/// The coverage of all files and of each group.
#[derive(Debug, Serialize)]
struct DashboardCoverage<'a> {
    #[serde(flatten)]
    counts: Coverage,
    #[serde(serialize_with = "six_digits")]
    share: f64,
    #[serde(serialize_with = "in_order")]
    by: &'a [(&'static str, Vec<CoverageGroup>)],
}

impl<'a> DashboardCoverage<'a> {
    /// Returns the coverage of all files and of the groups of each kind.
    fn new(coverage: Coverage, by: &'a [(&'static str, Vec<CoverageGroup>)]) -> Self {
        DashboardCoverage { counts: coverage, share: share(coverage), by }
    }
}

/// The change in coverage since the previous day with commits.
#[derive(Debug, Serialize)]
struct CoverageTrend<'a> {
    direction: &'static str,
    since: &'a str,
    #[serde(serialize_with = "six_digits")]
    before: f64,
}

impl<'a> CoverageTrend<'a> {
    /// Compares a commit's coverage with the coverage on the last day in its history that has a
    /// different commit.
    fn of(coverage: Coverage, history: &'a [Point], commit: &str) -> Option<Self> {
        // The last day in the history may be this commit's own day, and a commit cannot be compared
        // with itself.
        let before = history.iter().rev().find(|point| point.commit != commit)?;
        let (now, then) = (share(coverage), share(before.coverage));
        let direction = match now.total_cmp(&then) {
            Ordering::Greater => "up",
            Ordering::Less => "down",
            Ordering::Equal => "unchanged",
        };
        Some(CoverageTrend { direction, since: before.at.date(), before: then })
    }
}

/// The coverage on a day.
#[derive(Debug, Serialize)]
struct CoverageDay<'a> {
    date: &'a str,
    #[serde(flatten)]
    counts: Coverage,
    #[serde(serialize_with = "six_digits")]
    coverage: f64,
}

impl<'a> From<&'a Point> for CoverageDay<'a> {
    fn from(point: &'a Point) -> Self {
        let Point { at, coverage, .. } = point;
        CoverageDay { date: at.date(), counts: *coverage, coverage: share(*coverage) }
    }
}

/// The events on a day.
#[derive(Debug, Serialize)]
struct AllocationDay {
    date: String,
    #[serde(flatten)]
    day: Day,
    #[serde(serialize_with = "six_digits")]
    mean_7: f64,
}

/// The state of a family of checks.
#[derive(Debug, Serialize)]
struct FamilyCheck {
    name: Family,
    state: &'static str,
    #[serde(flatten)]
    counts: FindingCounts,
    at: Timestamp,
}

#[derive(Debug, Serialize)]
struct FindingCounts {
    errors: usize,
    warnings: usize,
}

impl FindingCounts {
    fn of<'f>(findings: impl Iterator<Item = &'f Finding> + Clone) -> Self {
        let errors = Severity::Error.count(findings.clone());
        FindingCounts { errors, warnings: Severity::Warning.count(findings) }
    }
}

impl FamilyCheck {
    /// Returns the state of a family, given the findings from a check.
    fn new(name: Family, findings: &[Finding], at: Timestamp) -> Self {
        let own = findings.iter().filter(|finding| name.includes(finding.code));
        let counts = FindingCounts::of(own);
        let state = match counts {
            FindingCounts { errors: 0, warnings: 0 } => "pass",
            FindingCounts { errors: 0, .. } => "warn",
            _ => "fail",
        };
        FamilyCheck { name, state, counts, at }
    }
}

/// The number of findings, and the worst ones.
#[derive(Debug, Serialize)]
struct WorstFindings<'a> {
    #[serde(flatten)]
    counts: FindingCounts,
    shown: usize,
    items: Vec<FindingSummary<'a>>,
}

impl<'a> WorstFindings<'a> {
    /// Returns the worst findings.
    fn new(findings: &'a [Finding]) -> Self {
        let mut worst: Vec<&Finding> = findings.iter().collect();
        // The findings are sorted before the list is cut off, because the first 200 by path could
        // all be notes.
        worst.sort_by_key(|finding| finding.severity);
        worst.truncate(MAX_FINDINGS);
        let items = worst.into_iter().map(FindingSummary::full).collect();
        let shown = findings.len().min(MAX_FINDINGS);
        WorstFindings { counts: FindingCounts::of(findings.iter()), shown, items }
    }
}

/// Returns the findings about identities that are not unique.
fn duplicates(findings: &[Finding]) -> Vec<FindingSummary<'_>> {
    let is_one = |finding: &&Finding| finding.code.family() == Family::Uniqueness;
    findings.iter().filter(is_one).map(FindingSummary::full).collect()
}

/// How much of a counter has been used.
#[derive(Debug, Serialize)]
struct CounterRow {
    #[serde(rename = "type")]
    type_code: TypeCode,
    ns: Namespace,
    scope: Scope,
    used: usize,
    capacity: usize,
    #[serde(serialize_with = "six_digits")]
    share: f64,
    #[serde(serialize_with = "six_digits")]
    per_day: f64,
    full_on: Option<String>,
}

impl From<Filling> for CounterRow {
    fn from(filling: Filling) -> Self {
        let Filling { counter, used, per_day, full_on } = filling;
        let SequencesUsed { used, capacity } = used;
        let (type_code, ns, scope) = (counter.type_code, counter.namespace, counter.scope);
        let share = used as f64 / capacity.max(1) as f64;
        CounterRow { type_code, ns, scope, used, capacity, share, per_day, full_on }
    }
}

#[derive(Serialize)]
struct IdentityRow<'a> {
    id: Id,
    path: &'a RepoPath,
    status: Status,
    allocated_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    doc_id: Option<&'a str>,
    names: &'a [FormerName],
    #[serde(skip_serializing_if = "Option::is_none")]
    referred_by: Option<ReferenceRows<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refers_to: Option<ReferenceRows<'a>>,
}

/// Returns the document that lists every identity with all the paths it has had, and with the
/// references to and from its file.
pub fn identities_json(facts: &DashboardFacts) -> String {
    let references = ReferencesByFile::new(facts.references.as_deref().unwrap_or_default());
    let row = |record| {
        let &Allocation { id, ref path, status, allocated_at, .. } = record;
        let (doc_id, names) = (record.text(key::DOC_ID), facts.timeline.names(id));
        let (referred_by, refers_to) = (references.to(record), references.from(record));
        IdentityRow { id, path, status, allocated_at, doc_id, names, referred_by, refers_to }
    };
    let records = facts.registry.iter().flat_map(|registry| &registry.allocations);
    document_of("identities", &records.map(row).collect::<Vec<_>>())
}

/// Returns the overview document. If a server provides the page, `refresh` is the number of seconds
/// after which the page requests the document again.
pub fn overview_json(facts: &mut DashboardFacts, refresh: Option<u64>) -> String {
    let (registry, findings) = (facts.registry.as_ref(), &facts.checked.findings);
    let legacy = facts.code.iter().flatten().flat_map(|code| code.legacy_findings.iter().cloned());
    let drift: Vec<Finding> = findings.iter().cloned().chain(legacy).collect();
    let check = |family| FamilyCheck::new(family, findings, facts.checked_at);
    document(&DashboardData {
        at: facts.at,
        repository: &facts.repository,
        branch: &facts.branch,
        commit: facts.commit,
        is_live: refresh.is_some(),
        refresh_seconds: refresh.unwrap_or(0),
        identities: registry.map_or(0, |registry| registry.allocations.len()),
        coverage: DashboardCoverage::new(facts.coverage, &facts.groups),
        trend: CoverageTrend::of(facts.coverage, &facts.history, &facts.commit.to_string()),
        history: facts.history.iter().map(Into::into).collect(),
        allocations: (facts.timeline.days(facts.at).into_iter())
            .map(|(at, day, mean_7)| AllocationDay { date: at.date().to_owned(), day, mean_7 })
            .collect(),
        checks: Family::OF_CHECK.map(check),
        findings: WorstFindings::new(findings),
        heads_unread: facts.checked.unread,
        duplicates: duplicates(findings),
        drift: drift_sections(&drift, MAX_FINDINGS, FindingSummary::full),
        health: &facts.health,
        counters: facts.counters().into_iter().map(Into::into).collect(),
        writes: WriteStatistics::new(facts.writes, registry),
        events: facts.timeline.events(),
        identifiers: CodeOverview::new(&facts.code, facts.last_ci.as_ref()),
        migration: facts.migration.overview(MAX_FINDINGS),
    })
}

fn share(coverage: Coverage) -> f64 {
    // Coverage is complete in an empty repository; dividing by zero would give NaN, which is not
    // valid JSON.
    if coverage.files == 0 { 1.0 } else { coverage.covered as f64 / coverage.files as f64 }
}
