//! The registry in the index, for commands that change it: reading, planning and writing.

mod legacy_needs;
pub(crate) mod moving;
pub(crate) mod outputs;
pub(crate) mod staging;
pub(crate) mod writer;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::Path;

use idhooks_core::check::{Finding, Placement, placement_in_tree};
use idhooks_core::config::{Config, OnNew};
use idhooks_core::plan::{AllocationLog, Allocator, Choice, IdAssigner, Plan};
use idhooks_core::registry::{Allocation, CounterKey, Entry, Id, Registry, RepoPath, Tree};
use idhooks_repo::events::Edit;
use idhooks_repo::state::registry_findings::unmerged;
use idhooks_repo::store::journal::IndexStep;
use idhooks_repo::transaction::{CommitInputs, PendingCommit, Prospects, RegistryChange, now};
use idhooks_repo::{git::Repo, state::read_config};

use crate::full_counter::{RulesAt, full_counter};
use crate::interrupted_run::assert_settled;
use crate::lifecycle::LifecycleRefusal;
use crate::plan_notices::{report_undone, while_healing};
use crate::record_lookup::{Purpose, TypedSubject, advice, by_doc_id, by_id, by_path};
use crate::rule_suggestion::RuleSuggestion;
use crate::typed_paths::{HERE, named_file, repo_path};
use crate::{Notice, Observer, OpsError, SubjectError};
use legacy_needs::with_legacy_needs;
use staging::{ChangedRecords, JournaledRun, not_adopted, read_allocation_log};

/// An adopted repository's index, whose registry can be changed.
pub struct RegistryTransaction<'r> {
    /// The repository.
    pub repo: &'r Repo,
    /// The rules.
    pub config: Config,
    pending: PendingCommit<'r>,
    inputs: CommitInputs,
    allocation_log: AllocationLog,
    /// The plan for the commit, without identities for new files.
    plan: Plan,
}

impl<'r> RegistryTransaction<'r> {
    /// Reads the index and plans the registry for its commit, without giving new files identities
    /// yet.
    ///
    /// # Errors
    /// Returns an error if the repository is not adopted, or if its registry must be fixed first.
    pub fn open(observer: &mut dyn Observer, repo: &'r Repo) -> Result<Self, OpsError> {
        Self::open_if_adopted(observer, repo, None)?.ok_or_else(|| not_adopted(repo))
    }

    /// Like [`Self::open`], but uses `other`, if given, instead of the registry in the index.
    /// Returns `None` if the repository is not adopted.
    ///
    /// # Errors
    /// Returns an error if the registry must be fixed first.
    pub fn open_if_adopted(
        observer: &mut dyn Observer,
        repo: &'r Repo,
        other: Option<&Registry>,
    ) -> Result<Option<Self>, OpsError> {
        let pending = PendingCommit::open(repo)?;
        // Choosing one of the unmerged versions would drop records; `idhooks resolve` merges them.
        if pending.index()?.unmerged.contains_key(&RepoPath::registry()) {
            return Err(OpsError::UnmergedRegistry(unmerged().into()));
        }
        let look = |progress: &dyn Fn(usize)| pending.read(other, progress);
        let Some(inputs) = while_healing(observer, look)? else { return Ok(None) };
        let config = read_config(repo, &inputs.state.tree)?;
        if let Some(fault) = pending.faults(&inputs, &config).into_iter().next() {
            return Err(OpsError::FaultyRegistry(fault.into()));
        }
        let allocation_log = read_allocation_log(observer, repo);
        // Commands change the registry that a commit would produce, so they also see moves that
        // only git has noticed so far.
        let plan = pending.plan(&inputs, &config, &allocation_log, false)?;
        Ok(Some(Self { repo, config, pending, inputs, allocation_log, plan }))
    }

    /// Returns the registry that committing the index would produce.
    pub fn registry(&self) -> &Registry {
        &self.plan.registry
    }

    /// Returns whether a file may already have an identity, in which case a commit does not give it
    /// a new one.
    pub fn is_undecided(&self, path: &RepoPath) -> bool {
        self.plan.undecided.paths.contains(path)
    }

