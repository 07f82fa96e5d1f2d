//! `idhooks migrate plan`: what would come of every record.

use std::path::{Path, PathBuf};

use clap::Args;
use idhooks_core::config::LegacyFormat;
use idhooks_core::plan::migration::MigrationPhase;
use idhooks_repo::git::Repo;

use crate::commands::choice::choice;
use crate::commands::import::FORMATS;
use crate::error::{CommandResult, Exit};
use crate::output::{
    Bar, KeptNumber, MigrationFormat, MigrationPlan, PlannedRecord, Ui, migration_plan_json,
};

use super::bound::about_bound;
use super::context::{MigrationContext, assert_no_contradiction, refused};
use super::decisions::to_decide;
use super::discovery::offers;
use super::planned::PlannedMigration;
use super::source::LegacySource;

/// Show what would become of each record
///
/// Lists the records that come into the registry, those whose file is gone, those that differ, and those
/// about which a person must decide, with the reason. For each record it also lists what the programs
/// that read the legacy file will see instead, such as a path that has changed. Settings of the other
/// program that it finds are named, too, with the command that takes them.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks migrate plan
  idhooks migrate plan --from registry/ID_REGISTRY.json
  idhooks migrate plan --from ../old/ids.csv --format csv --report json

Exit code: 0 all records can be taken, and 'idhooks migrate run' would begin; 1 a person must decide \
about some records; 2 the file cannot be read, something is not committed, or another error")]
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

/// The file whose records are migrated.
#[derive(Debug, Clone, Args)]
pub(super) struct LegacyFileArgs {
    /// File with the records [default: the legacy file of dual_write in idhooks.toml, or else
    /// registry/ID_REGISTRY.json, or else the only tracked file that has records]
    ///
    /// A file of the repository becomes the legacy file, which every commit keeps in step. From a file
    /// elsewhere, only the records are taken, and the legacy file is registry/ID_REGISTRY.json, or what
    /// idhooks.toml says.
    #[arg(long, value_name = "FILE")]
    pub(super) from: Option<PathBuf>,
    /// Format of the file [default: by its ending, .csv or .jsonl; else by its content]
    #[arg(long, value_parser = choice(FORMATS, LegacyFormat::as_str, None), value_name = "FORMAT", requires = "from")]
    pub(super) format: Option<LegacyFormat>,
    /// Give new identities to files without a record that carry a number in their names
    ///
    /// By default such a file keeps the number, if no record and no other file has it; about the others, a
    /// person must decide. With this option, 'idhooks check' names each such file until it is renamed.
    #[arg(long)]
    pub(super) no_adopt_names: bool,
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
        let target = MigrationPhase::LegacyLeads;
        context.phase.step_to(target).map_err(|refusal| refused(refusal, target))?;
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
        questions: planned.questions(),
        to_do: planned.is_refused().then(|| to_decide(phase)),
        added: planned.added(),
        // Later, only what this run changes is of interest.
        counters: planned.counters(&source.rules, phase != MigrationPhase::Off),
        head: planned.head_changes().to_vec(),
        path_keys: planned.path_keys.clone(),
        kept: planned.kept.iter().map(|(id, path)| KeptNumber::of(*id, path)).collect(),
        notes: planned.notes.clone(),
    };
    match format {
        MigrationFormat::Json => ui.data(&migration_plan_json(&plan)),
        MigrationFormat::Markdown => ui.data(&plan.markdown()),
        MigrationFormat::Text => ui.lines(plan.lines()),
    }
}
