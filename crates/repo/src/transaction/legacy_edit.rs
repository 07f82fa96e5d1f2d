//! Takes other programs' changes to a leading legacy file into the registry.

use std::collections::BTreeSet;

use crate::derived::legacy::{
    LegacyEdit, LegacyFile, LegacyState, LegacyTree, join_additions, join_numbers, place_additions,
    restore_origins,
};
use idhooks_core::config::Leading;
use idhooks_core::merge::merge;
use idhooks_core::plan::hold_path_keys;
use idhooks_core::registry::{
    Allocation, Entry, Id, Origin, REGISTRY_PATH, Registry, RepoPath, Timestamp, Tree,
};

use crate::git::{CommitId, Repo, Stages};
use crate::history::Lineage;
use crate::state::{CommitState, StateError};

use super::legacy_renames::follow_renames;
use super::legacy_write::{MOST_COMMITS, is_merged};

/// The maximum number of versions of the two files to compare.
const MOST_VERSIONS: usize = 64;

/// The maximum number of files with the same number and path that can be told apart by origin.
const MOST_GENERATIONS: u32 = 4;

/// Other programs' changes to a leading legacy file, which is then derived again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenEdit {
    /// The legacy file.
    pub path: RepoPath,
    /// The changes.
    pub edit: LegacyEdit,
    /// Whether the changes only result from merging files that were in step. If so, the differences
    /// in the index are not anyone's edits.
    pub is_of_merge: bool,
    /// Whether the file has never been in step in any commit, so that all of it is the other
    /// program's work.
    pub is_from_before: bool,
}

impl TakenEdit {
    /// Adds the changes to the parents' merged registry too: where a merge's registry agrees with
    /// only one parent, the plan takes the other parent's change. If a file has no record in a
    /// parent, it keeps the number from the other program instead of getting one from healing.
    ///
    /// # Errors
    /// Returns an error if the registries cannot be merged.
    pub fn add_to_parents(
        &self,
        lineage: &mut Lineage,
        is_tracked: &dyn Fn(&RepoPath) -> bool,
    ) -> Result<(), StateError> {
        lineage.yield_to(self.edit.added());
        if let Some(merged) = lineage.merged.as_mut().filter(|_| !self.is_from_before) {
            let ids: BTreeSet<Id> = merged.allocations.iter().map(|one| one.id).collect();
            let origins: BTreeSet<Origin> =
                merged.allocations.iter().map(|one| one.origin).collect();
            let is_known =
                |one: &Allocation| ids.contains(&one.id) || origins.contains(&one.origin);
            let early = self.edit.added().filter(|record| !is_tracked(&record.path));
            let early: Vec<Allocation> =
                early.filter(|record| !is_known(record)).cloned().collect();
            merged.allocations.extend(early);
        }
        let Some(merged) = &lineage.merged else { return Ok(()) };
        if lineage.commits.len() > 1
            && let Some(merged) = self.edit.apply(merged)?
        {
            lineage.merged = Some(merged);
        }
        Ok(())
    }

    /// If a plan for the registry `own` does not use an added record, joins the record with its
    /// file's record (see [`LegacyEdit::join_unused`]).
    pub fn join_unused(&mut self, planned: &Registry, own: &Registry) -> Option<Registry> {
        if self.is_from_before { None } else { self.edit.join_unused(planned, own) }
    }
}

