//! [`PlannedMigration`]: what happens to each record in a legacy file and to the repository's
//! files. Planning changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::adopted_names::{AdoptedNames, adopt_names};
use super::dual_write_text::with_dual_write;
use crate::plan_notices::report_continued;
use crate::rule_suggestion::RuleSuggestion;
use idhooks_core::config::{Config, DualWrite, Leading, LegacyFormat, PathForm, legacy_attributes};
use idhooks_core::plan::second_id::refused_second_ids;
use idhooks_core::plan::{PlanError, begin_floors, follow_paths};
use idhooks_core::registry::{Allocation, Id, Registry, RepoPath, grouped};
use idhooks_repo::derived::legacy::{
    LegacyChange, LegacyChanges, LegacyFile, derive_over, file_changes,
};
use idhooks_repo::git::{Index, Repo, attributes};
use idhooks_repo::state::StateError;
use idhooks_repo::transaction::{PendingCommit, TakenEdit, now};

use super::super::import::{matched, updated};
use super::number_bound::beyond_bound;
use super::plan::{
    AddedRecord, KeptNumber, MigrationConflict, MigrationQuestion, PlannedCounter, PlannedRecord,
    RecordOutcome,
};
use super::refusal::MigrateRefusal;
use super::source::LegacySource;
use crate::adoption::locate::locate_files;
use crate::legacy_changes::{TakenChanges, join_unused, take_changes};
use crate::{
    AdoptionRefusal, Observer, OpsError, RegistryTransaction, RulesAt, adoption_rules,
    assert_adoptable, complete_adoption, config_text, full_counter, not_adopted,
    read_allocation_log, scope_in_index, while_healing,
};

/// The plan for a legacy file.
pub(super) struct PlannedMigration {
    /// The records in the file.
    pub(super) source: Registry,
    /// The registry after the migration, including the records that can be taken.
    pub(super) after: Registry,
    /// The text of `idhooks.toml` after the migration.
    pub(super) config: String,
    /// The content of `.gitattributes` after the migration.
    pub(super) attributes: Vec<u8>,
    /// The text of the legacy file after the migration.
    pub(super) legacy: String,
    /// Remarks.
    pub(super) notes: Vec<String>,
    /// The numbers that files without a record keep in their names.
    pub(super) kept: Vec<KeptNumber>,
    /// The keys that repeat the path and will be updated with it.
    pub(super) path_keys: BTreeMap<String, PathForm>,
    /// Changes that other programs have made to the legacy file since it was last in step with the
    /// registry.
    pub(super) taken: Option<TakenEdit>,
    updates: BTreeMap<Id, Vec<LegacyChange>>,
    refused: BTreeMap<String, Vec<MigrationConflict>>,
    changes: LegacyChanges,
    /// The records' positions in the new registry, keyed by each of their identities.
    places: BTreeMap<Id, usize>,
    /// The identities already in the registry.
    known: BTreeSet<Id>,
}

/// A registry that has taken the records, and notes about them.
struct Taken {
    before: Option<Registry>,
    after: Registry,
    config: String,
    notes: Vec<String>,
    updates: BTreeMap<Id, Vec<LegacyChange>>,
    conflicts: Vec<MigrationConflict>,
    edit: Option<TakenEdit>,
    kept: Vec<KeptNumber>,
}

impl PlannedMigration {
    /// Plans the conversion of a legacy file. `keeps_names` says whether files without a record
    /// keep the numbers in their names when the repository is adopted.
    ///
    /// # Errors
    /// Returns an error if the file or the registry cannot be read, or if the file contains a
    /// record twice.
    pub(super) fn of(
        observer: &mut dyn Observer,
        repo: &Repo,
        source: &LegacySource,
        keeps_names: bool,
    ) -> Result<Self, OpsError> {
        let index = repo.index(&repo.index_file())?;
        let is_adopted = index.tree.contains_key(&RepoPath::registry());
        let (bytes, registry, rules, taken) = match is_adopted {
            true => {
                let (bytes, registry, rules) = source.read(scope_in_index(repo, &index)?)?;
                let taken = match source.is_legacy {
                    true => changed(observer, repo, &index, &registry, &rules)?,
                    false => None,
                };
                let taken = match taken {
                    Some(taken) => taken,
                    None => added(observer, repo, &index, &registry, &rules)?,
                };
                (bytes, registry, rules, taken)
            }
            false => adopted(observer, repo, &index, source, keeps_names)?,
        };
        let after = taken.after.without_stale_values();
        // The new file keeps the old file's order, so that a diff shows only real changes.
        let old = match source.is_legacy {
            true => Some(bytes),
            false if source.format == source.rules.format => Some(bytes),
            false => None,
        };
        let legacy = derive_over(&after, old.as_deref(), source.rules.format);
        let compare = |old: Vec<u8>| file_changes(&old, legacy.as_bytes(), source.format);
        let changes = old.map(compare).transpose().map_err(MigrateRefusal::NotComparable)?;
        Ok(PlannedMigration {
            source: registry,
            places: places(&after),
            known: taken.before.iter().flat_map(|before| places(before).into_keys()).collect(),
            after,
            config: taken.config,
            attributes: attributes_of(repo, &index, &source.rules)?,
            legacy,
            notes: taken.notes,
            kept: taken.kept,
            path_keys: rules.path_keys,
            taken: taken.edit,
            updates: taken.updates,
            refused: grouped(taken.conflicts.into_iter().map(|one| (one.key(), one))),
            changes: changes.unwrap_or_default(),
        })
    }

