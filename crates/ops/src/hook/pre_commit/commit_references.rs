//! The references that a commit adds, and those to files whose identities it retires.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use idhooks_core::check::{Finding, Severity};
use idhooks_core::config::{Config, Enforce};
use idhooks_core::registry::{Allocation, BlobId, Change, Origin, Registry, RepoPath};
use idhooks_references::ReferenceScanner;
use idhooks_repo::git::{CommitId, GitError, Repo, TreeId};
use idhooks_repo::history::Lineage;
use idhooks_repo::state::{CommitState, RegistryState, StateError, read_registry};
use idhooks_repo::transaction::PendingCommit;

use crate::planned_commit::PlannedCommit;
use crate::refs::{
    AddedReferences, RetiredReferences, RetiredSearch, drop_former, retired_records,
};
use crate::{CommitNotice, Notice, Observer, OpsError, ReferenceNotice, RetiredTarget};

/// The size of the largest file that is searched.
const LARGEST: u64 = ReferenceScanner::LARGEST as u64;

/// Checks the references that a commit adds, and looks for references to the files whose
/// identities it retires. Returns the findings that block the commit, and warns about the others.
/// Without a plan, the commit changes no record.
pub(super) fn check_references(
    observer: &mut dyn Observer,
    pending: &PendingCommit<'_>,
    planned: Option<&PlannedCommit<'_>>,
) -> Vec<Finding> {
    let mut warn = |notice| observer.notice(Notice::Commit(CommitNotice::References(notice)));
    // A plan has the rules already.
    let rules = if planned.is_some() { Ok(None) } else { rules_for_edits(pending) };
    let rules = match rules {
        Ok(rules) => rules,
        Err(error) => {
            warn(ReferenceNotice::NotChecked(Box::new(error.into())));
            return Vec::new();
        }
    };
    let config = planned.map_or(rules.as_ref(), |planned| Some(&planned.config));
    let Some(config) = config.filter(|config| config.has_references()) else {
        return Vec::new();
    };
    let former = OnceCell::new();
    let commit = CommitReferences { pending, planned, config, former };
    // References are no reason to refuse a commit that cannot be searched.
    let found = commit.find(&mut warn).unwrap_or_else(|error| {
        warn(ReferenceNotice::NotChecked(Box::new(error)));
        Vec::new()
    });
    let is_error = |finding: &Finding| finding.severity == Severity::Error;
    let (errors, warnings): (Vec<Finding>, Vec<Finding>) = found.into_iter().partition(is_error);
    if config.hooks.enforce != Enforce::Warn && !errors.is_empty() {
        return errors;
    }
    let warnings: Vec<Finding> = errors.into_iter().chain(warnings).collect();
    if !warnings.is_empty() {
        warn(ReferenceNotice::Added(warnings));
    }
    Vec::new()
}

/// Returns the rules for a commit that only edits files, if it may add references.
fn rules_for_edits(pending: &PendingCommit<'_>) -> Result<Option<Config>, StateError> {
    if !pending.rules_mention("references")? {
        return Ok(None);
    }
    // Without other spellings, the text of a reference is known before the rules are.
    let may_add = pending.rules_mention("forms")? || {
        let repo = pending.repo;
        let has_text = |blob: BlobId| {
            let is_small = repo.blob_size(blob).is_some_and(|size| size <= LARGEST);
            is_small && repo.blob(blob).is_ok_and(|text| ReferenceScanner::may_refer(&text))
        };
        let new = pending.changes()?.iter().filter(|change| change.old != change.new);
        new.filter_map(|change| change.new.filter(|entry| entry.mode.is_file()))
            .any(|entry| has_text(entry.blob))
    };
    if may_add { pending.config().map(Some) } else { Ok(None) }
}

/// A commit whose references are checked.
struct CommitReferences<'c> {
    pending: &'c PendingCommit<'c>,
    planned: Option<&'c PlannedCommit<'c>>,
    config: &'c Config,
    /// Where files were in the parents; read if a file with references has changed.
    former: OnceCell<FormerPaths<'c>>,
}

