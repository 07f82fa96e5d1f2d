//! [`MigrationPlan`]: how a migration would convert the records of a legacy file.

use idhooks_migration::ImportConflict;
use std::collections::BTreeMap;

use idhooks_core::check::Finding;
use idhooks_core::config::{LegacyFormat, MigrationPhase, PathForm};
use idhooks_core::plan::UnclearFile;
use idhooks_core::registry::{
    CounterKey, CounterState, Id, Registry, RepoPath, Scope, Sequence, Status,
};
use idhooks_repo::derived::legacy::LegacyChange;
use idhooks_repo::transaction::UnkeptId;
use serde::Serialize;

idhooks_core::words! {
    /// The outcome for a record of a legacy file.
    pub enum RecordOutcome {
        /// It is added to the registry.
        Convert = "convert",
        /// It is added to the registry as deprecated, since its file does not exist.
        Deprecate = "deprecate",
        /// The registry has it, and takes the values of the legacy file.
        Update = "update",
        /// The registry has it with the same values.
        Unchanged = "unchanged",
        /// A person must decide.
        Skip = "skip",
    }
}

/// The outcome for a record of a legacy file.
#[derive(Debug, Clone)]
pub struct PlannedRecord {
    /// The identity in the legacy file.
    pub id: Id,
    /// Its outcome.
    pub outcome: RecordOutcome,
    /// The path of its file afterwards, or that of the record.
    pub path: RepoPath,
    /// The decision that a person must make.
    pub conflicts: Vec<MigrationConflict>,
    /// Changes in the registry.
    pub updates: Vec<LegacyChange>,
    /// Changes for readers of the legacy file.
    pub changes: Vec<LegacyChange>,
}

/// A decision that a person must make about something other than a record, such as a file that
/// cannot keep the number in its name.
#[derive(Debug, Clone)]
pub struct MigrationQuestion {
    /// The identity or the counter that it is about.
    pub key: String,
    /// The decision.
    pub conflicts: Vec<MigrationConflict>,
}

/// Why something cannot be taken from a legacy file before a person decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MigrationConflict {
    /// A record conflicts with the registry.
    Record(ImportConflict),
    /// The file of a record may be one of several.
    Unclear {
        /// The record with the candidates.
        file: UnclearFile,
        /// The keys of records that repeat the path.
        path_keys: BTreeMap<String, PathForm>,
    },
    /// The name of a file has a number that it cannot keep.
    Name(UnkeptId),
    /// The other program is beyond the numbers that are left to it.
    BeyondBound {
        /// The counter.
        counter: CounterKey,
        /// Where it is.
        number: u32,
        /// The last number that is left to it.
        bound: u32,
        /// A better bound.
        suggestion: u32,
    },
    /// A check would report it from then on.
    Fault(Box<Finding>),
    /// The next commit would not keep the record, since its file does not exist.
    Lost(Id),
}

impl MigrationConflict {
    /// Returns the identity or the counter that it is about.
    pub(super) fn key(&self) -> String {
        match self {
            MigrationConflict::Record(conflict) => conflict.id().to_string(),
            MigrationConflict::Unclear { file, .. } => file.id.to_string(),
            MigrationConflict::Name(unkept) => unkept.text.clone(),
            MigrationConflict::BeyondBound { counter, .. } => counter.namespace.to_string(),
            MigrationConflict::Fault(finding) => finding.id.clone().unwrap_or_default(),
            MigrationConflict::Lost(id) => id.to_string(),
        }
    }
}

/// A remark on a planned migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MigrationNote {
    /// Values that an identity keeps in the registry, whatever the legacy file contains.
    Kept(String),
    /// This file has settings of another tool, which can be imported first.
    Settings(RepoPath),
    /// Files have settings of other tools with other scopes than the registry.
    OtherScopes {
        /// The files, each with its scope.
        settings: Vec<(RepoPath, Scope)>,
        /// The scope of the registry.
        registry: Scope,
    },
    /// A legacy file of this format has no counters.
    NoCounters {
        /// The format.
        format: LegacyFormat,
        /// The bound in the rules, which has no effect; 0 for none.
        bound: u32,
    },
    /// No numbers are left to the other program alone.
    NoBound {
        /// A bound that leaves enough.
        suggestion: u32,
    },
}

