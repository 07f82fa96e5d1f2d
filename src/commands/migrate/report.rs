//! [`Reporter`]: reports what a step did.

use std::time::Instant;

use idhooks_core::plan::migration::MigrationRun;
use idhooks_ops::{MigrationContext, Revision, VerifiedRecords, verification};
use idhooks_repo::git::CommitId;
use idhooks_repo::transaction::now;

use crate::error::{CommandResult, Exit};
use crate::output::{
    MigrationFormat, MigrationStepReport, SkippedRecord, Ui, in_step_by, json::document, next_after,
};

/// How a step is reported.
pub(super) struct Reporter {
    began: Instant,
    format: MigrationFormat,
    is_dry_run: bool,
}

/// How many records a step took, and how many were there.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SideCounts {
    pub(super) converted: usize,
    pub(super) deprecated: usize,
    pub(super) unchanged: usize,
}

impl SideCounts {
    /// Returns the counts of a run: all are unchanged if it made no commit.
    pub(super) fn of(run: &MigrationRun, is_made: bool) -> Self {
        match is_made {
            true => SideCounts {
                converted: run.converted,
                deprecated: run.deprecated,
                unchanged: run.unchanged,
            },
            false => SideCounts {
                unchanged: run.converted + run.deprecated + run.unchanged,
                ..SideCounts::default()
            },
        }
    }
}

impl Reporter {
    pub(super) fn new(format: MigrationFormat, is_dry_run: bool) -> Self {
        Reporter { began: Instant::now(), format, is_dry_run }
    }

    /// Returns whether nothing is to be changed.
    pub(super) fn is_dry_run(&self) -> bool {
        self.is_dry_run
    }

    /// Says which commit would be made.
    pub(super) fn would(&self, ui: &mut Ui, subject: &str) -> CommandResult<Exit> {
        ui.line(&format!("would commit: {subject}"));
        Ok(Exit::Fine)
    }

    /// Returns the report of a step; without a commit, of one that changed nothing.
    ///
    /// # Errors
    /// Returns an error if both sides cannot be compared.
    pub(super) fn report(
        &self,
        context: &MigrationContext<'_>,
        run: &MigrationRun,
        commit: Option<CommitId>,
        counts: SideCounts,
        skipped: Vec<SkippedRecord>,
    ) -> CommandResult<MigrationStepReport> {
        let phase = if commit.is_some() { run.to } else { context.phase };
        let seconds = self.began.elapsed().as_secs_f64();
        let rate = (run.records as f64 / seconds.max(0.001) * 10.0).round() / 10.0;
        let head = Revision::named("HEAD");
        let is_compared = phase.is_dual() && skipped.is_empty();
        let verify = || verification(context.repo, &head, &VerifiedRecords::All);
        let verification = is_compared.then(verify).transpose()?;
        Ok(MigrationStepReport {
            from: run.from,
            phase,
            commit,
            started_at: run.started_at,
            finished_at: now(),
            records: run.records,
            converted: counts.converted,
            deprecated: counts.deprecated,
            unchanged: counts.unchanged,
            skipped,
            per_second: run.source.as_ref().map(|_| rate),
            verification,
        })
    }

    /// Prints a report.
    pub(super) fn show(&self, ui: &mut Ui, report: &MigrationStepReport) {
        match self.format {
            MigrationFormat::Json => ui.data(&document(report)),
            MigrationFormat::Markdown => ui.data(&report.markdown()),
            MigrationFormat::Text => {
                ui.lines(report.lines());
                let both = report.verification.as_ref().filter(|both| !both.consistent);
                let next = match both {
                    Some(both) => Some(in_step_by(report.phase, both.gap())),
                    None => next_after(report.phase),
                };
                if let Some(next) = next.filter(|_| report.skipped.is_empty()) {
                    ui.report(&format!("next: {next}"));
                }
            }
        }
    }
}
