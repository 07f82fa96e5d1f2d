//! What the dashboard shows, as documents for machines.

use crate::check::{Coverage, Drift, Family, Finding, Severity};
use crate::metrics::{Filling, Group, Health, Point};
use crate::plan::timeline::{Day, Timeline, TimelineEvent};
use crate::registry::json::Members;
use crate::registry::{Allocation, Timestamp};

use super::health::write_health;
use super::json::{document, lines, object, optional};

/// How many findings are shown; the numbers are of all of them.
const SHOWN: usize = 200;

/// Everything that the page shows at once.
#[derive(Debug)]
pub struct DashboardData<'a> {
    /// When this was found out.
    pub at: Timestamp,
    /// When the commit was checked: what was found stays true of it.
    pub checked_at: Timestamp,
    /// What the repository is called.
    pub repository: &'a str,
    /// The branch.
    pub branch: &'a str,
    /// The commit.
    pub commit: &'a str,
    /// Whether there is a server to ask again, and after how many seconds.
    pub refresh: Option<u64>,
    /// The files that have an identity.
    pub coverage: Coverage,
    /// The same by namespace, type and directory.
    pub groups: [(&'static str, Vec<Group>); 3],
    /// The same day by day.
    pub history: &'a [Point],
    /// What happened each day.
    pub days: Vec<(Timestamp, Day, f64)>,
    /// All that is wrong.
    pub findings: &'a [Finding],
    /// What the registry depends on.
    pub health: Vec<Health>,
    /// Every counter.
    pub counters: Vec<Filling>,
    /// The last events.
    pub events: Vec<&'a TimelineEvent>,
}

impl DashboardData<'_> {
    /// Returns the document.
    pub fn json(&self) -> String {
        document(|top| {
            top.string("at", self.at.as_str());
            top.string("repository", self.repository);
            top.string("branch", self.branch);
            top.string("commit", self.commit);
            consistency(top.key("is_live"), self.refresh.is_some());
            top.key("refresh_seconds").push_str(&self.refresh.unwrap_or(0).to_string());
            object(top.key("coverage"), |members| self.write_coverage(members));
            lines(top.key("history"), self.history, |out, point| {
                object(out, |m| write_point(m, point));
            });
            lines(top.key("allocations"), &self.days, |out, day| {
                object(out, |m| write_day(m, day));
            });
            lines(top.key("checks"), Family::ALL, |out, family| {
                object(out, |members| self.write_check(members, family));
            });
            object(top.key("findings"), |members| self.write_findings(members));
            let twice = self.findings.iter().filter(|f| f.code.family() == Family::Uniqueness);
            lines(top.key("duplicates"), twice, |out, f| object(out, |m| write_finding(m, f)));
            lines(top.key("drift"), Drift::sections(self.findings), |out, (kind, found)| {
                object(out, |members| write_drift(members, kind, &found));
            });
            lines(top.key("health"), &self.health, |out, h| object(out, |m| write_health(m, h)));
            lines(top.key("counters"), &self.counters, |out, c| {
                object(out, |m| write_counter(m, c));
            });
            lines(top.key("events"), &self.events, |out, e| object(out, |m| write_event(m, e)));
        })
    }

    fn write_coverage(&self, members: &mut Members<'_>) {
        count(members, "total_files", self.coverage.files);
        count(members, "with_ids", self.coverage.covered);
        ratio(members, "share", share(self.coverage));
        object(members.key("by"), |by| {
            for (name, groups) in &self.groups {
                lines(by.key(name), groups, |out, group| {
                    object(out, |members| {
                        members.string("name", &group.name);
                        count(members, "total_files", group.coverage.files);
                        count(members, "with_ids", group.coverage.covered);
                    });
                });
            }
        });
    }

    fn write_check(&self, members: &mut Members<'_>, family: Family) {
        let of = |severity| {
            let found = self.findings.iter().filter(|f| family.includes(f.code));
            found.filter(|f| f.severity == severity).count()
        };
        let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
        let state = match (errors, warnings) {
            (0, 0) => "pass",
            (0, _) => "warn",
            _ => "fail",
        };
        members.string("name", family.as_str());
        members.string("state", state);
        count(members, "errors", errors);
        count(members, "warnings", warnings);
        members.string("at", self.checked_at.as_str());
    }

    fn write_findings(&self, members: &mut Members<'_>) {
        let of = |severity| self.findings.iter().filter(|f| f.severity == severity).count();
        count(members, "errors", of(Severity::Error));
        count(members, "warnings", of(Severity::Warning));
        count(members, "shown", self.findings.len().min(SHOWN));
        let mut worst: Vec<&Finding> = self.findings.iter().collect();
        worst.sort_by_key(|finding| finding.severity);
        lines(members.key("items"), worst.into_iter().take(SHOWN), |out, finding| {
            object(out, |members| write_finding(members, finding));
        });
    }
}