/// Returns the changes that other programs made to the legacy file in a commit or an index since it
/// was last in step with the registry, along with the registry `own` after these changes, in which
/// the given time is recorded. Returns `None` if the registry leads, or if the file cannot be read.
/// Changes made by idhooks do not count (see [`is_derived`]).
///
/// [`is_derived`]: super::is_derived
///
/// # Errors
/// Returns an error if objects cannot be read or the registries cannot be merged.
pub fn take_legacy_edit(
    repo: &Repo,
    file: &LegacyFile<'_>,
    state: &CommitState,
    own: &Registry,
    lineage: &Lineage,
    at: Timestamp,
) -> Result<Option<(TakenEdit, Registry)>, StateError> {
    if file.rules.leading != Leading::Legacy {
        return Ok(None);
    }
    let (LegacyState::Differs(_), Some(entry)) =
        (file.state(&state.tree, own)?, file.entry(&state.tree))
    else {
        return Ok(None);
    };
    let Some(mut edited) = file.version(entry, own)? else { return Ok(None) };
    let base = match lineage.commits[..] {
        // The parent itself is not used as the base, because changes committed there without hooks
        // must be taken too.
        [parent] => last_in_step(repo, file, parent)?,
        // In a merge, one side may have reverted a change that the other side took, and only
        // merging the files reveals this. So every difference counts.
        _ => None,
    };
    let is_from_before = base.is_none() && lineage.commits.len() < 2;
    let mut base = base.unwrap_or_else(|| own.clone());
    base.allocations.extend(dropped(lineage, &base));
    let is_merge = lineage.commits.len() > 1;
    let tree = match is_merge {
        true => LegacyTree::OfMerge(&state.tree),
        false => LegacyTree::OfCommit(&state.tree),
    };
    restore_origins(&mut edited, &base, own);
    keep_numbers(&mut edited, own);
    follow_renames(repo, &mut edited, &base, own, state, file, &lineage.commits)?;
    let mut remarks = Vec::new();
    if !is_merge && !is_from_before {
        remarks.extend(join_numbers(&mut edited, &base, own));
    }
    let written: Vec<RepoPath> = edited.allocations.iter().map(|one| one.path.clone()).collect();
    remarks.extend(place_additions(&mut edited, &base, &[own], tree));
    edited.adopt_origins(own);
    hold_path_keys(&mut edited, own, &written, &file.rules.path_keys);
    if is_merge {
        keep_statuses(&mut edited, own, &state.tree);
        // Both branches have already published an identity for the same new file.
        remarks.extend(join_additions(&mut edited, &base, &common(own, lineage)));
    } else if !is_from_before {
        remarks.extend(join_additions(&mut edited, &base, own));
    }
    let edit = LegacyEdit::new(base, own, edited).with_remarks(remarks);
    let is_of_merge = is_merged(file, &lineage.parents);
    let path = file.path().clone();
    let mut merged = edit.apply(own)?;
    if !is_of_merge
        && !is_from_before
        && !edit.is_empty()
        && let Some(merged) = &mut merged
    {
        note_change(merged, at);
    }
    Ok(merged.map(|merged| (TakenEdit { path, edit, is_of_merge, is_from_before }, merged)))
}

/// Returns the records in an index's registry that another program added in a commit that no longer
/// exists (for example after 'git reset'), if the registry is in step with its legacy file and git
/// does not track the records' files. The records wait for those files.
pub fn waiting_additions(
    file: &LegacyFile<'_>,
    state: &CommitState,
    own: &Registry,
    lineage: &Lineage,
) -> Option<TakenEdit> {
    let [before] = &lineage.parents[..] else { return None };
    let before = before.registry().filter(|_| file.rules.leading == Leading::Legacy)?;
    if !file.is_in_step(file.entry(&state.tree), own) {
        return None;
    }
    let is_waiting = |record: &&Allocation| {
        let is_of = |n| {
            let origin = Origin::of_addition(record.claim, record.allocated_at, &record.path, n);
            origin == record.origin
        };
        !state.tree.contains_key(&record.path) && (0..MOST_GENERATIONS).any(is_of)
    };
    let waiting: Vec<&Allocation> = own.active().filter(is_waiting).collect();
    let known = before.by_origin();
    waiting.iter().find(|record| !known.contains_key(&record.origin))?;
    let edit = LegacyEdit::new(before.clone(), own, own.clone());
    let (path, is_of_merge, is_from_before) = (file.path().clone(), false, false);
    Some(TakenEdit { path, edit, is_of_merge, is_from_before })
}

/// Records that another program changed the legacy file at this time, unless a later time is
/// already recorded.
fn note_change(registry: &mut Registry, at: Timestamp) {
    let last = registry.legacy_changed_at();
    registry.set_legacy_changed_at(last.map_or(at, |last| last.max(at)));
}

