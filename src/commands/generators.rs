//! `idhooks generators`: lists the generators.

use std::path::Path;

use clap::Args;
use idhooks_core::config::GeneratorRun;
use idhooks_core::generate::{TrustedParts, Undeclared};
use idhooks_core::registry::{RepoPath, excerpt};
use idhooks_ops::{RegistryTransaction, report_no_generators};
use idhooks_repo::generators::{BuildReport, BuildState};
use idhooks_repo::git::Repo;
use serde::Serialize;

use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui, json};

/// List generators, and whether their outputs are up to date
///
/// An output is 'fresh' if it is what this clone made of the same inputs, 'stale' if it is not, and
/// 'unknown' if this clone has never made outputs of these inputs: then only running the generator
/// tells. Nothing runs here.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks generators
  idhooks generators --format json

Commands of a committed idhooks.toml run only in a clone that trusts them. Read them, then run the \
'git config idhooks.trust <hash>' that this command shows. The hash covers the commands, the programs \
in this repository that they name, and the files that 'programs' names; when they change, trust them \
again: this command shows what changed.

Exit code: 0 listed; 1 a generator has an output that cannot be named; 2 an error")]
pub(super) struct GeneratorsArgs {
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// The generators, as JSON shows them.
#[derive(Serialize)]
struct GeneratorList<'l> {
    trust: Option<CommandTrust>,
    generators: Vec<GeneratorRow<'l>>,
}

/// What the commands are trusted by.
#[derive(Serialize)]
struct CommandTrust {
    hash: String,
    is_trusted: bool,
    /// The programs outside of the repository, which the hash does not cover.
    outside: Vec<String>,
    /// What changed since the last commit that this clone trusts, if it is known.
    changes: Option<Vec<String>>,
    /// The generators whose 'programs' is missing, or has a glob that matches no file.
    undeclared: Vec<String>,
    /// What to do about each of them.
    #[serde(skip)]
    hints: Vec<String>,
}

#[derive(Serialize)]
struct GeneratorRow<'l> {
    name: &'l str,
    run: GeneratorRun,
    after: &'l [String],
    required: bool,
    outputs: Vec<OutputState<'l>>,
}

#[derive(Serialize)]
struct OutputState<'l> {
    path: &'l RepoPath,
    state: BuildState,
}

impl GeneratorsArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open(dir)?;
        let transaction = RegistryTransaction::open(ui, &repo)?;
        let input = transaction.generating();
        let (reports, findings) = input.survey(|_| true)?;
        let is_trusted = input.is_trusted();
        let trust = match input.trusted_parts() {
            None => None,
            Some(parts) => {
                let changes =
                    if is_trusted { None } else { input.changes_since_trusted(&parts)? };
                let open = input.undeclared();
                let undeclared = open.iter().map(|(name, _)| (*name).to_owned()).collect();
                let hints =
                    open.iter().map(|(name, reason)| undeclared_hint(name, reason)).collect();
                let TrustedParts { hash, outside, .. } = parts;
                Some(CommandTrust { hash, is_trusted, outside, changes, undeclared, hints })
            }
        };
        if self.format == Format::Json {
            let generators = input.config.generators.iter().map(|generator| {
                let own = reports.iter().filter(|report| report.generator.name == generator.name);
                GeneratorRow {
                    name: &generator.name,
                    run: generator.run,
                    after: &generator.after,
                    required: generator.is_required,
                    outputs: own.flat_map(states).collect(),
                }
            });
            let list = GeneratorList { trust, generators: generators.collect() };
            ui.data(&json::document(&list));
        } else {
            if input.config.generators.is_empty() {
                report_no_generators(ui, &repo);
            }
            ui.table(reports.iter().flat_map(|report| {
                let row = |output: OutputState<'_>| {
                    let (name, run) = (report.generator.name.clone(), report.generator.run);
                    [name, run.to_string(), output.state.to_string(), output.path.to_string()]
                };
                states(report).map(row)
            }));
            if let Some(trust) = trust.filter(|trust| !trust.is_trusted) {
                trust.hint(ui);
            }
        }
        ui.complain(&findings);
        Ok(if findings.is_empty() { Exit::Fine } else { Exit::Findings })
    }
}

impl CommandTrust {
    /// Prints what must be read and done before the commands run.
    fn hint(&self, ui: &mut Ui) {
        for change in self.changes.iter().flatten() {
            ui.status(&format!("since it was trusted: {change}"));
        }
        if !self.outside.is_empty() {
            let programs = self.outside.join("', '");
            ui.status(&format!(
                "the hash does not cover programs outside of the repository: '{programs}'"
            ));
        }
        for hint in &self.hints {
            ui.hint(hint);
        }
        if self.undeclared.is_empty() {
            ui.hint(&format!(
                "this clone does not trust the commands; read them in idhooks.toml, then run: git config idhooks.trust {}",
                self.hash
            ));
        }
    }
}

/// Returns what to do about a generator whose rule does not say which files of the repository run.
fn undeclared_hint(name: &str, reason: &Undeclared<'_>) -> String {
    match reason {
        Undeclared::Program(_) => format!(
            "generator '{name}' may run programs that idhooks.toml does not name; add to it: programs = [\"scripts/**\"], or [] for none"
        ),
        Undeclared::Glob(glob) => format!(
            "generator '{name}': the glob '{}' in its 'programs' matches no file; correct or remove it",
            excerpt(glob)
        ),
    }
}

/// Returns the outputs of a run with their state.
fn states<'r>(report: &'r BuildReport<'_>) -> impl Iterator<Item = OutputState<'r>> {
    report.outputs.iter().map(|path| OutputState { path, state: report.state })
}
