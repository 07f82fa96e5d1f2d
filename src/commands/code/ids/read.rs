//! `idhooks ids parse`, `validate`, `extract` and `age`: parse identifiers.

use std::path::Path;

use idhooks_code::IdResult;
use idhooks_ops::now_millis;

use crate::commands::code::id_args::{ReadArgs, exit, of_several, with_reason};
use crate::error::{CommandResult, Exit};
use crate::output::Ui;

/// Parse identifiers into their parts
///
/// Without --as, every matching format is listed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks ids parse run_t1_12345678
  idhooks ids parse run_t1_12345678 --as run_id --format json

Exit code: 0 done; 1 an identifier is invalid; 2 an error")]
pub(super) struct ParseIds {
    #[command(flatten)]
    args: ReadArgs,
    /// Only accept identifiers of this format
    #[arg(long = "as", value_name = "NAME")]
    named: Option<String>,
}

/// Check whether identifiers are valid
///
/// A valid identifier matches the format, and is neither older than 'max_age' nor further in the future
/// than 'max_future'.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks ids validate run_id run_t1_12345678
  grep -o 'run_[^ ]*' app.log | idhooks ids validate run_id -

Exit code: 0 all are valid; 1 at least one is not; 2 an error")]
pub(super) struct ValidateIds {
    /// Name of the format
    #[arg(value_name = "NAME")]
    named: String,
    #[command(flatten)]
    args: ReadArgs,
}

/// Print one part of each identifier
///
/// Prints an empty line for each identifier that does not match the format.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks ids extract run_id thread run_t1_12345678
  idhooks ids extract run_id thread_id - < runs.txt

Exit code: 0 done; 1 an identifier does not match the format; 2 an error")]
pub(super) struct ExtractPart {
    /// Name of the format
    #[arg(value_name = "NAME")]
    named: String,
    /// Name of the part, or of a field in 'derives'
    #[arg(value_name = "PART")]
    part: String,
    #[command(flatten)]
    args: ReadArgs,
}

/// Print the age of each identifier, in milliseconds
///
/// Prints -1 for an identifier that contains no time.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks ids age jwt_token_1726000000000_1_0123abcd
  idhooks ids age --as base - < tokens.txt

Exit code: 0 done; 1 an identifier has no time; 2 an error")]
pub(super) struct AgeOfIds {
    #[command(flatten)]
    args: ReadArgs,
    /// Only accept identifiers of this format
    #[arg(long = "as", value_name = "NAME")]
    named: Option<String>,
}

impl ParseIds {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let formats = self.args.config.formats(dir)?;
        let format = self.named.map(|name| formats.named(&name)).transpose()?;
        let (ids, now) = (self.args.ids()?, now_millis());
        let results: Vec<IdResult> =
            ids.iter().flat_map(|id| formats.parse(id, format, now)).collect();
        ui.ids(self.args.format, &results, |result| {
            let name = result.format.as_deref().unwrap_or("-");
            let parts = result.parts.iter().map(|(part, value)| format!(" {part}={value}"));
            let parts: String = parts.collect();
            let legacy = if result.legacy { " (legacy)" } else { "" };
            format!("{}: {name}{legacy}{parts}{}", result.id, with_reason(result))
        });
        Ok(exit(&results))
    }
}

impl ValidateIds {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let formats = self.args.config.formats(dir)?;
        let format = formats.named(&self.named)?;
        let (ids, now) = (self.args.ids()?, now_millis());
        let results: Vec<IdResult> = ids.iter().map(|id| format.check(id, now)).collect();
        ui.ids(self.args.format, &results, |result| {
            let answer = match result.valid {
                true => " valid".to_owned(),
                false => with_reason(result),
            };
            format!("{}:{answer}", result.id)
        });
        Ok(exit(&results))
    }
}

impl ExtractPart {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let formats = self.args.config.formats(dir)?;
        let format = formats.named(&self.named)?;
        let part = format.field(Some(&self.part))?;
        let (ids, now) = (self.args.ids()?, now_millis());
        let results: Vec<IdResult> = ids.iter().map(|id| format.extract(id, part, now)).collect();
        ui.id_problems(&results);
        ui.ids(self.args.format, &results, |result| {
            // An empty line keeps the input and output line numbers the same.
            result.parts.get(part).cloned().unwrap_or_default()
        });
        Ok(exit(&results))
    }
}

impl AgeOfIds {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let formats = self.args.config.formats(dir)?;
        let format = self.named.map(|name| formats.named(&name)).transpose()?;
        let (ids, now) = (self.args.ids()?, now_millis());
        let age = |id: &String| {
            formats.age(id, format, now).unwrap_or_else(|choice| of_several(id, &choice))
        };
        let results: Vec<IdResult> = ids.iter().map(age).collect();
        ui.id_problems(&results);
        ui.ids(self.args.format, &results, |result| result.age_ms.unwrap_or(-1).to_string());
        Ok(exit(&results))
    }
}