/// Returns every identity with all the names it has had.
pub fn identities(records: &[Allocation], annals: &Timeline) -> String {
    document(|top| {
        lines(top.key("identities"), records, |out, record| {
            object(out, |members| {
                members.string("id", &record.id.to_string());
                members.string("path", &record.path.to_string());
                members.string("status", record.status.as_str());
                members.string("allocated_at", record.allocated_at.as_str());
                lines(members.key("names"), annals.names(record.id), |out, name| {
                    object(out, |members| {
                        members.string("path", &name.path.to_string());
                        members.string("at", name.since.as_str());
                        members.string("commit", &name.commit);
                    });
                });
            });
        });
    })
}

fn write_point(members: &mut Members<'_>, point: &Point) {
    members.string("date", point.at.date());
    count(members, "total_files", point.coverage.files);
    count(members, "with_ids", point.coverage.covered);
    ratio(members, "coverage", share(point.coverage));
}

fn write_day(members: &mut Members<'_>, (at, day, mean): &(Timestamp, Day, f64)) {
    members.string("date", at.date());
    count(members, "allocated", day.allocated);
    count(members, "deprecated", day.deprecated);
    count(members, "renamed", day.renamed);
    ratio(members, "mean_7", *mean);
}

fn write_finding(members: &mut Members<'_>, finding: &Finding) {
    members.string("code", finding.code.as_str());
    members.string("severity", finding.severity.as_str());
    let path = finding.path.as_ref().map(ToString::to_string);
    optional(members.key("path"), path.as_deref());
    optional(members.key("id"), finding.id.as_deref());
    members.string("message", &finding.message);
    members.string("help", &finding.help);
}

fn write_drift(members: &mut Members<'_>, kind: Drift, found: &[&Finding]) {
    members.string("kind", kind.as_str());
    members.string("title", kind.title());
    count(members, "count", found.len());
    lines(members.key("items"), found.iter().take(SHOWN), |out, finding| {
        object(out, |members| write_finding(members, finding));
    });
}

fn write_counter(members: &mut Members<'_>, filling: &Filling) {
    members.string("type", &filling.counter.type_code.to_string());
    members.string("ns", &filling.counter.namespace.to_string());
    members.string("scope", &filling.counter.scope.to_string());
    count(members, "used", filling.used);
    count(members, "capacity", filling.capacity);
    ratio(members, "share", filling.used as f64 / filling.capacity.max(1) as f64);
    ratio(members, "per_day", filling.per_day);
    optional(members.key("full_on"), filling.full_on.as_deref());
}

fn write_event(members: &mut Members<'_>, event: &TimelineEvent) {
    members.string("at", event.at.as_str());
    members.string("event", event.kind.as_str());
    members.string("id", &event.id.to_string());
    let [path, from] = [&event.path, &event.from].map(|p| p.as_ref().map(ToString::to_string));
    optional(members.key("path"), path.as_deref());
    optional(members.key("from"), from.as_deref());
    members.string("commit", &event.commit);
}

fn share(coverage: Coverage) -> f64 {
    if coverage.files == 0 { 1.0 } else { coverage.covered as f64 / coverage.files as f64 }
}

fn count(members: &mut Members<'_>, name: &str, number: usize) {
    members.key(name).push_str(&number.to_string());
}

fn ratio(members: &mut Members<'_>, name: &str, number: f64) {
    members.key(name).push_str(&format!("{number:.6}"));
}

fn consistency(out: &mut String, is_so: bool) {
    out.push_str(if is_so { "true" } else { "false" });
}
