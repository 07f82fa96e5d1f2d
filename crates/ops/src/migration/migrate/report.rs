//! [`MigrationStepReport`]: the result of a migration step.

use idhooks_core::config::MigrationPhase;
use idhooks_migration::MigrationRun;
use std::time::Instant;

use idhooks_core::registry::Timestamp;
use idhooks_repo::git::CommitId;
use idhooks_repo::transaction::now;
use serde::Serialize;

use super::context::MigrationContext;
use super::plan::MigrationQuestion;
use super::verification::MigrationVerification;
use super::verify::{VerifiedRecords, verification};
use crate::{OpsError, Revision};

/// The result of a migration step.
#[derive(Debug, Serialize)]
pub struct MigrationStepReport {
    /// The phase before the step.
    pub from: MigrationPhase,
    /// The phase after the step.
    pub phase: MigrationPhase,
    /// The commit that made the step; `None` if there was nothing to do or the step was refused.
    pub commit: Option<CommitId>,
    /// When the step began.
    pub started_at: Timestamp,
    /// When the step ended.
    pub finished_at: Timestamp,
    /// The number of records in the legacy file.
    pub records: usize,
    /// The number of records that were added to the registry or changed there.
    pub converted: usize,
    /// The number of records that were added as deprecated.
    pub deprecated: usize,
    /// The number of records that the registry already had.
    pub unchanged: usize,
    /// The questions that a human must decide first.
    #[serde(skip)]
    pub skipped: Vec<MigrationQuestion>,
    /// The number of records processed per second.
    #[serde(skip)]
    pub per_second: Option<f64>,
    /// How the two sides compare after the step.
    #[serde(skip)]
    pub verification: Option<MigrationVerification>,
}

/// The time at which a run started.
pub(super) struct RunClock(Instant);

impl RunClock {
    /// Starts the clock.
    pub(super) fn start() -> Self {
        RunClock(Instant::now())
    }

    /// Returns the report for a step; if there is no commit, the step has changed nothing.
    ///
    /// # Errors
    /// Returns an error if the two sides cannot be compared.
    pub(super) fn report(
        &self,
        context: &MigrationContext<'_>,
        run: &MigrationRun,
        commit: Option<CommitId>,
        skipped: Vec<MigrationQuestion>,
    ) -> Result<MigrationStepReport, OpsError> {
        let phase = if commit.is_some() { run.to } else { context.phase };
        let seconds = self.0.elapsed().as_secs_f64();
        // Avoids a division by zero after a very short run.
        let rate = (run.records as f64 / seconds.max(0.001) * 10.0).round() / 10.0;
        let head = Revision::named("HEAD");
        // If there are open questions, the step has changed nothing.
        let is_compared = phase.is_dual() && skipped.is_empty();
        let verify = || verification(context.repo, &head, &VerifiedRecords::All);
        let verification = is_compared.then(verify).transpose()?;
        let [converted, deprecated, unchanged] = match commit {
            Some(_) => [run.converted, run.deprecated, run.unchanged],
            None if !skipped.is_empty() => [0, 0, run.unchanged],
            None => [0, 0, run.converted + run.deprecated + run.unchanged],
        };
        Ok(MigrationStepReport {
            from: run.from,
            phase,
            commit,
            started_at: run.started_at,
            finished_at: now(context.repo),
            records: run.records,
            converted,
            deprecated,
            unchanged,
            skipped,
            // Only an import processes records.
            per_second: run.source.as_ref().map(|_| rate),
            verification,
        })
    }
}
