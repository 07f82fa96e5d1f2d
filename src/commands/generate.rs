//! `idhooks generate`: makes the files that generators describe.

use std::num::NonZeroUsize;
use std::path::Path;

use clap::Args;
use idhooks_ops::{GenerateOptions, MadeOutput, generate, jobs, open_to_change};
use idhooks_repo::{generators::Effort, git::Repo};

use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui, count, json};

use super::output_file::OverwriteArgs;

/// Make the files that the generators in idhooks.toml describe
///
/// Makes each output whose inputs have changed since this clone made it, in the index and in the
/// working tree: the records that the generator declares, restricted to its fields, and the files that
/// it declares. Commands see only these inputs, in a temporary directory. They run only in a clone that
/// trusts them, see 'idhooks generators'. With run = "commit", the pre-commit hook does the same.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks generate                all outputs that are not up to date
  idhooks generate index          those of one generator, and of those that it runs after
  idhooks generate --check        for CI: report them, write nothing

Exit code: 0 all outputs are up to date now; 1 a generator failed, or with --check, an output is stale; \
2 an error")]
pub(super) struct Generate {
    /// Generators to run, and those that they run after [default: all]
    #[arg(value_name = "GENERATOR")]
    names: Vec<String>,
    /// Make outputs that are up to date, too
    #[arg(long, conflicts_with = "check")]
    all: bool,
    /// Report outputs that are not up to date; write nothing
    #[arg(long, conflicts_with = "dry_run")]
    check: bool,
    /// Run at most this many programs at once [default: the number of processors]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Show what would be generated; run and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    overwrite: OverwriteArgs,
}

impl Generate {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let is_read = self.check || self.dry_run;
        let repo = if is_read { Repo::open(dir)? } else { open_to_change(dir)? };
        let effort = Effort {
            is_forced: self.all,
            is_check: self.check,
            jobs: self.jobs.map_or_else(jobs, NonZeroUsize::get),
            overwrites: self.overwrite.is_given(),
            runs_programs: true,
        };
        let options = GenerateOptions { names: self.names, effort, is_dry_run: self.dry_run };
        let report = generate(ui, &repo, &options)?;
        if self.format == Format::Json {
            ui.data(&json::document(&report));
        } else {
            let verb = if self.dry_run { "would generate" } else { "generated" };
            let line = |made: &MadeOutput| format!("{verb} {} ({})", made.path, made.generator);
            ui.lines(report.outputs.iter().map(line));
            ui.findings(&report.findings);
            if report.up_to_date > 0 {
                let outputs = count(report.up_to_date, "output", "outputs");
                ui.status(&format!("{outputs} up to date"));
            }
        }
        Ok(if report.findings.is_empty() { Exit::Fine } else { Exit::Findings })
    }
}