/// If merging the two files gave a record different numbers, the registry's number wins, because
/// the registry's merge knows the reserved numbers.
fn keep_numbers(edited: &mut Registry, own: &Registry) {
    let by_origin = own.by_origin();
    let held: BTreeSet<Id> = edited.allocations.iter().map(|record| record.id).collect();
    for record in edited.allocations.iter_mut().filter(|record| !record.origin_is_derived) {
        let first = by_origin.get(&record.origin).filter(|one| one.claim == record.claim);
        if let Some(first) = first.filter(|one| !held.contains(&one.id)) {
            record.id = first.id;
        }
    }
}

/// Restores the status of each record that became inactive even though its file exists. Only a plan
/// can deactivate such a record, and it treats a merge's status as the parents' status.
fn keep_statuses(edited: &mut Registry, own: &Registry, tree: &Tree) {
    let by_origin = own.by_origin();
    for record in edited.allocations.iter_mut().filter(|record| !record.is_active()) {
        let own = by_origin.get(&record.origin);
        if let Some(own) = own.filter(|own| own.is_active() && tree.contains_key(&own.path)) {
            record.take_status_of(own);
        }
    }
}

/// Returns the part of a registry that all parents' registries have in common.
fn common(own: &Registry, lineage: &Lineage) -> Registry {
    let parents = lineage.parents.iter().filter_map(CommitState::registry);
    let origins: Vec<BTreeSet<Origin>> = parents
        .map(|parent| parent.allocations.iter().map(|record| record.origin).collect())
        .collect();
    let is_common = |record: &&Allocation| origins.iter().all(|own| own.contains(&record.origin));
    let allocations = own.allocations.iter().filter(is_common).cloned().collect();
    Registry { allocations, ..Registry::new(own.scope) }
}

/// Returns the inactive records that a commit dropped, for example by reverting an addition: their
/// numbers must never be reused for another file.
fn dropped(lineage: &Lineage, base: &Registry) -> Vec<Allocation> {
    let Some(healed) = lineage.merged.as_ref().filter(|_| lineage.was_inconsistent()) else {
        return Vec::new();
    };
    let ids: BTreeSet<Id> = base.allocations.iter().map(|record| record.id).collect();
    let origins: BTreeSet<Origin> = base.allocations.iter().map(|record| record.origin).collect();
    let is_dropped = |record: &&Allocation| {
        !record.is_active() && !ids.contains(&record.id) && !origins.contains(&record.origin)
    };
    healed.allocations.iter().filter(is_dropped).cloned().collect()
}

/// Changes that are in the conflicting versions of a legacy file but not in the registry.
#[derive(Debug)]
pub struct ConflictingEdits {
    /// The changes, in the order they were taken.
    pub edits: Vec<TakenEdit>,
    /// The registry with these changes.
    pub registry: Registry,
    /// Whether all versions are readable.
    pub is_complete: bool,
}

