//! `idhooks migrate plan`: shows what is planned for every record.

use std::path::Path;

use clap::Args;
use idhooks_ops::{Repo, plan_migration};

use crate::error::{CommandResult, Exit};
use crate::output::Ui;

use super::super::report::MigrationFormat;
use super::legacy_file_args::LegacyFileArgs;
use super::run::show_run;

/// Show the next step without making it
///
/// Lists records to be imported, records whose files are gone, records that differ, and records
/// that need your decision, with the reason. For each record, it also lists changes that readers of
/// the legacy file will see, such as a new path. If it finds the other program's settings, it
/// prints the command that imports them. Once both files are in step, it shows the next step, like
/// 'idhooks migrate run --dry-run'.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks migrate plan
  idhooks migrate plan --from registry/ID_REGISTRY.json
  idhooks migrate plan --from ../old/ids.csv --format csv --report json

Exit code: 0 'idhooks migrate run' would make the step; 1 some records need your decision, it is too \
early, or both sides differ; 2 the file cannot be read, there are uncommitted changes, or another error")]
pub(super) struct PlanMigrationArgs {
    #[command(flatten)]
    file: LegacyFileArgs,
    /// No effect: a plan never changes anything
    #[arg(long)]
    dry_run: bool,
    /// Format of the plan
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    report: MigrationFormat,
}

impl PlanMigrationArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let PlanMigrationArgs { file, dry_run: _, report } = self;
        // The announcement is for humans, and does not belong in a document that is piped into a
        // file.
        let is_announced = report == MigrationFormat::Text;
        let done = plan_migration(ui, &Repo::open(dir)?, &file.into(), is_announced);
        show_run(ui, done, report)
    }
}
