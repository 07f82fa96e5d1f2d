//! Options for migration steps, and their results.

use super::plan::MigrationPlan;
use super::report::MigrationStepReport;
use super::source::LegacyFileOptions;
use idhooks_core::config::MigrationPhase;

/// Which step to make, and how.
#[derive(Debug, Clone)]
pub struct RunMigrationOptions {
    /// The file whose records are to be migrated; `legacy` stands for the legacy file, from which
    /// the registry is rebuilt.
    pub file: LegacyFileOptions,
    /// The phase to move to: the next one, or `legacy-leads` again to take later changes.
    pub to: Option<MigrationPhase>,
    /// Whether to complete an interrupted step.
    pub resume: bool,
    /// Whether to make a later step even if the current phase has not lasted long enough.
    pub force: bool,
    /// The number of records after which progress is recorded.
    pub batch: usize,
    /// Whether to issue a notice about the step before making it.
    pub is_announced: bool,
    /// Whether this is a dry run.
    pub is_dry_run: bool,
}

impl RunMigrationOptions {
    /// The default number of records after which progress is recorded.
    pub const BATCH: usize = 10_000;
}

/// The result of a run or a dry run.
#[derive(Debug)]
pub enum MigrationRunReport {
    /// The run made a step, unless no file would change or a human must decide something first.
    Step(MigrationStepReport),
    /// The migration is already in the requested phase.
    Present(MigrationStepReport),
    /// The run would make a commit with this subject.
    WouldCommit(String),
    /// The planned outcome for the records in a legacy file.
    Planned(Box<MigrationPlan>),
}

/// How to remove the legacy file.
#[derive(Debug, Clone, Copy, Default)]
pub struct FinishMigrationOptions {
    /// Whether to remove the file even if another program may have written it recently.
    pub force: bool,
    /// Whether this is a dry run.
    pub is_dry_run: bool,
}