    /// Returns whether a human must decide something.
    pub(super) fn is_refused(&self) -> bool {
        let is_lost = |record: &Allocation| !self.places.contains_key(&record.id);
        !self.refused.is_empty() || self.source.allocations.iter().any(is_lost)
    }

    /// Returns the questions for a human that are not about a record.
    pub(super) fn questions(&self) -> Vec<MigrationQuestion> {
        let known: BTreeSet<String> =
            self.source.allocations.iter().map(|record| record.id.to_string()).collect();
        let others = self.refused.iter().filter(|(key, _)| !known.contains(*key));
        let question = |(key, conflicts): (&String, &Vec<MigrationConflict>)| MigrationQuestion {
            key: key.clone(),
            conflicts: conflicts.clone(),
        };
        others.map(question).collect()
    }

    /// Returns the outcome for each record, in the order they appear in the file. Calls `progress`
    /// for each record.
    pub(super) fn records(&self, mut progress: impl FnMut()) -> Vec<PlannedRecord> {
        let of = |record: &Allocation| {
            progress();
            self.outcome(record)
        };
        self.source.allocations.iter().map(of).collect()
    }

    fn outcome(&self, record: &Allocation) -> PlannedRecord {
        let key = record.id.to_string();
        let own = self.places.get(&record.id).map(|place| &self.after.allocations[*place]);
        let is_known = self.known.contains(&record.id);
        let updates = self.updates.get(&record.id).cloned().unwrap_or_default();
        let lost = || own.is_none().then_some(MigrationConflict::Lost(record.id));
        let conflicts = self.refused.get(&key).cloned();
        let conflicts = conflicts.unwrap_or_else(|| lost().into_iter().collect());
        let outcome = match (own, is_known) {
            _ if !conflicts.is_empty() => RecordOutcome::Skip,
            (_, true) if !updates.is_empty() => RecordOutcome::Update,
            (_, true) => RecordOutcome::Unchanged,
            (Some(own), false) if record.is_active() && !own.is_active() => {
                RecordOutcome::Deprecate
            }
            _ => RecordOutcome::Convert,
        };
        let path = own.unwrap_or(record).path.clone();
        // A record that is not taken changes nothing.
        let (updates, changes) = match outcome {
            RecordOutcome::Skip => (Vec::new(), Vec::new()),
            _ => (updates, self.changes.records.get(&key).cloned().unwrap_or_default()),
        };
        PlannedRecord { id: record.id, outcome, path, conflicts, updates, changes }
    }

    /// Returns the records to add to the legacy file.
    pub(super) fn added(&self) -> Vec<AddedRecord> {
        let known: BTreeSet<Id> = self.source.allocations.iter().map(|record| record.id).collect();
        let new = self.after.allocations.iter().filter(|record| !known.contains(&record.id));
        let of = |record: &Allocation| AddedRecord {
            id: record.id,
            path: record.path.to_string(),
            status: record.status,
        };
        new.map(of).collect()
    }

    /// Returns the legacy file's counters, or only those that change.
    pub(super) fn counters(&self, rules: &DualWrite, only_changed: bool) -> Vec<PlannedCounter> {
        match rules.format {
            LegacyFormat::Classic => {
                PlannedCounter::between(&self.source, &self.after, rules.bound, only_changed)
            }
            LegacyFormat::Csv | LegacyFormat::Jsonl | LegacyFormat::IdsMap => Vec::new(),
        }
    }

    /// Returns the changes that readers of the legacy file will see outside its records.
    pub(super) fn head_changes(&self) -> &[LegacyChange] {
        &self.changes.head
    }
}