/// Reads the conflicting versions of a legacy file and takes their changes into the registry `own`,
/// which records the given time as the time of the change. `commits` are HEAD and the commits being
/// merged: the merge base may already contain another program's changes, if they were made after
/// the two files were last in step.
///
/// # Errors
/// Returns an error if objects cannot be read or the registries cannot be merged.
pub fn take_conflicting_edits(
    repo: &Repo,
    file: &LegacyFile<'_>,
    versions: Stages,
    own: Registry,
    commits: &[CommitId],
    at: Timestamp,
) -> Result<ConflictingEdits, StateError> {
    let mut found = ConflictingEdits { edits: Vec::new(), registry: own, is_complete: true };
    let mut is_foreign = false;
    for commit in commits {
        let state = CommitState::of_witness(repo, repo.commit(*commit)?.tree)?;
        let entry = file.entry(&state.tree);
        if state.registry().is_some_and(|own| file.is_in_step(entry, own)) {
            continue;
        }
        is_foreign |= entry.is_some();
        if let Some(edit) = pending_edit(repo, file, &state, *commit)? {
            found.take(file, edit)?;
        }
    }
    let mut version = |entry: Option<Entry>| -> Result<Option<Registry>, StateError> {
        let Some(entry) = entry else { return Ok(None) };
        let registry = file.version(entry, &found.registry)?;
        found.is_complete &= registry.is_some();
        Ok(registry)
    };
    let [base, ours, theirs] = versions;
    let (base, ours, theirs) = (version(base)?, version(ours)?, version(theirs)?);
    let own = &found.registry;
    let mut base = base.unwrap_or_else(|| Registry::new(own.scope));
    base.adopt_origins(own);
    let placed = |mut side: Registry, other: &Registry| {
        place_additions(&mut side, &base, &[other, own], LegacyTree::Unknown);
        side.adopt_origins(own);
        side
    };
    let edited = match (ours, theirs) {
        (Some(ours), Some(theirs)) => {
            merge(&base, &placed(ours.clone(), &theirs), &placed(theirs, &ours))?
        }
        // If one side removed the file, that side made no edits to it.
        (Some(only), None) | (None, Some(only)) => placed(only, own),
        (None, None) => return Ok(found),
    };
    let edit = LegacyEdit::new(base, own, edited);
    found.take(file, edit)?;
    // Merging files that are in step cannot introduce another program's changes.
    if is_foreign && found.edits.iter().any(|taken| !taken.edit.is_empty()) {
        note_change(&mut found.registry, at);
    }
    Ok(found)
}

impl ConflictingEdits {
    fn take(&mut self, file: &LegacyFile<'_>, edit: LegacyEdit) -> Result<(), StateError> {
        if let Some(merged) = edit.apply(&self.registry)? {
            self.registry = merged;
            let path = file.path().clone();
            let (is_of_merge, is_from_before) = (false, false);
            self.edits.push(TakenEdit { path, edit, is_of_merge, is_from_before });
        }
        Ok(())
    }
}

/// Returns another program's changes to the legacy file in a commit with this state, if the file is
/// out of step and no later commit has taken the changes.
fn pending_edit(
    repo: &Repo,
    file: &LegacyFile<'_>,
    state: &CommitState,
    commit: CommitId,
) -> Result<Option<LegacyEdit>, StateError> {
    let (Some(own), Some(entry)) = (state.registry(), file.entry(&state.tree)) else {
        return Ok(None);
    };
    let (Some(mut edited), Some(base)) =
        (file.version(entry, own)?, last_in_step(repo, file, commit)?)
    else {
        return Ok(None);
    };
    follow_renames(repo, &mut edited, &base, own, state, file, &[commit])?;
    let remarks = place_additions(&mut edited, &base, &[own], LegacyTree::Unknown);
    edited.adopt_origins(own);
    Ok(Some(LegacyEdit::new(base, own, edited).with_remarks(remarks)))
}

/// Returns the registry of the last commit in which the legacy file was in step, following first
/// parents.
fn last_in_step(
    repo: &Repo,
    file: &LegacyFile<'_>,
    from: CommitId,
) -> Result<Option<Registry>, StateError> {
    let Some(path) = file.path().as_str() else { return Ok(None) };
    let (mut next, mut versions) = (Some(from), Vec::new());
    for _ in 0..MOST_COMMITS {
        let Some(id) = next.filter(|id| repo.has_commit(*id)) else { break };
        let commit = repo.commit(id)?;
        next = commit.parents.first().copied();
        let version =
            [REGISTRY_PATH, path].map(|path| repo.tree_entry(commit.tree, path)).into_iter();
        let version = version.collect::<Result<Vec<_>, _>>()?;
        // If a commit changes neither file, the files need not be compared again.
        if versions.last() == Some(&version) {
            continue;
        }
        versions.push(version);
        let state = CommitState::of_witness(repo, commit.tree)?;
        let is_in_step = |registry: &&Registry| file.is_in_step(file.entry(&state.tree), registry);
        if let Some(registry) = state.registry().filter(is_in_step) {
            return Ok(Some(registry.clone()));
        }
        if versions.len() == MOST_VERSIONS {
            break;
        }
    }
    Ok(None)
}
