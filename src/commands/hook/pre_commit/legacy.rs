//! The legacy file of a commit: who changed it, and what comes of that.

use idhooks_core::check::{Finding, out_of_step};
use idhooks_core::config::{Config, Enforce, Leading, VerifyLegacy};
use idhooks_core::legacy::{LegacyState, read};
use idhooks_core::merge::merge;
use idhooks_core::plan::Edit;
use idhooks_core::registry::{Entry, Registry};
use idhooks_repo::git::Repo;
use idhooks_repo::state::{CommitState, LegacyFile, StateError};
use idhooks_repo::transaction::{CommitInputs, PendingCommit, is_derived};

use crate::commands::healing::print_some;
use crate::output::Ui;

/// What becomes of the legacy file of a commit.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LegacyPlan {
    /// It is not kept in step.
    Unused,
    /// It is derived from the registry.
    Derive,
    /// It stays as it is: it was edited, which the rules let pass with a warning.
    Leave,
    /// The commit is blocked: it was edited, and would be overwritten.
    Block(Vec<Finding>),
}

impl LegacyPlan {
    /// Decides what becomes of it; takes what changed in it into the registry of the index while it
    /// leads.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub(super) fn of(
        ui: &mut Ui,
        pending: &PendingCommit<'_>,
        inputs: &mut CommitInputs,
    ) -> Result<Self, StateError> {
        let (repo, tree) = (pending.repo, &inputs.state.tree);
        let Some(file) = LegacyFile::of(repo, tree)?.filter(LegacyFile::is_written) else {
            return Ok(LegacyPlan::Unused);
        };
        if pending.index.unmerged.contains_key(file.path()) {
            let findings = out_of_step(&file.rules, &LegacyState::Conflicted);
            return Ok(LegacyPlan::Block(findings));
        }
        if file.rules.verify == VerifyLegacy::Never
            || is_derived(repo, &file, &inputs.state, &inputs.lineage)?
        {
            return Ok(LegacyPlan::Derive);
        }
        let state = file.state(tree, &inputs.stored.registry)?;
        if file.rules.leading == Leading::Legacy
            && let Some(taken) = taken(repo, &file, inputs, &state)?
        {
            let edits = Edit::between(&inputs.stored.registry, &taken);
            ui.status(&format!("idhooks: took the changes of '{}':", file.path()));
            print_some(ui, &edits);
            inputs.state = CommitState::staged_with(repo, &pending.index, taken)?;
            if let Some(stored) = inputs.state.stored() {
                inputs.stored = stored.clone();
            }
            return Ok(LegacyPlan::Derive);
        }
        let findings = out_of_step(&file.rules, &state);
        if file.rules.on_failure == Enforce::Warn {
            ui.complain(&findings.into_iter().map(Finding::into_warning).collect::<Vec<_>>());
            return Ok(LegacyPlan::Leave);
        }
        Ok(LegacyPlan::Block(findings))
    }

    /// Returns whether the legacy file is in step afterwards, if the rules demand that.
    pub(super) fn keeps_step(&self, config: &Config) -> bool {
        match self {
            LegacyPlan::Derive => true,
            // The environment may have switched writing off.
            LegacyPlan::Unused => config.dual_write.as_ref().is_none_or(|rules| !rules.enabled),
            LegacyPlan::Leave | LegacyPlan::Block(_) => false,
        }
    }

    /// Returns whether the legacy file of the commit is to be derived from this registry, and is not
    /// in step with it yet.
    ///
    /// # Errors
    /// Returns an error if `idhooks.toml` cannot be read.
    pub(super) fn is_outdated_by(
        &self,
        pending: &PendingCommit<'_>,
        registry: &Registry,
    ) -> Result<bool, StateError> {
        let tree = &pending.index.tree;
        Ok(match self {
            LegacyPlan::Derive => LegacyFile::of(pending.repo, tree)?
                .is_some_and(|file| !file.is_in_step(file.entry(tree), registry)),
            _ => false,
        })
    }
}

/// Returns the registry of the index with what changed in the legacy file since HEAD.
fn taken(
    repo: &Repo,
    file: &LegacyFile<'_>,
    inputs: &CommitInputs,
    state: &LegacyState,
) -> Result<Option<Registry>, StateError> {
    let (LegacyState::Differs(_), Some(entry)) = (state, file.entry(&inputs.state.tree)) else {
        return Ok(None);
    };
    let own = &inputs.stored.registry;
    let of = |entry: Entry| -> Result<Option<Registry>, StateError> {
        let bytes = repo.blob(entry.blob)?;
        let read = read(&bytes, file.rules.format, own.scope).ok();
        Ok(read.map(|mut registry| {
            registry.adopt_origins(own);
            registry
        }))
    };
    let Some(edited) = of(entry)? else { return Ok(None) };
    let before = inputs.lineage.parents.first().and_then(|parent| file.entry(&parent.tree));
    let before = before.map(of).transpose()?.flatten();
    let base = before.unwrap_or_else(|| own.clone());
    let merged = merge(&base, own, &edited)?;
    Ok(merged.is_consistent().then_some(merged))
}