/// Returns the positions of a registry's records, keyed by each of their identities; current
/// identities take precedence.
fn places(registry: &Registry) -> BTreeMap<Id, usize> {
    let records = || registry.allocations.iter().enumerate();
    let others = records().flat_map(|(place, record)| {
        let ids = record.aliases.iter().copied().chain([record.claim]);
        ids.map(move |id| (id, place))
    });
    // Current identities come last, so that they take precedence over other records' aliases.
    others.chain(records().map(|(place, record)| (record.id, place))).collect()
}

/// Plans the adoption of a repository with the records in a file.
fn adopted(
    observer: &mut dyn Observer,
    repo: &Repo,
    index: &Index,
    source: &LegacySource,
    keeps_names: bool,
) -> Result<(Vec<u8>, Registry, DualWrite, Taken), OpsError> {
    let (config, rules) = adoption_rules(repo, &index.tree, None)?;
    let (bytes, registry, dual_write) = source.read(config.scope)?;
    assert_adoptable(repo, &index.tree, !index.unmerged.is_empty(), None)?;
    let staged = config_text(repo, index, &config, &rules, &registry)?.staged;
    let text = staged.map_or_else(|| config_bytes(repo, index), Ok)?;
    let (text, config) = with_rules(text, &dual_write)?;
    let mut located = registry.clone();
    let unclear = locate_files(&mut located, &index.tree, &config, || repo.renames())?;
    follow_paths(&mut located, &[&registry], &[], &dual_write.path_keys);
    begin_floors(&mut located, &registry, &dual_write);
    let names = match keeps_names {
        true => adopt_names(&mut located, &index.tree, &config, now(repo)),
        false => AdoptedNames::default(),
    };
    let log = read_allocation_log(observer, repo);
    let plan = match complete_adoption(repo, &config, &index.tree, located, &log) {
        Err(StateError::Plan(PlanError::Capacity { counter, path })) => {
            let (scope, tree) = (registry.scope, &index.tree);
            let config = &config;
            let need = RuleSuggestion { config, scope, tree, registry: Some(&registry) };
            let finding = full_counter(&need, counter, &path, RulesAt::Head);
            return Err(MigrateRefusal::CounterFull(finding.into()).into());
        }
        plan => plan?,
    };
    report_continued(observer, &plan.continued);
    let after = plan.registry;
    let (notes, updates) = (Vec::new(), BTreeMap::new());
    let second_ids = refused_second_ids(&registry).into_iter();
    let mut conflicts: Vec<MigrationConflict> =
        second_ids.map(|one| MigrationConflict::Record(one.into())).collect();
    conflicts.extend(beyond_bound(&registry, &dual_write));
    let path_keys = || dual_write.path_keys.clone();
    let unclear = unclear.into_iter();
    conflicts
        .extend(unclear.map(|file| MigrationConflict::Unclear { file, path_keys: path_keys() }));
    conflicts.extend(names.unkept.into_iter().map(MigrationConflict::Name));
    let kept = names.kept.into_iter().map(|(id, path)| KeptNumber { id, path: path.to_string() });
    let (edit, kept) = (None, kept.collect());
    let taken = Taken { before: None, after, config: text, notes, updates, conflicts, edit, kept };
    Ok((bytes, registry, dual_write, taken))
}

/// Plans the changes that an adopted repository takes from a file; the file's values take
/// precedence.
fn added(
    observer: &mut dyn Observer,
    repo: &Repo,
    index: &Index,
    imported: &Registry,
    rules: &DualWrite,
) -> Result<Taken, OpsError> {
    let (text, config) = with_rules(config_bytes(repo, index)?, rules)?;
    let transaction = RegistryTransaction::open(observer, repo)?;
    let own = transaction.registry_for(imported);
    let mut found = matched(observer, &transaction, &own, imported, false)?;
    let before = transaction.stored().clone();
    let mut after = updated(&own, &found);
    let conflicts: Vec<MigrationConflict> =
        std::mem::take(&mut found.conflicts).into_iter().map(MigrationConflict::Record).collect();
    // A plan with conflicts is only shown and never carried out.
    if conflicts.is_empty() {
        after.allocations.append(&mut found.new);
    }
    follow_paths(&mut after, &[imported], &[], &rules.path_keys);
    after.take_counters_of(imported);
    begin_floors(&mut after, imported, rules);
    // The new rules may exclude the legacy file, which then loses its identity.
    let pending = PendingCommit::open(repo)?;
    let read = |progress: &dyn Fn(usize)| pending.read(Some(&after), progress);
    let inputs = while_healing(observer, read)?.ok_or_else(|| not_adopted(repo))?;
    let log = read_allocation_log(observer, repo);
    let after = pending.plan(&inputs, &config, &log, false)?.registry;
    let updates = found.changed.iter().map(|(record, differences)| {
        (record.id, differences.iter().map(LegacyChange::from).collect())
    });
    let updates = updates.collect();
    let before = Some(before);
    let (notes, edit, kept) = (found.notes, None, Vec::new());
    Ok(Taken { before, after, config: text, notes, updates, conflicts, edit, kept })
}

