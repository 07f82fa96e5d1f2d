//! [`ScheduledReport`]: a job's report, section by section.

use idhooks_core::check::Finding;
use idhooks_core::registry::Timestamp;
use idhooks_ops::OpsError;
use idhooks_repo::store::Job;

idhooks_core::words! {
    /// The topic of a report section.
    pub enum SectionKind, title {
        /// An unreadable registry.
        Registry = "registry", "Registry";
        /// The files in the working tree.
        Scan = "scan", "Scan";
        /// Identities shared by several files.
        Uniqueness = "uniqueness", "Uniqueness";
        /// Files and records that disagree.
        Sync = "sync", "Sync";
        /// Files without an identity.
        Coverage = "coverage", "Coverage";
        /// The coverage for each day.
        Trend = "trend", "Coverage, the last 12 weeks";
        /// The number of findings for each kind of drift.
        Drift = "drift", "Drift by kind";
        /// Identities deprecated during the week.
        Deprecations = "deprecations", "Deprecations of the week";
        /// The number of identities allocated each day.
        Velocity = "velocity", "Velocity of the week";
        /// The state of the clone's audit log.
        Audit = "audit", "Audit";
        /// Deprecated identities that can be purged.
        Deprecated = "deprecated_over_90_days", "Deprecated over 90 days";
        /// How full the counters are.
        Capacity = "capacity", "Capacity";
        /// The result of a purge.
        Purge = "scheduled_purge", "Purge";
        /// What was done to repair the registry.
        Reconcile = "reconcile", "Reconciliation";
        /// The backups that were pushed.
        Backups = "backups", "Backups";
    }
}

/// A scheduled job's report.
#[derive(Debug)]
pub struct ScheduledReport {
    /// The job.
    pub job: Job,
    /// The time the job started.
    pub at: Timestamp,
    /// The local date at which the job started, plus the hour for an hourly job.
    pub day: String,
    /// The repository's name.
    pub repository: String,
    /// The commit that was checked.
    pub commit: String,
    /// Whether the job was refused.
    pub is_refused: bool,
    /// The sections.
    pub sections: Vec<Section>,
}

/// A section of a report.
#[derive(Debug)]
pub struct Section {
    /// Its subject.
    pub kind: SectionKind,
    /// Whether the section contains nothing that needs attention.
    pub is_well: bool,
    /// Numbers and short facts.
    pub facts: Vec<(&'static str, SectionFact)>,
    /// The column names.
    pub columns: Vec<&'static str>,
    /// The rows, each with a cell for every column.
    pub rows: Vec<Vec<String>>,
    /// Whether the user should act on the section.
    pub is_advised: bool,
    /// The reason the section could not be written.
    pub failure: Option<OpsError>,
}

/// The value of a fact.
#[derive(Debug, Clone, PartialEq)]
pub enum SectionFact {
    /// A count.
    Count(usize),
    /// A number that may have a fractional part.
    Number(f64),
    /// A text.
    Text(String),
    /// An unknown value.
    Unknown,
}

impl Section {
    /// Returns a section with no rows that needs no attention.
    pub fn new(kind: SectionKind) -> Self {
        Section {
            kind,
            is_well: true,
            facts: Vec::new(),
            columns: Vec::new(),
            rows: Vec::new(),
            is_advised: false,
            failure: None,
        }
    }

    /// Returns a section with a row for each finding.
    pub(super) fn of_findings<'f>(
        kind: SectionKind,
        findings: impl IntoIterator<Item = &'f Finding>,
    ) -> Self {
        let rows = findings.into_iter().map(|finding| {
            let path = finding.path.as_ref().map(ToString::to_string).unwrap_or_default();
            let (code, severity) = (finding.code.to_string(), finding.severity.to_string());
            let id = finding.id.clone().unwrap_or_default();
            [code, severity, path, id, finding.message.clone(), finding.help.clone()]
        });
        let columns = ["code", "severity", "path", "id", "message", "help"];
        Section::new(kind).listing(columns, rows)
    }

    /// Sets the rows.
    pub(super) fn listing<const N: usize>(
        self,
        columns: [&'static str; N],
        rows: impl Iterator<Item = [String; N]>,
    ) -> Self {
        Section { columns: columns.into(), rows: rows.map(Vec::from).collect(), ..self }
    }

    /// Sets whether the user should act on the section.
    pub(super) fn advised(self, is_advised: bool) -> Self {
        Section { is_advised, ..self }
    }

    /// Returns a section that could not be written.
    pub(super) fn failed(self, error: OpsError) -> Self {
        Section { is_well: false, failure: Some(error), ..self }
    }
}

impl ScheduledReport {
    /// Returns the headings of the sections that need attention.
    pub fn needs(&self) -> Vec<&'static str> {
        self.sections.iter().filter(|section| !section.is_well).map(|s| s.kind.title()).collect()
    }

    /// Returns the name of the report's files, without an extension.
    pub(super) fn stem(&self) -> String {
        format!("{}-{}", self.job, self.day)
    }
}