    /// Returns the registry that committing the index would produce, prepared for adding these
    /// records. They replace any records that healing would give to files without a record in the
    /// index.
    pub fn registry_for(&self, imported: &Registry) -> Registry {
        let mut registry = self.plan.registry.clone();
        // An identity in the index is published, unlike the results of healing.
        let held: BTreeSet<&RepoPath> = self.stored().active().map(|record| &record.path).collect();
        let added = imported.allocations.iter().filter(|record| !held.contains(&record.path));
        self.inputs.lineage.yield_in(&mut registry, added);
        registry
    }

    /// Returns the identities in the index's registry. Identities that a killed command left only
    /// in the working tree are in [`Self::registry`], but not here.
    pub fn staged_ids(&self) -> BTreeSet<Id> {
        self.inputs.stored.registry.allocations.iter().map(|record| record.id).collect()
    }

    /// Returns the merged registry from the parents of the commit being made.
    pub fn committed(&self) -> Option<&Registry> {
        self.inputs.lineage.merged.as_ref()
    }

    /// Returns the identities that paths inherit from the parents in the commit being made.
    pub fn kept(&self) -> Placement {
        let lineage = &self.inputs.lineage;
        let is_tracked = |path: &RepoPath| self.tracks(path);
        let parents = lineage.with_registry();
        placement_in_tree(&lineage.inherited(&parents), self.tree(), &is_tracked)
    }

    /// Returns whether the commit being made is a merge.
    pub fn is_merging(&self) -> bool {
        !self.pending.merging.is_empty()
    }

    /// Returns the path in the index for a typed path to a trackable file.
    ///
    /// # Errors
    /// Returns an error if it is anything else.
    pub fn file(&self, typed: &Path) -> Result<RepoPath, OpsError> {
        let path = named_file(self.repo, typed)?;
        self.assert_trackable(&path, typed)?;
        Ok(path)
    }

    /// Asserts that a path is a file in the index that may have an identity.
    ///
    /// # Errors
    /// Returns an error if it is anything else.
    pub fn assert_trackable(&self, path: &RepoPath, typed: &Path) -> Result<Entry, OpsError> {
        let Some(entry) = self.entry(path) else {
            return Err(OpsError::NotInIndex(path.clone(), typed.into()));
        };
        if !self.tracks(path) {
            return Err(OpsError::NotTracked(path.clone()));
        }
        Ok(entry)
    }

    /// Returns the files in the index.
    pub fn tree(&self) -> &Tree {
        &self.inputs.state.tree
    }

    /// Returns the index entry at a path.
    pub fn entry(&self, path: &RepoPath) -> Option<Entry> {
        self.tree().get(path).copied()
    }

    /// Returns whether the index has a file at a path.
    pub fn has_file(&self, path: &RepoPath) -> bool {
        idhooks_core::check::is_file(self.tree(), path)
    }

    /// Returns whether the index has a file at a path that the rules track.
    pub fn tracks(&self, path: &RepoPath) -> bool {
        self.has_file(path) && self.config.tracks(path)
    }

    /// Returns the files in the index that the rules track.
    pub fn tracked(&self) -> impl Iterator<Item = &RepoPath> {
        self.tree().keys().filter(|path| self.tracks(path))
    }

