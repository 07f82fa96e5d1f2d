//! `idhooks migrate plan`: what would come of every record.

use std::path::Path;

use clap::Args;
use idhooks_core::plan::migration::MigrationPhase;
use idhooks_ops::{MigrationContext, assert_no_contradiction};
use idhooks_repo::git::Repo;

use crate::error::{CommandResult, Exit};
use crate::output::{Bar, MigrationFormat, Ui};

use super::bound::about_bound;
use super::discovery::offers;
use super::legacy_file_args::LegacyFileArgs;
use super::plan_report::show;
use super::planned::PlannedMigration;
use super::run::{RunMigration, next_target};

/// Show what the next step would do
///
/// Lists the records that come into the registry, those whose file is gone, those that differ, and those
/// about which a person must decide, with the reason. For each record it also lists what the programs
/// that read the legacy file will see instead, such as a path that has changed. Settings of the other
/// program that it finds are named, too, with the command that takes them. Later, when both files are in step, it
/// shows the next step, as 'idhooks migrate run --dry-run' does.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks migrate plan
  idhooks migrate plan --from registry/ID_REGISTRY.json
  idhooks migrate plan --from ../old/ids.csv --format csv --report json

Exit code: 0 'idhooks migrate run' would make the step; 1 a person must decide about some records, it is \
too early, or both sides differ; 2 the file cannot be read, something is not committed, or another error")]
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
        let repo = Repo::open(dir)?;
        let context = MigrationContext::of(&repo)?;
        let target = next_target(&context, file.from.is_some())?;
        if target != MigrationPhase::LegacyLeads {
            return RunMigration::shown(file, report).run(ui, dir);
        }
        context.step_to(target)?;
        let source = file.source(&context, dir)?;
        // What would stop the step comes first: without it, the rules here may not be those of the step.
        source.assert_committed(&repo)?;
        assert_no_contradiction(&source.rules)?;
        context.assert_ready(Some(&source.rules.legacy))?;
        let mut planned = PlannedMigration::of(ui, &repo, &source, !file.no_adopt_names)?;
        let tree = repo.index(&repo.index_file())?.tree;
        planned.notes.extend(offers(&repo, &tree, planned.source.scope)?);
        let is_first = context.phase == MigrationPhase::Off;
        planned.notes.extend(about_bound(&planned.source, &source.rules).filter(|_| is_first));
        let bar = Bar::start("planning records", planned.source.allocations.len() as u64);
        let records = planned.records(|| bar.step());
        bar.finish();
        show(ui, &planned, &source, (context.phase, records), report);
        Ok(if planned.is_refused() { Exit::Findings } else { Exit::Fine })
    }
}
