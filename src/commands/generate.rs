//! `idhooks generate`: makes the files that generators describe.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::Path;

use clap::Args;
use idhooks_core::check::Finding;
use idhooks_core::config::Generator;
use idhooks_core::generate::selected;
use idhooks_core::registry::RepoPath;
use idhooks_ops::{RegistryTransaction, Writer, jobs, nearest, report_no_generators, take_locks};
use idhooks_repo::generators::{BuildReport, BuildState, Effort, Round};
use idhooks_repo::git::Repo;
use idhooks_repo::store::{LockMode, LockRequest, Locks};
use idhooks_watch::acted::MAX_ROUNDS;
use serde::Serialize;

use crate::error::{CommandError, CommandResult, Exit, PrintingWork};
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

/// What a run did, as JSON shows it.
#[derive(Serialize)]
struct GenerateReport<'r> {
    outputs: Vec<OutputRow<'r>>,
    up_to_date: usize,
    findings: &'r [Finding],
}

#[derive(Serialize)]
struct OutputRow<'r> {
    generator: &'r str,
    path: &'r RepoPath,
}

impl Generate {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        if self.check || self.dry_run {
            let repo = Repo::open(dir)?;
            repo.begin("generate");
            let transaction = RegistryTransaction::open(ui, &repo)?;
            return match self.dry_run {
                true => self.show(ui, &transaction),
                false => self.generate(ui, &transaction, self.effort(), Round::default()),
            };
        }
        let repo = Repo::open(dir)?.synced();
        repo.begin("generate");
        let (locks, mut earlier) = self.prepare(ui, &repo)?;
        // What was made is known now.
        let effort = Effort { is_forced: false, ..self.effort() };
        let mut left = MAX_ROUNDS;
        Writer::with_locks(&repo, "generate", locks)?.work(ui, |ui, transaction| {
            let made = self.generate(ui, transaction, effort, std::mem::take(&mut earlier));
            left -= 1;
            made.map_err(|error| match left {
                0 if error.is_transient => CommandError { is_transient: false, ..error }
                    .hint("if a generator changes the index itself, change its command"),
                _ => error,
            })
        })
    }

    fn effort(&self) -> Effort {
        Effort {
            is_forced: self.all,
            is_check: self.check,
            jobs: self.jobs.map_or_else(jobs, NonZeroUsize::get),
            overwrites: self.overwrite.is_given(),
            runs_programs: true,
        }
    }

    /// Makes what is not up to date while it holds the locks of these outputs only: programs may take
    /// long, and other commands need not wait for them. Nothing is written but objects and the cache.
    fn prepare(&self, ui: &mut Ui, repo: &Repo) -> CommandResult<(Locks, Round)> {
        let transaction = RegistryTransaction::open(ui, repo)?;
        let names = self.selected(&transaction.config.generators)?;
        let is_named = |generator: &Generator| names.contains(&generator.name);
        let (reports, _) = transaction.generating().survey(is_named)?;
        let made = reports.iter().filter(|report| self.is_made(report));
        let outputs = made.flat_map(|report| &report.outputs);
        let request = outputs
            .fold(LockRequest::default(), |request, path| request.path(path, LockMode::Exclusive));
        let is_needed = reports.iter().any(|report| self.is_made(report));
        let locks = take_locks(repo, "generate", &request)?;
        if !is_needed {
            return Ok((locks, Round::default()));
        }
        // Another command may have changed the index, or made the same outputs, meanwhile.
        let transaction = RegistryTransaction::open(ui, repo)?;
        let round = transaction.generating().run(is_named, self.effort())?;
        Ok((locks, round))
    }

    /// Returns whether the outputs of a run are to be made.
    fn is_made(&self, report: &BuildReport<'_>) -> bool {
        report.state != BuildState::Fresh || self.all
    }

    /// Returns the names of the generators to run.
    fn selected(&self, generators: &[Generator]) -> CommandResult<BTreeSet<String>> {
        let all = || generators.iter().map(|generator| &*generator.name);
        if let Some(unknown) = self.names.iter().find(|name| all().all(|one| one != *name)) {
            let error = CommandError::new(format!("idhooks.toml has no generator '{unknown}'"));
            return Err(error.hint(match nearest(unknown, all()) {
                Some(near) => format!("did you mean '{near}'? idhooks generate {near}"),
                None => "list the generators: idhooks generators".to_owned(),
            }));
        }
        let is_named =
            |generator: &Generator| self.names.is_empty() || self.names.contains(&generator.name);
        let selected = selected(generators, is_named);
        let named = generators.iter().zip(selected).filter(|(_, is_selected)| *is_selected);
        Ok(named.map(|(generator, _)| generator.name.clone()).collect())
    }

    fn generate(
        &self,
        ui: &mut Ui,
        transaction: &RegistryTransaction<'_>,
        effort: Effort,
        earlier: Round,
    ) -> CommandResult<Exit> {
        let names = self.selected(&transaction.config.generators)?;
        let is_named = |generator: &Generator| names.contains(&generator.name);
        let round = transaction.generate(ui, is_named, effort, earlier)?;
        if transaction.config.generators.is_empty() {
            report_no_generators(ui, transaction.repo);
        }
        let rows = round.outputs.iter();
        let rows =
            rows.map(|output| OutputRow { generator: &output.generator, path: &output.path });
        self.report(ui, rows.collect(), round.fresh, &round.findings);
        Ok(if round.findings.is_empty() { Exit::Fine } else { Exit::Findings })
    }

    /// Shows what would be generated.
    fn show(&self, ui: &mut Ui, transaction: &RegistryTransaction<'_>) -> CommandResult<Exit> {
        let input = transaction.generating();
        let names = self.selected(&input.config.generators)?;
        let (reports, findings) = input.survey(|generator| names.contains(&generator.name))?;
        if input.config.generators.is_empty() {
            report_no_generators(ui, transaction.repo);
        }
        let (made, kept): (Vec<_>, Vec<_>) =
            reports.iter().partition(|report| self.is_made(report));
        let rows = made.into_iter().flat_map(|report| {
            let generator = &report.generator.name;
            report.outputs.iter().map(move |path| OutputRow { generator, path })
        });
        let up_to_date = kept.into_iter().map(|report| report.outputs.len()).sum();
        self.report(ui, rows.collect(), up_to_date, &findings);
        Ok(if findings.is_empty() { Exit::Fine } else { Exit::Findings })
    }

    fn report(
        &self,
        ui: &mut Ui,
        outputs: Vec<OutputRow<'_>>,
        up_to_date: usize,
        findings: &[Finding],
    ) {
        if self.format == Format::Json {
            return ui.data(&json::document(&GenerateReport { outputs, up_to_date, findings }));
        }
        let verb = if self.dry_run { "would generate" } else { "generated" };
        let line = |row: &OutputRow<'_>| format!("{verb} {} ({})", row.path, row.generator);
        ui.lines(outputs.iter().map(line));
        ui.findings(findings);
        if up_to_date > 0 {
            ui.status(&format!("{} up to date", count(up_to_date, "output", "outputs")));
        }
    }
}