/// Where files were in the parents of a commit.
struct FormerPaths<'c> {
    origins: HashMap<&'c RepoPath, Origin>,
    parents: Vec<FormerParent<'c>>,
}

/// A parent, with the paths that records have there.
struct FormerParent<'c> {
    tree: TreeId,
    paths: HashMap<Origin, &'c RepoPath>,
    registry: Option<&'c Registry>,
}

impl<'c> CommitReferences<'c> {
    /// Returns the findings about added references, and warns about those to retired identities.
    fn find(&self, warn: &mut dyn FnMut(ReferenceNotice)) -> Result<Vec<Finding>, OpsError> {
        let repo = self.pending.repo;
        let mut added = AddedReferences::new(repo, self.config);
        for Change { path, old, new } in self.pending.changes()? {
            let [old, new] =
                [old, new].map(|entry| entry.filter(|entry| entry.mode.is_file()).map(|e| e.blob));
            if let Some(new) = new.filter(|new| old != Some(*new)) {
                added.add(path, new, || self.former(path, old))?;
            }
        }
        let mut retired = self.retired();
        let own: HashSet<Origin> = retired.iter().map(|record| record.origin).collect();
        retired.extend(self.retired_in_a_parent(&own));
        if added.is_empty() && retired.is_empty() {
            return Ok(Vec::new());
        }
        let checksum = repo.index_checksum(&self.pending.file);
        let index = repo.index(&self.pending.file).map_err(StateError::from)?;
        let view = CommitState {
            unmerged: index.unmerged.into_keys().collect(),
            parents: self.parents(),
            is_index: true,
            // The index has the registry of before.
            ..CommitState::without_registry(index.tree, RegistryState::Missing)
        };
        if !retired.is_empty() {
            let ids = retired.iter().map(|record| record.id).collect();
            let (config, is_quick) = (self.config, true);
            let search = RetiredSearch { repo, view: &view, config, checksum, is_quick };
            match search.find(retired, || self.registry())? {
                None => warn(ReferenceNotice::NotSearched(ids)),
                Some(RetiredReferences { targets, unsearched }) => {
                    self.warn_of_retired(targets, &own, warn)?;
                    if !unsearched.is_empty() {
                        warn(ReferenceNotice::Unsearched(unsearched));
                    }
                }
            }
        }
        match added.is_empty() {
            true => Ok(Vec::new()),
            false => Ok(added.findings(&view, &self.registry()?)),
        }
    }

    /// Warns about references to retired records; the commit itself retires those in `own`.
    fn warn_of_retired(
        &self,
        targets: Vec<RetiredTarget>,
        own: &HashSet<Origin>,
        warn: &mut dyn FnMut(ReferenceNotice),
    ) -> Result<(), GitError> {
        let is_own = |target: &RetiredTarget| own.contains(&target.record.origin);
        let (own, mut others): (Vec<RetiredTarget>, Vec<RetiredTarget>) =
            targets.into_iter().partition(is_own);
        for RetiredTarget { record, references } in &mut others {
            // Those that the retiring side has were named when it retired the record.
            let retired = |parent: &FormerParent<'_>| parent.has_retired(record.origin);
            let named = |path: &RepoPath| self.versions(path, retired);
            drop_former(self.pending.repo, self.config, references, named)?;
        }
        others.retain(|target| !target.references.is_empty());
        let is_merge = [(false, own), (true, others)];
        for (is_merge, targets) in is_merge.into_iter().filter(|(_, targets)| !targets.is_empty()) {
            warn(ReferenceNotice::StillReferred { targets, is_merge });
        }
        Ok(())
    }

    fn parents(&self) -> Vec<CommitId> {
        let PendingCommit { head, merging, .. } = self.pending;
        head.iter().map(|(id, _)| *id).chain(merging.iter().copied()).collect()
    }

    /// Returns the versions of a file in the parents, wherever it was there.
    fn former(&self, path: &RepoPath, old: Option<BlobId>) -> Result<Vec<BlobId>, GitError> {
        match self.planned {
            Some(_) => self.versions(path, |_| true),
            None => Ok(old.into_iter().collect()),
        }
    }

