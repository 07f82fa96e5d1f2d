//! `idhooks ids mint`: mints identifiers.

use std::path::Path;

use idhooks_code::{IdFormat, IdResult};
use idhooks_ops::{SystemSource, now_millis};

use crate::commands::code::config_args::ConfigArgs;
use crate::commands::code::id_args::{GivenValue, exit, given};
use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui};

/// Mint identifiers
///
/// Prints one identifier per line. The counter starts at 1 in every run, so identifiers from
/// different processes differ only in the time and the random part.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").args(["name", "context"]).required(true))]
#[command(after_help = "\
Examples:
  idhooks ids mint run_id --set thread=t1
  idhooks ids mint base --set prefix=jwt_token --count 1000
  idhooks ids mint --context user --set op=checkout

Exit code: 0 done; 2 an error")]
pub(super) struct MintIds {
    /// Name of the format
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Mint one identifier for each format in [contexts.NAME], in the order listed there
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
    /// Value of a part
    #[arg(long, value_name = "PART=VALUE")]
    set: Vec<GivenValue>,
    /// Number of identifiers, or of contexts, to mint
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    count: u32,
    #[command(flatten)]
    config: ConfigArgs,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl MintIds {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let formats = self.config.formats(dir)?;
        let given = given(self.set);
        let (count, mut source) = (self.count as usize, SystemSource);
        let minted = match (&self.name, &self.context) {
            (Some(name), _) => formats.mint(name, &given, count, &mut source)?,
            (None, context) => {
                let context = context.as_deref().unwrap_or_default();
                formats.mint_contexts(context, &given, count, &mut source)?
            }
        };
        let mut noted: Vec<&str> = Vec::new();
        for (format, _) in &minted {
            // There is one note per format, because `--count` may mint a million identifiers.
            if format.is_legacy && !noted.contains(&&*format.name) {
                noted.push(&format.name);
                ui.status(&legacy_note(format));
            }
        }
        let now = now_millis();
        let results: Vec<IdResult> =
            minted.iter().map(|(format, id)| format.check(id, now)).collect();
        ui.ids(self.format, &results, |result| result.id.clone());
        Ok(exit(&results))
    }
}

fn legacy_note(format: &IdFormat) -> String {
    let name = &format.name;
    match &format.successor {
        Some(successor) => format!("note: '{name}' is a legacy format; mint '{successor}' instead"),
        None => format!("note: '{name}' is a legacy format"),
    }
}
