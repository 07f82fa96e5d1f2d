//! `idhooks generate`: runs the generators defined in idhooks.toml.

use std::num::NonZeroUsize;
use std::path::Path;

use clap::Args;
use idhooks_core::registry::excerpt;
use idhooks_ops::{
    CommandTrust, Effort, GenerateOptions, ListedGenerator, MadeOutput, Repo, UndeclaredPrograms,
    generate, jobs, list_generators, open_to_change, report_no_generators,
};

use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui, count, json};

use super::output_file::OverwriteArgs;

/// Run the generators declared in idhooks.toml
///
/// Regenerates each output whose inputs have changed since this clone generated it, in the index
/// and in the working tree. A generator's inputs are the records it declares, reduced to the fields
/// it names, and the files it declares. Commands see only these inputs, in a temporary directory,
/// and run only in a clone that trusts them. With run = "commit", the pre-commit hook does the
/// same.
///
/// --list shows the state of each output: 'fresh' if this clone generated it from the current
/// inputs, 'stale' if it is not what the generator produced from them, 'unknown' if this clone has
/// never run the generator on these inputs.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks generate                all outputs that are out of date
  idhooks generate index          only one generator, and the generators it runs after
  idhooks generate --check        for CI: report stale outputs, write nothing
  idhooks generate --list         the generators, and whether this clone trusts their commands

Commands in a committed idhooks.toml run only in a clone that trusts them. Read them, then run the \
command 'git config idhooks.trust <hash>' printed by --list. The hash covers the commands, the \
programs in this repository that they name, and the files in 'programs'. If these change, trust them \
again; --list shows the changes.

Exit code: 0 all outputs are up to date; 1 a generator failed, or with --check, an output is stale, or \
with --list, the output of a generator cannot be named; 2 an error")]
pub(super) struct Generate {
    /// Generators to run, along with the ones that they must run after [default: all]
    #[arg(value_name = "GENERATOR")]
    names: Vec<String>,
    /// Also regenerate outputs that are up to date
    #[arg(long, conflicts_with = "check")]
    all: bool,
    /// Report stale outputs; write nothing
    #[arg(long, conflicts_with = "dry_run")]
    check: bool,
    /// List generators and the state of their outputs, without running or writing anything
    #[arg(long, conflicts_with_all = ["names", "all", "check", "jobs", "dry_run", "overwrite"])]
    list: bool,
    /// Run at most this many programs at once [default: the number of processors]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Show the outputs that would be generated, without running or changing anything
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    overwrite: OverwriteArgs,
}

impl Generate {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        if self.list {
            return list(ui, &Repo::open(dir)?, self.format);
        }
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

/// Lists the generators, and explains how to trust their commands.
fn list(ui: &mut Ui, repo: &Repo, format: Format) -> CommandResult<Exit> {
    let list = list_generators(ui, repo)?;
    if format == Format::Json {
        ui.data(&json::document(&list));
    } else {
        if list.generators.is_empty() {
            report_no_generators(ui, repo);
        }
        ui.table(list.generators.iter().flat_map(rows));
        if let Some(trust) = list.trust.filter(|trust| !trust.is_trusted) {
            show_trust(ui, &trust);
        }
    }
    // Findings go to stderr even with JSON, because the document does not include them.
    ui.complain(&list.findings);
    Ok(if list.findings.is_empty() { Exit::Fine } else { Exit::Findings })
}

/// Returns a generator's table rows, one per output.
fn rows(generator: &ListedGenerator) -> impl Iterator<Item = [String; 4]> {
    generator.outputs.iter().map(|output| {
        let (name, run) = (generator.name.clone(), generator.run.to_string());
        [name, run, output.state.to_string(), output.path.to_string()]
    })
}

/// Prints the steps that make this clone trust the commands.
fn show_trust(ui: &mut Ui, trust: &CommandTrust) {
    for change in trust.changes.iter().flatten() {
        ui.status(&format!("since it was trusted: {change}"));
    }
    if !trust.outside.is_empty() {
        let programs = trust.outside.join("', '");
        ui.status(&format!(
            "the hash does not cover programs outside of the repository: '{programs}'"
        ));
    }
    for UndeclaredPrograms { generator, glob } in &trust.undeclared {
        ui.hint(&match glob {
            None => format!(
                "generator '{generator}' may run programs that idhooks.toml does not name; add to it: programs = [\"scripts/**\"], or [] for none"
            ),
            Some(glob) => format!(
                "generator '{generator}': the glob '{}' in its 'programs' matches no file; correct or remove it",
                excerpt(glob)
            ),
        });
    }
    // The hash is shown only if nothing is missing: before trusting it, the user must know every
    // program that runs.
    if trust.undeclared.is_empty() {
        ui.hint(&format!(
            "this clone does not trust the commands; read them in idhooks.toml, then run: git config idhooks.trust {}",
            trust.hash
        ));
    }
}