/// A record that is added to the legacy file.
#[derive(Debug, Clone, Serialize)]
pub struct AddedRecord {
    /// Its identity.
    pub id: Id,
    /// The path of its file.
    pub path: String,
    /// Its status.
    pub status: Status,
}

/// A number in the name of a file without a record, which the file keeps.
#[derive(Debug, Clone, Serialize)]
pub struct KeptNumber {
    /// The number, an identity.
    pub id: Id,
    /// The path of the file.
    pub path: String,
}

/// A counter of the legacy file.
#[derive(Debug, Clone, Serialize)]
pub struct PlannedCounter {
    /// Its name.
    pub name: String,
    /// The sequence at which the other program continues now.
    pub before: Option<u32>,
    /// The sequence at which it continues afterwards.
    pub after: u32,
    /// The number of reserved sequences, which it must skip.
    pub reserved: usize,
    /// The number of sequences that it can still give.
    pub left: usize,
}

impl PlannedCounter {
    /// Returns the counters of a legacy file that becomes another one; the other program has the
    /// numbers up to a bound, unless that is 0. `only_changed` leaves out unchanged ones.
    pub(super) fn between(
        before: &Registry,
        after: &Registry,
        bound: u32,
        only_changed: bool,
    ) -> Vec<Self> {
        let old = if only_changed { before.legacy_counters() } else { BTreeMap::new() };
        let is_changed = |(name, state): &(CounterKey, CounterState)| old.get(name) != Some(state);
        // Without a bound, both programs may give any number.
        let last = if bound > 0 { bound } else { Sequence::MAX };
        let of = |(name, state): (CounterKey, CounterState)| {
            // Those below were given already, and those above the bound are not the other
            // program's.
            let is_ahead = |one: &&u32| (state.current + 1..=last).contains(*one);
            let ahead = state.reserved.iter().filter(is_ahead).count();
            PlannedCounter {
                before: before.counters.get(&name).and_then(|counter| counter.floor),
                name: name.to_string(),
                after: state.current,
                reserved: state.reserved.len(),
                left: last.saturating_sub(state.current) as usize - ahead,
            }
        };
        after.legacy_counters().into_iter().filter(is_changed).map(of).collect()
    }
}

/// How a migration would convert the records of a legacy file.
#[derive(Debug)]
pub struct MigrationPlan {
    /// The phase now.
    pub phase: MigrationPhase,
    /// The file with the records, as typed.
    pub source: String,
    /// Where the legacy file is afterwards.
    pub legacy: RepoPath,
    /// Its format.
    pub format: LegacyFormat,
    /// The records of the file.
    pub records: Vec<PlannedRecord>,
    /// Decisions that a person must make about something other than a record.
    pub questions: Vec<MigrationQuestion>,
    /// Whether a person must decide something.
    pub is_refused: bool,
    /// The records that the legacy file gets besides: those of files without a record, which get new
    /// identities, and those that only the registry has.
    pub added: Vec<AddedRecord>,
    /// The numbers in the names of files without a record that these keep.
    pub kept: Vec<KeptNumber>,
    /// The counters of the legacy file, if it has any.
    pub counters: Vec<PlannedCounter>,
    /// Changes for readers of the legacy file outside of its records.
    pub head: Vec<LegacyChange>,
    /// The keys of records that repeat the path, and follow it, each with the form of a value that may have
    /// several.
    pub path_keys: BTreeMap<String, PathForm>,
    /// Remarks.
    pub notes: Vec<MigrationNote>,
}