    /// Creates an assigner for new identities.
    pub fn assigner(&self) -> IdAssigner<'_> {
        let (config, registry, log) = (&self.config, self.registry(), Some(&self.allocation_log));
        let allocator = Allocator::new(config, registry, log, None);
        let (scope, choice) = (registry.scope, Choice::default());
        IdAssigner { config, scope, now: now(self.repo), allocator, choice, blobs: self.repo }
    }

    /// Returns the finding for a counter that ran out of numbers for a file.
    pub fn full_counter(&self, counter: CounterKey, path: &RepoPath) -> Finding {
        let registry = self.registry();
        let (config, tree, scope) = (&self.config, self.tree(), registry.scope);
        let need = RuleSuggestion { config, scope, tree, registry: Some(registry) };
        full_counter(&need, counter, path, RulesAt::Index)
    }

    /// Finds a record by its identity or typed path; issues a notice if it was found indirectly.
    ///
    /// # Errors
    /// Returns an error if there is no such record, if the first digits of an identity are ambiguous,
    /// or if the path is outside the repository.
    pub fn record(
        &self,
        observer: &mut dyn Observer,
        subject: &OsStr,
    ) -> Result<Allocation, OpsError> {
        let registry = self.registry();
        let path = repo_path(self.repo, HERE.as_ref(), subject.as_ref());
        let has_file = |path: &RepoPath| self.entry(path).is_some() || self.is_unmerged(path);
        let found = match TypedSubject::of(subject, path, has_file, Purpose::Change, &[registry])? {
            TypedSubject::Id(id) => by_id(registry, id).ok_or(SubjectError::UnknownId(id))?,
            TypedSubject::Path(path) => {
                let found = by_path(registry, has_file, &path);
                found.or_else(|| by_doc_id(registry, subject)).ok_or_else(|| {
                    SubjectError::NoIdentity(path.clone(), advice(self.repo, registry, &path))
                })?
            }
        };
        if !found.notes.is_empty() {
            observer.notice(Notice::Found(found.notes));
        }
        Ok(found.record.into_owned())
    }

    /// Writes the registry to the index and the working tree, unless it is unchanged.
    ///
    /// # Errors
    /// Returns an error if the write fails, or if the index has changed since it was read.
    pub fn write(&self, observer: &mut dyn Observer, after: &Registry) -> Result<(), OpsError> {
        self.write_with(observer, after, Vec::new())
    }

    /// Like [`Self::write`], but also writes other index entries, all or nothing.
    ///
    /// # Errors
    /// Returns the errors from [`Self::write`].
    pub fn write_with(
        &self,
        observer: &mut dyn Observer,
        after: &Registry,
        entries: Vec<IndexStep>,
    ) -> Result<(), OpsError> {
        let after = &*self.beside_legacy(after);
        if self.inputs.is_outdated_by(after) || !entries.is_empty() {
            let change = self.pending.change(&self.inputs)?;
            staging::commit_change(observer, RegistryChange { entries, ..change }, after)?;
            // Undone changes are only reported after the write, since a failed run undoes nothing.
            report_undone(observer, &self.inputs, &self.plan.undone);
            self.generate_after_write(observer);
        }
        Ok(())
    }

    /// Returns a registry with the state that the legacy file's program needs.
    fn beside_legacy<'a>(&self, after: &'a Registry) -> Cow<'a, Registry> {
        with_legacy_needs(after, &self.config, self.committed(), self.stored())
    }

    /// Returns whether a path has unresolved merge conflicts.
    pub fn is_unmerged(&self, path: &RepoPath) -> bool {
        self.pending.index().is_ok_and(|index| index.unmerged.contains_key(path))
    }

    /// Returns the registry that committing the index would produce, with new identities for at
    /// most `limit` files, and whether that covers all of them. There are no new identities if HEAD
    /// is inconsistent or the rules do not let commits allocate.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read or a counter is full.
    pub fn completed(&self, limit: usize) -> Result<(Registry, bool), OpsError> {
        if self.inputs.lineage.was_inconsistent()
            || self.config.allocation.on_new != OnNew::Allocate
        {
            return Ok((self.registry().clone(), true));
        }
        let plan = self.pending.plan(&self.inputs, &self.config, &self.allocation_log, true)?;
        let (mut completed, known) = (plan.registry, self.registry().by_origin());
        let is_new = |record: &Allocation| !known.contains_key(&record.origin);
        let all = completed.allocations.iter().filter(|record| is_new(record)).count();
        let mut left = limit;
        completed.allocations.retain(|record| {
            let is_kept = !is_new(record) || left > 0;
            left -= usize::from(is_kept && is_new(record));
            is_kept
        });
        Ok((completed, all <= limit))
    }

    /// Returns a path with unresolved merge conflicts.
    pub fn unmerged(&self) -> Option<&RepoPath> {
        self.pending.index().ok()?.unmerged.keys().next()
    }

    /// Returns the planned changes to files without an identity and identities without a file.
    pub fn prospects(&self) -> Prospects {
        // A record written by another program has no origin of its own.
        let stored = self.stored().with_origins_of(self.committed());
        Prospects::between(&stored, self.registry())
    }

    /// Returns the registry in the index.
    pub fn stored(&self) -> &Registry {
        &self.inputs.stored.registry
    }

    /// Returns whether the registry in the index is in canonical form.
    pub fn is_canonical(&self) -> bool {
        self.stored().format().as_bytes() == self.inputs.stored.bytes
    }

    /// Writes the registry, files and index entries, all or nothing. The run can be undone.
    ///
    /// # Errors
    /// Returns the errors from [`Self::write`], and an error if a merge or an earlier run is
    /// unfinished.
    pub fn write_together(
        &self,
        observer: &mut dyn Observer,
        after: &Registry,
        run: JournaledRun,
    ) -> Result<(), OpsError> {
        let JournaledRun { what, files, entries, events } = run;
        self.assert_merged()?;
        assert_settled(self.repo)?;
        let after = &*self.beside_legacy(after);
        let (change, journal) = (self.pending.change(&self.inputs)?, Some(what));
        staging::commit_change(
            observer,
            RegistryChange { files, entries, journal, events, ..change },
            after,
        )?;
        self.generate_after_write(observer);
        Ok(())
    }

    /// Asserts that all files are merged: undoing a run could not restore three versions of one.
    pub(crate) fn assert_merged(&self) -> Result<(), OpsError> {
        self.unmerged().map_or(Ok(()), |path| Err(OpsError::Unmerged(path.clone())))
    }

    /// Returns the records that hold the paths of files in the index.
    pub fn holders(&self) -> BTreeMap<&RepoPath, &Allocation> {
        let mut holders = self.registry().holders(|path| self.has_file(path));
        // A record may hold its path even if the file is missing; such records are left out.
        holders.retain(|path, _| self.has_file(path));
        holders
    }

    /// Writes this registry regardless of the index and the working tree.
    ///
    /// # Errors
    /// Returns the errors from [`Self::write`].
    pub fn replace(&self, observer: &mut dyn Observer) -> Result<(), OpsError> {
        let change = RegistryChange { is_replacing: true, ..self.pending.change(&self.inputs)? };
        staging::commit_change(observer, change, self.registry())?;
        self.generate_after_write(observer);
        Ok(())
    }

    /// Returns whether a record holds its path and there is a file at that path.
    pub fn holds(&self, record: &Allocation) -> bool {
        self.holders().get(&record.path).is_some_and(|holder| holder.id == record.id)
    }

    /// Changes several identities, each found by [`Self::record`], and then calls [`Self::finish`].
    ///
    /// # Errors
    /// Returns an error if a change is refused, and the errors from these two functions.
    pub fn change_each(
        &self,
        observer: &mut dyn Observer,
        subjects: &[OsString],
        is_dry_run: bool,
        mut change: impl FnMut(&mut Registry, Id) -> Result<(), LifecycleRefusal>,
    ) -> Result<ChangedRecords, OpsError> {
        let find = |subject: &OsString| self.record(observer, subject);
        let records = subjects.iter().map(find).collect::<Result<Vec<Allocation>, _>>()?;
        let mut after = self.registry().clone();
        records.iter().try_for_each(|record| change(&mut after, record.id))?;
        let edits = self.finish(observer, &after, is_dry_run)?;
        Ok(ChangedRecords { records, edits })
    }

    /// Writes a registry, unless this is a dry run. Returns the changes.
    ///
    /// # Errors
    /// Returns the errors from [`Self::write`].
    pub fn finish(
        &self,
        observer: &mut dyn Observer,
        after: &Registry,
        is_dry_run: bool,
    ) -> Result<Vec<Edit>, OpsError> {
        if !is_dry_run {
            self.write(observer, after)?;
        }
        Ok(Edit::between(self.registry(), after))
    }
}
