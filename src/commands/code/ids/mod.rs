//! `idhooks ids`: mints and checks the identifiers that programs use.

mod emit;
mod formats;
mod mint;
mod read;
mod relate;

use std::path::Path;

use clap::{Args, Subcommand};

use crate::error::{CommandResult, Exit};
use crate::output::Ui;

use emit::{EmitFixtures, EmitModule, EmitSpec};
use formats::ListFormats;
use mint::MintIds;
use read::{AgeOfIds, ExtractPart, ParseIds, ValidateIds};
use relate::{NormalizeIds, ValidatePair};

/// Mint, parse and check the identifiers that programs use
///
/// The [formats.NAME] tables in idhooks.toml declare formats as templates with typed parts, such as
/// "run_{thread}_{hex8}". Works without a registry, and with an uncommitted idhooks.toml.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks ids formats
  idhooks ids mint run_id --set thread=t1
  idhooks ids validate run_id - < ids.txt
  idhooks ids emit --lang python --out app/ids.py

Exit code: 0 done; 1 an identifier is invalid; 2 an error")]
pub(in crate::commands) struct IdsArgs {
    #[command(subcommand)]
    action: IdsAction,
}

#[derive(Debug, Subcommand)]
enum IdsAction {
    Formats(ListFormats),
    Mint(MintIds),
    Parse(ParseIds),
    Validate(ValidateIds),
    Extract(ExtractPart),
    Pair(ValidatePair),
    Age(AgeOfIds),
    Normalize(NormalizeIds),
    Emit(EmitModule),
    Fixtures(EmitFixtures),
    Spec(EmitSpec),
}

impl IdsArgs {
    pub(in crate::commands) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        match self.action {
            IdsAction::Formats(list) => list.run(ui, dir),
            IdsAction::Mint(mint) => mint.run(ui, dir),
            IdsAction::Parse(parse) => parse.run(ui, dir),
            IdsAction::Validate(validate) => validate.run(ui, dir),
            IdsAction::Extract(extract) => extract.run(ui, dir),
            IdsAction::Pair(pair) => pair.run(ui, dir),
            IdsAction::Age(age) => age.run(ui, dir),
            IdsAction::Normalize(normalize) => normalize.run(ui, dir),
            IdsAction::Emit(emit) => emit.run(ui, dir),
            IdsAction::Fixtures(fixtures) => fixtures.run(ui, dir),
            IdsAction::Spec(spec) => spec.run(ui, dir),
        }
    }
}
