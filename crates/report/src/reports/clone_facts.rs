//! [`CloneFacts`]: the last repair and the last 'idhooks ci' run in this clone.

use idhooks_core::registry::Timestamp;
use idhooks_repo::events::EventKind;
use idhooks_repo::git::Repo;
use idhooks_repo::store::audit_log::AuditEntry;
use idhooks_repo::store::{AuditFile, LastRun, RunOutcome, Runs, StoreError};
use serde::Serialize;

use crate::metrics::Health;

/// The last repair and the last 'idhooks ci' run in a clone.
#[derive(Debug, Serialize)]
pub struct CloneFacts {
    /// The last repair of the registry.
    last_repair: Option<LastRepair>,
    /// The reason the last repair is unknown, if it could not be read.
    #[serde(skip)]
    repair_fault: Option<String>,
    /// The last run of 'idhooks ci'.
    ci: Option<CiRun>,
    /// The reason the last run is unknown, if it could not be read.
    #[serde(skip)]
    ci_fault: Option<String>,
}

/// A repair of the registry, according to this clone's audit log.
#[derive(Debug, Serialize)]
struct LastRepair {
    at: Timestamp,
    /// The command or hook that made the repair.
    command: String,
}

impl LastRepair {
    fn of(entry: &AuditEntry) -> Option<Self> {
        let command = entry.fact("command").unwrap_or_default().to_owned();
        Some(LastRepair { at: entry.at().parse().ok()?, command })
    }
}

/// A run of 'idhooks ci'.
#[derive(Debug, Clone, Serialize)]
pub struct CiRun {
    at: Timestamp,
    result: RunOutcome,
    /// The change that the run checked.
    checked: String,
}

impl CiRun {
    /// Returns the last run in this clone, if any.
    ///
    /// # Errors
    /// Returns an error if its record cannot be read.
    pub fn last(repo: &Repo) -> Result<Option<Self>, StoreError> {
        let run = |LastRun { at, outcome, report, .. }| CiRun {
            at,
            result: outcome,
            checked: report.unwrap_or_default(),
        };
        Ok(Runs::in_dir(&repo.state_dir()).last_ci()?.map(run))
    }
}

impl CloneFacts {
    /// Reads the last repair and the last run in a repository's clone.
    pub fn read(repo: &Repo) -> Self {
        // A damaged record for one fact must not hide the other.
        let (ci, ci_fault) = match CiRun::last(repo) {
            Ok(last) => (last, None),
            Err(error) => (None, Some(error.to_string())),
        };
        let audit = AuditFile::in_dir(&repo.state_dir());
        let (last_repair, repair_fault) = match audit.last(EventKind::Healed) {
            Ok(last) => (last.and_then(|entry| LastRepair::of(&entry)), None),
            Err(error) => (None, Some(error.to_string())),
        };
        CloneFacts { last_repair, repair_fault, ci, ci_fault }
    }

    /// Returns the facts in the form of optional checks.
    pub fn health(&self) -> [Health; 2] {
        let (is_fine, ci) = match (&self.ci_fault, &self.ci) {
            (Some(fault), _) => (false, fault.clone()),
            (None, None) => (true, "none in this clone".to_owned()),
            (None, Some(CiRun { at, result, checked })) => {
                (*result == RunOutcome::Fine, format!("{result} at {at}: {checked}"))
            }
        };
        let repaired = match (&self.repair_fault, &self.last_repair) {
            (Some(fault), _) => fault.clone(),
            (None, None) => "none in the audit log of this clone".to_owned(),
            (None, Some(LastRepair { at, command })) => format!("{at} by '{command}'"),
        };
        let is_known = self.repair_fault.is_none();
        let help = "check the permissions of the audit log: idhooks doctor";
        [
            Health::optional("last repair", is_known, repaired, help),
            Health::optional("last CI", is_fine, ci, "check the change again: idhooks ci"),
        ]
    }
}
