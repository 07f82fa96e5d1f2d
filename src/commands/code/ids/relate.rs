//! `idhooks ids pair` and `normalize`: relate one identifier to another.

use std::path::Path;

use idhooks_code::IdResult;
use idhooks_ops::now_millis;

use crate::commands::code::config_args::ConfigArgs;
use crate::commands::code::id_args::{GivenValue, ReadArgs, exit, given, of_several};
use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui};

/// Check whether an identifier contains another
///
/// The second identifier must equal the part of the first one that its format names in 'derives'.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks ids pair run_t1_12345678 t1
  idhooks ids pair run_t1_12345678 t1 --as run_id --part thread_id

Exit code: 0 it does; 1 it does not; 2 an error")]
pub(super) struct ValidatePair {
    /// Identifier that contains the other
    #[arg(value_name = "IDENTIFIER")]
    id: String,
    /// The other identifier
    #[arg(value_name = "VALUE")]
    value: String,
    /// Format of the first identifier, if several have 'derives'
    #[arg(long = "as", value_name = "NAME")]
    named: Option<String>,
    /// Field of the second identifier, if 'derives' has several
    #[arg(long, value_name = "PART")]
    part: Option<String>,
    #[command(flatten)]
    config: ConfigArgs,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// Rewrite identifiers in the formats that replace theirs
///
/// The result depends only on the identifier and the given values, so every run gives the same
/// result. An identifier whose format is not legacy is printed unchanged.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks ids normalize ws_0123abcd --as legacy_ws --set user=alice
  idhooks ids normalize --as uuid --set user=alice - < old.txt

Exit code: 0 done; 1 an identifier cannot be translated; 2 an error")]
pub(super) struct NormalizeIds {
    #[command(flatten)]
    args: ReadArgs,
    /// Only accept identifiers of this format
    #[arg(long = "as", value_name = "NAME")]
    named: Option<String>,
    /// Value for a part that the old identifiers lack
    #[arg(long, value_name = "PART=VALUE")]
    set: Vec<GivenValue>,
}

impl ValidatePair {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let formats = self.config.formats(dir)?;
        let format = formats.deriving(self.named.as_deref())?;
        let field = format.field(self.part.as_deref())?;
        // There is only one result, but it is printed in the same form as in the other identifier
        // commands, so that one schema covers them all.
        let results = [format.check_pair(&self.id, field, &self.value, now_millis())];
        let valid = format!("{field} of {} is {}", self.id, self.value);
        ui.ids(self.format, &results, |result| match &result.reason {
            Some(reason) => reason.clone(),
            None => valid.clone(),
        });
        Ok(exit(&results))
    }
}

impl NormalizeIds {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let formats = self.args.config.formats(dir)?;
        let format = self.named.map(|name| formats.named(&name)).transpose()?;
        let (ids, given, now) = (self.args.ids()?, given(self.set), now_millis());
        let normalize = |id: &String| {
            let result = formats.normalize(id, format, &given, now);
            result.unwrap_or_else(|choice| of_several(id, &choice))
        };
        let results: Vec<IdResult> = ids.iter().map(normalize).collect();
        ui.id_problems(&results);
        ui.ids(self.args.format, &results, |result| result.normalized.clone().unwrap_or_default());
        Ok(exit(&results))
    }
}
