//! [`LegacyPlan`]: the plan for a commit's legacy file.

use idhooks_core::check::{Code, Finding};
use idhooks_core::config::{Config, Enforce, VerifyLegacy};
use idhooks_core::registry::{Discrepancy, Registry, RepoPath};
use idhooks_repo::derived::legacy::{LegacyFile, LegacyState};
use idhooks_repo::state::{CommitState, StateError};
use idhooks_repo::transaction::{CommitInputs, PendingCommit, TakenEdit, is_derived};

use crate::legacy_changes::take_waiting;
use crate::plan_notices::block_or_warn;
use crate::{CommitNotice, Notice, Observer, TakenChanges, take_changes};

/// Advice on removing a legacy file for good.
pub const TO_REMOVE_LEGACY: &str = "to remove it for good, stop writing it first: set enabled = false in [dual_write] of idhooks.toml, or follow 'idhooks migrate status'";

/// Warns if the environment variable that switches the writing of the legacy file on or off has an
/// invalid value.
pub(crate) fn warn_of_switch(observer: &mut dyn Observer, file: &LegacyFile<'_>) {
    if let Some(warning) = file.switch().warning() {
        observer.notice(Notice::Commit(CommitNotice::InvalidSwitch(warning)));
    }
}

/// The plan for a commit's legacy file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum LegacyPlan {
    /// The file is not kept in step.
    Unused,
    /// Derive it from the registry.
    Derive,
    /// The commit removes the file; derive it from the registry again.
    PutBack(RepoPath),
    /// Derive it from the registry, after taking other programs' changes.
    Take(Box<TakenEdit>),
    /// Leave the file alone: it was edited, and the rules only demand a warning.
    Leave,
    /// Block the commit: the file was edited and would be overwritten.
    Block(Vec<Finding>),
}

impl LegacyPlan {
    /// Plans the legacy file. While the file leads, brings its changes into the registry in the
    /// index.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub(crate) fn plan(
        observer: &mut dyn Observer,
        pending: &PendingCommit<'_>,
        inputs: &mut CommitInputs,
        config: &Config,
    ) -> Result<Self, StateError> {
        let (repo, tree) = (pending.repo, &inputs.state.tree);
        let Some(file) = pending.legacy_file()? else { return Ok(LegacyPlan::Unused) };
        warn_of_switch(observer, &file);
        if !file.is_written() {
            return Ok(LegacyPlan::Unused);
        }
        if inputs.part.is_some() {
            return Ok(LegacyPlan::Derive);
        }
        if pending.index()?.unmerged.contains_key(file.path()) {
            let findings = LegacyState::Conflicted.findings(&file.rules);
            return Ok(LegacyPlan::Block(findings));
        }
        let is_in_parent = |parent: &CommitState| file.entry(&parent.tree).is_some();
        if file.entry(tree).is_none() && inputs.lineage.parents.first().is_some_and(is_in_parent) {
            return Ok(LegacyPlan::PutBack(file.path().clone()));
        }
        if let Some(waiting) = take_waiting(inputs, &file, config)? {
            return Ok(LegacyPlan::Take(Box::new(waiting)));
        }
        if file.rules.verify == VerifyLegacy::Never
            || is_derived(repo, &file, &inputs.state, &inputs.lineage, &[])?
        {
            return Ok(LegacyPlan::Derive);
        }
        let findings = match take_changes(pending, inputs, &file, config)? {
            TakenChanges::Taken(taken) => return Ok(LegacyPlan::Take(taken)),
            TakenChanges::Nothing => {
                let state = file.state(&inputs.state.tree, &inputs.stored.registry)?;
                state.findings(&file.rules)
            }
            TakenChanges::Contradicted(faults) => faults,
        };
        let warn_only = file.rules.on_failure == Enforce::Warn;
        let findings = block_or_warn(observer, warn_only, findings);
        Ok(if warn_only { LegacyPlan::Leave } else { LegacyPlan::Block(findings) })
    }

    /// Returns the reasons to block the commit after all: the records that the registry does not
    /// take from a legacy file that has never been in step in a commit.
    pub(crate) fn faults(&self, after: &Registry) -> Vec<Finding> {
        let LegacyPlan::Take(taken) = self else { return Vec::new() };
        if !taken.is_from_before {
            return Vec::new();
        }
        let path = &taken.path;
        let help = format!(
            "to see what would become of each record: idhooks migrate plan --from {path}; to keep the file out: leave [dual_write] out of idhooks.toml"
        );
        let lost = taken.edit.not_taken(after).into_iter();
        let lost = lost.filter(|one| one.is_of_record() && one.legacy.is_some());
        let finding = |one: Discrepancy| {
            let message = format!("'{path}' would lose a record: {one}");
            Finding::new(Code::LegacyMismatch, message, &help).at(path).of(one.id)
        };
        lost.map(finding).collect()
    }

    /// Returns whether the legacy file will be in step, if the rules require that.
    pub(crate) fn keeps_step(&self, config: &Config) -> bool {
        match self {
            LegacyPlan::Derive | LegacyPlan::PutBack(_) | LegacyPlan::Take(..) => true,
            // The environment may have switched the writing off.
            LegacyPlan::Unused => config.dual_write.as_ref().is_none_or(|rules| !rules.enabled),
            LegacyPlan::Leave | LegacyPlan::Block(_) => false,
        }
    }

    /// Returns whether the commit's legacy file is to be derived from this registry but is still
    /// out of step, or the registry is the side to be updated.
    ///
    /// # Errors
    /// Returns an error if `idhooks.toml` cannot be read.
    pub(crate) fn is_outdated_by(
        &self,
        pending: &PendingCommit<'_>,
        inputs: &CommitInputs,
        registry: &Registry,
    ) -> Result<bool, StateError> {
        Ok(match self {
            // HEAD's two files are in step, and the legacy file is derived from the registry.
            _ if inputs.part.is_some() => false,
            LegacyPlan::Derive | LegacyPlan::PutBack(_) => {
                let (file, tree) = (pending.legacy_file()?, &pending.index()?.tree);
                file.is_some_and(|file| !file.is_in_step(file.entry(tree), registry))
            }
            // The registry in the index is not the one that the plan started from.
            LegacyPlan::Take(..) => true,
            _ => false,
        })
    }

    /// Returns the finding about a commit that only removes the legacy file. HEAD already has this
    /// registry, so once the file is put back, nothing is left to commit.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub(crate) fn leaves_nothing(
        &self,
        pending: &PendingCommit<'_>,
        inputs: &CommitInputs,
        registry: &Registry,
    ) -> Result<Option<Finding>, StateError> {
        let (LegacyPlan::PutBack(path), [head]) = (self, &inputs.lineage.parents[..]) else {
            return Ok(None);
        };
        let (file, index) = (pending.legacy_file()?, pending.index()?);
        let is_as_before =
            file.is_some_and(|file| file.is_in_step(file.entry(&head.tree), registry));
        let mut tree = index.tree.clone();
        tree.extend(head.tree.get(path).map(|entry| (path.clone(), *entry)));
        let message = format!(
            "'{path}' is removed, but [dual_write] keeps it in step: it would be put back, and the commit would be empty"
        );
        let help = format!(
            "restore it: git restore --source=HEAD --staged --worktree {path}; {TO_REMOVE_LEGACY}"
        );
        let finding = || Finding::new(Code::LegacyMissing, message, help).at(path);
        let is_empty = is_as_before && tree == head.tree && !inputs.is_outdated_by(registry);
        Ok(is_empty.then(finding))
    }
}
