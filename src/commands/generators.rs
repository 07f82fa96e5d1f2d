//! `idhooks generators`: lists the generators.

use std::path::Path;

use clap::Args;
use idhooks_core::registry::excerpt;
use idhooks_ops::{
    CommandTrust, ListedGenerator, UndeclaredPrograms, list_generators, report_no_generators,
};
use idhooks_repo::git::Repo;

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

impl GeneratorsArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open(dir)?;
        let list = list_generators(ui, &repo)?;
        if self.format == Format::Json {
            ui.data(&json::document(&list));
        } else {
            if list.generators.is_empty() {
                report_no_generators(ui, &repo);
            }
            ui.table(list.generators.iter().flat_map(rows));
            if let Some(trust) = list.trust.filter(|trust| !trust.is_trusted) {
                show_trust(ui, &trust);
            }
        }
        ui.complain(&list.findings);
        Ok(if list.findings.is_empty() { Exit::Fine } else { Exit::Findings })
    }
}

/// Returns the rows of a generator.
fn rows(generator: &ListedGenerator) -> impl Iterator<Item = [String; 4]> {
    generator.outputs.iter().map(|output| {
        let (name, run) = (generator.name.clone(), generator.run.to_string());
        [name, run, output.state.to_string(), output.path.to_string()]
    })
}

/// Prints what must be read and done before the commands run.
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
    if trust.undeclared.is_empty() {
        ui.hint(&format!(
            "this clone does not trust the commands; read them in idhooks.toml, then run: git config idhooks.trust {}",
            trust.hash
        ));
    }
}
