//! `idhooks ids parse`, `validate`, `extract` and `age`: what an identifier says.

use std::path::Path;

use idhooks_identifiers::{Formats, IdFormat, IdReading};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;

use super::report::{
    IdResult, ReadArgs, age, listed, named, now, show, show_problems, with_reason,
};

pub(super) const FORM: &str = "it does not have the form of any format";

/// Read the parts of identifiers
///
/// Without --as, every format that an identifier has is listed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks ids parse run_t1_12345678
  idhooks ids parse run_t1_12345678 --as run_id --format json

Exit code: 0 done; 1 an identifier is not valid; 2 an error")]
pub(super) struct ParseIds {
    #[command(flatten)]
    args: ReadArgs,
    /// Read them as identifiers of this format only
    #[arg(long = "as", value_name = "NAME")]
    named: Option<String>,
}

/// Check whether identifiers are valid
///
/// A valid one has the form of the format, and is not older than 'max_age' and not further in the future
/// than 'max_future'.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks ids validate run_id run_t1_12345678
  grep -o 'run_[^ ]*' app.log | idhooks ids validate run_id -

Exit code: 0 all are valid; 1 one is not; 2 an error")]
pub(super) struct ValidateIds {
    /// Name of the format
    #[arg(value_name = "NAME")]
    named: String,
    #[command(flatten)]
    args: ReadArgs,
}

/// Print one part of identifiers
///
/// An identifier that does not have the form gives an empty line.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks ids extract run_id thread run_t1_12345678
  idhooks ids extract run_id thread_id - < runs.txt

Exit code: 0 done; 1 an identifier does not have the form; 2 an error")]
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

/// Print how old identifiers are, in milliseconds
///
/// Prints -1 for an identifier that does not have a form with a time.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks ids age jwt_token_1726000000000_1_0123abcd
  idhooks ids age --as base - < tokens.txt

Exit code: 0 done; 1 an identifier has no time; 2 an error")]
pub(super) struct AgeOfIds {
    #[command(flatten)]
    args: ReadArgs,
    /// Read them as identifiers of this format only
    #[arg(long = "as", value_name = "NAME")]
    named: Option<String>,
}

impl ParseIds {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let formats = self.args.config.formats(dir)?;
        let format = self.named.map(|name| named(&formats, &name)).transpose()?;
        let (now, mut results) = (now(), Vec::new());
        for id in self.args.ids()? {
            let readings = formats.readings(&id);
            match format {
                Some(format) => results.push(IdResult::of(&id, format, now)),
                None if readings.is_empty() => results.push(IdResult::unread(&id, None, FORM)),
                None => results.extend(readings.iter().map(|one| IdResult::read(&id, one, now))),
            }
        }
        Ok(show(ui, self.args.format, &results, |result| {
            let name = result.format.as_deref().unwrap_or("-");
            let parts = result.parts.iter().map(|(part, value)| format!(" {part}={value}"));
            let parts: String = parts.collect();
            let legacy = if result.legacy { " (legacy)" } else { "" };
            format!("{}: {name}{legacy}{parts}{}", result.id, with_reason(result))
        }))
    }
}

impl ValidateIds {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let formats = self.args.config.formats(dir)?;
        let format = named(&formats, &self.named)?;
        let now = now();
        let results: Vec<IdResult> =
            self.args.ids()?.iter().map(|id| IdResult::of(id, format, now)).collect();
        Ok(show(ui, self.args.format, &results, |result| {
            let answer = match result.valid {
                true => " valid".to_owned(),
                false => with_reason(result),
            };
            format!("{}:{answer}", result.id)
        }))
    }
}

impl ExtractPart {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let formats = self.args.config.formats(dir)?;
        let format = named(&formats, &self.named)?;
        check_part(format, &self.part)?;
        let now = now();
        let mut results = Vec::new();
        for id in self.args.ids()? {
            let mut result = match format.read(&id) {
                Some(reading) => IdResult::read(&id, &reading, now),
                None => IdResult::of(&id, format, now),
            };
            // A part of an identifier that is too old is still a part of it.
            result.valid = !result.parts.is_empty();
            result.reason = result.reason.filter(|_| !result.valid);
            result.parts.retain(|name, _| *name == self.part);
            results.push(result);
        }
        show_problems(ui, &results);
        Ok(show(ui, self.args.format, &results, |result| {
            result.parts.get(&self.part).cloned().unwrap_or_default()
        }))
    }
}

pub(super) fn check_part(format: &IdFormat, part: &str) -> CommandResult<()> {
    let fields = format.derives.iter().map(|(field, _)| &**field);
    let names: Vec<&str> = format.parts().map(|part| &*part.name).chain(fields).collect();
    if names.contains(&part) {
        return Ok(());
    }
    Err(CommandError::new(format!("{} has no part '{part}'", format.name))
        .hint(format!("it has: {}", listed(names))))
}

impl AgeOfIds {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let formats = self.args.config.formats(dir)?;
        let format = self.named.map(|name| named(&formats, &name)).transpose()?;
        let now = now();
        let result = |id: &String| {
            let mut readings = readings(&formats, format, id);
            let fits = !readings.is_empty();
            readings.retain(|reading| reading.made_at().is_some());
            let ages: Vec<_> = readings.iter().map(|reading| age(reading, now)).collect();
            match readings.first() {
                Some(reading) if ages.iter().all(|age| *age == ages[0]) => {
                    IdResult { valid: true, reason: None, ..IdResult::read(id, reading, now) }
                }
                Some(_) => IdResult::unread(id, None, &several(&readings)),
                None if fits => IdResult::unread(id, format, "it has no time"),
                None => match format {
                    Some(format) => IdResult::of(id, format, now),
                    None => IdResult::unread(id, None, FORM),
                },
            }
        };
        let results: Vec<IdResult> = self.args.ids()?.iter().map(result).collect();
        show_problems(ui, &results);
        Ok(show(ui, self.args.format, &results, |result| result.age_ms.unwrap_or(-1).to_string()))
    }
}

/// Returns the readings of an identifier: by one format, or by all.
pub(super) fn readings<'f, 'i>(
    formats: &'f Formats,
    format: Option<&'f IdFormat>,
    id: &'i str,
) -> Vec<IdReading<'f, 'i>> {
    match format {
        Some(format) => format.read(id).into_iter().collect(),
        None => formats.readings(id),
    }
}

pub(super) fn several(readings: &[IdReading<'_, '_>]) -> String {
    let names = listed(readings.iter().map(|reading| &*reading.format.name));
    format!("it has the form of several formats; name one of {names} with --as")
}
