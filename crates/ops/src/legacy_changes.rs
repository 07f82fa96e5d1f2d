//! Brings other programs' changes to a leading legacy file into the commit being made.

use std::collections::BTreeMap;

use idhooks_core::check::{Code, Finding, foreign_ids, is_file};
use idhooks_core::config::Config;
use idhooks_core::plan::second_id::{SecondIdConflict, malformed_second_id};
use idhooks_core::registry::{Allocation, Id, Registry, RepoPath};
use idhooks_repo::derived::legacy::LegacyFile;
use idhooks_repo::state::{CommitState, StateError};
use idhooks_repo::transaction::{
    CommitInputs, PendingCommit, TakenEdit, committed_now, take_legacy_edit, waiting_additions,
};

/// The result of [`take_changes`].
pub enum TakenChanges {
    /// There is nothing to take.
    Nothing,
    /// The changes that were taken.
    Taken(Box<TakenEdit>),
    /// Nothing was taken because of these contradictions.
    Contradicted(Vec<Finding>),
}

/// Brings other programs' changes into the registry in the index and into the parents' registries.
///
/// # Errors
/// Returns an error if objects cannot be read or registries cannot be merged.
pub fn take_changes(
    pending: &PendingCommit<'_>,
    inputs: &mut CommitInputs,
    file: &LegacyFile<'_>,
    config: &Config,
) -> Result<TakenChanges, StateError> {
    let (repo, own) = (pending.repo, &inputs.stored.registry);
    let taken =
        take_legacy_edit(repo, file, &inputs.state, own, &inputs.lineage, committed_now(repo))?;
    let Some((taken, registry)) = taken else { return Ok(TakenChanges::Nothing) };
    // This is checked before anything is staged, so that a refused edit leaves no trace.
    let faults = contradictions(file, own, &registry, config);
    if !faults.is_empty() {
        return Ok(TakenChanges::Contradicted(faults));
    }
    stage(pending, inputs, registry)?;
    let tree = &inputs.state.tree;
    let is_tracked = |path: &RepoPath| is_file(tree, path) && config.tracks(path);
    taken.add_to_parents(&mut inputs.lineage, &is_tracked)?;
    Ok(TakenChanges::Taken(Box::new(taken)))
}

/// Takes another program's records that have been waiting for their files; see
/// [`waiting_additions`].
///
/// # Errors
/// Returns an error if the registries cannot be merged.
pub(crate) fn take_waiting(
    inputs: &mut CommitInputs,
    file: &LegacyFile<'_>,
    config: &Config,
) -> Result<Option<TakenEdit>, StateError> {
    let CommitInputs { state, stored, lineage, .. } = inputs;
    let Some(taken) = waiting_additions(file, state, &stored.registry, lineage) else {
        return Ok(None);
    };
    let is_tracked = |path: &RepoPath| is_file(&state.tree, path) && config.tracks(path);
    taken.add_to_parents(lineage, &is_tracked)?;
    Ok(Some(taken))
}

/// If a plan does not use some of the added records, merges them into the records that their files
/// already have. Returns whether there were any, in which case the commit must be replanned.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub fn join_unused(
    pending: &PendingCommit<'_>,
    inputs: &mut CommitInputs,
    taken: &mut TakenEdit,
    planned: &Registry,
) -> Result<bool, StateError> {
    let joined = taken.join_unused(planned, &inputs.stored.registry);
    let is_joined = joined.is_some();
    joined.map(|registry| stage(pending, inputs, registry)).transpose()?;
    Ok(is_joined)
}

/// Replaces the registry in the index.
fn stage(
    pending: &PendingCommit<'_>,
    inputs: &mut CommitInputs,
    registry: Registry,
) -> Result<(), StateError> {
    inputs.state = CommitState::staged_with(pending.repo, pending.index()?, registry)?;
    if let Some(stored) = inputs.state.stored() {
        inputs.stored = stored.clone();
    }
    Ok(())
}

/// Returns the findings that later checks would report about identities that are in the registry
/// only because another program changed a legacy file.
fn contradictions(
    file: &LegacyFile<'_>,
    own: &Registry,
    after: &Registry,
    config: &Config,
) -> Vec<Finding> {
    let (before, mut findings) = (foreign_ids(own, config), foreign_ids(after, config));
    // The earlier faults were not caused by this edit.
    findings.retain(|finding| !before.contains(finding));
    let legacy = file.path();
    // The user must correct the edit in the legacy file, not in the registry.
    for finding in findings.iter_mut().filter(|finding| finding.code == Code::DuplicateId) {
        finding.help =
            format!("leave it to one of them in '{legacy}', stage that file, then commit again");
    }
    let malformed = |registry: &Registry| -> BTreeMap<Id, SecondIdConflict> {
        let conflict = |record: &Allocation| Some((record.id, malformed_second_id(record)?));
        registry.allocations.iter().filter_map(conflict).collect()
    };
    let before = malformed(own);
    for (id, conflict) in malformed(after).into_iter().filter(|(id, _)| !before.contains_key(id)) {
        let message = conflict.to_string();
        let help = format!("then stage '{legacy}', and commit again");
        findings.push(Finding::new(Code::MalformedId, message, help).at(legacy).of(id));
    }
    findings
}