/// Plans the changes that the registry takes from a leading legacy file, in the same way as a
/// commit. Returns `None` if nobody else has changed the file since the two were in step.
fn changed(
    observer: &mut dyn Observer,
    repo: &Repo,
    index: &Index,
    imported: &Registry,
    rules: &DualWrite,
) -> Result<Option<Taken>, OpsError> {
    let (text, config) = with_rules(config_bytes(repo, index)?, rules)?;
    let pending = PendingCommit::open(repo)?;
    let read = |progress: &dyn Fn(usize)| pending.read(None, progress);
    let Some(mut inputs) = while_healing(observer, read)? else { return Ok(None) };
    let tree = inputs.state.tree.clone();
    let file = LegacyFile::of(repo, &tree)?.filter(|file| file.rules.leading == Leading::Legacy);
    let Some(file) = file.filter(|file| *file.path() == rules.legacy) else { return Ok(None) };
    let before = Some(inputs.stored.registry.clone());
    let edit = match take_changes(&pending, &mut inputs, &file, &config)? {
        TakenChanges::Nothing => None,
        TakenChanges::Taken(taken) => Some(*taken).filter(|taken| !taken.is_from_before),
        TakenChanges::Contradicted(faults) => {
            let mut taken = added(observer, repo, index, imported, rules)?;
            // If there are conflicts between records, they explain more than these faults do.
            if taken.conflicts.is_empty() {
                let faults = faults.into_iter().map(|fault| MigrationConflict::Fault(fault.into()));
                taken.conflicts.extend(faults);
            }
            return Ok(Some(taken));
        }
    };
    // If the file has never been in step in a commit, it is read like any other file.
    let Some(mut edit) = edit else { return Ok(None) };
    let log = read_allocation_log(observer, repo);
    let mut after = pending.plan(&inputs, &config, &log, false)?.registry;
    // Joining records changes the registry that the plan starts from.
    if join_unused(&pending, &mut inputs, &mut edit, &after)? {
        after = pending.plan(&inputs, &config, &log, false)?.registry;
    }
    let mut updates: BTreeMap<Id, Vec<LegacyChange>> = BTreeMap::new();
    for one in edit.edit.taken(&after) {
        updates.entry(one.id).or_default().push(LegacyChange::from(one));
    }
    let (notes, conflicts, edit, kept) = (Vec::new(), Vec::new(), Some(edit), Vec::new());
    Ok(Some(Taken { before, after, config: text, notes, updates, conflicts, edit, kept }))
}

/// Returns the content of `idhooks.toml` in an index; empty if there is no such file.
fn config_bytes(repo: &Repo, index: &Index) -> Result<Vec<u8>, OpsError> {
    let entry = index.tree.get(&RepoPath::config());
    Ok(entry.map(|entry| repo.blob(entry.blob)).transpose()?.unwrap_or_default())
}

/// Returns the text of an `idhooks.toml` with these rules for the legacy file.
///
/// # Errors
/// If the lines cannot be added, returns an error that contains them.
pub(super) fn with_rules(bytes: Vec<u8>, rules: &DualWrite) -> Result<(String, Config), OpsError> {
    let text = String::from_utf8(bytes).map_err(AdoptionRefusal::StagedConfigNotText)?;
    let text = with_dual_write(&text, rules).map_err(MigrateRefusal::OtherTable)?;
    // The parser does not accept a byte order mark, but the file keeps it.
    let config = Config::parse(text.strip_prefix('\u{feff}').unwrap_or(&text));
    let config = config.map_err(StateError::from)?;
    Ok((text, config))
}

/// Returns the content of `.gitattributes` with the lines for the registry and the legacy file.
fn attributes_of(repo: &Repo, index: &Index, rules: &DualWrite) -> Result<Vec<u8>, OpsError> {
    let entry = index.tree.get(&RepoPath::attributes());
    // Writing through a symlink could change a different file.
    if entry.is_some_and(|entry| !entry.mode.is_file()) {
        return Err(MigrateRefusal::NoAttributesFile.into());
    }
    let mut content = entry.map(|entry| repo.blob(entry.blob)).transpose()?.unwrap_or_default();
    if let Some(with) = attributes::with_line(Some(&content)) {
        content = with;
    }
    let lines = [legacy_attributes(&rules.legacy)];
    Ok(attributes::with_outputs(Some(&content), &lines).unwrap_or(content))
}
