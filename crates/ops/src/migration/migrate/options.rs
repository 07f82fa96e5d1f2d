//! Options and reports of the steps of a migration.

use super::plan::MigrationPlan;
use super::report::MigrationStepReport;
use super::source::LegacyFileOptions;
use idhooks_core::config::MigrationPhase;

/// Which step is made, and how.
#[derive(Debug, Clone)]
pub struct RunMigrationOptions {
    /// The file whose records are migrated; `legacy` stands for the legacy file, from which the registry is
    /// rebuilt.
    pub file: LegacyFileOptions,
    /// The phase to go to: the next one, or `legacy-leads` again, to take later changes.
    pub to: Option<MigrationPhase>,
    /// Whether to complete a step that was interrupted.
    pub resume: bool,
    /// Whether to make a later step without waiting.
    pub force: bool,
    /// The number of records after which the progress is recorded.
    pub batch: usize,
    /// Whether to give notice of the step before it is made.
    pub is_announced: bool,
    /// Whether nothing is written.
    pub is_dry_run: bool,
}

impl RunMigrationOptions {
    /// The usual number of records after which the progress is recorded.
    pub const BATCH: usize = 10_000;
}

/// The result of a run or of its dry run.
#[derive(Debug)]
pub enum MigrationRunReport {
    /// It made a step; none if no file would change or a person must decide something first.
    Step(MigrationStepReport),
    /// The migration is in that phase already.
    Present(MigrationStepReport),
    /// It would make a commit with this subject.
    WouldCommit(String),
    /// The planned outcome for the records of a legacy file.
    Planned(Box<MigrationPlan>),
}

/// How the legacy file is removed.
#[derive(Debug, Clone, Copy, Default)]
pub struct FinishMigrationOptions {
    /// Whether to remove it although another program may have written it lately.
    pub force: bool,
    /// Whether nothing is written.
    pub is_dry_run: bool,
}
