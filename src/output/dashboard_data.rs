//! Formats the data of the dashboard as JSON.

use idhooks_core::check::{Coverage, Drift, Family, Finding, Point, Severity};
use idhooks_core::plan::timeline::{Day, Timeline, TimelineEvent};
use idhooks_core::registry::json::Members;
use idhooks_core::registry::{Allocation, Timestamp};
use idhooks_report::metrics::{Filling, Group, Health};

use super::health::write_health;
use super::json::{document, finding_summary, lines, object, optional};

/// The maximum number of findings to list; the counts include all of them.
const MAX_FINDINGS: usize = 200;

/// All data that the page needs at once.
#[derive(Debug)]
pub struct DashboardData<'a> {
    /// When the data was collected.
    pub at: Timestamp,
    /// When the commit was checked; the findings do not change after that.
    pub checked_at: Timestamp,
    /// The name of the repository.
    pub repository: &'a str,
    /// The branch.
    pub branch: &'a str,
    /// The commit.
    pub commit: &'a str,
    /// The seconds between refreshes if there is a server; `None` for a static page.
    pub refresh: Option<u64>,
    /// The coverage of all files.
    pub coverage: Coverage,
    /// The coverage by namespace, type and directory.
    pub groups: [(&'static str, Vec<Group>); 3],
    /// The coverage day by day.
    pub history: &'a [Point],
    /// The events of each day.
    pub days: Vec<(Timestamp, Day, f64)>,
    /// All findings.
    pub findings: &'a [Finding],
    /// The health checks.
    pub health: Vec<Health>,
    /// All counters.
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
            boolean(top.key("is_live"), self.refresh.is_some());
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
            let duplicates = self.findings.iter().filter(|f| f.code.family() == Family::Uniqueness);
            lines(top.key("duplicates"), duplicates, |out, f| {
                object(out, |m| finding_summary(m, f));
            });
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
        count(members, "shown", self.findings.len().min(MAX_FINDINGS));
        let mut worst: Vec<&Finding> = self.findings.iter().collect();
        worst.sort_by_key(|finding| finding.severity);
        lines(members.key("items"), worst.into_iter().take(MAX_FINDINGS), |out, finding| {
            object(out, |members| finding_summary(members, finding));
        });
    }
}

/// Returns every identity with all paths it has had.
pub fn identities(records: &[Allocation], timeline: &Timeline) -> String {
    document(|top| {
        lines(top.key("identities"), records, |out, record| {
            object(out, |members| {
                members.string("id", &record.id.to_string());
                members.string("path", &record.path.to_string());
                members.string("status", record.status.as_str());
                members.string("allocated_at", record.allocated_at.as_str());
                lines(members.key("names"), timeline.names(record.id), |out, name| {
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

fn write_drift(members: &mut Members<'_>, kind: Drift, found: &[&Finding]) {
    members.string("kind", kind.as_str());
    members.string("title", kind.title());
    count(members, "count", found.len());
    lines(members.key("items"), found.iter().take(MAX_FINDINGS), |out, finding| {
        object(out, |members| finding_summary(members, finding));
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

fn boolean(out: &mut String, value: bool) {
    out.push_str(if value { "true" } else { "false" });
}
