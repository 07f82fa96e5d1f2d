//! `idhooks ids pair` and `normalize`: what an identifier has to do with others.

use std::path::Path;

use idhooks_identifiers::{Formats, Given, IdFormat, IdReading, translate};

use crate::commands::config_args::ConfigArgs;
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Format, Ui};

use super::read::{FORM, check_part, readings, several};
use super::report::{
    GivenValue, IdResult, ReadArgs, given, listed, named, now, show, show_problems,
};

/// Check whether an identifier belongs to another one
///
/// The format of the first says in 'derives' which part of it the second must be.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks ids pair run_t1_12345678 t1
  idhooks ids pair run_t1_12345678 t1 --as run_id --part thread_id

Exit code: 0 it does; 1 it does not; 2 an error")]
pub(super) struct ValidatePair {
    /// Identifier that contains the other one
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

/// Print identifiers in the formats that replace their own
///
/// The result depends on the identifier and the given values alone: every run gives the same. An
/// identifier of a format that is not legacy stays as it is.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks ids normalize ws_0123abcd --as legacy_ws --set user=alice
  idhooks ids normalize --as uuid --set user=alice - < old.txt

Exit code: 0 done; 1 an identifier cannot be translated; 2 an error")]
pub(super) struct NormalizeIds {
    #[command(flatten)]
    args: ReadArgs,
    /// Read them as identifiers of this format only
    #[arg(long = "as", value_name = "NAME")]
    named: Option<String>,
    /// The value of a part that the identifiers lack
    #[arg(long, value_name = "PART=VALUE")]
    set: Vec<GivenValue>,
}

impl ValidatePair {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let formats = self.config.formats(dir)?;
        let format = deriving(&formats, self.named.as_deref())?;
        let fields: Vec<&str> = format.derives.iter().map(|(field, _)| &**field).collect();
        let field = match (self.part.as_deref(), &fields[..]) {
            (Some(part), _) => {
                check_part(format, part)?;
                part
            }
            (None, [field]) => field,
            (None, _) => {
                return Err(CommandError::new(format!("{} derives several fields", format.name))
                    .hint(format!("name one of {} with --part", listed(fields))));
            }
        };
        let result = IdResult::of(&self.id, format, now());
        let matches =
            format.read(&self.id).and_then(|reading| reading.value(field).map(str::to_owned));
        let result = match matches {
            _ if !result.valid => result,
            Some(value) if value == self.value => result,
            _ => result.refused(&format!(
                "Inconsistent ID pair: {}='{}' does not match {field}='{}'",
                format.name, self.id, self.value
            )),
        };
        let valid = format!("{field} of {} is {}", self.id, self.value);
        Ok(show(ui, self.format, &[result], |result| match &result.reason {
            Some(reason) => reason.clone(),
            None => valid.clone(),
        }))
    }
}

/// Returns the format with this name, or the only one that derives a field.
///
/// # Errors
/// Returns an error if it derives none, or if several formats do and none is named.
pub(super) fn deriving<'f>(
    formats: &'f Formats,
    name: Option<&str>,
) -> CommandResult<&'f IdFormat> {
    const HINT: &str =
        "add 'derives' to a format, for example: derives = { thread_id = \"thread\" }";
    if let Some(name) = name {
        let format = named(formats, name)?;
        return match format.derives.is_empty() {
            true => Err(CommandError::new(format!("{name} derives no field")).hint(HINT)),
            false => Ok(format),
        };
    }
    let found: Vec<&IdFormat> =
        formats.all.iter().filter(|format| !format.derives.is_empty()).collect();
    match &found[..] {
        [format] => Ok(format),
        [] => Err(CommandError::new("no format derives a field").hint(HINT)),
        several => {
            let names = listed(several.iter().map(|format| &*format.name));
            Err(CommandError::new("several formats derive a field")
                .hint(format!("name one of {names}: --as NAME")))
        }
    }
}

impl NormalizeIds {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let formats = self.args.config.formats(dir)?;
        let format = self.named.map(|name| named(&formats, &name)).transpose()?;
        let (given, now) = (given(self.set), now());
        let mut results = Vec::new();
        for id in self.args.ids()? {
            let readings = readings(&formats, format, &id);
            results.push(match &readings[..] {
                [reading] => {
                    let result = IdResult::read(&id, reading, now);
                    match successor_of(&formats, reading, &id, &given) {
                        Ok(normalized) => IdResult {
                            normalized: Some(normalized),
                            valid: true,
                            reason: None,
                            ..result
                        },
                        Err(error) => result.refused(&error.message),
                    }
                }
                [] => match format {
                    Some(format) => IdResult::of(&id, format, now),
                    None => IdResult::unread(&id, None, FORM),
                },
                several_readings => IdResult::unread(&id, None, &several(several_readings)),
            });
        }
        show_problems(ui, &results);
        Ok(show(ui, self.args.format, &results, |result| {
            result.normalized.clone().unwrap_or_default()
        }))
    }
}

/// Returns an identifier in the format that replaces its own, and that one's, and so on.
fn successor_of(
    formats: &Formats,
    reading: &IdReading<'_, '_>,
    id: &str,
    given: &Given,
) -> CommandResult<String> {
    if !reading.format.is_legacy {
        return Ok(id.to_owned());
    }
    let Some(to) = reading.format.successor.as_deref().and_then(|name| formats.get(name)) else {
        let name = &reading.format.name;
        return Err(CommandError::new(format!("the legacy format '{name}' has no successor")));
    };
    let translated =
        translate(id, reading, to, given).map_err(|error| CommandError::new(error.to_string()))?;
    match to.read(&translated) {
        Some(reading) => successor_of(formats, &reading, &translated, given),
        None => Err(CommandError::new(format!(
            "'{translated}' does not have the form of '{}'",
            to.name
        ))),
    }
}
