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
    /// How the file compares with the registry; known only if commits keep it in step and the
    /// registry can be read.
    pub compared: Option<(LegacyState, Option<LegacyTally>)>,
    /// The phase of the migration; `None` before the first commit.
    pub phase: Option<MigrationPhase>,
    /// The share of records that the last migration step in this clone has processed, from 0 to 1.
    pub step_progress: Option<f64>,
}

impl DualWriteState {
    /// Compares the registry and the legacy file; returns `None`, at no cost, if the configuration
    /// has no `[dual_write]` table. `tip` is the commit, or HEAD for the index.
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
        // While writing is off, no commit updates the file, so differences are meaningless.
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

    /// Returns the number of differences, which is at least one if the file is out of step.
    pub fn discrepancies(&self) -> Option<usize> {
        let (state, _) = self.compared.as_ref()?;
        Some(match state {
            LegacyState::InStep => 0,
            // The file may differ only in form, while all records are the same.
            LegacyState::Differs(all) => all.len().max(1),
            _ => 1,
        })
    }

    /// Returns the number of records on each side, if known.
    pub fn tally(&self) -> Option<LegacyTally> {
        self.compared.as_ref().and_then(|(_, tally)| *tally)
    }

    /// Returns the progress of the migration, from 0 to 1. While both files are written, this is
    /// the share of records that are equal in both; otherwise, it is the progress of the last step
    /// in this clone.
    pub fn progress(&self) -> Option<f64> {
        match self.switch.is_on {
            true => self.tally().map(|tally| tally.progress()),
            false => self.step_progress,
        }
    }
}
