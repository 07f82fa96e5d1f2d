//! `idhooks migrate run`: runs the next migration step.

use idhooks_core::config::MigrationPhase;
use std::path::Path;

use clap::Args;
use idhooks_ops::{
    MigrateRefusal, MigrationRunReport, OpsError, PartRefusal, RunMigrationOptions, open_to_change,
    run_migration,
};

use crate::commands::value_parsers::choice;
use crate::error::{CommandResult, Exit};
use crate::output::Ui;

use super::super::report::next::to_decide;
use super::super::report::{
    MigrationFormat, show_migration_plan, show_migration_step, verification_lines,
};
use super::legacy_file_args::LegacyFileArgs;

/// The phases that a step can lead to.
const TARGETS: [MigrationPhase; 4] = [
    MigrationPhase::LegacyLeads,
    MigrationPhase::RegistryLeads,
    MigrationPhase::Stopped,
    MigrationPhase::Finished,
];

/// Run the next step of a migration, in one commit
///
/// Prints the step, then makes it. The first step imports the records in FILE, as 'idhooks import'
/// does; from then on, every commit writes both files. In the legacy-leads phase, changes made to
/// the legacy file without hooks are taken first; that does not count as a step.
///
/// Later steps require both files to be in step, and a number of days and commits in which no other
/// program has changed the legacy file: see 'ready' in the 'dual_write' table of idhooks.toml.
/// --force skips the wait. --to names the expected phase; no phase can be skipped.
///
/// If the process dies, --resume completes the step with the same result, byte for byte, and
/// 'idhooks migrate rollback' undoes it.
///
/// --from legacy rebuilds a damaged or lost registry from the legacy file; 'idhooks export --format
/// legacy' does the opposite.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks migrate run
  idhooks migrate run --from registry/ID_REGISTRY.json
  idhooks migrate run --to registry-leads --report markdown
  idhooks migrate run --resume

Exit code: 0 done, or nothing to do; 1 too early, some records need your decision, or both sides differ, \
and nothing was changed; 2 an error, and nothing was changed")]
pub(super) struct RunMigration {
    #[command(flatten)]
    file: LegacyFileArgs,
    /// Phase to move to: the next one, or legacy-leads again to take changes
    #[arg(long, value_parser = choice(TARGETS, MigrationPhase::as_str, None), value_name = "PHASE")]
    to: Option<MigrationPhase>,
    /// Complete an interrupted step
    #[arg(long, conflicts_with_all = ["from", "to", "dry_run", "no_adopt_names"])]
    resume: bool,
    /// Run a later step without waiting until 'ready' allows it
    #[arg(long, conflicts_with = "resume")]
    force: bool,
    /// Record the progress after every N records, for 'idhooks migrate status'
    #[arg(long, value_name = "N", default_value_t = RunMigrationOptions::BATCH as u32, value_parser = clap::value_parser!(u32).range(1..))]
    batch: u32,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Format of the report
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    report: MigrationFormat,
}

impl RunMigration {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let options = RunMigrationOptions {
            file: self.file.into(),
            to: self.to,
            resume: self.resume,
            force: self.force,
            batch: self.batch as usize,
            is_announced: self.to.is_none() && self.report == MigrationFormat::Text,
            is_dry_run: self.dry_run,
        };
        let done = run_migration(ui, &open_to_change(dir)?, &options);
        show_run(ui, done, self.report)
    }
}

/// Shows the result of a run or dry run.
///
/// # Errors
/// Returns an error if the run was refused.
pub(super) fn show_run(
    ui: &mut Ui,
    done: Result<MigrationRunReport, OpsError>,
    format: MigrationFormat,
) -> CommandResult<Exit> {
    let is_right = match done {
        Ok(MigrationRunReport::WouldCommit(subject)) => {
            ui.line(&format!("would commit: {subject}"));
            true
        }
        Ok(MigrationRunReport::Planned(plan)) => {
            show_migration_plan(ui, &plan, format);
            !plan.is_refused
        }
        Ok(MigrationRunReport::Present(step)) => {
            show_migration_step(ui, &step, format);
            // In this phase, "nothing to do" is not a success if the files differ.
            step.verification.is_none_or(|both| both.consistent)
        }
        Ok(MigrationRunReport::Step(step)) => {
            show_migration_step(ui, &step, format);
            if !step.skipped.is_empty() {
                ui.hint(&format!("nothing was changed; {}", to_decide(step.phase)));
            }
            step.skipped.is_empty()
        }
        Err(error) => {
            match &error {
                // The differences are printed to stdout, as in `verify`; the error only counts
                // them.
                OpsError::Part(PartRefusal::Migrate(MigrateRefusal::NotInStep {
                    both, ..
                })) => {
                    ui.lines(verification_lines(both));
                }
                OpsError::Part(PartRefusal::Migrate(MigrateRefusal::Faults(_, findings))) => {
                    ui.complain(findings);
                }
                _ => {}
            }
            return Err(error.into());
        }
    };
    Ok(if is_right { Exit::Fine } else { Exit::Findings })
}
