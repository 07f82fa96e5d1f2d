//! [`MigrationPlan`]: how a migration would convert a legacy file's records.

use idhooks_migration::ImportConflict;
use std::collections::BTreeMap;

use idhooks_core::check::Finding;
use idhooks_core::config::{LegacyFormat, MigrationPhase, PathForm};
use idhooks_core::plan::AmbiguousImport;
use idhooks_core::registry::{
    CounterKey, CounterState, Id, Registry, RepoPath, Scope, Sequence, Status,
};
use idhooks_repo::derived::legacy::LegacyChange;
use idhooks_repo::transaction::UnkeptId;
use serde::Serialize;

idhooks_core::words! {
    /// What happens to a record in a legacy file.
    pub enum RecordOutcome {
        /// It is added to the registry.
        Convert = "convert",
        /// It is added to the registry as deprecated because its file does not exist.
        Deprecate = "deprecate",
        /// The registry already has it, and takes the legacy file's values.
        Update = "update",
        /// The registry already has it with the same values.
        Unchanged = "unchanged",
        /// A human must decide.
        Skip = "skip",
    }
}

/// The outcome for one record in a legacy file.
#[derive(Debug, Clone)]
pub struct PlannedRecord {
    /// The identity in the legacy file.
    pub id: Id,
    /// The outcome.
    pub outcome: RecordOutcome,
    /// The path of its file after the migration or, if there is no file, the path in the record.
    pub path: RepoPath,
    /// What a human must decide.
    pub conflicts: Vec<MigrationConflict>,
    /// Changes to the registry.
    pub updates: Vec<LegacyChange>,
    /// Changes for readers of the legacy file.
    pub changes: Vec<LegacyChange>,
}

/// A question for a human that is not about a record, for example about a file that cannot keep the
/// number in its name.
#[derive(Debug, Clone)]
pub struct MigrationQuestion {
    /// The identity or counter in question.
    pub key: String,
    /// The decision.
    pub conflicts: Vec<MigrationConflict>,
}

/// Why something cannot be taken from a legacy file until a human decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MigrationConflict {
    /// A record conflicts with the registry.
    Record(ImportConflict),
    /// A record may belong to any of several files.
    Unclear {
        /// The record, and the files it may belong to.
        file: AmbiguousImport,
        /// The keys in records that repeat the path.
        path_keys: BTreeMap<String, PathForm>,
    },
    /// A file's name has a number that it cannot keep.
    Name(UnkeptId),
    /// The other program has assigned numbers beyond those left to it.
    BeyondBound {
        /// The counter.
        counter: CounterKey,
        /// The number that the other program has reached.
        number: u32,
        /// The last number left to the other program.
        bound: u32,
        /// A better bound.
        suggestion: u32,
    },
    /// Later checks would report this finding.
    Fault(Box<Finding>),
    /// The next commit would drop the record because its file does not exist.
    Lost(Id),
}

impl MigrationConflict {
    /// Returns the identity or counter in question.
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

/// A note about a planned migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MigrationNote {
    /// Values that an identity keeps in the registry, regardless of the legacy file.
    Kept(String),
    /// This file has another tool's settings, which can be imported first.
    Settings(RepoPath),
    /// Files have other tools' settings, with scopes that differ from the registry's.
    OtherScopes {
        /// The files and their scopes.
        settings: Vec<(RepoPath, Scope)>,
        /// The registry's scope.
        registry: Scope,
    },
    /// Legacy files in this format have no counters.
    NoCounters {
        /// The format.
        format: LegacyFormat,
        /// The bound in the rules (0 if there is none); it has no effect.
        bound: u32,
    },
    /// No numbers are reserved for the other program.
    NoBound {
        /// A bound that leaves enough numbers.
        suggestion: u32,
    },
}

/// A record added to the legacy file.
#[derive(Debug, Clone, Serialize)]
pub struct AddedRecord {
    /// The record's identity.
    pub id: Id,
    /// The path of the record's file.
    pub path: String,
    /// The record's status.
    pub status: Status,
}

/// A number that a file without a record has in its name and keeps as its identity.
#[derive(Debug, Clone, Serialize)]
pub struct KeptNumber {
    /// The number.
    pub id: Id,
    /// The file's path.
    pub path: String,
}

/// A counter in the legacy file.
#[derive(Debug, Clone, Serialize)]
pub struct PlannedCounter {
    /// The counter's name.
    pub name: String,
    /// The sequence at which the other program currently continues.
    pub before: Option<u32>,
    /// The sequence at which the other program will continue after the migration.
    pub after: u32,
    /// The number of reserved sequences that it must skip.
    pub reserved: usize,
    /// The number of sequences that it can still assign.
    pub left: usize,
}

impl PlannedCounter {
    /// Returns the counters for a legacy file that is replaced by a new version. The other program
    /// may assign the numbers up to `bound`, or all numbers if `bound` is 0. `only_changed` leaves
    /// out unchanged counters.
    pub(super) fn between(
        before: &Registry,
        after: &Registry,
        bound: u32,
        only_changed: bool,
    ) -> Vec<Self> {
        let old = if only_changed { before.legacy_counters() } else { BTreeMap::new() };
        let is_changed = |(name, state): &(CounterKey, CounterState)| old.get(name) != Some(state);
        // Without a bound, both programs may assign any number.
        let last = if bound > 0 { bound } else { Sequence::MAX };
        let of = |(name, state): (CounterKey, CounterState)| {
            // Lower sequences have already been assigned, and sequences above the bound do not
            // belong to the other program.
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

/// How a migration would convert a legacy file's records.
#[derive(Debug)]
pub struct MigrationPlan {
    /// The phase now.
    pub phase: MigrationPhase,
    /// The file with the records, as typed.
    pub source: String,
    /// The legacy file's path after the migration.
    pub legacy: RepoPath,
    /// The legacy file's format.
    pub format: LegacyFormat,
    /// The records in the file.
    pub records: Vec<PlannedRecord>,
    /// Questions for a human that are not about a record.
    pub questions: Vec<MigrationQuestion>,
    /// Whether a human must decide something.
    pub is_refused: bool,
    /// The records added to the legacy file: new records for files that had none, and records that
    /// only the registry has.
    pub added: Vec<AddedRecord>,
    /// The numbers that files without a record keep in their names.
    pub kept: Vec<KeptNumber>,
    /// The legacy file's counters, if it has any.
    pub counters: Vec<PlannedCounter>,
    /// Changes that readers of the legacy file will see outside its records.
    pub head: Vec<LegacyChange>,
    /// The keys in records that repeat the path and are updated with it, each with the form to use
    /// if a value's form is ambiguous.
    pub path_keys: BTreeMap<String, PathForm>,
    /// Remarks.
    pub notes: Vec<MigrationNote>,
}
