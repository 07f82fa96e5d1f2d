//! `idhooks migrate plan`: what would come of every record.

use std::path::{Path, PathBuf};

use clap::Args;
use idhooks_core::config::LegacyFormat;
use idhooks_core::plan::migration::MigrationPhase;
use idhooks_repo::git::Repo;

use crate::commands::choice::choice;
use crate::commands::import::FORMATS;
use crate::error::{CommandResult, Exit};
use crate::output::{Bar, MigrationFormat, MigrationPlan, PlannedRecord, Ui, migration_plan_json};

use super::context::MigrationContext;
use super::planned::PlannedMigration;
use super::source::LegacySource;

/// Show what would come of every record; change nothing
///
/// Lists the records that come into the registry, those whose file is gone, those that differ, and those
/// about which a person must decide, with the reason. For each record it also lists what the programs
/// that read the legacy file will see instead, such as a path that has changed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks migrate plan --from registry/ID_REGISTRY.json
  idhooks migrate plan --from ../old/ids.csv --format csv --report json

Exit code: 0 'idhooks migrate run' can be run; 1 a person must decide about some records; 2 the file \
cannot be read, or another error")]
pub(super) struct PlanMigrationArgs {
    #[command(flatten)]
    file: LegacyFileArgs,
    /// Change nothing, which a plan never does
    #[arg(long)]
    dry_run: bool,
    /// Format of the plan
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    report: MigrationFormat,
}

/// The file whose records are migrated.
#[derive(Debug, Clone, Args)]
pub(super) struct LegacyFileArgs {
    /// File with the records [default: the legacy file of dual_write in idhooks.toml, or else
    /// registry/ID_REGISTRY.json]
    ///
    /// A file of the repository becomes the legacy file, which every commit keeps in step. Of a file from
    /// elsewhere the records are taken, and the legacy file is registry/ID_REGISTRY.json, or what
    /// idhooks.toml says.
    #[arg(long, value_name = "FILE")]
    pub(super) from: Option<PathBuf>,
    /// Format of the file [default: by its ending, .csv or .jsonl; else by its content]
    #[arg(long, value_parser = choice(FORMATS, LegacyFormat::as_str, None), value_name = "FORMAT", requires = "from")]
    pub(super) format: Option<LegacyFormat>,
}

impl LegacyFileArgs {
    /// Returns the file.
    ///
    /// # Errors
    /// Returns an error if it does not exist or has no records.
    pub(super) fn source(
        &self,
        context: &MigrationContext<'_>,
        dir: &Path,
    ) -> CommandResult<LegacySource> {
        let present = context.rules.as_ref();
        LegacySource::of(context.repo, dir, self.from.as_deref(), self.format, present)
    }
}

impl PlanMigrationArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let PlanMigrationArgs { file, dry_run: _, report } = self;
        let repo = Repo::open(dir)?;
        let context = MigrationContext::of(&repo)?;
        let source = file.source(&context, dir)?;
        let planned = PlannedMigration::of(ui, &repo, &source)?;
        let bar = Bar::start("planning records", planned.source.allocations.len() as u64);
        let records = planned.records(|| bar.step());
        bar.finish();
        show(ui, &planned, &source, (context.phase, records), report);
        Ok(if planned.is_refused() { Exit::Findings } else { Exit::Fine })
    }
}

/// Prints a plan.
pub(super) fn show(
    ui: &mut Ui,
    planned: &PlannedMigration,
    source: &LegacySource,
    (phase, records): (MigrationPhase, Vec<PlannedRecord>),
    format: MigrationFormat,
) {
    let plan = MigrationPlan {
        phase,
        source: source.name(),
        path: source.rules.legacy.to_string(),
        format: source.rules.format.as_str(),
        records,
        added: planned.added(),
        head: planned.head_changes().to_vec(),
        notes: planned.notes.clone(),
    };
    match format {
        MigrationFormat::Json => ui.data(&migration_plan_json(&plan)),
        MigrationFormat::Markdown => ui.data(&plan.markdown()),
        MigrationFormat::Text => ui.lines(plan.lines()),
    }
}