    /// Returns the versions of a file in some parents, wherever it was there.
    fn versions(
        &self,
        path: &RepoPath,
        counts: impl Fn(&FormerParent<'_>) -> bool,
    ) -> Result<Vec<BlobId>, GitError> {
        let Some(PlannedCommit { inputs, plan, .. }) = self.planned else { return Ok(Vec::new()) };
        let repo = self.pending.repo;
        let former = match self.former.get() {
            Some(former) => former,
            None => {
                let former = FormerPaths::read(repo, &inputs.lineage, &plan.registry)?;
                self.former.get_or_init(|| former)
            }
        };
        let mut blobs = Vec::new();
        for parent in former.parents.iter().filter(|parent| counts(parent)) {
            let FormerParent { tree, paths, .. } = parent;
            let then = former.origins.get(path).and_then(|origin| paths.get(origin).copied());
            let entry = repo.tree_entry(*tree, then.unwrap_or(path).as_bytes())?;
            blobs.extend(entry.filter(|entry| entry.mode.is_file()).map(|entry| entry.blob));
        }
        Ok(blobs)
    }

    /// Returns the records that the commit itself retires.
    fn retired(&self) -> Vec<Allocation> {
        let Some(PlannedCommit { inputs, plan, .. }) = self.planned else { return Vec::new() };
        let before = inputs.lineage.merged.as_ref();
        before.map(|before| retired_records(before, &plan.registry)).unwrap_or_default()
    }

    /// Returns the records that one parent of a merge has retired, and that are active in another,
    /// without those that the commit itself retires.
    fn retired_in_a_parent(&self, own: &HashSet<Origin>) -> Vec<Allocation> {
        let Some(PlannedCommit { inputs, plan, .. }) = self.planned else { return Vec::new() };
        if inputs.part.is_some() || inputs.lineage.parents.len() < 2 {
            return Vec::new();
        }
        let registries = inputs.lineage.parents.iter().filter_map(CommitState::registry);
        let retired = registries.flat_map(|before| retired_records(before, &plan.registry));
        let retired = retired.filter(|record| !own.contains(&record.origin));
        let retired: BTreeMap<Origin, Allocation> =
            retired.map(|record| (record.origin, record)).collect();
        retired.into_values().collect()
    }

    /// Returns the registry that the commit will have.
    fn registry(&self) -> Result<Registry, OpsError> {
        if let Some(planned) = self.planned.filter(|planned| planned.inputs.part.is_none()) {
            return Ok(planned.plan.registry.clone());
        }
        let Some(entry) = self.pending.entry(&RepoPath::registry())? else {
            return Err(StateError::IndexMoved.into());
        };
        let mut registry = read_registry(self.pending.repo, entry)?.registry;
        // The plan has only the records that the commit concerns.
        let planned = self.planned.iter().flat_map(|planned| &planned.plan.registry.allocations);
        let planned: Vec<&Allocation> = planned.collect();
        let origins: BTreeSet<Origin> = planned.iter().map(|record| record.origin).collect();
        registry.allocations.retain(|record| !origins.contains(&record.origin));
        registry.allocations.extend(planned.into_iter().cloned());
        Ok(registry)
    }
}

impl<'c> FormerPaths<'c> {
    fn read(repo: &Repo, lineage: &'c Lineage, now: &'c Registry) -> Result<Self, GitError> {
        let mut parents = Vec::new();
        for (commit, parent) in lineage.commits.iter().zip(&lineage.parents) {
            let registry = parent.registry();
            let records = registry.into_iter().flat_map(Registry::active);
            let paths = records.map(|record| (record.origin, &record.path)).collect();
            parents.push(FormerParent { tree: repo.commit(*commit)?.tree, paths, registry });
        }
        let origins = now.active().map(|record| (&record.path, record.origin)).collect();
        Ok(FormerPaths { origins, parents })
    }
}

impl FormerParent<'_> {
    /// Returns whether the parent has this record, but not as an active one.
    fn has_retired(&self, origin: Origin) -> bool {
        let mut records = self.registry.into_iter().flat_map(|registry| &registry.allocations);
        records.any(|record| record.origin == origin && !record.is_active())
    }
}
