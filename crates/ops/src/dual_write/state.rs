//! [`DualWriteState`]: the registry and legacy file in a commit or the index, for reports about it.

use idhooks_core::config::{DualWrite, MigrationPhase};
use idhooks_repo::derived::legacy::{LegacyState, LegacyTally};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::state::DualWriteSwitch;

use super::compared::ComparedFile;
use crate::{OpsError, RuledState, steps};

/// The state of the legacy file in a commit or the index.
#[derive(Debug)]
pub struct DualWriteState {
    /// The rules for the legacy file.
    pub rules: DualWrite,
    /// Whether this process writes the file.
    pub switch: DualWriteSwitch,
    /// How the file compares with the registry, if commits keep it in step and the registry can be
    /// read.
    pub compared: Option<(LegacyState, Option<LegacyTally>)>,
    /// The phase of the migration; `None` before the first commit.
    pub phase: Option<MigrationPhase>,
    /// The share of records that the last step in this clone has migrated, from 0 to 1.
    pub step_progress: Option<f64>,
}

impl DualWriteState {
    /// Compares the registry and the legacy file; `None` if the configuration has no `[dual_write]`
    /// table, which costs nothing. `tip` is the commit, or HEAD for the index.
    ///
    /// # Errors
    /// Returns an error if the legacy file, or the journal of a migration, cannot be read.
    pub fn read(
        repo: &Repo,
        state: &RuledState,
        tip: Option<CommitId>,
    ) -> Result<Option<Self>, OpsError> {
        let Some(rules) = state.config.dual_write.as_deref().cloned() else { return Ok(None) };
        let switch = DualWriteSwitch::of(repo.environment(), &rules);
        // No commit updates the file while writing is off, so differences mean nothing.
        let compared = match state.registry().filter(|_| switch.is_on) {
            Some(registry) => ComparedFile::read(repo, &state.view.tree, registry)?,
            None => None,
        };
        let compared = compared.map(|compared| {
            let tally = compared.tally();
            (compared.state, tally)
        });
        let (phase, step_progress) =
            tip.map(|tip| steps::MIGRATION(repo, tip)).transpose()?.unzip();
        Ok(Some(DualWriteState { rules, switch, compared, phase, step_progress }))
    }

    /// Returns the number of differences: at least one if the file is out of step.
    pub fn discrepancies(&self) -> Option<usize> {
        let (state, _) = self.compared.as_ref()?;
        Some(match state {
            LegacyState::InStep => 0,
            // A file may differ in form alone, without any differing record.
            LegacyState::Differs(all) => all.len().max(1),
            _ => 1,
        })
    }

    /// Returns the records on both sides, if known.
    pub fn tally(&self) -> Option<LegacyTally> {
        self.compared.as_ref().and_then(|(_, tally)| *tally)
    }

    /// Returns the progress of the migration, from 0 to 1: while both files are written, the share
    /// of records that are equal in both; otherwise the progress of the last step in this clone.
    pub fn progress(&self) -> Option<f64> {
        match self.switch.is_on {
            true => self.tally().map(|tally| tally.progress()),
            false => self.step_progress,
        }
    }
}
