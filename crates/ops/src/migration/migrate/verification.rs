//! [`MigrationVerification`]: how the registry and the legacy file compare.

use idhooks_core::config::MigrationPhase;
use idhooks_core::registry::{Discrepancy, Id, RepoPath};
use serde::Serialize;

use super::gap::MigrationGap;

/// A record that only one side has.
#[derive(Debug, Serialize)]
pub struct MissingRecord {
    /// The record's identity.
    pub id: Id,
    /// The side that lacks the record: `legacy` or `registry`.
    pub missing_in: &'static str,
    /// The record's path.
    pub path: Option<String>,
}

/// Whether the two sides have the same content and each can be derived from the other.
#[derive(Debug, Serialize)]
pub struct MigrationVerification {
    /// The phase according to the rules.
    #[serde(skip)]
    pub phase: MigrationPhase,
    /// Whether only the registry has changed since idhooks wrote the legacy file.
    #[serde(skip)]
    pub is_behind: bool,
    /// The environment variable that switches writing on, contrary to the rules, and its value.
    #[serde(skip)]
    pub switched_by: Option<String>,
    /// A note about an environment variable that has no effect.
    #[serde(skip)]
    pub remark: Option<String>,
    /// The legacy file, if its changes in the working tree or the index were not compared.
    #[serde(skip)]
    pub uncommitted: Option<RepoPath>,
    /// The number of records in the registry.
    pub total: usize,
    /// The number of records that were compared.
    pub checked: usize,
    /// Whether each file is exactly what would be derived from the other.
    pub consistent: bool,
    /// Why the legacy file cannot be compared.
    pub error: Option<String>,
    /// The records that only one side has.
    pub missing: Vec<MissingRecord>,
    /// The fields that differ.
    pub discrepancies: Vec<Discrepancy>,
}

impl MissingRecord {
    /// Returns the record that a discrepancy reports as missing from one side.
    pub(super) fn of(one: &Discrepancy) -> Self {
        let missing_in = if one.new.is_some() { "legacy" } else { "registry" };
        let path = one.new.clone().or_else(|| one.legacy.clone());
        MissingRecord { id: one.id, missing_in, path }
    }
}

impl MigrationVerification {
    /// Returns the reason that the two files are out of step; must only be called if they are.
    pub fn gap(&self) -> MigrationGap {
        match (&self.error, self.is_behind) {
            (Some(_), _) => MigrationGap::Unreadable,
            (None, true) => MigrationGap::Behind,
            (None, false) => MigrationGap::Foreign,
        }
    }
}
